//! Recordings of a watch: `--capture` writes one, `deploywatch replay` plays it.

mod format;
mod player;
mod recorder;

pub(crate) use format::RecordedCommand;
pub(crate) use player::{Exchanges, Player, Recording};
pub(crate) use recorder::{CaptureFile, Recorder};
