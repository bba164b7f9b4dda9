//! The server on the loopback interface that a program asks. It is a process of its own: Linux charges a process for the memory
//! of its parent until its own program runs, so whoever starts the programs must stay small.

use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use std::{env, thread};

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::responses::Responses;

/// How a deployment goes on.
#[derive(Serialize, Deserialize)]
pub(crate) struct Story {
    pub(crate) machines: usize,
    /// How many thousandths of the machines are done, at each poll; if empty, a machine is done each second.
    pub(crate) polls: Vec<usize>,
}

impl Story {
    /// How many machines are done so many milliseconds after the first request, at the poll of this number.
    fn done(&self, elapsed: f64, poll: usize) -> usize {
        match self.polls.get(poll).or(self.polls.last()) {
            Some(thousandths) => self.machines * thousandths / 1000,
            // It changes half a second before the second is full, so that a poll a little early or late reads the same.
            None => self.machines.min((elapsed / 1e3 + 0.5) as usize),
        }
    }
}

/// The server's observations of a run; times are those of [`now`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// When the first request was read.
    pub(crate) first: Option<f64>,
    /// When the last byte was sent of the first response that says that the deployment has ended.
    pub(crate) ended: Option<f64>,
    pub(crate) requests: usize,
    /// [`Responses::parse`].
    pub(crate) parse: f64,
}

/// The time on a clock in milliseconds.
pub(crate) fn clock(id: ClockId) -> f64 {
    let time = clock_gettime(id);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// The time on a clock that all processes share, in milliseconds.
pub(crate) fn now() -> f64 {
    clock(ClockId::Monotonic)
}

/// The process of the server.
pub(crate) struct Server {
    pub(crate) address: String,
    process: Child,
}

impl Server {
    /// Starts this program once more, as the server.
    pub(crate) fn start(story: &Story) -> Result<Self> {
        let mut process = Command::new(env::current_exe()?)
            .args(["--serve", &serde_json::to_string(story)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().context("no stdout")?).read_line(&mut line)?;
        let address = format!("http://{}", line.trim());
        Ok(Self { address, process })
    }

    pub(crate) fn stop(self) -> Result<Seen> {
        let output = self.process.wait_with_output()?;
        serde_json::from_slice(&output.stdout).context("the server has failed")
    }
}

/// The state that all connections share.
struct Stage {
    story: Story,
    texts: Responses,
    seen: Mutex<Seen>,
}

/// Runs the server until standard input is closed. Prints its address and, in the end, what it has seen.
pub(crate) fn serve(story: Story) -> Result<ExitCode> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (texts, seen) = (Responses::new(story.machines)?, Mutex::default());
    let stage = Stage { story, texts, seen };
    let stage: &Stage = Box::leak(Box::new(stage));
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up early shows it by its exit code.
            thread::spawn(move || converse(&stream, stage).ok());
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let mut seen = stage.seen.lock().expect("sound");
    seen.parse = stage.texts.parse()?;
    println!("{}", serde_json::to_string(&*seen)?);
    Ok(ExitCode::SUCCESS)
}

/// A connection, kept alive until the client closes it.
fn converse(stream: &TcpStream, stage: &Stage) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream);
    // Small responses leave in one write; a large piece bypasses the buffer.
    let mut out = BufWriter::with_capacity(64 << 10, stream);
    loop {
        let mut head = String::new();
        while requests.read_line(&mut head)? > 2 {}
        let Some(url) = head.split(' ').nth(1) else {
            return Ok(());
        };
        let length = head.split("Content-Length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        requests.read_exact(&mut vec![0; length.unwrap_or(0)])?;
        let mut seen = stage.seen.lock().expect("sound");
        let elapsed = now() - *seen.first.get_or_insert_with(now);
        let done = stage.story.done(elapsed, seen.requests);
        seen.requests += 1;
        drop(seen);
        if url.contains("watch=true") {
            return stream_events(&mut out, stage, done);
        }
        let text = stage.texts.get(url, done);
        // Strict, so that whoever asks for something else, or without the secret, fails.
        let Some(text) = text.filter(|_| head.contains("bench-token")) else {
            write!(out, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")?;
            return out.flush();
        };
        let length = text.len();
        let headers = format!("Content-Type: application/json\r\nContent-Length: {length}");
        write!(out, "HTTP/1.1 200 OK\r\n{headers}\r\n\r\n")?;
        let (most, last) = text.split_at(length - 1);
        out.write_all(most.as_bytes())?;
        // Noted before the last byte leaves: whoever gets it may be faster than this thread.
        if done == stage.story.machines {
            stage.seen.lock().expect("sound").ended.get_or_insert(now());
        }
        out.write_all(last.as_bytes())?;
        out.flush()?;
    }
}

/// Sends each state when it begins, and closes the connection after the last.
fn stream_events(out: &mut impl Write, stage: &Stage, done: usize) -> io::Result<()> {
    let headers = "Content-Type: application/json\r\nConnection: close";
    write!(out, "HTTP/1.1 200 OK\r\n{headers}\r\n\r\n")?;
    let first = stage.seen.lock().expect("sound").first.unwrap_or_default();
    for done in done + 1..=10 {
        let wait = first + done as f64 * 1e3 - 500.0 - now();
        thread::sleep(Duration::from_secs_f64(wait.max(0.0) / 1e3));
        let event = stage.texts.get("event", done).unwrap_or_default();
        out.write_all(event.as_bytes())?;
        out.flush()?;
    }
    stage.seen.lock().expect("sound").ended = Some(now());
    Ok(())
}
