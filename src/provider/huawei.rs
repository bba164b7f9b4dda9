//! Huawei Cloud: who asks, and what the answers of its services have in common. [D] documented by
//! the vendor, [O] observed in public code, [I] inferred.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};
use url::{Position, Url};

use super::Setup;
use crate::clock;
use crate::http::{Client, Request, Response};
use crate::message::{Context as _, Message, Result};
use crate::model::Phase;
use crate::poll::PollError;
use crate::redact::Redactor;
use crate::secret::{Credential, Secret, cannot_take};
use crate::text;

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

/// The account that sends the requests.
#[derive(Debug)]
pub(crate) enum Account {
    Token(Credential),
    Keys(Keys),
}

/// An access key and what signs in its name.
#[derive(Debug)]
pub(crate) struct Keys {
    access: Secret,
    secret: Secret,
    /// The security token of temporary keys.
    security_token: Option<Secret>,
    /// The project that is asked about, where one is given.
    project: Option<String>,
}

impl Account {
    /// Looks for credentials; the first found wins: a token in `token_file` (`-` is stdin), a token
    /// in the environment, keys in the environment. Where there are none, the error names each place.
    pub(crate) fn find(
        token_file: Option<&Path>,
        project: Option<String>,
        setup: &Setup<'_>,
    ) -> Result<Self> {
        let (environment, redactor) = (setup.environment, setup.redactor);
        if token_file.is_some() || environment(TOKEN).is_some() {
            let timeout = setup.timeout;
            let found = Credential::find(token_file, &[TOKEN], environment, redactor, timeout);
            return found.map(Self::Token);
        }
        let read = |name: &str| {
            let secret = Secret::new(&environment(name)?, redactor);
            Some(secret.context(|| cannot_take(("key", "密钥"), &Message::verbatim(name))))
        };
        let [[ak, sk, _], [access, secret, _]] = KEYS;
        let mut error = Message::new(
            format!(
                "no credentials: pass --token-file FILE, or set {TOKEN}, or {ak} and {sk}, or \
                 {access} and {secret}"
            ),
            format!(
                "缺少凭证：请指定 --token-file FILE，或设置 {TOKEN}，或设置 {ak} 和 {sk}，或 \
                 {access} 和 {secret}"
            ),
        );
        for [access, secret, security_token] in KEYS {
            let (set, unset) = match (read(access), read(secret)) {
                (Some(access), Some(secret)) => {
                    // Its own first: the other may belong to other keys.
                    let others = KEYS.map(|[_, _, security_token]| security_token);
                    let security_token = [security_token].into_iter().chain(others).find_map(read);
                    return Ok(Self::Keys(Keys {
                        access: access?,
                        secret: secret?,
                        security_token: security_token.transpose()?,
                        project,
                    }));
                }
                (Some(_), None) => (access, secret),
                (None, Some(_)) => (secret, access),
                (None, None) => continue,
            };
            error = error.with_aside(&Message::new(
                format!("{set} is set, {unset} is not"),
                format!("已设置 {set}，但没有设置 {unset}"),
            ));
        }
        Err(error)
    }

    /// Gets what `read` makes of the JSON at `url`. The services ask for a content type though there is no content
    /// [D]. `hint` tells what to do about a refusal; of the credentials that is told here.
    pub(crate) fn get<T>(
        &mut self,
        http: &Client,
        url: &Url,
        content_type: &str,
        hint: impl FnOnce(&PollError) -> Option<Message>,
        mut read: impl FnMut(&[u8]) -> Result<T>,
    ) -> Result<T, PollError> {
        let found = self.get_with(http, url, content_type, |response| {
            let response = response.expect_json(http.redactor())?;
            read(&response.body).map_err(|problem| response.unreadable(problem, http.redactor()))
        });
        found.map_err(|error| {
            let hint = hint(&error);
            self.advise(error, hint, http.now().wall)
        })
    }

    /// Gets what `read` makes of the response, whatever it is; a refusal has no hint.
    pub(crate) fn get_with<T>(
        &mut self,
        http: &Client,
        url: &Url,
        content_type: &str,
        mut read: impl FnMut(Response) -> Result<T, PollError>,
    ) -> Result<T, PollError> {
        let mut send = |headers: Vec<(&'static str, &str)>| {
            let request = Request::get(url.as_str(), headers);
            read(http.send(request)?)
        };
        match self {
            Self::Token(token) => token.with_token(|token| {
                send(vec![
                    ("Content-Type", content_type),
                    ("X-Auth-Token", token),
                ])
            }),
            Self::Keys(keys) => {
                let signed = keys.sign(url, content_type, http.now().wall, http.redactor());
                let headers = signed.iter().map(|(name, value)| (*name, value.as_str()));
                send(headers.collect())
            }
        }
    }

