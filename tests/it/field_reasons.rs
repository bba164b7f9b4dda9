//! Section 7 of the cases from the field: the reason is told, in the words of whoever gave it, and a watch
//! that cannot succeed is not asked for again.
//!
//! Elsewhere: certificates of `--cacert`, expired, of another name or unknown (`tls`); the shapes of errors
//! one by one (unit tests of `http::body`); the forms of `NO_PROXY` one by one (unit tests of `http::proxy`);
//! sign-in pages and signed requests (`mrs`, `huawei`).

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::support::{
    Order, Output, Program, Reply, SECRET, Server, Unheard, deploywatch, order, watches, yunxiao,
    yunxiao_at,
};
use crate::tls::{Authority, Flaw, TlsServer};

/// The longest that a watch which ends at once takes, on any machine.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A server on this machine that hands each connection to `serve`, one after the other.
fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test's process.
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

/// Carries bytes both ways until the server ends.
fn splice(client: &TcpStream, server: &TcpStream) {
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ = std::io::copy(&mut &*server, &mut &*client);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

/// It was refused at once, with one sentence of why and no second try.
#[track_caller]
fn assert_refused(out: &Output, says: &str) {
    out.code(5)
        .stderr_is_empty()
        .stdout_has(says)
        .stdout_lacks("poll failed");
    assert!(out.elapsed < AT_ONCE, "{out}");
}

#[test]
fn the_servers_words_come_first_and_then_the_hint() {
    let html = Reply::html("<html><head><title>Access\n denied</title></head></html>");
    for (reply, words) in [
        (
            Reply::status(403, "IP 203.0.113.9 is not in the white list\r\n")
                .header("content-type", "text/plain"),
            "IP 203.0.113.9 is not in the white list",
        ),
        (
            Reply::status(
                403,
                r#"{"status":403,"error":"Forbidden","message":"not yours"}"#,
            ),
            "not yours",
        ),
        (
            Reply::status(403, r#"{"Code":"Forbidden.Ip","Message":"no"}"#),
            "Forbidden.Ip no",
        ),
        (
            Reply::status(
                403,
                r#"{"errorCode":"12-4030001","errorDescription":"locked"}"#,
            ),
            "locked",
        ),
        (html.with_status(403), "Access denied"),
    ] {
        let server = Server::script(vec![reply]);
        for (name, program) in watches(&server.url()) {
            // A Manager's page may be a sign-in page, which has words of its own; only it has its shape.
            if name == "mrs" && words.starts_with("Access") || name != "mrs" && words == "locked" {
                continue;
            }
            let out = program.run();
            out.code(5);
            let line = out.stdout.lines().find(|line| line.contains(words));
            let line = line.unwrap_or_else(|| panic!("{name} lacks {words}\n{out}"));
            let (before, after) = line.split_once(words).unwrap();
            assert!(before.contains("HTTP 403"), "{name}: {line}");
            // fsd and mrs have no hint for it.
            let has_hint = !matches!(name, "fsd" | "mrs");
            assert!(!after.is_empty() || !has_hint, "{name}: {line}");
        }
    }
}

/// An HTTP proxy that answers each CONNECT so; what it was asked comes out of the receiver.
fn refusing_proxy(answer: &'static str) -> (SocketAddr, Receiver<String>) {
    let (tell, told) = channel();
    let address = listen(move |mut client| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap_or(0) > 0 {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let answer = answer.replace(
            "ECHO",
            head.lines()
                .find(|line| line.to_ascii_lowercase().starts_with("proxy-authorization"))
                .unwrap_or_default(),
        );
        let _ = client.write_all(answer.as_bytes());
        let _ = tell.send(head);
    });
    (address, told)
}

#[test]
fn a_proxy_that_refuses_connect_is_named_and_not_asked_again() {
    for (answer, status) in [
        ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 403),
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n",
            407,
        ),
        ("HTTP/1.0 404 no\r\n\r\n", 404),
    ] {
        let (proxy, asked) = refusing_proxy(answer);
        let variable = format!("http://user:{SECRET}@{proxy}");
        let out = yunxiao_at("https://192.0.2.1")
            .env("HTTPS_PROXY", variable)
            .run();
        assert_refused(
            &out,
            &format!("the proxy {proxy} answers HTTP {status} to CONNECT"),
        );
        out.stdout_has("NO_PROXY");
        assert!(
            asked.try_iter().count() <= 2,
            "once, and once for its status"
        );
    }
}

