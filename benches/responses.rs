//! The server's responses, and how long serde_json takes to parse them.

use std::collections::HashMap;
use std::hint::black_box;

use anyhow::Result;
use rustix::time::ClockId;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::server::clock;

/// The responses by URL, from `responses.json`, where a word that begins with `$` stands for what changes, or for another text.
pub(crate) struct Responses {
    texts: HashMap<&'static str, &'static RawValue>,
    machines: usize,
    /// All machines of the order of Yunxiao as they are in the end, with a comma after each.
    done: String,
    /// The same as they are in the beginning. All texts of a machine are of one length.
    queued: String,
}

impl Responses {
    pub(crate) fn new(machines: usize) -> Result<Self> {
        let texts: HashMap<_, &RawValue> = serde_json::from_str(include_str!("responses.json"))?;
        let machine = |index: usize, state: &str| {
            let [b, c, d] = [index >> 16, (index >> 8) & 255, index & 255];
            let ip = format!(r#""10.{b}.{c}.{d}""#);
            let text = texts["machine"].get().replace(r#""$state""#, state);
            let text = text.replace(r#""$ip""#, &format!("{ip:14}"));
            text.replace("$index", &format!("{index:016x}")) + ","
        };
        let list = |state| (0..machines).map(|index| machine(index, state)).collect();
        Ok(Self {
            done: list(r#""Success","updateTime":1767225601000"#),
            queued: list(r#""Queued" ,"updateTime":1767225600000"#),
            texts,
            machines,
        })
    }

    /// The response when so many machines are done; none where there is no such page.
    pub(crate) fn get(&self, url: &str, done: usize) -> Option<String> {
        let state = |ended, running| match (ended, running) {
            (true, _) => r#""status": "completed", "conclusion": "success""#,
            (_, true) => r#""status": "in_progress", "conclusion": null"#,
            _ => r#""status": "queued", "conclusion": null"#,
        };
        let job = |unit| {
            let job = self.texts["job"].get().replace("$unit", &format!("{unit}"));
            job.replace(r#""$state": null"#, state(unit < done, unit == done))
        };
        let jobs: Vec<_> = (0..10).map(job).collect();
        let ended = done == self.machines;
        let status = if ended { "Success" } else { "Running" };
        let text = self.texts.get(url.split('?').next()?)?.get();
        let text = text.replace(r#""$deployment""#, self.texts["deployment"].get());
        let text = text.replace(r#""$jobs""#, &jobs.join(","));
        let text = text.replace(r#""$done""#, &done.to_string());
        let text = text.replace("$status", status);
        let text = text.replace(r#""$state": null"#, state(ended, true));
        let Some((head, tail)) = text.split_once(r#""$machines""#) else {
            return Some(text);
        };
        let at = self.done.len() / self.machines * done;
        let mut text = [head, &self.done[..at], &self.queued[at..]].concat();
        text.pop();
        Some(text + tail)
    }

    /// The processor time that serde_json takes to parse all machines, in milliseconds.
    pub(crate) fn parse(&self) -> Result<f64> {
        let text = format!("[{}]", self.done.trim_end_matches(','));
        let turns = 200_000 / self.machines;
        let begun = clock(ClockId::ProcessCPUTime);
        for _ in 0..turns {
            black_box(serde_json::from_str::<Vec<Machine<'_>>>(black_box(&text))?);
        }
        Ok((clock(ClockId::ProcessCPUTime) - begun) / turns as f64)
    }
}

/// The fields of a machine that a watch needs, borrowed from the text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only parsing it is measured")]
struct Machine<'a> {
    machine_sn: &'a str,
    ip: &'a str,
    status: &'a str,
    client_status: &'a str,
    batch_num: u32,
}
