//! Signing in to a Manager, and staying signed in.
//!
//! Five wrong passwords lock the account [D], and a Manager does not always say that one was wrong:
//! an answer may get lost. So what is known of a password is kept for the whole process, and every
//! way to send it again leads through [`State::may_send`] and [`State::blame`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::{Url, form_urlencoded};

use super::texts;
use crate::http::{Client, Request, Response, TransportError};
use crate::poll::{PollError, Retry};
use crate::provider::below;
use crate::redact::Redactor;
use crate::secret::Secret;

/// The port of the Manager's CAS server [D].
const CAS_PORT: u16 = 20009;
/// The most cookies that are kept, as browsers keep of a site at least: a server may set ever new ones.
const MAX_COOKIES: usize = 50;
/// The cookies that are a session [D].
const SESSION: [&str; 2] = ["JSESSIONID", "FISessionId"];
/// The cookie that says that CAS took the password [D].
const TICKET_GRANTING: &str = "CASTGC";
/// How often a password goes out with no word on whether it is right. A fifth wrong one would lock
/// the account [D].
const MOST: u8 = 4;
/// Redirects followed in a row.
const HOPS: usize = 10;
/// How much of a page is looked at for its title, in bytes.
const PAGE: usize = 64 << 10;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

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

/// Who signs in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

impl Login {
    /// The value of the header for HTTP Basic.
    fn basic(&self, redactor: &Redactor) -> String {
        let pair = format!("{}:{}", self.user, self.password.expose());
        let pair = STANDARD.encode(pair);
        redactor.add(&pair);
        format!("Basic {pair}")
    }

    /// The form of the CAS server [D].
    fn form(&self, login_ticket: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.user)
            .append_pair("password", self.password.expose())
            .append_pair("lt", login_ticket)
            .append_pair("_eventId", "submit")
            .append_pair("submit", "Login")
            .finish()
    }
}

/// The request of a poll, whoever asks.
pub(super) struct Call<'a> {
    pub(super) http: &'a Client,
    pub(super) url: &'a str,
}

/// An answer that is none.
struct Rejection {
    error: PollError,
    why: Why,
}

/// What an answer that is none says about who asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The Manager has not got the request.
    Unsent,
    /// It wants a sign-in: a 401, or a redirect to its sign-in page.
    WantsSignIn,
    /// Its sign-in page, under HTTP 200.
    SignInPage,
    Other,
}

impl Call<'_> {
    /// Makes the request, with the header that says who asks.
    fn make(&self, pass: Option<(&'static str, &str)>) -> Result<Response, Rejection> {
        let mut headers = vec![("accept", JSON), ("content-type", JSON)];
        headers.extend(pass);
        let request = Request {
            url: self.url,
            body: None,
            headers,
        };
        let response = self.http.send(&request)?;
        if response.is_success() && response.is_html() {
            let message =
                texts::sign_in_page(title(&response.body, self.http.redactor()).as_deref());
            return Err(Rejection {
                error: PollError::refused(message, Some(response.status)),
                why: Why::SignInPage,
            });
        }
        let why = if response.status == 401 || redirect(&response).is_some_and(is_sign_in) {
            Why::WantsSignIn
        } else {
            Why::Other
        };
        let found = response.status != 404;
        let response = response.expect_json(super::words, self.http.redactor());
        response.map_err(|error| Rejection {
            error: if found {
                error
            } else {
                error.with_hint(texts::endpoint_hint())
            },
            why,
        })
    }
}

/// A session with a Manager.
pub(super) struct Session {
    auth: Auth,
    endpoint: Url,
    state: Arc<Mutex<State>>,
}

/// What the sign-in has come to: one for each endpoint and user of the process.
struct State {
    cookies: Cookies,
    /// Whether a good answer has come since the last sign-in. Only then is what looks like the end
    /// of the session one.
    renewable: bool,
    /// How often the password went out since it was last known to be right.
    unheard: u8,
    /// How the password was turned down. It is never sent again.
    refused: Option<PollError>,
}

