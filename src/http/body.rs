//! The body of a response as text: what no JSON may hold is replaced, and an error's own words are found.

use memchr::memchr;
use serde_json::Value;

use crate::message::Message;
use crate::redact::{Redactor, utf16_unit};

/// The byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The escape of U+FFFD, without its backslash.
const REPLACEMENT: &[u8; 5] = b"ufffd";

/// The body without a byte order mark, and with U+FFFD for what is no UTF-8 (GBK, a character that was cut) and for
/// half a surrogate pair (Java cuts emoji so).
pub(super) fn repair(mut body: Vec<u8>) -> Vec<u8> {
    if is_plain(&body) {
        return body;
    }
    if body.starts_with(BOM) {
        body.drain(..BOM.len());
    }
    let text = String::from_utf8(body);
    let text = text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let mut body = text.into_bytes();
    replace_half_surrogates(&mut body);
    body
}

/// Whether a body is ASCII without escapes: there is nothing to replace. Both are read from memory at once.
fn is_plain(body: &[u8]) -> bool {
    let is_plain = |part: &[u8]| part.is_ascii() && memchr(b'\\', part).is_none();
    body.chunks(16 << 10).all(is_plain)
}

fn replace_half_surrogates(json: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &json[at..]) {
        let escape = at + found + 1;
        at = match utf16_unit(&json[escape..]) {
            Some(0xd800..0xdc00) if is_low_escape(&json[escape + 5..]) => escape + 11,
            Some(0xd800..0xe000) => {
                json[escape..escape + 5].copy_from_slice(REPLACEMENT);
                escape + 5
            }
            // What follows a backslash belongs to it, be it another one.
            _ => json.len().min(escape + 1),
        };
    }
}

fn is_low_escape(json: &[u8]) -> bool {
    let escape = json.strip_prefix(b"\\");
    matches!(escape.and_then(utf16_unit), Some(0xdc00..0xe000))
}

/// The names by which errors carry their code, their message, and what else they say, in lower case
/// and without `_` and `-`. They are those of the providers, of POP (`Code`, `Message`), Spring
/// (`error`, `message`), OAuth (`error_description`), FusionInsight (`errorDescription`), RFC 9457
/// (`title`, `detail`) and gateways.
const CODE: [&str; 2] = ["errorcode", "code"];
const MESSAGE: [&str; 9] = [
    "errormsg",
    "errormessage",
    "errordescription",
    "message",
    "msg",
    "description",
    "reason",
    "title",
    "error",
];

/// How much of a body is searched, in bytes: as much as is read of that of an error.
const MAX_SEARCHED: usize = 64 << 10;

/// The server's own words in the body of an error: in JSON, the title of a page, or plain text.
pub(crate) fn error_words(body: &[u8], redactor: &Redactor) -> Option<Message> {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_SEARCHED)]);
    let text = text.trim();
    let (words, request) = match serde_json::from_str(text) {
        Ok(json) => (words_in_json(&json)?, field(&json, &["requestid"])),
        Err(_) if text.starts_with('<') => (words_in_page(text)?, None),
        // It was cut.
        Err(_) if text.starts_with(['{', '[']) => return None,
        Err(_) => (text.to_owned(), None),
    };
    let words = redactor.message(&words);
    let message = (!words.is_empty()).then(|| Message::verbatim(words))?;
    Some(match request {
        Some(request) => message.with_request_id(&redactor.name(&request)),
        None => message,
    })
}

/// The code, the message and the detail of an object, or of what it calls its error or errors.
fn words_in_json(json: &Value) -> Option<String> {
    match json {
        Value::Array(errors) => return words_in_json(errors.first()?),
        Value::String(words) => return Some(words.clone()),
        _ => {}
    }
    let message = field(json, &MESSAGE);
    let detail = field(json, &["detail"]).filter(|detail| message.as_ref() != Some(detail));
    let parts = [field(json, &CODE), message, detail];
    let words = joined(parts.into_iter().flatten(), " ");
    if words.is_some() {
        return words;
    }
    let inner = json.as_object()?.iter();
    let mut errors = inner.filter(|(name, _)| matches!(&*normalize(name), "error" | "errors"));
    errors.find_map(|(_, error)| words_in_json(error))
}

/// The first of the fields that holds words. A message may be a text for each field of a request.
fn field(json: &Value, names: &[&str]) -> Option<String> {
    let fields = json.as_object()?;
    names.iter().find_map(|name| {
        let mut named = fields.iter().filter(|(key, _)| normalize(key) == *name);
        named.find_map(|(_, value)| match value {
            Value::Object(texts) if *name == "message" => {
                let texts = texts.iter();
                let texts =
                    texts.filter_map(|(key, value)| Some(format!("{key}: {}", text(value)?)));
                joined(texts, ", ")
            }
            value => text(value),
        })
    })
}

