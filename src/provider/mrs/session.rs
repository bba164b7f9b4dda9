//! The session with a Manager that all commands of one process share, and when it signs in.
//!
//! Five wrong passwords lock the account [D], and a Manager does not always say that one was wrong:
//! a response may get lost. So what is known of a password is kept for the whole process, and it goes out
//! with a [`Permit`] only. No lock is held while a request runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::login_error::{LoginError, LoginErrorKind};
use super::{Mrs, read};
use crate::http::{Request, Response};
use crate::message::Message;
use crate::model::Snapshot;
use crate::poll::{PollError, RefusalKind, Retry};
use crate::provider::below;
use crate::redact::Redactor;
use crate::secret::Secret;

/// How often a password goes out with no word on whether it is right. A fifth wrong one would lock the
/// account [D].
const MAX_LOST: u8 = 4;
/// After so many lost ones a Manager must first ask for a sign-in: one that is down is not sent the last.
const MAX_LOST_UNASKED: u8 = 2;

pub(super) const JSON: &str = "application/json";
/// The request that the vendor's sample for the 3.x Manager signs in with; later ones use cookies [O].
const STATUS: &str = "/web/api/v2/session/status";
/// The path where the session of a cluster with CAS, or without Kerberos, begins [D].
pub(super) const LOGIN_CHECK: &str = "/web/v1/access/login_check";

/// The cookies that are a session [D].
const SESSION: [&str; 2] = ["JSESSIONID", "FISessionId"];
/// The cookie of a password that CAS accepted [D].
const TICKET_GRANTING: &str = "CASTGC";
/// All that are kept, whatever else a Manager sets: the documented ones [D].
const KEPT: [&str; 4] = [SESSION[0], SESSION[1], TICKET_GRANTING, "casSessionId"];
/// The longest value that is kept, in bytes: browsers keep no longer ones either.
const MAX_VALUE: usize = 4096;

/// The user and the password.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
    /// Whether they go to the CAS server of an older Manager with Kerberos, not as HTTP Basic.
    pub(super) by_cas: bool,
}

impl Login {
    /// The value of the header for HTTP Basic.
    fn basic(&self, redactor: &Redactor) -> String {
        let pair = STANDARD.encode(format!("{}:{}", self.user, self.password.expose()));
        redactor.add(&pair);
        format!("Basic {pair}")
    }
}

/// The name and the value of the header that says who asks.
type AuthHeader<'a> = (&'static str, &'a str);

/// The sign-in that the commands of one endpoint and user share.
#[derive(Default)]
pub(super) struct SharedSignIn {
    state: Mutex<SignInState>,
    /// A sign-in has ended.
    ended: Condvar,
}

#[derive(Default)]
pub(super) struct SignInState {
    pub(super) cookies: CookieJar,
    /// How many sessions have begun or ended. The value of a cookie may be the same in two sessions.
    generation: u32,
    /// Whether a good response has come since the last sign-in. Only then is what looks like the end of
    /// the session one.
    is_confirmed: bool,
    /// Whether no session came of the read of the session's status: the Manager has none, or no cookies.
    has_no_status: bool,
    /// The sign-ins under way.
    in_flight: u8,
    /// How often the password went out since it was last known to be right, and no word came back.
    lost: u8,
    /// How the password was turned down. It is never sent again.
    refused: Option<PollError>,
}

/// How a poll goes on: in a session, or with a sign-in first.
struct Attempt<'a> {
    cookie: Option<String>,
    generation: u32,
    permit: Option<Permit<'a>>,
}

/// The permission to sign in.
pub(super) struct Permit<'a> {
    shared: &'a SharedSignIn,
    /// Whether the password is out and nothing is known of it.
    pub(super) at_stake: bool,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.in_flight -= 1;
        state.lost += u8::from(self.at_stake);
        self.shared.ended.notify_all();
    }
}

/// The sign-ins of this process, by endpoint and user. Watches of several commands share one, so that a
/// wrong password does not count once for each.
static SIGN_INS: Mutex<BTreeMap<(String, String), Arc<SharedSignIn>>> = Mutex::new(BTreeMap::new());

