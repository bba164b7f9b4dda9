//! `--fresh` where runs have ids: which of them had ended when the watch began.

use super::json::same_id;

/// The runs that had ended when the watch began. One answer alone may be odd, so that neither makes it a run
/// the one before nor another one the one that is meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EarlierRuns {
    ids: Vec<String>,
    /// Whether one of them was found in two answers in a row.
    are_confirmed: bool,
    /// The run of the last answer, where it had ended.
    last: Option<String>,
}

impl EarlierRuns {
    /// Takes in which run an answer is about and whether it has ended, and tells whether it is the one that is
    /// meant: one that goes on, or another than the earlier ones that is found twice.
    pub(super) fn is_new(&mut self, id: &str, has_ended: bool) -> bool {
        let is_earlier = self.contains(id);
        if !has_ended && !is_earlier {
            return true;
        }
        let is_repeated = self.last.as_deref().is_some_and(|last| same_id(last, id));
        self.last = Some(id.to_owned());
        if is_earlier {
            self.are_confirmed |= is_repeated;
        } else if !self.are_confirmed {
            self.ids.push(id.to_owned());
        }
        !is_earlier && self.are_confirmed && is_repeated
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
        // A letter for the run of each answer, a capital one where it goes on; `-` where it is new.
        for (answers, expected) in [
            ("aaa", "..."),
            ("B", "-"),
            ("aB", ".-"),
            ("aaB", "..-"),
            // It came and went between two polls.
            ("aabb", "...-"),
            ("aabcb", "....."),
            ("aaba", "...."),
            // Which of two is odd is not known.
            ("abbb", "...."),
            ("abab", "...."),
            ("abaac", "....."),
            ("abaacc", ".....-"),
            // An earlier one stays one, whatever is said of it.
            ("aA", ".."),
        ] {
            let mut runs = EarlierRuns::default();
            let found = answers.chars().map(|answer| {
                let id = answer.to_lowercase().to_string();
                let is_new = runs.is_new(&id, answer.is_lowercase());
                if is_new { '-' } else { '.' }
            });
            assert_eq!(found.collect::<String>(), expected, "{answers}");
        }
    }
}
