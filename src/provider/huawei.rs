//! Huawei Cloud: who asks, and what the answers of its services have in common. [D] documented by
//! the vendor, [O] observed in public code, [I] inferred.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::json::{self, MaybeObject, Text};
use super::messages::api_message;
use crate::clock;
use crate::http::{Client, Request, Response};
use crate::message::{Context as _, Message, Result};
use crate::model::Phase;
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::secret::{Credential, Secret, cannot_take, variable_name};
use crate::text;

mod credentials;
pub(super) mod options;

/// The variable that a token comes from.
const TOKEN: &str = "HW_AUTH_TOKEN";

/// The variables that keys come from, by the tool that introduced them: the access key, the secret
/// key, and the security token where the keys are temporary.
const KEYS: [[&str; 3]; 2] = [
    [
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    ],
    ["HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"],
];

/// A signature made by a clock that is further off is refused [D].
const LARGEST_SKEW: Duration = Duration::from_secs(15 * 60);

/// Who asks.
#[derive(Debug)]
pub(crate) struct Account {
    credentials: Credentials,
    /// The project that is asked about, where one is given.
    project: Option<String>,
}

#[derive(Debug)]
enum Credentials {
    Token(Credential),
    Keys(Keys),
}

/// An access key and what signs in its name.
#[derive(Debug)]
struct Keys {
    access: Secret,
    secret: Secret,
    /// What goes with temporary keys.
    security_token: Option<Secret>,
}

impl Account {
    /// Looks for credentials; the first found wins: a token in `token_file` (`-` is stdin), a token
    /// in the environment, keys in the environment. `timeout` is that of the watch.
    ///
    /// # Errors
    /// Where there are none: the message names each place.
    pub(crate) fn find(
        token_file: Option<&Path>,
        project: Option<String>,
        environment: &dyn Fn(&str) -> Option<String>,
        redactor: &Arc<Redactor>,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let credentials = if token_file.is_some() || environment(TOKEN).is_some() {
            Credentials::Token(Credential::find(
                token_file,
                &[TOKEN],
                environment,
                redactor,
                timeout,
            )?)
        } else {
            Credentials::Keys(Keys::find(environment, redactor)?)
        };
        Ok(Self {
            credentials,
            project,
        })
    }

    /// Gets `url`. The services ask for a content type though there is no content [D].
    pub(crate) fn get(
        &mut self,
        http: &Client,
        url: &Url,
        content_type: &str,
    ) -> Result<Response, PollError> {
        let read = |response: Response| response.expect_json(words, http.redactor());
        self.get_with(http, url, content_type, read)
    }

    /// The same, but `read` says which responses are good.
    pub(crate) fn get_with(
        &mut self,
        http: &Client,
        url: &Url,
        content_type: &str,
        read: impl Fn(Response) -> Result<Response, PollError>,
    ) -> Result<Response, PollError> {
        let send = |headers: Vec<(&'static str, &str)>| {
            let request = Request {
                url: url.as_str(),
                body: None,
                headers,
            };
            read(http.send(&request).map_err(|failure| failure.error)?)
        };
        match &mut self.credentials {
            Credentials::Token(token) => token.with_token(|token| {
                send(vec![
                    ("Content-Type", content_type),
                    ("X-Auth-Token", token),
                ])
            }),
            Credentials::Keys(keys) => {
                let project = self.project.as_deref();
                let signed =
                    keys.sign(url, content_type, project, http.now().wall, http.redactor());
                let headers = signed.iter().map(|(name, value)| (*name, value.as_str()));
                send(headers.collect())
            }
        }
    }

