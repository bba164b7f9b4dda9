//! A scripted HTTP/1.1 server: it answers as a test says, and breaks off in every way a real one
//! can.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionbio;
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{AddressFamily, SocketType, bind, connect, getsockname, listen, socket};

use super::{PATIENCE, lock};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    /// The body; empty where there is none.
    pub(crate) body: String,
    /// When its first line was read.
    pub(crate) at: Instant,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether it asks for the log of a unit.
    fn asks_for_a_log(&self) -> bool {
        self.target.ends_with("/log") || self.target.contains("/logs?")
    }

    /// Reads one request; `None` when the client has gone, or does not speak HTTP.
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let first = read_line(reader)?;
        let at = Instant::now();
        let mut words = first.split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let mut headers = Vec::new();
        while let Some((name, value)) = read_line(reader)?.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut request = Self {
            method,
            target,
            body: String::new(),
            at,
            headers,
        };
        let length = request.header("content-length").unwrap_or("0");
        let mut body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        request.body = String::from_utf8_lossy(&body).into_owned();
        Some(request)
    }
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let read = reader.read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

/// The server's reaction to one request.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    code: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Whole,
    Chunked,
    Drip(Duration),
    Endless,
    Cut,
    Raw,
    RawThenHang,
    Hang,
    Reset,
    ResetInHeaders,
    ResetInBody,
}

impl Reply {
    fn new(code: u16, body: impl Into<Vec<u8>>, how: How) -> Self {
        let (headers, body, delay) = (Vec::new(), body.into(), Duration::ZERO);
        Self {
            code,
            headers,
            body,
            delay,
            how,
        }
    }

