//! Signals, as events of the loop.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use super::inbox::LoopEvent;
use crate::outcome::{Signal, Verdict};
use crate::render::ScreenChange;
use crate::system;

/// The signals that end a watch.
const ENDS: [(i32, Signal); 3] = [
    (SIGINT, Signal::Interrupt),
    (SIGTERM, Signal::Terminate),
    (SIGHUP, Signal::Hangup),
];

/// The signals that ask where the watch stands.
#[cfg(not(any(target_os = "macos", target_os = "freebsd", target_os = "netbsd")))]
const ASKS: &[i32] = &[SIGUSR1];
#[cfg(any(target_os = "macos", target_os = "freebsd", target_os = "netbsd"))]
const ASKS: &[i32] = &[SIGUSR1, signal_hook::consts::SIGINFO];

/// Sends the signals that come from now on to the loop, from a thread of its own. The first one that ends
/// the watch ends it with its report; a second one ends the process at once, even where the report itself
/// is held up.
///
/// # Errors
/// Where the handlers cannot be installed, or no thread can be started.
pub(super) fn forward(events: Sender<LoopEvent>) -> io::Result<()> {
    // Under nohup a watch outlives its terminal.
    let mut ends = ENDS.to_vec();
    ends.retain(|(number, _)| *number != SIGHUP || !ignores_hangup());
    let others = [SIGTSTP, SIGCONT, SIGWINCH]
        .into_iter()
        .chain(ASKS.iter().copied());
    let numbers = others.chain(ends.iter().map(|(number, _)| *number));
    // Before the flags: a signal that only set one would be lost.
    let mut signals = Signals::new(numbers)?;
    system::take_over_signals();
    let interrupted = Arc::new(AtomicBool::new(false));
    for (number, signal) in ends {
        let code = Verdict::Interrupted(signal).code();
        // In this order: the handler of the first signal finds the flag unset, then sets it.
        flag::register_conditional_shutdown(number, code.into(), Arc::clone(&interrupted))?;
        flag::register(number, Arc::clone(&interrupted))?;
    }
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for number in signals.forever() {
                if events.send(event(number)).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}

fn event(number: i32) -> LoopEvent {
    match ENDS.iter().find(|(end, _)| *end == number) {
        Some((_, signal)) => LoopEvent::Signal(*signal),
        None if ASKS.contains(&number) => LoopEvent::StatusAsked,
        None if number == SIGTSTP => LoopEvent::Screen(ScreenChange::Suspended),
        None if number == SIGCONT => LoopEvent::Screen(ScreenChange::Resumed),
        None => LoopEvent::Screen(ScreenChange::Resized),
    }
}

/// Stops the process as Ctrl-Z does, until it is continued.
pub(super) fn stop() {
    // Where that fails the watch just goes on.
    let _ = low_level::emulate_default_handler(SIGTSTP);
}

/// Whether SIGHUP was ignored when the process began. Only Linux tells without unsafe code.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}