    /// Adds what to do about a refusal: `advice`, and before it what is wrong with this machine's
    /// clock where that is the likelier reason. Only a signature holds the time [D].
    pub(crate) fn advise(
        &self,
        error: PollError,
        advice: Option<Message>,
        now: SystemTime,
    ) -> PollError {
        let skew = match (&self.credentials, error.status, error.date) {
            (Credentials::Keys(_), Some(401 | 403), Some(server)) => skew(server, now),
            _ => None,
        };
        let hint = match skew {
            Some((off, ahead)) => Some(clock_hint(off, ahead).with_hint(advice.as_ref())),
            None => advice,
        };
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// One of the two variables of a pair of keys is set alone.
fn half_a_pair(set: &str, unset: &str) -> Message {
    Message::new(
        format!("${set} is set, ${unset} is not"),
        format!("已设置 ${set}，但没有 ${unset}"),
    )
}

impl Keys {
    fn find(environment: &dyn Fn(&str) -> Option<String>, redactor: &Redactor) -> Result<Self> {
        let read = |name: &str| {
            let value = environment(name)?;
            let secret = Secret::new(&value, redactor);
            Some(secret.context(|| cannot_take(("key", "密钥"), &variable_name(name))))
        };
        let mut halves = Vec::new();
        for [access, secret, security_token] in KEYS {
            match (read(access), read(secret)) {
                (Some(access), Some(secret)) => {
                    // Its own first: the other may belong to other keys.
                    let others = KEYS.map(|[_, _, security_token]| security_token);
                    let security_token = [security_token].into_iter().chain(others).find_map(read);
                    return Ok(Self {
                        access: access?,
                        secret: secret?,
                        security_token: security_token.transpose()?,
                    });
                }
                (Some(_), None) => {
                    halves.push(half_a_pair(access, secret));
                }
                (None, Some(_)) => {
                    halves.push(half_a_pair(secret, access));
                }
                (None, None) => {}
            }
        }
        let pairs = |and: &str, or: &str| {
            let pairs = KEYS.map(|[access, secret, _]| format!("${access}{and}${secret}"));
            pairs.join(or)
        };
        let error = Message::new(
            format!(
                "no credentials: give --token-file FILE, or set ${TOKEN}, or {}",
                pairs(" and ", ", or ")
            ),
            format!(
                "缺少凭证：请指定 --token-file FILE，或设置 ${TOKEN}，或设置 {}",
                pairs(" 和 ", "，或 ")
            ),
        );
        Err(halves
            .iter()
            .fold(error, |error, half| error.with_aside(half)))
    }

    /// The headers of a signed GET [D, O]: all that are put here, and the host, are signed. What
    /// the HTTP client adds of its own (the kinds of answer it takes, its name) is not: a proxy may
    /// change that.
    fn sign(
        &self,
        url: &Url,
        content_type: &str,
        project: Option<&str>,
        now: SystemTime,
        redactor: &Redactor,
    ) -> Vec<(&'static str, String)> {
        let date = date(now);
        let mut headers = vec![
            ("Content-Type", content_type.to_owned()),
            ("X-Sdk-Date", date.clone()),
        ];
        headers.extend(project.map(|project| ("X-Project-Id", project.to_owned())));
        let security_token = self.security_token.as_ref().map(Secret::expose);
        headers.extend(security_token.map(|token| ("X-Security-Token", token.to_owned())));
        let canonical = {
            let host = host(url);
            let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
            let query: Vec<_> = url.query_pairs().collect();
            Canonical::new(
                "GET",
                url.path(),
                query.iter().map(|(name, value)| (&**name, &**value)),
                signed.chain([("Host", host.as_str())]),
                b"",
            )
        };
        let signature = signature(&self.secret, &canonical.string_to_sign(&date));
        redactor.add_received(&signature);
        let authorization = canonical.authorization(&self.access, &signature);
        headers.push(("Authorization", authorization));
        headers
    }
}

/// A request as its signature sees it [D].
struct Canonical {
    text: String,
    /// The names of the signed headers.
    names: String,
}

impl Canonical {
    /// The canonical form of a request; all of `headers` are signed.
    fn new<'a>(
        method: &str,
        path: &str,
        query: impl Iterator<Item = (&'a str, &'a str)>,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Self {
        let segments: Vec<_> = path.split('/').map(|part| encode(&decode(part))).collect();
        let mut path = segments.join("/");
        // In the signature only, not on the wire.
        if !path.ends_with('/') {
            path.push('/');
        }
        let mut query: Vec<_> = query
            .map(|(name, value)| (encode(name.as_bytes()), encode(value.as_bytes())))
            .collect();
        query.sort_unstable();
        let query: Vec<_> = query
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        headers.sort_unstable();
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let names: Vec<_> = headers.into_iter().map(|(name, _)| name).collect();
        let names = names.join(";");
        let query = query.join("&");
        let body = hex(&Sha256::digest(body));
        Self {
            text: format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{body}"),
            names,
        }
    }

    fn string_to_sign(&self, date: &str) -> String {
        let hash = hex(&Sha256::digest(&self.text));
        format!("SDK-HMAC-SHA256\n{date}\n{hash}")
    }

    fn authorization(&self, access: &Secret, signature: &str) -> String {
        let (access, names) = (access.expose(), &self.names);
        format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders={names}, Signature={signature}")
    }
}

/// The signature: the secret key signs as it is; no other key is derived from it [D].
fn signature(secret: &Secret, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("an HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// `YYYYMMDDTHHMMSSZ`
fn date(now: SystemTime) -> String {
    let mut date = clock::rfc3339_seconds(now);
    date.retain(|character| !matches!(character, '-' | ':'));
    date
}

/// The `Host` header that goes with a request: the port where it is not the scheme's own.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Percent-encoded as the signature wants it: `A-Za-z0-9-_.~` are kept [D].
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Percent-decoded; what is no escape stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How far this machine's clock is off, and whether it is ahead, where that is too far.
fn skew(server: SystemTime, here: SystemTime) -> Option<(Duration, bool)> {
    let (off, ahead) = match here.duration_since(server) {
        Ok(ahead) => (ahead, true),
        Err(error) => (error.duration(), false),
    };
    (off > LARGEST_SKEW).then_some((off, ahead))
}

/// What to do about a clock that is off by so much.
fn clock_hint(off: Duration, ahead: bool) -> Message {
    let off = text::duration(off);
    let (en, zh) = if ahead {
        ("ahead of", "快")
    } else {
        ("behind", "慢")
    };
    Message::new(
        format!(
            "this machine's clock is {off} {en} the server's; a difference of more than 15 minutes \
             is refused"
        ),
        format!("本机时钟比服务器{zh} {off}，相差超过 15 分钟就会被拒绝"),
    )
}

/// What to do about credentials that are refused.
pub(crate) fn credentials_hint() -> Message {
    Message::new(
        "check the credentials: a token is valid for 24 hours, and less if a password or a \
         permission changes",
        "请检查凭证：令牌有效期为 24 小时，修改密码或权限会使其提前失效",
    )
}

/// The provider's word for a phase, where it says more than the phase.
pub(crate) fn detail_text(word: Option<Arc<str>>, phase: Phase) -> Option<Message> {
    let word = word.filter(|word| !word.eq_ignore_ascii_case(phase.as_str()));
    word.map(|word| Message::verbatim(&*word))
}

/// An error, in any of the shapes of the services and of the gateway before them [D].
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Failure<'a> {
    error: MaybeObject<Reason<'a>>,
    error_code: Text<'a>,
    error_msg: Text<'a>,
    error_message: Text<'a>,
    #[serde(rename = "errorCode")]
    camel_code: Text<'a>,
    #[serde(rename = "errorMessage")]
    camel_message: Text<'a>,
    detail: Text<'a>,
    request_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Reason<'a> {
    code: Text<'a>,
    message: Text<'a>,
}

/// The provider's words in the body of an error: code, message, detail, request id.
pub(crate) fn words(body: &[u8], redactor: &Redactor) -> Option<Message> {
    let failure: Failure<'_> = json::read(body).ok()?;
    let inner = &failure.error;
    let first = |texts: &[&Text<'_>]| {
        let text = texts.iter().find_map(|text| text.get());
        text.map(str::to_owned)
    };
    let code = first(&[&failure.error_code, &failure.camel_code, &inner.code]);
    let message = first(&[
        &failure.error_msg,
        &failure.error_message,
        &failure.camel_message,
        &inner.message,
    ]);
    if code.is_none() && message.is_none() {
        return None;
    }
    let detail = first(&[&failure.detail]).filter(|detail| message.as_ref() != Some(detail));
    let parts = [code, message, detail];
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(api_message(&words, failure.request_id.get(), redactor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    use std::collections::BTreeMap;

    const VECTORS: &str = include_str!("../../tests/fixtures/sign_vectors.json");

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
    }

    /// One signature made by the vendor's own signer, with made-up keys.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        ak: String,
        sk: String,
        date: String,
        method: String,
        host: String,
        path: String,
        query: Vec<(String, String)>,
        headers_given: BTreeMap<String, String>,
        project_id: Option<String>,
        security_token: Option<String>,
        body: Option<String>,
        canonical_request: String,
        string_to_sign: String,
        signed_headers: String,
        headers_sent: BTreeMap<String, String>,
        signature: String,
        authorization: String,
    }

    fn vectors() -> Vec<Vector> {
        let file: Vectors = serde_json::from_str(VECTORS).expect("the vectors");
        file.vectors
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text, &Redactor::default()).expect("a secret")
    }

    fn keys(vector: &Vector) -> Keys {
        Keys {
            access: secret(&vector.ak),
            secret: secret(&vector.sk),
            security_token: vector.security_token.as_deref().map(secret),
        }
    }

    /// 2019-11-15 03:36:55 UTC, when the vectors were signed.
    const SIGNED: Duration = Duration::from_secs(1_573_789_015);

    #[test]
    fn each_vector_of_the_vendors_signer_is_signed_as_there() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 7);
        for vector in vectors {
            let name = &vector.name;
            let canonical = Canonical::new(
                &vector.method,
                &vector.path,
                vector.query.iter().map(|(name, value)| (&**name, &**value)),
                vector
                    .headers_sent
                    .iter()
                    .map(|(name, value)| (&**name, &**value)),
                vector.body.as_deref().unwrap_or_default().as_bytes(),
            );
            assert_eq!(canonical.text, vector.canonical_request, "{name}");
            assert_eq!(canonical.names, vector.signed_headers, "{name}");
            let string_to_sign = canonical.string_to_sign(&vector.date);
            assert_eq!(string_to_sign, vector.string_to_sign, "{name}");
            let keys = keys(&vector);
            let signature = signature(&keys.secret, &string_to_sign);
            assert_eq!(signature, vector.signature, "{name}");
            let authorization = canonical.authorization(&keys.access, &signature);
            assert_eq!(authorization, vector.authorization, "{name}");
        }
    }