/// Text, or a number. A 0 is no error.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!matches!(text.trim(), "" | "0")).then_some(text)
}

/// The parts with this between them; none where there are none.
fn joined(parts: impl Iterator<Item = String>, by: &str) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(by))
}

fn normalize(name: &str) -> String {
    name.replace(['_', '-'], "").to_ascii_lowercase()
}

/// The title of an HTML page, or the code and the message of an XML error.
fn words_in_page(page: &str) -> Option<String> {
    let parts = ["code", "message"].into_iter();
    let words = || joined(parts.filter_map(|name| element(page, name)), " ");
    element(page, "title").or_else(words)
}

/// The text of the first element of that name.
fn element(page: &str, name: &str) -> Option<String> {
    // The same length as the page itself, so that places in it are places there.
    let lower = page.to_ascii_lowercase();
    let tag = lower.find(&format!("<{name}"))?;
    let begin = tag + lower[tag..].find('>')? + 1;
    let end = begin + lower[begin..].find('<')?;
    let text = page[begin..end].trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_text_is_replaced_and_sound_text_stays() {
        for (body, repaired) in [
            (&b"\xef\xbb\xbf{}"[..], "{}"),
            (br#""disk \ud83d""#, r#""disk \ufffd""#),
            (br#""\uDE00 disk""#, r#""\ufffd disk""#),
            (br#""\ud83d\n""#, r#""\ufffd\n""#),
            (br#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (br#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (br#""\\ud83d\\\ud83d""#, r#""\\ud83d\\\ufffd""#),
            (br#""\u6210\u529f""#, r#""\u6210\u529f""#),
            (b"\"\xb4\xc5 \xe7\xa3\"", "\"\u{fffd}\u{fffd} \u{fffd}\""),
            (br#""\ud8"#, r#""\ud8"#),
            (br"\", r"\"),
            (br"\u12", r"\u12"),
            ("\"\\ud部\"".as_bytes(), "\"\\ud部\""),
            (b"", ""),
        ] {
            let found = String::from_utf8(repair(body.to_vec())).expect("UTF-8");
            assert_eq!(found, repaired);
        }
    }

    #[test]
    fn the_words_of_an_error_are_found_in_whatever_shape() {
        for (body, words) in [
            (
                "IP 203.0.113.9 is not\r\n in the white list",
                Some("IP 203.0.113.9 is not in the white list"),
            ),
            (r#""no such order""#, Some("no such order")),
            (
                r#"{"timestamp":1,"status":403,"error":"Forbidden","message":"not yours","path":"/x"}"#,
                Some("not yours"),
            ),
            (
                r#"{"status":403,"error":"Forbidden","message":""}"#,
                Some("Forbidden"),
            ),
            (
                r#"{"RequestId":"R-1","Code":"Forbidden.Ip","Message":"no"}"#,
                Some("Forbidden.Ip no (request R-1)"),
            ),
            (
                r#"{"errorCode":"12-4030001","errorDescription":"locked"}"#,
                Some("12-4030001 locked"),
            ),
            (
                r#"{"error":"denied","error_description":"why"}"#,
                Some("why"),
            ),
            (
                r#"{"error_code":"E","error_message":"none","detail":"no plan"}"#,
                Some("E none no plan"),
            ),
            (
                r#"{"errorCode":"E","errorMessage":"no","detail":"no"}"#,
                Some("E no"),
            ),
            (
                r#"{"code":400,"message":{"key":"Missing","n":3}}"#,
                Some("400 key: Missing, n: 3"),
            ),
            (r#"{"message":{},"error":["no"]}"#, Some("no")),
            (r#"{"error_code":"0","error_description":"no"}"#, Some("no")),
            (
                r#"{"error":{"code":"E","message":"no"},"status":"error"}"#,
                Some("E no"),
            ),
            (r#"{"error":{"code":"E","reason":"no"}}"#, Some("E no")),
            (r#"{"errors":[{"message":"no"}]}"#, Some("no")),
            (r#"{"code":7,"msg":"no"}"#, Some("7 no")),
            (
                "<html><TITLE lang=en>\n Access\u{1b}[31m denied</TITLE>",
                Some("Access denied"),
            ),
            (
                "<Error><Code>E</Code><Message>no</Message></Error>",
                Some("E no"),
            ),
            ("<p>no title</p>", None),
            (r#"{"message":"no such or"#, None),
            (r#"{"code":0,"data":{"message":{}}}"#, None),
            ("[]", None),
            ("{}", None),
            ("null", None),
            (" ", None),
        ] {
            let found = error_words(body.as_bytes(), &Redactor::default());
            assert_eq!(found.as_ref().map(Message::en), words, "{body}");
        }
    }
}
