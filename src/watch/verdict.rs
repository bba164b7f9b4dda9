//! The verdict and its reason: functions of what was found and of the options.

use std::time::Duration;

use crate::cli::options::{OnPause, WatchOptions};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unit, UnitState};
use crate::outcome::{Cause, Signal};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::text;

/// Caveats of a success that a reason names.
const MAX_CAVEATS: usize = 10;

/// Why a watch ends, and the same in words.
pub(super) type Decision = (Cause, Message);

/// The verdict of a good response; none where the watch goes on. `phase` is what one poll, or two, make of it,
/// with the message about it; none while the second is awaited.
pub(super) fn of_response(
    snapshot: &Snapshot,
    phase: Option<Phase>,
    message: Option<&Message>,
    options: &WatchOptions,
) -> Option<Decision> {
    let has_failed = |unit: &&Unit| unit.state == UnitState::Failed;
    if options.fail_fast
        && let Some(unit) = snapshot.units.iter().find(has_failed)
    {
        let name = &unit.name;
        let reason = Message::new(
            format!("{name} failed (--fail-fast)"),
            format!("{name} 失败（--fail-fast）"),
        );
        return Some((Cause::FailFast, reason.with_detail(unit.detail.as_ref())));
    }
    let (phase, caveats) = (phase?, &snapshot.success_caveats);
    if phase == Phase::Succeeded && options.strict && !caveats.is_empty() {
        return Some((Cause::Strict, strict(caveats)));
    }
    Some((of_phase(phase, options)?, reason(phase, message)))
}

/// The cause with which a phase ends the watch; none where the watch goes on. `Succeeded` is said here only.
fn of_phase(phase: Phase, options: &WatchOptions) -> Option<Cause> {
    match phase {
        Phase::Succeeded => Some(Cause::Succeeded),
        Phase::Failed => Some(Cause::Failed),
        Phase::RolledBack => Some(Cause::RolledBack),
        Phase::Cancelled => Some(Cause::Cancelled),
        Phase::Ended => Some(Cause::Contradictory),
        Phase::PausedAfterFailure if options.on_pause != OnPause::Wait => {
            Some(Cause::PausedAfterFailure)
        }
        Phase::Paused if options.on_pause == OnPause::Exit => Some(Cause::Paused),
        Phase::Paused | Phase::PausedAfterFailure => options.once.then_some(Cause::Paused),
        Phase::Pending | Phase::Running | Phase::Unknown => options.once.then_some(Cause::Running),
    }
}

/// Why a phase ended the watch, with what the provider says about it.
fn reason(phase: Phase, message: Option<&Message>) -> Message {
    let (en, zh) = match phase {
        Phase::Succeeded => ("reported succeeded", "平台报告部署成功"),
        Phase::Failed => ("reported failed", "平台报告部署失败"),
        Phase::RolledBack => ("reported rolled back", "平台报告部署已回滚"),
        Phase::Cancelled => ("reported cancelled", "平台报告部署已取消"),
        // The verdict says that it is paused; what it waits for is news.
        Phase::Paused => match message {
            Some(message) => return message.clone(),
            None => ("waiting for a person", "等待人工处理"),
        },
        Phase::PausedAfterFailure => {
            let message = message.map_or(("a failure", String::new()), |message| {
                (message.en(), format!("：{}", message.zh()))
            });
            return Message::new(
                format!("paused after {}", message.0),
                format!("部署在失败后暂停{}", message.1),
            );
        }
        Phase::Ended => (
            "ended without a reported result",
            "部署已结束，但平台没有说明结果",
        ),
        Phase::Pending => ("not started yet", "部署尚未开始"),
        Phase::Running => ("still running", "部署仍在运行"),
        Phase::Unknown => ("in an unknown state", "部署状态未知"),
    };
    Message::new(en, zh).with_detail(message)
}