    /// 200 and a JSON body.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body)
    }

    /// Any status and a JSON body.
    pub(crate) fn status(code: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(code, body, How::Whole).header("content-type", "application/json")
    }

    /// 200 and a web page, as a sign-in page comes.
    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body, How::Whole).header("content-type", "text/html; charset=utf-8")
    }

    /// 200 and no body.
    pub(crate) fn empty() -> Self {
        Self::new(200, "", How::Whole)
    }

    /// 302 to another place.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::new(302, "", How::Whole).header("location", location)
    }

    /// 200 and a JSON body in three chunks, its length not said before.
    pub(crate) fn chunked(body: impl Into<Vec<u8>>) -> Self {
        Self::json(body).how(How::Chunked)
    }

    /// 200 and a JSON body, one byte in each `per_byte`.
    pub(crate) fn drip(body: impl Into<Vec<u8>>, per_byte: Duration) -> Self {
        Self::json(body).how(How::Drip(per_byte))
    }

    /// 200 and a body that never ends, as fast as the client takes it.
    pub(crate) fn endless() -> Self {
        Self::json("").how(How::Endless)
    }

    /// The connection is reset in the middle of this body.
    pub(crate) fn reset_in_body(body: impl Into<Vec<u8>>) -> Self {
        Self::json(body).how(How::ResetInBody)
    }

    /// Promises the whole body, sends half of it, and closes.
    pub(crate) fn cut(body: impl Into<Vec<u8>>) -> Self {
        Self::json(body).how(How::Cut)
    }

    /// These bytes, then the connection is closed.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(0, bytes, How::Raw)
    }

    /// The same, and then the connection stays open and silent.
    pub(crate) fn kept_open(self) -> Self {
        self.how(How::RawThenHang)
    }

    /// No answer at all, until the client goes or the server is dropped.
    pub(crate) fn hang() -> Self {
        Self::new(0, "", How::Hang)
    }

    /// The connection is reset in place of an answer.
    pub(crate) fn reset() -> Self {
        Self::new(0, "", How::Reset)
    }

    /// The connection is reset in the middle of a header.
    pub(crate) fn reset_in_headers() -> Self {
        Self::new(200, "", How::ResetInHeaders)
    }

    /// The reply, that much later; none where the client goes before.
    pub(crate) fn delayed(reply: Self, delay: Duration) -> Self {
        Self { delay, ..reply }
    }

    /// The same with another status.
    pub(crate) fn with_status(self, code: u16) -> Self {
        Self { code, ..self }
    }

    /// Sets a header in place of one of the same name; `Set-Cookie` is added, for an answer may
    /// have several.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let set = |(key, _): &(String, String)| !key.eq_ignore_ascii_case(name);
        self.headers
            .retain(|header| set(header) || name.eq_ignore_ascii_case("set-cookie"));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn how(self, how: How) -> Self {
        Self { how, ..self }
    }

    /// Status line and headers, `framing` being the one that says where the body ends.
    fn head(&self, framing: &str) -> Vec<u8> {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers: String = headers.collect();
        format!(
            "HTTP/1.1 {} Scripted\r\n{headers}{framing}\r\n\r\n",
            self.code
        )
        .into_bytes()
    }

    /// Plays the reply; true where the connection can take another request.
    fn play(&self, mut stream: &TcpStream) -> io::Result<bool> {
        pause(stream, self.delay)?;
        let mut head = self.head(&format!("content-length: {}", self.body.len()));
        let chunked = self.head("transfer-encoding: chunked");
        match self.how {
            How::Whole => {
                head.extend(&self.body);
                stream.write_all(&head)?;
            }
            How::Chunked => {
                stream.write_all(&chunked)?;
                for part in self.body.chunks(self.body.len().div_ceil(3).max(1)) {
                    stream.write_all(&chunk(part))?;
                }
                stream.write_all(&chunk(b""))?;
            }
            How::Drip(per_byte) => {
                stream.write_all(&head)?;
                for byte in self.body.chunks(1) {
                    thread::sleep(per_byte);
                    stream.write_all(byte)?;
                }
            }
            How::Endless => {
                stream.write_all(&chunked)?;
                let chunk = chunk(&[b' '; 1 << 16]);
                loop {
                    stream.write_all(&chunk)?;
                }
            }
            How::Cut => {
                head.extend(&self.body[..self.body.len() / 2]);
                stream.write_all(&head)?;
            }
            How::ResetInBody => {
                head.extend(&self.body[..self.body.len() / 2]);
                stream.write_all(&head)?;
                set_socket_linger(stream, Some(Duration::ZERO))?;
            }
            How::Raw => stream.write_all(&self.body)?,
            How::RawThenHang => {
                stream.write_all(&self.body)?;
                io::copy(&mut stream, &mut io::sink())?;
            }
            How::Hang => drop(io::copy(&mut stream, &mut io::sink())?),
            // A close that does not linger is a reset.
            How::Reset => set_socket_linger(stream, Some(Duration::ZERO))?,
            How::ResetInHeaders => {
                stream.write_all(&head[..head.len() / 2])?;
                set_socket_linger(stream, Some(Duration::ZERO))?;
            }
        }
        Ok(matches!(self.how, How::Whole | How::Chunked | How::Drip(_)))
    }
}

fn chunk(part: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat()
}

/// Sleeps, but wakes up with an error where the client goes.
fn pause(stream: &TcpStream, delay: Duration) -> io::Result<()> {
    let end = Instant::now() + delay;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return stream.set_read_timeout(None);
        }
        stream.set_read_timeout(Some(left))?;
        match stream.peek(&mut [0]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => thread::sleep(left),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

type Handler = Box<dyn FnMut(&Request, usize) -> Reply + Send>;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    handler: Mutex<Handler>,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    /// All connections, in their order.
    callers: Vec<SocketAddr>,
    /// Weak, so that a connection is closed as soon as its thread drops it.
    open: Vec<Weak<TcpStream>>,
    stopping: bool,
    may_be_idle: bool,
}

