//! Looks up host names on threads of the standard library. The resolver of reqwest panics where the system
//! has no thread left; this one makes a failed request of it.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The stack of a look-up, in bytes.
const STACK: usize = 256 << 10;

/// The system's resolver.
pub(super) struct ThreadResolver;

impl Resolve for ThreadResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Lookup::default();
        let shared = lookup.clone();
        let look_up = move || {
            // The port is put in by the client.
            let found = (name.as_str(), 0).to_socket_addrs();
            shared.finish(found.map(Iterator::collect));
        };
        let thread = thread::Builder::new()
            .name("resolver".into())
            .stack_size(STACK);
        if let Err(error) = thread.spawn(look_up) {
            lookup.finish(Err(error));
        }
        Box::pin(lookup)
    }
}

/// A look-up that is under way.
#[derive(Clone, Default)]
struct Lookup(Arc<Mutex<LookupState>>);

#[derive(Default)]
struct LookupState {
    found: Option<io::Result<Vec<SocketAddr>>>,
    waker: Option<Waker>,
}

impl Lookup {
    fn finish(&self, found: io::Result<Vec<SocketAddr>>) {
        let mut state = self.state();
        state.found = Some(found);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, LookupState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Lookup {
    type Output = Result<Addrs, Box<dyn Error + Send + Sync>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.state();
        match state.found.take() {
            Some(Ok(found)) => Poll::Ready(Ok(Box::new(found.into_iter()))),
            Some(Err(error)) => Poll::Ready(Err(error.into())),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
