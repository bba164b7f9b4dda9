//! A page in HTML that shows when each unit ran: one file, without scripts and without anything from
//! elsewhere. Times are those that the watch observed.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use console::{measure_text_width, truncate_str};

use super::report::{self, Selection, escaped};
use super::style;
use crate::clock::{self, Instant, Timestamp};
use crate::event::{Event, Finished};
use crate::message::Lang;
use crate::model::UnitState;
use crate::outcome::Outcome;
use crate::progress::{GapKind, Progress, TrackedUnit};
use crate::text;

/// Maximum number of rows: with more units a row stands for several.
const MAX_ROWS: usize = 1000;
/// Units of which each has a row with its name, even if it has no bar.
const NAMED_ROWS: usize = 500;
/// Maximum number of batches that have a heading each; more have none.
const MAX_HEADINGS: usize = 100;
/// Units in the table of the slowest.
const SLOWEST: usize = 20;
/// The width of the names and of the chart, in pixels.
const GUTTER: f64 = 190.0;
const CHART: f64 = 800.0;
/// The heights of the chart of running units and of a heading, in pixels.
const CONCURRENCY: f64 = 60.0;
const HEADING: f64 = 18.0;
/// The widest name, in columns, and the characters at the end of a longer one that are shown.
const NAME: usize = 26;
const NAME_END: usize = 8;
/// Distances of the marks on the axis of time, in seconds.
const STEPS: [u64; 18] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 604_800,
];
/// Maximum number of those marks.
const MAX_MARKS: u64 = 10;

/// The colours by state in a light and in a dark window, and the layout.
const STYLES: &str = include_str!("timeline.css");

/// Writes the page.
pub(super) fn write(
    out: &mut dyn Write,
    event: &Event<'_>,
    end: &Finished<'_>,
    lang: Lang,
) -> io::Result<()> {
    let mut body = String::new();
    if end.is_list {
        body += &headline(lang.all(), end.outcome, event.at, lang);
    }
    for (progress, outcome) in end.parts {
        // The others of a list may have gone on.
        let instant = progress.started.after(outcome.elapsed);
        let wall = event.at.wall.checked_sub(event.at.instant.since(instant));
        let ended = Timestamp {
            instant,
            wall: wall.unwrap_or(event.at.wall),
        };
        body += &headline(&progress.target, outcome, ended, lang);
        body += &part(progress, instant, lang);
    }
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{} {}</title>\n<style>\n{STYLES}</style>\n</head>\n<body>\n{body}</body>\n</html>",
        lang.pick("en", "zh-CN"),
        escaped(&event.progress.target),
        lang.verdict(end.outcome.verdict())
    )
}

/// The target, the verdict, the reason and when that was.
fn headline(target: &str, outcome: &Outcome, at: Timestamp, lang: Lang) -> String {
    let (mark, _) = style::of_verdict(outcome.verdict());
    format!(
        "<h1 class=\"{}\">{mark} {} {}</h1>\n<p>{}</p>\n<p class=\"faint\">{} · {}</p>\n",
        outcome.verdict().as_str(),
        escaped(target),
        lang.verdict(outcome.verdict()),
        escaped(outcome.reason.get(lang)),
        clock::rfc3339_seconds(at.wall),
        lang.watched_for(text::duration(outcome.elapsed)),
    )
}

/// The facts, the charts, the failed and the slowest units of one deployment.
fn part(progress: &Progress, now: Instant, lang: Lang) -> String {
    let mut part = String::new();
    if progress.total() > 0 {
        let units = report::unit_count(progress, lang);
        let counts = report::states(progress.by_state, lang);
        part += &format!("<p>{}</p>\n", lang.labeled(units, counts));
    }
    for fact in report::facts(progress, None, lang, &escaped) {
        part += &format!("<p>{fact}</p>\n");
    }
    part += &Chart::new(progress, now, lang).draw();
    part + &failed(progress, lang) + &slowest(progress, now, lang)
}

