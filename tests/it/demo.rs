//! The demo: a simulated deployment, watched as a real one is, and served for others to watch.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use crate::support::{Output, Program, Unheard, deploywatch, named};

/// A demo of 1.2 s that is asked each 20 ms.
fn demo(args: &[&str]) -> Program {
    deploywatch(["demo", "--duration", "1200ms", "--interval", "20ms"]).args(args)
}

#[test]
fn a_demo_needs_no_account_and_ends_well_in_its_time() {
    let out = deploywatch(["demo", "--duration", "2s"]).run();
    out.code(0).stderr_is_empty();
    out.stdout_has("running")
        .stdout_has("succeeded (12 machines, watched for ");
    let seconds = out.elapsed.as_secs_f64();
    assert!((2.0..6.0).contains(&seconds), "{out}");
}

#[test]
fn each_scenario_has_its_exit_code() {
    let wait = ["--on-pause", "wait", "--timeout", "2500ms"];
    let watches = [
        (&["--scenario", "success"][..], &[][..], 0, "succeeded"),
        (&["--scenario", "failure"], &[], 1, "failed"),
        (
            &["--scenario", "failure"],
            &["--on-pause", "exit"],
            1,
            "failed",
        ),
        (&["--scenario", "failure"], &["--fail-fast"], 1, "failed"),
        (&["--scenario", "failure"], &wait, 124, "timed_out"),
        (&["--scenario", "pause"], &[], 0, "succeeded"),
        (
            &["--scenario", "pause"],
            &["--on-pause", "exit"],
            4,
            "paused",
        ),
        (&["--scenario", "cancel"], &[], 3, "cancelled"),
        (&["--scenario", "flaky"], &[], 0, "succeeded"),
        (&["yunxiao", "--scenario", "cancel"], &[], 3, "cancelled"),
        (&[], &["--once"], 7, "running"),
    ];
    let watches = watches.map(|(scenario, options, code, verdict)| {
        let program = demo(scenario).args(options).args(["-o", "json"]);
        (scenario, code, verdict, program.spawn())
    });
    for (scenario, code, verdict, running) in watches {
        let out = running.wait();
        let last = out.code(code).stderr_is_empty().finished();
        assert_eq!(
            (&last["verdict"], &last["units"]["total"]),
            (&verdict.into(), &12.into())
        );
        let faults = named(&out.events(), "offline").len();
        assert_eq!(faults > 0, scenario.contains(&"flaky"), "{out}");
    }
}

#[test]
fn the_whole_run_of_a_demo_has_jobs_and_machines() {
    let watches = [
        ("success", &[][..], 0),
        ("failure", &[], 1),
        ("pause", &["--on-pause", "exit"], 4),
        ("cancel", &[], 3),
        ("flaky", &[], 0),
    ];
    let watches = watches.map(|(scenario, options, code)| {
        let program = demo(&["--whole-run", "--scenario", scenario, "-o", "json"]);
        (code, program.args(options).spawn())
    });
    for (code, running) in watches {
        let out = running.wait();
        assert_eq!(out.code(code).finished()["units"]["total"], 14, "{out}");
        let events = out.events();
        let units = named(&events, "unit").into_iter();
        let kinds: BTreeSet<_> = units.map(|unit| unit["kind"].to_string()).collect();
        assert_eq!(Vec::from_iter(kinds), [r#""job""#, r#""machine""#], "{out}");
    }
    demo(&["fsd", "--whole-run"])
        .run()
        .code(2)
        .stderr_has("--whole-run");
    let mut server = deploywatch(["demo", "--whole-run", "--duration", "100ms"])
        .args(["--units", "2", "--serve", "127.0.0.1:0"])
        .spawn();
    let line = server.first_line();
    assert!(line.contains(" --whole-run "), "{line}");
    shell(&line)
        .run()
        .code(0)
        .stdout_has("(4 units, watched for ");
}

#[test]
fn a_demo_has_as_many_units_as_asked_for() {
    let watches = ["1", "3", "500"].map(|units| {
        let running = demo(&["--units", units, "-o", "json"]).spawn();
        (units, running)
    });
    for (units, running) in watches {
        let last = running.wait().code(0).finished();
        assert_eq!(last["units"]["succeeded"].to_string(), units);
    }
}

#[test]
fn what_is_set_for_a_real_watch_does_not_lead_the_demo_elsewhere() {
    let nobody = Unheard::take();
    let program = demo(&[]).envs(&[
        ("YUNXIAO_API_BASE_URL", &nobody.url()),
        ("YUNXIAO_ACCESS_TOKEN", "pt-other"),
        ("YUNXIAO_EDITION", "nonsense"),
        ("YUNXIAO_ORGANIZATION_ID", "other"),
        ("YUNXIAO_PIPELINE_ID", "456"),
    ]);
    program.limit(Duration::from_secs(10)).run().code(0);
}

#[test]
fn a_proxy_does_not_come_between_the_demo_and_its_own_server() {
    let nobody = Unheard::take();
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let program = demo(&["--max-offline", "1s"]).env(variable, nobody.url());
        program.limit(Duration::from_secs(10)).run().code(0);
    }
}

/// The program's folder, then the usual places.
fn path() -> std::ffi::OsString {
    let folder = Path::new(env!("CARGO_BIN_EXE_deploywatch"))
        .parent()
        .unwrap();
    let usual = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(
        [folder.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&usual)),
    )
    .unwrap()
}

