//! The commands of the READMEs are accepted by the program, and their shell recipe runs.

use std::path::Path;

use crate::support::Program;

const READMES: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../README.zh-CN.md"),
];

/// Each command that a README shows, and what it says with neither a secret nor a network.
const COMMANDS: [(&str, i32, &str); 9] = [
    ("yunxiao", 2, "no token: set YUNXIAO_ACCESS_TOKEN"),
    ("codearts", 2, "HW_AUTH_TOKEN"),
    ("servicestage", 2, "HW_AUTH_TOKEN"),
    ("mrs", 2, "no password: set MRS_PASSWORD"),
    ("fsd", 6, ""),
    ("all", 2, "no token: set YUNXIAO_ACCESS_TOKEN"),
    ("replay", 2, "cannot read capture.jsonl"),
    ("history", 0, ""),
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
        let pieces = arguments_of_pieces(readme);
        assert_eq!(pieces.len(), 3, "{pieces:#?}");
        let lines = command_lines(readme).chain(pieces.iter().map(String::as_str));
        let lines: Vec<_> = lines.collect();
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

/// The commands that the pieces for CI systems take apart into arguments: those of a README for the action
/// and for Jenkins, and that of the Job.
fn arguments_of_pieces(readme: &str) -> Vec<String> {
    let job = include_str!("../../packaging/kubernetes-job.yaml");
    let lines = readme.lines().chain(job.lines()).filter_map(|line| {
        let line = line.trim();
        let starts = ["arguments: ", "args: ", "steps { deploywatch("];
        starts.iter().find_map(|start| line.strip_prefix(start))
    });
    let commands = lines.map(|line| {
        let words = line
            .replace(['[', ']', ',', '"', '\''], "")
            .replace(") }", "");
        let order = ["$(ORDER)", "params.ORDER", "$ORDER"];
        let order = order.into_iter().find(|order| words.contains(order));
        format!(
            "deploywatch {}",
            words.replace(order.unwrap(), "\"$ORDER\"")
        )
    });
    commands.collect()
}

#[test]
fn the_config_file_of_the_pages_is_one() {
    for page in [
        include_str!("../../docs/config.md"),
        include_str!("../../docs/config.zh-CN.md"),
        READMES[0],
        READMES[1],
    ] {
        let config = block(page, "toml", "[yunxiao]");
        let program = shell("deploywatch fsd --once --endpoint http://127.0.0.1:1");
        let program = program.file("config.toml", config);
        let out = program.env("DEPLOYWATCH_CONFIG", "config.toml").run();
        out.code(6);
    }
}

#[cfg(feature = "demo")]
mod with_demo {
    use std::collections::BTreeMap;

    use super::*;
    use crate::support::{Running, deploywatch};

    /// A simulated deployment, and what its `demo --serve` says.
    struct Demo {
        _server: Running,
        options: BTreeMap<String, String>,
        /// The variable of the secret and its value.
        secret: Option<(String, String)>,
    }

    impl Demo {
        fn start(provider: &str, scenario: &str) -> Self {
            let demo = ["demo", provider, "--duration", "100ms"];
            let demo = deploywatch(demo).args(["--scenario", scenario]);
            let mut server = demo.args(["--serve", "127.0.0.1:0"]).spawn();
            let line = server.first_line();
            let (before, command) = line.split_once("deploywatch ").unwrap();
            let secret = before.trim().split_once('=');
            let words = Vec::from_iter(command.split(' '));
            let is_option = |word: &str| word.starts_with("--");
            let pairs = words
                .windows(2)
                .filter(|pair| is_option(pair[0]) && !is_option(pair[1]));
            Self {
                _server: server,
                options: pairs
                    .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
                    .collect(),
                secret: secret.map(|(name, value)| (name.to_owned(), value.to_owned())),
            }
        }

        fn value(&self, option: &str) -> &str {
            &self.options[option]
        }

        /// A command of a README with the ids and the endpoint of this deployment.
        fn command(&self, line: &str) -> String {
            // It has one order alone.
            let line = line.replace(" --order 1112", "");
            let line = line.replace("--region cn-north-4", "--endpoint URL");
            let line = match line.contains(" fsd ") {
                true => line + " --endpoint URL",
                false => line,
            };
            let mut words = Vec::from_iter(line.split(' '));
            for at in 1..words.len() {
                let value = self.options.get(words[at - 1]);
                words[at] = value
                    .filter(|_| words[at] != "\"$ORDER\"")
                    .map_or(words[at], |value| value);
            }
            words.join(" ")
        }

        /// The value of a variable that a README exports.
        fn exported(&self, name: &str) -> Option<&str> {
            match &self.secret {
                Some((secret, value)) if name == secret => Some(value),
                _ if name == "YUNXIAO_ORGANIZATION_ID" => {
                    self.options.get("--organization").map(String::as_str)
                }
                _ => None,
            }
        }

        /// The environment that a README says to export, and where this deployment is.
        fn with(&self, mut program: Program, readme: &str) -> Program {
            let exports = readme
                .lines()
                .filter_map(|line| line.trim().strip_prefix("export "));
            let names = exports.filter_map(|export| export.split('=').next());
            for name in names {
                if let Some(value) = self.exported(name) {
                    program = program.env(name, value);
                }
            }
            program.env("YUNXIAO_API_BASE_URL", self.value("--endpoint"))
        }
    }

    /// A shell that polls often and has what the recipes take for granted.
    fn recipe(script: &str) -> Program {
        let config = "interval = '50ms'\n";
        let certificate = rcgen::generate_simple_self_signed(["192.0.2.10".to_owned()]).unwrap();
        shell(script)
            .file("config.toml", config)
            .env("DEPLOYWATCH_CONFIG", "config.toml")
            .file("manager.pem", &certificate.cert.pem())
            .env("ORDER", "1111")
    }

    #[test]
    fn each_recipe_watches_a_deployment_to_its_success() {
        let mut started = Vec::new();
        for readme in READMES {
            let pieces = arguments_of_pieces(readme);
            let mut scripts: Vec<(String, Demo)> = Vec::new();
            for line in command_lines(readme).chain(pieces.iter().map(String::as_str)) {
                let name = line.split(' ').nth(1).unwrap();
                match (name, scripts.last_mut()) {
                    ("replay", Some((script, _))) => *script = format!("{script} && {line}"),
                    ("all" | "completions" | "replay", _) => {}
                    _ => {
                        let demo = Demo::start(name, "success");
                        scripts.push((demo.command(line), demo));
                    }
                }
            }
            assert!(scripts.len() > 12, "{}", scripts.len());
            for (script, demo) in scripts {
                started.push((demo.with(recipe(&script), readme).spawn(), demo));
            }
        }
        for (watch, _demo) in started {
            watch.wait().code(0);
        }
    }

    #[test]
    fn the_list_watches_its_deployments() {
        for readme in READMES {
            let demos = ["yunxiao", "servicestage"].map(|name| Demo::start(name, "success"));
            let [yunxiao, servicestage] = &demos;
            let list = block(readme, "toml", "[[deploy]]");
            let endpoint = format!("endpoint = \"{}\"", servicestage.value("--endpoint"));
            let list = list
                .replace("region = \"cn-north-4\"", &endpoint)
                .replace(
                    "0123456789abcdef0123456789abcdef",
                    servicestage.value("--project"),
                )
                .replace(
                    "716eda33-dbc6-47f3-953f-29119edd5e5c",
                    servicestage.value("--release"),
                );
            let lines = command_lines(readme).filter(|line| line.contains(" all "));
            let script = Vec::from_iter(lines).join(" && ");
            assert!(script.contains("&&"), "{script}");
            let program = yunxiao.with(recipe(&script), readme);
            let (_, token) = servicestage.secret.as_ref().unwrap();
            let out = program
                .file("release.toml", &list)
                .env("API_TOKEN", token)
                .run();
            out.code(0);
        }
    }

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
            let demo = Demo::start("yunxiao", scenario);
            let script = block(readme, "sh", "case $code");
            let said = script.split(label).nth(1).unwrap().split('"').next();
            let watch = demo.with(recipe(script), readme).spawn();
            (watch, demo, code, said.unwrap())
        });
        for (watch, _demo, code, said) in recipes.collect::<Vec<_>>() {
            watch.wait().code(code).stdout_has(said);
        }
    }
}
