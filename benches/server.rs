//! The server on the loopback interface, in a process of its own: Linux charges a process for its parent's memory until its own
//! program runs, so whoever starts those that are measured must not hold what they are told.

use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write, copy, sink};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, thread};

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::stories::{self, Answer, Machines, Story, TOKEN};

/// The time on a clock that all processes share, in milliseconds.
pub(crate) fn clock() -> f64 {
    since_boot().as_secs_f64() * 1e3
}

fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// A run as the server sees it; times are those of [`clock`].
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When the first request line was read.
    pub(crate) first: Option<f64>,
    /// When the last of the first answer was sent that says that the deployment has ended.
    pub(crate) ended: Option<f64>,
    pub(crate) requests: u32,
}

/// The running server. It stops with this process.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    orders: ChildStdin,
    reports: BufReader<ChildStdout>,
    _process: Child,
}

impl Server {
    /// Starts this program once more, as a server.
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args(["--bench", "--serve"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = process.stdin.take().context("no pipe to the server")?;
        let reports = process.stdout.take().context("no pipe from the server")?;
        let mut server = Self {
            endpoint: String::new(),
            orders,
            reports: BufReader::new(reports),
            _process: process,
        };
        server.endpoint = server.read()?;
        Ok(server)
    }

    /// Starts a run: the story begins at the next request.
    pub(crate) fn begin(&mut self, story: &Story) -> Result<()> {
        self.tell(Some(story)).map(|_| ())
    }

    pub(crate) fn seen(&mut self) -> Result<Seen> {
        self.tell(None)
    }

    fn tell(&mut self, story: Option<&Story>) -> Result<Seen> {
        writeln!(self.orders, "{}", serde_json::to_string(&story)?)?;
        self.read()
    }

    fn read<T: for<'de> Deserialize<'de>>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        serde_json::from_str(&line).context("the server has stopped")
    }
}

/// The run that is on.
struct Play {
    story: Story,
    machines: Arc<Machines>,
    start: Duration,
    /// Polls so far.
    polls: usize,
    seen: Seen,
}

fn lock(play: &Mutex<Play>) -> MutexGuard<'_, Play> {
    play.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Is the server, until the other end of standard input is closed: a line with a story begins a run, each line is answered with
/// what was seen so far.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let play = Arc::new(Mutex::new(Play {
        story: Story::Polls {
            machines: 0,
            done: Vec::new(),
        },
        machines: Arc::default(),
        start: Duration::ZERO,
        polls: 0,
        seen: Seen::default(),
    }));
    let shared = Arc::clone(&play);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let play = Arc::clone(&shared);
            // Whoever hangs up early fails by its own exit code; there is nothing to say here.
            thread::spawn(move || converse(&stream, &play).ok());
        }
    });
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(&endpoint)?)?;
    for line in io::stdin().lock().lines() {
        let story: Option<Story> = serde_json::from_str(&line?)?;
        let mut play = lock(&play);
        if let Some(story) = story {
            // Made before the run, so that telling it takes no time of it.
            if play.machines.count() != story.machines() {
                play.machines = Arc::default();
                play.machines = Arc::new(Machines::new(story.machines()));
            }
            play.story = story;
            play.polls = 0;
            play.seen = Seen::default();
        }
        writeln!(stdout, "{}", serde_json::to_string(&play.seen)?)?;
    }
    Ok(())
}

/// One connection, kept alive until the client closes it.
fn converse(stream: &TcpStream, play: &Mutex<Play>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream);
    // Small answers leave in one write, large pieces pass it by.
    let mut answers = BufWriter::with_capacity(64 << 10, stream);
    let mut request = String::new();
    while requests.read_line(&mut request)? > 0 {
        let arrived = since_boot();
        let mut trusted = request.contains(TOKEN);
        let mut length = 0;
        let mut line = String::new();
        while requests.read_line(&mut line)? > 2 {
            if let Some((name, value)) = line.split_once(':') {
                trusted |= value.contains(TOKEN);
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            line.clear();
        }
        copy(&mut requests.by_ref().take(length), &mut sink())?;
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (machines, system, done) = {
            let mut play = lock(play);
            if play.seen.first.is_none() {
                play.start = arrived;
                play.seen.first = Some(arrived.as_secs_f64() * 1e3);
            }
            play.seen.requests += 1;
            let done = play.story.done(arrived - play.start, play.polls);
            play.polls += 1;
            (Arc::clone(&play.machines), play.story.system(), done)
        };
        // Strict on purpose: whoever asks for something else, or without the secret, must not come out as fast.
        match stories::answer(system, path, &machines, done).filter(|_| trusted) {
            Some(Answer::Body(body)) => {
                let size: usize = body.pieces.iter().map(|piece| piece.bytes().len()).sum();
                head(&mut answers, "200 OK", body.kind, size)?;
                for piece in &body.pieces {
                    answers.write_all(piece.bytes())?;
                }
                // Large pieces have gone; what is kept back until now is the last of it. Noted before it leaves, since whoever gets
                // it may be faster than this thread.
                if body.ends {
                    lock(play).seen.ended.get_or_insert_with(clock);
                }
                answers.flush()?;
            }
            Some(Answer::Watch) => stream_events(&mut answers, play, done)?,
            None => {
                head(&mut answers, "403 Forbidden", "application/json", 2)?;
                answers.write_all(b"{}")?;
                answers.flush()?;
            }
        }
        request.clear();
    }
    Ok(())
}

fn head(answers: &mut impl Write, status: &str, kind: &str, size: usize) -> io::Result<()> {
    let kind = format!("Content-Type: {kind}\r\nContent-Length: {size}");
    write!(answers, "HTTP/1.1 {status}\r\n{kind}\r\n\r\n")
}

/// Sends each state when it begins. The stream stays open: the client hangs up.
fn stream_events(answers: &mut impl Write, play: &Mutex<Play>, mut done: usize) -> io::Result<()> {
    let chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked";
    write!(answers, "HTTP/1.1 200 OK\r\n{chunked}\r\n\r\n")?;
    answers.flush()?;
    loop {
        let now = {
            let play = lock(play);
            play.story.done(since_boot() - play.start, 0)
        };
        if now == done {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        done = now;
        let (event, last) = stories::event(done);
        write!(answers, "{:x}\r\n{event}\r\n", event.len())?;
        if last {
            lock(play).seen.ended.get_or_insert_with(clock);
        }
        answers.flush()?;
        if last {
            return Ok(());
        }
    }
}