/// Names the first caveats of a success and counts the rest.
fn strict(caveats: &[Message]) -> Message {
    let (named, more) = caveats.split_at(caveats.len().min(MAX_CAVEATS));
    let more = (!more.is_empty()).then(|| {
        let more = more.len();
        Message::new(format!("{more} more"), format!("另有 {more} 项"))
    });
    let items: Vec<_> = named.iter().cloned().chain(more).collect();
    Message::new(
        "reported succeeded, but counts as failed (--strict)",
        "平台报告部署成功，但 --strict 判为失败",
    )
    .with_detail(&Message::list(&items))
}

/// The verdict of a failed poll that polling again will not help; none where it may.
pub(super) fn of_error(error: &PollError) -> Option<Decision> {
    let (cause, hint) = match &error.retry {
        Retry::Retryable { .. } => return None,
        Retry::Ambiguous => (Cause::Usage, None),
        Retry::EndOfRecording => (Cause::Lost, Some(end_unknown())),
        Retry::Refused { hint, kind } => {
            let cause = match kind {
                RefusalKind::SignIn => Cause::Unauthorized,
                RefusalKind::Certificate => Cause::Untrusted,
                RefusalKind::Request if error.status == Some(404) => Cause::NotFound,
                RefusalKind::Request | RefusalKind::Connection => Cause::Refused,
            };
            (cause, hint.clone())
        }
    };
    Some((cause, error.message.with_hint(hint.as_ref())))
}

/// Polls failed for too long, at last with `error`; `offline` is zero where the first failure was too much.
pub(super) fn lost(offline: Duration, error: &PollError, check_endpoint: bool) -> Decision {
    let cause = match error.status {
        // It came, and could not be used.
        Some(200..300) => Cause::Unreadable,
        _ => Cause::Lost,
    };
    let reason = if offline.is_zero() {
        Message::new("no valid response", "没有有效响应")
    } else {
        let offline = text::duration(offline);
        Message::new(
            format!("no valid response for {offline}; last error"),
            format!("{offline} 内没有有效响应，最后一次错误"),
        )
    };
    let reason = reason.with_detail(&error.message).with_hint(&end_unknown());
    let endpoint = Message::new("check --endpoint", "请检查 --endpoint");
    (cause, reason.with_hint(check_endpoint.then_some(&endpoint)))
}

fn end_unknown() -> Message {
    Message::new("how the deployment ends is unknown", "部署最终结果未知")
}

/// `--timeout` is over; the phase is none where no poll has succeeded.
pub(super) fn timed_out(limit: Duration, phase: Option<Phase>) -> Decision {
    let limit = humantime::format_duration(limit);
    let reason = match phase {
        Some(phase) => Message::new(
            format!("still {} after --timeout {limit}", phase.as_str()),
            format!("到达 --timeout {limit} 时尚未结束"),
        ),
        None => Message::new(
            format!("no valid response within --timeout {limit}"),
            format!("--timeout {limit} 内没有有效响应"),
        ),
    };
    (Cause::Timeout, reason)
}

/// It has taken twice as long as any past deployment, of which the longest took so long.
pub(super) fn overdue(longest: Duration) -> Message {
    let (longest, twice) = (
        text::duration(longest),
        text::duration(longest.saturating_mul(2)),
    );
    Message::new(
        format!(
            "it has been running for {twice}, twice as long as the longest one that is remembered \
             ({longest})"
        ),
        format!("已运行 {twice}，是记录中最长一次（{longest}）的两倍"),
    )
}

/// `--stall-timeout` is over.
pub(super) fn stalled(limit: Duration) -> Decision {
    let limit = humantime::format_duration(limit);
    let reason = Message::new(
        format!("no change for --stall-timeout {limit}"),
        format!("--stall-timeout {limit} 内没有任何变化"),
    );
    (Cause::Stalled, reason)
}

pub(super) fn interrupted(signal: Signal) -> Decision {
    let (en, zh) = match signal {
        Signal::Interrupt => ("received SIGINT", "收到 SIGINT"),
        Signal::Terminate => ("received SIGTERM", "收到 SIGTERM"),
        Signal::Hangup => ("the terminal was closed", "终端已关闭"),
        Signal::Pipe => ("stdout was closed", "stdout 已关闭"),
    };
    (Cause::Interrupted(signal), Message::new(en, zh))
}