/// The sign-ins of this process. Watches of several commands share one, so that a wrong password
/// does not count once for each.
static SIGN_INS: Mutex<SignIns> = Mutex::new(BTreeMap::new());

/// By endpoint and user.
type SignIns = BTreeMap<(String, String), Arc<Mutex<State>>>;

impl Session {
    /// A session that begins with the first request.
    pub(super) fn new(auth: Auth, endpoint: &Url) -> Self {
        let state = match &auth {
            Auth::Basic(login) | Auth::Cas(login) => {
                let whose = (below(endpoint, "").to_string(), login.user.clone());
                let mut sign_ins = SIGN_INS.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(sign_ins.entry(whose).or_insert_with(|| State::new(false)))
            }
            // Nothing has to be good before the first answer asks for a session.
            Auth::None => State::new(true),
        };
        Self {
            auth,
            endpoint: endpoint.clone(),
            state,
        }
    }

    /// Says that the last answer made sense.
    pub(super) fn confirm(&self) {
        self.state().renewable = true;
    }

    /// Makes a request, and signs in for it where that is needed and safe.
    pub(super) fn ask(&self, call: &Call<'_>) -> Result<Response, PollError> {
        let port = port(&self.endpoint);
        let (held, asks_first) = {
            let state = self.state();
            state.go_on()?;
            (state.cookies.session(port), self.asks_first(&state))
        };
        let mut rejection = None;
        if held.is_some() || asks_first {
            match self.ask_with(call, held.as_deref()) {
                Ok(answer) => return Ok(answer),
                Err(other) if self.is_demand(&other, held.is_some()) => rejection = Some(other),
                Err(other) => return Err(other.error),
            }
        }
        // One sign-in at a time: whoever waits here finds what came of it.
        let mut state = self.state();
        state.go_on()?;
        let newer = state.cookies.session(port);
        if newer.is_some() && newer != held {
            drop(state);
            let answer = self.ask_with(call, newer.as_deref());
            return answer.map_err(|rejection| rejection.error);
        }
        if let Some(rejection) = rejection
            && !self.may_renew(&state, held.is_some())
        {
            return Err(rejection.error);
        }
        if held.is_some() {
            state.cookies = Cookies::default();
        }
        if let Auth::Basic(login) = &self.auth {
            // The poll's own request signs in, each time where the Manager sets no cookie.
            state.may_send()?;
            state.unheard += 1;
            let answer = call.make(Some(("authorization", &login.basic(call.http.redactor()))));
            let answer = answer.map_err(|rejection| state.blame(rejection))?;
            // Only what makes sense proves the password: an error may come under HTTP 200 as well.
            if super::read(&answer.body, &[], call.http.redactor()).is_ok() {
                state.unheard = 0;
            }
            state.cookies.keep(port, &answer);
            state.renewable = false;
            return Ok(answer);
        }
        let mut exchange = Exchange {
            http: call.http,
            endpoint: &self.endpoint,
            state: &mut state,
        };
        match &self.auth {
            Auth::Cas(login) => exchange.sign_in(login)?,
            _ => exchange.check_in()?,
        }
        state.renewable = false;
        let cookie = state.cookies.session(port);
        drop(state);
        let answer = self.ask_with(call, cookie.as_deref());
        answer.map_err(|rejection| match (&self.auth, rejection.why) {
            (Auth::None, Why::WantsSignIn | Why::SignInPage) => {
                rejection.error.with_hint(texts::user_hint())
            }
            _ => rejection.error,
        })
    }