/// The failed units with the provider's reason and the end of the log.
fn failed(progress: &Progress, lang: Lang) -> String {
    let failed = Selection::failed(progress, lang);
    if failed.units.is_empty() {
        return String::new();
    }
    let mut text = format!("<h2>{}</h2>\n", lang.failed_heading());
    for tracked in failed.units {
        let line = lang.with_message(&tracked.unit.name, tracked.unit.detail.as_ref());
        text += &format!("<p class=\"failed\">✗ {}</p>\n", escaped(&line));
        if let Some(log) = tracked.log.as_ref().filter(|log| !log.is_empty()) {
            let log = log.iter().map(|line| escaped(line) + "\n");
            // A browser leaves out a line break that comes first.
            text += &format!("<pre>\n{}</pre>\n", String::from_iter(log));
        }
    }
    text.extend(failed.more.map(|more| format!("<p>{more}</p>\n")));
    text
}

fn slowest(progress: &Progress, now: Instant, lang: Lang) -> String {
    let ages = report::by_age(progress, now);
    if ages.is_empty() {
        return String::new();
    }
    let rows = ages.into_iter().take(SLOWEST).map(|(age, tracked)| {
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td></tr>\n",
            escaped(&tracked.unit.name),
            lang.state(tracked.unit.state),
            text::duration(age)
        )
    });
    let rows = String::from_iter(rows);
    format!(
        "<h2>{}</h2>\n<table>\n{rows}</table>\n",
        lang.slowest_heading()
    )
}

/// A name with its middle left out if it is long: many differ at their ends only.
fn shorten(name: &str) -> Cow<'_, str> {
    if measure_text_width(name) <= NAME {
        return name.into();
    }
    let end = name.char_indices().nth_back(NAME_END - 1);
    let end = end.map_or(name, |(index, _)| &name[index..]);
    let left = NAME.saturating_sub(measure_text_width(end) + 1);
    let begin = truncate_str(name, left, "");
    format!("{}…{end}", begin.trim_end()).into()
}

/// The class of a gap, and what it is called.
fn gap_words(kind: GapKind, lang: Lang) -> (&'static str, &'static str) {
    match kind {
        GapKind::Outage => ("outage", lang.polls_failed()),
        GapKind::Pause => ("pause", lang.pause()),
    }
}

struct Chart<'a> {
    progress: &'a Progress,
    now: Instant,
    lang: Lang,
    /// The first moment shown.
    begin: Instant,
    /// The units that have a row, by batch, those without one last, and within it in the provider's order.
    units: Vec<&'a TrackedUnit>,
}

impl<'a> Chart<'a> {
    fn new(progress: &'a Progress, now: Instant, lang: Lang) -> Self {
        let mut units = Vec::from_iter(&progress.units);
        if units.len() > NAMED_ROWS {
            units.retain(|tracked| tracked.span(now).is_some());
        }
        units.sort_by_key(|tracked| tracked.unit.batch.unwrap_or(u32::MAX));
        let spans = units.iter().filter_map(|tracked| tracked.span(now));
        Self {
            begin: spans.fold(progress.started, |begin, (from, _)| begin.min(from)),
            progress,
            now,
            lang,
            units,
        }
    }

    fn span(&self) -> Duration {
        self.now.since(self.begin).max(Duration::from_millis(1))
    }

    /// The place of a moment on the axis of time, in pixels.
    fn x(&self, at: Instant) -> f64 {
        let share = at.since(self.begin).as_secs_f64() / self.span().as_secs_f64();
        GUTTER + share.min(1.0) * CHART
    }

    fn draw(&self) -> String {
        let (rows, bottom) = self.rows();
        format!(
            "<svg viewBox=\"0 0 {} {:.1}\" role=\"img\" aria-label=\"{}\">\n{}{}{}{rows}</svg>\n{}",
            GUTTER + CHART + 20.0,
            bottom + HEADING,
            self.lang.timeline(),
            self.gaps(bottom),
            self.axis(bottom),
            self.concurrency(),
            self.legend()
        )
    }