/// A server on a free port of the loopback interface, with a thread for each connection. It stops
/// when it is dropped.
///
/// A server that was never asked fails its test: a script that nobody played has shown nothing.
pub(crate) struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers by a closure, called for one request at a time with the number of requests that
    /// came before it.
    pub(crate) fn start(handler: impl FnMut(&Request, usize) -> Reply + Send + 'static) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").unwrap(), handler)
    }

    /// The same at an address of the test's own.
    pub(crate) fn listen(
        listener: TcpListener,
        handler: impl FnMut(&Request, usize) -> Reply + Send + 'static,
    ) -> Self {
        let addr = listener.local_addr().unwrap();
        let handler: Mutex<Handler> = Mutex::new(Box::new(handler));
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared {
            state,
            changed,
            handler,
        });
        let accepting = Some(thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        }));
        Self {
            addr,
            shared,
            accepting,
        }
    }

    /// Plays the replies in their order, and the last one for ever. The log of a unit is not there,
    /// and asking for it takes no reply.
    pub(crate) fn script(replies: Vec<Reply>) -> Self {
        Self::two_acts(replies, Vec::new()).0
    }

    /// Plays the first script until the closure is called, and the second one from then on.
    pub(crate) fn two_acts(first: Vec<Reply>, second: Vec<Reply>) -> (Self, impl Fn()) {
        let called = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&called);
        let mut turns = [0..usize::MAX, 0..usize::MAX];
        let server = Self::start(move |request, _| {
            if request.asks_for_a_log() {
                return Reply::status(404, "");
            }
            let act = usize::from(heard.load(Ordering::SeqCst));
            let script = [&first, &second][act];
            let reply = turns[act]
                .next()
                .and_then(|turn| script.get(turn))
                .or(script.last());
            reply.expect("a script needs a reply").clone()
        });
        (server, move || called.store(true, Ordering::SeqCst))
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops listening, so that whoever connects is turned away, until a server listens here again.
    pub(crate) fn close(self) -> SocketAddr {
        self.addr
    }

    /// Every request so far, in the order of their coming.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.state).requests.clone()
    }

    /// The requests that ask how the deployment stands: all but those for the log of a unit.
    pub(crate) fn polls(&self) -> Vec<Request> {
        let mut polls = self.requests();
        polls.retain(|request| !request.asks_for_a_log());
        polls
    }

    /// Waits until that many requests have come.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, n: usize) {
        self.wait_for_requests_for(n, PATIENCE);
    }

    /// The same for what takes its time.
    #[track_caller]
    pub(crate) fn wait_for_requests_for(&self, n: usize, patience: Duration) {
        let came = self.wait_until(patience, |state| state.requests.len() >= n);
        assert!(
            came,
            "{n} requests were expected, these came: {:#?}",
            self.requests()
        );
    }

    /// Allows a server that nobody asks.
    pub(crate) fn may_be_idle(&self) {
        lock(&self.shared.state).may_be_idle = true;
    }

    /// Fails unless nobody has even connected: no request, no handshake, nothing.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        self.may_be_idle();
        // Callers are taken in the order of their coming: once this one has been, no earlier one
        // is left in the queue.
        let probe = TcpStream::connect(self.addr).unwrap().local_addr().unwrap();
        assert!(
            self.wait_until(PATIENCE, |state| state.callers.contains(&probe)),
            "nobody accepts"
        );
        let mut state = lock(&self.shared.state);
        state.callers.retain(|caller| *caller != probe);
        let (callers, requests) = (state.callers.len(), state.requests.clone());
        drop(state);
        assert!(
            callers == 0,
            "nothing was to be sent: {callers} connections, {requests:#?}"
        );
    }

    fn wait_until(&self, patience: Duration, mut met: impl FnMut(&State) -> bool) -> bool {
        let (state, changed) = (lock(&self.shared.state), &self.shared.changed);
        let waited = changed.wait_timeout_while(state, patience, |state| !met(state));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Drop for Server {
    /// Wakes every thread that could wait for a client, so that none outlives the test for long.
    fn drop(&mut self) {
        lock(&self.shared.state).stopping = true;
        if TcpStream::connect(self.addr).is_ok() {
            let _ = self.accepting.take().map(JoinHandle::join);
        }
        let state = lock(&self.shared.state);
        for stream in state.open.iter().filter_map(Weak::upgrade) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        let idle = state.requests.is_empty() && !state.may_be_idle;
        drop(state);
        if !thread::panicking() {
            assert!(
                !self.shared.handler.is_poisoned(),
                "the closure that answers panicked"
            );
            assert!(!idle, "the server was never asked");
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            let accepted = listener.accept();
            let mut state = lock(&self.state);
            if state.stopping {
                return;
            }
            let Ok((stream, caller)) = accepted else {
                continue;
            };
            let stream = Arc::new(stream);
            state.callers.push(caller);
            state.open.push(Arc::downgrade(&stream));
            drop(state);
            self.changed.notify_all();
            let shared = Arc::clone(self);
            thread::spawn(move || shared.serve(&stream));
        }
    }

    fn serve(&self, stream: &TcpStream) {
        // Each write is to leave at once: a drip in its time, a small answer without waiting for
        // an acknowledgement.
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(stream);
        while let Some(request) = Request::read(&mut reader) {
            let closing = request
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close"));
            let mut state = lock(&self.state);
            let n = state.requests.len();
            state.requests.push(request.clone());
            drop(state);
            self.changed.notify_all();
            let reply = match self.handler.lock() {
                Ok(mut handler) => handler(&request, n),
                Err(_) => break,
            };
            if !reply.play(stream).unwrap_or(false) || closing {
                break;
            }
        }
    }
}

/// An address of this machine at which nobody listens, kept from everybody else meanwhile: whoever
/// connects is turned away.
pub(crate) struct Unheard {
    addr: SocketAddr,
    _socket: OwnedFd,
}

impl Unheard {
    /// Takes a free port.
    pub(crate) fn take() -> Self {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        Self {
            addr: getsockname(&socket).unwrap().try_into().unwrap(),
            _socket: socket,
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// An address of this machine at which nothing is answered, as behind a firewall that drops packets: whoever
/// connects waits.
pub(crate) struct BlackHole {
    addr: SocketAddr,
    _listener: OwnedFd,
    /// They fill the queue of the listener, which takes none.
    _queued: Vec<OwnedFd>,
}

impl BlackHole {
    /// At this address; its port may be 0.
    pub(crate) fn at(address: IpAddr, port: u16) -> io::Result<Self> {
        let family = match address {
            IpAddr::V4(_) => AddressFamily::INET,
            IpAddr::V6(_) => AddressFamily::INET6,
        };
        let listener = socket(family, SocketType::STREAM, None)?;
        bind(&listener, &SocketAddr::new(address, port))?;
        listen(&listener, 0)?;
        let addr: SocketAddr = getsockname(&listener)?.try_into()?;
        let mut queued = Vec::new();
        for _ in 0..4 {
            let client = socket(family, SocketType::STREAM, None)?;
            ioctl_fionbio(&client, true)?;
            // The first is taken, the others are under way.
            let _ = connect(&client, &addr);
            queued.push(client);
        }
        Ok(Self {
            addr,
            _queued: queued,
            _listener: listener,
        })
    }

    /// Its address and port.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: &str = "GET /a?b=c HTTP/1.1\r\nX-Token: t\r\nConnection: close\r\n\r\n";

    /// Sends these requests down one connection, the last of them with «close», and reads up to
    /// the end: the answers, and how the end was.
    fn ask(server: &Server, requests: &str) -> (String, io::Result<usize>) {
        let (mut stream, mut answer) = (TcpStream::connect(server.addr).unwrap(), Vec::new());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(requests.as_bytes()).unwrap();
        let end = stream.read_to_end(&mut answer);
        (String::from_utf8(answer).unwrap(), end)
    }

    #[test]
    fn one_connection_carries_many_requests() {
        let first = Reply::status(503, "one")
            .header("Content-Type", "a/b")
            .header("x", "y");
        let server = Server::script(vec![first, Reply::chunked("abcdefgh"), Reply::html("end")]);
        let post = "POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
        let (answer, _) = ask(&server, &format!("{post}{post}{post}{LAST}"));
        let answers: Vec<_> = answer.split("HTTP/1.1 ").collect();
        assert_eq!(
            answers[1],
            "503 Scripted\r\nContent-Type: a/b\r\nx: y\r\ncontent-length: 3\r\n\r\none"
        );
        assert!(
            answers[2].ends_with("chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n2\r\ngh\r\n0\r\n\r\n")
        );
        assert!(
            answers[3] == answers[4] && answers[3].ends_with("\r\n\r\nend"),
            "{answer}"
        );
        server.wait_for_requests(4);
        let [first, .., last] = &server.requests()[..] else {
            unreachable!()
        };
        assert_eq!(
            [&first.method, &first.target, &first.body],
            ["POST", "/p", "body"]
        );
        assert_eq!(
            [&last.method, &last.target, &last.body],
            ["GET", "/a?b=c", ""]
        );
        assert!(last.header("x-token") == Some("t") && first.at <= last.at);
    }

    #[test]
    fn the_second_act_begins_when_it_is_called() {
        let replies = |bodies: [&str; 2]| bodies.map(Reply::json).to_vec();
        let (server, call) = Server::two_acts(replies(["a", "b"]), replies(["c", "d"]));
        let mut bodies = String::new();
        for n in 0..6 {
            if n == 3 {
                call();
            }
            bodies.extend(ask(&server, LAST).0.chars().last());
        }
        assert_eq!(bodies, "abbcdd");
    }

    #[test]
    fn answers_that_break_off() {
        let server = Server::start(|_, n| match n {
            0 => Reply::cut("12345678"),
            1 => Reply::raw("junk"),
            2 => Reply::reset(),
            _ => Reply::reset_in_headers(),
        });
        let (answer, _) = ask(&server, LAST);
        assert!(answer.contains("content-length: 8\r\n") && answer.ends_with("\r\n\r\n1234"));
        assert_eq!(ask(&server, LAST).0, "junk");
        for _ in 0..2 {
            let error = ask(&server, LAST).1.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
    }

    #[test]
    fn answers_that_take_their_time() {
        let drip = Reply::drip("12345678", Duration::from_millis(5));
        let late = Reply::delayed(Reply::redirect("/b"), Duration::from_millis(40));
        let server = Server::script(vec![drip, late]);
        for end in [
            "\r\n\r\n12345678",
            "location: /b\r\ncontent-length: 0\r\n\r\n",
        ] {
            let start = Instant::now();
            assert!(ask(&server, LAST).0.ends_with(end));
            assert!(start.elapsed() >= Duration::from_millis(40));
        }
    }

    #[test]
    fn clients_are_let_go_when_the_server_is_dropped() {
        let late = Reply::delayed(Reply::empty(), PATIENCE);
        for (reply, sent) in [(Reply::hang(), 0), (late, 0), (Reply::endless(), 1 << 20)] {
            let server = Server::script(vec![reply]);
            let mut stream = TcpStream::connect(server.addr).unwrap();
            stream.write_all(LAST.as_bytes()).unwrap();
            stream.read_exact(&mut vec![0; sent]).unwrap();
            server.wait_for_requests(1);
            drop(server);
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            io::copy(&mut stream, &mut io::sink()).unwrap();
        }
    }

    #[test]
    fn an_untouched_server() {
        let server = Server::script(vec![Reply::empty()]);
        server.assert_untouched();
        server.assert_untouched();
    }

    #[test]
    #[should_panic(expected = "nothing was to be sent: 1 connections")]
    fn a_mere_connection_is_a_touch() {
        let server = Server::script(vec![Reply::empty()]);
        drop(TcpStream::connect(server.addr).unwrap());
        server.assert_untouched();
    }

    #[test]
    #[should_panic(expected = "the server was never asked")]
    fn a_server_that_nobody_asks_fails_the_test() {
        drop(Server::script(vec![Reply::empty()]));
    }

    #[test]
    #[should_panic(expected = "the closure that answers panicked")]
    fn a_closure_that_panics_fails_the_test() {
        let server = Server::start(|_, _| panic!("as it should"));
        assert_eq!(ask(&server, LAST).0, "");
    }

    #[test]
    fn nobody_is_heard_where_nobody_listens() {
        let error = TcpStream::connect(Unheard::take().addr).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
