//! A summary in Markdown, for people: a file of its own, or the summary of a step on GitHub.
//!
//! All text from elsewhere is in code spans or fenced blocks, so that no markup, HTML, `@name` or `#1`
//! in it has an effect.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::report::{self, Selection, escaped};
use super::style;
use crate::clock::Instant;
use crate::event::{Event, Finished};
use crate::message::Lang;
use crate::outcome::{Outcome, Verdict};
use crate::progress::{Progress, TrackedUnit};
use crate::text;

/// Maximum size of a step's summary in bytes; GitHub drops a larger one as a whole.
const STEP_LIMIT: u64 = (1 << 20) - 1;
/// Maximum length of a run of backticks: some readers count no further than 80.
const MAX_BACKTICKS: usize = 60;

/// Writes the summary. `step` is the file that `out` appends to, if that is GitHub's summary of a step.
pub(super) fn write(
    out: &mut dyn Write,
    event: &Event<'_>,
    end: &Finished<'_>,
    lang: Lang,
    step: Option<&File>,
) -> io::Result<()> {
    let mut blocks = blocks(event.at.instant, end, lang);
    let text = match step {
        None => blocks.concat(),
        Some(file) => {
            // What an earlier command of the step wrote may end in the middle of a line.
            blocks.insert(0, "\n".into());
            let room = STEP_LIMIT.saturating_sub(file.metadata()?.len());
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let full = || io::Error::new(ErrorKind::FileTooLarge, "1 MiB is in it already");
            fit(&blocks, room, lang).ok_or_else(full)?
        }
    };
    out.write_all(text.as_bytes())
}

/// The blocks that fit into `room` bytes, with a note if some do not; none if even the note does not fit.
fn fit(blocks: &[String], room: usize, lang: Lang) -> Option<String> {
    let text = blocks.concat();
    if text.len() <= room {
        return Some(text);
    }
    let left_out = format!("*{}*\n", lang.left_out());
    let mut room = room.checked_sub(left_out.len())?;
    let mut text = String::new();
    for block in blocks {
        if let Some(rest) = room.checked_sub(block.len()) {
            room = rest;
            text += block;
        }
    }
    Some(text + &left_out)
}

/// The summary in independent blocks: the outcomes, how to resume, and last the logs, which may be long.
fn blocks(now: Instant, end: &Finished<'_>, lang: Lang) -> Vec<String> {
    let mut blocks = Vec::new();
    if end.is_list {
        blocks.push(headline(lang.all(), end.outcome, lang));
    }
    for (progress, outcome) in end.parts {
        blocks.push(part(progress, outcome, now, lang));
    }
    if let Some(resume) = &end.outcome.resume {
        let heading = resume.heading.get(lang);
        let command = fenced("sh", &[&resume.command]);
        blocks.push(format!("{heading}\n\n{command}"));
    }
    for (progress, _) in end.parts {
        let name = progress.title.as_ref().unwrap_or(&progress.target);
        let failed = Selection::failed(progress, lang).units.into_iter();
        let failed = failed.map(|tracked| (&tracked.unit.name, &tracked.log));
        for (name, log) in [(name, &progress.log)].into_iter().chain(failed) {
            let log = log.as_deref().unwrap_or_default();
            if !log.is_empty() {
                // Markdown has no effect between HTML tags.
                let [name, target] =
                    [name, &progress.target].map(|line| format!("<code>{}</code>", escaped(line)));
                let (heading, log) = (lang.log_heading(name, target), fenced("text", log));
                blocks.push(format!(
                    "<details><summary>{heading}</summary>\n\n{log}</details>\n\n"
                ));
            }
        }
    }
    blocks
}

/// The outcome of one target.
fn part(progress: &Progress, outcome: &Outcome, now: Instant, lang: Lang) -> String {
    let details = |tracked: &TrackedUnit| report::unit_details(progress, tracked, now, lang, &code);
    let mut part = headline(&progress.target, outcome, lang) + &counts(progress, lang);
    let failed = Selection::failed(progress, lang);
    part += &list(lang.failed_heading(), failed, details);
    let unfinished = Selection::unfinished(progress, lang);
    part += &list(lang.unfinished_heading(), unfinished, |tracked| {
        format!(" {}{}", lang.state(tracked.unit.state), details(tracked))
    });
    let success = (outcome.verdict() == Verdict::Succeeded).then_some(now);
    for line in report::facts(progress, success, lang, &code) {
        part += &format!("{line}\n\n");
    }
    if let Some(url) = &progress.url {
        part += &page(url, lang);
    }
    part
}

