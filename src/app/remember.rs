//! The history of past deployments, for a watch and as a command of its own.

use std::process::ExitCode;
use std::sync::Arc;

use super::{print, say};
use crate::cli::deployments::Deployment;
use crate::cli::options::{OutputChoice, OutputOptions};
use crate::cli::{config, not_set};
use crate::history::{self, History};
use crate::message::{Lang, Message, Result};
use crate::platform;
use crate::provider::Environment;
use crate::render::is_ci;

/// Recalls how long past deployments took, unless the user or a CI system has no use for that, and what there
/// is to warn of.
pub(super) fn recall(
    list: &[Deployment],
    shown: &OutputOptions,
    environment: Environment<'_>,
) -> (Option<Arc<History>>, Option<Message>) {
    let keys = list
        .iter()
        .filter_map(|deployment| deployment.spec.history_key.as_ref());
    let is_off = shown.no_history || is_ci(environment) || keys.clone().next().is_none();
    match history::folder(environment).filter(|_| !is_off) {
        Some(folder) => {
            let (history, warning) = History::recall(folder, keys);
            (history.map(Arc::new), warning)
        }
        None => (None, None),
    }
}

/// Shows how long past deployments took, or forgets it.
pub(super) fn run_history(
    clear: bool,
    shown: &OutputOptions,
    environment: Environment<'_>,
) -> Result<ExitCode> {
    let asked = shown.lang.or_else(|| config::lang(environment));
    let lang = Lang::choose(asked, environment);
    let folder = history::folder(environment).ok_or_else(|| not_set(platform::HOME))?;
    if clear {
        return print(&history::clear(folder, lang)?);
    }
    let as_json = shown.choice() == OutputChoice::Json;
    let (text, warning) = history::show(folder, as_json, lang)?;
    if let Some(warning) = warning {
        say(&lang.with_message(lang.warning(), Some(&warning)));
    }
    print(&text)
}