impl SharedSignIn {
    /// The sign-in of a user; one of its own where nobody signs in.
    pub(super) fn of(login: Option<&Login>, endpoint: &Url) -> Arc<Self> {
        let Some(login) = login else {
            let shared = Self::default();
            // Nothing has to be good before the first response asks for a session.
            shared.lock().is_confirmed = true;
            return Arc::new(shared);
        };
        let whose = (below(endpoint, "").to_string(), login.user.clone());
        let mut sign_ins = SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sign_ins.entry(whose).or_default())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SignInState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mrs {
    /// Asks for the command's progress, and signs in for it where that is needed and safe.
    pub(super) fn ask(&self) -> Result<Snapshot, PollError> {
        let mut demand = None;
        loop {
            let attempt = self.next(demand.as_ref())?;
            let generation = attempt.generation;
            if let Some(mut permit) = attempt.permit {
                match self.sign_in(&mut permit, generation) {
                    Ok(None) => continue,
                    Ok(Some(snapshot)) => return Ok(snapshot),
                    Err(error) => return Err(self.record_password_failure(error, &mut permit)),
                }
            }
            let cookie = attempt.cookie.as_deref().map(|cookie| ("cookie", cookie));
            match self.ask_as(cookie, generation) {
                Err(error) if demand.is_none() && self.is_demand(&error, cookie.is_some()) => {
                    demand = Some((generation, error.error));
                }
                result => return result.map_err(|error| error.error),
            }
        }
    }

    /// Decides how a poll goes on. `demand` is a response that asked for a sign-in, and the number of the session
    /// that it came in. Whatever was waited for may have changed everything.
    fn next(&self, demand: Option<&(u32, PollError)>) -> Result<Attempt<'_>, PollError> {
        let deadline = Instant::now() + self.patience;
        let mut state = self.shared.lock();
        loop {
            if let Some(error) = &state.refused {
                return Err(error.clone());
            }
            let mut attempt = Attempt {
                cookie: state.cookies.session(port(&self.endpoint)),
                generation: state.generation,
                permit: None,
            };
            let has_session = attempt.cookie.is_some() || self.login.is_none();
            match demand {
                // CAS has a page to be read first.
                None if !has_session && self.by_cas() => {}
                None if has_session || state.lost >= MAX_LOST_UNASKED => return Ok(attempt),
                // A newer session may be the answer.
                Some((old, _)) if *old != state.generation && has_session => return Ok(attempt),
                // A session that was never good has not ended.
                Some((_, error)) if has_session && !state.is_confirmed => return Err(error.clone()),
                _ => {}
            }
            if state.lost >= MAX_LOST {
                let message = Message::new(
                    "the password was sent four times without a response that says whether it is right; \
                     it is not sent again, because a fifth wrong one would lock the account",
                    "密码已发送四次，没有响应说明它是否正确；不再发送，因为再错一次就会锁定账号",
                );
                return Err(PollError::refused(message, None));
            }
            // One signs in at a time, unless the password is known to be right and goes with each request.
            // A Manager that goes down under them must not use up all tries.
            let goes_each_time =
                state.is_confirmed && state.has_no_status && attempt.cookie.is_none();
            let at_once = if goes_each_time { MAX_LOST_UNASKED } else { 1 };
            if state.in_flight < at_once.saturating_sub(state.lost).max(1) {
                // It ends the session that is held.
                if attempt.cookie.is_some() {
                    state.cookies = CookieJar::default();
                    state.begin_session(self.login.is_none());
                    attempt.generation = state.generation;
                }
                state.in_flight += 1;
                attempt.permit = Some(Permit {
                    shared: &self.shared,
                    at_stake: false,
                });
                return Ok(attempt);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = Message::new(
                    "no response yet to the sign-in that all commands share",
                    "各命令共用的登录尚未得到响应",
                );
                return Err(PollError::retryable(message, None));
            }
            let waited = self.shared.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Signs in. Where the poll's own request does so, this is its result.
    fn sign_in(
        &self,
        permit: &mut Permit<'_>,
        generation: u32,
    ) -> Result<Option<Snapshot>, LoginError> {
        let Some(login) = &self.login else {
            // A refusal shows in what the poll is answered.
            return self.open_session(None, LOGIN_CHECK);
        };
        if login.by_cas {
            return self.sign_in_at_cas(login, permit);
        }
        let basic = login.basic(self.http.redactor());
        let who = Some(("authorization", &*basic));
        permit.at_stake = true;
        let state = self.shared.lock();
        // The status may tell nothing, and another try must be left.
        let reads_status = !state.has_no_status && state.lost + 2 <= MAX_LOST;
        drop(state);
        if reads_status {
            return self.open_session(who, STATUS);
        }
        // The poll's own request signs in, each time where the Manager sets no cookie.
        let snapshot = self.ask_as(who, generation)?;
        permit.at_stake = false;
        Ok(Some(snapshot))
    }

    /// Makes the poll's own request. A Manager may open a session with its response, or replace one.
    fn ask_as(&self, who: Option<AuthHeader<'_>>, generation: u32) -> Result<Snapshot, LoginError> {
        let redactor = self.http.redactor();
        let response = self.send(&self.url, who)?;
        let mut state = self.shared.lock();
        let is_current = state.generation == generation;
        if is_current {
            state.keep(port(&self.endpoint), &response, redactor);
        }
        // Only what makes sense proves the password: an error may come under HTTP 200 as well.
        let response = response.expect_json(redactor)?;
        let snapshot = read(&response.body, &self.last, redactor)
            .map_err(|problem| response.unreadable(problem, redactor))?;
        // A response to nobody says nothing about the password.
        if is_current && (who.is_some() || self.login.is_none()) {
            (state.is_confirmed, state.lost) = (true, 0);
        }
        Ok(snapshot)
    }

    /// Makes a request for the session's cookie alone. A Manager that does not have it says nothing about
    /// the password.
    fn open_session(
        &self,
        who: Option<AuthHeader<'_>>,
        path: &str,
    ) -> Result<Option<Snapshot>, LoginError> {
        let response = self.send(below(&self.endpoint, path).as_str(), who);
        let mut state = self.shared.lock();
        state.begin_session(false);
        let port = port(&self.endpoint);
        match response {
            Ok(response) => state.keep(port, &response, self.http.redactor()),
            Err(error) if error.is_no_judgement() || who.is_none() && error.is_refusal() => {}
            Err(error) => {
                state.is_confirmed = self.login.is_none();
                return Err(error);
            }
        }
        state.has_no_status = state.cookies.session(port).is_none();
        Ok(None)
    }

    fn send(&self, url: &str, who: Option<AuthHeader<'_>>) -> Result<Response, LoginError> {
        let mut headers = vec![("accept", JSON), ("content-type", JSON)];
        headers.extend(who);
        let response = self.http.send(Request::get(url, headers))?;
        if response.is_success() && !response.is_html() {
            return Ok(response);
        }
        let mut error = LoginError::new(&response, self.http.redactor());
        if self.login.is_none() && error.kind.concerns_sign_in() {
            error.error = error.error.with_hint(Message::new(
                "this Manager requires a sign-in: pass --user NAME, without --auth none",
                "此 Manager 需要登录：请加上 --user NAME，去掉 --auth none",
            ));
        }
        Err(error)
    }

    /// Whether a failed request asks for a sign-in.
    fn is_demand(&self, error: &LoginError, has_cookie: bool) -> bool {
        if self.login.is_none() {
            // No password is at stake, so that whatever was refused is asked for once more.
            error.is_refusal()
        } else if has_cookie {
            // The end of a session is a 401 or a redirect [O, D]. A page may come from anything on the way.
            error.kind == LoginErrorKind::SignInRequired
        } else {
            error.kind.concerns_sign_in() || error.error.status == Some(403)
        }
    }

    /// Keeps what a failed sign-in says about the password.
    ///
    /// A 401, the sign-in page and any redirect turn it down, and so does a 403: it goes out no more.
    /// A 404, a 5xx and a lost response say nothing, so that it may go out again: a watch must outlive a
    /// failover. But nobody documents what a Manager counts, and each of these is taken for a wrong one: see
    /// `MAX_LOST`. Only a connection that did not come about is none.
    fn record_password_failure(&self, failure: LoginError, permit: &mut Permit<'_>) -> PollError {
        let LoginError { mut error, kind } = failure;
        permit.at_stake &= kind != LoginErrorKind::NotSent;
        if !permit.at_stake {
            return error;
        }
        match (kind, error.status) {
            (LoginErrorKind::Other, Some(403)) => {
                error = error.with_hint(Message::new(
                    "the user may not view the command, or the account is locked",
                    "该用户没有查看此命令的权限，或账号已被锁定",
                ));
            }
            (LoginErrorKind::Other, Some(300..400)) => {}
            (LoginErrorKind::Other, _) => return error,
            _ => {
                let is_right = kind == LoginErrorKind::PasswordChange;
                error.retry = Retry::Refused {
                    hint: (!is_right).then(|| self.password_hint()),
                    // A page in place of a 401 counts like one.
                    kind: RefusalKind::SignIn,
                };
            }
        }
        self.shared.lock().refused = Some(error.clone());
        error
    }

    fn password_hint(&self) -> Message {
        let (en, zh) = match self.by_cas() {
            true => (
                "a newer Manager needs --auth basic",
                "新版 Manager 请用 --auth basic",
            ),
            false => (
                "an older Manager with Kerberos needs --auth cas",
                "带 Kerberos 的旧版 Manager 请用 --auth cas",
            ),
        };
        Message::new(
            "check the user and the password; they are not sent again, because five wrong ones lock the account",
            "请检查用户名和密码；不再发送，因为错误五次就会锁定账号",
        )
        .with_aside(&Message::new(en, zh))
    }

    fn by_cas(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.by_cas)
    }
}

impl SignInState {
    /// Keeps the cookies of a response, which may open a session.
    fn keep(&mut self, port: u16, response: &Response, redactor: &Redactor) {
        let before = self.cookies.session(port);
        self.cookies.keep(port, response, redactor);
        if self.cookies.session(port) != before {
            self.begin_session(false);
        }
    }

