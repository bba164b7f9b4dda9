//! The HTTP server of the demo: one thread, real sockets, and in the flaky scenario real faults.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::{Ask, Plan, Reply, Scenario};

/// The longest request body that is read; the longest real one has a few dozen bytes.
const LONGEST_REQUEST: usize = 64 * 1024;
/// A page from somewhere between a provider and a watcher.
const STRAY_PAGE: &str = "<html><head><title>Maintenance</title></head>\
    <body><h1>We will be back soon</h1></body></html>";

/// A running demo server. Its thread is detached and ends with the process.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    thread: JoinHandle<Infallible>,
}

impl Server {
    /// Listens on `listen` (port 0 = any free one) and serves the simulated deployment, which begins
    /// with the first request, so that whoever watches it misses nothing.
    pub(crate) fn start(plan: Plan, listen: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let site = Arc::new(Site {
            plan,
            began: OnceLock::new(),
            requests: AtomicU64::new(0),
        });
        let thread = thread::Builder::new().name("demo-server".to_owned());
        let thread = thread.spawn(move || runtime.block_on(serve(listener, site)))?;
        Ok(Self { addr, thread })
    }

    /// Where it listens.
    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Blocks for as long as it serves, which is for ever.
    pub(crate) fn wait(self) {
        // Should the thread panic, that has been reported and there is nothing left to wait for.
        let _ = self.thread.join();
    }
}

/// What all connections share.
struct Site {
    plan: Plan,
    /// When the deployment began: for durations, and in epoch milliseconds.
    began: OnceLock<(Instant, u64)>,
    requests: AtomicU64,
}

impl Site {
    /// When the deployment began; it begins now if it had not.
    fn began(&self) -> (Instant, u64) {
        *self.began.get_or_init(|| {
            let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
            (Instant::now(), epoch.unwrap_or_default().as_millis() as u64)
        })
    }
}

/// Accepts connections for ever.
async fn serve(listener: TcpListener, site: Arc<Site>) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&site)))),
            // Out of file descriptors, as a rule: that passes.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Serves one connection to its end.
async fn connection(stream: TcpStream, site: Arc<Site>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        Box::pin(async move { respond(&site, request).await })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let end = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    let cause = end
        .as_ref()
        .err()
        .and_then(|error| error.source()?.downcast_ref());
    if cause.is_some_and(|cause: &io::Error| cause.kind() == io::ErrorKind::ConnectionReset) {
        // Closing then sends a reset rather than an orderly end.
        let _ = stream.set_zero_linger();
    }
}

/// Answers one request, or resets the connection where it returns that error.
async fn respond(site: &Site, request: Request<Incoming>) -> io::Result<Response<ReplyBody>> {
    let number = site.requests.fetch_add(1, Ordering::Relaxed);
    let (began, began_ms) = site.began();
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST_REQUEST).collect().await else {
        return response(Reply::html(413, "<h1>Request Entity Too Large</h1>"), false);
    };
    let reply = (site.plan.system.answer)(&Ask {
        plan: site.plan,
        method: &head.method,
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &head.headers,
        body: &body.to_bytes(),
        elapsed: began.elapsed(),
        began_ms,
    });
    disturb(&site.plan, number, reply)
}

/// The reply to the request with this number, counted from 0; in the flaky scenario one in every
/// three, never the first, meets a fault.
fn disturb(plan: &Plan, number: u64, reply: Reply) -> io::Result<Response<ReplyBody>> {
    if plan.scenario != Scenario::Flaky || number % 3 != 1 {
        return response(reply, false);
    }
    match number / 3 % 5 {
        0 => response(Reply::html(502, STRAY_PAGE), false),
        1 => response(
            Reply::html(503, STRAY_PAGE).with_header("retry-after", "1"),
            false,
        ),
        2 => Err(io::ErrorKind::ConnectionReset.into()),
        3 => response(reply, true),
        // A wrong password is not to be tried again.
        _ if plan.system.html_means_sign_in => response(Reply::html(502, STRAY_PAGE), false),
        _ => response(Reply::html(200, STRAY_PAGE), false),
    }
}

/// The reply as hyper sends it, whole or `cut` off in the middle.
fn response(reply: Reply, cut: bool) -> io::Result<Response<ReplyBody>> {
    let length = reply.body.len();
    let mut builder = Response::builder()
        .status(reply.status)
        .header(CONTENT_TYPE, reply.content_type)
        .header(CONTENT_LENGTH, length);
    if let Some((name, value)) = reply.header {
        builder = builder.header(name, value);
    }
    let mut data = Bytes::from(reply.body);
    if cut {
        data.truncate(length / 2);
    }
    let body = ReplyBody {
        data: Some(data),
        cut,
        sent: false,
    };
    builder.body(body).map_err(io::Error::other)
}

/// The body of a reply; one that was cut ends in an error, which ends the connection.
struct ReplyBody {
    data: Option<Bytes>,
    cut: bool,
    /// Whether hyper has had the time to send what it holds.
    sent: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        if !std::mem::replace(&mut self.sent, true) {
            // hyper flushes before it asks a body again that was not ready.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::super::tests::plan;
    use super::super::{mrs, yunxiao};
    use super::*;

    /// What comes back, to the end of the connection, for one request.
    fn exchange(server: &Server, request: &str) -> io::Result<String> {
        let mut stream = std::net::TcpStream::connect(server.addr())?;
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn one_request_in_three_meets_a_real_fault() {
        let flaky = plan(&yunxiao::SYSTEM, Scenario::Flaky, 3);
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = Server::start(flaky, listen).unwrap();
        let request = "GET /oapi/v1/flow/pipelines/123/deploy/1111 HTTP/1.1\r\nHost: demo\r\n\
            x-yunxiao-token: demo-token\r\nConnection: close\r\n\r\n";
        let replies: Vec<_> = (0..14).map(|_| exchange(&server, request)).collect();
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
        let manager = plan(&mrs::SYSTEM, Scenario::Flaky, 3);
        let page = disturb(&manager, 13, Reply::html(200, "")).unwrap();
        assert_eq!(page.status(), 502);
    }
}
