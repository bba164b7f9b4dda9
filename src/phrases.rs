//! The fixed phrases of the renderers in both languages. Parameters may be coloured already, or quoted
//! for Markdown.

use std::fmt::Display;

use crate::http::RequestTrace;
use crate::message::{Lang, Message};
use crate::model::{Phase, UnitKind, UnitState};
use crate::outcome::Verdict;
use crate::text::duration;

/// Defines a method of [`Lang`] for each phrase, given in English and in Chinese. It returns a
/// `String` if there are parameters, else a `&'static str`.
macro_rules! phrases {
    ($($name:ident $(($($parameter:ident),+))?: $en:literal, $zh:literal;)+) => {
        impl Lang {
            $(phrases! { @method $name $(($($parameter),+))? $en $zh })+
        }
    };
    (@method $name:ident $en:literal $zh:literal) => {
        pub(crate) fn $name(self) -> &'static str {
            self.pick($en, $zh)
        }
    };
    (@method $name:ident ($($parameter:ident),+) $en:literal $zh:literal) => {
        pub(crate) fn $name(self, $($parameter: impl Display),+) -> String {
            self.pick(format!($en), format!($zh))
        }
    };
}

phrases! {
    // Punctuation: after a heading, between the items of a list, in parentheses.
    labeled(label, text): "{label}: {text}", "{label}：{text}";
    comma: ", ", "，";
    aside(text): " ({text})", "（{text}）";

    // Notices.
    warning: "warning", "警告";
    error: "error", "错误";
    poll_failed: "poll failed", "轮询失败";
    in_a_row(attempts): " ({attempts} in a row)", "（连续第 {attempts} 次）";
    retrying_in(wait): "; retrying in {wait}", "；{wait} 后重试";
    polling_recovered: "polling recovered", "轮询已恢复";
    recovered_after(offline): " after {offline}", "，此前中断 {offline}";
    response(status, bytes): "{status} {bytes} bytes", "{status}，{bytes} 字节";
    request_took(took): " {took}", "，用时 {took}";

    // Lines of the plain mode.
    watching(endpoint, interval):
        "watching {endpoint} (polling every {interval})",
        "开始跟踪 {endpoint}（每 {interval} 轮询一次）";
    still_no_response: "still no response", "仍无响应";
    still_in_phase(phase): "still {phase}", "仍为{phase}";
    unit_failed(name): "FAILED {name}", "【失败】{name}";
    more_units_failed(more): "FAILED {more} more", "【失败】另有 {more} 个";
    once_more: " again", "（重新执行）";
    changed(counts, done): "changed: {counts}; {done}", "变化：{counts}；{done}";

    // Progress.
    done(done, total): "{done}/{total} done", "已完成 {done}/{total}";
    batch_place(batch, batches): "{batch} of {batches}", "{batch}/{batches}";
    eta(eta): "~{eta} left", "约剩 {eta}";
    usually(usual): "usually {usual}", "通常 {usual}";
    polls_failing: "polls failing", "轮询失败";
    polls_failing_for(offline): "polls failing for {offline}", "轮询已失败 {offline}";
    last_good(ago): ", last good response {ago} ago", "，上次有效响应在 {ago} 前";
    no_response_yet: "waiting for the first response", "等待首次响应";
    one_cell(units): "1 cell = {units}", "1 格 = {units}";
    more_deployments(more, counts): "… {more} more deployments: {counts}", "… 另有 {more} 个部署：{counts}";

    // The end of a watch.
    all: "all", "全部";
    watched_for(elapsed): "watched for {elapsed}", "跟踪 {elapsed}";
    more_failed(more): "… and {more} more failed", "… 另有 {more} 个失败";
    more_unfinished(more): "… and {more} more running", "… 另有 {more} 个运行中";
    not_started(count): "{count} not started", "{count} 个尚未开始";
    name: "name", "名称";
    slowest: "slowest", "最慢";
    retried: "retried", "重试过";
    outages(count, time):
        "polls failed {count} times, {time} in all",
        "轮询中断 {count} 次，共 {time}";
    outage(time): "polls failed once, for {time}", "轮询中断 1 次，共 {time}";
    took(age): " after {age}", "，用时 {age}";
    running_for(age): " for {age}", "，已持续 {age}";
    as_of(age): " (as of {age} ago)", "（{age} 前的状态）";
    page: "Page", "页面";

    // The summary, and annotations on GitHub.
    failed_title(name): "{name} failed", "{name} 失败";
    reason: "Reason", "原因";
    state_column: "state", "状态";
    total: "total", "合计";
    failed_heading: "Failed", "失败";
    unfinished_heading: "Not finished", "未完成";
    log_heading(name, target): "Log of {name}, {target}", "日志：{name}，{target}";
    left_out:
        "Some of this report is left out: a step's summary is limited to 1 MiB.",
        "部分内容已省略：一个步骤的摘要上限为 1 MiB。";

    // The page of `--timeline`.
    timeline: "Timeline", "时间线";
    slowest_heading: "Slowest", "最慢的单元";
    running_at_once(most): "running at once: {most} at most", "同时运行：最多 {most} 个";
    polls_failed: "polls failed", "轮询失败";
    pause: "paused", "已暂停";
    units_per_row(count): "Each row stands for {count} units.", "每行代表 {count} 个单元。";

    // The history of durations.
    nothing_remembered(path): "nothing is remembered yet ({path})", "尚无记录（{path}）";
    forgotten(count): "records removed: {count}", "已清除 {count} 项记录";
}

