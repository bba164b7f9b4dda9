//! A page in HTML that shows when each unit ran: one file, without scripts and without anything from
//! elsewhere. Times are those that the watch observed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use console::{measure_text_width, truncate_str};

use super::escape::Escaped;
use super::report::{self, Selection};
use super::{Render, style};
use crate::clock::{self, Instant, Timestamp};
use crate::event::{Event, Kind};
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

/// Writes the page when the watch ends.
pub(super) struct Timeline<W> {
    pub(super) out: W,
    pub(super) lang: Lang,
}

impl<W: Write> Render for Timeline<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let Kind::Finished(end) = &event.kind else {
            return Ok(());
        };
        let lang = self.lang;
        let title = format!(
            "{} {}",
            event.progress.target,
            lang.verdict(end.outcome.verdict())
        );
        write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{}</title>\n<style>\n{STYLES}</style>\n</head>\n<body>\n",
            lang.pick("en", "zh-CN"),
            Escaped(&title)
        )?;
        if end.is_list {
            headline(&mut self.out, lang.all(), end.outcome, event.at, lang)?;
        }
        for (progress, outcome) in end.parts {
            // The others of a list may have gone on.
            let instant = progress.started.after(outcome.elapsed);
            let wall = event.at.wall.checked_sub(event.at.instant.since(instant));
            let ended = Timestamp {
                instant,
                wall: wall.unwrap_or(event.at.wall),
            };
            headline(&mut self.out, &progress.target, outcome, ended, lang)?;
            part(&mut self.out, progress, instant, lang)?;
        }
        writeln!(self.out, "</body>\n</html>")?;
        self.out.flush()
    }
}

/// The target, the verdict, the reason and when that was.
fn headline(
    out: &mut impl Write,
    target: &str,
    outcome: &Outcome,
    at: Timestamp,
    lang: Lang,
) -> io::Result<()> {
    let (mark, _) = style::of_verdict(outcome.verdict());
    writeln!(
        out,
        "<h1 class=\"{}\">{mark} {} {}</h1>\n<p>{}</p>\n<p class=\"faint\">{} · {}</p>",
        outcome.verdict().as_str(),
        Escaped(target),
        lang.verdict(outcome.verdict()),
        Escaped(outcome.reason.get(lang)),
        clock::rfc3339_seconds(at.wall),
        lang.watched_for(text::duration(outcome.elapsed)),
    )
}

/// The facts, the charts, the failed and the slowest units of one deployment.
fn part(out: &mut impl Write, progress: &Progress, now: Instant, lang: Lang) -> io::Result<()> {
    if progress.total() > 0 {
        writeln!(
            out,
            "<p>{}{}{}</p>",
            report::unit_count(progress, lang),
            lang.colon(),
            report::states(progress.by_state, lang)
        )?;
    }
    for fact in report::facts(progress, lang, &escaped) {
        writeln!(out, "<p>{fact}</p>")?;
    }
    let chart = Chart::new(progress, now, lang);
    out.write_all(chart.draw().as_bytes())?;
    failed(out, progress, lang)?;
    slowest(out, progress, now, lang)
}

fn escaped(text: &str) -> String {
    Escaped(text).to_string()
}

/// The failed units with the provider's reason and the end of the log.
fn failed(out: &mut impl Write, progress: &Progress, lang: Lang) -> io::Result<()> {
    let failed = Selection::failed(progress, lang);
    if failed.units.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{}</h2>", lang.failed_heading())?;
    for tracked in failed.units {
        let detail = tracked.unit.detail.as_ref();
        let line = lang.with_message(&*tracked.unit.name, detail);
        writeln!(out, "<p class=\"failed\">✗ {}</p>", Escaped(&line))?;
        if let Some(log) = tracked.log.as_ref().filter(|log| !log.is_empty()) {
            let log = log.iter().map(|line| escaped(line) + "\n");
            // A browser leaves out a line break that comes first.
            writeln!(out, "<pre>\n{}</pre>", String::from_iter(log))?;
        }
    }
    match failed.more {
        Some(more) => writeln!(out, "<p>{more}</p>"),
        None => Ok(()),
    }
}

/// The units that took longest.
fn slowest(out: &mut impl Write, progress: &Progress, now: Instant, lang: Lang) -> io::Result<()> {
    let ages = report::by_age(progress, now);
    if ages.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{}</h2>\n<table>", lang.slowest_heading())?;
    for (age, tracked) in ages.iter().take(SLOWEST) {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td></tr>",
            Escaped(&tracked.unit.name),
            lang.state(tracked.unit.state),
            text::duration(*age)
        )?;
    }
    writeln!(out, "</table>")
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

