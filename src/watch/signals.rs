//! Signals of the system, as events of the loop.

use std::io;
use std::sync::mpsc::Sender;

use super::inbox::LoopEvent;
use crate::platform::{self, SystemEvent};
use crate::render::ScreenChange;

/// Sends it to the loop from now on.
///
/// # Errors
/// If the system cannot be asked for it, or no thread can be started.
pub(super) fn forward(events: Sender<LoopEvent>) -> io::Result<()> {
    platform::forward_signals(move |event| {
        let event = match event {
            SystemEvent::End(signal) => LoopEvent::Signal(signal),
            SystemEvent::StatusAsked => LoopEvent::StatusAsked,
            SystemEvent::Suspended => LoopEvent::Screen(ScreenChange::Suspended),
            SystemEvent::Resumed => LoopEvent::Screen(ScreenChange::Resumed),
            SystemEvent::Resized => LoopEvent::Screen(ScreenChange::Resized),
        };
        events.send(event).is_ok()
    })
}
