//! The jobs of a run over their attempts. A job that is run again has a new id [O]; it stays the same unit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::run::RunJob;
use crate::model::UnitState;

/// The most jobs of one name in a stage, attempts included, of which the attempts are told: real ones are far
/// fewer.
const MAX_OF_A_NAME: usize = 100;
/// The most names that are kept though the run has them no more.
const MAX_NAMES: usize = 500;

/// The jobs that the run was seen to have, by their stage and name.
#[derive(Default)]
pub(super) struct Attempts(BTreeMap<(u32, Arc<str>), Vec<KnownJob>>);

struct KnownJob {
    /// The id of its first attempt, or its name.
    unit: Arc<str>,
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
        let key = |job: &RunJob| (job.stage, Arc::clone(&job.name));
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for job in &*jobs {
            by_name.entry(key(job)).or_default().push(job);
        }
        if self.0.len() > MAX_NAMES {
            self.0.retain(|name, _| by_name.contains_key(name));
        }
        for (name, jobs) in by_name {
            let known = self.0.entry(name).or_default();
            match jobs.len() > MAX_OF_A_NAME {
                true => known.clear(),
                false => take_in(known, jobs),
            }
        }
        jobs.retain_mut(|job| {
            let mut known = self.0[&key(job)].iter();
            let known = known.find(|known| known.ids.contains(&job.id));
            known.is_none_or(|known| {
                job.unit = Arc::clone(&known.unit);
                known.ids.last() == Some(&job.id)
            })
        });
    }

    /// The id of the latest attempt of the job that this unit stands for.
    pub(super) fn latest_of<'a>(&'a self, unit: &'a str) -> &'a str {
        let known = self.0.values().flatten().find(|known| *known.unit == *unit);
        known
            .and_then(|known| known.ids.last())
            .map_or(unit, |id| id)
    }
}

/// Takes in the jobs of one name and stage.
fn take_in(known: &mut Vec<KnownJob>, mut jobs: Vec<&RunJob>) {
    let states = jobs.iter().rev().map(|job| (&job.id, job.state));
    let states: HashMap<_, _> = states.collect();
    let is_listed = |id: &Arc<str>| states.contains_key(id);
    if known.len() > MAX_OF_A_NAME {
        known.retain(|known| known.ids.iter().any(is_listed));
    }
    let before = known.len();
    // Wherever it stands in the list.
    jobs.sort_by_key(|job| age(&job.id));
    for job in jobs {
        if known.iter().any(|known| known.ids.contains(&job.id)) {
            continue;
        }
        // Another job of a name is another attempt, and not a job beside it, where the last one is gone or did not
        // succeed. One that was known before the other came may have ended in any way.
        let is_over = |(index, known): &(usize, &mut KnownJob)| {
            let last = known.ids.last().and_then(|id| states.get(id));
            last.is_none_or(|last| {
                let has_failed = matches!(last, UnitState::Failed | UnitState::Cancelled);
                has_failed || *index < before && last.ended()
            })
        };
        let attempt = Arc::clone(&job.id);
        match known.iter_mut().enumerate().find(is_over) {
            Some((_, known)) => {
                known.ids.retain(is_listed);
                known.ids.push(attempt);
                known.ids.sort_by_key(|id| age(id));
            }
            None => known.push(KnownJob {
                unit: Arc::clone(&attempt),
                ids: vec![attempt],
            }),
        }
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
    fn a_long_run_has_attempts_too() {
        let others = (0..600).map(|n| job(&format!("{n}"), &format!("job {n}"), Succeeded));
        let mut jobs: Vec<_> = others.collect();
        jobs.insert(0, job("1000", "deploy", Failed));
        jobs.push(job("1001", "deploy", Succeeded));
        Attempts::default().keep_latest(&mut jobs);
        assert!(jobs.iter().all(|job| job.state == Succeeded));
        let deploys = jobs.iter().filter(|job| *job.name == *"deploy");
        let units: Vec<_> = deploys.map(|job| [&*job.unit, &*job.id]).collect();
        assert_eq!(units, [["1000", "1001"]]);
    }

    #[test]
    fn jobs_without_end_take_neither_memory_nor_time() {
        let mut attempts = Attempts::default();
        for poll in 0..20 {
            for count in [2_000, MAX_NAMES] {
                let mut jobs: Vec<_> = (0..count)
                    .map(|n| job(&format!("{poll}-{n}"), &format!("{poll}-{n}"), Failed))
                    .collect();
                attempts.keep_latest(&mut jobs);
                assert_eq!(jobs.len(), count);
                assert!(attempts.0.len() <= MAX_NAMES + count);
            }
        }
        for name in ["deploy", "deploy", "other"] {
            let jobs = (0..100_000).map(|n| job(&format!("{name}{n}"), name, Running));
            let mut jobs: Vec<_> = jobs.collect();
            attempts.keep_latest(&mut jobs);
            assert_eq!(jobs.len(), 100_000);
        }
        for poll in 0..20 {
            let jobs = (0..MAX_OF_A_NAME).map(|n| job(&format!("{poll}-{n}"), "one", Running));
            let mut jobs: Vec<_> = jobs.collect();
            attempts.keep_latest(&mut jobs);
            assert_eq!(jobs.len(), MAX_OF_A_NAME);
        }
        let known: usize = attempts.0.values().map(Vec::len).sum();
        assert!(known <= 2 * (MAX_NAMES + MAX_OF_A_NAME), "{known}");
    }
}