/// `## ✗`, the target, the verdict, the duration; then the reason.
fn headline(target: &str, outcome: &Outcome, lang: Lang) -> String {
    let (mark, _) = style::of_verdict(outcome.verdict());
    format!(
        "## {mark} {} {}{}\n\n{}\n\n",
        code(target),
        lang.verdict(outcome.verdict()),
        lang.aside(lang.watched_for(text::duration(outcome.elapsed))),
        lang.labeled(lang.reason(), code(outcome.reason.get(lang)))
    )
}

/// The table of the counts, if there are units.
fn counts(progress: &Progress, lang: Lang) -> String {
    if progress.total() == 0 {
        return String::new();
    }
    let units = lang.units(report::unit_kind(progress));
    let mut table = format!("| {} | {units} |\n|---|--:|\n", lang.state_column());
    for (state, count) in report::nonzero(progress.by_state) {
        table += &format!("| {} | {count} |\n", lang.state(state));
    }
    table + &format!("| {} | {} |\n\n", lang.total(), progress.total())
}

/// A heading and a list of units, if there are any. `rest` follows the mark and the name.
fn list(heading: &str, selection: Selection<'_>, rest: impl Fn(&TrackedUnit) -> String) -> String {
    if selection.units.is_empty() {
        return String::new();
    }
    let items = selection.units.into_iter().map(|tracked| {
        let (mark, _) = style::of_state(tracked.unit.state);
        // A code span at the beginning of an item could be taken for a fence.
        format!("{mark} {}{}", code(&tracked.unit.name), rest(tracked))
    });
    let items = Vec::from_iter(items.chain(selection.more)).join("\n- ");
    format!("### {heading}\n\n- {items}\n\n")
}

/// The page of the deployment, as a link if it certainly is one.
fn page(url: &str, lang: Lang) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    let is_link = url.starts_with("https://") || url.starts_with("http://");
    let url = match is_link && url.chars().all(is_plain) {
        true => format!("<{url}>"),
        false => code(url),
    };
    lang.labeled(lang.page(), url) + "\n\n"
}

/// A line as a code span.
fn code(line: &str) -> String {
    let line = limit_backticks(line);
    let ticks = "`".repeat(longest_run(&line) + 1);
    // Two backticks with nothing between them would be a longer one.
    let needs_blank = line.is_empty() || line.starts_with('`') || line.ends_with('`');
    let blank = if needs_blank { " " } else { "" };
    format!("{ticks}{blank}{line}{blank}{ticks}")
}

/// Lines as a fenced block in `language`, and a blank line.
fn fenced(language: &str, lines: &[impl AsRef<str>]) -> String {
    let lines = lines.iter().map(|line| limit_backticks(line.as_ref()));
    let lines = Vec::from_iter(lines).join("\n");
    let fence = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("{fence}{language}\n{lines}\n{fence}\n\n")
}

