//! Where lines go that somebody may read slowly, or not at all for a while.

use std::cell::RefCell;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, write};

use crate::clock::{Clock, Moment};

/// So many bytes can be written to a pipe that is not full.
const PIECE: usize = 4 << 10;
/// So many bytes are not kept for a reader who takes them.
const MUCH: usize = 64 << 10;
/// So many bytes wait at once, at most, before a reader holds up the watch after all.
const MOST: usize = 8 << 20;
/// How long a reader is left alone.
const PAUSE: Duration = Duration::from_millis(50);

/// Stdout or stderr. What the reader does not take at once waits here, and the watch goes on: held up,
/// it could miss the end that came in time. Clones are the same outlet; with the last one, what waits is
/// written at any rate.
pub(super) struct Outlet<F: AsFd>(Rc<RefCell<Waiting<F>>>);

struct Waiting<F: AsFd> {
    to: F,
    bytes: Vec<u8>,
    /// When it is tried again, where bytes are left.
    again: Option<Moment>,
}

impl<F: AsFd> Outlet<F> {
    pub(super) fn new(to: F) -> Self {
        Self(Rc::new(RefCell::new(Waiting {
            to,
            bytes: Vec::new(),
            again: None,
        })))
    }

    /// When `retry` is wanted, where bytes wait.
    pub(super) fn again(&self) -> Option<Moment> {
        self.0.borrow().again
    }

    /// Writes what waits and is taken now, where it is time for that.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn retry(&mut self, now: Moment) -> io::Result<()> {
        match self.again() {
            Some(again) if again <= now => self.flush(),
            _ => Ok(()),
        }
    }
}

impl<F: AsFd> Clone for Outlet<F> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<F: AsFd> Write for Outlet<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.borrow_mut();
        waiting.bytes.extend_from_slice(bytes);
        let much = if waiting.again.is_none() { MUCH } else { MOST };
        if waiting.bytes.len() > much {
            waiting.pour(false)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().pour(false)
    }
}

impl<F: AsFd> Waiting<F> {
    /// Writes what is taken at once; where it is `patient`, or too much waits, all the rest as well.
    fn pour(&mut self, patient: bool) -> io::Result<()> {
        let mut done = 0;
        let poured = loop {
            let rest = &self.bytes[done..];
            if rest.is_empty() || !is_ready(&self.to, patient || rest.len() > MOST) {
                break Ok(());
            }
            match write(&self.to, &rest[..rest.len().min(PIECE)]) {
                Ok(count) => done += count,
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => {
                    done = self.bytes.len();
                    break Err(error.into());
                }
            }
        };
        self.bytes.drain(..done);
        self.again = (!self.bytes.is_empty()).then(|| Clock::System.now().moment.after(PAUSE));
        poured
    }
}

impl<F: AsFd> Drop for Waiting<F> {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.pour(true);
    }
}

/// Whether something can be written; where it `waits`, once it can.
pub(super) fn is_ready(to: &impl AsFd, waits: bool) -> bool {
    let at_once = Timespec::default();
    loop {
        let mut to = [PollFd::new(to, PollFlags::OUT)];
        match poll(&mut to, (!waits).then_some(&at_once)) {
            Ok(0) => return false,
            Err(Errno::INTR) => {}
            // What cannot be asked shows when it is written to.
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::thread;

    use super::*;

    fn read(mut from: io::PipeReader) -> thread::JoinHandle<usize> {
        thread::spawn(move || {
            let mut all = Vec::new();
            from.read_to_end(&mut all).expect("a pipe")
        })
    }

    #[test]
    fn what_nobody_reads_waits_and_comes_at_last() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut outlet = Outlet::new(writer);
        outlet.write_all(&[b'x'; MOST]).expect("room");
        outlet.flush().expect("room");
        assert!(outlet.again().is_some());
        let reads = read(reader);
        drop(outlet);
        assert_eq!(reads.join().expect("all of it"), MOST);
    }

    #[test]
    fn no_more_waits_than_that() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let reads = read(reader);
        let mut outlet = Outlet::new(writer);
        for _ in 0..3 {
            outlet.write_all(&[b'x'; MOST]).expect("a reader");
            assert!(outlet.0.borrow().bytes.len() <= MOST);
        }
        drop(outlet);
        assert_eq!(reads.join().expect("all of it"), 3 * MOST);
    }

    #[test]
    fn who_is_gone_is_an_error_and_nothing_waits() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut outlet = Outlet::new(writer);
        outlet.write_all(b"x").expect("kept");
        let error = outlet.flush().expect_err("nobody");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert!(outlet.again().is_none());
    }
}
