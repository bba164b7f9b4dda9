//! The sign-in at the CAS server of an older Manager with Kerberos [D].

use url::{Url, form_urlencoded};

use super::Mrs;
use super::login_error::{LoginError, LoginErrorKind, leads_to_password_change};
use super::session::{CookieJar, JSON, LOGIN_CHECK, Login, Permit, port};
use crate::http::{Client, Request, Response};
use crate::message::Message;
use crate::model::Snapshot;
use crate::poll::PollError;
use crate::provider::below;

/// The port of the Manager's CAS server [D].
const CAS_PORT: u16 = 20009;
/// The most redirects that are followed in a row.
const MAX_REDIRECTS: usize = 10;

const FORM: &str = "application/x-www-form-urlencoded";

impl Mrs {
    /// Signs in at the CAS server. Once it has accepted the password, what fails is tried again without it.
    pub(super) fn sign_in_at_cas(
        &self,
        login: &Login,
        permit: &mut Permit<'_>,
    ) -> Result<Option<Snapshot>, LoginError> {
        let mut exchange = CasExchange {
            http: &self.http,
            endpoint: &self.endpoint,
            cookies: self.shared.lock().cookies.clone(),
        };
        let result = exchange.sign_in(login, permit);
        let mut state = self.shared.lock();
        state.cookies = exchange.cookies;
        state.begin_session(false);
        result.map(|()| None)
    }
}

/// The requests of a sign-in.
struct CasExchange<'a> {
    http: &'a Client,
    endpoint: &'a Url,
    cookies: CookieJar,
}

impl CasExchange<'_> {
    fn sign_in(&mut self, login: &Login, permit: &mut Permit<'_>) -> Result<(), LoginError> {
        if !self.cookies.has_ticket() {
            self.give_password(login, permit)?;
        }
        self.follow(below(self.endpoint, LOGIN_CHECK))?;
        if self.cookies.session(port(self.endpoint)).is_none() {
            let message = Message::new(
                "the sign-in ended without a session",
                "登录完成，但没有获得会话",
            );
            return Err(PollError::refused(message, None).into());
        }
        Ok(())
    }

    /// Posts the password in the form of the CAS server, and follows where that leads.
    fn give_password(&mut self, login: &Login, permit: &mut Permit<'_>) -> Result<(), LoginError> {
        let redactor = self.http.redactor();
        let mut url = self.endpoint.clone();
        // An http or https URL, which the endpoint is, takes any port.
        let _ = url.set_port(Some(CAS_PORT));
        url.set_path("/cas/login");
        let page = self.follow(url.clone()).map_err(|mut failure| {
            if failure.error.status.is_some() {
                failure.error = failure.error.with_hint(Message::new(
                    "that is the CAS server, port 20009; a newer Manager needs --auth basic",
                    "这是 CAS 服务器，端口 20009；新版 Manager 请用 --auth basic",
                ));
            }
            failure
        })?;
        let ticket = login_ticket(&page.body).ok_or_else(|| {
            let problem = Message::new(
                "the page of the CAS server has no field lt (a newer Manager needs --auth basic)",
                "CAS 服务器的页面没有 lt 字段（新版 Manager 请用 --auth basic）",
            );
            page.unreadable(problem, redactor)
        })?;
        redactor.add_received(&ticket);
        let service = below(self.endpoint, "/web/cas_security_check.htm");
        url.set_query(Some(&format!("service={service}")));
        permit.at_stake = true;
        let response = self.send(&url, Some(&form(login, &ticket)))?;
        if !self.cookies.has_ticket() {
            let mut failure = LoginError::new(&response, redactor);
            // Whatever is no accident is a no.
            if failure.is_refusal() && failure.kind == LoginErrorKind::Other {
                failure.kind = LoginErrorKind::SignInPage;
            }
            return Err(failure);
        }
        permit.at_stake = false;
        if leads_to_password_change(&response) {
            return Err(LoginError::new(&response, redactor));
        }
        if let Some(next) = self.next(&url, &response)? {
            self.follow(next)?;
        }
        Ok(())
    }

    /// Makes a request with the cookies so far, and keeps those that come.
    fn send(&mut self, url: &Url, form: Option<&str>) -> Result<Response, PollError> {
        let cookies = self.cookies.header(port(url));
        let mut headers = vec![("content-type", if form.is_some() { FORM } else { JSON })];
        headers.extend(cookies.as_deref().map(|cookies| ("cookie", cookies)));
        let request = Request {
            body: form,
            ..Request::get(url.as_str(), headers)
        };
        let response = self.http.send(request)?;
        self.cookies
            .keep(port(url), &response, self.http.redactor());
        Ok(response)
    }

    /// Gets a URL, and those that it leads to.
    fn follow(&mut self, mut url: Url) -> Result<Response, LoginError> {
        for _ in 0..MAX_REDIRECTS {
            let response = self.send(&url, None)?;
            match self.next(&url, &response)? {
                Some(next) => url = next,
                None if response.is_success() => return Ok(response),
                None => return Err(response.refusal(self.http.redactor()).into()),
            }
        }
        let message = Message::new("the sign-in redirects in a loop", "登录时陷入循环重定向");
        Err(PollError::refused(message, None).into())
    }

    /// The target of a redirect: within the Manager's host, on its port or the CAS server's.
    fn next(&self, from: &Url, response: &Response) -> Result<Option<Url>, LoginError> {
        let Some(location) = response.location().filter(|_| response.is_redirect()) else {
            return Ok(None);
        };
        if leads_to_password_change(response) {
            return Err(LoginError::new(response, self.http.redactor()));
        }
        let next = from.join(location).ok();
        if let Some(next) = next.filter(|next| is_of_manager(next, self.endpoint)) {
            return Ok(Some(next));
        }
        // What follows a ? may be a ticket.
        let place = location.split('?').next().unwrap_or_default();
        let place = self.http.redactor().name(place);
        let message = Message::new(
            format!("the sign-in redirects to {place}, outside the Manager, which is not followed"),
            format!("登录时重定向到 Manager 之外的 {place}，未跟随"),
        );
        Err(PollError::refused(message, Some(response.status)).into())
    }
}

/// The fields that are posted to the CAS server [D].
fn form(login: &Login, login_ticket: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("username", &login.user)
        .append_pair("password", login.password.expose())
        .append_pair("lt", login_ticket)
        .append_pair("_eventId", "submit")
        .append_pair("submit", "Login")
        .finish()
}

/// The value of the form's hidden field `lt` [D].
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
    let begins = tag.match_indices(name).find_map(|(start, _)| {
        let rest = tag[start + name.len()..].trim_start_matches(blank);
        let value = rest.strip_prefix('=')?.trim_start_matches(blank);
        tag[..start].ends_with(blank).then_some(value)
    })?;
    match begins.chars().next()? {
        quote @ ('"' | '\'') => begins[1..].split(quote).next(),
        _ => begins.split(blank).next(),
    }
}

/// Whether a sign-in may be led there.
fn is_of_manager(url: &Url, endpoint: &Url) -> bool {
    url.scheme() == endpoint.scheme()
        && url.host_str() == endpoint.host_str()
        && [CAS_PORT, port(endpoint)].contains(&port(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_of_the_sign_in_stays_with_the_manager() {
        let url = |text| Url::parse(text).expect("a URL");
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
    fn any_password_fits_into_the_form() {
        assert_eq!(
            form(&Login::made_up(" p%:+&=密 "), "LT-1/a"),
            "username=admin&password=+p%25%3A%2B%26%3D%E5%AF%86+&lt=LT-1%2Fa&_eventId=submit\
             &submit=Login"
        );
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
}