impl Lang {
    pub(crate) fn phase(self, phase: Phase) -> &'static str {
        let zh = match phase {
            Phase::Pending => "等待开始",
            Phase::Running => "运行中",
            Phase::Paused => "已暂停",
            Phase::PausedAfterFailure => "失败后暂停",
            Phase::Succeeded => "成功",
            Phase::Failed => "失败",
            Phase::RolledBack => "已回滚",
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

    /// `text: message`, or the text alone.
    pub(crate) fn with_message(self, text: impl Display, message: Option<&Message>) -> String {
        match message {
            Some(message) => self.labeled(text, message.get(self)),
            None => text.to_string(),
        }
    }

    /// The plural of a kind of units; none stands for several kinds.
    pub(crate) fn units(self, kind: Option<UnitKind>) -> &'static str {
        let (en, zh) = match kind {
            Some(UnitKind::Machine) => ("machines", "机器"),
            Some(UnitKind::Step) => ("steps", "步骤"),
            Some(UnitKind::Component) => ("components", "组件"),
            Some(UnitKind::Job) => ("jobs", "任务"),
            None => ("units", "单元"),
        };
        self.pick(en, zh)
    }

    /// `3 machines`
    pub(crate) fn unit_count(self, count: usize, kind: Option<UnitKind>) -> String {
        let units = self.units(kind);
        match (self, kind) {
            (Self::En, _) if count == 1 => format!("1 {}", kind.map_or("unit", UnitKind::as_str)),
            (Self::En, _) => format!("{count} {units}"),
            (Self::Zh, Some(UnitKind::Machine)) => format!("{count} 台{units}"),
            (Self::Zh, _) => format!("{count} 个{units}"),
        }
    }

    /// The heads of the history's columns.
    pub(crate) fn history_columns(self) -> [&'static str; 4] {
        let zh = ["部署对象", "次数", "通常", "最近"];
        self.pick(["deployment", "times", "usually", "last"], zh)
    }

    /// `batch 2 of 3`, or `stage 2 of 3` where the units of a batch are jobs.
    pub(crate) fn batch(self, batch: u32, batches: Option<u32>, of_jobs: bool) -> String {
        let place = batches.map_or(batch.to_string(), |of| self.batch_place(batch, of));
        let (en, zh) = if of_jobs {
            ("stage", "阶段")
        } else {
            ("batch", "批")
        };
        self.pick(format!("{en} {place}"), format!("第 {place} {zh}"))
    }

    /// `3 failed`
    pub(crate) fn state_count(self, state: UnitState, count: usize) -> String {
        let state = self.state(state);
        self.pick(format!("{count} {state}"), format!("{state} {count}"))
    }

    /// A line of `--verbose`.
    pub(crate) fn request(self, request: &RequestTrace) -> String {
        let RequestTrace { method, url, .. } = request;
        let result = match &request.result {
            Ok((status, bytes)) => self.response(status, bytes),
            Err(error) => error.get(self).to_owned(),
        };
        let took = self.request_took(duration(request.took));
        format!("{method} {url} {result}{took}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
