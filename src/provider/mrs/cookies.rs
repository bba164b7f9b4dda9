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

/// The cookies of one host: the port that set it, the name and the value of each. A port that set one itself
/// gets that one; those of other ports are sent along, because the ticket of the CAS server is asked for on the
/// Manager's port [D].
#[derive(Clone, Default)]
pub(super) struct CookieJar(Vec<(u16, &'static str, String)>);

impl CookieJar {
    /// Keeps what a response from `port` sets. All that is kept is a secret, however much else was set.
    pub(super) fn keep(&mut self, port: u16, response: &Response, redactor: &Redactor) {
        response.cookies().for_each(|pair| self.set(port, pair));
        for (.., value) in &self.0 {
            redactor.add_received(value.trim_matches('"'));
        }
    }

    /// An empty value takes a cookie back.
    fn set(&mut self, port: u16, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (name.trim(), value.trim());
        let Some(name) = KEPT.into_iter().find(|kept| *kept == name) else {
            return;
        };
        self.0.retain(|(by, own, _)| (*by, *own) != (port, name));
        if !value.trim_matches('"').is_empty() && value.len() <= MAX_VALUE {
            self.0.push((port, name, value.to_owned()));
        }
    }

    /// Whether CAS accepted the password.
    pub(super) fn has_ticket(&self) -> bool {
        self.0.iter().any(|(_, name, _)| *name == TICKET_GRANTING)
    }

    /// The value of the `cookie` header to `port`.
    pub(super) fn header(&self, port: u16) -> Option<String> {
        self.join(|by, name| by == port || !self.0.iter().any(|it| (it.0, it.1) == (port, name)))
    }

    /// The same with nothing but the session, where `port` has set one.
    pub(super) fn session(&self, port: u16) -> Option<String> {
        self.join(|by, name| by == port && SESSION.contains(&name))
    }

    fn join(&self, is_sent: impl Fn(u16, &str) -> bool) -> Option<String> {
        let sent = self.0.iter().filter(|(by, name, _)| is_sent(*by, name));
        let pairs: Vec<_> = sent
            .map(|(_, name, value)| format!("{name}={value}"))
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
