//! Signals, as inputs of the watch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::{flag, iterator::Signals, low_level};

use crate::exit::{Signal, Verdict};
use crate::render::Screen;
use crate::watch::Input;

/// The signals that end a watch.
const ENDS: [(i32, Signal); 3] = [
    (SIGINT, Signal::Interrupt),
    (SIGTERM, Signal::Terminate),
    (SIGHUP, Signal::Hangup),
];

/// The signals that come from now on.
pub(crate) struct Caught(Signals);

/// Keeps signals for the watch. The first one that ends it ends it with its report; a second one ends
/// the process at once, even where the report itself is held up.
///
/// # Errors
/// Where the handlers cannot be installed.
pub(crate) fn catch() -> io::Result<Caught> {
    let asked_once = Arc::new(AtomicBool::new(false));
    // Under nohup a watch outlives its terminal.
    let ends = ENDS
        .iter()
        .filter(|(number, _)| *number != SIGHUP || !ignores_hangup());
    let mut numbers = vec![SIGTSTP, SIGCONT, SIGWINCH];
    for &(number, signal) in ends {
        let code = Verdict::Interrupted(signal).code();
        // In this order: the handler of the first signal finds the flag unset, then sets it.
        flag::register_conditional_shutdown(number, code.into(), Arc::clone(&asked_once))?;
        flag::register(number, Arc::clone(&asked_once))?;
        numbers.push(number);
    }
    Ok(Caught(Signals::new(numbers)?))
}

impl Caught {
    /// Sends the signals to the watch, those that have come already first.
    ///
    /// # Errors
    /// Where the thread cannot be started.
    pub(crate) fn forward(mut self, inputs: Sender<Input>) -> io::Result<()> {
        let forward = move || {
            for number in self.0.forever() {
                let end = ENDS.iter().find(|(end, _)| *end == number);
                let input = match (end, number) {
                    (Some((_, signal)), _) => Input::Signal(*signal),
                    (None, SIGTSTP) => Input::Stop,
                    (None, SIGCONT) => Input::Redraw(Screen::Lost),
                    (None, _) => Input::Redraw(Screen::Resized),
                };
                if inputs.send(input).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(forward)?;
        Ok(())
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
