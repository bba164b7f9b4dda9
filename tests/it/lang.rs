//! The language of what people read; machines read the same in every one.

use serde_json::Value;

use crate::support::{
    Order, Output, Program, Reply, SECRET, Screen, Server, deploywatch, events, order, order_with,
    yunxiao, yunxiao_at,
};

const CHINESE: (&str, &str) = ("LANG", "zh_CN.UTF-8");

/// A deployment that is lost sight of once, and then fails.
fn failing() -> Server {
    let machines = |first, second| [("192.0.2.1", first), ("192.0.2.2", second)];
    Server::script(vec![
        order_with("Running", &machines("Running", "Pending")),
        Reply::status(502, ""),
        order_with("Running", &machines("Success", "Running")),
        order_with("Failed", &machines("Success", "Failed")),
    ])
}

/// The output without the parts that differ from run to run: the times at the beginnings of
/// lines, durations.
fn said(out: &Output) -> String {
    let lines = out.stdout.lines().map(|line| match line.split_once("Z ") {
        Some((time, text)) if time.len() == 19 => text,
        _ => line,
    });
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let mut words = String::new();
    for word in text.split_inclusive([' ', '\n', '，', '：', '；', '）']) {
        let end = word.trim_end_matches([' ', '\n', '，', '：', '；', '）']);
        let is_duration = end.starts_with(|c: char| c.is_ascii_digit()) && end.ends_with('s');
        words += if is_duration { "…" } else { end };
        words += &word[end.len()..];
    }
    words
}

#[test]
fn plain_lines_and_the_report_in_chinese() {
    let server = failing();
    let out = yunxiao(&server).args(["--lang", "zh", "--logs", "0"]).run();
    out.code(1).stderr_is_empty();
    assert_eq!(
        said(&out),
        format!(
            "\
yunxiao:123/1111 开始跟踪 {}（每 … 轮询一次）
yunxiao:123/1111 运行中（已完成 0/2，第 1/1 批）
192.0.2.1 运行中
192.0.2.2 等待中
轮询失败：HTTP 502 Bad Gateway；… 后重试
轮询已恢复，此前中断 …
192.0.2.1 成功，用时 …
192.0.2.2 运行中
yunxiao:123/1111 失败（已完成 2/2，第 1/1 批）
【失败】192.0.2.2，用时 …
✗ yunxiao:123/1111 失败（跟踪 …）：平台报告部署失败
  2 台机器：失败 1，成功 1
  ✗ 失败 192.0.2.2，用时 …
  轮询中断 1 次，共 …
",
            server.url()
        )
    );
}

#[test]
fn the_picture_and_the_report_in_chinese() {
    let server = Server::script(vec![
        order("Running"),
        Order::new("Running")
            .machine("sn-1", "192.0.2.1", "Running", 1)
            .machine("sn-2", "主机-2", "Pending", 1)
            .reply(),
    ]);
    let program = yunxiao(&server).env(CHINESE.0, CHINESE.1);
    let mut screen = Screen::spawn(program, 24, 80);
    screen.wait_for("等待中");
    let rows = screen.rows();
    let found = |text: &str| rows.iter().position(|row| row.contains(text));
    let (first, second) = (found("▸ 192.0.2.1 "), found("· 主机-2 "));
    assert!(first.is_some() && second > first, "{rows:#?}");
    screen.send([3]);
    assert_eq!(screen.wait_exit(), 130);
    let report = screen.contents();
    for text in [
        "■ yunxiao:123/1111 已中断（跟踪 ",
        "  1 个尚未开始：主机-2",
        "已停止跟踪，部署仍在继续。继续跟踪请执行：",
    ] {
        assert!(report.contains(text), "{report}");
    }
    screen.assert_left_clean();
}

#[test]
fn the_locale_chooses_where_the_option_does_not() {
    for (variables, arguments, chinese) in [
        (&[CHINESE][..], &[][..], true),
        (&[("LC_MESSAGES", "zh_CN.UTF-8")], &[], true),
        (&[("LC_ALL", "C"), CHINESE], &[], false),
        (&[("LC_ALL", "zh_CN.UTF-8"), ("LANG", "C")], &[], true),
        (&[("LC_ALL", ""), CHINESE], &[], true),
        (&[CHINESE], &["--lang", "en"], false),
        (&[], &[], false),
    ] {
        let server = Server::script(vec![order("Success")]);
        let out = yunxiao(&server).envs(variables).args(arguments).run();
        let verdict = if chinese {
            "✓ yunxiao:123/1111 成功"
        } else {
            "✓ yunxiao:123/1111 succeeded"
        };
        out.code(0).stdout_has(verdict);
    }
}

