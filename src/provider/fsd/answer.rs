//! The envelope of every answer of an installer.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::http::error_words;
use crate::message::Message;
use crate::provider::json::{self, Text};
use crate::provider::messages::{error_response, missing_field, not_json};
use crate::redact::Redactor;

/// The envelope [D]; that of an error has no data [O].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Answer<'a> {
    code: Text<'a>,
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
/// The response cannot be used; the error says why.
pub(super) fn data<'a>(
    body: &'a [u8],
    name: (&str, &str),
    redactor: &Redactor,
) -> Result<&'a [u8], Message> {
    let answer: Answer<'_> = json::read(body).map_err(|error| not_json(name, &error, redactor))?;
    if answer.code.get().is_some_and(|code| code != "0") {
        return Err(error_response(error_words(body, redactor).as_ref()));
    }
    let data = answer.data.ok_or_else(|| missing_field("data"))?;
    Ok(data.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn a_code_under_http_200_is_a_failed_poll_with_its_words() {
        for (json, words) in [
            (r#"{"code":1,"message":"no"}"#, "1 no"),
            (
                r#"{"code":"E-1","message":{"key":"Missing","n":3}}"#,
                "E-1 key: Missing, n: 3",
            ),
            (r#"{"code":-1,"message":null}"#, "-1"),
            (r#"{"code":7,"message":"a\u001b[31m\nb"}"#, "7 a b"),
        ] {
            let error = data(json.as_bytes(), ("a", "b"), &Redactor::default()).expect_err(json);
            assert_eq!(error.en(), format!("error response: {words}"));
            assert_chinese(&error);
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
