//! Thousands of made-up histories played through the real watch, with time as a value: what must
//! hold whatever the provider, the network and the user do.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{TargetDetails, Watch, verdict};
use crate::cli::options::{OnPause, WatchOptions};
use crate::clock::{Instant, Timestamp};
use crate::event::{Event, Kind};
use crate::message::Message;
use crate::model::{Phase, Snapshot, Unconfirmed, UnitKind, UnitState};
use crate::outcome::{Signal, Verdict};
use crate::poll::{PollError, RefusalKind, Retry};
use crate::units::UnitsBuilder;

/// Histories played.
const HISTORIES: u64 = 20_000;
/// When the user loses patience with a history that has no end, in seconds.
const PATIENCE: f64 = 3600.0;

type Answer = Result<Arc<Snapshot>, PollError>;

/// The result of one history.
struct Played {
    verdict: Verdict,
    ended: f64,
    /// Whether an answer said success, and none was needed to confirm it.
    success_seen: bool,
    /// Each request: when it began.
    requests: Vec<f64>,
    /// The events, by name.
    events: Vec<&'static str>,
}

fn duration(random: &mut fastrand::Rng, from: f64, to: f64) -> Duration {
    Duration::from_secs_f64(from + random.f64() * (to - from))
}

fn maybe<T>(random: &mut fastrand::Rng, value: T) -> Option<T> {
    random.bool().then_some(value)
}

fn options(random: &mut fastrand::Rng) -> WatchOptions {
    let timeout = duration(random, 0.05, 300.0);
    let stall_timeout = duration(random, 0.05, 300.0);
    WatchOptions {
        interval: duration(random, 0.01, 40.0),
        timeout: maybe(random, timeout),
        stall_timeout: maybe(random, stall_timeout).filter(|_| random.bool()),
        max_offline: if random.u8(..8) == 0 {
            Some(Duration::ZERO)
        } else {
            Some(duration(random, 0.0, 120.0))
        },
        on_pause: random
            .choice([OnPause::Auto, OnPause::Wait, OnPause::Exit])
            .unwrap_or(OnPause::Auto),
        fail_fast: random.bool(),
        strict: random.bool(),
        once: random.u8(..10) == 0,
        logs: 0,
        fresh: false,
        name: None,
        wait_for_start: None,
    }
}

fn snapshot(random: &mut fastrand::Rng, may_end: bool) -> Snapshot {
    use Phase::{Cancelled, Ended, Failed, Paused, PausedAfterFailure, Pending, Running};
    let going = [Pending, Running, Running, Running, Paused, Phase::Unknown];
    let ends = [
        Phase::Succeeded,
        Failed,
        Cancelled,
        Ended,
        PausedAfterFailure,
    ];
    let phase = |random: &mut fastrand::Rng| {
        let among: &[Phase] = if may_end && random.u8(..4) == 0 {
            &ends
        } else {
            &going
        };
        random.choice(among).copied().unwrap_or(Running)
    };
    let mut snapshot = Snapshot::new(phase(random));
    let mut units = UnitsBuilder::of_test(UnitKind::Machine);
    for _ in 0..random.usize(..6) {
        // Ids repeat, come and go, and states go back.
        let id = random.u8(..8).to_string();
        let state = random.choice(UnitState::ALL).unwrap_or(UnitState::Unknown);
        let state = if state == UnitState::Failed && random.u8(..4) > 0 {
            UnitState::Running
        } else {
            state
        };
        units.push(&id, &id, None, state, None);
    }
    snapshot.units = units.finish();
    snapshot.run = maybe(random, "run".into());
    if random.u8(..4) == 0 {
        snapshot.unconfirmed = Some(Unconfirmed::new(phase(random), None));
    }
    if random.u8(..4) == 0 {
        snapshot.success_caveats = vec![Message::verbatim("1 skipped")];
    }
    snapshot
}