/// The chart of one deployment.
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
        let begun = units.iter().filter_map(|tracked| tracked.span(now));
        let begun = begun.map(|(from, _)| from);
        Self {
            begin: begun.chain([progress.started]).min().unwrap_or(now),
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
        let mut rows = String::new();
        let top = CONCURRENCY + HEADING;
        let bottom = self.rows(&mut rows, top);
        let (width, height) = (GUTTER + CHART + 20.0, bottom + HEADING);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height:.1}\" role=\"img\" aria-label=\"{}\">\n",
            self.lang.timeline()
        );
        self.gaps(&mut svg, bottom);
        self.axis(&mut svg, bottom);
        self.concurrency(&mut svg);
        svg + &rows + "</svg>\n" + &self.legend()
    }

    /// Draws the units from `top` on; returns where they end.
    fn rows(&self, svg: &mut String, top: f64) -> f64 {
        let per_row = self.units.len().div_ceil(MAX_ROWS).max(1);
        let is_named = self.units.len() <= NAMED_ROWS;
        let height = match self.units.len() {
            0..=100 => 18.0,
            101..=NAMED_ROWS => 13.0,
            _ => 4.0,
        };
        let mut y = top;
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
                let _ = writeln!(
                    svg,
                    "<text class=\"faint\" x=\"0\" y=\"{baseline}\">{heading}</text>"
                );
                y += HEADING;
            }
            for row in units.chunks(per_row) {
                self.row(svg, row, y, height, is_named);
                y += height;
            }
        }
        y
    }

    /// Draws a row: one unit, or several as the worst of them from the first begin to the last end.
    fn row(&self, svg: &mut String, units: &[&TrackedUnit], y: f64, height: f64, is_named: bool) {
        let Some(worst) = units.iter().min_by_key(|tracked| tracked.unit.state) else {
            return;
        };
        let name = &worst.unit.name;
        if is_named {
            let shown = shorten(name);
            let class = worst.unit.state.as_str();
            let baseline = y + height - 4.0;
            let _ = writeln!(
                svg,
                "<text class=\"{class}\" x=\"8\" y=\"{baseline}\">{}</text>",
                Escaped(&shown)
            );
        }
        let spans = units.iter().filter_map(|tracked| tracked.span(self.now));
        let Some((from, to)) = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
            return;
        };
        let details =
            report::unit_details(self.progress, worst, self.now, self.lang, &str::to_owned);
        let more = match units.len() {
            1 => String::new(),
            count => format!(" (+{})", count - 1),
        };
        let state = self.lang.state(worst.unit.state);
        let title = format!("{name} {state}{details}{more}");
        let (x, end) = (self.x(from), self.x(to));
        let _ = writeln!(
            svg,
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            worst.unit.state.as_str(),
            y + height * 0.1,
            (end - x).max(1.5),
            height * 0.8,
            Escaped(&title)
        );
    }

    /// Draws the times in which polls failed or the deployment was paused.
    fn gaps(&self, svg: &mut String, bottom: f64) {
        for gap in self.progress.gaps(self.now) {
            let (x, end) = (self.x(gap.from), self.x(gap.to));
            let (class, title) = gap_words(gap.kind, self.lang);
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"0\" width=\"{:.1}\" height=\"{bottom:.1}\"><title>{title} {}</title></rect>",
                (end - x).max(1.0),
                text::duration(gap.to.since(gap.from))
            );
        }
    }

    /// Draws the axis of time.
    fn axis(&self, svg: &mut String, bottom: f64) {
        let seconds = self.span().as_secs();
        let step = STEPS.into_iter().find(|step| seconds / step <= MAX_MARKS);
        let step = step.unwrap_or(seconds / MAX_MARKS);
        for second in (0..=seconds).step_by(usize::try_from(step).unwrap_or(usize::MAX).max(1)) {
            let at = Duration::from_secs(second);
            let x = self.x(self.begin.after(at));
            let _ = writeln!(svg, "<path class=\"mark\" d=\"M{x:.1} 0V{bottom:.1}\"/>");
            for y in [CONCURRENCY, bottom].map(|line| line + 14.0) {
                let at = text::duration(at);
                let _ = writeln!(
                    svg,
                    "<text class=\"faint\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{at}</text>"
                );
            }
        }
    }

    /// Draws how many units ran at once.
    fn concurrency(&self, svg: &mut String) {
        let spans = self
            .units
            .iter()
            .filter_map(|tracked| tracked.span(self.now));
        let mut steps = Vec::from_iter(spans.flat_map(|(from, to)| [(from, 1_i64), (to, -1)]));
        // A unit that begins when another one ends does not run beside it.
        steps.sort_unstable();
        let mut running = 0;
        let counts = steps.into_iter().map(|(at, step)| {
            running += step;
            (at, running)
        });
        let counts = Vec::from_iter(counts);
        let most = counts
            .iter()
            .map(|(_, running)| *running)
            .max()
            .unwrap_or(0);
        if most == 0 {
            return;
        }
        let mut path = format!("M{GUTTER} {CONCURRENCY}");
        for (at, running) in counts {
            let y = CONCURRENCY * (1.0 - running as f64 / most as f64);
            let _ = write!(path, "H{:.1}V{y:.1}", self.x(at));
        }
        let caption = self.lang.running_at_once(most);
        let _ = writeln!(
            svg,
            "<path class=\"concurrency\" d=\"{path}V{CONCURRENCY}Z\"/>\n<text x=\"8\" y=\"14\">{caption}</text>"
        );
    }

    /// The colours that are in the chart, in words.
    fn legend(&self) -> String {
        let units = self.units.iter();
        let drawn = units.filter(|tracked| tracked.span(self.now).is_some());
        let drawn = HashSet::<_>::from_iter(drawn.map(|tracked| tracked.unit.state.as_str()));
        let states = UnitState::ALL.map(|state| (state.as_str(), self.lang.state(state)));
        let states = states
            .into_iter()
            .filter(|(class, _)| drawn.contains(class));
        let gaps = self.progress.gaps(self.now);
        let kinds = [GapKind::Outage, GapKind::Pause].into_iter();
        let kinds = kinds.filter(|kind| gaps.iter().any(|gap| gap.kind == *kind));
        let kinds = kinds.map(|kind| gap_words(kind, self.lang));
        let mut legend = String::from("<p class=\"legend\">");
        for (class, word) in states.chain(kinds) {
            let _ = write!(legend, "<span class=\"{class}\">{word}</span> ");
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
        let mut timeline = Timeline {
            out: &mut out,
            lang: Lang::En,
        };
        let written = timeline.event(&Event {
            at: Timestamp::at(10.0),
            progress,
            kind: Kind::Finished(testing::end(&outcome, &parts)),
        });
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
