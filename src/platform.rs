//! Facilities in which operating systems differ: each system has everything that is imported here.

use crate::outcome::Signal;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(feature = "demo")]
pub(crate) use system::with_variable;
pub(crate) use system::{
    HOME, allow_descriptors, can_be_stopped, config_folder, create_private_folder, forward_signals,
    hide_terminal, interrupt, is_device, is_dumb, open_output, prepare, rights_of_others,
    shell_quote, state_folder, stop, system_proxy, typed_line, uptime,
};

/// How an output file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputMode {
    /// Emptied.
    Create,
    /// Emptied, and readable by its owner alone.
    CreatePrivate,
    /// Kept and added to.
    Append,
}

/// A signal of the system to the process.
#[cfg_attr(windows, expect(dead_code, reason = "Windows only tells it to end"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemEvent {
    /// It is to end.
    End(Signal),
    /// Somebody asks where it stands.
    StatusAsked,
    /// It is to stop until it is continued (Ctrl-Z): a picture on the terminal must be erased.
    Suspended,
    /// It was continued: others may have written on the terminal.
    Resumed,
    /// The terminal's size may have changed.
    Resized,
}
