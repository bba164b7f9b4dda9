//! The tools of the tests: a scripted server, the program in pipes, the program in a
//! terminal, wire JSON.
//!
//! Nothing in here sleeps and hopes: it waits for a fact, until [`PATIENCE`] runs out.

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

mod events;
mod providers;
mod pump;
mod run;
mod screen;
mod server;
mod yunxiao;

pub(crate) use events::{events, finished, keys, named};
pub(crate) use providers::watches;
pub(crate) use run::{Output, Program, Running, deploywatch};
pub(crate) use rustix::process::Signal;
pub(crate) use screen::{Screen, rows};
pub(crate) use server::{BlackHole, Reply, Request, Server, Unheard};
pub(crate) use yunxiao::{Order, order, order_with, yunxiao, yunxiao_at};

/// The token every test signs in with. A test fails when the program lets it be seen: in its
/// output, on its screen, or in a file that it writes into its working directory.
pub(crate) const SECRET: &str = "pt-planted-secret-0123456789";

/// How long a wait for a fact may take before the test fails: far more than any of them needs, so
/// that a busy machine fails none.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Locks, poisoned or not: what a panicking test leaves behind is still needed to clean up.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fails the test when `text` shows the secret; `place` says where it was found.
fn assert_no_secret(place: &str, text: &str) {
    assert!(!text.contains(SECRET), "secret shown in {place}:\n{text}");
}

/// Whether a program that a test needs is there; it is said where it is not.
#[allow(clippy::print_stderr, reason = "it is told that a test was left out")]
pub(crate) fn is_installed(program: &str) -> bool {
    let script = format!("command -v {program}");
    let mut probe = Command::new("sh");
    let probe = probe.args(["-c", &script]).stdout(Stdio::null()).status();
    let found = probe.unwrap().success();
    if !found {
        eprintln!("no {program}: what needs it was not tried");
    }
    found
}
