//! The file of the history: a JSON document with a record in each line, of which a start parses what it needs.
//! What was learnt last comes first.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::clock::milliseconds;
use crate::message::{Context as _, Message, Result, ensure};
use crate::platform::{OutputMode, create_private_folder, open_output};
use crate::text;

/// The largest size in bytes of a file that is read, and of one that is written: the records of the last lines
/// are forgotten. A start that finds 1 MiB would take 0.3 ms longer.
const MAX_SIZE: u64 = 1 << 20;
const MAX_WRITTEN: usize = 1 << 19;
/// Watches and units of a record that are remembered.
const MAX_WATCHES: usize = 20;
const MAX_UNITS: usize = 200;
/// The first and the last line.
const HEAD: &[u8] = b"{\"schema\":1,\"deployments\":[\n";
const TAIL: &[u8] = b"]}\n";
/// The beginning of each other line; the key follows.
const LINE: &[u8] = b"{\"deployment\":";
/// The file is read in pieces: the memory for all of it at once would cost a start more than the rest.
const BUFFER: usize = 16 << 10;

/// The record of a key: the durations of the last watches, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) deployment: String,
    pub(super) durations_ms: Vec<u64>,
    /// Those of its units, by name.
    pub(super) units: BTreeMap<String, Vec<u64>>,
}

impl Record {
    /// Adds a watch; the oldest are forgotten.
    pub(super) fn add(&mut self, took: Duration, units: &[(Arc<str>, Duration)]) {
        let push = |durations: &mut Vec<u64>, took| {
            durations.push(milliseconds(took));
            durations.drain(..durations.len().saturating_sub(MAX_WATCHES));
        };
        push(&mut self.durations_ms, took);
        let mut before = std::mem::take(&mut self.units);
        for (name, took) in units.iter().take(MAX_UNITS) {
            let known = before.remove(&**name).unwrap_or_default();
            push(self.units.entry(name.to_string()).or_insert(known), *took);
        }
        let room = MAX_UNITS - self.units.len();
        self.units.extend(before.into_iter().take(room));
    }
}

/// A key as it stands in the file.
pub(super) fn token(key: &str) -> Vec<u8> {
    serde_json::Value::from(key).to_string().into_bytes()
}

/// The file in its folder. Where the lock is waited for, it is for no longer than `patience`.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) folder: PathBuf,
}

impl Store {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join("durations.json")
    }

    /// The records whose keys, as they stand in the file, are wanted, or what is wrong with it or with one of
    /// these; the outer error is that it cannot be read.
    fn read(&self, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Result<Vec<Record>>> {
        let path = self.path();
        let read = || -> Result<Result<_>> {
            match fs::metadata(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Ok(Vec::new())),
                // A pipe with a name would be waited for.
                metadata => ensure(metadata?.is_file(), || {
                    Message::new("it is no regular file", "不是普通文件")
                })?,
            }
            let file = File::open(&path)?.take(MAX_SIZE);
            parse(BufReader::with_capacity(BUFFER, file), is_wanted)
        };
        read().context(|| Message::cannot_read(text::path(&path).as_ref()))
    }

    /// The same; a broken file is set aside, unless another process has done so, which the message says.
    pub(super) fn recall(
        &self,
        patience: Duration,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<(Vec<Record>, Option<Message>)> {
        if let Ok(records) = self.read(is_wanted)? {
            return Ok((records, None));
        }
        let _lock = self.lock(patience)?;
        Ok((Vec::new(), self.read_or_set_aside()?.1))
    }

    /// All records. The lock must be held.
    fn read_or_set_aside(&self) -> Result<(Vec<Record>, Option<Message>)> {
        Ok(match self.read(|_| true)? {
            Ok(records) => (records, None),
            Err(error) => (Vec::new(), Some(self.set_aside(&error)?)),
        })
    }

    /// Changes the records while no other process does. A broken file is set aside, which the message says.
    pub(super) fn update(
        &self,
        patience: Duration,
        change: impl FnOnce(&mut Vec<Record>),
    ) -> Result<Option<Message>> {
        let _lock = self.lock(patience)?;
        let (mut records, warning) = self.read_or_set_aside()?;
        change(&mut records);
        self.write(&records)
            .map_err(|error| self.cannot_write(&error))?;
        Ok(warning)
    }

    /// Renames a broken file; the message says how.
    fn set_aside(&self, error: &Message) -> Result<Message> {
        let path = self.path();
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let aside = format!("{}.broken-{}", path.display(), now.as_millis());
        fs::rename(&path, &aside).map_err(|error| self.cannot_write(&error))?;
        let (name, aside) = (text::path(&path), text::message(&aside));
        let message = Message::new(
            format!("{name} is broken and was set aside as {aside}"),
            format!("{name} 已损坏，已改名为 {aside}"),
        );
        Ok(message.with_aside(error))
    }

    /// Forgets everything; returns how many records that were.
    pub(super) fn clear(&self, patience: Duration) -> Result<usize> {
        // Nothing is made where there is nothing.
        if fs::symlink_metadata(self.path()).is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            return Ok(0);
        }
        let _lock = self.lock(patience)?;
        let known = self.read(|_| true)?.map_or(0, |records| records.len());
        fs::remove_file(self.path()).map_err(|error| self.cannot_write(&error))?;
        Ok(known)
    }

    /// Waits until no other process changes the file. The lock ends where what is returned is dropped.
    fn lock(&self, patience: Duration) -> Result<File> {
        let path = self.folder.join("durations.lock");
        let lock = || {
            create_private_folder(&self.folder)?;
            if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
                return Err(io::Error::other("durations.lock is no regular file"));
            }
            let file = open_output(&path, OutputMode::CreatePrivate)?;
            let deadline = Instant::now() + patience;
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(file),
                    Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                        thread::sleep(Duration::from_millis(5));
                    }
                    Err(TryLockError::WouldBlock) => return Err(ErrorKind::ResourceBusy.into()),
                    Err(TryLockError::Error(error)) => return Err(error),
                }
            }
        };
        lock().map_err(|error| self.cannot_write(&error))
    }

    fn cannot_write(&self, error: &io::Error) -> Message {
        Message::cannot_write(&text::path(&self.path()), error)
    }

    /// Puts a new file in the place of the old one, at once. The lock must be held.
    fn write(&self, records: &[Record]) -> io::Result<()> {
        let mut text = HEAD.to_vec();
        for record in records {
            let line = serde_json::to_vec(record)?;
            if text.len() + line.len() + 2 + TAIL.len() > MAX_WRITTEN {
                break;
            }
            if text.len() > HEAD.len() {
                text.insert(text.len() - 1, b',');
            }
            text.extend(line);
            text.push(b'\n');
        }
        text.extend(TAIL);
        let new = self.folder.join("durations.json.new");
        // One that a process left which was killed, or whatever else has this name.
        let _ = fs::remove_file(&new);
        open_output(&new, OutputMode::CreatePrivate)?.write_all(&text)?;
        fs::rename(new, self.path())
    }
}