/// Shortens runs of backticks, so that a fence can be longer.
fn limit_backticks(line: &str) -> String {
    let mut run = 0;
    let kept = line.chars().filter(|&character| {
        run = if character == '`' { run + 1 } else { 0 };
        run <= MAX_BACKTICKS
    });
    kept.collect()
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::event::Kind;
    use crate::model::UnitState;
    use crate::outcome::{Cause, Signal};
    use crate::render::testing::{self, ended, outcome};

    fn write_end(outcome: &Outcome, parts: &[(&Progress, &Outcome)]) -> String {
        let mut out = Vec::new();
        let end = testing::end(outcome, parts);
        let event = Event {
            at: Timestamp::at(43.0),
            progress: parts[0].0,
            kind: Kind::Finished(end),
        };
        write(&mut out, &event, &end, Lang::En, None).expect("a vector takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_summary_says_what_the_report_says() {
        let mut progress = testing::progress(&[
            (UnitState::Succeeded, None),
            (UnitState::Failed, Some("agent does not answer")),
            (UnitState::Running, None),
            (UnitState::Pending, None),
        ]);
        progress.take_log(Some(1), vec!["starting".into(), "```".into()]);
        progress.url = Some("https://example.com/orders/2?a=b".into());
        let interrupted = Cause::Interrupted(Signal::Interrupt);
        let outcome = outcome(interrupted, "received SIGINT");
        assert_eq!(
            write_end(&outcome, &[(&progress, &outcome)]),
            "\
## ■ `yunxiao:1/2` interrupted (watched for 1m 15s)

Reason: `received SIGINT`

| state | machines |
|---|--:|
| failed | 1 |
| running | 1 |
| pending | 1 |
| succeeded | 1 |
| total | 4 |

### Failed

- ✗ `192.0.2.1`: `agent does not answer`

### Not finished

- ▸ `192.0.2.2` running for 42s (as of 42s ago)

1 not started: `192.0.2.3`

Page: <https://example.com/orders/2?a=b>

Resume with:

```sh
deploywatch yunxiao --pipeline 1 --order 2
```

<details><summary>Log of <code>192.0.2.1</code>, <code>yunxiao:1/2</code></summary>

````text
starting
```
````

</details>

"
        );
    }

    #[test]
    fn a_list_has_a_headline_of_its_own() {
        let progress = testing::progress(&[]);
        let good = ended(Cause::Succeeded);
        let bad = ended(Cause::Failed);
        let parts = [(&progress, &good), (&progress, &bad)];
        assert_eq!(
            write_end(&bad, &parts),
            "\
## ✗ `all` failed (watched for 1m 15s)

Reason: `reported failed`

## ✓ `yunxiao:1/2` succeeded (watched for 1m 15s)

Reason: `reported succeeded`

## ✗ `yunxiao:1/2` failed (watched for 1m 15s)

Reason: `reported failed`

"
        );
    }

    #[test]
    fn many_units_are_counted() {
        let mut units = vec![(UnitState::Failed, None); 150];
        units.extend([(UnitState::Running, None); 50]);
        let outcome = ended(Cause::Failed);
        let text = write_end(&outcome, &[(&testing::progress(&units), &outcome)]);
        assert!(text.contains("- … and 50 more failed\n"), "{text}");
        assert!(text.contains("- … and 30 more running\n"), "{text}");
    }

    #[test]
    fn a_code_span_and_a_fence_cannot_be_left() {
        for (line, span) in [
            ("a <b> | @c #1", "`a <b> | @c #1`"),
            ("a`b", "``a`b``"),
            ("`a`", "`` `a` ``"),
            ("``", "``` `` ```"),
            ("", "`  `"),
        ] {
            assert_eq!(code(line), span);
        }
        let long = "`".repeat(1000);
        let span = code(&long);
        assert_eq!(longest_run(&span), MAX_BACKTICKS + 1);
        assert!(span.starts_with(&"`".repeat(MAX_BACKTICKS + 1)));
        let block = fenced("text", &[long]);
        let lines: Vec<_> = block.lines().collect();
        assert_eq!(
            (lines[0].len(), lines[2].len()),
            (MAX_BACKTICKS + 5, MAX_BACKTICKS + 1)
        );
        assert_eq!(lines[1].len(), MAX_BACKTICKS);
    }

    #[test]
    fn a_page_that_is_no_plain_link_is_none() {
        for url in [
            "javascript:alert(1)",
            "https://a/>b",
            "https://a b",
            "::error::",
        ] {
            assert!(page(url, Lang::En).starts_with("Page: `"), "{url}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_that_is_said() {
        let lang = Lang::En;
        let left_out = format!("*{}*\n", lang.left_out());
        let blocks = ["head\n", &"x".repeat(500), "end\n"].map(str::to_owned);
        assert_eq!(fit(&blocks, 509, lang), Some(blocks.concat()));
        assert_eq!(
            fit(&blocks, 508, lang),
            Some(format!("head\nend\n{left_out}"))
        );
        assert_eq!(fit(&blocks, left_out.len(), lang), Some(left_out.clone()));
        assert_eq!(fit(&blocks, left_out.len() - 1, lang), None);
    }
}