fn failure(random: &mut fastrand::Rng) -> PollError {
    let waits = [0, 1, 7, 90, 3600, u64::MAX];
    let retry_after = random.choice(waits).map(Duration::from_secs);
    let retry = match random.u8(..10) {
        0 => Retry::Refused {
            hint: None,
            kind: if random.bool() {
                RefusalKind::SignIn
            } else {
                RefusalKind::Request
            },
        },
        _ => Retry::Retryable {
            retry_after: retry_after.filter(|_| random.bool()),
        },
    };
    PollError {
        message: Message::verbatim("empty response"),
        status: random.choice([None, Some(404), Some(503)]).flatten(),
        retry,
        date: None,
        endpoint_in_doubt: false,
        never_sent: false,
    }
}

/// Plays one history, as `run` would, and checks what can be checked on the way. `read` reads the
/// clocks.
fn play(seed: u64, read: fn(f64) -> Timestamp) -> Played {
    let random = &mut fastrand::Rng::with_seed(seed);
    let options = options(random);
    let endless = random.u8(..3) == 0;
    let mut events = Vec::new();
    let mut emit = |event: &Event<'_>| {
        assert!(event.progress.done() <= event.progress.total());
        events.push(match event.kind {
            Kind::Started { .. } => "started",
            Kind::Offline { .. } => "offline",
            Kind::Online { .. } => "online",
            _ => "other",
        });
    };
    let begin = Instant::at(0.0);
    let target = TargetDetails {
        already_ended_warning: maybe(random, Message::verbatim("may be earlier")),
        ..TargetDetails::of_test(options.clone())
    };
    let mut watch = Watch::begin(target, seed, read(0.0), &mut emit);
    let mut now = 0.0;
    let mut success_seen = false;
    let mut requests = Vec::new();
    let mut under_way: Option<(f64, Answer)> = None;
    // Not sooner than this may the next request begin, by the rules of the pace.
    let mut allowed = 0.0;
    for _ in 0..1_000_000 {
        // An answer that has come is older than the deadlines that are over by now.
        if let Some((at, answer)) = under_way.take_if(|(at, _)| *at <= now) {
            let before = watch.progress.offline.clone();
            let (unconfirmed, good) = match &answer {
                Ok(snapshot) => (snapshot.unconfirmed.clone(), true),
                Err(_) => (None, false),
            };
            if let Ok(snapshot) = &answer {
                let confirmed = unconfirmed.is_some_and(|found| found.phase == Phase::Succeeded);
                success_seen |= snapshot.phase == Phase::Succeeded || confirmed;
            }
            let wait = match &answer {
                Err(PollError {
                    retry: Retry::Retryable { retry_after },
                    ..
                }) => retry_after.unwrap_or_default(),
                _ => Duration::ZERO,
            };
            watch.take(answer, read(at), &mut emit);
            let last = requests.last().copied().unwrap_or(0.0);
            allowed = if good {
                last + options.interval.as_secs_f64()
            } else {
                let half = options.interval.as_secs_f64() / 2.0;
                let since = before.map_or(at, |offline| offline.since.since(begin).as_secs_f64());
                let budget_end = since + options.max_offline.unwrap_or_default().as_secs_f64();
                (at + wait.as_secs_f64().max(half)).min(budget_end)
            };
        }
        watch.advance(read(now));
        if now >= PATIENCE {
            watch.end(verdict::interrupted(Signal::Interrupt), read(now));
        }
        if let Some(outcome) = &watch.outcome {
            let verdict = outcome.verdict();
            assert!(
                !watch.poll_due(Instant::at(now + 1e6)),
                "seed {seed}: polls after its end"
            );
            check_deadlines(seed, &watch, &options, verdict, now);
            return Played {
                verdict,
                ended: now,
                success_seen,
                requests,
                events,
            };
        }
        if watch.poll_due(Instant::at(now)) {
            assert!(under_way.is_none(), "seed {seed}: two polls at once");
            assert!(
                now >= allowed - 1e-6,
                "seed {seed}: {now} is before {allowed}"
            );
            requests.push(now);
            let takes = if random.u8(..8) == 0 { 40.0 } else { 0.5 };
            let answer = if random.u8(..3) == 0 {
                Err(failure(random))
            } else {
                Ok(Arc::new(snapshot(random, !endless)))
            };
            under_way = Some((now + random.f64() * takes, answer));
        }
        let arrives = under_way.as_ref().map(|(at, _)| *at);
        let wakes = watch.wake().map(|wake| wake.since(begin).as_secs_f64());
        let next = [arrives, wakes, Some(PATIENCE)].into_iter().flatten();
        // A nanosecond more, for the clock of the watch counts in whole ones.
        now = next.fold(f64::MAX, f64::min).max(now) + 1e-9;
    }
    panic!("seed {seed}: no end");
}