#[test]
fn warnings_annotations_and_the_summary_follow_the_language_and_junit_does_not() {
    let server = failing();
    let out = yunxiao(&server)
        .args(["--lang", "zh", "--logs", "0", "--output", "bars"])
        .args(["--summary", "summary.md", "--junit", "junit.xml"])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .run();
    out.code(1)
        .stderr_has("警告：stderr 不是终端")
        .stdout_has("::error title=192.0.2.2 失败::yunxiao:123/1111\n");
    let summary = out.file("summary.md");
    for text in [
        "## ✗ `yunxiao:123/1111` 失败（跟踪 ",
        "原因：`平台报告部署失败`",
        "| 状态 | 机器 |\n|---|--:|\n| 失败 | 1 |\n",
        "| 合计 | 2 |",
        "### 失败\n\n- ✗ `192.0.2.2`，用时 ",
    ] {
        assert!(summary.contains(text), "{text}\n{summary}");
    }
    let junit = out.file("junit.xml");
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(!junit.contains(is_chinese), "{junit}");
}

#[test]
fn the_verdict_of_a_quiet_watch_is_in_chinese() {
    let server = Server::script(vec![order("Cancelled")]);
    let out = yunxiao(&server).args(["-q", "--lang=zh"]).run();
    let line = "⊘ yunxiao:123/1111 已取消（跟踪 ";
    out.code(3).stdout_is_empty().stderr_has(line);
}

/// The events without what differs from run to run.
fn steady(events: Vec<Value>) -> Vec<Value> {
    let steady = |mut event: Value| {
        let fields = event.as_object_mut().unwrap();
        fields.retain(|name, _| name != "time" && name != "endpoint" && !name.ends_with("_ms"));
        let failed = fields.get_mut("failed").and_then(Value::as_array_mut);
        for unit in failed.into_iter().flatten() {
            unit.as_object_mut().unwrap().remove("elapsed_ms");
        }
        event
    };
    events.into_iter().map(steady).collect()
}

#[test]
fn events_are_the_same_in_every_language() {
    let run = |arguments: &[&str]| {
        let server = failing();
        let program: Program = yunxiao(&server).args(["--logs", "0"]).args(arguments);
        program.env(CHINESE.0, CHINESE.1).run()
    };
    let english = run(&["--output", "json", "--lang", "en"]);
    let chinese = run(&["--output", "json"]);
    let beside = run(&["--events", "events"]);
    assert_eq!(steady(english.events()), steady(chinese.events()));
    let beside = events(&beside.file("events"));
    assert_eq!(steady(english.events()), steady(beside));
}

/// Fails where two English words follow each other. Options and URLs are no words, the reason phrases
/// of HTTP have capitals, and the command that watches again is what it is.
#[track_caller]
fn assert_no_english(out: &Output) {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    for line in out.stdout.lines().chain(out.stderr.lines()) {
        let words: Vec<_> = line.split(' ').collect();
        let mut pairs = words.windows(2);
        let sentence = pairs.find(|pair| pair.iter().all(|word| is_word(word)));
        let is_command = line.starts_with("    deploywatch ");
        assert!(sentence.is_none() || is_command, "English in {line}\n{out}");
    }
}

