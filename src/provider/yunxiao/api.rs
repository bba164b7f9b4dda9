//! The requests of both editions: their URLs, the token, and the hints for refusals.

use std::mem;
use std::time::Duration;

use serde::Deserialize;

use crate::http::{Client, Request, Response};
use crate::message::Message;
use crate::poll::PollError;
use crate::provider::json::{self, Shown, Text, safe_in_url};
use crate::secret::Credential;

/// The API of one pipeline.
pub(super) struct Api {
    pub(super) http: Client,
    pub(super) credential: Credential,
    /// The beginning of every URL.
    pub(super) url: String,
    pub(super) pipeline: String,
    /// Whether an organization was given: for the central edition, not for a Region instance [D].
    pub(super) in_organization: bool,
}

impl Api {
    /// Gets what is at `path` of the pipeline; `permission` is the one that the token needs, `earlier` the body
    /// that was there before, `timeout` how long it may take at most.
    pub(super) fn get(
        &mut self,
        path: &str,
        permission: &'static str,
        mut earlier: Vec<u8>,
        timeout: Option<Duration>,
    ) -> Result<Response, PollError> {
        let url = format!("{}/{path}", self.url);
        let response = self.credential.with_token(|token| {
            self.http.get_json(Request {
                timeout,
                earlier: mem::take(&mut earlier),
                ..Request::get(&url, vec![("x-yunxiao-token", token)])
            })
        });
        response.map_err(|error| self.with_hint(error, permission))
    }

    /// The text of the log of this machine or job among those at `path`, and whether there is more.
    pub(super) fn log(
        &mut self,
        path: &str,
        id: &str,
        permission: &'static str,
    ) -> Result<(String, bool), PollError> {
        if !safe_in_url(id) {
            return Ok(Default::default());
        }
        let path = format!("{path}/{id}/log");
        let response = self.get(&path, permission, Vec::new(), None)?;
        let log: Log<'_> = json::read(&response.body).unwrap_or_default();
        let text = log.content.get().or(log.deploy_log.get());
        Ok((text.unwrap_or_default().to_owned(), log.more.is("true")))
    }

    /// Adds the hint for a refusal; `permission` is the one that such a request needs.
    fn with_hint(&self, error: PollError, permission: &'static str) -> PollError {
        let hint = match error.status {
            Some(401) => Message::new(
                "check the token: it may have expired, or belong to another edition",
                "请检查令牌：可能已过期，或属于另一个版本（中心版、Region 版）",
            ),
            Some(403) => Message::new(
                format!("the token needs the read permission {permission}"),
                format!("令牌需要“{permission}”的只读权限"),
            ),
            Some(404) if self.in_organization => Message::new(
                "check the ids; a Region instance also answers 404 when an organization is set: \
                 YUNXIAO_EDITION=region leaves it out",
                "请检查各个 ID；Region 版在设置了组织时也会返回 404，YUNXIAO_EDITION=region 可去掉组织",
            ),
            Some(404) => Message::new(
                "check the ids; the central edition needs --organization",
                "请检查各个 ID；中心版需要 --organization",
            ),
            _ => return error,
        };
        error.with_hint(hint)
    }
}

/// The log of a job, or of a machine [D].
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct Log<'a> {
    content: Text<'a>,
    deploy_log: Text<'a>,
    more: Shown<Text<'a>>,
}