/// An end by a deadline comes at that deadline, and no other end comes after one.
fn check_deadlines(seed: u64, watch: &Watch, options: &WatchOptions, verdict: Verdict, now: f64) {
    let soon = 1e-6;
    let timeout = options
        .timeout
        .map_or(f64::MAX, |limit| limit.as_secs_f64());
    assert!(
        now <= timeout + soon,
        "seed {seed}: {now} is after {timeout}"
    );
    let last_change = watch
        .progress
        .last_change
        .since(Instant::at(0.0))
        .as_secs_f64();
    let stall = options
        .stall_timeout
        .map_or(f64::MAX, |limit| last_change + limit.as_secs_f64());
    assert!(now <= stall + soon, "seed {seed}: {now} is after {stall}");
    if verdict == Verdict::TimedOut {
        assert!(
            (now - timeout.min(stall)).abs() <= soon,
            "seed {seed}: not at the deadline"
        );
    }
    if verdict == Verdict::Lost
        && let Some(offline) = &watch.progress.offline
    {
        let since = offline.since.since(Instant::at(0.0)).as_secs_f64();
        let end = since + options.max_offline.unwrap_or_default().as_secs_f64();
        assert!(now <= end + 0.5 + soon, "seed {seed}: lost late");
        assert!(now >= end - soon || options.once, "seed {seed}: lost early");
    }
}

#[test]
fn whatever_happens_the_verdict_can_be_relied_on() {
    let mut verdicts = std::collections::HashMap::new();
    for seed in 0..HISTORIES {
        let played = play(seed, Timestamp::at);
        if played.verdict == Verdict::Succeeded {
            assert!(played.success_seen, "seed {seed}: nobody said success");
        }
        assert_eq!(played.events[0], "started", "seed {seed}");
        let count = |name| played.events.iter().filter(|event| **event == name).count();
        assert_eq!(count("started"), 1, "seed {seed}");
        assert!(count("online") <= count("offline"), "seed {seed}");
        assert!(!played.requests.is_empty(), "seed {seed}: never asked");
        assert!(played.ended <= PATIENCE + 1e-6, "seed {seed}");
        *verdicts.entry(played.verdict.code()).or_insert(0) += 1;
    }
    // The histories reach every end there is.
    for code in [0, 1, 3, 4, 5, 6, 7, 124, 130] {
        assert!(
            verdicts.contains_key(&code),
            "none ended with {code}: {verdicts:?}"
        );
    }
}

/// A reading of the clocks on a machine whose wall clock is set anew all the time, for up to years
/// back and forward.
fn unsteady(seconds: f64) -> Timestamp {
    let mut random = fastrand::Rng::with_seed(seconds.to_bits());
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(random.u32(..).into());
    Timestamp {
        wall,
        ..Timestamp::at(seconds)
    }
}

#[test]
fn a_wall_clock_that_is_set_changes_nothing() {
    for seed in 0..HISTORIES / 10 {
        let [steady, unsteady] = [Timestamp::at, unsteady].map(|read| play(seed, read));
        assert_eq!(steady.verdict, unsteady.verdict, "seed {seed}");
        assert_eq!(steady.ended, unsteady.ended, "seed {seed}");
        assert_eq!(steady.requests, unsteady.requests, "seed {seed}");
        assert_eq!(steady.events, unsteady.events, "seed {seed}");
    }
}
