//! How long past deployments took, which is remembered and shown and never decides a verdict.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use console::Alignment::{Left, Right};
use console::{measure_text_width, pad_str};
use serde_json::json;
use url::{Position, Url};

use crate::clock::milliseconds;
use crate::input;
use crate::message::{Lang, Message, Result};
use crate::platform;
use crate::text;

mod store;

use store::{Record, Store, token};

/// How long another process is waited for that writes the file, at a start and as a rule.
const BRIEFLY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(2);

/// The key of deployments that are alike: those of a pipeline's job, a task, a release plan.
#[derive(Clone, Debug)]
pub(crate) struct HistoryKey {
    /// The provider, the endpoint's host and the ids of what contains it.
    scope: String,
    id: String,
    /// Whether the deployment's own title is part of it, in the place of its id once there is one.
    is_titled: bool,
}

impl HistoryKey {
    /// The key of the deployments of `id`.
    pub(crate) fn new(provider: &str, endpoint: &Url, id: String) -> Self {
        let host = &endpoint[Position::BeforeHost..Position::AfterPort];
        Self {
            scope: format!("{provider}:{host}/"),
            id,
            is_titled: false,
        }
    }

    /// The same where each deployment has an `id` of its own: those with the same title within `scope` are alike.
    pub(crate) fn titled(provider: &str, endpoint: &Url, scope: &str, id: String) -> Self {
        let key = Self::new(provider, endpoint, id);
        Self {
            scope: format!("{}{scope}/", key.scope),
            is_titled: true,
            ..key
        }
    }

    /// Its text in the file; `title` is that of the deployment.
    fn text(&self, title: Option<&str>) -> String {
        let title = title.filter(|_| self.is_titled);
        format!("{}{}", self.scope, title.unwrap_or(&self.id))
    }
}

/// How long the last deployments of one key took.
#[derive(Debug)]
pub(crate) struct Usual {
    /// The median.
    pub(crate) took: Duration,
    pub(crate) longest: Duration,
    /// Those of its units, by name, in milliseconds.
    units: BTreeMap<String, Vec<u64>>,
}

impl Usual {
    /// None where nothing is known.
    fn new(record: Record) -> Option<Self> {
        let longest = record.durations_ms.iter().max()?;
        Some(Self {
            took: median(&record.durations_ms)?,
            longest: Duration::from_millis(*longest),
            units: record.units,
        })
    }

    /// How long the unit of this name takes.
    pub(crate) fn unit(&self, name: &str) -> Option<Duration> {
        median(self.units.get(name)?)
    }
}

/// The median of durations in milliseconds; of an even number the longer one of the middle.
fn median(durations: &[u64]) -> Option<Duration> {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let middle = sorted.get(sorted.len() / 2)?;
    Some(Duration::from_millis(*middle))
}

/// A success, to be remembered.
#[derive(Debug)]
struct Lesson {
    key: String,
    took: Duration,
    /// The units that succeeded, by name.
    units: Vec<(Arc<str>, Duration)>,
}

/// The records for the deployments of this process, and what it learns.
pub(crate) struct History {
    store: Store,
    usual: HashMap<String, Arc<Usual>>,
    lessons: Mutex<Vec<Lesson>>,
}

impl History {
    /// Recalls what the file in `folder` says for these keys, and warns of a broken one that was set aside.
    pub(crate) fn recall<'a>(
        folder: PathBuf,
        keys: impl Iterator<Item = &'a HistoryKey>,
    ) -> Result<(Arc<Self>, Option<Message>)> {
        let store = Store { folder };
        let (titled, named): (Vec<_>, Vec<_>) = keys.partition(|key| key.is_titled);
        let named: BTreeSet<_> = named.iter().map(|key| token(&key.text(None))).collect();
        let scopes: BTreeSet<_> = titled.iter().map(|key| token(&key.scope)).collect();
        let is_wanted = |token: &[u8]| {
            let mut scopes = scopes.iter().map(|scope| &scope[..scope.len() - 1]);
            named.contains(token) || scopes.any(|scope| token.starts_with(scope))
        };
        let (records, warning) = store.recall(BRIEFLY, is_wanted)?;
        let usual = records.into_iter().filter_map(|record| {
            let key = record.deployment.clone();
            Some((key, Arc::new(Usual::new(record)?)))
        });
        let history = Self {
            store,
            usual: usual.collect(),
            lessons: Mutex::default(),
        };
        Ok((Arc::new(history), warning))
    }

    /// Writes what was learnt, for as long as `left` (the rest of `--timeout`; zero after a signal) and a short
    /// grace.
    pub(crate) fn save(&self, left: Option<Duration>) -> Result<Option<Message>> {
        const GRACE: Duration = Duration::from_millis(500);
        let mut lessons = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        let lessons = std::mem::take(&mut *lessons);
        if lessons.is_empty() {
            return Ok(None);
        }
        let patience = left.map_or(PATIENCE, |left| left.clamp(GRACE, PATIENCE));
        let store = self.store.clone();
        let saved = input::within(patience, move || {
            // A lock is waited for half of the time: then the message says so, and the rest is there to write.
            store.update(patience / 2, |records| {
                lessons
                    .into_iter()
                    .for_each(|lesson| learn(records, lesson));
            })
        });
        saved.and_then(|saved| saved).map_err(|error| {
            let message = Message::new(
                "cannot remember how long it took (--no-history does not try)",
                "无法记录用时（可用 --no-history 关闭）",
            );
            message.with_detail(&error)
        })
    }
}

