//! The command that resumes a watch, as a line for a shell.

use std::sync::Arc;

use super::explicit::{ExplicitArg, option_name};
use crate::platform::shell_quote;

/// The command line of a watch, to be given again.
pub(crate) struct ResumeCommand {
    /// Without `--once`.
    line: Arc<str>,
    /// And without the options that look for a run, once it is found.
    without_search: String,
}

impl ResumeCommand {
    /// `search_options` are those of the provider that look for a run.
    pub(crate) fn new(words: &[String], explicit: &[ExplicitArg], search_options: &[&str]) -> Self {
        let searches = |name: &str| name == "fresh" || search_options.contains(&name);
        Self {
            line: line(words, explicit, |name| name == "once").into(),
            without_search: line(words, explicit, |name| name == "once" || searches(name)),
        }
    }

    /// The line; `selector` is the option that selects the run that was found: empty where it needs none.
    pub(crate) fn line(&self, selector: Option<&str>) -> Arc<str> {
        match selector {
            None => Arc::clone(&self.line),
            Some(selector) => format!("{} {selector}", self.without_search)
                .trim_end()
                .into(),
        }
    }
}

/// Words as a line for a shell, values as `explicit` has them, without the options that are `dropped`.
fn line(words: &[String], explicit: &[ExplicitArg], dropped: impl Fn(&str) -> bool) -> String {
    let mut line = String::from("deploywatch");
    let mut rest: Vec<_> = explicit.iter().collect();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name = option_name(word);
        let index = rest.iter().position(|arg| Some(&*arg.name) == name);
        let value = index.and_then(|index| rest.remove(index).value.as_deref());
        let separate = value.filter(|_| !word.contains('='));
        // The value is a word of its own.
        if separate.is_some() {
            words.next();
        }
        let word = match (name, value) {
            (Some(name), _) if dropped(name) => continue,
            (Some(name), Some(value)) if separate.is_none() => format!("--{name}={value}"),
            _ => word.clone(),
        };
        for word in [Some(&*word), separate].into_iter().flatten() {
            line = line + " " + &shell_quote(word);
        }
    }
    line
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        for (words, selector, line) in [
            (
                "yunxiao|--once|--stall-timeout|1h 30m|--pipeline|1",
                None,
                "deploywatch yunxiao --stall-timeout '1h 30m' --pipeline 1",
            ),
            (
                "yunxiao|--fresh|--run|7|--job=deploy it|-v|--pipeline|1",
                Some("--order 2"),
                "deploywatch yunxiao -v --pipeline 1 --order 2",
            ),
            (
                "yunxiao|--fresh|--job|it's",
                None,
                r"deploywatch yunxiao --fresh --job 'it'\''s'",
            ),
            (
                "yunxiao|--pipeline|https://flow.aliyun.com/pipelines/1/current",
                None,
                "deploywatch yunxiao --pipeline 1",
            ),
            (
                "yunxiao|--order|2|--pipeline=https://flow.aliyun.com/pipelines/1?x|--order|3",
                Some("--order 2"),
                "deploywatch yunxiao --order 2 --pipeline=1 --order 3 --order 2",
            ),
            ("fsd|--key| ", None, "deploywatch fsd --key ' '"),
            ("fsd|--fresh|-v", Some(""), "deploywatch fsd -v"),
        ] {
            let words: Vec<_> = words.split('|').map(str::to_owned).collect();
            let program = std::iter::once("deploywatch".to_owned());
            let mut definition = super::super::command();
            let cli = super::super::parse_with(&mut definition, program.chain(words.clone()));
            let explicit = cli.map(|cli| cli.explicit_args).unwrap_or_default();
            let resume = ResumeCommand::new(&words, &explicit, &["run", "job"]);
            assert_eq!(&*resume.line(selector), line);
        }
    }
}