    /// The units, and where they end.
    fn rows(&self) -> (String, f64) {
        let per_row = self.units.len().div_ceil(MAX_ROWS).max(1);
        let height = match self.units.len() {
            0..=100 => 18.0,
            101..=NAMED_ROWS => 13.0,
            _ => 4.0,
        };
        let mut rows = String::new();
        let mut y = CONCURRENCY + HEADING;
        let batches = self.units.chunk_by(|a, b| a.unit.batch == b.unit.batch);
        let has_headings = batches.count() <= MAX_HEADINGS;
        let groups = self
            .units
            .chunk_by(|a, b| !has_headings || a.unit.batch == b.unit.batch);
        for units in groups {
            if let Some(batch) = units[0].unit.batch.filter(|_| has_headings) {
                let of_jobs = self.progress.has_jobs();
                let heading = self.lang.batch(batch, self.progress.batches, of_jobs);
                let baseline = y + 13.0;
                rows +=
                    &format!("<text class=\"faint\" x=\"0\" y=\"{baseline}\">{heading}</text>\n");
                y += HEADING;
            }
            for units in units.chunks(per_row) {
                rows += &self.row(units, y, height).unwrap_or_default();
                y += height;
            }
        }
        (rows, y)
    }

    /// A row: one unit, or several as the worst of them from the first begin to the last end.
    fn row(&self, units: &[&TrackedUnit], y: f64, height: f64) -> Option<String> {
        let worst = units.iter().min_by_key(|tracked| tracked.unit.state)?;
        let (name, class) = (&worst.unit.name, worst.unit.state.as_str());
        let mut row = String::new();
        if self.units.len() <= NAMED_ROWS {
            let baseline = y + height - 4.0;
            let name = escaped(&shorten(name));
            row += &format!("<text class=\"{class}\" x=\"8\" y=\"{baseline}\">{name}</text>\n");
        }
        let spans = units.iter().filter_map(|tracked| tracked.span(self.now));
        if let Some((from, to)) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) {
            let state = self.lang.state(worst.unit.state);
            let details =
                report::unit_details(self.progress, worst, self.now, self.lang, &str::to_owned);
            let more = match units.len() {
                1 => String::new(),
                count => format!(" (+{})", count - 1),
            };
            let title = escaped(&format!("{name} {state}{details}{more}"));
            let (x, end) = (self.x(from), self.x(to));
            row += &format!(
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{title}</title></rect>\n",
                y + height * 0.1,
                (end - x).max(1.5),
                height * 0.8,
            );
        }
        Some(row)
    }

    /// The times in which polls failed or the deployment was paused.
    fn gaps(&self, bottom: f64) -> String {
        let gaps = self.progress.gaps(self.now).into_iter().map(|gap| {
            let (x, end) = (self.x(gap.from), self.x(gap.to));
            let (class, title) = gap_words(gap.kind, self.lang);
            format!(
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"0\" width=\"{:.1}\" height=\"{bottom:.1}\"><title>{title} {}</title></rect>\n",
                (end - x).max(1.0),
                text::duration(gap.to.since(gap.from))
            )
        });
        gaps.collect()
    }

    fn axis(&self, bottom: f64) -> String {
        let seconds = self.span().as_secs();
        let step = STEPS.into_iter().find(|step| seconds / step <= MAX_MARKS);
        let step = step.unwrap_or(seconds / MAX_MARKS);
        let mut axis = String::new();
        for second in (0..=seconds).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let at = Duration::from_secs(second);
            let (x, at) = (self.x(self.begin.after(at)), text::duration(at));
            axis += &format!("<path class=\"mark\" d=\"M{x:.1} 0V{bottom:.1}\"/>\n");
            for y in [CONCURRENCY, bottom].map(|line| line + 14.0) {
                axis += &format!(
                    "<text class=\"faint\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{at}</text>\n"
                );
            }
        }
        axis
    }

    /// How many units ran at once.
    fn concurrency(&self) -> String {
        let spans = self
            .units
            .iter()
            .filter_map(|tracked| tracked.span(self.now));
        let mut steps = Vec::from_iter(spans.flat_map(|(from, to)| [(from, 1_i64), (to, -1)]));
        // A unit that begins when another one ends does not run beside it.
        steps.sort_unstable();
        let mut running = 0;
        for (_, step) in &mut steps {
            running += *step;
            *step = running;
        }
        let most = steps.iter().map(|(_, running)| *running).max();
        let Some(most) = most.filter(|most| *most > 0) else {
            return String::new();
        };
        let path = steps.into_iter().map(|(at, running)| {
            let y = CONCURRENCY * (1.0 - running as f64 / most as f64);
            format!("H{:.1}V{y:.1}", self.x(at))
        });
        let path = String::from_iter(path);
        let caption = self.lang.running_at_once(most);
        format!(
            "<path class=\"concurrency\" d=\"M{GUTTER} {CONCURRENCY}{path}V{CONCURRENCY}Z\"/>\n\
             <text x=\"8\" y=\"14\">{caption}</text>\n"
        )
    }

    /// The colours that are in the chart, in words.
    fn legend(&self) -> String {
        let is_drawn = |state: &UnitState| {
            let has_bar = |unit: &&TrackedUnit| unit.span(self.now).is_some();
            self.units
                .iter()
                .any(|unit| unit.unit.state == *state && has_bar(unit))
        };
        let states = UnitState::ALL.into_iter().filter(is_drawn);
        let states = states.map(|state| (state.as_str(), self.lang.state(state)));
        let gaps = self.progress.gaps(self.now);
        let kinds = [GapKind::Outage, GapKind::Pause].into_iter();
        let kinds = kinds.filter(|kind| gaps.iter().any(|gap| gap.kind == *kind));
        let kinds = kinds.map(|kind| gap_words(kind, self.lang));
        let mut legend = String::from("<p class=\"legend\">");
        for (class, word) in states.chain(kinds) {
            legend += &format!("<span class=\"{class}\">{word}</span> ");
        }
        let per_row = self.units.len().div_ceil(MAX_ROWS);
        if per_row > 1 {
            legend += &self.lang.units_per_row(per_row);
        }
        legend + "</p>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::model::UnitKind;
    use crate::outcome::Cause;
    use crate::poll::PollError;
    use crate::progress::Offline;
    use crate::render::testing::{self, answer, ended};
    use crate::units::UnitsBuilder;

    fn page(progress: &Progress, cause: Cause) -> String {
        let outcome = Outcome {
            elapsed: Duration::from_secs(10),
            ..ended(cause)
        };
        let parts = [(progress, &outcome)];
        let mut out = Vec::new();
        let end = testing::end(&outcome, &parts);
        let event = Event {
            at: Timestamp::at(10.0),
            progress,
            kind: Kind::Finished(end),
        };
        let written = write(&mut out, &event, &end, Lang::En);
        written.expect("a vector takes it");
        let page = String::from_utf8(out).expect("UTF-8");
        // An XML reader takes all but the first lines, so that no tag is left open.
        let (_, body) = page.split_once("<body>").expect("a body");
        let body = format!("<body>{}", body.trim_end().trim_end_matches("</html>"));
        if let Err(error) = roxmltree::Document::parse(&body) {
            panic!("{error}\n{page}");
        }
        page
    }

    /// Machines in these states, each poll a second after the one before it.
    fn progress(names: &[&str], polls: &[&[UnitState]]) -> Progress {
        let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
        for (second, states) in polls.iter().enumerate() {
            let mut units = UnitsBuilder::of_test(UnitKind::Machine);
            for (index, (name, state)) in names.iter().zip(*states).enumerate() {
                let batch = u32::try_from(index / 2 + 1).ok();
                units.push(name, name, batch, *state, None);
            }
            answer(&mut progress, units, second as f64);
        }
        progress
    }

    #[test]
    fn each_unit_is_a_bar_from_its_begin_to_its_end() {
        use UnitState::{Failed, Pending, Running, Succeeded};
        let names = ["a", "b", "c"];
        let mut progress = progress(
            &names,
            &[
                &[Running, Running, Pending],
                &[Running, Succeeded, Pending],
                &[Failed, Succeeded, Pending],
            ],
        );
        progress.take_log(Some(0), vec!["<b>no</b> space".into(), "left".into()]);
        let page = page(&progress, Cause::Failed);
        // The chart is 800 pixels wide from 190 on, for ten seconds.
        for text in [
            "<rect class=\"failed\" x=\"190.0\" y=\"97.8\" width=\"160.0\"",
            "<title>a failed after 2s</title>",
            "<rect class=\"succeeded\" x=\"190.0\" y=\"115.8\" width=\"80.0\"",
            "running at once: 2 at most",
            ">batch 1</text>",
            ">batch 2</text>",
            "<p>1 not started: c</p>",
            "<pre>\n&lt;b&gt;no&lt;/b&gt; space\nleft\n</pre>",
        ] {
            assert!(page.contains(text), "{text} is not in\n{page}");
        }
        assert_eq!(page.matches("<rect ").count(), 2, "{page}");
    }

    #[test]
    fn outages_and_pauses_are_marked_up_to_the_end() {
        let mut progress = progress(&["a"], &[&[UnitState::Running]]);
        let phase = crate::model::Phase::Paused;
        progress.enter_phase(phase, Instant::at(2.0));
        progress.enter_phase(crate::model::Phase::Running, Instant::at(4.0));
        progress.offline = Some(Offline {
            since: Instant::at(9.0),
            attempts: 1,
            error: PollError::retryable(crate::message::Message::verbatim("no"), None),
        });
        let page = page(&progress, Cause::Lost);
        for text in [
            "<rect class=\"pause\" x=\"350.0\" y=\"0\" width=\"160.0\"",
            "<title>paused 2s</title>",
            "<rect class=\"outage\" x=\"910.0\" y=\"0\" width=\"80.0\"",
            "<title>polls failed 1s</title>",
        ] {
            assert!(page.contains(text), "{text} is not in\n{page}");
        }
    }

    #[test]
    fn many_units_share_rows_and_hostile_names_are_text() {
        let hostile = "</title><script>alert(1)</script>\"'&";
        let names: Vec<_> = (0..7000)
            .map(|number| format!("{hostile}{number}"))
            .collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let running = vec![UnitState::Running; names.len()];
        let mut states = running.clone();
        states[3500] = UnitState::Failed;
        states[0] = UnitState::Cancelled;
        let progress = progress(&names, &[&running, &states]);
        let page = page(&progress, Cause::Failed);
        assert!(page.contains("Each row stands for 7 units."));
        assert!(!page.contains(">batch 1</text>"), "3,500 headings");
        assert!(!page.contains("<script"));
        for worst in ["failed", "cancelled"] {
            let bar = format!("<rect class=\"{worst}\"");
            assert!(page.contains(&bar), "{worst} is not shown");
        }
    }

    #[test]
    fn of_many_units_only_those_with_a_bar_have_a_row() {
        use UnitState::{Running, Succeeded};
        let names: Vec<_> = (0..600).map(|number| format!("m{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let mut states = vec![Succeeded; names.len()];
        states[300] = Running;
        let page = page(&progress(&names, &[&states]), Cause::Lost);
        assert_eq!(page.matches("<rect ").count(), 1, "{page}");
        assert!(page.contains(">m300</text>"), "{page}");
        assert!(!page.contains(">m299</text>"), "{page}");
        let legend = "<p class=\"legend\"><span class=\"running\">running</span> </p>";
        assert!(page.contains(legend), "{page}");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        for (name, shown) in [
            ("192.0.2.1", "192.0.2.1"),
            (
                "Deploy and start the service-2",
                "Deploy and start…ervice-2",
            ),
            (
                "部署虚拟化系统-2 (deploy_trochilus-2)",
                "部署虚拟化系统-2…hilus-2)",
            ),
        ] {
            assert_eq!(shorten(name), shown);
        }
    }
}
