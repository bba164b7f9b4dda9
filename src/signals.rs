//! Signals, as inputs of the watch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use signal_hook::{flag, low_level};
use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::spawn_local;

use crate::exit::{Signal, Verdict};
use crate::render::Screen;
use crate::watch::Input;

/// The signals that end a watch.
const ENDS: [(i32, Signal); 3] = [
    (SIGINT, Signal::Interrupt),
    (SIGTERM, Signal::Terminate),
    (SIGHUP, Signal::Hangup),
];

/// Sends the signals that come from now on to the watch. The first one that ends it ends it with its
/// report; a second one ends the process at once, even where the report itself is held up.
///
/// # Errors
/// Where the handlers cannot be installed.
pub(crate) fn forward(inputs: UnboundedSender<Input>) -> io::Result<()> {
    // Under nohup a watch outlives its terminal.
    let mut ends = ENDS.to_vec();
    ends.retain(|(number, _)| *number != SIGHUP || !ignores_hangup());
    let (woken, wakes) = UnixStream::pair()?;
    let others = [SIGTSTP, SIGCONT, SIGWINCH].into_iter();
    let numbers = others.chain(ends.iter().map(|(number, _)| *number));
    // Before the flags: a signal that only set one would be lost.
    let mut caught = SignalDelivery::with_pipe(woken, wakes.into_std()?, SignalOnly, numbers)?;
    let asked_once = Arc::new(AtomicBool::new(false));
    for (number, signal) in ends {
        let code = Verdict::Interrupted(signal).code();
        // In this order: the handler of the first signal finds the flag unset, then sets it.
        flag::register_conditional_shutdown(number, code.into(), Arc::clone(&asked_once))?;
        flag::register(number, Arc::clone(&asked_once))?;
    }
    spawn_local(async move {
        while caught.get_read().readable().await.is_ok() {
            // To the end, which tells the runtime that it must wait for the next one.
            while matches!(caught.get_read().try_read(&mut [0; 16]), Ok(1..)) {}
            for number in caught.pending() {
                if inputs.send(input(number)).is_err() {
                    return;
                }
            }
        }
    });
    Ok(())
}

fn input(number: i32) -> Input {
    match ENDS.iter().find(|(end, _)| *end == number) {
        Some((_, signal)) => Input::Signal(*signal),
        None if number == SIGTSTP => Input::Stop,
        None if number == SIGCONT => Input::Redraw(Screen::Lost),
        None => Input::Redraw(Screen::Resized),
    }
}

/// Stops the process as Ctrl-Z does, until it is continued.
pub(crate) fn stop() {
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
