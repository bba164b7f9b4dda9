//! What there is to say about a release and its components.

use crate::message::Message;
use crate::model::UnitKind;
use crate::provider::messages::units_failed;
use crate::text;

/// The release task itself cannot be read, and why.
pub(super) fn plan_unread(problem: &Message) -> Message {
    Message::new(
        "the release task cannot be read, so its components alone decide",
        "无法读取发布任务本身，仅依据各组件判断",
    )
    .with_detail(problem)
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
    let failed = units_failed(failed, UnitKind::Component);
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
            plan_unread(&problem),
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
