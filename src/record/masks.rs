//! Hides secrets in what is recorded.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::format::Header;
use crate::http::{Request, Response, TICKET};
use crate::mask::{self, MASK, SHORTEST};

/// The headers of a request whose values are none.
const ORDINARY: [&str; 5] = [
    "accept",
    "content-type",
    "host",
    "x-project-id",
    "x-sdk-date",
];
/// How many secrets are remembered: a watch of days that signs in anew again and again must not
/// become slow.
const MOST: usize = 500;
/// The secrets that were seen.
#[derive(Default)]
pub(crate) struct Masks {
    secrets: VecDeque<String>,
}

impl Masks {
    /// Hides `secret` from now on.
    pub(crate) fn learn(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        // What is seen again is forgotten last.
        self.secrets.retain(|known| known != secret);
        self.secrets.push_back(secret.to_owned());
        if self.secrets.len() > MOST {
            self.secrets.pop_front();
        }
    }

    /// Learns the secrets of a request and its answer. Those returned are worth nothing after it.
    pub(super) fn learn_exchange(
        &mut self,
        request: &Request<'_>,
        answer: Option<&Response>,
    ) -> Vec<String> {
        let mut passing = Vec::new();
        for (name, value) in &request.headers {
            if ORDINARY
                .iter()
                .any(|plain| plain.eq_ignore_ascii_case(name))
            {
                continue;
            }
            match (name.to_ascii_lowercase().as_str(), value.split_once(' ')) {
                ("cookie", _) => value.split(';').for_each(|pair| self.learn_cookie(pair)),
                ("authorization", Some((scheme, rest))) => {
                    let known = self.learn_authorization(scheme, rest);
                    passing.extend(known.then(Vec::new).unwrap_or_else(|| signature(rest)));
                }
                _ => self.learn(value),
            }
        }
        for password in request.passwords() {
            self.learn(&password);
        }
        let mut urls = vec![request.url];
        if let Some(answer) = answer {
            answer.cookies().for_each(|pair| self.learn_cookie(pair));
            urls.extend(answer.location());
        }
        for ticket in urls.into_iter().filter_map(ticket) {
            self.learn_long(ticket);
        }
        passing
    }

    /// Learns what proves who asks; false where that holds for one request only.
    fn learn_authorization(&mut self, scheme: &str, rest: &str) -> bool {
        if scheme.eq_ignore_ascii_case("SDK-HMAC-SHA256") {
            let key = rest
                .split([',', ' '])
                .find_map(|part| part.strip_prefix("Access="));
            key.into_iter().for_each(|key| self.learn(key));
            return false;
        }
        self.learn(rest);
        true
    }

    fn learn_cookie(&mut self, pair: &str) {
        let value = pair.split_once('=').map(|(_, value)| value.trim());
        self.learn_long(value.unwrap_or_default().trim_matches('"'));
    }

    fn learn_long(&mut self, value: &str) {
        if value.len() >= SHORTEST && value != MASK {
            self.learn(value);
        }
    }

    /// The text without secrets.
    pub(super) fn hide(&self, text: &str, passing: &[String]) -> String {
        // Whole characters are replaced.
        String::from_utf8_lossy(&self.hide_bytes(text.as_bytes(), passing)).into_owned()
    }

    /// The same for what may be no text.
    pub(super) fn hide_bytes(&self, bytes: &[u8], passing: &[String]) -> Vec<u8> {
        let mut secrets: Vec<_> = self.secrets.iter().chain(passing).collect();
        // One may be a part of another.
        secrets.sort_by_key(|secret| Reverse(secret.len()));
        let hide = |bytes: Vec<u8>, secret: &String| mask::hide(&bytes, secret).unwrap_or(bytes);
        secrets.into_iter().fold(bytes.to_owned(), hide)
    }

    /// The header without secrets: nobody means to put one there.
    pub(super) fn hide_in_header(&self, mut header: Header) -> Header {
        for origin in &mut header.deployments {
            let words = origin.command.iter_mut();
            let values = origin.environment.values_mut();
            for text in words.chain(values).chain(&mut origin.name) {
                *text = self.hide(text, &[]);
            }
        }
        header
    }
}

/// What a line that sets a cookie may say: its name, and whether it has a value.
pub(super) fn cookie(line: &str) -> String {
    let pair = line.split(';').next().unwrap_or_default();
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let is_empty = value.trim().trim_matches('"').is_empty();
    format!("{name}={}", if is_empty { "" } else { MASK })
}

/// The signature of a request.
fn signature(rest: &str) -> Vec<String> {
    let mut parts = rest.split([',', ' ']);
    let signature = parts.find_map(|part| part.strip_prefix("Signature="));
    signature.map(str::to_owned).into_iter().collect()
}

fn ticket(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once(TICKET)?;
    rest.split(['&', '#']).next()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn hidden(header: (&'static str, &str), body: &str) -> String {
        let mut masks = Masks::default();
        let request = Request {
            url: "https://h/",
            body: None,
            headers: vec![header],
        };
        let passing = masks.learn_exchange(&request, None);
        masks.hide(body, &passing)
    }

    #[test]
    fn each_part_of_a_header_is_a_secret() {
        let basic = format!("Basic {}", STANDARD.encode("admin:pass word\"%"));
        for (header, body, expected) in [
            (("x-auth-token", "abc"), "abc d", "(masked) d"),
            (("Content-Type", "abcdefgh"), "abcdefgh", "abcdefgh"),
            (
                ("authorization", basic.as_str()),
                basic.as_str(),
                "Basic (masked)",
            ),
            (
                ("authorization", basic.as_str()),
                r#"admin pass word"% pass+word%22%25 pass%20word%22%25 pass word\"%"#,
                "admin (masked) (masked) (masked) (masked)",
            ),
            (
                (
                    "Authorization",
                    "SDK-HMAC-SHA256 Access=AKMADEUP, SignedHeaders=host;x-sdk-date, Signature=0123abcd",
                ),
                "AKMADEUP host;x-sdk-date 0123abcd",
                "(masked) host;x-sdk-date (masked)",
            ),
            (("cookie", "a=1; b=made-up"), "a=1 made-up", "a=1 (masked)"),
        ] {
            assert_eq!(hidden(header, body), expected, "{header:?}");
        }
    }

    #[test]
    fn a_form_holds_a_password() {
        let mut masks = Masks::default();
        let request = Request {
            url: "https://h/",
            body: Some("username=u&password=p%40ss&lt=LT-1"),
            headers: vec![("content-type", "application/x-www-form-urlencoded")],
        };
        masks.learn_exchange(&request, None);
        assert_eq!(
            masks.hide("p@ss LT-1 u p%40ss", &[]),
            "(masked) LT-1 u (masked)"
        );
    }

    #[test]
    fn a_cookie_keeps_its_name_and_whether_it_has_a_value() {
        for (line, shown) in [
            ("a=b; Path=/", "a=(masked)"),
            ("a=; Max-Age=0", "a="),
            ("a=\"\"", "a="),
            ("a", "a="),
        ] {
            assert_eq!(cookie(line), shown);
        }
    }

    #[test]
    fn what_was_seen_last_is_remembered() {
        let mut masks = Masks::default();
        for number in 0..2 * MOST {
            masks.learn("pt-made-up");
            masks.learn(&format!("session-{number}"));
        }
        assert_eq!(masks.secrets.len(), MOST);
        assert_eq!(
            masks.hide("pt-made-up session-0", &[]),
            "(masked) session-0"
        );
    }
}
