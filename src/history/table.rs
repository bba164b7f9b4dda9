//! `deploywatch history`: what is remembered, for people and for programs.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use console::Alignment::{Left, Right};
use console::{measure_text_width, pad_str};
use serde_json::json;

use super::store::{Record, Store};
use super::{PATIENCE, median};
use crate::clock::milliseconds;
use crate::message::{Lang, Message, Result};
use crate::text;

/// A table of what is remembered, what was learnt last first, or with `as_json` a line for each record; and
/// the warning that a broken file was set aside.
pub(crate) fn show(
    folder: PathBuf,
    as_json: bool,
    lang: Lang,
) -> Result<(String, Option<Message>)> {
    let store = Store { folder };
    let (records, warning) = store.recall(PATIENCE, |_| true)?;
    let shown = if as_json {
        records.iter().map(json_line).collect()
    } else if records.is_empty() {
        lang.nothing_remembered(text::path(&store.path())) + "\n"
    } else {
        table(&records, lang)
    };
    Ok((shown, warning))
}

/// Forgets everything, and says so.
pub(crate) fn clear(folder: PathBuf, lang: Lang) -> Result<String> {
    let forgotten = Store { folder }.clear(PATIENCE)?;
    Ok(lang.forgotten(forgotten) + "\n")
}

fn json_line(record: &Record) -> String {
    let usual = median(&record.durations_ms).map(milliseconds);
    let units = record.units.iter();
    let units = units.map(|(name, durations)| (name, median(durations).map(milliseconds)));
    let line = json!({
        "deployment": record.deployment,
        "durations_ms": record.durations_ms,
        "usual_ms": usual,
        "units": units.collect::<std::collections::BTreeMap<_, _>>(),
    });
    format!("{line}\n")
}

fn table(records: &[Record], lang: Lang) -> String {
    let figure = |span: Option<Duration>| span.map_or(String::new(), text::duration);
    let mut rows = vec![lang.history_columns().map(str::to_owned)];
    rows.extend(records.iter().map(|record| {
        let last = record.durations_ms.last().copied();
        [
            text::name(&record.deployment).into_owned(),
            record.durations_ms.len().to_string(),
            figure(median(&record.durations_ms)),
            figure(last.map(Duration::from_millis)),
        ]
    }));
    let widths: [usize; 4] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| measure_text_width(&row[column]));
        cells.max().unwrap_or_default()
    });
    let mut table = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).zip([Left, Right, Right, Right]);
        let cells = cells.map(|((cell, width), alignment)| pad_str(cell, width, alignment, None));
        let _ = writeln!(table, "{}", cells.collect::<Vec<_>>().join("  "));
    }
    table
}
