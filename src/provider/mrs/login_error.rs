//! The meaning of a response without usable JSON for the sign-in.

use memchr::memmem;

use crate::http::{Response, error_words};
use crate::message::Message;
use crate::poll::{PollError, Retry};
use crate::redact::Redactor;

/// The text of a Manager's page about a wrong password [vendor's sample].
const WRONG_PASSWORD: &str = "The credentials you provided cannot be determined to be authentic";
/// The page where a password is changed, which a Manager leads to until that is done [vendor's sample].
const CHANGE_PAGE: &str = "modify_password.html";

/// A response without usable JSON (login page, redirect, error), or none at all.
pub(super) struct LoginError {
    pub(super) error: PollError,
    pub(super) kind: LoginErrorKind,
}

/// Whether the failure concerns authentication.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginErrorKind {
    /// No connection came about: the Manager has not got the request.
    NotSent,
    /// A 401, or a redirect to the sign-in page.
    SignInRequired,
    /// A page that asks for another password, in place of a response.
    SignInPage,
    /// The page where a password is changed, or the way to it.
    PasswordChange,
    Other,
}

impl LoginErrorKind {
    pub(super) fn concerns_sign_in(self) -> bool {
        matches!(self, Self::SignInRequired | Self::SignInPage)
    }
}

impl LoginError {
    /// The meaning of an error response, whatever its status. A wrong password is usually answered
    /// with a page under HTTP 200 [O].
    pub(super) fn new(response: &Response, redactor: &Redactor) -> Self {
        let status = Some(response.status);
        let location = response.location().filter(|_| response.is_redirect());
        let is_wrong = memmem::find(&response.body, WRONG_PASSWORD.as_bytes()).is_some();
        let kind = if !is_wrong && leads_to_password_change(response) {
            LoginErrorKind::PasswordChange
        } else if status == Some(401) || location.is_some_and(is_sign_in) {
            LoginErrorKind::SignInRequired
        } else if is_wrong || response.is_success() {
            LoginErrorKind::SignInPage
        } else {
            LoginErrorKind::Other
        };
        let message = match kind {
            _ if is_wrong => Message::new("wrong user or password", "用户名或密码错误")
                .with_detail(&Message::verbatim(WRONG_PASSWORD)),
            LoginErrorKind::PasswordChange => Message::new(
                "the Manager wants the password changed first: sign in to it in a browser, then pass the new one",
                "Manager 要求先修改密码：请在浏览器中登录并修改，然后使用新密码",
            ),
            LoginErrorKind::SignInPage => Message::new(
                "HTML page instead of JSON under HTTP 200, probably the Manager's sign-in page",
                "HTTP 200 返回的是 HTML 页面，不是 JSON，应是 Manager 的登录页",
            )
            .with_detail(error_words(&response.body, redactor).as_ref()),
            _ => {
                let mut error = response.refusal(redactor);
                if status == Some(404) {
                    error = error.with_hint(Message::new(
                        "check the command's id and the endpoint: the endpoint is the cluster's \
                         Manager, usually https://<floating IP>:28443, without a path",
                        "请检查命令的 ID 和端点：应为集群的 Manager，一般是 https://<浮动 IP>:28443，后面不带路径",
                    ));
                }
                return Self { error, kind };
            }
        };
        let error = PollError::refused(message, status);
        Self { error, kind }
    }

    /// Whether the Manager turned the request down, so that asking the same again is no help.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.error.retry, Retry::Refused { .. }) && self.kind != LoginErrorKind::NotSent
    }

    /// Whether a refusal is of the request rather than of the password.
    pub(super) fn is_no_judgement(&self) -> bool {
        use LoginErrorKind::{Other, SignInRequired};
        self.is_refusal()
            && matches!(self.kind, SignInRequired | Other)
            && !matches!(self.error.status, Some(401 | 403))
    }
}

impl From<PollError> for LoginError {
    fn from(error: PollError) -> Self {
        let kind = match error.never_sent {
            true => LoginErrorKind::NotSent,
            false => LoginErrorKind::Other,
        };
        Self { error, kind }
    }
}

/// Whether the Manager wants the password changed: it redirects to the page for that, or links to it.
pub(super) fn leads_to_password_change(response: &Response) -> bool {
    let text = match response.location() {
        Some(location) if response.is_redirect() => location.as_bytes(),
        _ if response.is_success() && response.is_html() => &response.body,
        _ => return false,
    };
    memmem::find(text, CHANGE_PAGE.as_bytes()).is_some()
}

/// Whether a redirect leads to a sign-in page. Only the path of CAS is documented; what another one holds
/// is inferred [I].
fn is_sign_in(location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let path = path.to_ascii_lowercase();
    path.contains("/cas/") || path.contains("login")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::message::assert_chinese;

    #[test]
    fn a_useless_response_is_said_in_chinese() {
        let page = |body: &str| {
            let body = format!("<title>{body}</title>").into_bytes();
            let response = Response::recorded(200, &[], body, Timestamp::at(0.0));
            LoginError::new(&response, &Redactor::default())
                .error
                .message
        };
        for body in [CHANGE_PAGE, "Manager", ""] {
            assert_chinese(&page(body));
        }
        let wrong = format!("用户名或密码错误：{WRONG_PASSWORD}");
        assert_eq!(page(WRONG_PASSWORD).zh(), wrong);
        let missing = Response::recorded(404, &[], Vec::new(), Timestamp::at(0.0));
        let error = LoginError::new(&missing, &Redactor::default()).error;
        assert_chinese(error.hint().expect("a hint"));
    }

    #[test]
    fn a_sign_in_page_is_known_by_its_path() {
        for (location, known) in [
            ("https://192.0.2.1:20009/cas/login?service=x", true),
            ("/web/accessLogin.html", true),
            ("https://192.0.2.1/CAS/x", true),
            ("/web/?back=/cas/login", false),
            ("https://192.0.2.1:28443/web/#login", false),
            ("/web/v1/common", false),
        ] {
            assert_eq!(is_sign_in(location), known, "{location}");
        }
    }
}
