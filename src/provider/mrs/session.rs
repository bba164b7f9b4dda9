//! The session with a Manager that all commands of one process share, and when it signs in.
//!
//! Five wrong passwords lock the account [D], and a Manager does not always say that one was wrong:
//! a response may get lost. So what is known of a password is kept for the whole process, and it goes out
//! with a [`Permit`] only. No lock is held while a request runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::cookies::CookieJar;
use super::login::Login;
use super::login_error::{LoginError, LoginErrorKind};
use super::texts;
use crate::http::{Client, Request, Response};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::provider::below;
use crate::redact::Redactor;

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

/// How to sign in.
#[derive(Clone)]
pub(crate) enum Auth {
    /// HTTP Basic, then the session's cookie.
    Basic(Login),
    /// The CAS server of an older Manager with Kerberos.
    Cas(Login),
    /// Nobody signs in.
    None,
}

/// A session with a Manager.
pub(super) struct Session {
    auth: Auth,
    pub(super) endpoint: Url,
    /// The longest wait for a sign-in of another command.
    patience: Duration,
    shared: Arc<Shared>,
}

/// The state that the commands share.
#[derive(Default)]
struct Shared {
    state: Mutex<SignInState>,
    /// A sign-in has ended.
    ended: Condvar,
}

/// The state of the sign-in: one for each endpoint and user of the process.
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

/// The session that a poll is made in.
struct Held {
    cookie: Option<String>,
    generation: u32,
}

/// The permission to sign in.
pub(super) struct Permit<'a> {
    shared: &'a Shared,
    /// Whether the password is out and nothing is known of it.
    pub(super) at_stake: bool,
    /// Whether to begin with a read of the session's status. That may tell nothing, and another try must be
    /// left.
    reads_status: bool,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.in_flight -= 1;
        state.lost += u8::from(self.at_stake);
        self.shared.ended.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, SignInState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sign-ins of this process, by endpoint and user. Watches of several commands share one, so that a
/// wrong password does not count once for each.
static SIGN_INS: Mutex<BTreeMap<(String, String), Arc<Shared>>> = Mutex::new(BTreeMap::new());

impl Session {
    /// A session that begins with the first request. No sign-in of another command is waited for longer
    /// than `patience`.
    pub(super) fn new(auth: Auth, endpoint: &Url, patience: Duration) -> Self {
        let shared = match &auth {
            Auth::Basic(login) | Auth::Cas(login) => {
                let whose = (below(endpoint, "").to_string(), login.user.clone());
                let mut sign_ins = SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(sign_ins.entry(whose).or_default())
            }
            Auth::None => {
                let shared = Shared::default();
                // Nothing has to be good before the first response asks for a session.
                shared.lock().is_confirmed = true;
                Arc::new(shared)
            }
        };
        Self {
            auth,
            endpoint: endpoint.clone(),
            patience,
            shared,
        }
    }

    /// Makes a request, and signs in for it where that is needed and safe. `read` makes sense of the
    /// response.
    pub(super) fn ask<T>(
        &self,
        http: &Client,
        url: &str,
        mut read: impl FnMut(Response) -> Result<T, PollError>,
    ) -> Result<T, PollError> {
        let mut demand = None;
        loop {
            let (held, permit) = self.next(demand.as_ref())?;
            let Some(mut permit) = permit else {
                let cookie = held.cookie.as_deref().map(|cookie| ("cookie", cookie));
                match self.ask_as(cookie, http, url, held.generation, &mut read) {
                    Err(error) if demand.is_none() && self.is_demand(&error, &held) => {
                        demand = Some((held, self.explain(error)));
                        continue;
                    }
                    result => return result.map_err(|error| self.explain(error)),
                }
            };
            match &self.auth {
                Auth::Basic(login) => {
                    let basic = login.basic(http.redactor());
                    let who = Some(("authorization", &*basic));
                    permit.at_stake = true;
                    if permit.reads_status {
                        self.open_session(who, http, STATUS)
                            .map_err(|error| self.record_password_failure(error, &mut permit))?;
                        continue;
                    }
                    // The poll's own request signs in, each time where the Manager sets no cookie.
                    let value = self.ask_as(who, http, url, held.generation, &mut read);
                    let value =
                        value.map_err(|error| self.record_password_failure(error, &mut permit))?;
                    permit.at_stake = false;
                    return Ok(value);
                }
                Auth::Cas(login) => self
                    .sign_in_at_cas(http, login, &mut permit)
                    .map_err(|error| self.record_password_failure(error, &mut permit))?,
                // A refusal shows in what the poll is answered.
                Auth::None => self
                    .open_session(None, http, LOGIN_CHECK)
                    .map_err(|error| error.error)?,
            }
        }
    }