#[test]
fn a_proxy_that_cannot_reach_the_server_is_a_failed_poll_that_names_it() {
    for answer in [
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
        "HTTP/1.1 503 no\r\n\r\n",
        "HTTP/1.1 429 slow down\r\n\r\n",
        "rubbish\r\n\r\n",
        "",
    ] {
        let (proxy, _asked) = refusing_proxy(answer);
        let program = yunxiao_at("https://192.0.2.1").env("HTTPS_PROXY", format!("http://{proxy}"));
        let out = program.args(["--once"]).run();
        out.code(6).stdout_has(&format!("the proxy {proxy}"));
        assert!(out.elapsed < AT_ONCE, "{out}");
    }
}

#[test]
fn a_proxy_that_is_down_is_named_for_any_endpoint() {
    let nobody = Unheard::take();
    let address = nobody.url().replace("http://", "");
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for endpoint in [
            "http://192.0.2.1",
            "https://192.0.2.1",
            "http://yunxiao.invalid",
        ] {
            let login = if scheme.starts_with("http") {
                ""
            } else {
                "user:p@"
            };
            let program =
                yunxiao_at(endpoint).env("ALL_PROXY", format!("{scheme}://{login}{address}"));
            let out = program.args(["--once", "--allow-http"]).run();
            out.code(6).stdout_has(&format!("the proxy {address}"));
        }
    }
}

/// A SOCKS5 proxy that leads every connection to `server`. It gives the places that it was asked for, and the
/// logins.
fn socks5(server: SocketAddr) -> (SocketAddr, Receiver<(String, String)>) {
    let (tell, told) = channel();
    let address = listen(move |mut client| {
        let read = |count: usize| {
            let mut bytes = vec![0; count];
            (&client).read_exact(&mut bytes).unwrap();
            bytes
        };
        let count = read(2)[1];
        let methods = read(count.into());
        let mut login = String::new();
        if methods.contains(&2) {
            (&client).write_all(&[5, 2]).unwrap();
            let length = read(2)[1];
            let user = read(length.into());
            let length = read(1)[0];
            let password = read(length.into());
            login = format!(
                "{}:{}",
                String::from_utf8(user).unwrap(),
                String::from_utf8(password).unwrap()
            );
            (&client).write_all(&[1, 0]).unwrap();
        } else {
            (&client).write_all(&[5, 0]).unwrap();
        }
        let place = match read(4)[3] {
            1 => IpAddr::from(<[u8; 4]>::try_from(read(4)).unwrap()).to_string(),
            4 => Ipv6Addr::from(<[u8; 16]>::try_from(read(16)).unwrap()).to_string(),
            _ => {
                let length = read(1)[0];
                String::from_utf8(read(length.into())).unwrap()
            }
        };
        read(2);
        let _ = tell.send((place, login));
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        splice(&client, &TcpStream::connect(server).unwrap());
    });
    (address, told)
}

