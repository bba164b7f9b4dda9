//! The user and the password, in the header of HTTP Basic and in the form of a CAS server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use crate::redact::Redactor;
use crate::secret::Secret;

/// The user and the password.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

impl Login {
    /// The value of the header for HTTP Basic.
    pub(super) fn basic(&self, redactor: &Redactor) -> String {
        let pair = format!("{}:{}", self.user, self.password.expose());
        let pair = STANDARD.encode(pair);
        redactor.add(&pair);
        format!("Basic {pair}")
    }

    /// The fields that are posted to a CAS server [D].
    pub(super) fn form(&self, login_ticket: &str) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.user)
            .append_pair("password", self.password.expose())
            .append_pair("lt", login_ticket)
            .append_pair("_eventId", "submit")
            .append_pair("submit", "Login")
            .finish()
    }
}

/// The value of the form's hidden field `lt` [D].
pub(super) fn login_ticket(page: &[u8]) -> Option<String> {
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

#[cfg(test)]
impl Login {
    /// A user called `admin`.
    pub(super) fn made_up(password: &str) -> Self {
        let redactor = Redactor::default();
        Self {
            user: "admin".into(),
            password: Secret::password(password, &redactor).expect("a password"),
        }
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

    #[test]
    fn any_password_fits_into_the_form() {
        assert_eq!(
            Login::made_up(" p%:+&=密 ").form("LT-1/a"),
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
