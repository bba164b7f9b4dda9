//! The verdict: one function of what was found and of the options.

use std::fmt;
use std::time::Duration;

use super::Ending;
use crate::board::Board;
use crate::cause::{Cause, Hint};
use crate::cli::options::{OnPause, WatchOptions};
use crate::clock::Moment;
use crate::exit::{Signal, Verdict};
use crate::model::{Note, Phase, Unit};
use crate::text;

/// How many things that are wrong with a success a reason names.
const FLAWS: usize = 10;

/// What was found: the things that can end a watch.
#[derive(Debug)]
pub(crate) enum Finding<'a> {
    /// A good answer.
    Answer {
        /// What one poll or two make of it; none while the second is awaited.
        phase: Option<Phase>,
        message: Option<&'a Note>,
        /// A failed unit of this answer.
        failed: Option<&'a Unit>,
        /// What is wrong with a success.
        flaws: &'a [Note],
    },
    Refused {
        cause: &'a Cause,
        hint: Option<&'a Hint>,
    },
    SayMore(&'a Cause),
    Lost,
    /// The recording that is played ends.
    Over,
    TimedOut(Duration),
    Stalled(Duration),
    Interrupted(Signal),
    /// The end of another deployment of the list ended the watch of all.
    Abandoned,
}

/// Why a watch ended, as data: its words are chosen where it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The provider's phase, and what it says about it.
    Phase(Phase, Option<Note>),
    /// `--fail-fast`, and the unit that failed.
    FailFast(Box<Unit>),
    /// `--strict`, and what was wrong with the success: the first of it, and how much more there is.
    Strict(Vec<Note>, usize),
    Refused {
        cause: Cause,
        hint: Option<Hint>,
    },
    /// What the user must say for the deployment to be found.
    SayMore(Cause),
    /// The last error, and for how long polls had failed.
    Lost {
        error: Cause,
        offline: Duration,
    },
    /// The recording that is played ends.
    Over,
    TimedOut(Duration),
    Stalled(Duration),
    Interrupted(Signal),
    /// The end of another deployment of the list ended the watch of all.
    Abandoned,
    /// The verdicts of a list.
    All(Vec<Verdict>),
}

/// The verdict, where `finding` ends the watch. `Succeeded` is said in one place only.
pub(crate) fn judge(
    finding: &Finding<'_>,
    board: &Board,
    options: &WatchOptions,
    now: Moment,
) -> Option<Ending> {
    let (verdict, reason) = match finding {
        Finding::Answer {
            failed: Some(unit), ..
        } if options.fail_fast => (Verdict::Failed, Reason::FailFast(Box::new((*unit).clone()))),
        Finding::Answer {
            phase: Some(Phase::Succeeded),
            flaws,
            ..
        } if options.strict && !flaws.is_empty() => {
            let (said, more) = flaws.split_at(flaws.len().min(FLAWS));
            (Verdict::Failed, Reason::Strict(said.to_vec(), more.len()))
        }
        Finding::Answer { phase, message, .. } => {
            let phase = (*phase)?;
            let reason = Reason::Phase(phase, message.cloned());
            (of_phase(phase, options)?, reason)
        }
        Finding::Refused { cause, hint } => (
            Verdict::Refused,
            Reason::Refused {
                cause: (*cause).clone(),
                hint: hint.cloned(),
            },
        ),
        Finding::SayMore(what) => (Verdict::Unclear, Reason::SayMore((*what).clone())),
        Finding::Lost => {
            let offline = board.offline.as_ref()?;
            (
                Verdict::Lost,
                Reason::Lost {
                    error: offline.error.clone(),
                    offline: now.since(offline.since),
                },
            )
        }
        Finding::Over => (Verdict::Lost, Reason::Over),
        Finding::TimedOut(limit) => (Verdict::TimedOut, Reason::TimedOut(*limit)),
        Finding::Stalled(limit) => (Verdict::TimedOut, Reason::Stalled(*limit)),
        Finding::Abandoned => (Verdict::Running, Reason::Abandoned),
        Finding::Interrupted(signal) => {
            (Verdict::Interrupted(*signal), Reason::Interrupted(*signal))
        }
    };
    Some(Ending {
        verdict,
        reason,
        at: now,
    })
}

