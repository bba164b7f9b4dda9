//! The file of the history: a JSON document that holds a thing in each line, so that a start only parses
//! the lines that it needs. What was learnt last comes first.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::clock::milliseconds;
use crate::message::{Context as _, Message, Result};
use crate::platform::{OutputMode, create_private_folder, open_output};
use crate::text;

/// The largest size of the file in bytes: the things of the last lines are forgotten.
const MAX_SIZE: usize = 1 << 20;
/// Watches and units of a thing that are remembered.
const MAX_WATCHES: usize = 20;
const MAX_UNITS: usize = 200;
/// The first and the last line.
const HEAD: &[u8] = b"{\"schema\":1,\"things\":[\n";
const TAIL: &[u8] = b"]}\n";
/// What each other line begins with; then comes the thing's name.
const LINE: &[u8] = b"{\"thing\":";
/// The file is read in pieces: the memory for all of it at once would cost a start more than the rest.
const BUFFER: usize = 16 << 10;
/// The time between two attempts to lock.
const RETRY: Duration = Duration::from_millis(5);

/// What is remembered of a thing: the durations of its last watches, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) thing: String,
    pub(super) durations_ms: Vec<u64>,
    /// Those of its units, by name.
    pub(super) units: BTreeMap<String, Vec<u64>>,
}

impl Record {
    /// Adds a watch.
    pub(super) fn add(&mut self, took: Duration, units: &[(Arc<str>, Duration)]) {
        push(&mut self.durations_ms, took);
        let mut before = std::mem::take(&mut self.units);
        for (name, took) in units.iter().take(MAX_UNITS) {
            let known = before.remove(&**name).unwrap_or_default();
            let durations = self.units.entry(name.to_string()).or_insert(known);
            push(durations, *took);
        }
        let room = MAX_UNITS - self.units.len();
        self.units.extend(before.into_iter().take(room));
    }
}

/// Adds a duration; the oldest are forgotten.
fn push(durations: &mut Vec<u64>, took: Duration) {
    durations.push(milliseconds(took));
    durations.drain(..durations.len().saturating_sub(MAX_WATCHES));
}

/// The name of a thing as it stands in the file.
pub(super) fn token(thing: &str) -> Vec<u8> {
    serde_json::Value::from(thing).to_string().into_bytes()
}

/// Why the file cannot be used.
pub(super) enum Unusable {
    /// It is not what this program writes.
    Broken(Message),
    Unreadable(Message),
}

impl Unusable {
    fn unreadable(path: &Path, error: &Message) -> Self {
        let name = text::name(&path.display().to_string()).into_owned();
        Self::Unreadable(Message::cannot_read(Path::new(&name)).with_detail(error))
    }
}

/// The file in its folder.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) folder: PathBuf,
}

