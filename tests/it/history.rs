//! How long past deployments took: what is remembered, what it is good for, and what cannot harm it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, Mode, mkfifoat};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Order, Output, Program, Reply, SECRET, Screen, Server, deploywatch, named, order, yunxiao,
    yunxiao_at,
};

/// A folder of states of the test's own.
struct State(TempDir);

impl State {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder that holds this history.
    fn with(text: &[u8]) -> Self {
        let state = Self::new();
        fs::create_dir(state.folder()).unwrap();
        fs::write(state.file(), text).unwrap();
        state
    }

    /// A folder in which past deployments of pipeline 123 on the server took so long.
    fn known(server: &Server, durations_ms: &[u64], units: &Value) -> Self {
        let key = key(server);
        let line = format!(
            "{{\"deployment\":\"{key}\",\"durations_ms\":{durations_ms:?},\"units\":{units}}}\n"
        );
        Self::with(document(&line).as_bytes())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("deploywatch")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("durations.json")
    }

    /// The program with this folder.
    fn of(&self, program: Program) -> Program {
        program.env("XDG_STATE_HOME", self.0.path())
    }

    /// The names of the files in it; none where it was not made.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The lines of `deploywatch history -o json`.
    #[track_caller]
    fn history(&self) -> Vec<Value> {
        let out = self.of(deploywatch(["history", "-o", "json"])).run();
        out.code(0).stderr_is_empty();
        out.events()
    }
}

fn document(lines: &str) -> String {
    format!("{{\"schema\":1,\"deployments\":[\n{lines}]}}\n")
}

/// The key of pipeline 123 on the server.
fn key(server: &Server) -> String {
    format!("yunxiao:{}/123", server.url().trim_start_matches("http://"))
}

fn now_ms() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    now.as_millis().try_into().unwrap()
}

/// Order 1111, which was made just now.
fn new_order(status: &str) -> Order {
    Order::new(status).with("createTime", now_ms())
}

/// A server on which order 1111 is new, runs for some polls with two machines, and succeeds; then it begins anew.
fn deployment() -> Server {
    const POLLS: usize = 6;
    let mut created = 0;
    Server::start(move |_, number| {
        let step = number % POLLS;
        if step == 0 {
            created = now_ms();
        }
        let (status, first, second) = match step {
            0 => ("Running", "Running", "Pending"),
            step if step < POLLS - 1 => ("Running", "Success", "Running"),
            _ => ("Success", "Success", "Success"),
        };
        Order::new(status)
            .with("createTime", created)
            .machine("sn-1", "192.0.2.1", first, 1)
            .machine("sn-2", "192.0.2.2", second, 1)
            .reply()
    })
}

/// The first event of a watch.
fn started(out: &Output) -> Value {
    out.events().swap_remove(0)
}

#[test]
fn a_success_is_remembered_said_the_next_time_and_forgotten_when_asked() {
    let (server, state) = (deployment(), State::new());
    let watch = || {
        let out = state.of(yunxiao(&server).args(["-o", "json"])).run();
        out.code(0).stderr_is_empty();
        out
    };
    assert_eq!(started(&watch())["usual_ms"], Value::Null);
    assert_eq!(state.files(), ["durations.json", "durations.lock"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state.folder()), mode(&state.file())), (0o700, 0o600));
    assert!(!fs::read_to_string(state.file()).unwrap().contains(SECRET));

    let took = state.history()[0]["usual_ms"].as_u64().unwrap();
    assert!((80..10_000).contains(&took), "{took}");
    assert_eq!(started(&watch())["usual_ms"], took);
    let known = &state.history()[0];
    assert_eq!(known["deployment"], key(&server));
    assert_eq!(known["durations_ms"].as_array().unwrap().len(), 2);
    let unit = known["units"]["192.0.2.2"].as_u64().unwrap();
    assert!(unit > 0, "{known}");

    let table = state.of(deploywatch(["history"])).run();
    table
        .code(0)
        .stdout_has("deployment ")
        .stdout_has(&key(&server));
    let heads = table.stdout.lines().next().unwrap().split_whitespace();
    assert_eq!(
        heads.collect::<Vec<_>>(),
        ["deployment", "times", "usually", "last"]
    );
    let plain = state.of(yunxiao(&server).args(["-o", "plain"])).run();
    plain.stdout_has("), usually ");

    let forget = || state.of(deploywatch(["history", "--clear"])).run();
    forget().code(0).stdout_has("records removed: 1");
    forget().code(0).stdout_has("records removed: 0");
    assert_eq!(state.history(), Vec::<Value>::new());
    let empty = state.of(deploywatch(["history", "--lang", "zh"])).run();
    empty.code(0).stdout_has("尚无记录");
    assert_eq!(started(&watch())["usual_ms"], Value::Null);
}

