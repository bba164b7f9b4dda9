//! What the runs come to: medians beside their bounds, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs, io, thread};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{Case, Limit, METRICS, Measured};

/// One figure of one peer. Nearest ranks, so that each number is one that was measured.
#[derive(Serialize)]
struct Figure {
    p10: f64,
    median: f64,
    p90: f64,
    /// The bound on the median, and whether it holds; none where the rival could not be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
}

fn figure(case: &Case, all: &[Measured<'_>], one: &Measured<'_>, metric: usize) -> Option<Figure> {
    let mut values: Vec<_> = one.runs.iter().filter_map(|run| run[metric]).collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let [p10, median, p90] = [10, 50, 90].map(|percent| values[(last * percent + 50) / 100]);
    let rival = |name| {
        let rival = all.iter().find(|other| other.peer.name == name)?;
        Some(figure(case, all, rival, metric)?.median)
    };
    let mut bounds = case.bounds.iter().filter(|_| one.peer.ours());
    let judged = bounds
        .find(|bound| bound.0 == metric)
        .and_then(|bound| match bound.1 {
            Limit::AtMostThatOf(name) => rival(name).map(|limit| (limit, median <= limit)),
            Limit::BelowThatOf(name) => rival(name).map(|limit| (limit, median < limit)),
            Limit::Below(limit) => Some((limit, median < limit)),
        });
    let (limit, ok) = judged.unzip();
    Some(Figure {
        p10,
        median,
        p90,
        limit,
        ok,
    })
}

/// A row for each peer of a case.
pub(crate) fn table(case: &Case, all: &[Measured<'_>]) -> String {
    let mut columns = vec![vec![String::new()]];
    columns[0].extend(all.iter().map(|one| one.peer.name.to_owned()));
    for (metric, (name, digits)) in METRICS.into_iter().enumerate() {
        let cells = all.iter().map(|one| {
            let Some(figure) = figure(case, all, one, metric) else {
                return "-".to_owned();
            };
            let text = |value| format!("{value:.digits$}");
            let [low, mut cell, high] = [figure.p10, figure.median, figure.p90].map(text);
            if low != high {
                cell += &format!(" [{low} … {high}]");
            }
            cell + figure.ok.map_or("", |ok| if ok { " ok" } else { " OVER" })
        });
        columns.push([name.to_owned()].into_iter().chain(cells).collect());
    }
    let mut rows = vec![String::new(); all.len() + 1];
    for column in columns {
        let widths = column.iter().map(|cell| cell.chars().count());
        let width = widths.max().unwrap_or(0);
        for (row, cell) in rows.iter_mut().zip(column) {
            *row += &format!("  {cell:width$}");
        }
    }
    let rows: Vec<_> = rows.iter().map(|row| row.trim_end()).collect();
    rows.join("\n")
}

/// The same for programs.
pub(crate) fn json(case: &Case, all: &[Measured<'_>]) -> Value {
    let peers = all.iter().map(|one| {
        let figures: BTreeMap<_, _> = METRICS
            .into_iter()
            .enumerate()
            .filter_map(|(metric, (name, _))| Some((name, figure(case, all, one, metric)?)))
            .collect();
        json!({
            "name": one.peer.name,
            "ours": one.peer.ours(),
            "runs": one.runs.len(),
            "error": one.error,
            "figures": figures,
        })
    });
    json!({"name": case.name, "peers": peers.collect::<Vec<_>>()})
}

pub(crate) fn write(path: &Path, cases: &[Value]) -> io::Result<()> {
    let report = json!({
        "schema": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "os": env::consts::OS,
        "arch": env::consts::ARCH,
        "processors": thread::available_parallelism().map_or(0, usize::from),
        "cases": cases,
    });
    fs::write(path, format!("{report:#}\n"))
}
