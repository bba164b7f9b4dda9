//! Messages about deploy orders and the runs that make them.

use super::run::RunJob;
use crate::message::Message;
use crate::model::UnitState;
use crate::poll::PollError;
use crate::text;

/// No single one of the run's jobs is the `wanted` one.
pub(super) fn which_job(wanted: Option<&str>, jobs: &[&RunJob]) -> Message {
    let names = jobs.iter().map(|job| {
        let RunJob { id, name, .. } = job;
        Message::new(format!("{name} (id {id})"), format!("{name}（id {id}）"))
    });
    let names: Vec<_> = names.collect();
    let en = names.iter().map(Message::en).collect::<Vec<_>>().join(", ");
    let zh = names.iter().map(Message::zh).collect::<Vec<_>>().join("、");
    match wanted.map(text::name) {
        None => Message::new(
            format!("the run has several deploy jobs; choose one with --job: {en}"),
            format!("本次运行有多个部署任务，请用 --job 选定一个：{zh}"),
        ),
        Some(wanted) if jobs.is_empty() => Message::new(
            format!("the run has no job {wanted}"),
            format!("本次运行没有任务 {wanted}"),
        ),
        Some(wanted) => Message::new(
            format!("the run does not have exactly one job {wanted}; its jobs are: {en}"),
            format!("任务 {wanted} 不存在或不唯一，本次运行的任务有：{zh}"),
        ),
    }
}

pub(super) fn found_order(order: &str, run: Option<&str>) -> Message {
    match run {
        Some(run) => Message::new(
            format!("watching deploy order {order} of run {run}"),
            format!("正在跟踪运行 {run} 的部署单 {order}"),
        ),
        None => Message::new(
            format!("watching deploy order {order}"),
            format!("正在跟踪部署单 {order}"),
        ),
    }
}

pub(super) fn found_run(run: &str) -> Message {
    Message::new(format!("watching run {run}"), format!("正在跟踪运行 {run}"))
}

pub(super) fn no_jobs() -> Message {
    Message::new(
        "the run reports SUCCESS, but has no jobs",
        "本次运行显示 SUCCESS，却没有任何任务",
    )
}

/// A run reports success, and a part of it something else; the part may have no name.
pub(super) fn contradicted(name: Option<&str>, state: UnitState) -> Message {
    let (en, zh) = match state {
        UnitState::Failed => ("failed", "失败"),
        UnitState::Cancelled => ("was cancelled", "已取消"),
        _ => ("has not ended", "尚未结束"),
    };
    Message::new(
        format!(
            "the run reports SUCCESS, but {} {en}",
            name.unwrap_or("a part of it")
        ),
        format!(
            "本次运行显示 SUCCESS，但{}{zh}",
            name.map_or_else(|| "其中一部分".to_owned(), |name| format!("“{name}”"))
        ),
    )
}

pub(super) fn machines_unread(order: &str, error: &PollError) -> Message {
    Message::new(
        format!("cannot read the machines of deploy order {order}"),
        format!("无法读取部署单 {order} 的机器"),
    )
    .with_detail(&error.message)
    .with_hint(error.hint())
}

pub(super) fn more_orders(limit: usize) -> Message {
    Message::new(
        format!("only the machines of the first {limit} deploy orders are shown"),
        format!("只显示前 {limit} 个部署单的机器"),
    )
}

pub(super) fn no_order_yet() -> Message {
    Message::new(
        "the run has not made its deploy order yet",
        "本次运行尚未生成部署单",
    )
}

pub(super) fn at_gate(name: &str) -> Message {
    Message::new(
        format!("the run waits at the gate {name} for approval"),
        format!("本次运行停在卡点“{name}”，等待人工放行"),
    )
}

pub(super) fn ended_without_order() -> Message {
    Message::new(
        "the run ended before it made a deploy order",
        "本次运行已结束，没有生成部署单",
    )
}

/// The same where none of its jobs makes one.
pub(super) fn ended_without_deployment() -> Message {
    Message::new(
        "the run ended and none of its jobs makes a deploy order; --whole-run watches the run itself",
        "本次运行已结束，其中没有任务会生成部署单；--whole-run 可跟踪整个运行",
    )
}

pub(super) fn job_failed() -> Message {
    Message::new(
        "the order still runs after a failure, but the job that made it failed",
        "部署单在失败后仍显示运行中，但生成它的任务已经失败",
    )
}

pub(super) fn nothing_deployed() -> Message {
    Message::new(
        "the run succeeded without a deploy order: there is nothing to watch; --whole-run watches \
         the run itself",
        "本次运行已成功结束，但没有生成部署单，没有可跟踪的部署；--whole-run 可跟踪整个运行",
    )
}

pub(super) fn new_run_hint() -> Message {
    Message::new(
        "it had already ended when the watch started: --fresh waits for a new run",
        "开始跟踪时它已结束；--fresh 会等待新的运行",
    )
}

/// A deploy order of the run waits after a failure, and the run is reported as running: its word stands.
pub(super) fn order_waits_warning() -> Message {
    Message::new(
        "a deploy order waits for a person after a failure, but the run is still reported as running; \
         --fail-fast or --stall-timeout would end the watch",
        "有部署单在失败后等待人工处理，而平台仍显示本次运行在进行中；可用 --fail-fast 或 --stall-timeout \
         结束跟踪",
    )
}

/// The response tells how the run stood before it was started again.
pub(super) fn earlier_state() -> Message {
    Message::new(
        "the response is from before the run was started again",
        "返回的是重新运行之前的状态",
    )
}

pub(super) fn runs_on_warning() -> Message {
    Message::new(
        "a machine failed and nothing else is in progress, but the order is still reported as \
         running; --fail-fast or --stall-timeout would end the watch",
        "已有机器失败，其余均无进展，而平台仍显示运行中；可用 --fail-fast 或 --stall-timeout 结束跟踪",
    )
}

pub(super) fn exception_code(code: &str) -> Message {
    Message::new(format!("exception code {code}"), format!("异常码 {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn all_is_said_in_chinese() {
        let job = RunJob {
            id: "1".into(),
            name: "deploy".into(),
            ..RunJob::default()
        };
        for message in [
            which_job(None, &[&job, &job]),
            which_job(Some("x-1"), &[&job]),
            which_job(Some("x-1"), &[]),
            found_order("1", Some("2")),
            found_order("1", None),
            no_order_yet(),
            at_gate("x-1"),
            ended_without_order(),
            ended_without_deployment(),
            job_failed(),
            nothing_deployed(),
            new_run_hint(),
            runs_on_warning(),
            order_waits_warning(),
            earlier_state(),
            exception_code("x-1"),
            found_run("1"),
            no_jobs(),
            contradicted(Some("x-1"), UnitState::Failed),
            contradicted(None, UnitState::Running),
            machines_unread("1", &PollError::retryable(found_run("1"), None)),
            more_orders(2),
        ] {
            assert_chinese(&message);
        }
    }
}
