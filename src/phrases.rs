//! The fixed phrases of the renderers in both languages. Durations are the same in both (`3m 05s`).
//!
//! What is handed in as text may be coloured already, or quoted for Markdown.

use std::time::Duration;

use crate::http::RequestTrace;
use crate::message::{Lang, Message};
use crate::model::{Phase, UnitKind, UnitState};
use crate::outcome::Verdict;
use crate::text::duration;

impl Lang {
    pub(crate) fn phase(self, phase: Phase) -> &'static str {
        let zh = match phase {
            Phase::Pending => "等待开始",
            Phase::Running => "运行中",
            Phase::Paused => "已暂停",
            Phase::PausedAfterFailure => "失败后暂停",
            Phase::Succeeded => "成功",
            Phase::Failed => "失败",
            Phase::Cancelled => "已取消",
            Phase::Ended => "已结束，结果未知",
            Phase::Unknown => "状态未知",
        };
        self.pick(phase.as_str(), zh)
    }

    pub(crate) fn state(self, state: UnitState) -> &'static str {
        let zh = match state {
            UnitState::Pending => "等待中",
            UnitState::Queued => "排队中",
            UnitState::Running => "运行中",
            UnitState::Succeeded => "成功",
            UnitState::Failed => "失败",
            UnitState::Skipped => "已跳过",
            UnitState::Cancelled => "已取消",
            UnitState::Unknown => "未知",
        };
        self.pick(state.as_str(), zh)
    }

    pub(crate) fn verdict(self, verdict: Verdict) -> &'static str {
        let (en, zh) = match verdict {
            Verdict::Succeeded => ("succeeded", "成功"),
            Verdict::Failed => ("failed", "失败"),
            Verdict::Cancelled => ("cancelled", "已取消"),
            Verdict::Paused => ("paused", "已暂停"),
            Verdict::Refused => ("refused", "被拒绝"),
            Verdict::Lost => ("lost", "失去联系"),
            Verdict::Running => ("running", "运行中"),
            Verdict::TimedOut => ("timed out", "超时"),
            Verdict::Interrupted(_) => ("interrupted", "已中断"),
            Verdict::Usage => ("usage error", "信息不足"),
        };
        self.pick(en, zh)
    }

    /// Between a heading and its text.
    pub(crate) fn colon(self) -> &'static str {
        self.pick(": ", "：")
    }

    /// Between the items of a list.
    pub(crate) fn comma(self) -> &'static str {
        self.pick(", ", "，")
    }

    /// Text in parentheses, with the space before them.
    pub(crate) fn aside(self, text: &str) -> String {
        self.pick(format!(" ({text})"), format!("（{text}）"))
    }

    /// The heading of a warning.
    pub(crate) fn warning(self) -> &'static str {
        self.pick("warning", "警告")
    }

    /// The heading of an error.
    pub(crate) fn error(self) -> &'static str {
        self.pick("error", "错误")
    }

    /// A line of `--verbose`.
    pub(crate) fn request(self, request: &RequestTrace) -> String {
        let RequestTrace { method, url, .. } = request;
        let took = duration(request.took);
        let result = match &request.result {
            Ok((status, bytes)) => self.pick(
                format!("{status} {bytes} bytes"),
                format!("{status}，{bytes} 字节"),
            ),
            Err(error) => error.get(self).to_owned(),
        };
        self.pick(
            format!("{method} {url} {result} {took}"),
            format!("{method} {url} {result}，用时 {took}"),
        )
    }

    /// The heading of a failed poll.
    pub(crate) fn poll_failed(self) -> &'static str {
        self.pick("poll failed", "轮询失败")
    }

    /// A failed poll, the `attempts`th in a row; `retry` is the wait until the next one.
    pub(crate) fn offline(
        self,
        heading: &str,
        error: &Message,
        attempts: u32,
        retry: Option<Duration>,
    ) -> String {
        let in_a_row = match attempts {
            1 => String::new(),
            _ => self.pick(
                format!(" ({attempts} in a row)"),
                format!("（连续第 {attempts} 次）"),
            ),
        };
        let retry = retry.map(|retry| {
            let retry = duration(retry);
            self.pick(
                format!("; retrying in {retry}"),
                format!("；{retry} 后重试"),
            )
        });
        let (colon, error) = (self.colon(), error.get(self));
        format!(
            "{heading}{in_a_row}{colon}{error}{}",
            retry.unwrap_or_default()
        )
    }

    /// The heading of the first good poll after failed ones.
    pub(crate) fn polling_recovered(self) -> &'static str {
        self.pick("polling recovered", "轮询已恢复")
    }

    pub(crate) fn online(self, heading: &str, offline: Duration) -> String {
        let offline = duration(offline);
        self.pick(
            format!("{heading} after {offline}"),
            format!("{heading}，此前中断 {offline}"),
        )
    }

    /// The verdict on a target.
    pub(crate) fn ended(self, target: &str, verdict: &str) -> String {
        format!("{target} {verdict}")
    }

    /// How long the watch took.
    pub(crate) fn watched_for(self, elapsed: Duration) -> String {
        let elapsed = duration(elapsed);
        self.pick(format!("watched for {elapsed}"), format!("历时 {elapsed}"))
    }

    /// What stands for the target where a list ended.
    pub(crate) fn all(self) -> &'static str {
        self.pick("all", "全部")
    }

    /// The number of units; the kind is none where there are several.
    pub(crate) fn units(self, count: usize, kind: Option<UnitKind>) -> String {
        let noun = kind.map_or("unit", UnitKind::as_str);
        let plural = if count == 1 { "" } else { "s" };
        let measure = match kind {
            Some(UnitKind::Machine) => "台",
            _ => "个",
        };
        self.pick(
            format!("{count} {noun}{plural}"),
            format!("{count} {measure}{}", Self::Zh.units_column(kind)),
        )
    }

    /// The number of units in a state.
    pub(crate) fn count(self, state: UnitState, count: usize) -> String {
        let state = self.state(state);
        self.pick(format!("{count} {state}"), format!("{state} {count}"))
    }

    pub(crate) fn done(self, done: usize, total: usize) -> String {
        self.pick(
            format!("{done}/{total} done"),
            format!("已完成 {done}/{total}"),
        )
    }

    pub(crate) fn batch(self, batch: u32, batches: Option<u32>) -> String {
        match batches {
            Some(batches) => self.pick(
                format!("batch {batch} of {batches}"),
                format!("第 {batch}/{batches} 批"),
            ),
            None => self.pick(format!("batch {batch}"), format!("第 {batch} 批")),
        }
    }

    /// Failed units that are not named.
    pub(crate) fn more_failed(self, more: usize) -> String {
        self.pick(
            format!("… and {more} more failed"),
            format!("… 另有 {more} 个失败"),
        )
    }

    /// Unfinished units that are not named.
    pub(crate) fn more_unfinished(self, more: usize) -> String {
        self.pick(
            format!("… and {more} more not finished"),
            format!("… 另有 {more} 个未完成"),
        )
    }

    /// How long a unit took, with the separator before it.
    pub(crate) fn took(self, age: Duration) -> String {
        let age = duration(age);
        self.pick(format!(" after {age}"), format!("，用时 {age}"))
    }

    /// How long a unit has been running, likewise.
    pub(crate) fn lasts(self, age: Duration) -> String {
        let age = duration(age);
        self.pick(format!(" for {age}"), format!("，已持续 {age}"))
    }

    /// How old the state of a unit is, likewise.
    pub(crate) fn as_of(self, age: Duration) -> String {
        let age = duration(age);
        self.pick(format!(" (as of {age} ago)"), format!("（{age} 前的状态）"))
    }

    /// The heading of the deployment's page.
    pub(crate) fn page(self) -> &'static str {
        self.pick("Page", "页面")
    }

    /// The first line of a watch.
    pub(crate) fn watching(self, target: &str, endpoint: &str, interval: Duration) -> String {
        let interval = humantime::format_duration(interval);
        self.pick(
            format!("{target} watching {endpoint} (polling every {interval})"),
            format!("{target} 开始跟踪 {endpoint}（每 {interval} 轮询一次）"),
        )
    }

    /// Nothing changed for a while; the phase is none before the first response.
    pub(crate) fn still(self, target: &str, phase: Option<Phase>) -> String {
        let Some(phase) = phase else {
            return self.pick(
                format!("{target} still no response"),
                format!("{target} 仍无响应"),
            );
        };
        let phase = self.phase(phase);
        self.pick(
            format!("{target} still {phase}"),
            format!("{target} 仍为{phase}"),
        )
    }

    /// A unit has failed; it stands out without colour.
    pub(crate) fn unit_failed(self, name: &str) -> String {
        self.pick(format!("FAILED {name}"), format!("【失败】{name}"))
    }

    /// Units that have failed and are not named, likewise.
    pub(crate) fn units_failed(self, more: usize) -> String {
        self.pick(
            format!("FAILED {more} more"),
            format!("【失败】另有 {more} 个"),
        )
    }

    /// Behind the state of a unit that runs again, with the separator before it.
    pub(crate) fn once_more(self) -> &'static str {
        self.pick(" again", "（重新执行）")
    }

    /// Too many changes to name them.
    pub(crate) fn changed(self, counts: &str, done: &str) -> String {
        self.pick(
            format!("changed: {counts}; {done}"),
            format!("变化：{counts}；{done}"),
        )
    }

    /// The estimated time to the end.
    pub(crate) fn eta(self, eta: Duration) -> String {
        let eta = duration(eta);
        self.pick(format!("~{eta} left"), format!("约剩 {eta}"))
    }

    pub(crate) fn polls_fail_for(self, offline: Duration) -> String {
        let offline = duration(offline);
        self.pick(
            format!("polls failing for {offline}"),
            format!("轮询已失败 {offline}"),
        )
    }

    /// When the last good response came, with the separator before it.
    pub(crate) fn last_good(self, ago: Duration) -> String {
        let ago = duration(ago);
        self.pick(
            format!(", last good response {ago} ago"),
            format!("，上次有效响应在 {ago} 前"),
        )
    }

    pub(crate) fn no_response_yet(self) -> &'static str {
        self.pick("waiting for the first response", "等待首次响应")
    }

    /// Units without a row.
    pub(crate) fn more_units(self, more: usize, counts: &str) -> String {
        self.pick(
            format!("… {more} more: {counts}"),
            format!("… 另有 {more} 个：{counts}"),
        )
    }

    /// Deployments without a row.
    pub(crate) fn more_deployments(self, more: usize) -> String {
        self.pick(
            format!("… {more} more deployments"),
            format!("… 另有 {more} 个部署"),
        )
    }

    /// The title of an annotation about a failed unit.
    pub(crate) fn failed_title(self, name: &str) -> String {
        self.pick(format!("{name} failed"), format!("{name} 失败"))
    }

    /// The heading of the reason in a summary.
    pub(crate) fn reason(self) -> &'static str {
        self.pick("Reason", "原因")
    }

    /// The first column of a summary's table.
    pub(crate) fn state_column(self) -> &'static str {
        self.pick("state", "状态")
    }

    /// The second column.
    pub(crate) fn units_column(self, kind: Option<UnitKind>) -> &'static str {
        match kind {
            Some(UnitKind::Machine) => self.pick("machines", "机器"),
            Some(UnitKind::Step) => self.pick("steps", "步骤"),
            Some(UnitKind::Component) => self.pick("components", "组件"),
            None => self.pick("units", "单元"),
        }
    }

    /// The last row.
    pub(crate) fn total(self) -> &'static str {
        self.pick("total", "合计")
    }

    /// Above the failed units.
    pub(crate) fn failed_heading(self) -> &'static str {
        self.pick("Failed", "失败")
    }

    /// Above the units that have not ended.
    pub(crate) fn unfinished_heading(self) -> &'static str {
        self.pick("Not finished", "未完成")
    }

    /// Above the log of a failed unit.
    pub(crate) fn log_heading(self, name: &str, target: &str) -> String {
        self.pick(
            format!("Log of {name}, {target}"),
            format!("日志：{name}，{target}"),
        )
    }

    /// In the place of what does not fit into a step's summary on GitHub.
    pub(crate) fn left_out(self) -> &'static str {
        self.pick(
            "Some of this report is left out: a step's summary holds 1 MiB.",
            "部分内容已省略：一个步骤的摘要上限为 1 MiB。",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_poll_is_told_with_its_count_from_the_second_on() {
        let error = Message::verbatim("HTTP 500");
        let second = Some(Duration::from_secs(1));
        for (attempts, retry, en, zh) in [
            (
                1,
                second,
                "poll failed: HTTP 500; retrying in 1s",
                "轮询失败：HTTP 500；1s 后重试",
            ),
            (
                3,
                None,
                "poll failed (3 in a row): HTTP 500",
                "轮询失败（连续第 3 次）：HTTP 500",
            ),
        ] {
            for (lang, line) in [(Lang::En, en), (Lang::Zh, zh)] {
                let told = lang.offline(lang.poll_failed(), &error, attempts, retry);
                assert_eq!(told, line);
            }
        }
    }

    #[test]
    fn a_request_is_told_in_both_languages() {
        let request = |result| RequestTrace {
            method: "GET",
            url: "http://h/a".into(),
            result,
            took: Duration::from_millis(7),
        };
        let broken = Message::new("no response", "没有响应");
        for (result, en, zh) in [
            (
                Ok((200, 12)),
                "GET http://h/a 200 12 bytes 7ms",
                "GET http://h/a 200，12 字节，用时 7ms",
            ),
            (
                Err(broken),
                "GET http://h/a no response 7ms",
                "GET http://h/a 没有响应，用时 7ms",
            ),
        ] {
            let request = request(result);
            assert_eq!(Lang::En.request(&request), en);
            assert_eq!(Lang::Zh.request(&request), zh);
        }
    }
}
