//! Reading what a child writes in a thread of its own, so that a full pipe never blocks it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::{PATIENCE, lock};

/// The receiver of the bytes.
pub(super) trait Sink: Send + 'static {
    /// Takes the next bytes.
    fn feed(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn feed(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A reading thread and what it has read so far.
pub(super) struct Pump<S>(Arc<Shared<S>>);

struct Shared<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
}

struct State<S> {
    sink: S,
    closing: bool,
    ended: bool,
}

impl<S: Sink> Pump<S> {
    /// Calls `read` until it finds the end, or fails as a terminal does there, and feeds `sink`.
    pub(super) fn start(
        sink: S,
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize> + Send + 'static,
    ) -> Self {
        let state = Mutex::new(State {
            sink,
            closing: false,
            ended: false,
        });
        let shared = Arc::new(Shared {
            state,
            changed: Condvar::new(),
        });
        let writer = Arc::clone(&shared);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n @ 1..) = read(&mut buffer) {
                let mut state = lock(&writer.state);
                if state.closing {
                    break;
                }
                state.sink.feed(&buffer[..n]);
                writer.changed.notify_all();
            }
            // The reading end goes before the end is told: who waited for it may rely on EPIPE.
            drop(read);
            lock(&writer.state).ended = true;
            writer.changed.notify_all();
        });
        Self(shared)
    }

    /// Looks at what was read so far.
    pub(super) fn with<R>(&self, look: impl FnOnce(&mut S) -> R) -> R {
        look(&mut lock(&self.0.state).sink)
    }

    /// Waits until `met`; false when the stream ends first, or at the deadline.
    pub(super) fn wait(&self, deadline: Instant, mut met: impl FnMut(&S) -> bool) -> bool {
        self.until(deadline, |state| met(&state.sink) || state.ended);
        self.with(|sink| met(sink))
    }

    /// Waits for the end of the stream; false when patience runs out.
    pub(super) fn wait_end(&self) -> bool {
        self.until(Instant::now() + PATIENCE, |state| state.ended)
    }

    /// Makes the thread drop the reading end with the next bytes it gets, unseen.
    pub(super) fn close_at_next_read(&self) {
        lock(&self.0.state).closing = true;
    }

    fn until(&self, deadline: Instant, mut met: impl FnMut(&State<S>) -> bool) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let state = lock(&self.0.state);
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, left, |state| !met(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
