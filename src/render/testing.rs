//! Boards and ends for the tests of the renderers.

use std::time::Duration;

use crate::board::Board;
use crate::clock::{Moment, Now};
use crate::message::Message;
use crate::model::{Phase, Snapshot, UnitKind, UnitState, Units};
use crate::outcome::{Outcome, Resume, Verdict};

/// A board that one answer filled, a second after the watch began: machines `192.0.2.0` and on.
pub(crate) fn board(units: &[(UnitState, Option<&str>)]) -> Board {
    let mut list = Units::of_test(UnitKind::Machine);
    for (place, (state, detail)) in units.iter().enumerate() {
        let name = format!("192.0.2.{place}");
        list.push(&name, &name, None, *state, *detail);
    }
    let mut board = Board::new("yunxiao:1/2".into(), Moment::at(0.0));
    answer(&mut board, list, 1.0);
    board
}

/// Takes an answer with these units onto the board, so many seconds after the watch began.
pub(crate) fn answer(board: &mut Board, units: Units<'_>, second: f64) {
    let snapshot = Snapshot {
        units: units.finish(),
        ..Snapshot::new(Phase::Running)
    };
    board.take_units(&snapshot, Now::at(second));
    board.last_good = Some(Moment::at(second));
}

/// An end after 75 seconds.
pub(crate) fn outcome(verdict: Verdict, reason: &str) -> Outcome {
    Outcome {
        verdict,
        reason: Message::verbatim(reason),
        elapsed: Duration::from_secs(75),
        polls: 3,
        resume: Some(Resume {
            heading: Message::verbatim("Resume with:"),
            command: "deploywatch yunxiao --pipeline 1 --order 2".into(),
        }),
    }
}

/// The same as the provider reports it: there is nothing to resume.
pub(crate) fn ended(verdict: Verdict) -> Outcome {
    Outcome {
        resume: None,
        ..outcome(verdict, &format!("reported {}", verdict.as_str()))
    }
}
