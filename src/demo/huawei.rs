//! The common part of Huawei Cloud's services: the gateway before them, and their errors.

use serde_json::{Value, json};

use super::{ApiError, Call, Reply, TOKEN};

const UNAUTHORIZED: ApiError = (401, "APIGW.0301", "The IAM token is not valid");
pub(super) const UNKNOWN_API: ApiError = (404, "APIGW.0101", "The API does not exist");

/// Passes a GET with credentials on to `service`, as the gateway does. Signatures are not verified.
pub(super) fn gateway(call: &Call, service: fn(&Call) -> Result<Value, ApiError>) -> Reply {
    let header = |name| call.header(name).unwrap_or_default();
    let is_signed = header("authorization").starts_with("SDK-HMAC-SHA256 ");
    let result = match call.method.as_str() {
        _ if header("x-auth-token") != TOKEN && !is_signed => Err(UNAUTHORIZED),
        "GET" => service(call),
        _ => Err(UNKNOWN_API),
    };
    Reply::api(result, |code, text| match code.starts_with("APIGW.") {
        true => json!({ "error_code": code, "error_msg": text, "request_id": "demo-000000000001" }),
        false => json!({ "error_code": code, "error_msg": text }),
    })
}
