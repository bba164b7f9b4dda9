//! `--fresh` where runs have ids: which of them had ended when the watch began.

use super::json::same_id;
use super::messages;
use crate::message::Message;
use crate::model::Phase;

/// The id that stands for "no run yet".
const NONE: &str = "";

/// The runs that had ended when the watch began: the first that is found so, unless it goes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierRuns {
    ids: Vec<String>,
    /// The run of the last answer, where it had ended.
    last: Option<String>,
}

impl EarlierRuns {
    /// Takes in which run an answer is about, and tells whether it is the one that is meant: one that goes on, or
    /// another than the earlier one that is found twice, for one answer alone may be odd. "Start it, then watch"
    /// races: the latest run may be the one before, which may have succeeded. `id` is from the field of this name.
    ///
    /// # Errors
    /// The answer does not tell.
    pub(super) fn admits(
        &mut self,
        (field, id): (&str, Option<&str>),
        phase: Phase,
        has_ended: bool,
    ) -> Result<bool, Message> {
        let id = id.ok_or_else(|| messages::fresh_needs(field))?;
        let is_earlier = self.contains(id);
        if !has_ended && !is_earlier {
            return match phase {
                Phase::Unknown => Err(messages::ended_unknown()),
                _ => Ok(true),
            };
        }
        let is_repeated = self.repeats(id);
        if self.ids.is_empty() {
            self.ids.push(id.to_owned());
            return Ok(false);
        }
        Ok(!is_earlier && is_repeated)
    }

    /// Takes in that there was no run yet. Two answers in a row prove it.
    pub(super) fn take_never_run(&mut self) {
        if self.repeats(NONE) && self.ids.is_empty() {
            self.ids.push(NONE.to_owned());
        }
    }

    /// Whether the answer before was about this run as well.
    fn repeats(&mut self, id: &str) -> bool {
        let last = self.last.replace(id.to_owned());
        last.is_some_and(|last| same_id(&last, id))
    }

    /// Whether a run is an earlier one.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.ids.iter().any(|earlier| same_id(earlier, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_is_new_and_another_that_has_ended_is_found_twice() {
        // A letter for the run of each answer, a capital one where it goes on, 0 for none yet; `-` where it is
        // new.
        for (answers, expected) in [
            ("aaa", "..."),
            ("B", "-"),
            ("aB", ".-"),
            // It came and went between two polls.
            ("abb", "..-"),
            ("abab", "...."),
            ("abcb", "...."),
            ("abcc", "...-"),
            // An earlier one stays one, whatever is said of it.
            ("aA", ".."),
            // That there was no run is found twice, too.
            ("0aa", "..."),
            ("00aa", "...-"),
            ("0a00a", "....."),
            ("0A", ".-"),
            ("00A", "..-"),
        ] {
            let mut runs = EarlierRuns::default();
            let found = answers.chars().map(|answer| {
                if answer == '0' {
                    runs.take_never_run();
                    return '.';
                }
                let id = answer.to_lowercase().to_string();
                let phase = match answer.is_lowercase() {
                    true => Phase::Failed,
                    false => Phase::Running,
                };
                let is_new = runs.admits(("id", Some(&id)), phase, phase.has_ended());
                if is_new.expect("an id") { '-' } else { '.' }
            });
            assert_eq!(found.collect::<String>(), expected, "{answers}");
        }
    }
}
