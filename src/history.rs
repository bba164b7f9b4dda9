//! How long past deployments took: what is remembered from one watch to the next, of each thing that is
//! deployed again and again. It is shown and never decides a verdict.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::{Position, Url};

use crate::input;
use crate::message::{Message, Result};
use crate::platform;

mod store;
mod table;

use store::{Record, Store, Unusable, token};
pub(crate) use table::{clear, show};

/// How long another process is waited for that writes the file, at a start and as a rule.
const BRIEFLY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(2);

/// What is deployed again and again: a pipeline's job, a task, a release plan.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    /// The provider, the endpoint's host and the ids of what contains it.
    scope: String,
    id: String,
    /// Whether the deployment's own title names it; its id until there is one.
    is_titled: bool,
}

impl Thing {
    /// The thing that `id` names.
    pub(crate) fn new(provider: &str, endpoint: &Url, id: String) -> Self {
        let host = &endpoint[Position::BeforeHost..Position::AfterPort];
        Self {
            scope: format!("{provider}:{host}/"),
            id,
            is_titled: false,
        }
    }

    /// The same where each deployment has an `id` of its own: its title names the thing within `scope`.
    pub(crate) fn titled(provider: &str, endpoint: &Url, scope: &str, id: String) -> Self {
        let thing = Self::new(provider, endpoint, id);
        Self {
            scope: format!("{}{scope}/", thing.scope),
            is_titled: true,
            ..thing
        }
    }

    /// Its name in the file; `title` is that of the deployment.
    fn key(&self, title: Option<&str>) -> String {
        let title = title.filter(|_| self.is_titled);
        format!("{}{}", self.scope, title.unwrap_or(&self.id))
    }
}

/// How long the last deployments of a thing took.
#[derive(Debug)]
pub(crate) struct Usual {
    /// The median.
    pub(crate) took: Duration,
    pub(crate) longest: Duration,
    /// The median of each unit, by its name.
    units: HashMap<String, Duration>,
}

impl Usual {
    /// None where nothing is known.
    fn new(record: Record) -> Option<Self> {
        let longest = record.durations_ms.iter().max()?;
        let units = record.units.into_iter();
        Some(Self {
            took: median(&record.durations_ms)?,
            longest: Duration::from_millis(*longest),
            units: units
                .filter_map(|(name, durations)| Some((name, median(&durations)?)))
                .collect(),
        })
    }

    /// How long the unit of this name takes.
    pub(crate) fn unit(&self, name: &str) -> Option<Duration> {
        self.units.get(name).copied()
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
    thing: String,
    took: Duration,
    /// The units that succeeded, by name.
    units: Vec<(Arc<str>, Duration)>,
}

/// What is remembered of the things of this process, and what it learns.
pub(crate) struct History {
    store: Store,
    usual: HashMap<String, Arc<Usual>>,
    lessons: Mutex<Vec<Lesson>>,
}

impl History {
    /// Recalls what the file in `folder` says of `things`. None where it cannot be used: the message says
    /// why, and also that a broken file was set aside.
    pub(crate) fn recall<'a>(
        folder: PathBuf,
        things: impl Iterator<Item = &'a Thing>,
    ) -> (Option<Self>, Option<Message>) {
        let store = Store { folder };
        let (titled, named): (Vec<_>, Vec<_>) = things.partition(|thing| thing.is_titled);
        let named: BTreeSet<_> = named.iter().map(|thing| token(&thing.key(None))).collect();
        let scopes: BTreeSet<_> = titled.iter().map(|thing| token(&thing.scope)).collect();
        let is_wanted = |token: &[u8]| {
            let mut scopes = scopes.iter().map(|scope| &scope[..scope.len() - 1]);
            named.contains(token) || scopes.any(|scope| token.starts_with(scope))
        };
        let (records, warning) = match store.read(is_wanted) {
            Ok(records) => (records, None),
            Err(Unusable::Broken(_)) => match store.set_aside(BRIEFLY) {
                Ok(warning) => (Vec::new(), warning),
                Err(error) => return (None, Some(error)),
            },
            Err(Unusable::Unreadable(error)) => return (None, Some(error)),
        };
        let usual = records.into_iter().filter_map(|record| {
            let thing = record.thing.clone();
            Some((thing, Arc::new(Usual::new(record)?)))
        });
        let history = Self {
            store,
            usual: usual.collect(),
            lessons: Mutex::default(),
        };
        (Some(history), warning)
    }