#[test]
fn what_was_not_seen_from_its_begin_or_did_not_succeed_teaches_nothing() {
    let run = |status: &'static str| new_order(status).machine("s", "192.0.2.1", status, 1);
    let old = |order: Order| order.with("createTime", now_ms() - 3_600_000);
    let failed = || vec![run("Running").reply(), run("Failed").reply()];
    for (replies, options, code) in [
        // It failed, was over before, or was joined late.
        (failed(), &[][..], 1),
        (vec![run("Success").reply()], &[], 0),
        (
            vec![old(run("Running")).reply(), old(run("Success")).reply()],
            &[],
            0,
        ),
        (
            vec![
                run("Running")
                    .machine("t", "192.0.2.2", "Success", 1)
                    .reply(),
                run("Success").reply(),
            ],
            &[],
            0,
        ),
        // Nobody knows when it began.
        (vec![order("Running"), order("Success")], &[], 0),
        // Its end was not seen.
        (vec![run("Running").reply()], &["--once"], 7),
        (vec![run("Running").reply()], &["--timeout", "100ms"], 124),
    ] {
        let state = State::new();
        let server = Server::script(replies);
        state.of(yunxiao(&server).args(options)).run().code(code);
        assert_eq!(state.files(), Vec::<String>::new(), "{options:?}");
    }
}

#[test]
fn nothing_is_read_or_written_where_it_is_off() {
    let broken = State::with(b"broken");
    let config = "no-history = true\n";
    let list = |server: &Server| {
        let url = server.url();
        format!(
            "no-history = true\n[[deploy]]\nprovider = 'yunxiao'\npipeline = 123\norder = 1111\n\
             organization = 'o'\nendpoint = '{url}'\n"
        )
    };
    let server = deployment();
    for program in [
        yunxiao(&server).args(["--no-history"]),
        yunxiao(&server).env("CI", "true"),
        yunxiao(&server).env("JENKINS_URL", "https://jenkins.example.com/"),
        yunxiao(&server)
            .file("c.toml", config)
            .env("DEPLOYWATCH_CONFIG", "c.toml"),
        deploywatch(["all", "list.toml", "-i", "20ms"])
            .file("list.toml", &list(&server))
            .env("YUNXIAO_ACCESS_TOKEN", SECRET),
        deploywatch(["demo", "--duration", "100ms", "-i", "20ms"]),
        yunxiao(&server).args(["--capture", "c.jsonl", "--no-history"]),
    ] {
        let out = broken.of(program).run();
        out.code(0).stderr_is_empty();
        assert_eq!(broken.files(), ["durations.json"]);
        if let Ok(recording) = std::panic::catch_unwind(|| out.file("c.jsonl")) {
            let replay = deploywatch(["replay", "c.jsonl", "--speed", "100", "-o", "json"]);
            let replay = broken.of(replay.file("c.jsonl", &recording)).run();
            replay.code(0).stderr_is_empty();
            assert_eq!(started(&replay)["usual_ms"], Value::Null);
        }
    }
    assert_eq!(broken.files(), ["durations.json"]);
}

#[test]
fn a_broken_file_is_set_aside_and_a_new_one_begun() {
    let server = deployment();
    let line = |durations: &str| {
        let key = key(&server);
        document(&format!(
            "{{\"deployment\":\"{key}\",\"durations_ms\":{durations},\"units\":{{}}}}\n"
        ))
    };
    for text in [
        String::new(),
        "words \u{1b}[31m".to_owned(),
        "[".repeat(100_000),
        document("").replace("]}", ""),
        document("").replacen('1', "2", 1),
        line("[-1]"),
        line("[NaN]"),
        line("[1e400]"),
        line(&"[".repeat(10_000)),
        "x".repeat((1 << 20) + 1),
    ] {
        let state = State::with(text.as_bytes());
        let out = state.of(yunxiao(&server)).run();
        out.code(0)
            .stderr_has("durations.json is broken and was set aside as ");
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
        let files = state.files();
        let aside = files.iter().find(|name| name.contains(".broken-")).unwrap();
        assert_eq!(
            fs::read(state.folder().join(aside)).unwrap(),
            text.as_bytes()
        );
        assert_eq!(state.history().len(), 1);
    }
}

