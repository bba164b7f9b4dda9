//! Progress and outcomes for the tests of the renderers.

use std::time::Duration;

use crate::clock::{Instant, Timestamp};
use crate::event::Finished;
use crate::message::Message;
use crate::model::{Phase, Snapshot, UnitKind, UnitState};
use crate::outcome::{Cause, Outcome, Resume};
use crate::progress::Progress;
use crate::units::UnitsBuilder;

/// The progress after one response, a second after the watch began: machines `192.0.2.0` and on.
pub(crate) fn progress(units: &[(UnitState, Option<&str>)]) -> Progress {
    let mut list = UnitsBuilder::of_test(UnitKind::Machine);
    for (index, (state, detail)) in units.iter().enumerate() {
        let name = format!("192.0.2.{index}");
        list.push(&name, &name, None, *state, *detail);
    }
    let mut progress = Progress::new("yunxiao:1/2".into(), Instant::at(0.0));
    answer(&mut progress, list, 1.0);
    progress
}

/// Adds a response with these units, `second` seconds after the watch began.
pub(crate) fn answer(progress: &mut Progress, units: UnitsBuilder<'_>, second: f64) {
    let snapshot = Snapshot {
        units: units.finish(),
        ..Snapshot::new(Phase::Running)
    };
    progress.take_units(&snapshot, Timestamp::at(second));
    progress.last_good = Some(Instant::at(second));
}

/// An end after 75 seconds.
pub(crate) fn outcome(cause: Cause, reason: &str) -> Outcome {
    Outcome {
        cause,
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
pub(crate) fn ended(cause: Cause) -> Outcome {
    Outcome {
        resume: None,
        ..outcome(cause, &format!("reported {}", cause.verdict().as_str()))
    }
}

/// The end of the watch of these targets.
pub(crate) fn end<'a>(
    outcome: &'a Outcome,
    parts: &'a [(&'a Progress, &'a Outcome)],
) -> Finished<'a> {
    Finished {
        outcome,
        parts,
        is_list: parts.len() > 1,
    }
}