impl Store {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join("durations.json")
    }

    /// The records whose names, as they stand in the file, are wanted; none where there is no file.
    pub(super) fn read(&self, is_wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<Record>, Unusable> {
        let path = self.path();
        let unreadable = |error: io::Error| Unusable::unreadable(&path, &Message::io(&error));
        // A pipe with a name would be waited for.
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
            Ok(metadata) if !metadata.is_file() => {
                let message = Message::new("it is no regular file", "不是普通文件");
                return Err(Unusable::unreadable(&path, &message));
            }
            Ok(metadata) if metadata.len() > MAX_SIZE as u64 => {
                return Err(Unusable::Broken(Message::new(
                    "it is too large",
                    "文件过大",
                )));
            }
            Ok(_) => {}
        }
        let file = File::open(&path).map_err(unreadable)?;
        let text = BufReader::with_capacity(BUFFER, file.take(MAX_SIZE as u64));
        let records = parse(text, is_wanted).map_err(unreadable)?;
        records.map_err(Unusable::Broken)
    }

    /// Changes the records while no other process does. A broken file is set aside, which the message
    /// says.
    ///
    /// # Errors
    /// The file cannot be read or written, or others write it for longer than `patience`.
    pub(super) fn update(
        &self,
        patience: Duration,
        change: impl FnOnce(&mut Vec<Record>),
    ) -> Result<Option<Message>> {
        let _lock = self.lock(patience)?;
        let (mut records, warning) = match self.read(|_| true) {
            Ok(records) => (records, None),
            Err(Unusable::Broken(error)) => (Vec::new(), Some(self.rename_broken(&error)?)),
            Err(Unusable::Unreadable(error)) => return Err(error),
        };
        change(&mut records);
        self.write(&records)
            .context(|| self.cannot_write())
            .map(|()| warning)
    }

    /// Sets a broken file aside, unless another process has done so; the message says where it is.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(super) fn set_aside(&self, patience: Duration) -> Result<Option<Message>> {
        let _lock = self.lock(patience)?;
        match self.read(|_| true) {
            Ok(_) => Ok(None),
            Err(Unusable::Broken(error)) => self.rename_broken(&error).map(Some),
            Err(Unusable::Unreadable(error)) => Err(error),
        }
    }

    fn rename_broken(&self, error: &Message) -> Result<Message> {
        let path = self.path();
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let aside = format!("{}.broken-{}", path.display(), now.as_millis());
        fs::rename(&path, &aside).context(|| self.cannot_write())?;
        let (name, aside) = (path.display().to_string(), text::message(&aside));
        let name = text::name(&name);
        let message = Message::new(
            format!("{name} is broken and was set aside as {aside}"),
            format!("{name} 已损坏，已改名为 {aside}"),
        );
        Ok(message.with_aside(error))
    }

    /// Forgets everything; returns how many things that were.
    ///
    /// # Errors
    /// The file cannot be read or removed.
    pub(super) fn clear(&self, patience: Duration) -> Result<usize> {
        // Nothing is made where there is nothing.
        if fs::symlink_metadata(self.path()).is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            return Ok(0);
        }
        let _lock = self.lock(patience)?;
        let known = match self.read(|_| true) {
            Ok(records) => records.len(),
            Err(Unusable::Broken(_)) => 0,
            Err(Unusable::Unreadable(error)) => return Err(error),
        };
        fs::remove_file(self.path()).context(|| self.cannot_write())?;
        Ok(known)
    }

    /// Waits until no other process changes the file. The lock ends where what is returned is dropped, and
    /// with the process.
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
                        thread::sleep(RETRY);
                    }
                    Err(TryLockError::WouldBlock) => return Err(ErrorKind::TimedOut.into()),
                    Err(TryLockError::Error(error)) => return Err(error),
                }
            }
        };
        lock().context(|| self.cannot_write())
    }

    fn cannot_write(&self) -> Message {
        let path = self.path().display().to_string();
        let path = text::name(&path);
        Message::new(format!("cannot write {path}"), format!("无法写入 {path}"))
    }

    /// Puts a new file in the place of the old one, at once. The lock must be held.
    fn write(&self, records: &[Record]) -> io::Result<()> {
        let mut text = HEAD.to_vec();
        for record in records {
            let line = serde_json::to_vec(record)?;
            if text.len() + line.len() + 2 + TAIL.len() > MAX_SIZE {
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
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        open_output(&new, OutputMode::CreatePrivate)?.write_all(&text)?;
        fs::rename(new, self.path())
    }
}

/// The records of a file whose names, as they stand there, are wanted; else what is wrong with the document, or
/// with one of these lines.
///
/// # Errors
/// It cannot be read.
fn parse(
    mut text: impl BufRead,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> io::Result<Result<Vec<Record>>> {
    let broken = || {
        let message = Message::new(
            "it is no history of deploywatch",
            "不是 deploywatch 的历史文件",
        );
        Ok(Err(message))
    };
    let end_of_name = memmem::Finder::new(b",\"");
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
        let Some(rest) = line.strip_prefix(LINE) else {
            return broken();
        };
        // Within a text every quotation mark is escaped, so that this is behind the name.
        let Some(name) = end_of_name.find(rest) else {
            return broken();
        };
        if is_wanted(&rest[..name]) {
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
            "{\"thing\":\"a\\\",\\\"\",\"durations_ms\":[1],\"units\":{}},\n\
             {\"thing\":\"b\",\"durations_ms\":[-1],\"units\":{}}\n",
        );
        let name = token("a\",\"");
        let records = parse(&text[..], |token| token == name).expect("read");
        let records = records.expect("a record");
        assert_eq!(records.len(), 1);
        assert_eq!(
            (&*records[0].thing, &records[0].durations_ms[..]),
            ("a\",\"", &[1][..])
        );
        let all = parse(&text[..], |_| true).expect("read");
        all.expect_err("a negative duration");
    }

    #[test]
    fn what_is_no_history_is_broken() {
        let deep = "[".repeat(10_000);
        for lines in [
            "{\"thing\":\"a\",\"durations_ms\":[NaN],\"units\":{}}\n",
            "{\"thing\":\"a\",\"durations_ms\":[1e400],\"units\":{}}\n",
            "{\"thing\":\"a\",\"durations_ms\":[1.5],\"units\":{}}\n",
            "{\"thing\":\"a\",\"durations_ms\":[1],\"units\":{\"u\":[-5]}}\n",
            "{\"thing\":7,\"durations_ms\":[1],\"units\":{}}\n",
            "{\"thing\":\"a\",\"durations_ms\":[1],\"units\":{}}",
            "{\"thing\":\"a\",\"dur",
            "words\n",
            "\n",
            &format!("{{\"thing\":\"a\",\"units\":{deep}\n"),
        ] {
            let parsed = parse(&document(lines)[..], |_| true).expect("read");
            parsed.expect_err(lines);
        }
        for text in ["", "{}", "null", "{\"schema\":2,\"things\":[\n]}\n"] {
            let parsed = parse(text.as_bytes(), |_| true).expect("read");
            parsed.expect_err(text);
        }
        let empty = parse(&document("")[..], |_| true).expect("read");
        assert_eq!(empty.expect("empty").len(), 0);
    }
}