/// The records of a file whose keys, as they stand there, are wanted; else what is wrong with it.
fn parse(mut text: impl BufRead, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Result<Vec<Record>>> {
    let broken = || {
        let words = "it is no history of deploywatch";
        Ok(Err(Message::new(words, "不是 deploywatch 的历史文件")))
    };
    let end_of_key = memmem::Finder::new(b",\"");
    let mut records = Vec::new();
    let mut line = Vec::new();
    text.read_until(b'\n', &mut line)?;
    if line != HEAD {
        return broken();
    }
    loop {
        line.clear();
        text.read_until(b'\n', &mut line)?;
        if line == TAIL && text.fill_buf()?.is_empty() {
            return Ok(Ok(records));
        }
        // Within a text every quotation mark is escaped, so that this is behind the key.
        let key = |rest| Some(&rest[..end_of_key.find(rest)?]);
        let Some(key) = line.strip_prefix(LINE).and_then(key) else {
            return broken();
        };
        if is_wanted(key) {
            let line = line.trim_ascii_end();
            match serde_json::from_slice(line.strip_suffix(b",").unwrap_or(line)) {
                Ok(record) => records.push(record),
                Err(error) => return Ok(Err(Message::library(error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(lines: &str) -> Vec<u8> {
        [HEAD, lines.as_bytes(), TAIL].concat()
    }

    #[test]
    fn only_the_wanted_lines_are_parsed() {
        let text = document(
            "{\"deployment\":\"a\\\",\\\"\",\"durations_ms\":[1],\"units\":{}},\n\
             {\"deployment\":\"b\",\"durations_ms\":[-1],\"units\":{}}\n",
        );
        let name = token("a\",\"");
        let records = parse(&text[..], |token| token == name).expect("read");
        let records = records.expect("a record");
        assert_eq!(records.len(), 1);
        assert_eq!(
            (&*records[0].deployment, &records[0].durations_ms[..]),
            ("a\",\"", &[1][..])
        );
        let all = parse(&text[..], |_| true).expect("read");
        all.expect_err("a negative duration");
    }

    #[test]
    fn what_is_no_history_is_broken() {
        let deep = "[".repeat(10_000);
        for lines in [
            "{\"deployment\":\"a\",\"durations_ms\":[NaN],\"units\":{}}\n",
            "{\"deployment\":\"a\",\"durations_ms\":[1e400],\"units\":{}}\n",
            "{\"deployment\":\"a\",\"durations_ms\":[1.5],\"units\":{}}\n",
            "{\"deployment\":\"a\",\"durations_ms\":[1],\"units\":{\"u\":[-5]}}\n",
            "{\"deployment\":7,\"durations_ms\":[1],\"units\":{}}\n",
            "{\"deployment\":\"a\",\"durations_ms\":[1],\"units\":{}}",
            "{\"deployment\":\"a\",\"dur",
            "words\n",
            "\n",
            &format!("{{\"deployment\":\"a\",\"units\":{deep}\n"),
        ] {
            let parsed = parse(&document(lines)[..], |_| true).expect("read");
            parsed.expect_err(lines);
        }
        for text in ["", "{}", "null", "{\"schema\":2,\"deployments\":[\n]}\n"] {
            let parsed = parse(text.as_bytes(), |_| true).expect("read");
            parsed.expect_err(text);
        }
        let empty = parse(&document("")[..], |_| true).expect("read");
        assert_eq!(empty.expect("empty").len(), 0);
    }
}
