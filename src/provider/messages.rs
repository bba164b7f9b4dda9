//! Messages that several providers need.

use serde_json::error::Category;

use crate::http::error_words;
use crate::message::{Lang, Message};
use crate::model::{Phase, Snapshot, Unit, UnitKind, UnitState};
use crate::redact::Redactor;

/// An error under a good status, with the provider's words.
pub(super) fn error_response(api_message: Option<&Message>) -> Message {
    let none = Message::new("no reason given", "未说明原因");
    Message::new("error response", "返回错误").with_detail(api_message.unwrap_or(&none))
}

/// The problem of a response: the error in it, or `problem` if it states none.
pub(super) fn error_in_place_of(body: &[u8], problem: Message, redactor: &Redactor) -> Message {
    error_words(body, redactor).map_or(problem, |words| error_response(Some(&words)))
}

/// What a provider says of an error in two parts, where it says anything.
pub(super) fn stated(parts: [Option<&str>; 2], redactor: &Redactor) -> Option<Message> {
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
    (!words.is_empty()).then(|| Message::verbatim(redactor.message(&words)))
}

/// A response that is not the JSON of the document, named in English and Chinese.
pub(super) fn not_json(
    (en, zh): (&str, &str),
    error: &serde_json::Error,
    redactor: &Redactor,
) -> Message {
    let zh = match error.classify() {
        Category::Data => format!("{zh}的 JSON 内容有误"),
        Category::Eof => format!("{zh}的 JSON 不完整"),
        Category::Syntax | Category::Io => format!("不是{zh}的 JSON"),
    };
    let place = match (error.line(), error.column()) {
        (0, _) => String::new(),
        (line, column) => format!("（第 {line} 行第 {column} 列）"),
    };
    let error = redactor.message(&error.to_string());
    Message::new(format!("cannot parse the {en}: {error}"), zh + &place)
}

pub(super) fn missing_field(name: &str) -> Message {
    Message::new(
        format!("the response has no {name}"),
        format!("响应中没有 {name}"),
    )
}

pub(super) fn broken_field(name: &str) -> Message {
    Message::new(
        format!("the response's {name} holds characters that cannot be read"),
        format!("响应中的 {name} 含有无法识别的字符"),
    )
}

pub(super) fn unknown_value(field: &str, value: &str) -> Message {
    Message::new(
        format!(
            "{field} \"{value}\" is not documented; it counts neither as an end nor as a success"
        ),
        format!("{field} 的值“{value}”未见于文档，既不视为结束，也不视为成功"),
    )
}

pub(super) fn other_id(asked: &str, answered: &str) -> Message {
    Message::new(
        format!("the answer is about {answered}, not {asked}"),
        format!("返回的是 {answered}，不是 {asked}"),
    )
}

/// A response holds a part that cannot be read and is only shown; `field` is its name, if it has one.
pub(super) fn left_out(field: Option<&str>) -> Message {
    Message::new(
        "a part of the response cannot be read and is left out",
        "响应中有一部分无法识别，已忽略",
    )
    .with_aside(field.map(Message::verbatim).as_ref())
}

pub(super) fn caveats_unread() -> Message {
    Message::new(
        "cannot read whether all of it succeeded",
        "无法识别是否全部成功",
    )
}

pub(super) fn awaits_confirmation() -> Message {
    Message::new("waiting for confirmation", "等待人工确认")
}

/// It waits for somebody to decide after so many units failed; `code` is the provider's for what
/// went wrong.
pub(super) fn awaits_decision(failed: usize, kind: UnitKind, code: Option<&str>) -> Message {
    units(failed, kind, UnitState::Failed)
        .with_aside(code.map(Message::verbatim).as_ref())
        .with_hint(&Message::new(
            "retry, skip or stop it in the console",
            "请在控制台重试、跳过或终止",
        ))
}