/// Adds a lesson to the records, which begin with what was learnt last.
fn learn(records: &mut Vec<Record>, lesson: Lesson) {
    let mut known = records.iter();
    let index = known.position(|record| record.deployment == lesson.key);
    let mut record = index.map_or_else(Record::default, |index| records.remove(index));
    record.deployment = lesson.key;
    record.add(lesson.took, &lesson.units);
    records.insert(0, record);
}

/// The past deployments that are like that of one target.
pub(crate) struct PastDeployments {
    pub(crate) history: Arc<History>,
    pub(crate) key: HistoryKey,
}

impl PastDeployments {
    /// How long it usually takes; `title` is that of the deployment, once there is one.
    pub(crate) fn usual(&self, title: Option<&str>) -> Option<Arc<Usual>> {
        self.history.usual.get(&self.key.text(title)).cloned()
    }

    /// Remembers a success, and how long the units took that succeeded.
    pub(crate) fn learn(
        &self,
        title: Option<&str>,
        took: Duration,
        units: Vec<(Arc<str>, Duration)>,
    ) {
        let lessons = &self.history.lessons;
        let mut lessons = lessons.lock().unwrap_or_else(PoisonError::into_inner);
        lessons.push(Lesson {
            key: self.key.text(title),
            took,
            units,
        });
    }
}

/// The folder of the file; none where nothing says where it is.
pub(crate) fn folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(platform::state_folder(environment)?.join("deploywatch"))
}

/// A table of what is remembered, what was learnt last first, or with `as_json` a line for each record; and
/// the warning that a broken file was set aside.
pub(crate) fn show(
    folder: PathBuf,
    as_json: bool,
    lang: Lang,
) -> Result<(String, Option<Message>)> {
    let store = Store { folder };
    let (records, warning) = store.recall(PATIENCE, |_| true)?;
    let shown = if as_json {
        records.iter().map(json_line).collect()
    } else if records.is_empty() {
        lang.nothing_remembered(text::path(&store.path())) + "\n"
    } else {
        table(&records, lang)
    };
    Ok((shown, warning))
}

/// Forgets everything, and says so.
pub(crate) fn clear(folder: PathBuf, lang: Lang) -> Result<String> {
    let forgotten = Store { folder }.clear(PATIENCE)?;
    Ok(lang.forgotten(forgotten) + "\n")
}

fn json_line(record: &Record) -> String {
    let usual = median(&record.durations_ms).map(milliseconds);
    let units = record.units.iter();
    let units = units.map(|(name, durations)| (name, median(durations).map(milliseconds)));
    let line = json!({
        "deployment": record.deployment,
        "durations_ms": record.durations_ms,
        "usual_ms": usual,
        "units": units.collect::<BTreeMap<_, _>>(),
    });
    format!("{line}\n")
}