    /// Makes a request with the session's cookie, where there is one. A Manager may replace it.
    fn ask_with(&self, call: &Call<'_>, cookie: Option<&str>) -> Result<Response, Rejection> {
        let answer = call.make(cookie.map(|cookie| ("cookie", cookie)))?;
        let mut state = self.state();
        state.cookies.keep(port(&self.endpoint), &answer);
        Ok(answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request goes without a sign-in at first, where there is no session.
    fn asks_first(&self, state: &State) -> bool {
        match self.auth {
            Auth::None => true,
            // The last time that the password may go out is not spent on a Manager that is down:
            // one that asks for a sign-in is up, and will say what it makes of it.
            Auth::Basic(_) => state.unheard + 1 >= MOST,
            // CAS has a page to be read first.
            Auth::Cas(_) => false,
        }
    }

    /// Whether a rejection asks for a sign-in.
    fn is_demand(&self, rejection: &Rejection, had_session: bool) -> bool {
        let refused = matches!(rejection.error.retry, Retry::Refused { .. });
        match self.auth {
            // No password is at stake, so that whatever was refused is asked for once more.
            Auth::None => refused && rejection.why != Why::Unsent,
            // The end of a session is a 401 or a redirect [O, D]. A page may come from anything on
            // the way.
            _ if had_session => rejection.why == Why::WantsSignIn,
            _ => {
                matches!(rejection.why, Why::WantsSignIn | Why::SignInPage)
                    || rejection.error.status == Some(403)
            }
        }
    }

    /// Whether a demand for a sign-in may be met: that for another one after a good answer only.
    fn may_renew(&self, state: &State, had_session: bool) -> bool {
        let again = had_session || matches!(self.auth, Auth::None);
        state.renewable || !again
    }
}

impl State {
    fn new(renewable: bool) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            cookies: Cookies::default(),
            renewable,
            unheard: 0,
            refused: None,
        }))
    }

    /// An error where the password was turned down: nothing is sent any more.
    fn go_on(&self) -> Result<(), PollError> {
        self.refused.clone().map_or(Ok(()), Err)
    }

    /// An error where the password has gone out too often with no word on it.
    fn may_send(&self) -> Result<(), PollError> {
        if self.unheard < MOST {
            return Ok(());
        }
        Err(PollError::refused(texts::attempts_exhausted(), None))
    }

    /// What the rejection of a request with the password says about the password.
    ///
    /// A wrong one is answered with a 401, a redirect to the sign-in page or that page, and goes out
    /// no more. A 403 and any other redirect are an answer to who asked as well. An error of the
    /// server's (5xx) or a 404 comes from one who does not get that far, so that it may go out
    /// again; and so it may where the answer was lost, for a watch must outlive a failover. But
    /// nobody documents what a Manager counts, so that each of these is taken for a wrong one: see
    /// `MOST`. Only a connection that did not come about is none.
    fn blame(&mut self, rejection: Rejection) -> PollError {
        let Rejection { mut error, why } = rejection;
        match (why, error.status) {
            (Why::Unsent, _) => {
                self.unheard -= 1;
                return error;
            }
            (Why::WantsSignIn | Why::SignInPage, _) => {
                error.retry = Retry::Refused {
                    hint: Some(texts::password_hint()),
                    // A page in place of a 401 counts like one.
                    fatal: true,
                };
            }
            (Why::Other, Some(403)) => error = error.with_hint(texts::permission_hint()),
            (Why::Other, Some(300..400)) => {}
            _ => return error,
        }
        self.refused = Some(error.clone());
        error
    }
}

/// The requests of a sign-in, beside those of the polls.
struct Exchange<'a> {
    http: &'a Client,
    endpoint: &'a Url,
    state: &'a mut State,
}