#[test]
fn what_is_in_the_place_of_the_file_or_its_folder_is_only_warned_of() {
    let server = deployment();
    let place = |make: &dyn Fn(&Path)| {
        let state = State::with(b"");
        fs::remove_file(state.file()).unwrap();
        make(&state.folder());
        let out = state.of(yunxiao(&server)).run();
        out.code(0);
        assert!(out.elapsed < Duration::from_secs(5), "{out}");
        (state, out)
    };
    let fifo = |path: PathBuf| mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
    let warned = |make: &dyn Fn(&Path), words: &str| {
        let (_state, out) = place(make);
        out.stderr_has(words);
        assert_eq!(out.stderr.lines().count(), 1, "{out}");
    };
    let not_regular = "durations.json: it is no regular file";
    warned(&|folder| fifo(folder.join("durations.json")), not_regular);
    warned(
        &|folder| fs::create_dir(folder.join("durations.json")).unwrap(),
        not_regular,
    );
    warned(
        &|folder| symlink("/dev/zero", folder.join("durations.json")).unwrap(),
        not_regular,
    );
    let cannot = "cannot remember how long it took";
    warned(&|folder| fifo(folder.join("durations.lock")), cannot);
    warned(
        &|folder| fs::create_dir(folder.join("durations.lock")).unwrap(),
        cannot,
    );
    warned(
        &|folder| symlink("durations.json", folder.join("durations.lock")).unwrap(),
        cannot,
    );
    warned(
        &|folder| fs::create_dir(folder.join("durations.json.new")).unwrap(),
        cannot,
    );
    let is_file = |folder: &Path| {
        fs::remove_dir(folder).unwrap();
        fs::write(folder, "").unwrap();
    };
    warned(&is_file, "cannot read ");
    // A folder that cannot be made.
    let out = yunxiao(&server).env("XDG_STATE_HOME", "/proc").run();
    out.code(0).stderr_has(cannot);

    // What the links name stays as it is.
    let (state, out) = place(&|folder| {
        fs::write(folder.join("mine"), "mine").unwrap();
        symlink("mine", folder.join("durations.json.new")).unwrap();
        symlink("nowhere", folder.join("durations.json")).unwrap();
    });
    out.stderr_is_empty();
    assert_eq!(
        fs::read_to_string(state.folder().join("mine")).unwrap(),
        "mine"
    );
    assert_eq!(state.files(), ["durations.json", "durations.lock", "mine"]);
    assert_eq!(state.history().len(), 1);
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let state = State::new();
    let servers: Vec<_> = (0..8).map(|_| deployment()).collect();
    let watches: Vec<_> = servers
        .iter()
        .map(|server| state.of(yunxiao(server)).spawn())
        .collect();
    for watch in watches {
        watch.wait().code(0).stderr_is_empty();
    }
    assert_eq!(state.history().len(), 8);
    assert_eq!(state.files(), ["durations.json", "durations.lock"]);
}

#[test]
fn the_end_does_not_wait_for_a_lock() {
    let (server, state) = (deployment(), State::with(b""));
    fs::remove_file(state.file()).unwrap();
    let lock = fs::File::create(state.folder().join("durations.lock")).unwrap();
    lock.lock().unwrap();
    let out = state.of(yunxiao(&server)).run();
    out.code(0)
        .stderr_has("cannot remember how long it took")
        .stderr_has("durations.json: resource busy");
    assert!(out.elapsed < Duration::from_secs(8), "{out}");
    assert_eq!(state.files(), ["durations.lock"]);
    let out = state.of(yunxiao(&server).args(["--timeout", "1s"])).run();
    out.code(0).stderr_has("cannot remember how long it took");
}

