//! Why something went wrong and what the user can do about it, as data: the words are chosen where
//! they are shown. `Display` is the English that machines read.
//!
//! The words of a provider, of the system and of a library are kept as they came, but printable.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::error::Category;

use crate::text;

/// Why a poll found nothing out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// No whole answer came within this time.
    TimedOut(Duration),
    CannotConnect(Trouble),
    /// It was connected, and no answer came.
    NoAnswer(Trouble),
    /// The answer ended before its end.
    BrokeOff(Trouble),
    /// The answer is larger than this many MiB.
    TooLarge(usize),
    /// The server's certificate does not verify.
    Untrusted(Distrust),
    /// A status that is no success, with its reason phrase, and what the provider says.
    Status {
        status: Arc<str>,
        words: Option<Arc<str>>,
    },
    /// A redirect, which is not followed, and where it leads to.
    Redirect {
        status: Arc<str>,
        to: Option<Arc<str>>,
    },
    /// A part of an answer.
    Partial,
    Html,
    Empty,
    /// The body is not what it should be.
    NotJson(Document, Box<Syntax>),
    /// An error under a good status: the provider's code and words.
    Error {
        code: Option<Arc<str>>,
        words: Option<Arc<str>>,
    },
    /// The status of the query itself, which is not that of the deployment, is none or no success.
    Query(Option<Arc<str>>),
    /// The provider's words alone.
    Provider(Arc<str>),
    Lacks(Lacking),
    /// The answer holds two orders.
    TwoStatuses,
    /// The answer is about another run than the one that is watched.
    OtherRun,
    /// The run ended well and deployed nothing.
    NothingDeployed,
    /// No single job of the run is the one that is meant: the one that was asked for, and those that
    /// are there, by name and id.
    WhichJob {
        wanted: Option<Arc<str>>,
        jobs: Vec<(Arc<str>, Arc<str>)>,
    },
    SignIn(SignIn),
    /// The recording that is played ends.
    Over,
    /// What a recording says.
    Recorded(Arc<str>),
    /// An error in deploywatch.
    Bug,
    /// The same with the number by which the provider's support finds the request.
    Numbered(Box<Cause>, Arc<str>),
}

/// What the system or a library says went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    pub(crate) words: Arc<str>,
}

/// What went wrong, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The name of the host has no address.
    NoSuchHost,
    Io(io::ErrorKind),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Distrust {
    /// It is that of an authority, which no server may use as its own.
    OfAuthority,
    /// What the library says.
    Flaw(Flaw, Arc<str>),
}

/// What is wrong with a certificate, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flaw {
    Expired,
    NotYetValid,
    OtherName,
    UnknownIssuer,
    Revoked,
    BadSignature,
    Other,
}

/// What an answer should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Document {
    Order,
    Run,
    Task,
    Release,
    Command,
    Installer,
}

/// Why a body is not the JSON that it should be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Syntax {
    pub(crate) fault: Fault,
    /// From 1; none where it is about the whole.
    pub(crate) place: Option<(usize, usize)>,
    /// What the library says, with the place.
    pub(crate) words: Arc<str>,
}

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// It is no JSON.
    Syntax,
    /// It ends too early.
    CutOff,
    /// It is the JSON of something else, or says a thing twice.
    Content,
}

/// What is not in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lacking {
    OrderStatus,
    RunStatus,
    Field(&'static str),
    /// The id of the run, without which one run cannot be told from the next.
    Record,
}

/// Why nobody is signed in to a Manager.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SignIn {
    /// A page in place of JSON, and its title.
    Page(Option<Arc<str>>),
    /// It leads to this place, outside the Manager.
    LeadsAway(Arc<str>),
    Endless,
    NoSession,
    /// The page of the CAS server has no field for the ticket.
    NoTicket,
    /// The password went out as often as it may, and nobody said whether it is right.
    Unheard,
}

/// What the provider says about an error, and the number of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) words: Arc<str>,
    pub(crate) request: Option<Arc<str>>,
}

/// What the user can do about a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Trust the authority of the certificate.
    Trust,
    /// The token of Yunxiao.
    Token,
    /// The token lacks the permission of this name.
    TokenPermission(&'static str),
    /// The ids, where an organization is set, and where none is.
    OrganizationIds,
    RegionIds,
    /// The run may be an earlier one.
    NewRun,
    /// The credentials of Huawei Cloud.
    Credentials,
    /// This machine's clock is off by so much.
    Clock {
        off: Duration,
        ahead: bool,
        /// What else may help.
        advice: Option<Box<Hint>>,
    },
    RecordAndTask,
    TaskPermission,
    TaskAndRegion,
    ReleasePermission,
    ReleaseIds,
    /// The user and the password of a Manager.
    Password,
    CommandPermission,
    CommandAndEndpoint,
    /// The endpoint is the CAS server.
    CasServer,
    /// The Manager wants a sign-in.
    User,
    InstallerEndpoint,
    Operation,
    /// What a recording says.
    Recorded(Arc<str>),
}

