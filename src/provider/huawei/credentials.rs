//! The file in which Huawei Cloud's SDKs keep credentials [D].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::KEYS;
use super::options::PROJECT;
use crate::input;
use crate::message::{Context as _, Message, Result};
use crate::platform;
use crate::provider::Environment;

/// The variable that names the file.
const FILE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
/// Its path in the home directory.
const AT_HOME: &str = ".huaweicloud/credentials";
/// The section of keys for the services of one region.
const SECTION: &str = "[basic]";

/// The variables that the file stands for; none where there is no file. It is not waited for longer than
/// `timeout`.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(
    environment: Environment<'_>,
    timeout: Option<Duration>,
) -> Result<BTreeMap<&'static str, String>> {
    let named = environment(FILE).map(PathBuf::from);
    let at_home = || Some(PathBuf::from(environment(platform::HOME)?).join(AT_HOME));
    let at_home = || at_home().filter(|path| path.exists());
    let Some(path) = named.or_else(at_home) else {
        return Ok(BTreeMap::new());
    };
    let bytes = input::read(&path, input::SETTINGS_SIZE, timeout);
    let bytes = bytes.context(|| Message::cannot_read(&path))?;
    Ok(parse(&String::from_utf8_lossy(&bytes)))
}

/// The keys of the section, as the variables of the same meaning.
fn parse(text: &str) -> BTreeMap<&'static str, String> {
    let [access, secret, security_token] = KEYS[0];
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| *line == SECTION);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            let variable = match key.trim() {
                "ak" => access,
                "sk" => secret,
                "security_token" => security_token,
                "project_id" => PROJECT[0],
                _ => return None,
            };
            let value = value.trim();
            (!value.is_empty()).then(|| (variable, value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_of_basic_keys_is_read() {
        for (text, keys) in [
            ("", &[][..]),
            ("ak = a\n", &[]),
            ("[global]\nak = a\nsk = b\n", &[]),
            (
                "[global]\nak=g\n[basic]\r\n# sk = no\nak = a=b\r\nsk=c\n other = x\n[x]\nproject_id = p\n",
                &[("HUAWEICLOUD_SDK_AK", "a=b"), ("HUAWEICLOUD_SDK_SK", "c")],
            ),
            (
                "[basic]\nsecurity_token = t\nproject_id = p\nsk =\n",
                &[
                    ("HUAWEICLOUD_SDK_PROJECT_ID", "p"),
                    ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "t"),
                ],
            ),
        ] {
            let found = parse(text);
            let found: Vec<_> = found
                .iter()
                .map(|(name, value)| (*name, &**value))
                .collect();
            assert_eq!(found, keys, "{text:?}");
        }
    }
}
