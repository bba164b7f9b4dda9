//! One program from start to exit.

use std::env;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use wait4::Wait4 as _;

use crate::report::Run;
use crate::server::{Server, clock};
use crate::stories::{Story, TOKEN};

pub(crate) const DEPLOYWATCH: &str = env!("CARGO_BIN_EXE_deploywatch");

/// What is known of one process: the columns of the table with their decimals.
pub(crate) const COLUMNS: [(&str, usize); 8] = [
    ("wall_ms", 2),
    ("first_request_ms", 2),
    ("cpu_ms", 2),
    ("memory_mb", 2),
    ("end_to_exit_ms", 2),
    ("written_bytes", 0),
    ("written_lines", 0),
    ("requests", 0),
];
pub(crate) const WALL: usize = 0;
pub(crate) const FIRST: usize = 1;
pub(crate) const CPU: usize = 2;
pub(crate) const MEMORY: usize = 3;
pub(crate) const END: usize = 4;
pub(crate) const LINES: usize = 6;
pub(crate) const REQUESTS: usize = 7;

/// A program, its arguments, and what it is told.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// What must be installed; the first is what runs. Several in a pipeline are a peer too, as `sh -c`: the processor time of
    /// the children that a shell waited for counts as its own, and of their memory the largest.
    pub(crate) programs: Vec<&'static str>,
    pub(crate) args: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) story: Story,
}

impl Peer {
    pub(crate) fn new(
        name: &'static str,
        programs: &[&'static str],
        args: &[&str],
        story: Story,
    ) -> Self {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Self {
            name,
            programs: programs.to_vec(),
            args,
            environment: Vec::new(),
            story,
        }
    }

    pub(crate) fn deploywatch(
        name: &'static str,
        options: &str,
        server: &Server,
        story: Story,
    ) -> Self {
        let target = "yunxiao --pipeline 123 --order 1111 --organization bench --endpoint";
        let endpoint = [&*server.endpoint];
        let args = target.split(' ').chain(endpoint).chain(options.split(' '));
        let args: Vec<_> = args.collect();
        let mut peer = Self::new(name, &[DEPLOYWATCH], &args, story);
        peer.environment = vec![("YUNXIAO_ACCESS_TOKEN", TOKEN.to_owned())];
        peer
    }

    pub(crate) fn ours(&self) -> bool {
        self.programs == [DEPLOYWATCH]
    }

    /// Where its program is; looked up beforehand, so that the search is no part of a run.
    ///
    /// # Errors
    /// Where it or another that it needs is not installed.
    pub(crate) fn find(&self) -> Result<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        let find = |program: &&str| {
            let mut files = env::split_paths(&path).map(|folder| folder.join(program));
            files
                .find(|file| file.is_file())
                .with_context(|| format!("{program} is not installed"))
        };
        let found: Result<Vec<_>> = self.programs.iter().map(find).collect();
        found?.into_iter().next().context("no program")
    }
}

/// Runs a peer once. Anything but a success is an error: how fast something fails is not a figure.
pub(crate) fn run(
    server: &mut Server,
    peer: &Peer,
    program: &Path,
    home: Option<&Path>,
) -> Result<Run> {
    let mut output = tempfile::tempfile()?;
    let mut command = Command::new(program);
    // A proxy, a locale or CI=true of whoever runs this would change what is measured.
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default());
    if let Some(home) = home {
        command.env("HOME", home).current_dir(home);
    }
    command.envs(peer.environment.iter().map(|(name, value)| (name, value)));
    command.args(&peer.args).stdin(Stdio::null());
    command
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?);
    server.begin(&peer.story)?;
    let start = clock();
    let end = command.spawn()?.wait4()?;
    let exit = clock();
    let seen = server.seen()?;
    let mut said = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut said)?;
    if !end.status.success() {
        let said = String::from_utf8_lossy(&said);
        bail!("{}: {}", end.status, said.trim_end());
    }
    ensure!(seen.requests > 0 || !peer.ours(), "it asked nothing");
    ensure!(
        seen.ended.is_some() || seen.requests == 0,
        "it did not wait for the end"
    );
    let count = |number: u64| u32::try_from(number).ok().map(f64::from);
    let lines = said.iter().filter(|byte| **byte == b'\n').count();
    Ok(vec![
        Some(exit - start),
        seen.first.map(|first| first - start),
        Some((end.rusage.utime + end.rusage.stime).as_secs_f64() * 1e3),
        count(end.rusage.maxrss / 1000).map(|kilobytes| kilobytes / 1e3),
        seen.ended.map(|ended| exit - ended),
        count(said.len() as u64),
        count(lines as u64),
        Some(f64::from(seen.requests)),
    ])
}
