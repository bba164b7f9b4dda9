//! The sign-in by HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::login_error::{LoginError, LoginErrorKind};
use super::session::{Login, Session, port, send};
use crate::http::Client;
use crate::provider::below;
use crate::redact::Redactor;

/// What the vendor's sample for the 3.x Manager signs in with, before it goes on with cookies [O].
const STATUS: &str = "/web/api/v2/session/status";

impl Login {
    /// The value of the header for HTTP Basic.
    pub(super) fn basic(&self, redactor: &Redactor) -> String {
        let pair = format!("{}:{}", self.user, self.password.expose());
        let pair = STANDARD.encode(pair);
        redactor.add(&pair);
        format!("Basic {pair}")
    }
}

impl Session {
    /// Signs in with the read of the session's status. A Manager that has none says nothing about the
    /// password.
    pub(super) fn read_status(
        &self,
        who: Option<(&'static str, &str)>,
        http: &Client,
    ) -> Result<(), LoginError> {
        let response = send(http, below(&self.endpoint, STATUS).as_str(), who);
        let mut state = self.state();
        let port = port(&self.endpoint);
        match response {
            Ok(response) => {
                state.keep(port, &response, http.redactor());
            }
            Err(failure) if is_no_judgement(&failure) => {}
            Err(failure) => return Err(failure),
        }
        state.has_no_status = state.cookies.session(port).is_none();
        Ok(())
    }
}

/// Whether a refusal is of the request rather than of the password.
fn is_no_judgement(failure: &LoginError) -> bool {
    match failure.kind {
        LoginErrorKind::NotSent | LoginErrorKind::SignInPage => false,
        LoginErrorKind::SignInRequired => failure.error.status != Some(401),
        LoginErrorKind::Other => failure.is_refusal() && failure.error.status != Some(403),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_password_fits_into_the_header() {
        assert_eq!(
            Login::made_up(" p%:+&=密 ").basic(&Redactor::default()),
            "Basic YWRtaW46IHAlOismPeWvhiA="
        );
    }
}