/// The end of another deployment of the list ended the watch of all.
pub(super) fn cancelled_by_another() -> Decision {
    let reason = Message::new(
        "not finished when another deployment ended the watch",
        "另一个部署结束了全部跟踪，而它尚未结束",
    );
    (Cause::Running, reason)
}

/// The end of a list: the most severe one of its deployments.
pub(super) fn of_list(causes: &[Cause]) -> Option<Decision> {
    let worst = causes.iter().max_by_key(|cause| cause.verdict())?;
    let succeeded = |cause: &&Cause| **cause == Cause::Succeeded;
    let (total, count) = (causes.len(), causes.iter().filter(succeeded).count());
    let reason = Message::new(
        format!("{count} of {total} succeeded"),
        format!("共 {total} 个部署，{count} 个成功"),
    );
    Some((*worst, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;
    use crate::model::{UnitInfo, UnitKind};

    fn options() -> WatchOptions {
        WatchOptions {
            interval: Duration::from_secs(3),
            timeout: None,
            stall_timeout: None,
            max_offline: None,
            on_pause: OnPause::Auto,
            fail_fast: false,
            strict: false,
            once: false,
            logs: 0,
            fresh: false,
            name: None,
            wait_for_start: None,
        }
    }

    fn verdict(snapshot: &Snapshot, options: &WatchOptions) -> Option<Cause> {
        let decision = of_response(snapshot, Some(snapshot.phase), None, options);
        decision.map(|(cause, _)| cause)
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
                let code =
                    verdict(&Snapshot::new(phase), &options).map(|cause| cause.verdict().code());
                assert_eq!(code, expected, "{phase:?} {on_pause:?} once: {once}");
            }
        }
    }

    #[test]
    fn what_a_second_poll_must_confirm_ends_nothing() {
        let snapshot = Snapshot::new(Phase::Succeeded);
        assert_eq!(of_response(&snapshot, None, None, &options()), None);
    }

    #[test]
    fn a_failed_unit_is_a_failure_with_fail_fast_only() {
        let unit = Unit::new(UnitInfo {
            id: "a".into(),
            name: "a".into(),
            kind: UnitKind::Machine,
            batch: None,
            state: UnitState::Failed,
            detail: None,
            began: None,
            ended: None,
        });
        for phase in [Phase::Running, Phase::Paused, Phase::Succeeded] {
            let answer = Snapshot {
                units: vec![unit.clone()],
                ..Snapshot::new(phase)
            };
            let fail_fast = WatchOptions {
                fail_fast: true,
                ..options()
            };
            assert_eq!(verdict(&answer, &fail_fast), Some(Cause::FailFast));
            assert_ne!(verdict(&answer, &options()), Some(Cause::FailFast));
        }
    }

    #[test]
    fn a_flaw_makes_a_success_a_failure_with_strict_only() {
        let strict = WatchOptions {
            strict: true,
            ..options()
        };
        let skipped = [Message::verbatim("1 skipped")];
        for (phase, success_caveats, code) in [
            (Phase::Succeeded, &[][..], Some(Cause::Succeeded)),
            (Phase::Succeeded, &skipped, Some(Cause::Strict)),
            (Phase::Running, &skipped, None),
        ] {
            let answer = Snapshot {
                success_caveats: success_caveats.to_vec(),
                ..Snapshot::new(phase)
            };
            assert_eq!(verdict(&answer, &strict), code);
            let lenient = verdict(&answer, &options());
            assert_eq!(lenient == Some(Cause::Succeeded), phase == Phase::Succeeded);
        }
    }

    #[test]
    fn a_reason_names_some_of_the_flaws_and_counts_the_rest() {
        let caveats =
            (1..=MAX_CAVEATS + 5).map(|number| Message::verbatim(format!("{number} skipped")));
        let reason = strict(&caveats.collect::<Vec<_>>());
        assert!(
            reason.en().ends_with("10 skipped; 5 more") && !reason.en().contains("11 "),
            "{reason}"
        );
    }

    #[test]
    fn a_pause_after_a_failure_names_it_once() {
        let message = Message::new("1 machine failed; retry it", "1 台机器失败，请重试");
        let reason = reason(Phase::PausedAfterFailure, Some(&message));
        assert_eq!(reason.en(), "paused after 1 machine failed; retry it");
        assert_eq!(reason.zh(), "部署在失败后暂停：1 台机器失败，请重试");
    }

    #[test]
    fn what_is_not_an_answer_has_a_verdict_of_its_own() {
        let second = Duration::from_secs(1);
        let error = Message::new("empty response", "响应为空");
        let unread = PollError::retryable(error.clone(), Some(200));
        assert_eq!(of_error(&unread), None);
        let ended_by = |retry| {
            let error = PollError {
                retry,
                ..PollError::refused(error.clone(), Some(404))
            };
            of_error(&error).expect("an end")
        };
        let refused = |kind, hint: Option<&Message>| {
            ended_by(Retry::Refused {
                hint: hint.cloned(),
                kind,
            })
        };
        for ((cause, reason), code, word) in [
            (ended_by(Retry::Ambiguous), 2, "usage"),
            (ended_by(Retry::EndOfRecording), 6, "lost"),
            (lost(second, &unread, false), 6, "unreadable"),
            (lost(second, &unread, true), 6, "unreadable"),
            (lost(Duration::ZERO, &unread, false), 6, "unreadable"),
            (cancelled_by_another(), 7, "running"),
            (refused(RefusalKind::Request, Some(&error)), 5, "not_found"),
            (refused(RefusalKind::SignIn, None), 5, "unauthorized"),
            (refused(RefusalKind::Certificate, None), 5, "untrusted"),
            (refused(RefusalKind::Connection, None), 5, "refused"),
            (timed_out(second, Some(Phase::Running)), 124, "timeout"),
            (timed_out(second, None), 124, "timeout"),
            (stalled(second), 124, "stalled"),
            (interrupted(Signal::Interrupt), 130, "interrupted"),
            (interrupted(Signal::Terminate), 143, "interrupted"),
            (interrupted(Signal::Hangup), 129, "interrupted"),
            (interrupted(Signal::Pipe), 141, "interrupted"),
        ] {
            let name = serde_json::to_value(cause).expect("a word");
            assert_eq!(
                (cause.verdict().code(), name),
                (code, word.into()),
                "{reason}"
            );
            assert_chinese(&reason);
        }
    }

    #[test]
    fn every_reason_is_said_in_chinese() {
        let message = Message::new("1 skipped", "1 个已跳过");
        for phase in [
            Phase::Pending,
            Phase::Running,
            Phase::Paused,
            Phase::PausedAfterFailure,
            Phase::Succeeded,
            Phase::Failed,
            Phase::Cancelled,
            Phase::Ended,
            Phase::Unknown,
        ] {
            assert_chinese(&reason(phase, None));
            let reason = reason(phase, Some(&message));
            assert_chinese(&reason);
            assert!(reason.zh().contains("1 个已跳过"), "{phase:?}");
        }
        assert_chinese(&strict(&[message]));
    }

    #[test]
    fn the_worst_verdict_is_that_of_the_list() {
        use Cause::{Failed, Lost, Succeeded};
        for (verdicts, worst, reason) in [
            (&[Succeeded, Succeeded][..], Succeeded, "2 of 2 succeeded"),
            (&[Succeeded, Failed, Lost], Failed, "1 of 3 succeeded"),
        ] {
            let (verdict, told) = of_list(verdicts).expect("a verdict");
            assert_eq!((verdict, told.en()), (worst, reason));
            assert_chinese(&told);
        }
        assert_eq!(of_list(&[]), None);
    }
}