    /// A session has begun or ended.
    pub(super) fn begin_session(&mut self, is_confirmed: bool) {
        self.is_confirmed = is_confirmed;
        self.generation += 1;
    }
}

pub(super) fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

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
impl Login {
    /// A user called `admin`.
    pub(super) fn made_up(password: &str) -> Self {
        Self {
            user: "admin".into(),
            password: Secret::password(password, &Redactor::default()).expect("a password"),
            by_cas: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::Client;
    use crate::message::assert_chinese;

    fn session(endpoint: &str, user: &str) -> Mrs {
        let login = Login {
            user: user.into(),
            ..Login::made_up("made-up")
        };
        let endpoint = Url::parse(endpoint).expect("a URL");
        Mrs::new(
            &endpoint,
            "42",
            Some(login),
            Duration::ZERO,
            Client::unused(),
        )
    }

    #[test]
    fn any_password_fits_into_the_header() {
        assert_eq!(
            Login::made_up(" p%:+&=密 ").basic(&Redactor::default()),
            "Basic YWRtaW46IHAlOismPeWvhiA="
        );
    }

    #[test]
    fn commands_of_one_user_share_one_sign_in() {
        let first = session("https://manager.example:28443", "admin");
        for (endpoint, user, shared) in [
            ("https://manager.example:28443/", "admin", true),
            ("https://MANAGER.example:28443", "admin", true),
            ("https://manager.example:28443", "other", false),
            ("https://other.example:28443", "admin", false),
        ] {
            let second = session(endpoint, user);
            let is_shared = Arc::ptr_eq(&first.shared, &second.shared);
            assert_eq!(is_shared, shared, "{endpoint} {user}");
        }
        let [one, other] =
            ["/x", "/x/"].map(|path| session(&format!("https://manager.example{path}"), "admin"));
        assert!(Arc::ptr_eq(&one.shared, &other.shared));
    }

    /// The consequence of a failed request with the password: whether it may be sent again, whether
    /// that counts, and whether it ends the watch at once.
    fn recorded(kind: LoginErrorKind, status: Option<u16>, refused: bool) -> (bool, u8, bool) {
        let message = Message::verbatim("no");
        let error = if refused {
            PollError::refused(message, status)
        } else {
            PollError::retryable(message, status)
        };
        let session = Mrs {
            shared: Arc::default(),
            ..session("https://manager.example", "recorded")
        };
        let attempt = session.next(None).expect("nothing is known");
        let mut permit = attempt.permit.expect("the first");
        permit.at_stake = true;
        let failure = LoginError { error, kind };
        let error = session.record_password_failure(failure, &mut permit);
        error.hint().into_iter().for_each(assert_chinese);
        drop(permit);
        let state = session.shared.lock();
        assert_eq!(state.in_flight, 0);
        let is_of_sign_in = matches!(
            error.retry,
            Retry::Refused {
                kind: RefusalKind::SignIn,
                ..
            }
        );
        (state.refused.is_none(), state.lost, is_of_sign_in)
    }

    #[test]
    fn a_password_that_was_turned_down_is_never_sent_again() {
        use LoginErrorKind::{NotSent, Other, PasswordChange, SignInPage, SignInRequired};
        for (kind, status, refused, left) in [
            (SignInRequired, Some(401), true, (false, 1, true)),
            (SignInRequired, Some(302), true, (false, 1, true)),
            (SignInPage, Some(200), true, (false, 1, true)),
            (PasswordChange, Some(302), true, (false, 1, true)),
            (Other, Some(403), true, (false, 1, false)),
            (Other, Some(301), true, (false, 1, false)),
            // No answer to the password: it counts, and may go out again.
            (Other, Some(404), true, (true, 1, false)),
            (Other, Some(503), false, (true, 1, false)),
            (Other, Some(429), false, (true, 1, false)),
            (Other, Some(200), false, (true, 1, false)),
            (Other, None, false, (true, 1, false)),
            // It has not left this machine.
            (NotSent, None, false, (true, 0, false)),
            (NotSent, None, true, (true, 0, false)),
        ] {
            assert_eq!(recorded(kind, status, refused), left, "{status:?}");
        }
    }

    #[test]
    fn the_hint_names_the_other_way_to_sign_in() {
        for (by_cas, other) in [(false, "--auth cas"), (true, "--auth basic")] {
            let mut session = session("https://manager.example", "admin");
            session.login.as_mut().expect("a login").by_cas = by_cas;
            let hint = session.password_hint();
            assert!(hint.en().contains(other), "{hint}");
            assert_chinese(&hint);
        }
    }

    #[test]
    fn permissions_are_for_one_sign_in_at_a_time_and_for_four_lost_ones() {
        let session = session("https://permits.example", "admin");
        let permits = |lost, is_confirmed| {
            let mut state = session.shared.lock();
            (state.lost, state.is_confirmed) = (lost, is_confirmed);
            state.has_no_status = true;
            drop(state);
            // A Manager has asked for a sign-in.
            let demand = Some((0, PollError::refused(Message::verbatim("401"), None)));
            let mut granted = Vec::new();
            loop {
                match session.next(demand.as_ref()) {
                    Ok(attempt) => granted.push(attempt.permit.expect("a permission")),
                    Err(error) => {
                        assert_chinese(&error.message);
                        return (granted.len(), error.retry);
                    }
                }
            }
        };
        for (lost, is_confirmed, granted) in [
            (0, false, 1),
            (3, false, 1),
            // The password is right, and goes with each request.
            (0, true, 2),
            (1, true, 1),
            (3, true, 1),
        ] {
            let (count, end) = permits(lost, is_confirmed);
            assert_eq!(count, granted, "{lost} {is_confirmed}");
            assert!(matches!(end, Retry::Retryable { .. }), "it was waited for");
        }
        let (count, end) = permits(4, false);
        assert_eq!(count, 0, "a fifth would lock the account");
        assert!(matches!(end, Retry::Refused { .. }));
    }

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
