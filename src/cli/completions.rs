//! Scripts that complete the command line in a shell.

use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::{Shell, generate};

use super::Cli;

/// The line at which clap's script for PowerShell begins to match.
const POWERSHELL: &str = "    $completions = @(switch ($command) {";
/// The line at which clap's script for elvish reads the command; it stops at the first option.
const ELVISH_COMMAND: &str = "    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
";
/// The line at which clap's script for elvish gives its matches.
const ELVISH: &str = "    $completions[$command]\n";
/// The line at which clap's script for fish reads the options before the command; it fails while one lacks its value.
const FISH: &str = "    argparse -s (__fish_deploywatch_global_optspecs) -- $cmd 2>/dev/null\n";

/// The script for `shell`.
pub(crate) fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let mut script = Vec::new();
    generate(shell, &mut command, "deploywatch", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap's scripts for bash and zsh know all that these lack.
    match shell {
        Shell::PowerShell => script.replacen(POWERSHELL, &powershell(&command), 1),
        Shell::Elvish => elvish(&command, &script),
        Shell::Fish => fish(&command, &script),
        _ => script.into_owned(),
    }
}

fn powershell(command: &Command) -> String {
    let values = options(command).into_iter().map(|(option, arg)| {
        let values = known_values(arg);
        let values: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
        format!("        '{option}' = @({})\n", values.join(", "))
    });
    let values: String = values.collect();
    format!(
        "    $values = @{{
{values}    }}
    $place = $commandElements.Count - $(if ($wordToComplete) {{ 2 }} else {{ 1 }})
    $option = \"$($commandElements[$place])\"
    if ($values.ContainsKey($option)) {{
        return $values[$option].Where{{ $_ -like \"$wordToComplete*\" }}.ForEach{{
            [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)
        }}
    }}

{POWERSHELL}"
    )
}

fn elvish(command: &Command, script: &str) -> String {
    let values = options(command).into_iter();
    let values =
        values.map(|(option, arg)| format!("        &{option}= {{ {} }}\n", candidates(arg)));
    let values: String = values.collect();
    let end = format!(
        "    var values = [
{values}    ]
    for word $words[1..-1] {{
        if (has-key $completions $command';'$word) {{
            set command = $command';'$word
        }}
    }}
    if (has-key $values $words[-2]) {{
        $values[$words[-2]]
    }} else {{
    {ELVISH}    }}
"
    );
    let script = script.replacen(ELVISH_COMMAND, "", 1);
    let script = script.replacen(ELVISH, &end, 1);
    positionals(command).fold(script, |script, (name, arg)| {
        let block = format!("        &'deploywatch;{name}'= {{\n");
        let line = format!("{block}            {}\n", candidates(arg));
        script.replacen(&block, &line, 1)
    })
}

/// The function that elvish runs for the values of an argument.
fn candidates(arg: &Arg) -> String {
    let values = known_values(arg);
    match arg.get_value_hint() {
        ValueHint::AnyPath => "edit:complete-filename $@words".to_owned(),
        _ => format!("put {}", values.join(" ")).trim_end().to_owned(),
    }
}

fn fish(command: &Command, script: &str) -> String {
    let with_value = FISH.replace("    argparse", "    or argparse");
    let with_value = with_value.replace("$cmd", "$cmd ''");
    let mut script = script.replacen(FISH, &format!("{FISH}{with_value}"), 1);
    for (name, arg) in positionals(command) {
        let values = known_values(arg).join(" ");
        if !values.is_empty() {
            let condition = format!("__fish_deploywatch_using_subcommand {name}");
            script += &format!("complete -c deploywatch -n \"{condition}\" -f -a \"{values}\"\n");
        }
    }
    script
}

/// The argument without a name of each command that has one.
fn positionals(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let commands = command.get_subcommands();
    commands.filter_map(|command| Some((command.get_name(), command.get_positionals().next()?)))
}

/// Every option that takes a value, of all commands: an option means the same in each that has it. The
/// command must have been built.
fn options(command: &Command) -> Vec<(String, &Arg)> {
    let mut all: Vec<(String, &Arg)> = Vec::new();
    let commands = std::iter::once(command).chain(command.get_subcommands());
    for option in commands.flat_map(Command::get_opts) {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        for name in long.into_iter().chain(short) {
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, option));
            }
        }
    }
    all
}

fn known_values(arg: &Arg) -> Vec<String> {
    let values = arg.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    shown.map(|value| value.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    fn built() -> Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn every_shell_knows_the_values_of_an_option() {
        for &shell in Shell::value_variants() {
            let script = script(shell);
            for (option, arg) in options(&built()) {
                assert!(
                    script.contains(option.trim_start_matches('-')),
                    "{shell}: {option}"
                );
                for value in known_values(arg) {
                    assert!(script.contains(&value), "{shell}: {option} {value}");
                }
            }
        }
        let command = built();
        let mut found = options(&command).into_iter();
        let output = found.find(|(option, _)| option == "-o");
        let (_, output) = output.expect("an option");
        assert_eq!(known_values(output).join(" "), "auto bars plain json quiet");
        for (shell, line) in [
            (
                Shell::PowerShell,
                "'-o' = @('auto', 'bars', 'plain', 'json', 'quiet')",
            ),
            (Shell::Elvish, "&-o= { put auto bars plain json quiet }"),
        ] {
            assert!(script(shell).contains(line), "{shell}");
        }
    }

    #[test]
    fn an_option_takes_the_same_values_in_every_command() {
        let command = built();
        let found = options(&command);
        for command in command.get_subcommands() {
            for option in command.get_opts() {
                let long = format!("--{}", option.get_long().expect("a long name"));
                let known = found.iter().find(|(name, _)| *name == long);
                assert_eq!(
                    known_values(known.expect("a known option").1),
                    known_values(option),
                    "{long}"
                );
            }
        }
    }
}
