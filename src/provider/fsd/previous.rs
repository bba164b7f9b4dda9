//! `--fresh`: the run that had ended when the watch began. It stays visible after a new one is asked for,
//! until the installer clears its tables [O].

use std::sync::Arc;

use super::history::{History, Run};
use super::status;
use crate::model::{Phase, Snapshot, Unit, UnitState};

/// What is known of the run before.
pub(super) struct PreviousRun {
    state: State,
    /// That run in the history, or the one that went on when the watch began; none where the history
    /// has not told.
    run: Option<Run>,
}

enum State {
    /// It is out of the way, or counts like any other.
    Accepted,
    /// No run has been seen yet; the lists were empty where that is set.
    Unseen { after_empty: bool },
    /// It is ignored.
    Ignored(Ignored),
}

/// The lists of a run that is ignored.
struct Ignored {
    plan: Arc<str>,
    ended: Vec<Unit>,
    /// Another plan that has failed: perhaps what is left of the old one while it is cleared.
    doubted: Option<Arc<str>>,
}

/// What a status is under `--fresh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// That of the run that is meant.
    Counts,
    /// That of the run before.
    Previous,
    /// It has an empty list, which proves nothing: a locked database answers so, too.
    Unclear,
}

impl PreviousRun {
    /// A run that had ended when the watch began is ignored where `fresh` is set.
    pub(super) fn new(fresh: bool) -> Self {
        let state = if fresh {
            State::Unseen { after_empty: false }
        } else {
            State::Accepted
        };
        Self { state, run: None }
    }

    /// Whether the run that is meant has not been seen yet.
    pub(super) fn is_awaiting(&self) -> bool {
        !matches!(self.state, State::Accepted)
    }

    /// Whether a run of the history is the one that was ignored.
    pub(super) fn was(&self, run: &Run) -> bool {
        let old = self.run.as_ref();
        old.is_some_and(|old| !old.is_running() && old.is_same(run))
    }

    /// Says whose a status is. The guard is taken down by proof only: a run in the history that is not
    /// the one before, or lists that the run before cannot show.
    pub(super) fn judge(&mut self, status: &Snapshot, history: &History) -> Status {
        let now = history.last();
        if self.is_awaiting() && self.run.is_none() {
            self.run = now.cloned();
        }
        let goes_on = now.is_some_and(Run::is_running);
        let is_new = match (&self.run, now) {
            (Some(old), Some(now)) => !old.is_same(now) || old.is_running() && !goes_on,
            _ => false,
        };
        let found = status.unconfirmed.as_ref();
        let has_failed = found.map_or(status.phase, |found| found.phase) == Phase::Failed;
        let counts = match &mut self.state {
            State::Accepted => true,
            State::Unseen { .. } if is_new && !goes_on => true,
            State::Unseen { after_empty } => {
                let ended = status::ended(status);
                let (Some(plan), false) = (&status.run, ended.is_empty()) else {
                    *after_empty = true;
                    return Status::Unclear;
                };
                let counts = !status.has_ended()
                    || goes_on && status::is_success(status)
                    // To lose a failure would be worse than to tell one of a run before.
                    || has_failed && *after_empty && self.run.is_none();
                if counts {
                    // It was never ignored.
                    self.run = None;
                } else {
                    self.state = State::Ignored(Ignored {
                        plan: Arc::clone(plan),
                        ended: ended.to_vec(),
                        doubted: None,
                    });
                }
                counts
            }
            // A run that has just begun shows the lists of the one before until they are cleared.
            State::Ignored(old) if is_new => !(goes_on && has_failed && old.may_show(status)),
            State::Ignored(old) => !old.may_show(status),
        };
        if !counts {
            return Status::Previous;
        }
        self.state = State::Accepted;
        Status::Counts
    }
}

impl Ignored {
    /// Whether the run may show these lists: its own, or empty ones. All steps of its plan succeeded
    /// prove nothing either.
    fn may_show(&mut self, status: &Snapshot) -> bool {
        let Some(plan) = &status.run else {
            return true;
        };
        if *plan != self.plan {
            // The plan is cleared row by row [O]: another one that has failed must be found twice.
            let is_doubtful = status.phase == Phase::Failed && self.doubted.as_ref() != Some(plan);
            self.doubted = Some(Arc::clone(plan));
            return is_doubtful;
        }
        self.doubted = None;
        let ended = status::ended(status);
        if status::continues(status, &self.ended) {
            self.ended = ended.to_vec();
            return true;
        }
        let all_succeeded = status.count(UnitState::Succeeded) == status.units.len();
        ended.is_empty() || all_succeeded
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::{history, run};
    use super::super::status::tests::{GOOD, PLAN, status};
    use super::*;

    /// What each status with its history is under `--fresh`: `p` that of the run before, `-` that of
    /// the run that is meant, `?` neither.
    fn judged<'a>(polls: impl IntoIterator<Item = (&'a Snapshot, &'a History)>) -> String {
        let mut previous = PreviousRun::new(true);
        let judged = polls.into_iter().map(|(status, history)| {
            let judgement = previous.judge(status, history);
            assert_eq!(previous.is_awaiting(), judgement != Status::Counts);
            match judgement {
                Status::Counts => '-',
                Status::Previous => 'p',
                Status::Unclear => '?',
            }
        });
        judged.collect()
    }

    const FAILED: [(bool, &str); 2] = [(true, "a"), (false, "b")];

