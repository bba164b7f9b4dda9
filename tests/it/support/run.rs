//! The program, run as a script runs it: arguments, a known environment, pipes, an exit code.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, PipeWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use tempfile::TempDir;

use super::pump::Pump;
use super::{PATIENCE, SECRET, assert_no_secret, events, finished};

/// A command line that has not been run yet.
///
/// Its environment holds PATH, HOME, LANG and what the test adds. HOME is an empty directory and
/// the working directory too, so that a relative path names a file which goes with the test; so do the config
/// file and the history.
pub(crate) struct Program {
    command: Command,
    stdin: Option<Vec<u8>>,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
    limit: Duration,
    dir: Arc<TempDir>,
}

/// `deploywatch` with these arguments.
pub(crate) fn deploywatch<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_deploywatch")).args(args)
}

/// Has programs begin with the default handling of signals, however the tests were started: under `nohup`,
/// or in the background of a script, some are ignored, which a program inherits. It does not inherit a
/// handler, so one takes the place of what is ignored.
fn default_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP] {
            if ignored.is_some_and(|mask| mask & (1 << (signal - 1)) != 0) {
                signal_hook::flag::register(signal, Arc::default()).unwrap();
            }
        }
    });
}

impl Program {
    fn new(program: &str) -> Self {
        default_signals();
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let mut command = Command::new(program);
        command
            .current_dir(dir.path())
            .env_clear()
            .env("HOME", dir.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8");
        let limit = Duration::from_secs(30);
        Self {
            command,
            stdin: None,
            stdout: None,
            stderr: None,
            limit,
            dir,
        }
    }

    /// A shell script in place of the program.
    pub(crate) fn shell(script: &str) -> Self {
        Self::new("/bin/sh").args(["-c", script])
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Sets variables of the environment.
    pub(crate) fn envs(mut self, variables: &[(&str, &str)]) -> Self {
        self.command.envs(variables.iter().copied());
        self
    }

    /// The program's stdin; without it, empty.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Redirects stdout, in place of a pipe that is read.
    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.stdout = Some(to.into());
        self
    }

    /// Redirects stderr, in place of a pipe that is read.
    pub(crate) fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.stderr = Some(to.into());
        self
    }

    /// Writes a file into the working directory, which nobody but its owner can read.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        self.file_with_mode(name, text, 0o600)
    }

    /// Writes a file with these rights into the working directory.
    pub(crate) fn file_with_mode(self, name: &str, text: &str, mode: u32) -> Self {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// How long it may run; 30 s where nothing is said.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        let (mut stdout, stdout_writer) = io::pipe().unwrap();
        let stdin = self
            .stdin
            .as_ref()
            .map_or_else(Stdio::null, |_| Stdio::piped());
        let stderr = self.stderr.take().unwrap_or_else(Stdio::piped);
        self.command.stdin(stdin).stderr(stderr);
        let piped = || stdout_writer.try_clone().unwrap().into();
        self.command
            .stdout(self.stdout.take().unwrap_or_else(piped));
        let text = self.stdin.take();
        let mut process = self.start(|mut command| command.spawn().unwrap());
        if let (Some(mut stdin), Some(text)) = (process.child.stdin.take(), text) {
            // A program that ends without reading everything is no failure of the writer.
            thread::spawn(move || stdin.write_all(&text));
        }
        let mut stderr: Box<dyn Read + Send> = match process.child.stderr.take() {
            Some(stderr) => Box::new(stderr),
            None => Box::new(io::empty()),
        };
        Running {
            process,
            stdout: Pump::start(Vec::new(), move |buffer| stdout.read(buffer)),
            stdout_writer: Some(stdout_writer),
            stderr: Pump::start(Vec::new(), move |buffer| stderr.read(buffer)),
        }
    }

    /// Starts it with whatever streams the caller gives it. The command is used up, so that no
    /// end of a stream is left open in it.
    pub(super) fn start(self, spawn: impl FnOnce(Command) -> Child) -> Process {
        let started = Instant::now();
        Process {
            child: spawn(self.command),
            started,
            limit: self.limit,
            dir: self.dir,
        }
    }
}

