//! Looks up host names on threads of the standard library. The resolver of reqwest panics where the system
//! has no thread left; this one makes a failed request of it.

use std::future;
use std::net::ToSocketAddrs as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The stack of a look-up, in bytes.
const STACK: usize = 256 << 10;

/// The system's resolver.
pub(super) struct ThreadResolver;

impl Resolve for ThreadResolver {
    fn resolve(&self, name: Name) -> Resolving {
        // What was found, and who waits for it.
        let lookup = Arc::new(Mutex::new((None, Waker::noop().clone())));
        let shared = Arc::clone(&lookup);
        let look_up = move || {
            // The port is put in by the client.
            let found = (name.as_str(), 0).to_socket_addrs();
            let mut lookup = shared.lock().unwrap_or_else(PoisonError::into_inner);
            lookup.0 = Some(found);
            lookup.1.wake_by_ref();
        };
        let thread = thread::Builder::new()
            .name("resolver".into())
            .stack_size(STACK);
        if let Err(error) = thread.spawn(look_up) {
            return Box::pin(future::ready(Err(error.into())));
        }
        Box::pin(future::poll_fn(move |context| {
            let mut lookup = lookup.lock().unwrap_or_else(PoisonError::into_inner);
            match lookup.0.take() {
                Some(found) => Poll::Ready(Ok(Box::new(found?) as Addrs)),
                None => {
                    lookup.1.clone_from(context.waker());
                    Poll::Pending
                }
            }
        }))
    }
}
