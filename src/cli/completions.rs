//! Scripts that complete the command line in a shell.

use clap::{Arg, Command, CommandFactory};
use clap_complete::{Shell, generate};

use super::Cli;

/// Where clap's script for PowerShell begins to look for what fits.
const POWERSHELL: &str = "    $completions = @(switch ($command) {";
/// Where clap's script for elvish gives what fits.
const ELVISH: &str = "    $completions[$command]\n";

/// The script for `shell`.
pub(crate) fn script(shell: Shell) -> String {
    let mut command = Cli::command();
    let mut script = Vec::new();
    generate(shell, &mut command, "deploywatch", &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap's scripts for the other shells know the values of an option already.
    match shell {
        Shell::PowerShell => script.replacen(POWERSHELL, &powershell(&command), 1),
        Shell::Elvish => script.replacen(ELVISH, &elvish(&command), 1),
        _ => script.into_owned(),
    }
}

fn powershell(command: &Command) -> String {
    let values = values(command).into_iter().map(|(option, values)| {
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

fn elvish(command: &Command) -> String {
    let values = values(command).into_iter();
    let values =
        values.map(|(option, values)| format!("        &{option}= [{}]\n", values.join(" ")));
    let values: String = values.collect();
    format!(
        "    var values = [
{values}    ]
    if (has-key $values $words[-2]) {{
        all $values[$words[-2]]
    }} elif (has-key $completions $command) {{
    {ELVISH}    }}
"
    )
}

/// Every option that takes a value, and the values that are known, of all commands: an option means
/// the same in each that has it. The command must have been built.
fn values(command: &Command) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let commands = std::iter::once(command).chain(command.get_subcommands());
    for option in commands.flat_map(Command::get_opts) {
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        for name in long.into_iter().chain(short) {
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, known_values(option)));
            }
        }
    }
    all
}

fn known_values(option: &Arg) -> Vec<String> {
    let values = option.get_possible_values();
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
            for (option, values) in values(&built()) {
                assert!(
                    script.contains(option.trim_start_matches('-')),
                    "{shell}: {option}"
                );
                for value in values {
                    assert!(script.contains(&value), "{shell}: {option} {value}");
                }
            }
        }
        let found = values(&built());
        let output = found.iter().find(|(option, _)| option == "-o");
        let (_, output) = output.expect("an option");
        assert_eq!(output.join(" "), "auto bars plain json quiet");
        for (shell, line) in [
            (
                Shell::PowerShell,
                "'-o' = @('auto', 'bars', 'plain', 'json', 'quiet')",
            ),
            (Shell::Elvish, "&-o= [auto bars plain json quiet]"),
        ] {
            assert!(script(shell).contains(line), "{shell}");
        }
    }

    #[test]
    fn an_option_takes_the_same_values_in_every_command() {
        let command = built();
        let found = values(&command);
        for command in command.get_subcommands() {
            for option in command.get_opts() {
                let long = format!("--{}", option.get_long().expect("a long name"));
                let known = found.iter().find(|(name, _)| *name == long);
                assert_eq!(
                    known.expect("a known option").1,
                    known_values(option),
                    "{long}"
                );
            }
        }
    }
}