/// A started process: what pipes and the terminal have in common.
pub(super) struct Process {
    child: Child,
    started: Instant,
    limit: Duration,
    dir: Arc<TempDir>,
}

impl Process {
    /// Sends it a signal.
    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The value of this name in Linux's `/proc/PID/status`.
    pub(super) fn status(&self, name: &str) -> String {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|line| line.strip_prefix(':'));
        value.unwrap_or_default().trim().to_owned()
    }

    /// Waits until it is stopped, as by Ctrl-Z.
    #[track_caller]
    pub(super) fn wait_stopped(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.status("State").starts_with('T') {
            assert!(Instant::now() < deadline, "it was never stopped");
            // Nobody but its parent is told, and that one waits for its end.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for its end and gives the exit code; kills it at the limit, which is an `Err`.
    pub(super) fn wait(&mut self) -> Result<i32, String> {
        if let Some(status) = self.wait_until(self.started + self.limit) {
            return Ok(exit_code(status));
        }
        self.kill();
        Err(format!("still running after {:?}, killed", self.limit))
    }

    /// Waits for its end; `None` at the deadline.
    fn wait_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            let status = self.child.try_wait().unwrap();
            if status.is_some() || Instant::now() >= deadline {
                return status;
            }
            // The standard library has no wait with a deadline.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends it where it has not ended, and gives the exit code.
    pub(super) fn kill(&mut self) -> i32 {
        let _ = self.child.kill();
        exit_code(self.child.wait().unwrap())
    }

    /// Reads a file of the working directory.
    pub(super) fn file(&self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.dir.path().join(name))
    }

    /// Fails the test when a file in the working directory shows the secret. A file that is
    /// nothing but the secret is the test's own token file.
    pub(super) fn assert_no_secret_in_files(&self) {
        for entry in fs::read_dir(self.dir.path()).unwrap() {
            let path = entry.unwrap().path();
            // A pipe with a name would be waited for.
            if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                if text.trim() != SECRET {
                    assert_no_secret(&path.display().to_string(), &text);
                }
            }
        }
    }
}

/// The exit code as a shell has it.
fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap())
}

/// The program while it runs. It is killed when this is dropped.
pub(crate) struct Running {
    process: Process,
    stdout: Pump<Vec<u8>>,
    /// A writing end of our own, to wake the thread that reads. It goes when the program has
    /// ended, or the end of the stream would never come.
    stdout_writer: Option<PipeWriter>,
    stderr: Pump<Vec<u8>>,
}

impl Running {
    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits until it is stopped, as by SIGSTOP.
    #[track_caller]
    pub(crate) fn wait_stopped(&self) {
        self.process.wait_stopped();
    }

    /// How many threads it has.
    pub(crate) fn threads(&self) -> u64 {
        let threads = self.process.status("Threads");
        threads.parse().expect("Linux tells of a running process")
    }

