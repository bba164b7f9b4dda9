//! The HTTP server of the demo: a thread per connection, and in the flaky scenario real faults.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::net::sockopt::set_socket_linger;

use super::{Call, DemoOptions, Reply, Scenario};

/// The longest request line and headers, in bytes.
const MAX_HEAD: u64 = 16 * 1024;
/// The longest request body, in bytes; the longest real one has a few dozen.
const MAX_BODY: usize = 64 * 1024;
/// A page from a proxy between the provider and the watcher.
const STRAY_PAGE: &str = "<html><title>Maintenance</title><h1>We will be back soon</h1></html>";

/// State shared by all connections.
struct Site {
    plan: DemoOptions,
    /// When the deployment began, also in epoch milliseconds.
    began: OnceLock<(Instant, u64)>,
    requests: AtomicU64,
}

/// Serves the simulated deployment, in a thread that never ends. It begins with the first request.
pub(super) fn start(plan: DemoOptions, listener: TcpListener) -> io::Result<JoinHandle<()>> {
    let site = Arc::new(Site {
        plan,
        began: OnceLock::new(),
        requests: AtomicU64::new(0),
    });
    thread::Builder::new().spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // Usually out of file descriptors, which passes.
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            let site = Arc::clone(&site);
            // Without a thread, or after an error, the connection is closed.
            let _ = thread::Builder::new().spawn(move || serve(&stream, &site));
        }
    })
}

/// Serves one connection to its end.
fn serve(stream: &TcpStream, site: &Site) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream);
    while let Some(call) = site.read(&mut input)? {
        let Some(reply) = reply(&call, site.requests.fetch_add(1, Ordering::Relaxed)) else {
            // Closing then resets the connection.
            return Ok(set_socket_linger(stream, Some(Duration::ZERO))?);
        };
        send(stream, &reply)?;
        let connection = call.header("connection").unwrap_or_default();
        // The reply to a HEAD has a body that it must not have, so nothing may follow it.
        if reply.is_cut || call.method == "HEAD" || connection.eq_ignore_ascii_case("close") {
            return Ok(());
        }
    }
    send(stream, &Reply::html(400, "<h1>Bad Request</h1>"))
}