    /// Writes what was learnt, for as long as `left` (the rest of `--timeout`; zero after a signal) and a short
    /// grace.
    ///
    /// # Errors
    /// It cannot be written in time.
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
            store.update(patience, |records| {
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
    let index = records
        .iter()
        .position(|record| record.thing == lesson.thing);
    let mut record = index.map_or_else(Record::default, |index| records.remove(index));
    record.thing = lesson.thing;
    record.add(lesson.took, &lesson.units);
    records.insert(0, record);
}

/// The history of the thing that one target deploys.
pub(crate) struct ThingHistory {
    pub(crate) history: Arc<History>,
    pub(crate) thing: Thing,
}

impl ThingHistory {
    /// How long it usually takes; `title` is that of the deployment, once there is one.
    pub(crate) fn usual(&self, title: Option<&str>) -> Option<Arc<Usual>> {
        self.history.usual.get(&self.thing.key(title)).cloned()
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
            thing: self.thing.key(title),
            took,
            units,
        });
    }
}

/// The folder of the file; none where nothing says where it is.
pub(crate) fn folder(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(platform::state_folder(environment)?.join("deploywatch"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(thing: &str, took: u64, units: &[(&str, u64)]) -> Lesson {
        let units = units.iter();
        Lesson {
            thing: thing.to_owned(),
            took: Duration::from_millis(took),
            units: units
                .map(|&(name, took)| (name.into(), Duration::from_millis(took)))
                .collect(),
        }
    }

    #[test]
    fn a_thing_is_named_by_its_ids_or_by_the_title_of_its_deployments() {
        let endpoint = Url::parse("https://example.com:8443/base").expect("a URL");
        let thing = Thing::new("codearts", &endpoint, "t-1".to_owned());
        assert_eq!(thing.key(None), "codearts:example.com:8443/t-1");
        assert_eq!(thing.key(Some("shop")), "codearts:example.com:8443/t-1");
        let thing = Thing::titled("servicestage", &endpoint, "p", "r-1".to_owned());
        assert_eq!(thing.key(None), "servicestage:example.com:8443/p/r-1");
        assert_eq!(
            thing.key(Some("shop")),
            "servicestage:example.com:8443/p/shop"
        );
    }

    #[test]
    fn what_was_learnt_is_recalled_for_the_things_that_are_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let endpoint = Url::parse("https://example.com").expect("a URL");
        let task = |id: &str| Thing::new("codearts", &endpoint, id.to_owned());
        let release = |id: &str| Thing::titled("servicestage", &endpoint, "p", id.to_owned());
        let recall = |things: &[&Thing]| {
            let (history, warning) =
                History::recall(folder.path().to_owned(), things.iter().copied());
            assert_eq!(warning, None);
            Arc::new(history.expect("a history"))
        };
        let of = |history: &Arc<History>, thing: Thing| ThingHistory {
            history: Arc::clone(history),
            thing,
        };
        let usual = |of: &ThingHistory, title| {
            let usual = of.usual(title);
            usual.map(|usual| usual.took.as_secs())
        };
        let history = recall(&[&task("a"), &release("r-1")]);
        for (seconds, thing) in [(1, task("a")), (2, task("b")), (3, release("r-1"))] {
            let took = Duration::from_secs(seconds);
            of(&history, thing).learn(Some("shop \"1\""), took, Vec::new());
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
        let things: Vec<_> = records.iter().map(|record| &*record.thing).collect();
        assert_eq!(things, ["b", "a"]);
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