    /// The most memory it has had at a time, in MiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let peak = self.process.status("VmHWM");
        let kilobytes = peak
            .split(' ')
            .next()
            .and_then(|word| word.parse::<u64>().ok());
        kilobytes.expect("Linux tells of a running process") / 1024
    }

    /// Waits until stdout holds the text.
    #[track_caller]
    pub(crate) fn wait_for_stdout(&mut self, text: &str) {
        self.wait_for_stdout_for(text, PATIENCE);
    }

    /// The same for what takes its time.
    #[track_caller]
    pub(crate) fn wait_for_stdout_for(&mut self, text: &str, patience: Duration) {
        self.wait_for(text, patience, |running| &running.stdout);
    }

    /// Waits for the first line of stdout and gives it.
    #[track_caller]
    pub(crate) fn first_line(&mut self) -> String {
        self.wait_for_stdout("\n");
        let text = self
            .stdout
            .with(|bytes| String::from_utf8_lossy(bytes).into_owned());
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// Waits until stderr holds the text.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&mut self, text: &str) {
        self.wait_for(text, PATIENCE, |running| &running.stderr);
    }

    /// Puts a new file in the place of one in the working directory, at once.
    pub(crate) fn write_file(&self, name: &str, text: &str) {
        let path = self.process.dir.path().join(name);
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(new, path).unwrap();
    }

    /// Waits until a file of the working directory holds the text.
    #[track_caller]
    pub(crate) fn wait_for_file(&mut self, name: &str, text: &str) {
        let has_text = |process: &Process| process.file(name).is_ok_and(|read| read.contains(text));
        let deadline = Instant::now() + PATIENCE;
        while !has_text(&self.process) {
            let waiting = self.goes_on(Duration::from_millis(5)) && Instant::now() < deadline;
            if !waiting && !has_text(&self.process) {
                panic!("{text:?} never came into {name}\n{}", self.finish());
            }
        }
    }

    /// Whether it is still running after that long.
    pub(crate) fn goes_on(&mut self, span: Duration) -> bool {
        self.process.wait_until(Instant::now() + span).is_none()
    }

    /// Closes the reading end of stdout, as `| head` does: what is written there next fails.
    pub(crate) fn close_stdout(&mut self) {
        if let Some(mut writer) = self.stdout_writer.take() {
            self.stdout.close_at_next_read();
            match writer.write_all(b"\n") {
                // What the program wrote has come first, and closed it.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                written => written.unwrap(),
            }
            assert!(self.stdout.wait_end(), "stdout does not close");
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Output {
        let waited = self.process.wait();
        let output = self.finish();
        assert!(waited.is_ok(), "{}\n{output}", waited.unwrap_err());
        output
    }

    #[track_caller]
    fn wait_for(&mut self, text: &str, patience: Duration, stream: fn(&Self) -> &Pump<Vec<u8>>) {
        let has_text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(text);
        let deadline = Instant::now() + patience;
        let moment = Duration::from_millis(20);
        while !stream(self).wait(Instant::now() + moment, has_text) {
            // Once it has ended, nothing can come but what is under way.
            let exited = self.process.wait_until(Instant::now() + moment).is_some();
            if exited || Instant::now() >= deadline {
                let output = self.finish();
                assert!(
                    stream(self).with(|bytes| has_text(bytes)),
                    "{text:?} never came\n{output}"
                );
                return;
            }
        }
    }

    /// Ends it where it has not ended, and takes everything it wrote.
    fn finish(&mut self) -> Output {
        let code = self.process.kill();
        let elapsed = self.process.started.elapsed();
        self.stdout_writer = None;
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|pump| {
            // A stream that a grandchild keeps open is taken as it is.
            pump.wait_end();
            pump.with(|bytes| String::from_utf8_lossy(bytes).into_owned())
        });
        Output {
            code,
            stdout,
            stderr,
            elapsed,
            dir: Arc::clone(&self.process.dir),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let output = self.finish();
        if !thread::panicking() {
            assert_no_secret("the output", &output.to_string());
            self.process.assert_no_secret_in_files();
        }
    }
}

/// The program's output and its end. Each assertion shows all of it when it fails.
pub(crate) struct Output {
    /// The exit code; 128 + the signal where one ended it, as a shell has it.
    pub(crate) code: i32,
    /// Everything it wrote to stdout.
    pub(crate) stdout: String,
    /// Everything it wrote to stderr.
    pub(crate) stderr: String,
    /// From its start to its end.
    pub(crate) elapsed: Duration,
    dir: Arc<TempDir>,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- exit code {} after {:?}", self.code, self.elapsed)?;
        write!(
            f,
            "--- stdout\n{}\n--- stderr\n{}\n---",
            self.stdout, self.stderr
        )
    }
}

