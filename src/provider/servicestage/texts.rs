//! Messages about a release and its components.

use crate::message::Message;
use crate::model::{UnitKind, UnitState};
use crate::provider::messages;
use crate::text;

/// The release task itself is refused, and how.
pub(super) fn plan_refused(refusal: &Message) -> Message {
    Message::new(
        "the release task cannot be read, so its components alone decide",
        "无法读取发布任务本身，仅依据各组件判断",
    )
    .with_detail(refusal)
}

/// Nothing more is to come, but the word of the release task is not that of an end.
pub(super) fn no_end(status: &str) -> Message {
    Message::new(
        format!("nothing changes any more, but the release task still says {status}"),
        format!("已无任何变化，但发布任务的状态仍是 {status}"),
    )
}

/// The release task says that it succeeded, which so many of its components do not confirm.
pub(super) fn contradicted(status: &str, succeeded: usize, total: usize) -> Message {
    Message::new(
        format!("the release task says {status}, but {succeeded} of {total} components succeeded"),
        format!("发布任务的状态是 {status}，但 {total} 个组件中只有 {succeeded} 个成功"),
    )
}

pub(super) fn rolling_back() -> Message {
    Message::new("rolling back", "正在回滚")
}

pub(super) fn rolled_back() -> Message {
    Message::new("rolled back", "已回滚")
}

pub(super) fn rollback_failed() -> Message {
    Message::new("rollback failed", "回滚失败")
}

/// The component's own status, where it is beside the state.
pub(super) fn own_status(status: &str) -> Message {
    let status = text::message(status);
    Message::new(format!("status {status}"), format!("状态 {status}"))
}

/// Components failed, and no other is in progress.
pub(super) fn nothing_moves(failed: usize) -> Message {
    let failed = messages::units(failed, UnitKind::Component, UnitState::Failed);
    Message::new(
        format!("{failed}, and nothing else is in progress"),
        format!("{}，其余均无进展", failed.zh()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn all_is_said_in_chinese() {
        let problem = Message::new("empty response", "响应为空");
        for message in [
            plan_refused(&problem),
            no_end("RUNNING"),
            contradicted("SUCCESS", 1, 2),
            rolling_back(),
            rolled_back().with_detail(&problem),
            rollback_failed(),
            own_status("x-1"),
            nothing_moves(1),
        ] {
            assert_chinese(&message);
        }
    }
}
