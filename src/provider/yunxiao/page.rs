//! The page of a pipeline in the console of the central edition. None is documented for Region instances.

use url::Url;

use super::CENTRAL;
use crate::message::{Message, Result};
use crate::provider::options::id;

/// The beginning of the address of a pipeline's page; its id and one of several views follow [D].
const PAGES: &str = "https://flow.aliyun.com/pipelines/";

/// The address of a pipeline's page; none where no page is known for certain.
pub(super) fn of_pipeline(endpoint: &Url, in_organization: bool, pipeline: &str) -> Option<String> {
    let is_central = endpoint.as_str().trim_end_matches('/') == CENTRAL;
    (is_central && in_organization).then(|| format!("{PAGES}{pipeline}/current"))
}

/// A pipeline's id, or the address of its page, which contains it.
pub(super) fn pipeline_id(text: &str) -> Result<String> {
    let Ok(url) = Url::parse(text.trim()) else {
        return id(text);
    };
    let rest = url.as_str().strip_prefix(PAGES);
    let end = |rest: &str| rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let found = rest.and_then(|rest| id(&rest[..end(rest)]).ok());
    found.ok_or_else(|| {
        let page = format!("{PAGES}ID");
        Message::new(
            format!("not the address of a pipeline's page, {page}: give the pipeline's id"),
            format!("不是流水线页面的地址（{page}）：请填写流水线的 ID"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn a_page_is_known_for_the_central_edition_alone() {
        let page = Some("https://flow.aliyun.com/pipelines/123/current".to_owned());
        for (endpoint, in_organization, expected) in [
            (CENTRAL, true, page),
            (CENTRAL, false, None),
            ("https://example.com", true, None),
            ("http://openapi-rdc.aliyuncs.com", true, None),
            ("https://openapi-rdc.aliyuncs.com/proxied", true, None),
        ] {
            let endpoint = Url::parse(endpoint).expect("a URL");
            assert_eq!(of_pipeline(&endpoint, in_organization, "123"), expected);
        }
    }

    #[test]
    fn the_address_of_a_page_contains_the_id() {
        for text in [
            "123",
            " 123\n",
            "https://flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com/pipelines/123/",
            " https://flow.aliyun.com/pipelines/123/current ",
            "https://FLOW.aliyun.com:443/pipelines/123/history/45?tab=log#end",
            "https://flow.aliyun.com/pipelines/123?x=y",
            "https://flow.aliyun.com/pipelines/123#x",
        ] {
            assert_eq!(pipeline_id(text).as_deref(), Ok("123"), "{text}");
        }
        for text in [
            "https://example.com/pipelines/123/current",
            "https://flow.aliyun.com.example.com/pipelines/123",
            "https://someone@flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com:8443/pipelines/123",
            "http://flow.aliyun.com/pipelines/123",
            "https://flow.aliyun.com/pipelines/",
            "https://flow.aliyun.com/pipelines/%31",
            "https://flow.aliyun.com/pipelines/../my/123",
            "https://flow.aliyun.com/my",
            "a:b",
        ] {
            let error = pipeline_id(text).expect_err(text);
            assert!(error.en().contains("flow.aliyun.com/pipelines/ID"));
            assert_chinese(&error);
        }
        for text in ["", "flow.aliyun.com/pipelines/123", "1/2"] {
            let error = pipeline_id(text).expect_err(text);
            assert!(error.en().starts_with("an id is"), "{error}");
        }
    }
}
