//! Input files. What may be a pipe is read by a thread: one that nobody writes must hold up nothing.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::message::{Context as _, Message, Result, ensure};
use crate::platform;
use crate::text;

/// The most time that a pipe may take to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest file of settings (a list, certificates) in bytes.
pub(crate) const SETTINGS_SIZE: u64 = 16 << 20;

/// The path that stands for stdin.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file, or stdin where the path is `-`: `size` bytes at most, and from a pipe no longer than `timeout` or
/// 10 s.
pub(crate) fn read(path: &Path, size: u64, timeout: Option<Duration>) -> Result<Vec<u8>> {
    let path = path.to_owned();
    let is_regular = !is_stdin(&path) && path.is_file();
    let read = move || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let most = size.saturating_add(1);
        if is_stdin(&path) {
            io::stdin().take(most).read_to_end(&mut bytes)?;
        } else {
            File::open(path)?.take(most).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    };
    let bytes = if is_regular {
        read()?
    } else {
        with_patience(timeout, read)??
    };
    ensure(bytes.len() as u64 <= size, || {
        Message::new(
            format!("it is larger than {size} bytes"),
            format!("超过 {size} 字节"),
        )
    })?;
    Ok(bytes)
}

/// The result of `work`, which may read files whose end does not come: no longer than `timeout` or 10 s.
pub(crate) fn with_patience<T: Send + 'static>(
    timeout: Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    within(timeout.unwrap_or(PATIENCE).min(PATIENCE), work)
}

/// Asks for a line at the terminal that stdin is, without showing it, for as long as `timeout`.
pub(crate) fn prompt(question: &str, size: u64, timeout: Option<Duration>) -> Result<Vec<u8>> {
    let typed = {
        let _hidden = platform::hide_terminal()
            .context(|| Message::new("cannot use the terminal", "无法使用终端"))?;
        let mut stderr = io::stderr();
        let _ = write!(stderr, "{question}: ").and_then(|()| stderr.flush());
        let patience = timeout.unwrap_or(Duration::MAX);
        within(patience, move || platform::typed_line(size))
    };
    match typed?? {
        Some(line) => Ok(line),
        None => {
            platform::interrupt();
            Err(Message::new("interrupted", "已中断"))
        }
    }
}

/// The result of `work`, which a thread does; it is not waited for longer than `patience`.
pub(crate) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("input".into())
        .spawn(move || {
            // Nobody waits any longer where it cannot be sent.
            let _ = sender.send(work());
        })
        .context(Message::cannot_start_thread)?;
    receiver
        .recv_timeout(patience)
        .map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                let patience = text::duration(patience);
                Message::new(
                    format!("not finished within {patience}"),
                    format!("{patience} 内没有完成"),
                )
            }
            RecvTimeoutError::Disconnected => Message::internal_error(),
        })
}