/// Words from elsewhere.
pub(crate) fn printable(words: &str) -> Arc<str> {
    text::clean(words, text::MESSAGE).into()
}

/// A name from elsewhere.
pub(crate) fn printable_name(name: &str) -> Arc<str> {
    text::clean(name, text::NAME).into()
}

impl Cause {
    /// A body that is not the JSON of `document`.
    pub(crate) fn not_json(document: Document, error: &serde_json::Error) -> Self {
        let place = (error.line(), error.column());
        let syntax = Syntax {
            fault: match error.classify() {
                Category::Data => Fault::Content,
                Category::Eof => Fault::CutOff,
                Category::Syntax | Category::Io => Fault::Syntax,
            },
            place: (place.0 > 0).then_some(place),
            words: printable(&error.to_string()),
        };
        Self::NotJson(document, Box::new(syntax))
    }

    /// An error under a good status.
    pub(crate) fn error(said: Option<Said>) -> Self {
        let (words, request) = said.map_or((None, None), |said| (Some(said.words), said.request));
        Self::Error { code: None, words }.numbered(request)
    }

    /// The same with the number of the request.
    pub(crate) fn numbered(self, request: Option<Arc<str>>) -> Self {
        match request {
            Some(request) => Self::Numbered(Box::new(self), request),
            None => self,
        }
    }
}

/// The provider's words alone.
impl From<Said> for Cause {
    fn from(said: Said) -> Self {
        Self::Provider(said.words).numbered(said.request)
    }
}

impl Trouble {
    /// Words, with what is known of them.
    pub(crate) fn new(kind: io::ErrorKind, words: &str) -> Self {
        // The standard library has no kind for it.
        let kind = if words.starts_with("failed to lookup address information") {
            Kind::NoSuchHost
        } else {
            Kind::Io(kind)
        };
        Self {
            kind,
            words: printable(words),
        }
    }
}

impl From<&io::Error> for Trouble {
    fn from(error: &io::Error) -> Self {
        Self::new(error.kind(), &error.to_string())
    }
}

