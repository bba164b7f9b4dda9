//! A summary in Markdown, for people: a file of its own, or the page of a step on GitHub.
//!
//! Whatever came from elsewhere stands in code spans and fenced blocks. Nothing in there is obeyed,
//! no markup and no HTML, no `@name` and no `#1`; and it can be read in the file as it is.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::{Render, report, style};
use crate::clock::Instant;
use crate::event::{End, Event, Kind};
use crate::message::Lang;
use crate::model::UnitState;
use crate::outcome::Outcome;
use crate::progress::{Progress, TrackedUnit};

/// Maximum size of a step's summary in bytes; GitHub drops a larger one as a whole.
const STEP_LIMIT: u64 = (1 << 20) - 1;
/// The longest run of backticks that is left as it is: some readers count no further than 80.
const BACKTICKS: usize = 60;

/// Writes the summary when the watch ends.
pub(crate) struct Summary<W> {
    out: W,
    lang: Lang,
    /// The file that `out` appends to, if it is GitHub's summary of a step, which has a size limit.
    step: Option<File>,
}

impl<W: Write> Summary<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W, lang: Lang, step: Option<File>) -> Self {
        Self { out, lang, step }
    }
}

impl<W: Write> Render for Summary<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Kind::Finished(end) = &event.kind else {
            return Ok(());
        };
        let mut blocks = blocks(event.at.instant, end, self.lang);
        let text = match &self.step {
            None => blocks.concat(),
            Some(file) => {
                // What an earlier command of the step wrote may end in the middle of a line.
                blocks.insert(0, "\n".into());
                let room = STEP_LIMIT.saturating_sub(file.metadata()?.len());
                let room = usize::try_from(room).unwrap_or(usize::MAX);
                let full = || io::Error::new(ErrorKind::FileTooLarge, "1 MiB is in it already");
                fit(&blocks, room, self.lang).ok_or_else(full)?
            }
        };
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// The blocks, without those that do not fit; none where there is not even room to say so.
fn fit(blocks: &[String], room: usize, lang: Lang) -> Option<String> {
    let text = blocks.concat();
    if text.len() <= room {
        return Some(text);
    }
    let left_out = format!("*{}*\n", lang.left_out());
    let mut left = room.checked_sub(left_out.len())?;
    let mut text = String::new();
    for block in blocks {
        if let Some(rest) = left.checked_sub(block.len()) {
            left = rest;
            text += block;
        }
    }
    Some(text + &left_out)
}

/// The summary in pieces, each of which can be left out without damage to the others: the ends, how
/// to watch on, and at last what may be long, the logs.
fn blocks(now: Instant, end: &End<'_>, lang: Lang) -> Vec<String> {
    let mut blocks = Vec::new();
    if end.is_list {
        blocks.push(headline(lang.all(), end.outcome, lang));
    }
    let parts = end.parts.iter();
    blocks.extend(parts.map(|(progress, outcome)| part(progress, outcome, now, lang)));
    if let Some(resume) = &end.outcome.resume {
        let heading = resume.heading.get(lang);
        let command = fenced("sh", &[&resume.command]);
        blocks.push(format!("{heading}\n\n{command}"));
    }
    for (progress, _) in end.parts {
        blocks.extend(logs(progress, lang));
    }
    blocks
}

/// The end of one watch.
fn part(progress: &Progress, outcome: &Outcome, now: Instant, lang: Lang) -> String {
    let mut part = headline(&progress.target, outcome, lang);
    part += &counts(progress, lang);
    part += &failed(progress, now, lang);
    part += &unfinished(progress, now, lang);
    if let Some(url) = &progress.url {
        part += &page(url, lang);
    }
    part
}

/// `## ✗`, the target, the verdict, the duration; then the reason.
fn headline(target: &str, outcome: &Outcome, lang: Lang) -> String {
    let (mark, _) = style::of_verdict(outcome.verdict);
    let verdict = lang.verdict(outcome.verdict);
    format!(
        "## {mark} {}{}\n\n{}{}{}\n\n",
        lang.ended(&code(target), verdict),
        lang.aside(&lang.watched_for(outcome.elapsed)),
        lang.reason(),
        lang.colon(),
        code(outcome.reason.get(lang))
    )
}

/// The table of the counts, where there is anything to count.
fn counts(progress: &Progress, lang: Lang) -> String {
    if progress.total() == 0 {
        return String::new();
    }
    let states = UnitState::ALL.map(|state| (state, progress.count(state)));
    let mut table = format!(
        "| {} | {} |\n|---|--:|\n",
        lang.state_column(),
        lang.units_column(report::kind(progress))
    );
    for (state, count) in report::ranked(states) {
        table += &format!("| {} | {count} |\n", lang.state(state));
    }
    table + &format!("| {} | {} |\n\n", lang.total(), progress.total())
}

fn failed(progress: &Progress, now: Instant, lang: Lang) -> String {
    let items = progress.failed().map(|index| {
        let tracked = progress.unit(index);
        let details = report::unit_details(progress, tracked, now, lang, &code);
        format!("{}{details}", unit(tracked))
    });
    let more = report::more(progress.count(UnitState::Failed), report::FAILED);
    let more = more.map(|more| lang.more_failed(more));
    list(
        lang.failed_heading(),
        items.take(report::FAILED).chain(more),
    )
}

