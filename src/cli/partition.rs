//! The part of a list that one of several jobs watches.

use std::fmt;
use std::str::FromStr;

use crate::message::Message;

/// The hint where there are more deployments than one process can watch.
pub(crate) fn partition_advice() -> Message {
    const COMMAND: &str = "`deploywatch all FILE --partition N/M`";
    Message::new(
        format!("watch a part of them with {COMMAND}"),
        format!("可用 {COMMAND} 跟踪其中一部分"),
    )
}

/// `--partition N/M`: every `of`-th deployment. Engines count their jobs from 0 or from 1, so that both 0
/// and M stand for the last part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    number: usize,
    of: usize,
}

impl Partition {
    /// Whether the deployment at `index`, from 0, is in this part.
    pub(crate) fn contains(self, index: usize) -> bool {
        (index + 1) % self.of == self.number % self.of
    }
}

impl FromStr for Partition {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || {
            Message::new(
                "write N/M, N from 0 to M, for example 1/4",
                "分片写作 N/M，N 从 0 到 M，例如 1/4",
            )
        };
        let (number, of) = text.split_once('/').ok_or_else(error)?;
        let parse = |digits: &str| {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| is_plain).ok_or_else(error)
        };
        let (number, of) = (parse(number)?, parse(of)?);
        if of == 0 || number > of {
            return Err(error());
        }
        Ok(Self { number, of })
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deployment_is_in_one_part_however_the_parts_are_counted() {
        for of in 1..=7 {
            for first in [0, 1] {
                for index in 0..20 {
                    let parts = (first..first + of).map(|number| Partition { number, of });
                    assert_eq!(parts.filter(|part| part.contains(index)).count(), 1);
                }
            }
        }
        let part: Partition = "2/4".parse().expect("a part");
        let indices: Vec<_> = (0..10).filter(|index| part.contains(*index)).collect();
        assert_eq!(indices, [1, 5, 9]);
    }

    #[test]
    fn a_part_is_two_numbers() {
        for good in ["0/1", "1/1", "4/4", "0/4", "3/100"] {
            let part: Partition = good.parse().expect(good);
            assert_eq!(part.to_string(), good);
        }
        for bad in [
            "", "1", "/", "1/", "/2", "5/4", "0/0", "1/0", "-1/4", "+1/4", "1/4/4", "a/4", "1 / 4",
        ] {
            bad.parse::<Partition>().expect_err(bad);
        }
    }
}
