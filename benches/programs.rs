//! The programs, and what a run of one takes from its start to its exit.

use std::collections::HashMap;
use std::env;
use std::io::{self, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use wait4::Wait4 as _;

use crate::server::{Server, Story, now};

/// A program and how to start it.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The executables that must be installed; the first is started.
    pub(crate) needs: &'static str,
    /// Variables, `--` and arguments, as words without quoting. `$SERVER` stands for the server's address, `$HOME` for the home
    /// directory, `$URL` for the URL of the deploy order, `$ORDER` and `$ALL` for the words that watch it or a list of such.
    words: &'static str,
}

pub(crate) const fn deploywatch(words: &'static str) -> Program {
    Program {
        name: "deploywatch",
        needs: env!("CARGO_BIN_EXE_deploywatch"),
        words,
    }
}

/// `-q`: no .curlrc.
pub(crate) const CURL: Program = Program {
    name: "curl",
    needs: "curl",
    words: "-- -q -s -o /dev/null -H x-yunxiao-token:bench-token $URL",
};

pub(crate) const LOOP: Program = Program {
    name: "curl and jq in a loop",
    needs: "sh curl jq",
    words: "TOKEN=bench-token URL=$URL -- benches/loop.sh",
};

/// kubectl sends no token over plain HTTP, so the path contains it. It caches what it learns of a server under the server's
/// name, which the proxy keeps the same whatever the port is.
pub(crate) const KUBECTL: Program = Program {
    name: "kubectl rollout status",
    needs: "kubectl",
    words: "HTTP_PROXY=$SERVER -- rollout status deployment/bench --server http://bench.test/bench-token",
};

/// gh speaks plain HTTP only to a host of this name.
pub(crate) const GH: Program = Program {
    name: "gh run watch",
    needs: "gh",
    words: "GH_HOST=github.localhost GH_TOKEN=bench-token GH_NO_UPDATE_NOTIFIER=1 HTTP_PROXY=$SERVER -- \
            run watch 30 --interval 1 --exit-status --repo github.localhost/bench/bench",
};

/// The costs of a run, by measure; times in milliseconds.
pub(crate) type Run = HashMap<&'static str, f64>;

pub(crate) const WALL: &str = "wall ms";
pub(crate) const FIRST: &str = "start to first request ms";
pub(crate) const CPU: &str = "processor ms";
pub(crate) const MEMORY: &str = "memory MiB";
pub(crate) const END: &str = "last response to exit ms";
pub(crate) const PARSE: &str = "serde_json parse";

/// The median of a measure, one of the values.
pub(crate) fn median(runs: &[Run], measure: &str) -> f64 {
    let mut values: Vec<_> = runs.iter().map(|run| run[measure]).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Program {
    pub(crate) fn is_installed(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        let exists = |name| env::split_paths(&path).any(|folder| folder.join(name).is_file());
        self.needs.split(' ').all(exists)
    }

    /// Runs it once. Whatever is not a success is an error: how fast something fails is no figure.
    pub(crate) fn run(&self, story: &Story, home: &Path) -> Result<Run> {
        let name = self.name;
        let mut output = tempfile::tempfile()?;
        let server = Server::start(story)?;
        let variables = "YUNXIAO_ACCESS_TOKEN=bench-token YUNXIAO_API_BASE_URL=$SERVER \
                         YUNXIAO_ORGANIZATION_ID=bench YUNXIAO_PIPELINE_ID=123";
        let [order, all] = ["yunxiao --order 1111", "all"].map(|it| format!("{variables} -- {it}"));
        let url = "$SERVER/oapi/v1/flow/organizations/bench/pipelines/123/deploy/1111";
        let words = self.words.replace("$ORDER", &order).replace("$ALL", &all);
        let words = words.replace("$HOME", &home.to_string_lossy());
        let words = words
            .replace("$URL", url)
            .replace("$SERVER", &server.address);
        let (variables, args) = words.split_once("-- ").context("no --")?;
        let mut command = Command::new(self.needs.split(' ').next().context("no program")?);
        command
            // A proxy, a locale or CI=true of whoever runs this would change what is measured.
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .envs(variables.split(' ').filter_map(|it| it.split_once('=')))
            .args(args.split(' '))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?);
        let start = now();
        let exit = command.spawn()?.wait4()?;
        let end = now();
        let seen = server.stop()?;
        output.rewind()?;
        let said = io::read_to_string(output)?;
        ensure!(exit.status.success(), "{name}: {}: {said}", exit.status);
        // Each state was asked for once.
        let polls = story.polls.len();
        ensure!(polls == 0 || polls == seen.requests, "{name}: {seen:?}");
        let first = seen.first.context("it sent no request")?;
        let ended = seen.ended.context("it did not wait for the end")?;
        let usage = exit.rusage;
        Ok(HashMap::from([
            (WALL, end - start),
            (FIRST, first - start),
            (CPU, (usage.utime + usage.stime).as_secs_f64() * 1e3),
            (MEMORY, usage.maxrss as f64 / f64::from(1 << 20)),
            (END, end - ended),
            (PARSE, seen.parse),
        ]))
    }
}