fn unfinished(progress: &Progress, now: Instant, lang: Lang) -> String {
    let items = report::open(progress).map(|tracked| {
        let details = report::unit_details(progress, tracked, now, lang, &code);
        let state = lang.state(tracked.unit.state);
        format!("{} {state}{details}", unit(tracked))
    });
    let count = progress.total() - progress.done();
    let more = report::more(count, report::UNFINISHED);
    let more = more.map(|more| lang.more_unfinished(more));
    let items = items.take(report::UNFINISHED).chain(more);
    list(lang.unfinished_heading(), items)
}

/// The mark and the name of a unit. A code span at the beginning of an item could be taken for a
/// fence.
fn unit(tracked: &TrackedUnit) -> String {
    let (mark, _) = style::of_state(tracked.unit.state);
    format!("{mark} {}", code(&tracked.unit.name))
}

/// A heading and a list, where there are items.
fn list(heading: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    if items.is_empty() {
        return items;
    }
    format!("### {heading}\n\n{items}\n")
}

/// The logs of the failed units, as far as they are known.
fn logs(progress: &Progress, lang: Lang) -> impl Iterator<Item = String> {
    progress
        .failed()
        .take(report::FAILED)
        .filter_map(move |index| {
            let log = progress.log(index).filter(|log| !log.is_empty())?;
            let (name, target) = (
                code(&progress.unit(index).unit.name),
                code(&progress.target),
            );
            Some(format!(
                "### {}\n\n{}",
                lang.log_heading(&name, &target),
                fenced("text", log)
            ))
        })
}

/// The page of the deployment: a link where it is one beyond doubt.
fn page(url: &str, lang: Lang) -> String {
    let heading = [lang.page(), lang.colon()].concat();
    let known = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    let is_link = ["https://", "http://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if is_link && url.chars().all(known) {
        format!("{heading}<{url}>\n\n")
    } else {
        format!("{heading}{}\n\n", code(url))
    }
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

/// Lines as a fenced block of this language, with a blank line after it.
fn fenced(language: &str, lines: &[impl AsRef<str>]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| limit_backticks(line.as_ref()))
        .collect();
    let longest = lines.iter().map(|line| longest_run(line)).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n\n", lines.join("\n"))
}

/// The line without runs of backticks that no fence is sure to outdo.
fn limit_backticks(line: &str) -> String {
    let mut run = 0;
    let kept = line.chars().filter(|&character| {
        run = if character == '`' { run + 1 } else { 0 };
        run <= BACKTICKS
    });
    kept.collect()
}

fn longest_run(line: &str) -> usize {
    let runs = line.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::outcome::{Signal, Verdict};
    use crate::render::testing::{self, ended, outcome};

    fn write(kind: Kind<'_>, progress: &Progress) -> String {
        let mut out = Vec::new();
        let at = Timestamp::at(43.0);
        Summary::new(&mut out, Lang::En, None)
            .event(&Event { at, progress, kind })
            .expect("a vector takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    fn write_end(outcome: &Outcome, parts: &[(&Progress, &Outcome)]) -> String {
        write(Kind::Finished(testing::end(outcome, parts)), parts[0].0)
    }

    #[test]
    fn the_summary_says_what_the_report_says() {
        let mut progress = testing::progress(&[
            (UnitState::Succeeded, None),
            (UnitState::Failed, Some("agent does not answer")),
            (UnitState::Running, None),
            (UnitState::Pending, None),
        ]);
        progress.take_log(1, vec!["starting".into(), "```".into()]);
        progress.url = Some("https://example.com/orders/2?a=b".into());
        let interrupted = Verdict::Interrupted(Signal::Interrupt);
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
- · `192.0.2.3` pending (as of 42s ago)

Page: <https://example.com/orders/2?a=b>

Resume with:

```sh
deploywatch yunxiao --pipeline 1 --order 2
```

### Log of `192.0.2.1`, `yunxiao:1/2`

````text
starting
```
````

"
        );
    }

    #[test]
    fn a_list_has_a_headline_of_its_own() {
        let progress = testing::progress(&[]);
        let good = ended(Verdict::Succeeded);
        let bad = ended(Verdict::Failed);
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
        assert_eq!(write(Kind::PartFinished(&good), &progress), "");
    }

    #[test]
    fn many_units_are_counted() {
        let mut units = vec![(UnitState::Failed, None); 150];
        units.extend([(UnitState::Pending, None); 50]);
        let outcome = ended(Verdict::Failed);
        let text = write_end(&outcome, &[(&testing::progress(&units), &outcome)]);
        assert!(text.contains("- … and 50 more failed\n"), "{text}");
        assert!(text.contains("- … and 30 more not finished\n"), "{text}");
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
        assert_eq!(longest_run(&span), BACKTICKS + 1);
        assert!(span.starts_with(&"`".repeat(BACKTICKS + 1)));
        let block = fenced("text", &[long]);
        let lines: Vec<_> = block.lines().collect();
        assert_eq!(
            (lines[0].len(), lines[2].len()),
            (BACKTICKS + 5, BACKTICKS + 1)
        );
        assert_eq!(lines[1].len(), BACKTICKS);
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