/// The verdict of a phase; none where the watch goes on.
fn of_phase(phase: Phase, options: &WatchOptions) -> Option<Verdict> {
    match phase {
        Phase::Succeeded => Some(Verdict::Succeeded),
        Phase::Failed => Some(Verdict::Failed),
        Phase::Cancelled => Some(Verdict::Cancelled),
        Phase::Ended => Some(Verdict::Lost),
        Phase::PausedAfterFailure if options.on_pause != OnPause::Wait => Some(Verdict::Failed),
        Phase::Paused if options.on_pause == OnPause::Exit => Some(Verdict::Paused),
        Phase::Paused | Phase::PausedAfterFailure => options.once.then_some(Verdict::Paused),
        Phase::Pending | Phase::Running | Phase::Unknown => {
            options.once.then_some(Verdict::Running)
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase, message) => {
                match phase {
                    Phase::Succeeded => f.write_str("the provider says that it succeeded")?,
                    Phase::Failed => f.write_str("the provider says that it failed")?,
                    Phase::Cancelled => f.write_str("the provider says that it was cancelled")?,
                    Phase::Paused | Phase::PausedAfterFailure => {}
                    Phase::Ended => f.write_str("it ended, and the provider does not say how")?,
                    Phase::Pending => f.write_str("it has not begun yet")?,
                    Phase::Running => f.write_str("it is still going")?,
                    Phase::Unknown => f.write_str("its state is not known")?,
                }
                match (phase, message) {
                    (Phase::Paused | Phase::PausedAfterFailure, Some(note)) => {
                        write!(f, "paused: {note}")
                    }
                    (_, Some(note)) => write!(f, " ({note})"),
                    (_, None) => Ok(()),
                }
            }
            Self::FailFast(unit) => {
                let name = &unit.name;
                write!(f, "{name} failed, and --fail-fast ends the watch there")?;
                let remark = unit.remark();
                remark.iter().try_for_each(|remark| write!(f, ": {remark}"))
            }
            Self::Strict(flaws, more) => {
                f.write_str("the provider says that it succeeded, but --strict does not:")?;
                flaws.iter().try_for_each(|flaw| write!(f, " {flaw};"))?;
                if *more > 0 {
                    write!(f, " {more} more;")?;
                }
                f.write_str(" that counts as a failure")
            }
            Self::Refused { cause, hint } => {
                write!(f, "{cause}")?;
                hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
            }
            Self::SayMore(what) => write!(f, "{what}"),
            Self::Lost { error, offline } => write!(
                f,
                "no good answer for {}, the last one: {error}; how the deployment ends is unknown",
                text::duration(*offline)
            ),
            Self::Over => {
                f.write_str("the recording ends here; how the deployment ends is unknown")
            }
            Self::TimedOut(limit) => write!(
                f,
                "not over after --timeout {}",
                humantime::format_duration(*limit)
            ),
            Self::Stalled(limit) => write!(
                f,
                "nothing changed for --stall-timeout {}",
                humantime::format_duration(*limit)
            ),
            Self::Abandoned => {
                f.write_str("not over when another deployment ended the watch of all")
            }
            Self::All(verdicts) => {
                let succeeded = |verdict: &&Verdict| **verdict == Verdict::Succeeded;
                let count = verdicts.iter().filter(succeeded).count();
                write!(f, "{count} of {} succeeded", verdicts.len())
            }
            Self::Interrupted(signal) => f.write_str(match signal {
                Signal::Interrupt => "interrupted by SIGINT; the deployment goes on",
                Signal::Terminate => "interrupted by SIGTERM; the deployment goes on",
                Signal::Hangup => "the terminal went away; the deployment goes on",
                Signal::Pipe => "nobody reads the output any more; the deployment goes on",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{UnitKind, UnitState};

    fn options() -> WatchOptions {
        WatchOptions {
            interval: Duration::from_secs(3),
            timeout: None,
            stall_timeout: None,
            max_offline: Duration::from_secs(300),
            on_pause: OnPause::Auto,
            fail_fast: false,
            strict: false,
            once: false,
            logs: 0,
            fresh: false,
        }
    }

    fn verdict(finding: &Finding<'_>, options: &WatchOptions) -> Option<Verdict> {
        let now = Moment::at(0.0);
        let board = Board::new("t".into(), now);
        judge(finding, &board, options, now).map(|ending| ending.verdict)
    }

    #[test]
    fn the_phase_and_the_options_give_the_verdict() {
        use OnPause::{Auto, Exit, Wait};
        use Phase::{Cancelled, Paused, PausedAfterFailure, Pending, Running, Succeeded, Unknown};
        let table = [
            // phase, on-pause, verdict of a watch, verdict of --once
            (Succeeded, Auto, Some(0), Some(0)),
            (Phase::Failed, Auto, Some(1), Some(1)),
            (Cancelled, Auto, Some(3), Some(3)),
            (Pending, Auto, None, Some(7)),
            (Running, Auto, None, Some(7)),
            (Unknown, Auto, None, Some(7)),
            (Phase::Ended, Auto, Some(6), Some(6)),
            (Running, Exit, None, Some(7)),
            (Paused, Auto, None, Some(4)),
            (Paused, Wait, None, Some(4)),
            (Paused, Exit, Some(4), Some(4)),
            (PausedAfterFailure, Auto, Some(1), Some(1)),
            (PausedAfterFailure, Wait, None, Some(4)),
            (PausedAfterFailure, Exit, Some(1), Some(1)),
        ];
        for (phase, on_pause, watching, once) in table {
            for (once, expected) in [(false, watching), (true, once)] {
                let options = WatchOptions {
                    on_pause,
                    once,
                    ..options()
                };
                let finding = Finding::Answer {
                    phase: Some(phase),
                    message: None,
                    failed: None,
                    flaws: &[],
                };
                let code = verdict(&finding, &options).map(Verdict::code);
                assert_eq!(code, expected, "{phase:?} {on_pause:?} once: {once}");
            }
        }
    }

    #[test]
    fn what_a_second_poll_must_confirm_ends_nothing() {
        let finding = Finding::Answer {
            phase: None,
            message: None,
            failed: None,
            flaws: &[],
        };
        assert_eq!(verdict(&finding, &options()), None);
    }

    #[test]
    fn a_failed_unit_is_a_failure_with_fail_fast_only() {
        let unit = Unit {
            id: "a".into(),
            name: "a".into(),
            kind: UnitKind::Machine,
            batch: None,
            state: UnitState::Failed,
            detail: None,
            about: None,
            began: None,
            ended: None,
        };
        for phase in [Phase::Running, Phase::Paused, Phase::Succeeded] {
            let finding = Finding::Answer {
                phase: Some(phase),
                message: None,
                failed: Some(&unit),
                flaws: &[],
            };
            let fail_fast = WatchOptions {
                fail_fast: true,
                ..options()
            };
            assert_eq!(verdict(&finding, &fail_fast), Some(Verdict::Failed));
            assert_ne!(verdict(&finding, &options()), Some(Verdict::Failed));
        }
    }

    #[test]
    fn a_flaw_makes_a_success_a_failure_with_strict_only() {
        let strict = WatchOptions {
            strict: true,
            ..options()
        };
        for (phase, flaws, code) in [
            (Phase::Succeeded, &[][..], Some(Verdict::Succeeded)),
            (
                Phase::Succeeded,
                &[Note::Skipped(1)][..],
                Some(Verdict::Failed),
            ),
            (Phase::Running, &[Note::Skipped(1)][..], None),
        ] {
            let finding = Finding::Answer {
                phase: Some(phase),
                message: None,
                failed: None,
                flaws,
            };
            assert_eq!(verdict(&finding, &strict), code);
            let lenient = verdict(&finding, &options());
            assert_eq!(
                lenient == Some(Verdict::Succeeded),
                phase == Phase::Succeeded
            );
        }
    }

    #[test]
    fn a_reason_names_some_of_the_flaws_and_counts_the_rest() {
        let flaws: Vec<_> = (1..=FLAWS + 5).map(Note::Skipped).collect();
        let finding = Finding::Answer {
            phase: Some(Phase::Succeeded),
            message: None,
            failed: None,
            flaws: &flaws,
        };
        let strict = WatchOptions {
            strict: true,
            ..options()
        };
        let board = Board::new("t".into(), Moment::at(0.0));
        let ending = judge(&finding, &board, &strict, Moment::at(0.0)).expect("an end");
        let words = ending.reason.to_string();
        assert!(
            words.contains("; 5 more;") && !words.contains("11 "),
            "{words}"
        );
    }

    #[test]
    fn what_is_not_an_answer_has_a_verdict_of_its_own() {
        let second = Duration::from_secs(1);
        for (finding, code) in [
            (Finding::SayMore(&Cause::NothingDeployed), 2),
            (Finding::Over, 6),
            (Finding::Abandoned, 7),
            (
                Finding::Refused {
                    cause: &Cause::Empty,
                    hint: None,
                },
                5,
            ),
            (Finding::TimedOut(second), 124),
            (Finding::Stalled(second), 124),
            (Finding::Interrupted(Signal::Interrupt), 130),
            (Finding::Interrupted(Signal::Terminate), 143),
        ] {
            let code_found = verdict(&finding, &options()).map(Verdict::code);
            assert_eq!(code_found, Some(code), "{finding:?}");
        }
    }
}
