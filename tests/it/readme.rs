//! The commands of the READMEs are accepted by the program, and their shell recipe runs.

use std::path::Path;

use crate::support::Program;

const READMES: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../README.zh-CN.md"),
];

/// Each command that a README shows, and what it says with neither a secret nor a network.
const COMMANDS: [(&str, i32, &str); 8] = [
    ("yunxiao", 2, "no token: set $YUNXIAO_ACCESS_TOKEN"),
    ("codearts", 2, "HW_AUTH_TOKEN"),
    ("servicestage", 2, "HW_AUTH_TOKEN"),
    ("mrs", 2, "no password: set $MRS_PASSWORD"),
    ("fsd", 6, ""),
    ("all", 2, "no token: set $YUNXIAO_ACCESS_TOKEN"),
    ("replay", 2, "cannot read capture.jsonl"),
    ("completions", 0, ""),
];

/// The first block of a language that holds `text`.
fn block<'a>(readme: &'a str, language: &str, text: &str) -> &'a str {
    let fence = format!("```{language}\n");
    let blocks = readme.split(fence.as_str()).skip(1);
    let mut blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.contains(text)).unwrap()
}

/// The program's command lines in the blocks of a README, for a shell.
fn command_lines(readme: &str) -> impl Iterator<Item = &str> {
    readme.lines().filter_map(|line| {
        let is_block = line.starts_with("  ") || line.starts_with("d");
        let mut starts = line.match_indices("deploywatch ").filter(|(at, found)| {
            let next = line[at + found.len()..].split(' ').next();
            COMMANDS.iter().any(|(command, ..)| next == Some(command))
        });
        let (start, _) = starts.next().filter(|_| is_block)?;
        let ends = ["  #", " ||", " >", "'"];
        let line = &line[start..];
        let end = ends.iter().filter_map(|end| line.find(end)).min();
        Some(line[..end.unwrap_or(line.len())].trim_end())
    })
}

/// A script with the program on the path, and nothing that needs a proxy.
fn shell(script: &str) -> Program {
    let program = Path::new(env!("CARGO_BIN_EXE_deploywatch"));
    let folder = program.parent().unwrap().display();
    let usual = std::env::var("PATH").unwrap_or_default();
    Program::shell(script).env("PATH", format!("{folder}:{usual}"))
}

#[test]
fn each_command_line_lacks_nothing_but_the_secret() {
    for readme in READMES {
        let lines: Vec<_> = command_lines(readme).collect();
        assert!(lines.len() > 15, "{lines:#?}");
        for line in lines {
            let name = line.split(' ').nth(1);
            let expected = COMMANDS.iter().find(|(command, ..)| name == Some(command));
            let (name, code, message) = expected.unwrap();
            let nowhere = if *name == "fsd" {
                " --endpoint http://127.0.0.1:1 --max-offline 0s"
            } else {
                ""
            };
            let program = shell(&format!("{line}{nowhere}")).env("ORDER", "7");
            let program = program.env("YUNXIAO_ORGANIZATION_ID", "o");
            let program = program.env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8");
            let list = block(readme, "toml", "[[deploy]]");
            let out = program.file("release.toml", list).run();
            if line.contains("--lang zh") {
                out.code(*code).stderr_has("YUNXIAO_ACCESS_TOKEN");
            } else {
                out.code(*code).stderr_has(message);
            }
        }
    }
}

#[cfg(feature = "demo")]
#[test]
fn the_shell_recipe_tells_a_success_from_a_failure() {
    let cases = [
        ("success", 0, "0) echo \""),
        ("failure", 1, "1 | 3) echo \""),
    ];
    let cases = cases
        .into_iter()
        .flat_map(|case| READMES.map(|readme| (case, readme)));
    let recipes = cases.map(|((scenario, code, label), readme)| {
        let args = ["demo", "--duration", "100ms", "--scenario", scenario];
        let mut server = crate::support::deploywatch(args)
            .args(["--serve", "127.0.0.1:0"])
            .spawn();
        let line = server.first_line();
        let recipe = block(readme, "sh", "case $code");
        let program = shell(recipe)
            .env("YUNXIAO_ACCESS_TOKEN", "demo-token")
            .env("YUNXIAO_ORGANIZATION_ID", "demo")
            .env("YUNXIAO_API_BASE_URL", line.rsplit(' ').next().unwrap());
        let said = recipe.split(label).nth(1).unwrap().split('"').next();
        (program.spawn(), server, code, said.unwrap())
    });
    for (watch, _server, code, said) in recipes.collect::<Vec<_>>() {
        watch.wait().code(code).stdout_has(said);
    }
}
