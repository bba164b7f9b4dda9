//! What the runs come to: medians beside their bounds, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io, thread};

use serde::Serialize;
use serde_json::{Value, json};

/// What was measured in a run, one value for each column.
pub(crate) type Run = Vec<Option<f64>>;

/// The results of a case.
pub(crate) struct Table {
    pub(crate) name: String,
    /// Names, with the decimals to show.
    pub(crate) columns: &'static [(&'static str, usize)],
    pub(crate) rows: Vec<Row>,
    /// The row that the others are divided by.
    pub(crate) reference: Option<&'static str>,
}

/// What is known of one program or size.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) runs: Vec<Run>,
    /// What is to hold for the medians, by column.
    pub(crate) bounds: Vec<(usize, Limit)>,
    /// Why it was not measured.
    pub(crate) skipped: Option<String>,
    /// After an error it is left alone.
    pub(crate) error: Option<String>,
}

/// A bound on a median.
#[derive(Clone)]
pub(crate) enum Limit {
    AtMost(f64),
    /// At most this share of what that row has.
    ShareOf(f64, &'static str),
}

/// One figure of one row. Nearest ranks, so that each number is one that was measured.
#[derive(Serialize)]
struct Figure {
    p10: f64,
    median: f64,
    p90: f64,
    /// How many times the reference's.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bounds: Vec<Bound>,
}

/// A bound whose rival could be measured.
#[derive(Serialize)]
struct Bound {
    limit: f64,
    share_of: Option<(f64, &'static str)>,
    ok: bool,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, bounds: Vec<(usize, Limit)>) -> Self {
        Self {
            name: name.into(),
            runs: Vec::new(),
            bounds,
            skipped: None,
            error: None,
        }
    }

    /// The values of a column in ascending order.
    fn sorted(&self, column: usize) -> Vec<f64> {
        let mut values: Vec<_> = self.runs.iter().filter_map(|run| run[column]).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The value below which so many percent are.
    fn rank(&self, column: usize, percent: usize) -> Option<f64> {
        let values = self.sorted(column);
        let last = values.len().checked_sub(1)?;
        Some(values[(last * percent + 50) / 100])
    }
}

impl Table {
    fn median(&self, row: &str, column: usize) -> Option<f64> {
        let row = self.rows.iter().find(|other| other.name == row)?;
        row.rank(column, 50)
    }

    fn figure(&self, row: &Row, column: usize) -> Option<Figure> {
        let median = row.rank(column, 50)?;
        let reference = self.reference.filter(|name| *name != row.name);
        let reference = reference.and_then(|name| self.median(name, column));
        let bounds = row.bounds.iter().filter(|bound| bound.0 == column);
        let bounds = bounds.filter_map(|(_, limit)| {
            let (limit, share_of) = match *limit {
                Limit::AtMost(limit) => (limit, None),
                Limit::ShareOf(share, name) => {
                    (share * self.median(name, column)?, Some((share, name)))
                }
            };
            Some(Bound {
                limit,
                share_of,
                ok: median <= limit,
            })
        });
        Some(Figure {
            p10: row.rank(column, 10)?,
            median,
            p90: row.rank(column, 90)?,
            ratio: reference
                .map(|reference| median / reference)
                .filter(|it| it.is_finite()),
            bounds: bounds.collect(),
        })
    }

    fn cell(&self, row: &Row, column: usize) -> String {
        let Some(figure) = self.figure(row, column) else {
            return "-".to_owned();
        };
        let digits = self.columns[column].1;
        let text = |value| format!("{value:.digits$}");
        let [low, mut cell, high] = [figure.p10, figure.median, figure.p90].map(text);
        if low != high {
            cell += &format!(" [{low} … {high}]");
        }
        if let Some(ratio) = figure.ratio {
            cell += &format!(" {ratio:.1}×");
        }
        let over = figure.bounds.iter().filter(|bound| !bound.ok);
        if let Some(limit) = over.map(|bound| bound.limit).min_by(f64::total_cmp) {
            cell += &format!(" OVER {}", text(limit));
        } else if !figure.bounds.is_empty() {
            cell += " ok";
        }
        cell
    }

    /// The table for people: a line for each row.
    pub(crate) fn text(&self) -> String {
        let rows = self.rows.iter().filter(|row| row.skipped.is_none());
        let rows: Vec<_> = rows.collect();
        let mut columns = vec![vec![String::new()]];
        columns[0].extend(rows.iter().map(|row| row.name.clone()));
        for (column, (name, _)) in self.columns.iter().enumerate() {
            let cells = rows.iter().map(|row| self.cell(row, column));
            columns.push([(*name).to_owned()].into_iter().chain(cells).collect());
        }
        let mut lines = vec![String::new(); rows.len() + 1];
        for column in columns {
            let widths = column.iter().map(|cell| cell.chars().count());
            let width = widths.max().unwrap_or(0);
            for (line, cell) in lines.iter_mut().zip(column) {
                *line += &format!("  {cell:width$}");
            }
        }
        let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n")
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let figures: BTreeMap<_, _> = self
                .columns
                .iter()
                .enumerate()
                .filter_map(|(column, (name, _))| Some((name, self.figure(row, column)?)))
                .collect();
            json!({
                "name": row.name,
                "runs": row.runs.len(),
                "skipped": row.skipped,
                "error": row.error,
                "figures": figures,
            })
        });
        json!({"name": self.name, "reference": self.reference, "rows": rows.collect::<Vec<_>>()})
    }
}

pub(crate) fn write(path: &Path, cases: &[Value]) -> io::Result<()> {
    let report = json!({
        "schema": 2,
        "version": env!("CARGO_PKG_VERSION"),
        "os": env::consts::OS,
        "arch": env::consts::ARCH,
        "processors": thread::available_parallelism().map_or(0, usize::from),
        "cases": cases,
    });
    fs::write(path, format!("{report:#}\n"))
}
