//! SIGINT and SIGTERM, as inputs of the watch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, iterator::Signals};

use crate::exit::{Signal, Verdict};
use crate::watch::Input;

/// Sends the first signal to the watch, which ends with its report. A second one ends the process
/// at once, even where the report itself is held up.
///
/// # Errors
/// Where the handlers cannot be installed.
pub(crate) fn forward(inputs: Sender<Input>) -> io::Result<()> {
    let asked_once = Arc::new(AtomicBool::new(false));
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let code = Verdict::Interrupted(signal).code();
        // In this order: the handler of the first signal finds the flag unset, then sets it.
        flag::register_conditional_shutdown(number(signal), code.into(), Arc::clone(&asked_once))?;
        flag::register(number(signal), Arc::clone(&asked_once))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for number in signals.forever() {
                let signal = match number {
                    SIGTERM => Signal::Terminate,
                    _ => Signal::Interrupt,
                };
                if inputs.send(Input::Signal(signal)).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}

fn number(signal: Signal) -> i32 {
    match signal {
        Signal::Terminate => SIGTERM,
        Signal::Interrupt | Signal::Pipe => SIGINT,
    }
}