fn send(mut stream: &TcpStream, reply: &Reply) -> io::Result<()> {
    let (status, headers, body) = (reply.status, &reply.headers, &reply.body);
    let reason = if status == 200 { "OK" } else { "" };
    let date = httpdate::fmt_http_date(SystemTime::now());
    let length = body.len();
    let message = format!(
        "HTTP/1.1 {status} {reason}\r\ndate: {date}\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    let kept_back = if reply.is_cut { length / 2 } else { 0 };
    stream.write_all(&message.as_bytes()[..message.len() - kept_back])
}

impl Site {
    /// Reads one request of HTTP/1.1; `None` where it is malformed or too long.
    fn read(&self, input: &mut BufReader<&TcpStream>) -> io::Result<Option<Call>> {
        let mut head = Vec::new();
        let mut limited = input.take(MAX_HEAD);
        while !head.ends_with(b"\r\n\r\n") && limited.read_until(b'\n', &mut head)? > 0 {}
        if head.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(mut call) = self.parse(&String::from_utf8_lossy(&head)) else {
            return Ok(None);
        };
        match call.header("content-length").unwrap_or("0").parse() {
            Ok(length) if length <= MAX_BODY => call.body.resize(length, 0),
            _ => return Ok(None),
        }
        input.read_exact(&mut call.body)?;
        Ok(Some(call))
    }

    /// Parses a complete head. The deployment begins now unless it has begun.
    fn parse(&self, head: &str) -> Option<Call> {
        let (line, headers) = head.strip_suffix("\r\n\r\n")?.split_once("\r\n")?;
        let (method, target) = line.strip_suffix(" HTTP/1.1")?.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (began, began_ms) = *self.began.get_or_init(|| {
            let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
            (Instant::now(), epoch.unwrap_or_default().as_millis() as u64)
        });
        Some(Call {
            plan: self.plan,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.to_owned(),
            body: Vec::new(),
            elapsed: began.elapsed(),
            began_ms,
        })
    }
}

/// The reply to the request with this number, counted from 0, or `None` to reset the connection. In
/// the flaky scenario every third request, never the first, meets a fault.
fn reply(call: &Call, number: u64) -> Option<Reply> {
    let reply = (call.plan.system.answer)(call);
    if call.plan.scenario != Scenario::Flaky || number % 3 != 1 {
        return Some(reply);
    }
    let stray = |status| Some(Reply::html(status, STRAY_PAGE));
    match number / 3 % 5 {
        0 => stray(502),
        1 => stray(503).map(|reply| reply.with_header("retry-after", "1")),
        2 => None,
        3 => Some(Reply {
            is_cut: true,
            ..reply
        }),
        _ => stray(call.plan.system.stray_status),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::SocketAddr;

    use super::super::tests::plan;
    use super::super::{mrs, yunxiao};
    use super::*;

    /// The address of a server.
    fn serving(scenario: Scenario) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        start(plan(&yunxiao::SYSTEM, scenario, 3), listener).unwrap();
        address
    }

    /// The response to one request, to the end of the connection.
    fn exchange(address: SocketAddr, request: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn one_request_in_three_meets_a_real_fault() {
        let address = serving(Scenario::Flaky);
        let request = "GET /oapi/v1/flow/pipelines/123/deploy/1111 HTTP/1.1\r\nHost: demo\r\n\
            x-yunxiao-token: demo-token\r\nConnection: close\r\n\r\n";
        let replies: Vec<_> = (0..14).map(|_| exchange(address, request)).collect();
        let text = |number: usize| replies[number].as_ref().unwrap();
        for good in [0, 2, 3, 5, 6, 8, 9, 11, 12] {
            assert!(text(good).starts_with("HTTP/1.1 200 OK\r\n") && text(good).ends_with('}'));
        }
        assert!(text(1).starts_with("HTTP/1.1 502 "));
        assert!(text(4).starts_with("HTTP/1.1 503 ") && text(4).contains("\r\nretry-after: 1\r\n"));
        let reset = replies[7].as_ref().unwrap_err();
        assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
        let (head, cut) = text(10).split_once("\r\n\r\n").unwrap();
        let promised = format!("content-length: {}", cut.len() * 2);
        assert!(head.contains(&promised[..promised.len() - 1]) && cut.len() > 100);
        assert!(text(13).starts_with("HTTP/1.1 200 OK\r\n") && text(13).ends_with("</html>"));
    }

    #[test]
    fn a_page_never_looks_like_a_refused_sign_in() {
        let site = Site {
            plan: plan(&mrs::SYSTEM, Scenario::Flaky, 3),
            began: OnceLock::new(),
            requests: AtomicU64::new(0),
        };
        let call = site.parse("GET / HTTP/1.1\r\nHost: demo\r\n\r\n").unwrap();
        assert_eq!(reply(&call, 13).unwrap().status, 502);
    }

    #[test]
    fn a_connection_serves_requests_until_one_asks_to_close_it() {
        let address = serving(Scenario::Success);
        let request = "POST / HTTP/1.1\r\nHost: demo\r\nContent-Length: 3\r\n\r\nabc";
        for last in [
            "GET / HTTP/1.1\r\nConnection: Close\r\n\r\n",
            // The reply has a body that the client does not expect.
            "HEAD / HTTP/1.1\r\nHost: demo\r\n\r\n",
        ] {
            let text = exchange(address, &format!("{request}{request}{last}")).unwrap();
            assert_eq!(text.matches("HTTP/1.1 401 ").count(), 3, "{text}");
        }
    }

    #[test]
    fn a_request_that_is_malformed_or_too_long_is_turned_down() {
        let address = serving(Scenario::Success);
        let long = format!("GET / HTTP/1.1\r\nHost: {}", "x".repeat(MAX_HEAD as usize));
        for request in [
            "\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: demo\r\n\r\n",
            "GET /\r\nHost: demo\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            &long[..MAX_HEAD as usize],
        ] {
            let text = exchange(address, request).unwrap();
            assert!(text.starts_with("HTTP/1.1 400 "), "{request}: {text}");
        }
    }
}
