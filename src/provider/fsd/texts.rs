//! Messages about an installer and its history.

use crate::message::Message;
use crate::poll::PollError;

/// Adds what to do about a refusal.
pub(super) fn hint(error: PollError) -> PollError {
    let hint = match error.status {
        // Any other path is a page for people [O], and so is another server.
        Some(404) => Message::new(
            "is this the installer's port? The endpoint is http://HOST:1236, without a path",
            "这是安装器的端口吗？端点形如 http://HOST:1236，后面不带路径",
        ),
        Some(405) => Message::new(
            "this installer does not support the operation: check --operation",
            "此安装器不支持该操作，请检查 --operation",
        ),
        _ => return error,
    };
    error.with_hint(hint)
}

/// The installer is asked too often.
pub(super) fn short_interval() -> Message {
    Message::new(
        "an --interval under 1s can make the installer lose the record of a step",
        "--interval 小于 1s 可能使安装器丢失步骤记录",
    )
}

/// The history had a run and has none any more.
pub(super) fn history_gone() -> Message {
    Message::new(
        "the installer's history has no run any more",
        "安装器的历史中已没有任何记录",
    )
}

/// Every step has succeeded, but the history does not say that the run has ended.
pub(super) fn still_in_history() -> Message {
    Message::new(
        "every step has succeeded, but the installer's history does not say that the run has ended",
        "所有步骤均已成功，但安装器的历史并未显示本次运行已结束",
    )
}

/// Every step has succeeded, but the run has failed by the history.
pub(super) fn failed_in_history() -> Message {
    Message::new(
        "every step has succeeded, but the installer's history says that the run has failed",
        "所有步骤均已成功，但安装器的历史显示本次运行失败",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn all_is_said_in_chinese() {
        for message in [
            short_interval(),
            history_gone(),
            still_in_history(),
            failed_in_history(),
        ] {
            assert_chinese(&message);
        }
    }
}