impl Output {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        self.check(self.code == code, "another exit code than", code)
    }

    /// stdout holds the text.
    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        self.check(self.stdout.contains(text), "stdout lacks", text)
    }

    /// stdout does not hold the text.
    #[track_caller]
    pub(crate) fn stdout_lacks(&self, text: &str) -> &Self {
        self.check(!self.stdout.contains(text), "stdout has", text)
    }

    /// Nothing came on stdout.
    #[track_caller]
    pub(crate) fn stdout_is_empty(&self) -> &Self {
        self.check(self.stdout.is_empty(), "stdout is not", "")
    }

    /// stderr holds the text.
    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        self.check(self.stderr.contains(text), "stderr lacks", text)
    }

    /// stderr does not hold the text.
    #[track_caller]
    pub(crate) fn stderr_lacks(&self, text: &str) -> &Self {
        self.check(!self.stderr.contains(text), "stderr has", text)
    }

    /// Nothing came on stderr.
    #[track_caller]
    pub(crate) fn stderr_is_empty(&self) -> &Self {
        self.check(self.stderr.is_empty(), "stderr is not", "")
    }

    /// Each line of stdout, read as JSON.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        events(&self.stdout)
    }

    /// The last event, `finished`; it holds the exit code that the process ended with.
    #[track_caller]
    pub(crate) fn finished(&self) -> Value {
        let last = finished(&self.stdout);
        self.check(last["exit_code"] == self.code, "finished with", &last);
        last
    }

    /// A file of the working directory.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> String {
        let text = fs::read_to_string(self.dir.path().join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}\n{self}"))
    }

    #[track_caller]
    fn check(&self, holds: bool, what: &str, value: impl fmt::Debug) -> &Self {
        assert!(holds, "{what} {value:?}\n{self}");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_code_environment_and_files() {
        let program = Program::shell("cat; env >&2; echo c >> a; exit 3").file("a", "b\n");
        let out = program.stdin("hello").env("MINE", "1").run();
        out.code(3).stdout_has("hello").stdout_lacks("x");
        out.stderr_has("MINE=1")
            .stderr_has("LANG=C.UTF-8")
            .stderr_lacks("CARGO");
        assert_eq!(out.file("a"), "b\nc\n");
    }

    #[test]
    fn a_full_pipe_blocks_nobody() {
        let script = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; sed q";
        let out = Program::shell(script).stdin(&"x\n".repeat(100_000)).run();
        assert_eq!((out.stdout.len(), out.stderr.len()), (300_002, 300_000));
    }

    #[test]
    fn events_are_the_lines_of_stdout() {
        let out = Program::shell(r#"printf '{"event":"a"}\n{"event":"b"}\n'"#).run();
        assert_eq!(out.stderr_is_empty().events()[1]["event"], "b");
    }

    #[test]
    #[should_panic(expected = "oops\n--- in\n{}\noops")]
    fn a_line_that_is_no_event_is_shown() {
        Program::shell("echo '{}'; echo oops").run().events();
    }

    #[test]
    fn signals_reach_the_program() {
        let script = "trap 'echo caught; kill -KILL $$' TERM; echo ready; \
                      while :; do sleep 0.01; done";
        let mut running = Program::shell(script).spawn();
        running.wait_for_stdout("ready");
        running.signal(Signal::TERM);
        running
            .wait()
            .code(137)
            .stdout_has("caught")
            .stderr_is_empty();
    }

    #[test]
    fn closed_stdout_is_a_broken_pipe() {
        let script = "trap '' PIPE; echo ready; while echo more; do :; done; echo gone >&2";
        let mut running = Program::shell(script).spawn();
        running.wait_for_stdout("ready");
        running.close_stdout();
        running.wait_for_stderr("gone");
    }

    #[test]
    #[should_panic(expected = "\"yes\" never came\n--- exit code 4")]
    fn a_text_that_can_no_longer_come_is_not_waited_for() {
        Program::shell("echo no; exit 4")
            .spawn()
            .wait_for_stderr("yes");
    }

    #[test]
    #[should_panic(expected = "still running after 50ms, killed\n--- exit code 137")]
    fn a_program_that_does_not_end_is_killed() {
        Program::shell("exec sleep 60")
            .limit(Duration::from_millis(50))
            .run();
    }

    #[test]
    #[should_panic(expected = "secret shown in the output")]
    fn the_secret_on_stderr_fails_the_test() {
        Program::shell("echo $T >&2").env("T", SECRET).run();
    }

    #[test]
    #[should_panic(expected = "/log:\ntoken: pt-")]
    fn the_secret_in_a_file_fails_the_test_but_in_a_token_file() {
        let program = Program::shell("echo token: $T > log").env("T", SECRET);
        program.file("a-token", SECRET).run().code(0);
    }
}
