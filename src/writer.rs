//! Output that cannot block the event loop: a thread for each destination writes from a bounded queue.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::message::{Context as _, Message, Result};

use memchr::{memchr_iter, memrchr};

/// Maximum size of a destination's queue in bytes. Further lines are dropped and counted.
const QUEUE_LIMIT: usize = 64 << 20;
/// Maximum size of a write to a pipe in bytes (`PIPE_BUF`): a slow reader's progress is noticed.
const PIPE_PIECE: usize = 4 << 10;
/// `finish` gives a destination up that has taken nothing for this long.
const STALLED: Duration = Duration::from_secs(5);
/// Time between two attempts where the destination is in non-blocking mode.
const RETRY: Duration = Duration::from_millis(10);

/// Handle to a stream that another thread writes to. `write` and `flush` never block: what was written is queued by
/// `flush`. A failed write is returned once, as the error of the next call on any clone; nothing more is written
/// after it. The thread ends when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct NonBlockingWriter {
    /// For messages.
    pub(crate) name: Arc<str>,
    /// Bytes for the stream with this index.
    queue: Sender<(usize, Vec<u8>)>,
    destination: Arc<Destination>,
    /// Which of the thread's sinks. Errors are those of the first one.
    stream: usize,
    /// Not queued yet.
    buffer: Vec<u8>,
}

/// A stream on the thread's side, and the maximum size of a write in bytes.
type Sink = (Box<dyn Write + Send>, usize);

/// The state that the handles share with the thread.
struct Destination {
    state: Mutex<QueueState>,
    /// Notified when the queue becomes empty.
    drained: Condvar,
}

struct QueueState {
    /// Bytes queued or being written.
    bytes: usize,
    /// When the reader last took bytes, or the empty queue got its first ones.
    moved: Instant,
    /// Whether chunks are queued beyond the limit.
    reserved: bool,
    /// Failed or given up.
    closed: bool,
    /// The write error, until it is returned.
    error: Option<io::Error>,
    /// Lines queued or being written.
    queued: usize,
    /// Lines dropped or given up, until `finish` returns their number.
    lost: usize,
}

/// stdout and stderr. If they are `one` destination (a terminal, `2>&1`), one thread writes both in order.
pub(crate) fn standard_streams(one: bool) -> Result<[NonBlockingWriter; 2]> {
    let stdout: Sink = (Box::new(io::stdout()), PIPE_PIECE);
    // A picture must be one write, so that no terminal shows half of it.
    let stderr: Sink = (Box::new(io::stderr()), usize::MAX);
    if one {
        let stdout = NonBlockingWriter::start("stdout", vec![stdout, stderr])?;
        let stderr = NonBlockingWriter {
            name: "stderr".into(),
            stream: 1,
            ..stdout.clone()
        };
        return Ok([stdout, stderr]);
    }
    Ok([
        NonBlockingWriter::start("stdout", vec![stdout])?,
        NonBlockingWriter::start("stderr", vec![stderr])?,
    ])
}

impl NonBlockingWriter {
    /// Starts a thread that writes to `file`; `name` is for messages.
    pub(crate) fn file(name: &str, file: File) -> Result<Self> {
        let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let piece = if is_regular { usize::MAX } else { PIPE_PIECE };
        Self::start(name, vec![(Box::new(file), piece)])
    }

    fn start(name: &str, sinks: Vec<Sink>) -> Result<Self> {
        let destination = Arc::new(Destination {
            state: Mutex::new(QueueState {
                bytes: 0,
                moved: Instant::now(),
                reserved: false,
                closed: false,
                error: None,
                queued: 0,
                lost: 0,
            }),
            drained: Condvar::new(),
        });
        let (queue, queued) = channel();
        let shared = Arc::clone(&destination);
        thread::Builder::new()
            .name("writer".into())
            .spawn(move || write_queue(&queued, &shared, sinks))
            .context(Message::cannot_start_thread)?;
        Ok(Self {
            name: name.into(),
            queue,
            destination,
            stream: 0,
            buffer: Vec::new(),
        })
    }