#[test]
fn what_is_served_is_watched_to_its_end_by_the_line_that_was_printed() {
    let addresses = ["127.0.0.1:0", "[::1]:0"].into_iter();
    // Not every container has the second one.
    let addresses = addresses.filter(|address| TcpListener::bind(address).is_ok());
    let watches = addresses.map(|address| {
        let args = ["--duration", "100ms", "--units", "2", "--serve", address];
        let watch = ["--stall-timeout", "1m 5s"];
        let mut server = deploywatch(["demo"]).args(args).args(watch).spawn();
        let line = server.first_line();
        assert!(line.contains("deploywatch yunxiao --pipeline "), "{line}");
        assert!(line.ends_with(" '--stall-timeout=1m 5s'"), "{line}");
        (shell(&line).spawn(), server)
    });
    for (watch, mut server) in watches.collect::<Vec<_>>() {
        let out = watch.wait();
        out.code(0).stderr_is_empty();
        out.stdout_has("succeeded (2 machines, watched for ");
        assert!(server.goes_on(Duration::ZERO), "it serves on");
    }
}

#[test]
fn the_line_that_is_printed_can_be_typed_with_the_options_of_the_watch() {
    let args = [
        "demo",
        "fsd",
        "--duration",
        "100ms",
        "--serve",
        "127.0.0.1:0",
    ];
    let mut server = deploywatch(args).args(["--fresh", "-o", "json"]).spawn();
    let line = server.first_line();
    assert_eq!(line.matches("--fresh").count(), 1, "{line}");
    let out = shell(&line).args(["--once"]).run();
    assert!(out.code != 2, "{out}");
    out.stdout_has("\"started\"");
}

/// Runs a line as typed into a shell.
fn shell(line: &str) -> Program {
    Program::shell(line).env("PATH", path())
}

#[test]
fn a_demo_is_served_on_this_machine_only() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (address, says) in [
        ("0.0.0.0:0", "127.0.0.1"),
        ("192.0.2.1:80", "127.0.0.1"),
        ("[::]:0", "127.0.0.1"),
        ("127.0.0.1", "'--serve <ADDR>'"),
        ("localhost:0", "'--serve <ADDR>'"),
        ("nonsense", "'--serve <ADDR>'"),
        ("127.0.0.1:65536", "'--serve <ADDR>'"),
    ] {
        serve(address).stderr_has(says);
    }
    serve(&taken).stderr_has(&taken);
}

/// Serving at this address is turned down.
#[track_caller]
fn serve(address: &str) -> Output {
    let out = deploywatch(["demo", "--serve", address])
        .limit(Duration::from_secs(5))
        .run();
    out.code(2).stdout_is_empty();
    assert!(out.stderr.starts_with("error: "), "{out}");
    out
}

#[test]
fn a_demo_that_makes_no_sense_is_turned_down() {
    for args in [
        &["--units", "0"][..],
        &["--units", "many"],
        &["--duration", "0s"],
        &["--scenario", "meteor"],
        &["no-such-system"],
        &["codearts", "--scenario", "pause"],
        &["mrs", "--scenario", "cancel"],
    ] {
        let out = deploywatch(["demo"])
            .args(args)
            .limit(Duration::from_secs(5))
            .run();
        out.code(2).stdout_is_empty().stderr_has("error: ");
    }
}

#[test]
fn the_demo_of_codearts_shows_why_it_failed() {
    let out = demo(&["codearts", "--scenario", "failure"]).run();
    out.code(1)
        .stderr_is_empty()
        .stdout_has("Initialise the environment: started\n")
        .stdout_has("no space left on device\n")
        .stdout_lacks("Select the deployment source: started");
}