    /// Decides how a poll goes on: with its request, or with a sign-in. `demand` is a response that asked
    /// for one. Whatever was waited for may have changed everything.
    fn next(
        &self,
        demand: Option<&(Held, PollError)>,
    ) -> Result<(Held, Option<Permit<'_>>), PollError> {
        let deadline = Instant::now() + self.patience;
        let mut state = self.state();
        loop {
            if let Some(error) = &state.refused {
                return Err(error.clone());
            }
            let held = Held {
                cookie: state.cookies.session(port(&self.endpoint)),
                generation: state.generation,
            };
            let has_session = held.cookie.is_some() || self.is_anonymous();
            match demand {
                // CAS has a page to be read first.
                None if !has_session && matches!(self.auth, Auth::Cas(_)) => {}
                None if has_session || state.lost >= MAX_LOST_UNASKED => return Ok((held, None)),
                // A newer session may be the answer.
                Some((old, _)) if old.generation != held.generation && has_session => {
                    return Ok((held, None));
                }
                // A session that was never good has not ended.
                Some((_, error)) if has_session && !state.is_confirmed => return Err(error.clone()),
                _ => {}
            }
            if state.lost >= MAX_LOST {
                return Err(PollError::refused(texts::attempts_exhausted(), None));
            }
            if state.in_flight < state.at_once(held.cookie.is_some()) {
                return Ok(self.permit(&mut state, held));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(PollError::retryable(texts::sign_in_pending(), None));
            }
            let waited = self.shared.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Permits a sign-in, which ends the session that is held.
    fn permit(&self, state: &mut SignInState, mut held: Held) -> (Held, Option<Permit<'_>>) {
        if held.cookie.take().is_some() {
            state.cookies = CookieJar::default();
            held.generation = state.begin_session(self.is_anonymous());
        }
        state.in_flight += 1;
        let permit = Permit {
            shared: &self.shared,
            at_stake: false,
            reads_status: !state.has_no_status && state.lost + 2 <= MAX_LOST,
        };
        (held, Some(permit))
    }

    /// Makes the poll's own request, with the header that says `who` asks. A Manager may open a session
    /// with its response, or replace one.
    fn ask_as<T>(
        &self,
        who: Option<(&'static str, &str)>,
        http: &Client,
        url: &str,
        mut generation: u32,
        read: impl FnOnce(Response) -> Result<T, PollError>,
    ) -> Result<T, LoginError> {
        let response = send(http, url, who)?;
        let mut state = self.state();
        if state.generation == generation {
            generation = state.keep(port(&self.endpoint), &response, http.redactor());
        }
        drop(state);
        // Only what makes sense proves the password: an error may come under HTTP 200 as well.
        let value = read(response)?;
        let mut state = self.state();
        // A response to nobody says nothing about the password.
        if (who.is_some() || self.is_anonymous()) && state.generation == generation {
            (state.is_confirmed, state.lost) = (true, 0);
        }
        Ok(value)
    }

    /// Makes a request for the session's cookie alone. A Manager that does not have it says nothing about
    /// the password.
    fn open_session(
        &self,
        who: Option<(&'static str, &str)>,
        http: &Client,
        path: &str,
    ) -> Result<(), LoginError> {
        let response = send(http, below(&self.endpoint, path).as_str(), who);
        let mut state = self.state();
        state.begin_session(false);
        let port = port(&self.endpoint);
        match response {
            Ok(response) => {
                state.keep(port, &response, http.redactor());
            }
            Err(error) if error.is_no_judgement() || who.is_none() && error.is_refusal() => {}
            Err(error) => {
                state.is_confirmed = self.is_anonymous();
                return Err(error);
            }
        }
        state.has_no_status = state.cookies.session(port).is_none();
        Ok(())
    }

    /// Whether a failed request asks for a sign-in.
    fn is_demand(&self, error: &LoginError, held: &Held) -> bool {
        match self.auth {
            // No password is at stake, so that whatever was refused is asked for once more.
            Auth::None => error.is_refusal(),
            // The end of a session is a 401 or a redirect [O, D]. A page may come from anything on the way.
            _ if held.cookie.is_some() => error.kind == LoginErrorKind::SignInRequired,
            _ => error.kind.concerns_sign_in() || error.error.status == Some(403),
        }
    }

    fn explain(&self, error: LoginError) -> PollError {
        match self.auth {
            Auth::None if error.kind.concerns_sign_in() => {
                error.error.with_hint(texts::user_hint())
            }
            _ => error.error,
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
            (LoginErrorKind::Other, Some(403)) => error = error.with_hint(texts::permission_hint()),
            (LoginErrorKind::Other, Some(300..400)) => {}
            (LoginErrorKind::Other, _) => return error,
            _ => {
                let by_cas = matches!(self.auth, Auth::Cas(_));
                let is_right = kind == LoginErrorKind::PasswordChange;
                error.retry = Retry::Refused {
                    hint: (!is_right).then(|| texts::password_hint(by_cas)),
                    // A page in place of a 401 counts like one.
                    kind: RefusalKind::SignIn,
                };
            }
        }
        self.state().refused = Some(error.clone());
        error
    }

    fn is_anonymous(&self) -> bool {
        matches!(self.auth, Auth::None)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, SignInState> {
        self.shared.lock()
    }
}

impl SignInState {
    /// How many may sign in at once: one, unless the password is known to be right and goes with each
    /// request. A Manager that goes down under them must not use up all tries.
    fn at_once(&self, has_session: bool) -> u8 {
        if self.is_confirmed && self.has_no_status && !has_session {
            MAX_LOST_UNASKED.saturating_sub(self.lost).max(1)
        } else {
            1
        }
    }

    /// Keeps the cookies of a response, which may open a session. The number of the session.
    fn keep(&mut self, port: u16, response: &Response, redactor: &Redactor) -> u32 {
        let before = self.cookies.session(port);
        self.cookies.keep(port, response, redactor);
        if self.cookies.session(port) != before {
            self.begin_session(false);
        }
        self.generation
    }

    /// A session has begun or ended: the number of what is next.
    pub(super) fn begin_session(&mut self, is_confirmed: bool) -> u32 {
        self.is_confirmed = is_confirmed;
        self.generation += 1;
        self.generation
    }
}

/// Makes a request of the Manager, with the header that says who asks.
pub(super) fn send(
    http: &Client,
    url: &str,
    who: Option<(&'static str, &str)>,
) -> Result<Response, LoginError> {
    let mut headers = vec![("accept", JSON), ("content-type", JSON)];
    headers.extend(who);
    let response = http.send(&Request::get(url, headers))?;
    match LoginError::of(&response, http.redactor()) {
        Some(error) => Err(error),
        None => Ok(response),
    }
}

pub(super) fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

    fn session(endpoint: &str, user: &str) -> Session {
        let login = Login {
            user: user.into(),
            ..Login::made_up("made-up")
        };
        let endpoint = Url::parse(endpoint).expect("a URL");
        Session::new(Auth::Basic(login), &endpoint, Duration::ZERO)
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
        let session = Session {
            shared: Arc::default(),
            ..session("https://manager.example", "recorded")
        };
        let (_, permit) = session.next(None).expect("nothing is known");
        let mut permit = permit.expect("the first");
        permit.at_stake = true;
        let failure = LoginError { error, kind };
        let error = session.record_password_failure(failure, &mut permit);
        drop(permit);
        let state = session.state();
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
    fn permissions_are_for_one_sign_in_at_a_time_and_for_four_lost_ones() {
        let session = session("https://permits.example", "admin");
        let permits = |lost, is_confirmed| {
            let mut state = session.state();
            (state.lost, state.is_confirmed) = (lost, is_confirmed);
            state.has_no_status = true;
            drop(state);
            // A Manager has asked for a sign-in.
            let held = Held {
                cookie: None,
                generation: 0,
            };
            let demand = Some((held, PollError::refused(Message::verbatim("401"), None)));
            let mut granted = Vec::new();
            loop {
                match session.next(demand.as_ref()) {
                    Ok((_, permit)) => granted.push(permit.expect("a permission")),
                    Err(error) => return (granted.len(), error.retry),
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
}