    #[test]
    fn without_a_history_the_lists_must_be_those_of_another_run() {
        let old = status(true, &PLAN, &GOOD);
        let failed = status(true, &PLAN, &FAILED);
        let failed_last = status(true, &PLAN, &[(true, "a"), (true, "b"), (false, "c")]);
        let unclear = status(true, &PLAN, &GOOD[..2]);
        let going = status(false, &PLAN, &GOOD[..1]);
        let [begun, begun_is_end] = [false, true].map(|is_end| status(is_end, &PLAN, &[]));
        let [empty, idle] = [false, true].map(|is_end| status(is_end, &[], &[]));
        let setting_up = status(true, &[], &GOOD);
        let left_over = status(false, &[], &FAILED);
        let other = status(true, &PLAN[..1], &GOOD[..1]);
        let other_failed = status(true, &PLAN[..2], &FAILED);
        for (statuses, expected) in [
            (vec![&old, &old, &old], "ppp"),
            // Empty lists prove nothing, however often.
            (vec![&old, &empty, &idle, &setting_up, &old], "ppppp"),
            (vec![&old, &begun, &begun_is_end, &begun, &old], "ppppp"),
            (
                vec![&failed, &empty, &left_over, &left_over, &failed],
                "ppppp",
            ),
            // Some steps done and some not.
            (vec![&old, &going, &old], "p--"),
            (vec![&old, &empty, &going, &old], "pp--"),
            (vec![&old, &failed], "p-"),
            (vec![&old, &begun, &failed], "pp-"),
            (vec![&old, &failed_last], "p-"),
            (vec![&failed, &going, &failed], "p--"),
            // The run before may have gone on.
            (vec![&unclear, &old, &going], "pp-"),
            // Another plan; one that has failed may be what is left of the old one.
            (vec![&old, &other, &old], "p--"),
            (vec![&failed, &other_failed, &empty, &going], "ppp-"),
            (vec![&failed, &other_failed, &other_failed], "pp-"),
            // What has not ended when the watch begins is meant.
            (vec![&going, &old], "--"),
            // A database that was locked at first shows the run before later.
            (vec![&empty, &old, &old], "?pp"),
            (vec![&begun, &old, &going], "?p-"),
            (vec![&idle, &going, &old], "?--"),
            (vec![&idle, &failed], "?-"),
        ] {
            let absent = History::Absent;
            let polls = statuses.iter().map(|status| (*status, &absent));
            assert_eq!(judged(polls), expected, "{statuses:?}");
        }
    }

    #[test]
    fn the_history_tells_a_new_run_from_the_one_before() {
        let old = status(true, &PLAN, &GOOD);
        let failed = status(true, &PLAN, &FAILED);
        let going = status(false, &PLAN, &GOOD[..1]);
        let empty = status(false, &[], &[]);
        let left_over = status(false, &[], &FAILED);
        let ten = run("10:00:00", "true");
        let [begun, ended] = [("11:00:00", r#""""#), ("11:00:04", "true")].map(|(s, r)| run(s, r));
        let null = history("null");
        for (polls, expected) in [
            (
                vec![(&old, &ten), (&old, &ten), (&empty, &ten), (&old, &ten)],
                "pppp",
            ),
            // An identical quick retry.
            (vec![(&old, &ten), (&old, &ended)], "p-"),
            (vec![(&failed, &ten), (&failed, &ended)], "p-"),
            (vec![(&old, &ten), (&empty, &begun), (&old, &begun)], "p--"),
            // A new run shows the lists of the one before until they are cleared.
            (
                vec![(&failed, &ten), (&failed, &begun), (&going, &begun)],
                "pp-",
            ),
            (
                vec![(&failed, &ten), (&left_over, &begun), (&going, &begun)],
                "pp-",
            ),
            (
                vec![(&failed, &begun), (&failed, &begun), (&failed, &ended)],
                "pp-",
            ),
            (
                vec![(&failed, &begun), (&empty, &begun), (&going, &begun)],
                "pp-",
            ),
            // It goes on by its history when the watch begins.
            (vec![(&old, &begun), (&old, &ended)], "--"),
            (vec![(&empty, &begun), (&old, &ended)], "?-"),
            (vec![(&empty, &ten), (&old, &ten)], "?p"),
            (vec![(&empty, &ten), (&failed, &ten)], "?p"),
            (vec![(&empty, &ten), (&failed, &ended)], "?-"),
            // A history that was not to be had at first tells nothing.
            (vec![(&old, &null), (&old, &ten), (&old, &ten)], "ppp"),
            (
                vec![(&old, &History::Absent), (&old, &ten), (&old, &ended)],
                "pp-",
            ),
            // Lists that the run before cannot show are proof enough.
            (vec![(&old, &ten), (&going, &ten)], "p-"),
        ] {
            assert_eq!(judged(polls.iter().copied()), expected, "{polls:?}");
        }
    }

    #[test]
    fn the_history_of_the_run_before_is_none_of_a_new_one() {
        let [ten, eleven] = ["10:00:00", "11:00:00"].map(|start| run(start, "true"));
        let was = |history: &History, previous: &PreviousRun| {
            previous.was(history.last().expect("a run"))
        };
        let mut previous = PreviousRun::new(true);
        previous.judge(&status(true, &PLAN, &GOOD), &ten);
        previous.judge(&status(false, &PLAN, &GOOD[..1]), &ten);
        assert!(was(&ten, &previous) && !was(&eleven, &previous));
        for fresh in [true, false] {
            let mut previous = PreviousRun::new(fresh);
            previous.judge(&status(false, &PLAN, &GOOD[..1]), &ten);
            assert!(!was(&ten, &previous), "none was ignored");
        }
    }
}
