//! Errors that an answer states beside what else it says.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::messages::error_response;
use crate::http::error_words;
use crate::message::Message;
use crate::model::{Phase, Snapshot};
use crate::redact::Redactor;

/// Weighs the error that an answer states beside what it says of the deployment. A failure agrees with it,
/// and has its words where it has none; any other state says nothing against it. Fields of the provider's
/// `own` are no such error.
///
/// # Errors
/// The answer contradicts itself: a success stands beside an error.
pub(super) fn weigh(
    snapshot: &mut Snapshot,
    body: &[u8],
    own: &[&str],
    redactor: &Redactor,
) -> Result<(), Message> {
    let found = snapshot.unconfirmed.as_ref();
    let phase = found.map_or(snapshot.phase, |found| found.phase);
    if phase == Phase::Succeeded {
        return error_in(body, own, redactor).map_or(Ok(()), Err);
    }
    if phase == Phase::Failed && snapshot.message.is_none() && states_error(body, own, true) {
        snapshot.message = error_words(body, redactor);
    }
    Ok(())
}

/// The error that a body states, whatever else is in it or in what it wraps [D, O]. Fields of the provider's
/// `own` are none.
pub(super) fn error_in(body: &[u8], own: &[&str], redactor: &Redactor) -> Option<Message> {
    let is_error = states_error(body, own, true);
    is_error.then(|| error_response(error_words(body, redactor).as_ref()))
}

/// Collects the fields of an object as they came: those with the same name, too.
struct RawFields;

impl<'de> Visitor<'de> for RawFields {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        std::iter::from_fn(|| object.next_entry().transpose()).collect()
    }
}

/// The fields of an object; none of anything else.
fn fields(json: &[u8]) -> Option<Vec<(String, &RawValue)>> {
    let mut json = serde_json::Deserializer::from_slice(json);
    json.deserialize_map(RawFields).ok()
}

/// Whether any field of an object states an error, whichever of those with the same name it is.
fn states_error(json: &[u8], own: &[&str], is_outer: bool) -> bool {
    let fields = fields(json).unwrap_or_default();
    fields.iter().any(|(name, value)| match name.as_str() {
        name if own.contains(&name) => false,
        "data" | "deployOrder" | "pipelineRun" | "result" if is_outer => {
            states_error(value.get().as_bytes(), own, false)
        }
        name => is_errors_name(name) && !says_nothing(value, true),
    })
}

fn is_errors_name(name: &str) -> bool {
    matches!(
        &*name.replace(['_', '-'], "").to_ascii_lowercase(),
        "error" | "errors" | "errorcode" | "errormsg" | "errormessage" | "errordescription"
    )
}

/// Whether a value says that there is no error: it is none, false, 0 or empty, or an object of such values.
fn says_nothing(value: &RawValue, is_outer: bool) -> bool {
    let json: String = value.get().split_whitespace().collect();
    match &*json {
        "null" | "false" | "\"0\"" | "\"\"" | "{}" | "[]" => true,
        object if object.starts_with('{') && is_outer => fields(object.as_bytes())
            .is_some_and(|fields| fields.iter().all(|(_, it)| says_nothing(it, false))),
        number => number.parse() == Ok(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_from_other_answers_in_each_of_its_shapes() {
        for (body, expected) in [
            (
                r#"{"error":{"code":"Deploy.00011020","message":"no task"},"status":"failed"}"#,
                Some("Deploy.00011020 no task"),
            ),
            (
                r#"{"error":{"code":"Deploy.00011303","reason":"a"},"status":"error","error_code":"Deploy.00011303","error_msg":"b"}"#,
                Some("Deploy.00011303 b"),
            ),
            (
                r#"{"error":{"at":1},"status":"success"}"#,
                Some("no reason given"),
            ),
            (
                r#"{"error":{},"error_code":"0","error_msg":{},"result":{}}"#,
                None,
            ),
            (
                r#"{"status":"SUCCESS","name":"n","description":"what it is for"}"#,
                None,
            ),
            (
                r#"{"error_code":"Deploy.00011154","error_msg":"no permission"}"#,
                Some("Deploy.00011154 no permission"),
            ),
            (
                r#"{"error_code":"APIGW.0308","error_msg":"throttled","request_id":"r-1"}"#,
                Some("APIGW.0308 throttled (request r-1)"),
            ),
            (
                r#"{"error_code":"SVCSTG.00100433","error_message":"none","detail":"no plan"}"#,
                Some("SVCSTG.00100433 none no plan"),
            ),
            (
                r#"{"errorCode":"SVCSTG.00100401","errorMessage":"no","detail":"no"}"#,
                Some("SVCSTG.00100401 no"),
            ),
            (
                r#"{"error":{"code":401,"message":"The token must be updated"}}"#,
                Some("401 The token must be updated"),
            ),
            (r#"{"error":"locked","status":"success"}"#, Some("locked")),
            (
                r#"{"deployOrder":{"errorMessage":"locked"}}"#,
                Some("no reason given"),
            ),
            (r#"{"error":[{"code":1}]}"#, Some("1")),
            (
                r#"{"error":{"code":7},"error":null,"status":"success"}"#,
                Some("no reason given"),
            ),
            (
                r#"{"error":null,"error":{"code":7},"status":"success"}"#,
                Some("7"),
            ),
            (
                r#"{"data":{"errorCode":"E1"},"data":null}"#,
                Some("no reason given"),
            ),
            (
                r#"{"error":{"code":"E1","code":""},"status":"success"}"#,
                Some("no reason given"),
            ),
            (r#"{"errorMsg":"no"}"#, Some("no")),
            (r#"{"errors":[{"code":"E1"}]}"#, Some("E1")),
            (
                r#"{"error":{"code":0,"message":"","more":[],"of":null}}"#,
                None,
            ),
            (r#"{"error_code":0.0}"#, None),
            (r#"{"error":" ","status":"success"}"#, None),
            (r#"{"error":{ },"error_code":0}"#, None),
            (r#"{"error":false,"errorCode":"0"}"#, None),
            (r#"{"result":{"error":null},"data":[]}"#, None),
            (r#"{"status":"success","result":{}}"#, None),
            ("<html>", None),
        ] {
            let error = error_in(body.as_bytes(), &[], &Redactor::default());
            let expected = expected.map(|words| format!("error response: {words}"));
            assert_eq!(error.map(|error| error.to_string()), expected, "{body}");
        }
    }
}