    /// Adds what to do about a refusal: `hint`, or of a 401 that which is about the credentials, and before it
    /// what is wrong with this machine's clock where that is the likelier reason.
    fn advise(&self, error: PollError, hint: Option<Message>, now: SystemTime) -> PollError {
        let hint = match (error.status, self) {
            // ServiceStage's own 401 has meant that something is not there [O].
            (Some(401), _) if error.message.en().contains("SVCSTG.") => hint,
            (Some(401), Self::Token(_)) => Some(Message::new(
                "check the token: a token is valid for 24 hours, and less if a password or a \
                 permission changes; a new one in the file of \
                 --token-file is used at once",
                "请检查令牌：有效期为 24 小时，修改密码或权限会使其提前失效；写入 --token-file 文件的新令牌会立即生效",
            )),
            (Some(401), Self::Keys(_)) => Some(Message::new(
                "check the access key, the secret key, the security token of temporary keys, and \
                 this machine's clock",
                "请检查 AK、SK、临时密钥的安全令牌，以及本机时钟",
            )),
            _ => hint,
        };
        // Only a signature holds the time [D].
        let clock = match (self, error.status, error.date) {
            (Self::Keys(_), Some(401 | 403), Some(server)) => clock_hint(server, now),
            _ => None,
        };
        let clock = clock.map(|clock| clock.with_hint(hint.as_ref()));
        clock.or(hint).into_iter().fold(error, PollError::with_hint)
    }
}

impl Keys {
    /// The headers of a signed GET [D, O]: all that are put here, and the host, are signed. What
    /// the HTTP client adds of its own (the kinds of answer it takes, its name) is not: a proxy may
    /// change that.
    fn sign(
        &self,
        url: &Url,
        content_type: &str,
        now: SystemTime,
        redactor: &Redactor,
    ) -> Vec<(&'static str, String)> {
        // `YYYYMMDDTHHMMSSZ`
        let date = clock::rfc3339_seconds(now).replace(['-', ':'], "");
        let security_token = self.security_token.as_ref().map(Secret::expose);
        let mut headers: Vec<_> = [
            ("Content-Type", Some(content_type)),
            ("X-Sdk-Date", Some(&date)),
            ("X-Project-Id", self.project.as_deref()),
            ("X-Security-Token", security_token),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.to_owned())))
        .collect();
        // Without the port that is the scheme's own.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signed = signed.chain([("Host", host)]);
        let (canonical, names) = canonical("GET", url.path(), url.query_pairs(), signed, b"");
        let signature = signature(&self.secret, &string_to_sign(&canonical, &date));
        redactor.add_received(&signature);
        let authorization = authorization(&self.access, &names, &signature);
        headers.push(("Authorization", authorization));
        headers
    }
}

/// A request as its signature sees it [D], and the names of its headers, all of which are signed.
fn canonical<'a>(
    method: &str,
    path: &str,
    query: impl Iterator<Item = (impl AsRef<str>, impl AsRef<str>)>,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &[u8],
) -> (String, String) {
    let path = Vec::from_iter(path.split('/').map(recode)).join("/");
    // In the signature only, not on the wire.
    let slash = if path.ends_with('/') { "" } else { "/" };
    let mut query: Vec<_> = query
        .map(|(name, value)| [encode(name.as_ref()), encode(value.as_ref())])
        .collect();
    query.sort_unstable();
    let query = Vec::from_iter(query.iter().map(|pair| pair.join("="))).join("&");
    let headers: BTreeMap<_, _> = headers
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"));
    let lines = String::from_iter(lines);
    let names = Vec::from_iter(headers.into_keys()).join(";");
    let body = hex(&Sha256::digest(body));
    let text = format!("{method}\n{path}{slash}\n{query}\n{lines}\n{names}\n{body}");
    (text, names)
}

fn string_to_sign(canonical: &str, date: &str) -> String {
    let hash = hex(&Sha256::digest(canonical));
    format!("SDK-HMAC-SHA256\n{date}\n{hash}")
}

fn authorization(access: &Secret, names: &str, signature: &str) -> String {
    let access = access.expose();
    format!("SDK-HMAC-SHA256 Access={access}, SignedHeaders={names}, Signature={signature}")
}