#[test]
fn a_socks_proxy_works() {
    let server = Server::script(vec![order("Success")]);
    let server_address = server.url().replace("http://", "").parse().unwrap();
    for (variable, scheme, login, host, place) in [
        ("ALL_PROXY", "socks5", "", "192.0.2.1", "192.0.2.1"),
        ("all_proxy", "socks5", "", "localhost", "127.0.0.1"),
        (
            "ALL_PROXY",
            "socks5h",
            "",
            "yunxiao.invalid",
            "yunxiao.invalid",
        ),
        (
            "HTTP_PROXY",
            "socks5h",
            "me:p%40ss@",
            "yunxiao.invalid",
            "yunxiao.invalid",
        ),
    ] {
        let (proxy, asked) = socks5(server_address);
        let program = yunxiao_at(&format!("http://{host}"))
            .env(variable, format!("{scheme}://{login}{proxy}"));
        program.args(["--allow-http"]).run().code(0);
        let (asked, user) = asked.recv().unwrap();
        assert_eq!(asked, place);
        assert_eq!(user, if login.is_empty() { "" } else { "me:p@ss" });
    }
    let tls = Authority::new();
    let behind = TlsServer::start(tls.certify(Flaw::None), &["Success"]);
    let (proxy, _asked) = socks5(SocketAddr::from(([127, 0, 0, 1], behind.port)));
    let program = behind
        .watch()
        .file("ca.pem", &tls.pem)
        .args(["--cacert", "ca.pem"]);
    program
        .env("ALL_PROXY", format!("socks5://{proxy}"))
        .run()
        .code(0);
}

#[test]
fn a_variable_that_names_no_proxy_is_a_usage_error_at_once() {
    for (variable, value) in [
        ("HTTP_PROXY", "ftp://192.0.2.9:21"),
        ("http_proxy", "junk proxy"),
        ("http_proxy", "http://"),
        ("http_proxy", "http://192.0.2.9:notaport"),
        ("ALL_PROXY", "quic://192.0.2.9"),
        ("all_proxy", "http://user:made-up-secret@"),
    ] {
        let out = yunxiao_at("http://192.0.2.1")
            .env(variable, value)
            .args(["--allow-http"])
            .run();
        out.code(2).stdout_is_empty().stderr_has(variable);
        out.stderr_lacks("made-up-secret");
        assert!(out.elapsed < AT_ONCE, "{out}");
    }
    for pad in [" ", "\t", "\r", "\r\n", "  \r"] {
        let proxy = Server::script(vec![order("Success")]);
        let program =
            yunxiao_at("http://192.0.2.1").env("http_proxy", format!(" {}{pad}", proxy.url()));
        program.args(["--allow-http"]).run().code(0);
    }
}

#[test]
fn no_proxy_excepts_names_and_addresses_in_every_form() {
    let proxy = Server::script(vec![Reply::status(404, "")]);
    proxy.may_be_idle();
    let server = Server::script(vec![order("Success")]);
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let with_port = |name: &str| format!("{name}:{port}");
    for (host, exceptions, direct) in [
        ("127.0.0.1", "*".to_owned(), true),
        ("127.0.0.1", "example.com, 127.0.0.1".into(), true),
        ("127.0.0.1", "127.0.0.0/8".into(), true),
        ("127.0.0.1", with_port("127.0.0.1"), true),
        ("127.0.0.1", "127.0.0.1:1".into(), false),
        ("127.0.0.1", "10.0.0.0/8,0.0.1".into(), false),
        ("localhost", "*".into(), true),
        ("localhost", " LocalHost ".into(), true),
        ("localhost", with_port("localhost"), true),
        ("a.localhost", "*.localhost".into(), true),
        ("a.localhost", ".localhost\r".into(), true),
        ("a.localhost", "localhost".into(), true),
        ("localhost", "ocalhost,host".into(), false),
        ("localhost", "127.0.0.1".into(), false),
    ] {
        for variable in ["NO_PROXY", "no_proxy"] {
            let endpoint = format!("http://{host}:{port}");
            let program = yunxiao_at(&endpoint)
                .env("HTTP_PROXY", proxy.url())
                .env(variable, &exceptions);
            // Where the system does not know names below localhost, that is told of the server itself.
            let out = program.args(["--once"]).run();
            let went_direct = out.code == 0 || out.stdout.contains("could not connect");
            assert_eq!(
                went_direct, direct,
                "{host} {variable}={exceptions:?}\n{out}"
            );
            assert!(!out.stdout.contains("through the proxy"), "{out}");
        }
    }
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        return;
    };
    let address = listener.local_addr().unwrap();
    let _server = Server::listen(listener, |_, _| order("Success"));
    for exceptions in ["[::1]", "::1", "::/64", &address.to_string()] {
        let program = yunxiao_at(&format!("http://{address}")).env("HTTP_PROXY", proxy.url());
        program.env("NO_PROXY", exceptions).run().code(0);
    }
}