fn table(records: &[Record], lang: Lang) -> String {
    let figure = |span: Option<Duration>| span.map_or(String::new(), text::duration);
    let mut rows = vec![lang.history_columns().map(str::to_owned)];
    rows.extend(records.iter().map(|record| {
        let last = record.durations_ms.last().copied();
        [
            text::name(&record.deployment).into_owned(),
            record.durations_ms.len().to_string(),
            figure(median(&record.durations_ms)),
            figure(last.map(Duration::from_millis)),
        ]
    }));
    let widths: [usize; 4] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| measure_text_width(&row[column]));
        cells.max().unwrap_or_default()
    });
    let mut table = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).zip([Left, Right, Right, Right]);
        let cells = cells.map(|((cell, width), alignment)| pad_str(cell, width, alignment, None));
        let _ = writeln!(table, "{}", cells.collect::<Vec<_>>().join("  "));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(key: &str, took: u64, units: &[(&str, u64)]) -> Lesson {
        let units = units.iter();
        Lesson {
            key: key.to_owned(),
            took: Duration::from_millis(took),
            units: units
                .map(|&(name, took)| (name.into(), Duration::from_millis(took)))
                .collect(),
        }
    }

    #[test]
    fn a_key_is_made_of_ids_or_of_the_title_of_the_deployment() {
        let endpoint = Url::parse("https://example.com:8443/base").expect("a URL");
        let key = HistoryKey::new("codearts", &endpoint, "t-1".to_owned());
        assert_eq!(key.text(None), "codearts:example.com:8443/t-1");
        assert_eq!(key.text(Some("shop")), "codearts:example.com:8443/t-1");
        let key = HistoryKey::titled("servicestage", &endpoint, "p", "r-1".to_owned());
        assert_eq!(key.text(None), "servicestage:example.com:8443/p/r-1");
        assert_eq!(
            key.text(Some("shop")),
            "servicestage:example.com:8443/p/shop"
        );
    }

    #[test]
    fn what_was_learnt_is_recalled_for_the_keys_that_are_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let endpoint = Url::parse("https://example.com").expect("a URL");
        let task = |id: &str| HistoryKey::new("codearts", &endpoint, id.to_owned());
        let release = |id: &str| HistoryKey::titled("servicestage", &endpoint, "p", id.to_owned());
        let recall = |keys: &[&HistoryKey]| {
            let recalled = History::recall(folder.path().to_owned(), keys.iter().copied());
            let (history, warning) = recalled.expect("a history");
            assert_eq!(warning, None);
            history
        };
        let of = |history: &Arc<History>, key: HistoryKey| PastDeployments {
            history: Arc::clone(history),
            key,
        };
        let usual = |of: &PastDeployments, title| {
            let usual = of.usual(title);
            usual.map(|usual| usual.took.as_secs())
        };
        let history = recall(&[&task("a"), &release("r-1")]);
        for (seconds, key) in [(1, task("a")), (2, task("b")), (3, release("r-1"))] {
            let took = Duration::from_secs(seconds);
            of(&history, key).learn(Some("shop \"1\""), took, Vec::new());
        }
        assert_eq!(history.save(None), Ok(None));
        let history = recall(&[&task("a"), &release("r-2")]);
        assert_eq!(usual(&of(&history, task("a")), Some("any")), Some(1));
        assert_eq!(usual(&of(&history, task("b")), None), None, "nobody asked");
        let release = of(&history, release("r-2"));
        assert_eq!(usual(&release, None), None);
        assert_eq!(usual(&release, Some("shop \"1\"")), Some(3));
        assert_eq!(usual(&release, Some("shop")), None);
    }

    #[test]
    fn the_last_twenty_are_remembered_and_what_was_learnt_last_comes_first() {
        let mut records = Vec::new();
        for took in 1..=25 {
            learn(&mut records, lesson("a", took, &[("x", took * 2)]));
        }
        learn(&mut records, lesson("b", 7, &[]));
        let keys: Vec<_> = records.iter().map(|record| &*record.deployment).collect();
        assert_eq!(keys, ["b", "a"]);
        assert_eq!(records[1].durations_ms, Vec::from_iter(6..=25));
        let usual = Usual::new(records.remove(1)).expect("known");
        assert_eq!(usual.took, Duration::from_millis(16));
        assert_eq!(usual.longest, Duration::from_millis(25));
        assert_eq!(usual.unit("x"), Some(Duration::from_millis(32)));
        assert_eq!(usual.unit("y"), None);
        assert!(Usual::new(Record::default()).is_none());
    }

    #[test]
    fn the_units_of_the_last_watch_are_remembered_first() {
        let mut records = Vec::new();
        let names: Vec<_> = (0..300).map(|number| format!("u{number}")).collect();
        let units: Vec<_> = names.iter().map(|name| (&**name, 5)).collect();
        learn(&mut records, lesson("a", 1, &units[100..]));
        assert_eq!(records[0].units.len(), 200);
        learn(&mut records, lesson("a", 1, &units[..150]));
        let units = &records[0].units;
        assert_eq!(units.len(), 200);
        assert!(names[..150].iter().all(|name| units.contains_key(name)));
        assert_eq!(units["u120"], [5, 5]);
    }
}