impl Said {
    /// What an error says.
    pub(crate) fn new(words: &str, request: Option<&str>) -> Self {
        Self {
            words: printable(words),
            request: request.map(printable_name),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit) => write!(
                f,
                "no whole answer within {}",
                humantime::format_duration(*limit)
            ),
            Self::CannotConnect(trouble) => write!(f, "cannot connect: {trouble}"),
            Self::NoAnswer(trouble) => write!(f, "no answer: {trouble}"),
            Self::BrokeOff(trouble) => write!(f, "the answer broke off: {trouble}"),
            Self::TooLarge(most) => write!(f, "an answer of more than {most} MiB"),
            Self::Untrusted(distrust) => {
                write!(f, "the server's certificate does not verify: {distrust}")
            }
            Self::Status { status, words } => {
                write!(f, "HTTP {status}")?;
                words.iter().try_for_each(|words| write!(f, ": {words}"))
            }
            Self::Redirect { status, to } => write!(
                f,
                "HTTP {status}: it points to {}, which is not followed",
                to.as_deref().unwrap_or("nowhere")
            ),
            Self::Partial => f.write_str("a part of an answer"),
            Self::Html => f.write_str("an HTML page instead of JSON"),
            Self::Empty => f.write_str("an empty answer"),
            Self::NotJson(document, syntax) => {
                write!(f, "not the JSON of {document}: {}", syntax.words)
            }
            Self::Error { code, words } => {
                f.write_str("an error answer: ")?;
                code.iter()
                    .try_for_each(|code| write!(f, "code {code}: "))?;
                f.write_str(words.as_deref().unwrap_or("no reason given"))
            }
            Self::Query(Some(status)) => {
                write!(f, "an error answer: the query's status is {status}")
            }
            Self::Query(None) => f.write_str("an error answer: the query has no status"),
            Self::Provider(words) | Self::Recorded(words) => f.write_str(words),
            Self::Lacks(what) => write!(f, "the answer has no {what}"),
            Self::TwoStatuses => f.write_str("the answer has two order statuses"),
            Self::OtherRun => f.write_str("the answer is not about the run that is watched"),
            Self::NothingDeployed => {
                f.write_str("the run succeeded without a deploy order: there is nothing to watch")
            }
            Self::WhichJob { wanted, jobs } => {
                let there: Vec<_> = jobs
                    .iter()
                    .map(|(name, id)| format!("{name} (id {id})"))
                    .collect();
                let there = there.join(", ");
                match wanted {
                    None => write!(
                        f,
                        "the run has several deploy jobs; choose one with --job: {there}"
                    ),
                    Some(wanted) if jobs.is_empty() => write!(f, "the run has no job {wanted}"),
                    Some(wanted) => {
                        write!(f, "the run has not one job {wanted}; its jobs are: {there}")
                    }
                }
            }
            Self::SignIn(problem) => write!(f, "{problem}"),
            Self::Over => f.write_str("the recording ends here"),
            Self::Bug => f.write_str("an error in deploywatch itself; please report it"),
            Self::Numbered(cause, request) => write!(f, "{cause} (request {request})"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfAuthority => {
                "it is the certificate of an authority (CA:TRUE), which no server may use as its \
                 own; make one without that"
            }
            Self::Flaw(_, words) => words,
        })
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "a deploy order",
            Self::Run => "a run",
            Self::Task => "a task's state",
            Self::Release => "a release task",
            Self::Command => "a command's progress",
            Self::Installer => "an installer's status",
        })
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrderStatus => "order status",
            Self::RunStatus => "run status",
            Self::Field(name) => name,
            Self::Record => "record_id, which --fresh needs",
        })
    }
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(title) => {
                f.write_str(
                    "an HTML page under HTTP 200 instead of JSON, as a Manager shows its sign-in \
                     page",
                )?;
                title
                    .iter()
                    .try_for_each(|title| write!(f, ": \"{title}\""))
            }
            Self::LeadsAway(place) => {
                write!(f, "the sign-in points to {place}, which is not followed")
            }
            Self::Endless => f.write_str("the sign-in redirects without end"),
            Self::NoSession => f.write_str("the sign-in ended without a session"),
            Self::NoTicket => f.write_str(
                "the page of the CAS server has no field lt (a newer Manager takes --auth basic)",
            ),
            Self::Unheard => f.write_str(
                "the password went out four times and no answer said whether it is right; it is \
                 not sent again, because a fifth wrong one would lock the account",
            ),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trust => {
                "give the certificate of its authority with --cacert FILE; --insecure would check \
                 nothing"
            }
            Self::Token => "check the token: it may have expired, or belong to another edition",
            Self::TokenPermission(name) => {
                return write!(f, "the token needs the read permission {name}");
            }
            Self::OrganizationIds => {
                "check the ids; a Region instance answers so where an organization is set: \
                 YUNXIAO_EDITION=region leaves it out"
            }
            Self::RegionIds => "check the ids; the central edition needs --organization",
            Self::NewRun => {
                "it had already ended when the watch began: --fresh waits for a new run"
            }
            Self::Credentials => {
                "check the credentials: a token lives for 24 hours, and less where a password or \
                 a permission changes"
            }
            Self::Clock { off, ahead, advice } => {
                write!(
                    f,
                    "this machine's clock is {} {} the server's; one that is more than 15 minutes \
                     off is refused",
                    text::duration(*off),
                    if *ahead { "ahead of" } else { "behind" }
                )?;
                return advice.iter().try_for_each(|advice| write!(f, "; {advice}"));
            }
            Self::RecordAndTask => "check --record and --task",
            Self::TaskPermission => "the account needs the permission to view this deployment task",
            Self::TaskAndRegion => "check --task, and whether the task is in this region",
            Self::ReleasePermission => {
                "the credentials must be the project's own, with permission to view releases"
            }
            Self::ReleaseIds => {
                "check the ids; this is Release Management (old), and the id of a pipeline of the \
                 new edition is not found here either"
            }
            Self::Password => {
                "check the user and the password (an older Manager with Kerberos takes --auth \
                 cas); they are not sent again, because five wrong ones lock the account"
            }
            Self::CommandPermission => {
                "the user has no right to see the command, or the account is locked"
            }
            Self::CommandAndEndpoint => {
                "check the command's id, and the endpoint: it is the cluster's Manager, usually \
                 https://<floating IP>:28443, with nothing behind it"
            }
            Self::CasServer => {
                "that is the CAS server, port 20009; a newer Manager takes --auth basic"
            }
            Self::User => "this Manager wants a sign-in: give --user NAME, without --auth none",
            Self::InstallerEndpoint => {
                "is this the installer's port? The endpoint is http://HOST:1236, with nothing \
                 behind it"
            }
            Self::Operation => "this installer does not know the operation: check --operation",
            Self::Recorded(words) => words,
        })
    }
}