/// The signature: the secret key signs as it is; no other key is derived from it [D].
fn signature(secret: &Secret, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("an HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// A part of a path, decoded and encoded anew; what is no escape is encoded as it is.
fn recode(part: &str) -> String {
    encode(Vec::from_iter(percent_decode_str(part)))
}

/// Percent-encoded as the signature wants it: `A-Za-z0-9-_.~` are kept [D].
fn encode(text: impl AsRef<[u8]>) -> String {
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    percent_encode(text.as_ref(), &ENCODED).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hint for this machine's clock, where it is so far from the server's that a signature is refused [D].
fn clock_hint(server: SystemTime, here: SystemTime) -> Option<Message> {
    let (off, en, zh) = match here.duration_since(server) {
        Ok(ahead) => (ahead, "ahead of", "快"),
        Err(behind) => (behind.duration(), "behind", "慢"),
    };
    (off > Duration::from_secs(15 * 60)).then(|| {
        let off = text::duration(off);
        Message::new(
            format!(
                "this machine's clock is {off} {en} the server's; a difference of more than 15 \
                 minutes is refused"
            ),
            format!("本机时钟比服务器{zh} {off}，相差超过 15 分钟就会被拒绝"),
        )
    })
}

/// The provider's word for a phase, where it says more than the phase.
pub(crate) fn detail_text(word: Option<Arc<str>>, phase: Phase) -> Option<Message> {
    let word = word.filter(|word| !word.eq_ignore_ascii_case(phase.as_str()));
    word.map(|word| Message::verbatim(&*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    use serde::Deserialize;

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
            project: vector.project_id.clone(),
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
            let (canonical, names) = canonical(
                &vector.method,
                &vector.path,
                vector.query.iter().map(|(name, value)| (&**name, &**value)),
                vector
                    .headers_sent
                    .iter()
                    .map(|(name, value)| (&**name, &**value)),
                vector.body.as_deref().unwrap_or_default().as_bytes(),
            );
            assert_eq!(canonical, vector.canonical_request, "{name}");
            assert_eq!(names, vector.signed_headers, "{name}");
            let string_to_sign = string_to_sign(&canonical, &vector.date);
            assert_eq!(string_to_sign, vector.string_to_sign, "{name}");
            let keys = keys(&vector);
            let signature = signature(&keys.secret, &string_to_sign);
            assert_eq!(signature, vector.signature, "{name}");
            let authorization = authorization(&keys.access, &names, &signature);
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
            let headers = keys(&vector).sign(&url, content_type, now, &Redactor::default());
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
            let debug = format!("{:?}", Account::Keys(keys(&vector)));
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
            assert_eq!(recode(segment), encoded, "{segment}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_name_then_value_and_an_empty_value_keeps_its_sign() {
        let query = [("b", "2"), ("a", ""), ("b", "1"), ("a b", "c&d")];
        let (canonical, _) = canonical("GET", "/", query.into_iter(), [].into_iter(), b"");
        let line = canonical.lines().nth(2);
        assert_eq!(line, Some("a=&a%20b=c%26d&b=1&b=2"));
    }

    /// The account found where only these variables are set.
    fn account(set: &[(&str, &str)]) -> Result<Account> {
        let environment = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let setup = Setup {
            fresh: false,
            interval: Duration::ZERO,
            environment: &environment,
            request_timeout: Duration::ZERO,
            timeout: None,
            redactor: &Arc::default(),
        };
        Account::find(None, None, &setup)
    }

    /// The kind of its credentials, or the message.
    fn found(set: &[(&str, &str)]) -> Result<String, String> {
        match account(set) {
            Ok(Account::Keys(keys)) => {
                let token = keys.security_token.as_ref().map_or("", Secret::expose);
                Ok([keys.access.expose(), keys.secret.expose(), token].join(" "))
            }
            Ok(Account::Token(_)) => Ok("token".into()),
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
            "HW_AUTH_TOKEN",
            "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
            "HW_ACCESS_KEY and HW_SECRET_KEY",
        ] {
            assert!(nothing.contains(place), "{nothing}");
        }
        let half = found(&[("HW_SECRET_KEY", "made-up")]).expect_err("half a pair");
        assert!(
            half.ends_with("(HW_SECRET_KEY is set, HW_ACCESS_KEY is not)"),
            "{half}"
        );
        let broken = found(&[("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", "made up")]);
        let broken = broken.expect_err("a key with a blank");
        assert!(
            broken.contains("HW_SECRET_KEY") && !broken.contains("made up"),
            "{broken}"
        );
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_15_minutes_is_named() {
        let at = |minutes: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(minutes * 60);
        for (server, here, says) in [
            (100, 115, None),
            (115, 100, None),
            (100, 280, Some("3h 00m ahead of")),
            (116, 100, Some("16m 00s behind")),
        ] {
            let hint = clock_hint(at(server), at(here));
            let named = hint
                .as_ref()
                .map(|hint| hint.en().contains(says.unwrap_or_default()));
            assert_eq!(named, says.map(|_| true), "{hint:?}");
            hint.iter().for_each(assert_chinese);
        }
    }

    /// The hint for a refusal with these words, if it is not the one that was given.
    fn advised(set: &[(&str, &str)], words: &str) -> Option<Message> {
        let account = account(set).expect("an account");
        let refused = PollError::refused(Message::verbatim(words), Some(401));
        let given = Message::verbatim("given");
        let error = account.advise(refused, Some(given.clone()), SystemTime::UNIX_EPOCH);
        error.hint().filter(|hint| **hint != given).cloned()
    }

    const SET: [(&[(&str, &str)], &str); 2] = [
        (&[("HW_AUTH_TOKEN", "t")], "24 hours"),
        (&[("HW_ACCESS_KEY", "a"), ("HW_SECRET_KEY", "s")], "clock"),
    ];

    #[test]
    fn the_hint_is_about_the_credentials_that_are_used() {
        for (set, says) in SET {
            let hint = advised(set, "HTTP 401: APIGW.0301 verify token failed").expect("a hint");
            assert!(hint.en().contains(says), "{hint}");
            assert_chinese(&hint);
        }
    }

    #[test]
    fn a_401_of_servicestage_itself_is_not_taken_for_a_bad_token() {
        for (set, _) in SET {
            let words = "HTTP 401: SVCSTG.00100401 no such release";
            assert_eq!(advised(set, words), None);
        }
    }
}