#[test]
fn a_full_file_loses_the_oldest_records() {
    let (server, state) = (deployment(), State::new());
    let line = |number: usize| {
        let durations = json!(vec![123_456; 20]);
        format!("{{\"deployment\":\"t{number}\",\"durations_ms\":{durations},\"units\":{{}}}}")
    };
    let mut lines: Vec<_> = (0..).map(line).take(2_500).collect();
    let size = |lines: &[String]| document(&(lines.join(",\n") + "\n")).len();
    // Full to the last byte.
    let room = (1 << 19) - size(&lines);
    lines[0] = lines[0].replacen("t0", &"t".repeat(room + 2), 1);
    assert_eq!(size(&lines), 1 << 19);
    fs::create_dir(state.folder()).unwrap();
    fs::write(state.file(), document(&(lines.join(",\n") + "\n"))).unwrap();
    state.of(yunxiao(&server)).run().code(0).stderr_is_empty();
    assert!(fs::metadata(state.file()).unwrap().len() <= 1 << 19);
    let known = state.history();
    assert_eq!(known[0]["deployment"], key(&server));
    assert_eq!(known.len(), lines.len());
    assert_eq!(known[2_499]["deployment"], "t2498");
}

#[test]
fn the_picture_says_how_long_it_takes_from_the_first_second() {
    let mut created = 0;
    let server = Server::start(move |_, number| {
        if number == 0 {
            created = now_ms();
            let order = Order::new("Running").with("createTime", created).reply();
            return Reply::delayed(order, Duration::from_secs(1));
        }
        Order::new("Running")
            .with("createTime", created)
            .machine("sn-1", "192.0.2.1", "Running", 1)
            .reply()
    });
    // The machine's bar fills within its own usual time.
    let units = json!({"192.0.2.1": [1]});
    let state = State::known(&server, &[240_000, 250_000, 260_000], &units);
    let screen = Screen::spawn(state.of(yunxiao_at(&server.url())), 24, 100);
    screen.wait_for("usually 4m 10s");
    screen.wait_for("~4m 0");
    let is_filled = |screen: &vt100::Screen| {
        let rows = crate::support::rows(screen);
        rows.iter().any(|row| row.contains("192.0.2.1 ━━━━"))
    };
    screen.wait_until("a bar that is filled", is_filled);
}

#[test]
fn a_deployment_that_takes_twice_as_long_as_ever_is_told_of_once() {
    let mut created = None;
    let server = Server::start(move |_, number| {
        let created = *created.get_or_insert_with(now_ms);
        let status = if number < 40 { "Running" } else { "Success" };
        Order::new(status).with("createTime", created).reply()
    });
    let state = State::known(&server, &[10, 200], &json!({}));
    let out = state.of(yunxiao(&server).args(["-o", "json"])).run();
    out.code(0);
    let events = out.events();
    let [warning] = named(&events, "warning")[..] else {
        panic!("{out}");
    };
    let words = "it has been running for 400ms, twice as long as the longest one that is remembered (200ms)";
    assert_eq!(warning["message"], words);
    assert_eq!(
        state.history()[0]["durations_ms"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn each_provider_knows_what_is_deployed_again() {
    let folder = Path::new(env!("CARGO_BIN_EXE_deploywatch"))
        .parent()
        .unwrap();
    let usual = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{usual}", folder.display());
    let state = State::new();
    let providers = ["yunxiao", "codearts", "servicestage", "mrs", "fsd"];
    let watches = providers.map(|provider| {
        let args = [
            "demo",
            provider,
            "--duration",
            "3s",
            "--serve",
            "127.0.0.1:0",
        ];
        let mut server = deploywatch(args).args(["-i", "20ms"]).spawn();
        let line = server.first_line();
        let watch = Program::shell(&line).env("PATH", &path);
        (state.of(watch).spawn(), server)
    });
    for (watch, _server) in watches {
        watch.wait().code(0);
    }
    let known = state.history();
    let mut keys: Vec<_> = known
        .iter()
        .map(|known| known["deployment"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    let ends = ["codearts", "fsd", "servicestage", "yunxiao"];
    assert_eq!(keys.len(), ends.len(), "{keys:?}");
    for (key, provider) in keys.iter().zip(ends) {
        assert!(key.starts_with(&format!("{provider}:127.0.0.1:")), "{key}");
    }
    assert!(keys[1].ends_with("/deploy:klcloud-fsd/deploy"), "{keys:?}");
    assert!(keys[2].ends_with("/demo-release"), "{keys:?}");
}

#[test]
fn a_folder_that_is_there_already_keeps_its_rights() {
    let (server, state) = (deployment(), State::with(b""));
    fs::remove_file(state.file()).unwrap();
    fs::set_permissions(state.folder(), Permissions::from_mode(0o755)).unwrap();
    state.of(yunxiao(&server)).run().code(0).stderr_is_empty();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state.folder()), mode(&state.file())), (0o755, 0o600));
}