/// Failures of a poll, their messages, and the same in the events.
fn failures() -> Vec<(Reply, i32, &'static str, &'static str)> {
    let cut = Order::new("Success").json();
    vec![
        (
            Reply::reset(),
            6,
            "没有响应：连接被对端重置",
            "no response: Connection reset by peer (os error 104)",
        ),
        (
            Reply::raw(""),
            6,
            "没有响应：连接提前关闭",
            "no response: connection closed before message completed",
        ),
        (
            Reply::cut(cut.clone()),
            6,
            "响应中断：连接提前关闭",
            "connection closed mid-response: end of file before message length reached",
        ),
        (
            Reply::hang(),
            6,
            "1s 内没有收到完整响应",
            "response timed out after 1s",
        ),
        (
            Reply::status(502, ""),
            6,
            "HTTP 502 Bad Gateway",
            "HTTP 502 Bad Gateway",
        ),
        (
            Reply::html("<title>Sign in"),
            6,
            "返回的是 HTML 页面，不是 JSON",
            "HTML page instead of JSON",
        ),
        (Reply::empty(), 6, "响应为空", "empty response"),
        (
            Reply::empty().header("content-encoding", "gzip"),
            6,
            "响应为空",
            "empty response",
        ),
        (
            Reply::json(&cut[..1]).header("x-request-id", "r-1"),
            6,
            "部署单的 JSON 不完整（第 1 行第 1 列）",
            "cannot parse the deploy order: EOF while parsing an object at line 1 column 1",
        ),
        (
            Reply::json("no"),
            6,
            "不是部署单的 JSON（第 1 行第 2 列）",
            "cannot parse the deploy order: expected ident at line 1 column 2",
        ),
        (
            Reply::json(r#"{"status":"Success","status":"Running"}"#),
            6,
            "部署单的 JSON 内容有误（第 1 行第 28 列）",
            "cannot parse the deploy order: duplicate field `status` at line 1 column 28",
        ),
        (
            Reply::json("{}"),
            6,
            "响应中没有 status",
            "the response has no status",
        ),
        (
            Reply::json(r#"{"success":false,"errorMessage":"系统繁忙","requestId":"r-1"}"#),
            6,
            "返回错误：系统繁忙（请求 r-1）",
            "error response: 系统繁忙 (request r-1)",
        ),
        (
            Reply::status(302, "").header("location", "/login"),
            5,
            "HTTP 302 Found：重定向到 /login，未跟随\n",
            "HTTP 302 Found: redirects to /login; redirects are not followed",
        ),
        (
            Reply::status(401, "").header("x-request-id", "r-1"),
            5,
            "HTTP 401 Unauthorized（请求 r-1）；请检查令牌",
            "HTTP 401 Unauthorized (request r-1); check the token",
        ),
        (
            Reply::status(403, r#"{"errorCode":"E1","errorMessage":"没有权限"}"#),
            5,
            "HTTP 403 Forbidden：E1 没有权限；令牌需要“流水线 / 主机部署”的只读权限",
            "HTTP 403 Forbidden: E1 没有权限; the token needs the read permission",
        ),
    ]
}

#[test]
fn why_a_poll_failed_is_said_in_chinese_and_in_events_as_ever() {
    let started: Vec<_> = failures()
        .into_iter()
        .map(|(reply, code, chinese, english)| {
            let server = Server::script(vec![reply]);
            let once = |arguments: &[&str]| {
                let program = yunxiao(&server).args(["--once", "--request-timeout", "1s", "-v"]);
                program.env(CHINESE.0, CHINESE.1).args(arguments).spawn()
            };
            let lines = once(&["--events", "events"]);
            (server, lines, code, chinese, english)
        })
        .collect();
    for (_server, lines, code, chinese, english) in started {
        let out = lines.wait();
        out.code(code).stdout_has(chinese);
        assert_no_english(&out);
        let reason = out.file("events");
        assert!(reason.contains(english), "{reason}");
    }
}

#[test]
fn a_server_that_is_not_there_is_said_in_chinese() {
    let refuses = yunxiao_at("http://127.0.0.1:1").args(["--lang", "zh", "--once"]);
    let out = refuses.run();
    out.code(6).stdout_has("无法连接：连接被拒绝");
    assert_no_english(&out);
    let unknown = yunxiao_at("https://deploywatch.invalid").args(["--lang", "zh", "--once"]);
    let out = unknown.run();
    out.code(6).stdout_has("无法连接：域名无法解析");
    assert_no_english(&out);
}

#[test]
fn what_the_command_line_does_not_say_is_said_in_chinese() {
    let run = r#"{"pipelineRunId":7,"status":"RUNNING","stages":[{"stageInfo":{"jobs":[
        {"id":1,"name":"华东","status":"RUNNING","actions":[{"type":"GetVMDeployOrder"}]},
        {"id":2,"name":"华北","status":"RUNNING","actions":[{"type":"GetVMDeployOrder"}]}]}}]}"#;
    let server = Server::script(vec![Reply::json(run)]);
    let program = deploywatch(["yunxiao", "--pipeline", "123", "--endpoint", &server.url()]);
    let out = program
        .env("YUNXIAO_ACCESS_TOKEN", SECRET)
        .args(["--lang", "zh"])
        .run();
    let text = "本次运行有多个部署任务，请用 --job 选定一个：华东（id 1）、华北（id 2）\n";
    out.code(2)
        .stderr_has(&format!("错误：{text}"))
        .stdout_has(text);
}

/// The parts of a README that are the same in every language: the levels of its headings, and the commands.
fn outline(readme: &str) -> Vec<String> {
    let lines = readme.lines().filter_map(|line| {
        let level = line.len() - line.trim_start_matches('#').len();
        let is_heading = level > 0 && line[level..].starts_with(' ');
        let command = line.split("  #").next().unwrap_or_default().trim_end();
        let is_command = ["deploywatch ", "cargo "]
            .iter()
            .any(|name| command.trim_start().starts_with(name) && command.starts_with(' '));
        match (is_heading, is_command) {
            (true, _) => Some("#".repeat(level)),
            (_, true) => Some(command.to_owned()),
            _ => None,
        }
    });
    lines.collect()
}

#[test]
fn the_chinese_readme_has_what_the_english_one_has() {
    let english = outline(include_str!("../../README.md"));
    let chinese = outline(include_str!("../../README.zh-CN.md"));
    assert!(english.len() > 30, "{english:#?}");
    assert_eq!(english, chinese);
}