    /// Sets whether chunks are queued even when the queue is full.
    pub(crate) fn reserve(&self, reserved: bool) {
        self.destination.lock().reserved = reserved;
    }

    /// Whether everything that was queued is written.
    pub(crate) fn is_idle(&self) -> bool {
        self.destination.lock().bytes == 0
    }

    /// Waits until everything is written, at most for `limit` since the reader last took bytes.
    pub(crate) fn settle(&self, limit: Duration) -> io::Result<()> {
        let until = self.destination.lock().moved + limit;
        let mut state = self.destination.wait(|_| until);
        self.check(&mut state)
    }

    /// Waits until everything is written; gives the destination up at `deadline`, and when the reader
    /// has taken nothing for [`STALLED`] since `begun`. Returns the number of lines that were lost.
    pub(crate) fn finish(&self, begun: Instant, deadline: Option<Instant>) -> io::Result<usize> {
        let mut state = self.destination.wait(|state| {
            let stalled = state.moved.max(begun) + STALLED;
            deadline.map_or(stalled, |deadline| deadline.min(stalled))
        });
        if state.bytes > 0 && !mem::replace(&mut state.closed, true) {
            state.lost += state.queued;
        }
        self.check(&mut state)?;
        Ok(mem::take(&mut state.lost))
    }

    /// Returns the write error once. It is that of the first stream, and left to its handles.
    fn check(&self, state: &mut QueueState) -> io::Result<()> {
        let error = state.error.take_if(|_| self.stream == 0);
        error.map_or(Ok(()), Err)
    }

    /// Writes a line. A failure is ignored: this is for stderr, on which the verdict does not depend.
    pub(crate) fn line(&mut self, text: &str) {
        let _ = writeln!(self, "{text}").and_then(|()| self.flush());
    }

    /// Queues bytes, and drops the lines of them that a full queue has no room for. To a file and to stderr they are
    /// one write.
    pub(crate) fn queue(&self, mut bytes: Vec<u8>) -> io::Result<()> {
        let mut state = self.destination.lock();
        self.check(&mut state)?;
        if state.closed {
            return Ok(());
        }
        let room = QUEUE_LIMIT.saturating_sub(state.bytes);
        if bytes.len() > room && state.bytes > 0 && !state.reserved {
            let fitting = memrchr(b'\n', &bytes[..room]).map_or(0, |end| end + 1);
            state.lost += lines(&bytes[fitting..]);
            bytes.truncate(fitting);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        state.queued += lines(&bytes);
        if state.bytes == 0 {
            state.moved = Instant::now();
        }
        state.bytes += bytes.len();
        let sent = self.queue.send((self.stream, bytes));
        sent.map_err(|_| io::Error::other("the writer thread has ended"))
    }
}

impl Write for NonBlockingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let lines = mem::take(&mut self.buffer);
        self.queue(lines)
    }
}

impl Destination {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the queue is empty or nothing more is written, or until the time that `until` returns.
    fn wait(&self, until: impl Fn(&QueueState) -> Instant) -> MutexGuard<'_, QueueState> {
        let mut state = self.lock();
        loop {
            let left = until(&state).saturating_duration_since(Instant::now());
            if state.bytes == 0 || state.closed || left.is_zero() {
                return state;
            }
            let waited = self.drained.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The thread: writes what is queued, until all handles are dropped.
fn write_queue(
    queued: &Receiver<(usize, Vec<u8>)>,
    destination: &Destination,
    mut sinks: Vec<Sink>,
) {
    while let Ok((stream, bytes)) = queued.recv() {
        let (to, piece) = &mut sinks[stream];
        let mut rest = &bytes[..];
        while !rest.is_empty() && !destination.lock().closed {
            let written = write(to, piece_of(rest, *piece));
            let mut state = destination.lock();
            match written {
                Ok(count) => {
                    state.moved = Instant::now();
                    state.bytes -= count;
                    state.queued -= lines(&rest[..count]);
                    rest = &rest[count..];
                }
                // The verdict does not depend on stderr, and stdout fails by itself.
                Err(_) if stream > 0 => break,
                Err(error) => {
                    state.closed = true;
                    state.error = Some(error);
                }
            }
        }
        let mut state = destination.lock();
        // What was not written is discarded.
        state.bytes -= rest.len();
        state.queued -= lines(rest);
        if state.bytes == 0 {
            destination.drained.notify_all();
        }
    }
}

/// The first `most` bytes at most; complete lines if there are any.
fn piece_of(bytes: &[u8], most: usize) -> &[u8] {
    let Some(piece) = bytes.get(..most) else {
        return bytes;
    };
    memrchr(b'\n', piece).map_or(piece, |end| &piece[..=end])
}

/// Writes some of the bytes and returns how many. Blocks.
fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let count = retry(|| to.write(bytes))?;
    if count == 0 {
        return Err(ErrorKind::WriteZero.into());
    }
    retry(|| to.flush())?;
    Ok(count)
}

fn retry<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            result => return result,
        }
    }
}