    #[test]
    fn a_request_carries_the_headers_and_the_authorization_of_its_vector() {
        let now = SystemTime::UNIX_EPOCH + SIGNED;
        let mut checked = 0;
        for vector in vectors() {
            // Every request of these services names its content type.
            let Some(content_type) = vector.headers_given.get("Content-Type") else {
                continue;
            };
            let mut url =
                Url::parse(&format!("https://{}{}", vector.host, vector.path)).expect("a URL");
            if !vector.query.is_empty() {
                url.query_pairs_mut().extend_pairs(&vector.query);
            }
            let project = vector.project_id.as_deref();
            let headers =
                keys(&vector).sign(&url, content_type, project, now, &Redactor::default());
            let mut sent: BTreeMap<_, _> = headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            assert_eq!(
                sent.remove("Authorization").as_deref(),
                Some(&*vector.authorization),
                "{}",
                vector.name
            );
            sent.insert("Host".into(), vector.host);
            assert_eq!(sent, vector.headers_sent, "{}", vector.name);
            checked += 1;
        }
        assert_eq!(checked, 3);
    }

    #[test]
    fn the_secret_key_is_not_in_debug() {
        for vector in vectors() {
            let account = Account {
                credentials: Credentials::Keys(keys(&vector)),
                project: None,
            };
            let debug = format!("{account:?}");
            assert!(
                !debug.contains("example") && !debug.contains("EXAMPLE"),
                "{debug}"
            );
        }
    }

