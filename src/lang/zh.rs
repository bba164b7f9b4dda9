//! Simplified Chinese. Durations stay as they are in English (`3m 05s`): that is how kubectl and
//! other tools show them everywhere.

use std::time::Duration;

use super::Words;
use crate::exit::{Signal, Verdict};
use crate::model::{self, Exposure, Note, Phase, UnitKind, UnitState};
use crate::text::duration;
use crate::watch::Reason;

/// Chinese.
pub(super) struct Zh;

/// The measure word and the noun of a unit.
const fn noun(kind: Option<UnitKind>) -> (&'static str, &'static str) {
    match kind {
        Some(UnitKind::Machine) => ("台", "机器"),
        Some(UnitKind::Step) => ("个", "步骤"),
        Some(UnitKind::Component) => ("个", "组件"),
        None => ("个", "单元"),
    }
}

/// `（text）` where there is one.
fn aside(text: Option<impl std::fmt::Display>) -> String {
    text.map(|text| format!("（{text}）")).unwrap_or_default()
}

impl Words for Zh {
    fn phase(&self, phase: Phase) -> &'static str {
        match phase {
            Phase::Pending => "等待开始",
            Phase::Running => "进行中",
            Phase::Paused => "已暂停",
            Phase::PausedAfterFailure => "失败后暂停",
            Phase::Succeeded => "成功",
            Phase::Failed => "失败",
            Phase::Cancelled => "已取消",
            Phase::Ended => "已结束，结果未知",
            Phase::Unknown => "状态未知",
        }
    }

    fn state(&self, state: UnitState) -> &'static str {
        match state {
            UnitState::Pending => "等待中",
            UnitState::Queued => "排队中",
            UnitState::Running => "进行中",
            UnitState::Succeeded => "成功",
            UnitState::Failed => "失败",
            UnitState::Skipped => "已跳过",
            UnitState::Cancelled => "已取消",
            UnitState::Unknown => "未知",
        }
    }

    fn verdict(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Succeeded => "成功",
            Verdict::Failed => "失败",
            Verdict::Cancelled => "已取消",
            Verdict::Paused => "已暂停",
            Verdict::Refused => "被拒绝",
            Verdict::Lost => "失去联系",
            Verdict::Running => "进行中",
            Verdict::TimedOut => "超时",
            Verdict::Interrupted(_) => "已中断",
            Verdict::Unclear => "信息不足",
        }
    }

    fn note(&self, note: &Note) -> String {
        match note {
            Note::Provider(text) => text.to_string(),
            Note::AwaitsConfirmation { batch, batches } => {
                let batch = batch.map(|batch| self.batch(batch, *batches));
                format!("等待人工确认{}", aside(batch))
            }
            Note::AwaitsDecision { failed, code } => {
                let code = code.as_ref().map(|code| format!("异常码 {code}"));
                format!("{failed} 个失败{}，等待人工重试、跳过或终止", aside(code))
            }
            Note::ExceptionCode(code) => format!("异常码 {code}"),
            Note::UnknownWord { field, word } => {
                format!("{field} 的值“{word}”未见于文档，既不视为结束，也不视为成功")
            }
            Note::Skipped(count) => format!("{count} 个已跳过"),
            Note::FailedInSuccess(count) => format!("{count} 个失败"),
            Note::EntityFailed { entity, operation } => {
                format!("{entity} 失败{}", aside(operation.as_ref()))
            }
            Note::RunsOnAfterFailure => {
                "已有失败，其余均无进展，而平台仍显示运行中；可用 --fail-fast 或 --stall-timeout \
                 结束跟踪"
                    .into()
            }
            Note::OtherId { asked, answered } => {
                format!("查询的是 {asked}，返回的却是 {answered}")
            }
            Note::MayBeEarlier(pins) => format!(
                "开始跟踪时它已经结束，可能是更早的一次；加上 {} 即可确定",
                model::alternatives(pins, "、", " 或 ")
            ),
            Note::FoundOrder { order, run } => match run {
                Some(run) => format!("正在跟踪运行 {run} 的部署单 {order}"),
                None => format!("正在跟踪部署单 {order}"),
            },
            Note::AwaitsOrder => "本次运行尚未生成部署单".into(),
            Note::NoOrder => "本次运行已结束，没有生成部署单".into(),
            Note::JobFailed => "部署单在失败后仍显示运行中，但生成它的任务已经失败".into(),
            Note::AwaitsNewRun => "上一次运行在开始跟踪前已经结束，等待新的运行".into(),
            Note::NothingMoves { failed } => format!("{failed} 个失败，其余均无进展"),
            Note::PlanUnread(why) => format!("无法读取发布任务本身，仅依据各组件判断：{why}"),
            Note::Insecure => "--insecure：不校验证书".into(),
            Note::SharedSecret { who, file } => {
                let who = match who {
                    Exposure::Everybody => "本机所有用户都能读取",
                    Exposure::Group => "同组用户都能读取",
                    Exposure::Others => "属主以外的用户有权访问",
                };
                format!("{who}密钥文件，请执行 chmod 600 {file}")
            }
            Note::WriteFailed { what, error } => format!("无法写入 {what}：{error}"),
            Note::NoTerminal => "stderr 不是终端，改为逐行输出，不显示进度条".into(),
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Phase(phase, note) => {
                let note = note.as_ref().map(|note| self.note(note));
                let end = match phase {
                    Phase::Succeeded => "平台报告部署成功",
                    Phase::Failed => "平台报告部署失败",
                    Phase::Cancelled => "平台报告部署已取消",
                    Phase::Paused => "部署已暂停",
                    Phase::PausedAfterFailure => "部署在失败后暂停",
                    Phase::Ended => "部署已结束，但平台没有说明结果",
                    Phase::Pending => "部署尚未开始",
                    Phase::Running => "部署仍在进行",
                    Phase::Unknown => "部署状态未知",
                };
                match (phase, note) {
                    (Phase::Paused | Phase::PausedAfterFailure, Some(note)) => {
                        format!("{end}：{note}")
                    }
                    (_, note) => format!("{end}{}", aside(note)),
                }
            }
            Reason::FailFast { unit, detail } => {
                let detail = detail.as_ref().map(|detail| format!("：{detail}"));
                let detail = detail.unwrap_or_default();
                format!("{unit} 失败，--fail-fast 立即结束跟踪{detail}")
            }
            Reason::Strict(flaws) => {
                let flaws: Vec<_> = flaws.iter().map(|flaw| self.note(flaw)).collect();
                format!(
                    "平台报告部署成功，但 --strict 判为失败：{}",
                    flaws.join("；")
                )
            }
            Reason::Refused { cause, hint } => {
                let hint = hint.as_ref().map(|hint| format!("；{hint}"));
                format!("请求被拒绝：{cause}{}", hint.unwrap_or_default())
            }
            Reason::SayMore(what) => format!("无法确定要跟踪的部署：{what}"),
            Reason::Lost { error, offline } => format!(
                "{} 内没有有效响应，最后一次错误：{error}；部署最终结果未知",
                duration(*offline)
            ),
            Reason::Over => "录制到此结束；部署最终结果未知".into(),
            Reason::TimedOut(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("到达 --timeout {limit} 时尚未结束")
            }
            Reason::Stalled(limit) => {
                let limit = humantime::format_duration(*limit);
                format!("--stall-timeout {limit} 内没有任何变化")
            }
            Reason::Abandoned => "--fail-fast 结束全部跟踪时尚未结束".into(),
            Reason::All(verdicts) => {
                let succeeded = |verdict: &&Verdict| **verdict == Verdict::Succeeded;
                let count = verdicts.iter().filter(succeeded).count();
                format!("共 {} 个部署，{count} 个成功", verdicts.len())
            }
            Reason::Interrupted(signal) => match signal {
                Signal::Interrupt => "被 SIGINT 中断；部署仍在继续",
                Signal::Terminate => "被 SIGTERM 中断；部署仍在继续",
                Signal::Hangup => "终端已关闭；部署仍在继续",
                Signal::Pipe => "输出已无人读取；部署仍在继续",
            }
            .into(),
        }
    }

    fn colon(&self) -> &'static str {
        "："
    }

    fn comma(&self) -> &'static str {
        "，"
    }

    fn aside(&self, text: &str) -> String {
        aside(Some(text))
    }

    fn warning(&self) -> &'static str {
        "警告"
    }

    fn no_contact(&self) -> &'static str {
        "失去联系"
    }

    fn offline(
        &self,
        heading: &str,
        error: &str,
        attempts: u32,
        retry: Option<Duration>,
    ) -> String {
        let retry = retry.map(|retry| format!("，{} 后重试", duration(retry)));
        let retry = retry.unwrap_or_default();
        format!("{heading}：{error}（连续第 {attempts} 次轮询失败）{retry}")
    }

    fn contact_again(&self) -> &'static str {
        "已恢复联系"
    }

    fn online(&self, heading: &str, offline: Duration) -> String {
        format!("{heading}，此前中断 {}", duration(offline))
    }

    fn ended(&self, verdict: &str, target: &str, elapsed: Duration) -> String {
        format!("{verdict} {target}，历时 {}", duration(elapsed))
    }

    fn all(&self) -> &'static str {
        "全部"
    }

    fn watch_again(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Interrupted(_) => "部署仍在继续。继续跟踪请执行",
            _ => "继续跟踪请执行",
        }
    }

    fn units(&self, count: usize, kind: Option<UnitKind>) -> String {
        let (measure, noun) = noun(kind);
        format!("{count} {measure}{noun}")
    }

    fn count(&self, state: UnitState, count: usize) -> String {
        format!("{} {count}", self.state(state))
    }

    fn done(&self, done: usize, total: usize) -> String {
        format!("已完成 {done}/{total}")
    }

    fn batch(&self, batch: u32, batches: Option<u32>) -> String {
        match batches {
            Some(batches) => format!("第 {batch}/{batches} 批"),
            None => format!("第 {batch} 批"),
        }
    }

    fn more_failed(&self, more: usize) -> String {
        format!("… 另有 {more} 个失败")
    }

    fn more_unfinished(&self, more: usize) -> String {
        format!("… 另有 {more} 个未完成")
    }

    fn took(&self, age: Duration) -> String {
        format!("，用时 {}", duration(age))
    }

    fn lasts(&self, age: Duration) -> String {
        format!("，已持续 {}", duration(age))
    }

    fn as_of(&self, age: Duration) -> String {
        format!("（{} 前的状态）", duration(age))
    }

    fn page(&self) -> &'static str {
        "页面"
    }

    fn watching(&self, target: &str, endpoint: &str, interval: Duration) -> String {
        let every = humantime::format_duration(interval);
        format!("{target} 开始跟踪 {endpoint}，每 {every} 轮询一次")
    }

    fn still(&self, target: &str, phase: Option<Phase>) -> String {
        match phase {
            Some(phase) => format!("{target} 仍为{}", self.phase(phase)),
            None => format!("{target} 仍无响应"),
        }
    }

    fn unit_failed(&self, name: &str) -> String {
        format!("【失败】{name}")
    }

    fn units_failed(&self, more: usize) -> String {
        format!("【失败】另有 {more} 个")
    }

    fn once_more(&self) -> &'static str {
        "（重新执行）"
    }

    fn changed(&self, counts: &str, done: &str) -> String {
        format!("变化：{counts}；{done}")
    }

    fn left(&self, left: Duration) -> String {
        format!("约剩 {}", duration(left))
    }

    fn no_contact_for(&self, offline: Duration) -> String {
        format!("失去联系 {}", duration(offline))
    }

    fn last_good(&self, ago: Duration) -> String {
        format!("，上次有效响应在 {} 前", duration(ago))
    }

    fn no_answer_yet(&self) -> &'static str {
        "等待首次响应"
    }

    fn more_units(&self, more: usize, counts: &str) -> String {
        format!("… 另有 {more} 个：{counts}")
    }

    fn more_deployments(&self, more: usize) -> String {
        format!("… 另有 {more} 个部署")
    }

    fn failed_title(&self, name: &str) -> String {
        format!("{name} 失败")
    }

    fn because(&self) -> &'static str {
        "原因"
    }

    fn state_column(&self) -> &'static str {
        "状态"
    }

    fn units_column(&self, kind: Option<UnitKind>) -> &'static str {
        noun(kind).1
    }

    fn total(&self) -> &'static str {
        "合计"
    }

    fn failed_heading(&self) -> &'static str {
        "失败"
    }

    fn unfinished_heading(&self) -> &'static str {
        "未完成"
    }

    fn log_heading(&self, name: &str, target: &str) -> String {
        format!("日志：{name}，{target}")
    }

    fn left_out(&self) -> &'static str {
        "部分内容已省略：一个步骤的摘要上限为 1 MiB。"
    }

    fn cannot_write(&self, error: &str) -> String {
        format!("无法写入输出：{error}")
    }
}