fn lines(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read};
    use std::thread::JoinHandle;

    use super::*;

    /// More than a pipe holds.
    const MUCH: usize = 1 << 20;

    fn pipe() -> (PipeReader, NonBlockingWriter) {
        let (reader, writer) = io::pipe().expect("a pipe");
        let writer = NonBlockingWriter::start("a pipe", vec![(Box::new(writer), PIPE_PIECE)]);
        (reader, writer.expect("a thread"))
    }

    fn read(mut from: PipeReader) -> JoinHandle<Vec<u8>> {
        thread::spawn(move || {
            let mut all = Vec::new();
            from.read_to_end(&mut all).expect("a pipe");
            all
        })
    }

    fn finish(writer: &NonBlockingWriter, limit: Option<Duration>) -> io::Result<usize> {
        let begun = Instant::now();
        writer.finish(begun, limit.map(|limit| begun + limit))
    }

    #[test]
    fn what_nobody_reads_yet_waits_and_comes_at_last() {
        let (reader, mut writer) = pipe();
        let line = [&[b'x'; 99][..], b"\n"].concat();
        for _ in 0..MUCH / line.len() {
            writer.write_all(&line).expect("room");
        }
        writer.flush().expect("room");
        assert!(!writer.is_idle());
        let reads = read(reader);
        assert_eq!(finish(&writer, None).expect("a reader"), 0);
        assert!(writer.is_idle());
        drop(writer);
        let all = reads.join().expect("all of it");
        assert_eq!(all, line.repeat(MUCH / line.len()));
    }

    #[test]
    fn a_full_queue_drops_whole_lines_and_counts_them_but_takes_what_is_reserved() {
        let (reader, mut writer) = pipe();
        let line = [&[b'x'; MUCH - 1][..], b"\n"].concat();
        let fit = QUEUE_LIMIT / MUCH;
        // One is less by what the pipe holds already.
        for _ in 0..fit + 10 {
            writer.write_all(&line).expect("buffered");
            writer.flush().expect("room or none");
        }
        writer.reserve(true);
        writer.write_all(b"the end\n").expect("room");
        writer.flush().expect("room");
        let reads = read(reader);
        let lost = finish(&writer, None).expect("a reader");
        assert!((9..=10).contains(&lost), "{lost}");
        drop(writer);
        let all = reads.join().expect("all but those");
        assert!(all == [line.repeat(fit + 10 - lost), b"the end\n".to_vec()].concat());
    }

    #[test]
    fn of_what_comes_at_once_the_lines_that_fit_are_kept() {
        let (reader, mut writer) = pipe();
        let line = [&[b'x'; MUCH - 1][..], b"\n"].concat();
        let fit = QUEUE_LIMIT / MUCH;
        for lines in [1, fit + 10] {
            writer.write_all(&line.repeat(lines)).expect("buffered");
            writer.flush().expect("room for some");
        }
        let reads = read(reader);
        let lost = finish(&writer, None).expect("a reader");
        assert!((10..=11).contains(&lost), "{lost}");
        drop(writer);
        let all = reads.join().expect("all but those");
        assert!(all == line.repeat(fit + 11 - lost));
    }

    #[test]
    fn who_takes_nothing_is_given_up_and_the_lines_are_counted() {
        let (reader, mut writer) = pipe();
        let lines = MUCH / 8;
        let text = b"a line.\n".repeat(lines);
        writer.write_all(&text).expect("room");
        writer.flush().expect("room");
        let lost = finish(&writer, Some(Duration::from_millis(50))).expect("no error");
        // It is not waited for again.
        let begun = Instant::now();
        assert_eq!(finish(&writer, None).expect("no error"), 0);
        assert!(begun.elapsed() < STALLED);
        writer.write_all(b"ignored\n").expect("no error");
        writer.flush().expect("no error");
        drop(writer);
        let all = read(reader).join().expect("the part that was written");
        let written = lines - lost;
        assert!(written > 0 && lost > 0, "{written} {lost}");
        assert!(text.starts_with(&all) && all.len() < text.len());
    }

    #[test]
    fn a_slow_reader_is_waited_for() {
        let (mut reader, mut writer) = pipe();
        let text = b"a line.\n".repeat(MUCH / 8);
        writer.write_all(&text).expect("room");
        writer.flush().expect("room");
        let reads = thread::spawn(move || {
            let mut buffer = vec![0; MUCH / 8];
            let mut count = 0;
            loop {
                thread::sleep(Duration::from_millis(10));
                match reader.read(&mut buffer).expect("a pipe") {
                    0 => return count,
                    read => count += read,
                }
            }
        });
        assert_eq!(finish(&writer, None).expect("a reader"), 0);
        drop(writer);
        assert_eq!(reads.join().expect("all of it"), text.len());
    }

    #[test]
    fn an_error_is_reported_once() {
        let (reader, mut writer) = pipe();
        drop(reader);
        writer.write_all(b"x\n").expect("queued");
        writer.flush().expect("queued");
        let error = writer.settle(STALLED).expect_err("nobody reads");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(writer.is_idle());
        writer.write_all(b"x\n").expect("ignored");
        writer.flush().expect("ignored");
        assert_eq!(finish(&writer, None).expect("reported"), 0);
    }

    #[test]
    fn a_piece_is_made_of_whole_lines_where_they_are_short() {
        let text = b"0123456\n".repeat(4);
        assert_eq!(piece_of(&text, 16).len(), 16);
        assert_eq!(piece_of(&text[1..], 16).len(), 15);
        assert_eq!(piece_of(&text[..13], 16).len(), 13);
        assert_eq!(piece_of(&[b'x'; 32], 16).len(), 16);
        assert_eq!(piece_of(&text, usize::MAX).len(), 32);
    }

    fn two_streams() -> (PipeReader, [NonBlockingWriter; 2]) {
        let (reader, writer) = io::pipe().expect("a pipe");
        let other = writer.try_clone().expect("a pipe");
        let sinks: Vec<Sink> = vec![
            (Box::new(writer), PIPE_PIECE),
            (Box::new(other), PIPE_PIECE),
        ];
        let first = NonBlockingWriter::start("both", sinks).expect("a thread");
        let mut second = first.clone();
        second.stream = 1;
        (reader, [first, second])
    }

    #[test]
    fn the_failure_of_the_second_stream_is_not_that_of_the_first() {
        let (reader, [mut first, mut second]) = two_streams();
        drop(reader);
        second.line("nobody hears it");
        assert_eq!(finish(&first, None).expect("nothing was written"), 0);
        first.write_all(b"a line\n").expect("buffered");
        first.flush().expect("queued");
        let error = finish(&first, None).expect_err("no reader");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }

    #[test]
    fn two_streams_of_one_destination_keep_their_order() {
        let (reader, [mut first, mut second]) = two_streams();
        for _ in 0..1000 {
            writeln!(first, "first")
                .and_then(|()| first.flush())
                .expect("room");
            writeln!(second, "second")
                .and_then(|()| second.flush())
                .expect("room");
        }
        drop((first, second));
        let all = read(reader).join().expect("all of it");
        assert!(all == b"first\nsecond\n".repeat(1000));
    }
}