    #[test]
    fn the_path_is_decoded_and_encoded_anew() {
        for (segment, encoded) in [
            ("a b", "a%20b"),
            ("a%20b", "a%20b"),
            ("%e9%83%a8", "%E9%83%A8"),
            ("部", "%E9%83%A8"),
            ("a~b-c_d.e", "a~b-c_d.e"),
            ("100%", "100%25"),
            ("%+1%zz%4", "%25%2B1%25zz%254"),
            ("a+b:c", "a%2Bb%3Ac"),
        ] {
            assert_eq!(encode(&decode(segment)), encoded, "{segment}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_name_then_value_and_an_empty_value_keeps_its_sign() {
        let query = [("b", "2"), ("a", ""), ("b", "1"), ("a b", "c&d")];
        let canonical = Canonical::new("GET", "/", query.into_iter(), [].into_iter(), b"");
        let line = canonical.text.lines().nth(2);
        assert_eq!(line, Some("a=&a%20b=c%26d&b=1&b=2"));
    }

    #[test]
    fn the_host_has_a_port_where_it_is_not_the_schemes_own() {
        for (url, expected) in [
            ("https://example.com/a", "example.com"),
            ("https://example.com:443/a", "example.com"),
            ("https://example.com:8443/a", "example.com:8443"),
            ("http://127.0.0.1:80/", "127.0.0.1"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(host(&Url::parse(url).expect("a URL")), expected);
        }
    }

    /// The credentials found where only these variables are set: their kind, or the message.
    fn found(set: &[(&str, &str)]) -> Result<String, String> {
        let environment = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match Account::find(None, None, &environment, &Arc::default(), None) {
            Ok(Account {
                credentials: Credentials::Keys(keys),
                ..
            }) => {
                let token = keys.security_token.as_ref().map_or("", Secret::expose);
                Ok([keys.access.expose(), keys.secret.expose(), token].join(" "))
            }
            Ok(_) => Ok("token".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_first_credentials_found_win() {
        let sdk = [("HUAWEICLOUD_SDK_AK", "a1"), ("HUAWEICLOUD_SDK_SK", "s1")];
        let hw = [("HW_ACCESS_KEY", "a2"), ("HW_SECRET_KEY", "s2")];
        let sdk_token = [("HUAWEICLOUD_SDK_SECURITY_TOKEN", "t1")];
        let hw_token = [("HW_SECURITY_TOKEN", "t2")];
        for (set, credentials) in [
            ([&[("HW_AUTH_TOKEN", "t")], &sdk[..], &hw].concat(), "token"),
            ([&sdk[..], &hw].concat(), "a1 s1 "),
            ([&sdk[..1], &hw].concat(), "a2 s2 "),
            ([&sdk[..], &sdk_token, &hw_token].concat(), "a1 s1 t1"),
            ([&hw[..], &sdk_token, &hw_token].concat(), "a2 s2 t2"),
            ([&hw[..], &sdk_token].concat(), "a2 s2 t1"),
        ] {
            assert_eq!(found(&set).as_deref(), Ok(credentials), "{set:?}");
        }
    }

    #[test]
    fn missing_credentials_name_every_place_and_half_a_pair() {
        let nothing = found(&[]).expect_err("nothing is set");
        for place in [
            "--token-file",
            "$HW_AUTH_TOKEN",
            "$HUAWEICLOUD_SDK_AK and $HUAWEICLOUD_SDK_SK",
            "$HW_ACCESS_KEY and $HW_SECRET_KEY",
        ] {
            assert!(nothing.contains(place), "{nothing}");
        }
        let half = found(&[("HW_SECRET_KEY", "made-up")]).expect_err("half a pair");
        assert!(
            half.ends_with("($HW_SECRET_KEY is set, $HW_ACCESS_KEY is not)"),
            "{half}"
        );
        let broken = found(&[("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", "made up")]);
        let broken = broken.expect_err("a key with a blank");
        assert!(
            broken.contains("$HW_SECRET_KEY") && !broken.contains("made up"),
            "{broken}"
        );
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_15_minutes_is_named() {
        let at = |minutes: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(minutes * 60);
        assert_eq!(skew(at(100), at(115)), None);
        assert_eq!(skew(at(115), at(100)), None);
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(skew(at(100), at(280)), Some((minutes(180), true)));
        assert_eq!(skew(at(116), at(100)), Some((minutes(16), false)));
    }

    #[test]
    fn hints_are_said_in_chinese() {
        let hour = Duration::from_secs(3600);
        for hint in [
            credentials_hint(),
            clock_hint(hour, true),
            clock_hint(hour, false).with_hint(&credentials_hint()),
        ] {
            assert_chinese(&hint);
        }
    }

    #[test]
    fn each_error_shape_has_its_words() {
        for (body, expected) in [
            (
                r#"{"error":{"code":"Deploy.00011020","message":"no task"},"status":"failed"}"#,
                Some("Deploy.00011020 no task"),
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
            (r#"{"error":"none","status":"success"}"#, None),
            (r#"{"status":"success","result":{}}"#, None),
            ("<html>", None),
        ] {
            let said = words(body.as_bytes(), &Redactor::default());
            assert_eq!(said.as_ref().map(Message::en), expected, "{body}");
        }
    }
}