/// A proxy's login must not be shown, in whatever way it comes back.
#[test]
fn a_login_that_a_proxy_echoes_is_not_shown() {
    let encoded = "dXNlcjptYWRlLXVwLXNlY3JldA==";
    let shown = [encoded, "made-up-secret", "made%2Dup"];
    let check = |out: &Output| {
        let capture = out.file("capture");
        let events = out.file("events");
        for text in [&out.stdout, &out.stderr, &capture, &events] {
            for secret in shown {
                assert!(!text.contains(secret), "{secret} in\n{text}\n{out}");
            }
        }
    };
    let args = ["--allow-http", "--once", "-v"];
    let files = ["--capture", "capture", "--events", "events"];
    for status in [200, 302, 403, 407, 502] {
        let proxy = Server::start(move |request, _| {
            let login = request.header("proxy-authorization").unwrap_or_default();
            let body =
                format!(r#"{{"errorCode":"Proxy","errorMessage":"got {login} made-up-secret"}}"#);
            Reply::status(status, body)
                .header("location", &format!("/?{login}"))
                .header("x-request-id", login)
        });
        let login = proxy.url().replace("://", "://user:made%2Dup-secret@");
        let program = yunxiao_at("http://192.0.2.1").env("HTTP_PROXY", login);
        check(&program.args(args).args(files).run());
    }
    for answer in [
        "HTTP/1.1 407 ECHO\r\nECHO\r\n\r\n",
        "HTTP/1.1 200 made-up-secret\r\n\r\nECHO",
    ] {
        let (proxy, _asked) = refusing_proxy(answer);
        let login = format!("http://user:made%2Dup-secret@{proxy}");
        let program = yunxiao_at("https://192.0.2.1").env("HTTPS_PROXY", login);
        check(&program.args(args).args(files).run());
    }
}

#[test]
fn a_proxy_that_speaks_tls_is_trusted_like_a_server() {
    let authority = Authority::new();
    let proxy = TlsServer::start(authority.certify(Flaw::None), &["Success"]);
    let variable = format!("https://127.0.0.1:{}", proxy.port);
    let watch = |program: Program| {
        let program = program
            .env("HTTP_PROXY", &variable)
            .file("ca.pem", &authority.pem);
        program.args(["--allow-http"]).run()
    };
    watch(yunxiao_at("http://192.0.2.1").args(["--cacert", "ca.pem"])).code(0);
    watch(yunxiao_at("http://192.0.2.1").env("SSL_CERT_FILE", "ca.pem")).code(0);
    let out = watch(yunxiao_at("http://192.0.2.1"));
    assert_refused(&out, "certificate does not verify");
    out.stdout_has(&format!("the proxy 127.0.0.1:{}", proxy.port));
}

/// A server that answers a TLS handshake with these bytes.
fn tls_bytes(answer: &'static [u8]) -> SocketAddr {
    listen(move |mut client| {
        let mut hello = [0; 4096];
        let _ = client.read(&mut hello);
        let _ = client.write_all(answer);
    })
}

#[test]
fn a_server_that_speaks_no_tls_of_today_is_refused_in_words() {
    // Alerts: protocol_version, handshake_failure, insufficient_security. Then a ServerHello of TLS 1.1.
    const HELLO: &[u8] = &[
        0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x13, 0,
    ];
    for answer in [
        &[21, 3, 2, 0, 2, 2, 70][..],
        &[21, 3, 1, 0, 2, 2, 70],
        &[21, 3, 3, 0, 2, 2, 40],
        &[21, 3, 3, 0, 2, 2, 71],
        HELLO,
    ] {
        let address = tls_bytes(answer);
        for (lang, says) in [
            ("en", "does not accept TLS 1.2 or TLS 1.3"),
            ("zh", "服务器不接受"),
        ] {
            let out = yunxiao_at(&format!("https://{address}"))
                .args(["--lang", lang])
                .run();
            assert_refused(&out, says);
        }
    }
    // What may pass is asked again.
    for answer in [&[][..], &[21, 3, 3, 0, 2, 2, 80]] {
        let address = tls_bytes(answer);
        let out = yunxiao_at(&format!("https://{address}"))
            .args(["--once"])
            .run();
        out.code(6);
    }
}

#[test]
fn a_server_that_wants_a_client_certificate_is_refused_in_words() {
    let authority = Authority::new();
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let config = wants_client_certificate(&authority, versions);
        let server = TlsServer::start(config, &["Success"]);
        let program = server.watch().file("ca.pem", &authority.pem);
        let out = program.args(["--cacert", "ca.pem"]).run();
        assert_refused(&out, "requires a TLS client certificate");
    }
    // Java and Windows say so in other alerts: bad_certificate, certificate_unknown, access_denied.
    for alert in [42, 46, 49] {
        let bytes: &[u8] = Box::leak(Box::new([21, 3, 3, 0, 2, 2, alert]));
        let out = yunxiao_at(&format!("https://{}", tls_bytes(bytes))).run();
        assert_refused(&out, "requires a TLS client certificate");
    }
}