impl Exchange<'_> {
    /// Signs in at the CAS server [D]. Once it has taken the password, what fails is tried again
    /// without it.
    fn sign_in(&mut self, login: &Login) -> Result<(), PollError> {
        if !self.state.cookies.has(TICKET_GRANTING) {
            self.give_password(login)?;
        }
        self.follow(self.login_check())?;
        let session = self.state.cookies.session(port(self.endpoint));
        session
            .map(|_| ())
            .ok_or_else(|| PollError::refused(texts::no_session(), None))
    }

    /// Gives the CAS server the password.
    fn give_password(&mut self, login: &Login) -> Result<(), PollError> {
        let mut url = self.endpoint.clone();
        // An http or https URL, which the endpoint is, takes any port.
        let _ = url.set_port(Some(CAS_PORT));
        url.set_path("/cas/login");
        let answer = self
            .follow(url.clone())
            .map_err(|error| match error.status {
                Some(_) => error.with_hint(texts::cas_hint()),
                None => error,
            })?;
        let ticket = login_ticket(&answer.body)
            .ok_or_else(|| answer.unreadable(texts::no_login_ticket(), self.http.redactor()))?;
        self.http.redactor().add_received(&ticket);
        self.state.may_send()?;
        self.state.unheard += 1;
        let service = below(self.endpoint, "/web/cas_security_check.htm");
        url.set_query(Some(&format!("service={service}")));
        let answer = match self.send(&url, Some(&login.form(&ticket))) {
            Ok(answer) => answer,
            Err(failure) => return Err(self.state.blame(failure.into())),
        };
        if !self.state.cookies.has(TICKET_GRANTING) {
            return Err(self.state.blame(turned_down(&answer, self.http.redactor())));
        }
        self.state.unheard = 0;
        match self.next(&url, &answer)? {
            Some(next) => self.follow(next).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Asks for the session's cookie of a cluster without Kerberos [D].
    fn check_in(&mut self) -> Result<(), PollError> {
        let answer = self.send(&self.login_check(), None);
        let answer = answer.map_err(|failure| failure.error)?;
        let error = answer.refusal(|_, _| None, self.http.redactor());
        if !answer.is_success() && matches!(error.retry, Retry::Retryable { .. }) {
            return Err(error);
        }
        // Anything else shows in what the poll is answered.
        Ok(())
    }

    /// Where a session begins [D].
    fn login_check(&self) -> Url {
        below(self.endpoint, "/web/v1/access/login_check")
    }

    /// Makes a request with the cookies so far, and keeps those that come.
    fn send(&mut self, url: &Url, form: Option<&str>) -> Result<Response, TransportError> {
        let cookies = self.state.cookies.header(port(url));
        let mut headers = vec![("content-type", if form.is_some() { FORM } else { JSON })];
        headers.extend((!cookies.is_empty()).then_some(("cookie", cookies.as_str())));
        let request = Request {
            url: url.as_str(),
            body: form,
            headers,
        };
        let answer = self.http.send(&request)?;
        self.state.cookies.keep(port(url), &answer);
        Ok(answer)
    }

    /// Gets a URL, and those that it leads to.
    fn follow(&mut self, mut url: Url) -> Result<Response, PollError> {
        for _ in 0..HOPS {
            let answer = self.send(&url, None).map_err(|failure| failure.error)?;
            match self.next(&url, &answer)? {
                Some(next) => url = next,
                None if answer.is_success() => return Ok(answer),
                None => return Err(answer.refusal(|_, _| None, self.http.redactor())),
            }
        }
        Err(PollError::refused(texts::redirect_loop(), None))
    }

    /// Where an answer leads to: within the Manager's host, its port and the CAS server's.
    fn next(&self, from: &Url, answer: &Response) -> Result<Option<Url>, PollError> {
        let Some(location) = redirect(answer) else {
            return Ok(None);
        };
        match from.join(location) {
            Ok(next) if is_of_manager(&next, self.endpoint) => Ok(Some(next)),
            _ => {
                // What follows a ? may be a ticket.
                let place = location.split('?').next().unwrap_or_default();
                let place = self.http.redactor().name(place);
                let message = texts::off_host_redirect(&place);
                Err(PollError::refused(message, Some(answer.status)))
            }
        }
    }
}

/// What an answer to the password means that brings no ticket: whatever is no accident is a no.
fn turned_down(answer: &Response, redactor: &Redactor) -> Rejection {
    if answer.is_success() {
        let message = texts::sign_in_page(title(&answer.body, redactor).as_deref());
        return Rejection {
            error: PollError::refused(message, Some(answer.status)),
            why: Why::SignInPage,
        };
    }
    let error = answer.refusal(|_, _| None, redactor);
    let why = match error.retry {
        Retry::Refused { .. } => Why::WantsSignIn,
        _ => Why::Other,
    };
    Rejection { error, why }
}

impl From<TransportError> for Rejection {
    fn from(failure: TransportError) -> Self {
        let why = if failure.may_have_been_received {
            Why::Other
        } else {
            Why::Unsent
        };
        let error = failure.error;
        Self { error, why }
    }
}

/// Cookies of one host. A port that set one itself gets that one; the others' are sent along, for
/// the CAS server's ticket is asked for on the Manager's port [D].
#[derive(Default)]
struct Cookies(Vec<Cookie>);

struct Cookie {
    port: u16,
    name: String,
    value: String,
}

impl Cookies {
    /// Keeps what an answer from `port` sets. An empty value takes a cookie back.
    fn keep(&mut self, port: u16, answer: &Response) {
        for pair in answer.cookies() {
            self.set(port, pair);
        }
    }

    fn set(&mut self, port: u16, pair: &str) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (name.trim(), value.trim());
        self.0
            .retain(|cookie| cookie.port != port || cookie.name != name);
        if !value.trim_matches('"').is_empty() && self.0.len() < MAX_COOKIES {
            self.0.push(Cookie {
                port,
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|cookie| cookie.name == name)
    }

    /// What is sent to `port`.
    fn header(&self, port: u16) -> String {
        let has_own = |name: &str| {
            let mut own = self.0.iter().filter(|cookie| cookie.port == port);
            own.any(|cookie| cookie.name == name)
        };
        let sent = self.0.iter();
        join(sent.filter(|cookie| cookie.port == port || !has_own(&cookie.name)))
    }

    /// The session, where `port` has set one.
    fn session(&self, port: u16) -> Option<String> {
        let own = self.0.iter().filter(|cookie| cookie.port == port);
        let session = join(own.filter(|cookie| SESSION.contains(&cookie.name.as_str())));
        (!session.is_empty()).then_some(session)
    }
}

fn join<'a>(cookies: impl Iterator<Item = &'a Cookie>) -> String {
    let pairs = cookies.map(|cookie| format!("{}={}", cookie.name, cookie.value));
    pairs.collect::<Vec<_>>().join("; ")
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or_default()
}

/// Whether a sign-in may be led there.
fn is_of_manager(url: &Url, endpoint: &Url) -> bool {
    let same = |part: fn(&Url) -> Option<&str>| part(url) == part(endpoint);
    same(|url| Some(url.scheme()))
        && same(Url::host_str)
        && [CAS_PORT, port(endpoint)].contains(&port(url))
}

/// Where a redirect points to.
fn redirect(answer: &Response) -> Option<&str> {
    let location = answer.location();
    location.filter(|_| (300..400).contains(&answer.status))
}

/// Whether a place is a sign-in page. Only the path of CAS is documented; what another one holds is
/// inferred [I].
fn is_sign_in(location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let path = path.to_ascii_lowercase();
    path.contains("/cas/") || path.contains("login")
}

/// The title of an HTML page.
fn title(page: &[u8], redactor: &Redactor) -> Option<Arc<str>> {
    let page = String::from_utf8_lossy(&page[..page.len().min(PAGE)]);
    // The same length as the page itself, so that places in it are places there.
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let begin = tag + lower[tag..].find('>')? + 1;
    let end = begin + lower[begin..].find('<')?;
    let title = redactor.name(&page[begin..end]);
    (!title.is_empty()).then_some(title)
}

/// The value of the form's field `lt` [D].
fn login_ticket(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    let mut tags = page.split('<').skip(1).map(|rest| rest.split('>').next());
    let field = tags.find_map(|tag| tag.filter(|tag| attribute(tag, "name") == Some("lt")))?;
    let ticket = attribute(field, "value")?;
    (!ticket.is_empty()).then(|| ticket.to_owned())
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let blank = |c: char| c.is_ascii_whitespace();
    let begins = tag.match_indices(name).find_map(|(place, _)| {
        let rest = tag[place + name.len()..].trim_start_matches(blank);
        let value = rest.strip_prefix('=')?.trim_start_matches(blank);
        tag[..place].ends_with(blank).then_some(value)
    })?;
    match begins.chars().next()? {
        quote @ ('"' | '\'') => begins[1..].split(quote).next(),
        _ => begins.split(blank).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn login(user: &str, password: &str) -> Login {
        Login {
            user: user.into(),
            password: Secret::password(password, &Redactor::default()).expect("a password"),
        }
    }

    fn cookies(set: &[(u16, &str)]) -> Cookies {
        let mut cookies = Cookies::default();
        for (port, pair) in set {
            cookies.set(*port, pair);
        }
        cookies
    }

    #[test]
    fn any_password_fits_into_a_header_and_into_a_form() {
        let login = login("admin", " p%:+&=密 ");
        assert_eq!(
            login.basic(&Redactor::default()),
            "Basic YWRtaW46IHAlOismPeWvhiA="
        );
        assert_eq!(
            login.form("LT-1/a"),
            "username=admin&password=+p%25%3A%2B%26%3D%E5%AF%86+&lt=LT-1%2Fa&_eventId=submit\
             &submit=Login"
        );
    }

    #[test]
    fn commands_of_one_user_share_one_sign_in() {
        let session = |endpoint: &str, user| {
            Session::new(Auth::Basic(login(user, "made-up")), &url(endpoint)).state
        };
        let first = session("https://manager.example:28443", "admin");
        for (endpoint, user, shared) in [
            ("https://manager.example:28443/", "admin", true),
            ("https://MANAGER.example:28443", "admin", true),
            ("https://manager.example:28443", "other", false),
            ("https://other.example:28443", "admin", false),
        ] {
            let second = session(endpoint, user);
            assert_eq!(Arc::ptr_eq(&first, &second), shared, "{endpoint} {user}");
        }
        let [one, other] =
            ["/x", "/x/"].map(|path| session(&format!("https://manager.example{path}"), "admin"));
        assert!(Arc::ptr_eq(&one, &other));
    }

    /// What a rejection of a request with the password leaves: whether the password may go out
    /// again, whether that counts, and whether it ends the watch at once.
    fn blamed(why: Why, status: Option<u16>, refused: bool) -> (bool, u8, bool) {
        let message = Message::verbatim("no");
        let error = if refused {
            PollError::refused(message, status)
        } else {
            PollError::retryable(message, status)
        };
        let state = State::new(false);
        let mut state = state.try_lock().expect("nobody else");
        state.unheard = 1;
        let error = state.blame(Rejection { error, why });
        let fatal = matches!(error.retry, Retry::Refused { fatal: true, .. });
        assert_eq!(state.refused.is_some(), state.go_on().is_err());
        (state.go_on().is_ok(), state.unheard, fatal)
    }

    #[test]
    fn a_password_that_was_turned_down_is_never_sent_again() {
        for (why, status, refused, left) in [
            (Why::WantsSignIn, Some(401), true, (false, 1, true)),
            (Why::WantsSignIn, Some(302), true, (false, 1, true)),
            (Why::SignInPage, Some(200), true, (false, 1, true)),
            (Why::Other, Some(403), true, (false, 1, false)),
            (Why::Other, Some(301), true, (false, 1, false)),
            // No answer to the password: it counts, and may go out again.
            (Why::Other, Some(404), true, (true, 1, false)),
            (Why::Other, Some(503), false, (true, 1, false)),
            (Why::Other, Some(429), false, (true, 1, false)),
            (Why::Other, Some(200), false, (true, 1, false)),
            (Why::Other, None, false, (true, 1, false)),
            // It has not left this machine.
            (Why::Unsent, None, false, (true, 0, false)),
            (Why::Unsent, None, true, (true, 0, false)),
        ] {
            assert_eq!(blamed(why, status, refused), left, "{status:?}");
        }
    }

    #[test]
    fn four_wrong_passwords_lock_no_account() {
        let state = State::new(false);
        let mut state = state.try_lock().expect("nobody else");
        for unheard in 0..4 {
            state.unheard = unheard;
            state.may_send().expect("a try is left");
        }
        state.unheard = 4;
        let error = state.may_send().expect_err("the fifth would lock it");
        assert!(matches!(error.retry, Retry::Refused { .. }));
    }

    #[test]
    fn a_redirect_of_the_sign_in_stays_with_the_manager() {
        let endpoint = url("https://manager.example:28443/base");
        for (place, followed) in [
            ("https://manager.example:28443/web/", true),
            ("https://manager.example:20009/cas/login?service=x", true),
            ("https://manager.example:20010/cas/login", false),
            ("https://manager.example/cas/login", false),
            ("http://manager.example:28443/web/", false),
            ("http://manager.example:20009/cas/login", false),
            ("https://other.example:20009/cas/login", false),
            ("https://manager.example.org:28443/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_of_manager(&url(place), &endpoint), followed, "{place}");
        }
    }

    #[test]
    fn a_sign_in_page_is_known_by_its_path() {
        for (place, known) in [
            ("https://192.0.2.1:20009/cas/login?service=x", true),
            ("/web/accessLogin.html", true),
            ("https://192.0.2.1/CAS/x", true),
            ("/web/?back=/cas/login", false),
            ("https://192.0.2.1:28443/web/#login", false),
            ("/web/v1/common", false),
        ] {
            assert_eq!(is_sign_in(place), known, "{place}");
        }
    }

    #[test]
    fn the_login_ticket_is_found_in_the_form() {
        for (page, ticket) in [
            (
                r#"<form><input type="hidden" name="lt" value="LT-1-a" /></form>"#,
                Some("LT-1-a"),
            ),
            ("<INPUT value='LT-1-a' name='lt'>", Some("LT-1-a")),
            ("<input\nname = lt\nvalue = LT-1-a>", Some("LT-1-a")),
            (
                r#"<input name="result" value="1"><input name="lt" value="2">"#,
                Some("2"),
            ),
            (r#"<input data-name="lt" value="1">"#, None),
            (r#"<input name="lt" value="">"#, None),
            (r#"<input name="lt">"#, None),
            (r#"name="lt" value="LT-1-a""#, None),
            ("<input name=", None),
            ("", None),
        ] {
            let found = login_ticket(page.as_bytes());
            assert_eq!(found.as_deref(), ticket, "{page}");
        }
    }

    #[test]
    fn a_page_goes_by_its_title() {
        for (page, shown) in [
            (
                "<html><Title lang=en> Fusion\u{1b}[31mInsight\n</title>",
                Some("FusionInsight"),
            ),
            ("<title></title>", None),
            ("<title>never ended", None),
            ("<p>no title</p>", None),
        ] {
            assert_eq!(
                title(page.as_bytes(), &Redactor::default()).as_deref(),
                shown,
                "{page}"
            );
        }
    }

    #[test]
    fn a_cookie_is_the_ports_that_set_it_and_goes_to_both() {
        let both = cookies(&[
            (20009, "casSessionId=c"),
            (20009, "CASTGC=TGT-1"),
            (20009, "JSESSIONID=of-cas"),
            (28443, "JSESSIONID=of-web"),
        ]);
        assert_eq!(both.session(28443).as_deref(), Some("JSESSIONID=of-web"));
        assert_eq!(
            both.header(28443),
            "casSessionId=c; CASTGC=TGT-1; JSESSIONID=of-web"
        );
        assert_eq!(
            both.header(20009),
            "casSessionId=c; CASTGC=TGT-1; JSESSIONID=of-cas"
        );
    }

    #[test]
    fn a_session_is_one_of_two_cookies_and_a_cookie_can_be_taken_back() {
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
        ] {
            let set: Vec<_> = set.iter().map(|pair| (1, *pair)).collect();
            assert_eq!(cookies(&set).session(1).as_deref(), session, "{set:?}");
        }
    }
}
