//! The envelope of every answer of an installer, and the words of its errors.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::message::Message;
use crate::provider::json::{self, Freeform, Text};
use crate::provider::messages::{api_message, missing_field, not_json};
use crate::redact::Redactor;

/// The envelope [D]; that of an error has no data [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Answer<'a> {
    code: Text<'a>,
    message: Freeform,
    #[serde(deserialize_with = "raw")]
    data: Option<&'a RawValue>,
}

/// JSON as it came, null too.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The data of an answer, as JSON; `name` is what they are, in English and Chinese.
///
/// # Errors
/// What is wrong with the answer.
pub(super) fn data<'a>(
    body: &'a [u8],
    name: (&str, &str),
    redactor: &Redactor,
) -> Result<&'a [u8], Message> {
    let answer: Answer<'_> = json::read(body).map_err(|error| not_json(name, &error, redactor))?;
    if let Some(code) = answer.code.get().filter(|code| *code != "0") {
        let words = message_words(answer.message.get());
        return Err(error_code(code, words.as_deref(), redactor));
    }
    let data = answer.data.ok_or_else(|| missing_field("data"))?;
    Ok(data.get().as_bytes())
}

/// The server's words for an error: a text, or an object of a text for each field [O].
pub(super) fn words(body: &[u8], redactor: &Redactor) -> Option<Message> {
    let answer: Answer<'_> = json::read(body).ok()?;
    Some(api_message(
        &message_words(answer.message.get())?,
        None,
        redactor,
    ))
}

fn message_words(message: &Value) -> Option<String> {
    match message {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Object(fields) if !fields.is_empty() => {
            let fields = fields.iter().map(|(field, text)| match text {
                Value::String(text) => format!("{field}: {text}"),
                other => format!("{field}: {other}"),
            });
            Some(fields.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

/// An error under a good status: its code, and the server's words.
fn error_code(code: &str, words: Option<&str>, redactor: &Redactor) -> Message {
    let code = redactor.name(code);
    let words = match words {
        Some(words) => Message::verbatim(&*redactor.message(words)),
        None => Message::new("no reason given", "未说明原因"),
    };
    Message::new(
        format!("error response: code {code}"),
        format!("返回错误码 {code}"),
    )
    .with_detail(&words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn a_code_under_http_200_is_a_failed_poll_with_its_words() {
        for (json, words) in [
            (r#"{"code":1,"message":"no"}"#, "code 1: no"),
            (
                r#"{"code":"E-1","message":{"key":"Missing","n":3}}"#,
                "code E-1: key: Missing, n: 3",
            ),
            (r#"{"code":-1,"message":null}"#, "code -1: no reason given"),
            (r#"{"code":7,"message":"a\u001b[31m\nb"}"#, "code 7: a b"),
        ] {
            let error = data(json.as_bytes(), ("a", "b"), &Redactor::default()).expect_err(json);
            assert_eq!(error.en(), format!("error response: {words}"));
            assert_chinese(&error);
        }
    }

    #[test]
    fn an_error_is_a_text_or_an_object() {
        for (json, told) in [
            (r#"{"message":"no such thing"}"#, Some("no such thing")),
            (
                r#"{"message":{"key":"Missing required parameter"}}"#,
                Some("key: Missing required parameter"),
            ),
            (r#"{"message":""}"#, None),
            (r#"{"message":{}}"#, None),
            (r#"{"message":null}"#, None),
            ("<!doctype html>", None),
        ] {
            let said = words(json.as_bytes(), &Redactor::default());
            assert_eq!(said.as_ref().map(Message::en), told, "{json}");
        }
    }

    #[test]
    fn data_that_are_null_are_there() {
        let data = |json: &'static str| {
            let data = data(json.as_bytes(), ("a", "b"), &Redactor::default());
            data.map(|data| str::from_utf8(data).expect("text"))
        };
        assert_eq!(data(r#"{"code":"0","data":null}"#), Ok("null"));
        assert_eq!(data(r#"{"data":{"a":[1]}}"#), Ok(r#"{"a":[1]}"#));
        assert_eq!(data(r#"{"code":0}"#), Err(missing_field("data")));
    }
}