/// A server's configuration that takes only clients with a certificate.
fn wants_client_certificate(
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build();
    let (chain, key) = authority.issue(Flaw::None);
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(chain, key);
    Arc::new(config.unwrap())
}

#[test]
fn the_advice_about_a_certificate_is_other_where_cacert_was_given() {
    let server = TlsServer::start(Authority::new().certify(Flaw::None), &["Success"]);
    let out = server.watch().run();
    assert_refused(
        &out,
        "pass the certificate of its CA with --cacert FILE; --insecure",
    );
    let program = server.watch().file("ca.pem", &Authority::new().pem);
    let out = program.args(["--cacert", "ca.pem"]).run();
    assert_refused(&out, "check that --cacert FILE holds");
    out.stdout_lacks("pass the certificate")
        .stdout_lacks("--insecure");
}

#[test]
fn a_token_that_a_shell_or_an_editor_left_something_in_is_told_of() {
    let server = Server::script(vec![order("Success")]);
    server.may_be_idle();
    for (value, says) in [
        ("\"pt-made-up\"", "quotes"),
        ("'pt-made-up'", "quotes"),
        ("YUNXIAO_ACCESS_TOKEN=pt-made-up", "NAME=value"),
        ("export TOKEN=pt-made-up", "NAME=value"),
        ("$YUNXIAO_TOKEN", "variable"),
        ("${YUNXIAO_TOKEN}", "variable"),
    ] {
        let out = yunxiao(&server).env("YUNXIAO_ACCESS_TOKEN", value).run();
        out.code(2).stdout_is_empty().stderr_has(says);
        out.stderr_lacks("pt-made-up");
        let program = yunxiao(&server).file("token", value);
        let program = program.args(["--token-file", "token"]);
        program.run().code(2).stderr_has(says);
    }
    // A token ends in = where it is Base64, and may have one in its middle.
    for token in ["abc0123456789==", "pt-0123_a=b", "$2y$10$abcdef/ghi"] {
        yunxiao(&server)
            .env("YUNXIAO_ACCESS_TOKEN", token)
            .run()
            .code(0);
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_secret() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sent = Arc::clone(&seen);
    let server = Server::start(move |request, _| {
        let header = ["x-yunxiao-token", "authorization"];
        let header = header.iter().find_map(|name| request.header(name));
        sent.lock()
            .unwrap()
            .push(header.unwrap_or_default().to_owned());
        Reply::status(400, "")
    });
    let token = yunxiao(&server).file("token", "\u{feff}pt-made-up\r\n");
    token.args(["--token-file", "token"]).run().code(5);
    let mut watches = watches(&server.url()).into_iter();
    let (_, mrs) = watches.find(|(name, _)| *name == "mrs").unwrap();
    let mrs = mrs.file("password", "\u{feff}made-up\r\n");
    mrs.args(["--password-file", "password"]).run().code(5);
    // admin:made-up
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "pt-made-up");
    assert_eq!(seen[1], "Basic YWRtaW46bWFkZS11cA==");
}

