//! The log of a run, `GET /v1/applications/{app_id}/records/{record_id}/logs` [D].

use std::ops::Range;

use serde::Deserialize;

use super::Envelope;
use crate::message::Message;
use crate::provider::json::{self, Freeform, Object, Shown, Text};
use crate::provider::messages;
use crate::provider::stated_error::error_in;
use crate::redact::Redactor;

/// Positions in the log of a run.
pub(super) type LogPart = Range<u64>;

/// The end of a part whose end is not known: the service takes numbers of 19 digits [D].
const END: u64 = i64::MAX as u64;

/// The whole log.
pub(super) const WHOLE: LogPart = 0..END;

/// The part of a step. Its two offsets most probably delimit it [I]; whichever is missing is that of the whole.
pub(super) fn of_step(offset: &Text<'_>, current_offset: &Text<'_>) -> LogPart {
    let number = |text: &Text<'_>| text.get()?.parse().ok();
    let start = number(offset).unwrap_or(0);
    let end = number(current_offset).filter(|end| *end > start);
    start..end.unwrap_or(END)
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Page<'a> {
    /// With the blanks around it: the next one may go on in the middle of a line.
    text: Freeform,
    has_more: Shown<Text<'a>>,
    end_offset: Shown<Text<'a>>,
}

/// Adds the text of a response to `log`. Returns where it goes on, if there is more.
///
/// # Errors
/// The response cannot be used; the error says why.
pub(super) fn read(
    body: &[u8],
    log: &mut String,
    redactor: &Redactor,
) -> Result<Option<u64>, Message> {
    let envelope: Envelope<'_, Page<'_>> =
        json::read(body).map_err(|error| messages::not_json(("log", "日志"), &error, redactor))?;
    if let Some(error) = error_in(body, &[], redactor) {
        return Err(error);
    }
    let checked = envelope.check(redactor);
    checked.map_err(|problem| messages::error_in_place_of(body, problem, redactor))?;
    let Object(page) = envelope.result.unwrap_or_default();
    log.push_str(page.text.get().as_str().unwrap_or_default());
    let end = page.end_offset.get().filter(|_| page.has_more.is("true"));
    Ok(end.and_then(|end| end.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offsets_of_a_step_are_its_part_where_they_can_be() {
        for (offset, current_offset, part) in [
            ("\"12\"", "\"40\"", 12..40),
            ("12", "40", 12..40),
            ("12", "12", 12..END),
            ("12", "\"\"", 12..END),
            ("12", "null", 12..END),
            ("\"\"", "\"\"", WHOLE),
            ("\"x\"", "40", 0..40),
            ("-1", "0", WHOLE),
        ] {
            let text = |json| serde_json::from_str(json).expect("a text");
            assert_eq!(of_step(&text(offset), &text(current_offset)), part);
        }
    }

    #[test]
    fn a_response_is_text_and_where_more_begins() {
        for (result, text, more) in [
            (
                r#"{"text":"a\n","has_more":true,"end_offset":"7"}"#,
                "a\n",
                Some(7),
            ),
            (
                r#"{"text":"a","has_more":"true","end_offset":7}"#,
                "a",
                Some(7),
            ),
            (
                r#"{"text":"a","has_more":"false","end_offset":"7"}"#,
                "a",
                None,
            ),
            (
                r#"{"text":"a","has_more":true,"end_offset":"x"}"#,
                "a",
                None,
            ),
            (r#"{"text":null}"#, "", None),
            ("null", "", None),
        ] {
            let json = format!(r#"{{"status":"success","result":{result}}}"#);
            let mut log = String::new();
            let read = read(json.as_bytes(), &mut log, &Redactor::default());
            assert_eq!((&*log, read), (text, Ok(more)), "{result}");
        }
        for (json, says) in [
            (r#"{"status":"error"}"#, "the query's status is error"),
            (r#"{"result":{"text":"a"}}"#, "the query has no status"),
            (r#"{"status":"success","error":{"message":"no"}}"#, "no"),
            ("[]", "log"),
        ] {
            let error = read(json.as_bytes(), &mut String::new(), &Redactor::default());
            let error = error.expect_err(json);
            assert!(error.en().contains(says), "{error}");
        }
    }
}
