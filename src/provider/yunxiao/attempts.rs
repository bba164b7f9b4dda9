//! The jobs of a run over their attempts. A job that is run again has a new id [O]; it stays the same unit.

use std::sync::Arc;

use super::run::RunJob;
use crate::model::UnitState;

/// The most jobs of a run that are looked at for earlier attempts: a real one has far fewer.
const MAX_JOBS: usize = 500;

/// The jobs that the run was seen to have.
#[derive(Default)]
pub(super) struct Attempts(Vec<KnownJob>);

struct KnownJob {
    /// The id of its first attempt, or its name.
    unit: Arc<str>,
    stage: u32,
    name: Arc<str>,
    /// The ids of its attempts, the latest last.
    ids: Vec<Arc<str>>,
}

/// A number that is greater for a later attempt, where ids are numbers [I].
fn age(id: &str) -> Option<u64> {
    id.parse().ok()
}

impl Attempts {
    /// Of these jobs, which are those of one response, keeps the latest attempt of each, as the same unit.
    pub(super) fn keep_latest(&mut self, jobs: &mut Vec<RunJob>) {
        if jobs.len() > MAX_JOBS {
            return;
        }
        let is_listed = |attempt: &Arc<str>| jobs.iter().any(|job| job.id == *attempt);
        if self.0.len() > MAX_JOBS {
            self.0.retain(|known| known.ids.iter().any(is_listed));
        }
        let before = self.0.len();
        // Wherever it stands in the list.
        let mut by_age: Vec<_> = jobs.iter().collect();
        by_age.sort_by_key(|job| age(&job.id));
        for job in by_age {
            if self.0.iter().any(|known| known.is(job)) {
                continue;
            }
            let mut known = self.0.iter_mut().enumerate();
            let earlier = known.find(|(index, known)| {
                known.stage == job.stage
                    && known.name == job.name
                    && known.is_over(jobs, *index < before)
            });
            let attempt = Arc::clone(&job.id);
            match earlier {
                Some((_, known)) => {
                    known.ids.retain(is_listed);
                    known.ids.push(attempt);
                    known.ids.sort_by_key(|id| age(id));
                }
                None => self.0.push(KnownJob {
                    unit: Arc::clone(&attempt),
                    stage: job.stage,
                    name: Arc::clone(&job.name),
                    ids: vec![attempt],
                }),
            }
        }
        jobs.retain_mut(|job| {
            let known = self.0.iter().find(|known| known.is(job));
            known.is_none_or(|known| {
                job.unit = Arc::clone(&known.unit);
                known.ids.last() == Some(&job.id)
            })
        });
    }

    /// The id of the latest attempt of the job that this unit stands for.
    pub(super) fn latest_of<'a>(&'a self, unit: &'a str) -> &'a str {
        let known = self.0.iter().find(|known| *known.unit == *unit);
        known
            .and_then(|known| known.ids.last())
            .map_or(unit, |id| id)
    }
}

impl KnownJob {
    /// Whether the job is one of its attempts.
    fn is(&self, job: &RunJob) -> bool {
        self.stage == job.stage && self.ids.contains(&job.id)
    }

    /// Whether another job of its name is another attempt, and not a job beside it: its last one is gone, or
    /// did not succeed. One that `was_known` before the other came may have ended in any way.
    fn is_over(&self, jobs: &[RunJob], was_known: bool) -> bool {
        let mut own = jobs.iter().filter(|job| job.stage == self.stage);
        let last = own.find(|job| self.ids.last() == Some(&job.id));
        last.is_none_or(|last| {
            let has_failed = matches!(last.state, UnitState::Failed | UnitState::Cancelled);
            has_failed || was_known && last.state.ended()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UnitState::{Cancelled, Failed, Pending, Running, Succeeded};

    fn job(id: &str, name: &str, state: UnitState) -> RunJob {
        RunJob {
            id: id.into(),
            unit: id.into(),
            name: name.into(),
            stage: 1,
            state,
            ..RunJob::default()
        }
    }

    /// The units of each response, as `unit:attempt`.
    fn units(responses: &[&[(&str, UnitState)]]) -> Vec<String> {
        let mut attempts = Attempts::default();
        let shown = responses.iter().map(|jobs| {
            let jobs = jobs.iter().map(|(id, state)| job(id, "deploy", *state));
            let mut jobs: Vec<_> = jobs.collect();
            attempts.keep_latest(&mut jobs);
            let units = jobs.iter().map(|job| format!("{}:{}", job.unit, job.id));
            units.collect::<Vec<_>>().join(" ")
        });
        shown.collect()
    }

    #[test]
    fn a_new_id_of_the_same_name_is_another_attempt() {
        for (responses, expected) in [
            // In its place, or beside it.
            (
                &[&[("1", Failed)][..], &[("2", Running)], &[("3", Running)]][..],
                &["1:1", "1:2", "1:3"][..],
            ),
            (
                &[
                    &[("1", Running)],
                    &[("1", Failed), ("2", Running)],
                    &[("1", Failed), ("2", Succeeded)],
                ],
                &["1:1", "1:2", "1:2"],
            ),
            (
                &[&[("1", Running)], &[("2", Running), ("1", Cancelled)]],
                &["1:1", "1:2"],
            ),
            (
                &[&[("1", Succeeded)], &[("1", Succeeded), ("2", Running)]],
                &["1:1", "1:2"],
            ),
            // Whichever comes first in the list.
            (&[&[("10", Succeeded), ("9", Failed)]], &["9:10"]),
            (
                &[&[("2", Succeeded)], &[("2", Succeeded), ("1", Failed)]],
                &["2:2", "2:2"],
            ),
            // From the start, whatever comes between.
            (
                &[
                    &[("1", Failed), ("2", Failed), ("3", Pending)],
                    &[],
                    &[("3", Failed), ("4", Running)],
                ],
                &["1:3", "", "1:4"],
            ),
        ] {
            assert_eq!(units(responses), expected);
        }
    }

    #[test]
    fn jobs_beside_each_other_may_have_one_name() {
        for responses in [
            &[
                &[("1", Running), ("2", Running)][..],
                &[("1", Failed), ("2", Running)],
                &[("1", Failed), ("2", Succeeded)],
            ][..],
            &[
                &[("1", Succeeded), ("2", Running)],
                &[("1", Succeeded), ("2", Failed)],
            ],
            &[&[("1", Succeeded), ("2", Failed)]],
        ] {
            assert!(units(responses).iter().all(|units| units == "1:1 2:2"));
        }
        let mut attempts = Attempts::default();
        let mut other = vec![
            job("1", "a", Failed),
            job("2", "b", Running),
            job("c", "c", Running),
            job("d", "d", Running),
        ];
        attempts.keep_latest(&mut other);
        let units: Vec<_> = other.iter().map(|job| &*job.unit).collect();
        assert_eq!(units, ["1", "2", "c", "d"]);
        // In another stage it is another job, whatever its id.
        let mut moved = job("1", "a", Running);
        moved.stage = 2;
        let mut both = vec![job("1", "a", Failed), moved];
        attempts.keep_latest(&mut both);
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn jobs_without_end_fill_no_memory() {
        let mut attempts = Attempts::default();
        for poll in 0..20 {
            for count in [2_000, MAX_JOBS] {
                let mut jobs: Vec<_> = (0..count)
                    .map(|n| job(&format!("{poll}-{n}"), &format!("{poll}-{n}"), Failed))
                    .collect();
                attempts.keep_latest(&mut jobs);
                assert_eq!(jobs.len(), count);
                assert!(attempts.0.len() <= 2 * MAX_JOBS);
            }
        }
    }
}