#[test]
fn an_id_with_a_line_break_is_trimmed() {
    let server = Server::script(vec![order("Success")]);
    let program = deploywatch(["yunxiao", "--pipeline", "123\n", "--order", " 1111 "]);
    let program = program
        .args(["--endpoint", &server.url()])
        .env("YUNXIAO_ORGANIZATION_ID", "org-1\r\n")
        .env("YUNXIAO_ACCESS_TOKEN", SECRET);
    program.run().code(0);
    let path = "/oapi/v1/flow/organizations/org-1/pipelines/123/deploy/1111";
    assert_eq!(server.requests()[0].target, path);
}

#[test]
fn thirty_months_are_not_taken_for_minutes() {
    let nobody = Unheard::take();
    for (option, value) in [
        ("--timeout", "30M"),
        ("--timeout", "1h 30M"),
        ("--stall-timeout", "5M"),
        ("--max-offline", "5 M"),
        ("--interval", "1M"),
    ] {
        let out = yunxiao_at(&nobody.url()).args([option, value]).run();
        out.code(2)
            .stderr_has("write minutes as m")
            .stderr_has(option)
            .stdout_is_empty();
    }
    // A capital in what is no unit at all is not about months.
    for value in ["1MS", "5Month", "1 Min"] {
        let out = yunxiao_at(&nobody.url()).args(["--timeout", value]).run();
        out.code(2).stderr_has("unknown time unit");
    }
}

#[test]
fn chinese_comes_by_itself_only_where_it_can_be_shown() {
    let server = Server::script(vec![order("Success")]);
    for (locale, chinese) in [
        ("zh_CN.UTF-8", true),
        ("zh_CN.utf8", true),
        ("zh_TW.UTF-8@radical", true),
        ("zh_CN.GBK", false),
        ("zh_CN.GB18030", false),
        ("zh_TW.Big5", false),
        ("zh_CN", false),
        ("zh", false),
    ] {
        for variable in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            let out = yunxiao(&server).env(variable, locale).run();
            let is_chinese = out.stdout.contains("成功");
            assert_eq!(is_chinese, chinese, "{variable}={locale}\n{out}");
        }
        let asked = yunxiao(&server).env("LANG", locale).args(["--lang", "zh"]);
        asked.run().stdout_has("成功");
    }
}

#[test]
fn a_log_that_is_refused_is_one_line() {
    let failed = Order::new("Failed").machine("sn-1", "192.0.2.1", "Failed", 1);
    let server = Server::start(move |request, _| {
        if request.target.ends_with("/log") {
            Reply::status(403, r#"{"errorCode":"Forbidden","errorMessage":"no logs"}"#)
        } else {
            failed.reply()
        }
    });
    let out = yunxiao(&server).run();
    out.code(1).stderr_has("no logs");
    assert_eq!(out.stderr.lines().count(), 1, "{out}");
}
