//! The cookies of a sign-in.

use crate::http::Response;
use crate::redact::Redactor;

/// The cookies that are a session [D].
const SESSION: [&str; 2] = ["JSESSIONID", "FISessionId"];
/// The cookie of a password that CAS accepted [D].
const TICKET_GRANTING: &str = "CASTGC";
/// All that are kept, whatever else a Manager sets: the documented ones [D].
const KEPT: [&str; 4] = [SESSION[0], SESSION[1], TICKET_GRANTING, "casSessionId"];
/// The longest value that is kept, in bytes: browsers keep no longer ones either.
const MAX_VALUE: usize = 4096;

/// The cookies of one host. A port that set one itself gets that one; those of other ports are sent along,
/// because the ticket of the CAS server is asked for on the Manager's port [D].
#[derive(Clone, Default)]
pub(super) struct CookieJar(Vec<Cookie>);

#[derive(Clone)]
struct Cookie {
    port: u16,
    name: &'static str,
    value: String,
}

impl CookieJar {
    /// Keeps what a response from `port` sets. All that is kept is a secret, however much else was set.
    pub(super) fn keep(&mut self, port: u16, response: &Response, redactor: &Redactor) {
        for pair in response.cookies() {
            self.set(port, pair);
        }
        for cookie in &self.0 {
            redactor.add_received(cookie.value.trim_matches('"'));
        }
    }

    /// An empty value takes a cookie back.
    fn set(&mut self, port: u16, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (name.trim(), value.trim());
        let Some(name) = KEPT.into_iter().find(|kept| *kept == name) else {
            return;
        };
        self.0
            .retain(|cookie| cookie.port != port || cookie.name != name);
        if !value.trim_matches('"').is_empty() && value.len() <= MAX_VALUE {
            let value = value.to_owned();
            self.0.push(Cookie { port, name, value });
        }
    }

    /// Whether CAS accepted the password.
    pub(super) fn has_ticket(&self) -> bool {
        self.0.iter().any(|cookie| cookie.name == TICKET_GRANTING)
    }

    /// The value of the `cookie` header to `port`.
    pub(super) fn header(&self, port: u16) -> Option<String> {
        let has_own = |name| {
            let mut own = self.0.iter().filter(|cookie| cookie.port == port);
            own.any(|cookie| cookie.name == name)
        };
        self.join(|cookie| cookie.port == port || !has_own(cookie.name))
    }

    /// The same with nothing but the session, where `port` has set one.
    pub(super) fn session(&self, port: u16) -> Option<String> {
        self.join(|cookie| cookie.port == port && SESSION.contains(&cookie.name))
    }

    fn join(&self, is_sent: impl Fn(&Cookie) -> bool) -> Option<String> {
        let sent = self.0.iter().filter(|cookie| is_sent(cookie));
        let pairs: Vec<_> = sent
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(set: &[(u16, &str)]) -> CookieJar {
        let mut jar = CookieJar::default();
        for (port, pair) in set {
            jar.set(*port, pair);
        }
        jar
    }

    #[test]
    fn a_cookie_is_the_ports_that_set_it_and_goes_to_both() {
        let both = jar(&[
            (20009, "casSessionId=c"),
            (20009, "CASTGC=TGT-1"),
            (20009, "JSESSIONID=of-cas"),
            (28443, "JSESSIONID=of-web"),
        ]);
        assert_eq!(both.session(28443).as_deref(), Some("JSESSIONID=of-web"));
        assert_eq!(
            both.header(28443).as_deref(),
            Some("casSessionId=c; CASTGC=TGT-1; JSESSIONID=of-web")
        );
        assert_eq!(
            both.header(20009).as_deref(),
            Some("casSessionId=c; CASTGC=TGT-1; JSESSIONID=of-cas")
        );
        assert!(both.has_ticket());
    }

    #[test]
    fn a_session_is_one_of_two_cookies_and_a_cookie_can_be_taken_back() {
        let longest = format!("JSESSIONID={}", "x".repeat(MAX_VALUE));
        let too_long = format!("{longest}x");
        for (set, session) in [
            (&["FISessionId=a"][..], Some("FISessionId=a")),
            (
                &["JSESSIONID=a", "lang=en", "FISessionId=b"],
                Some("JSESSIONID=a; FISessionId=b"),
            ),
            (&["JSESSIONID=a", "JSESSIONID=b=c"], Some("JSESSIONID=b=c")),
            (&["JSESSIONID=a", "JSESSIONID="], None),
            (&["JSESSIONID=a", "JSESSIONID=\"\""], None),
            (&["lang=en", "junk"], None),
            (&[&longest], Some(&*longest)),
            (&[&too_long], None),
        ] {
            let set: Vec<_> = set.iter().map(|pair| (1, *pair)).collect();
            assert_eq!(jar(&set).session(1).as_deref(), session, "{set:?}");
        }
    }

    #[test]
    fn cookies_are_few() {
        let mut jar = CookieJar::default();
        for number in 0..1000 {
            jar.set(1, &format!("new-{number}=made-up"));
            jar.set(1, &format!("JSESSIONID=planted-{number}"));
        }
        assert_eq!(jar.header(1).as_deref(), Some("JSESSIONID=planted-999"));
    }
}