/// So many units of a kind are in a state: `3 machines failed`
pub(super) fn units(count: usize, kind: UnitKind, state: UnitState) -> Message {
    let units = |lang: Lang| lang.unit_count(count, Some(kind));
    Message::new(
        format!("{} {}", units(Lang::En), Lang::En.state(state)),
        format!("{}{}", units(Lang::Zh), Lang::Zh.state(state)),
    )
}

/// How many units of a kind are in a state; none where no one is.
pub(super) fn counted(all: &[Unit], kind: UnitKind, state: UnitState) -> Option<Message> {
    let is_meant = |unit: &&Unit| unit.kind == kind && unit.state == state;
    let count = all.iter().filter(is_meant).count();
    (count > 0).then(|| units(count, kind, state))
}

/// A run that had ended before the watch began is ignored: the state that is shown in its place.
pub(super) fn awaits_new_run() -> Snapshot {
    let message = Message::new(
        "the previous run ended before the watch started; waiting for a new one",
        "上一次运行在开始跟踪前已经结束，等待新的运行",
    );
    Snapshot {
        message: Some(message),
        ..Snapshot::new(Phase::Pending)
    }
}

pub(super) fn fresh_needs(field: &str) -> Message {
    Message::new(
        format!("the response has no {field}, which --fresh needs"),
        format!("响应中没有 {field}，--fresh 无法区分各次运行"),
    )
}

pub(super) fn ended_unknown() -> Message {
    Message::new(
        "whether the run had ended when the watch started cannot be told, which --fresh needs",
        "无法判断开始跟踪时这次运行是否已经结束，--fresh 需要知道",
    )
}

/// The deployment had ended when the watch began; each of the options would name a single run.
pub(super) fn may_be_earlier(options: &[&str]) -> Message {
    let choice = |comma: &str, or: &str| match options {
        [others @ .., last] if !others.is_empty() => [&others.join(comma), *last].join(or),
        options => options.concat(),
    };
    Message::new(
        format!(
            "it had already ended when the watch started, so it may be an earlier run; use {} to \
             be sure",
            choice(", ", " or ")
        ),
        format!(
            "开始跟踪时它已经结束，可能是更早的一次；加上 {} 即可确定",
            choice("、", " 或 ")
        ),
    )
}

pub(super) fn two_statuses() -> Message {
    Message::new("the response has two statuses", "响应中有两个状态")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn shared_messages_are_said_in_chinese() {
        let error = |json| serde_json::from_str::<u8>(json).expect_err("no number");
        let document = ("deploy order", "部署单");
        for message in [
            error_response(None),
            not_json(document, &error("no"), &Redactor::default()),
            not_json(document, &error(""), &Redactor::default()),
            not_json(document, &error("{}"), &Redactor::default()),
            missing_field("data"),
            broken_field("data"),
            unknown_value("status", "x-1"),
            two_statuses(),
            other_id("x-1", "x-2"),
            left_out(Some("list")),
            caveats_unread(),
            awaits_confirmation(),
            awaits_decision(2, UnitKind::Machine, Some("x-1")),
            awaits_decision(1, UnitKind::Component, None),
            awaits_new_run().message.expect("a message"),
            fresh_needs("record_id"),
            ended_unknown(),
            may_be_earlier(&["--fresh", "--record ID"]),
        ] {
            assert_chinese(&message);
        }
    }

    #[test]
    fn the_last_option_is_joined_by_or() {
        for (options, choice) in [
            (&["--fresh"][..], "use --fresh to"),
            (&["--fresh", "--run ID"], "use --fresh or --run ID to"),
            (&["--a", "--b", "--c"], "use --a, --b or --c to"),
        ] {
            let message = may_be_earlier(options);
            assert!(message.en().contains(choice), "{message}");
        }
    }

    #[test]
    fn what_failed_is_counted() {
        assert_eq!(
            awaits_decision(1, UnitKind::Machine, Some("DeployScriptFailed")).en(),
            "1 machine failed (DeployScriptFailed); retry, skip or stop it in the console"
        );
        let two = awaits_decision(2, UnitKind::Component, None);
        assert!(two.en().starts_with("2 components failed; "), "{two}");
    }
}
