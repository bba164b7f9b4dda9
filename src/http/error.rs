//! Failures of requests without a complete response, and the messages about useless responses.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};

use crate::message::Message;
use crate::poll::{PollError, RefusalKind, Retry};
use crate::text;

/// The failure of a request without a response; `timeout` is that of the request, `proxy` what it went through,
/// and `has_cacert` tells whether `--cacert` was given.
pub(super) fn no_response(
    error: reqwest::Error,
    timeout: Duration,
    proxy: Option<&str>,
    has_cacert: bool,
) -> PollError {
    // The URL may hold a secret.
    let error = error.without_url();
    let never_sent = error.is_connect();
    let tls = chain(&error).find_map(|error| error.downcast_ref());
    let failure = tls.and_then(|problem| refused_by_tls(problem, proxy, has_cacert));
    let failure = failure.unwrap_or_else(|| {
        let message = if error.is_timeout() {
            timed_out(timeout, !never_sent)
        } else if never_sent {
            cannot_connect(&error, proxy)
        } else {
            Message::new("no response", "没有响应").with_detail(&cause(&error))
        };
        PollError {
            endpoint_in_doubt: never_sent,
            ..PollError::retryable(message, None)
        }
    });
    PollError {
        never_sent,
        ..failure
    }
}

/// A problem of TLS where another request would not help.
fn refused_by_tls(
    problem: &rustls::Error,
    proxy: Option<&str>,
    has_cacert: bool,
) -> Option<PollError> {
    let message = match problem {
        rustls::Error::InvalidCertificate(problem) => {
            let mut message = untrusted(problem);
            if let Some(proxy) = proxy {
                let (en, zh) = ("through the proxy", "通过代理");
                let through = Message::new(format!("{en} {proxy}"), format!("{zh} {proxy}"));
                message = through.with_detail(&message);
            }
            let hint = Some(trust_hint(has_cacert));
            return Some(refused(RefusalKind::Certificate, message, hint));
        }
        // Alerts about a certificate are about ours: the server's is checked here.
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied,
        ) => Message::new(
            "the server requires a TLS client certificate, which deploywatch does not have",
            "服务器要求 TLS 客户端证书，deploywatch 不支持",
        ),
        rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::PeerIncompatible(_) => Message::new(
            "the server does not accept TLS 1.2 or TLS 1.3 as deploywatch speaks them",
            "服务器不接受 deploywatch 使用的 TLS 1.2 或 TLS 1.3",
        )
        .with_detail(&Message::library(problem)),
        _ => return None,
    };
    Some(refused(RefusalKind::Connection, message, None))
}

/// Whether a proxy did not make the tunnel that it was asked for.
pub(super) fn is_refused_tunnel(error: &reqwest::Error) -> bool {
    // The library does not export the type.
    chain(error).any(|error| error.to_string().starts_with("tunnel error: "))
}

/// The proxy answered `status` when it was asked for a tunnel.
pub(super) fn tunnel_refused(proxy: &str, status: u16) -> PollError {
    let message = Message::new(
        format!("the proxy {proxy} answers HTTP {status} to CONNECT"),
        format!("代理 {proxy} 对 CONNECT 返回 HTTP {status}"),
    );
    let hint = Message::new(
        "check the proxy's login and rules, or put the host into NO_PROXY",
        "请检查代理的账号和规则，或把该主机加入 NO_PROXY",
    );
    PollError {
        never_sent: true,
        ..match is_refused(status) {
            true => refused(RefusalKind::Connection, message, Some(hint)),
            false => PollError::retryable(message, None),
        }
    }
}

/// Whether a status says that asking again is no help.
pub(super) fn is_refused(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// A failure that asking again does not mend.
fn refused(kind: RefusalKind, message: Message, hint: Option<Message>) -> PollError {
    PollError {
        retry: Retry::Refused { hint, kind },
        ..PollError::retryable(message, None)
    }
}

/// Why the body of a response ended before its end.
pub(super) fn broken_body(error: &io::Error, timeout: Duration) -> Message {
    let timed_out_below = chain(error).any(|error| {
        let error = error.downcast_ref::<reqwest::Error>();
        error.is_some_and(reqwest::Error::is_timeout)
    });
    if timed_out_below || error.kind() == ErrorKind::TimedOut {
        timed_out(timeout, true)
    } else {
        Message::new("connection closed mid-response", "响应中断").with_detail(&cause(error))
    }
}

/// The request took longer than `limit`; `connected` tells whether a connection came about.
fn timed_out(limit: Duration, connected: bool) -> Message {
    let limit = humantime::format_duration(limit);
    if connected {
        Message::new(
            format!("response timed out after {limit}"),
            format!("{limit} 内没有收到完整响应"),
        )
    } else {
        Message::new(
            format!("could not connect within {limit}"),
            format!("{limit} 内未能建立连接"),
        )
    }
}

/// No connection came about, to the server or to the proxy before it.
fn cannot_connect(error: &(dyn Error + 'static), proxy: Option<&str>) -> Message {
    let message = match proxy {
        Some(proxy) => Message::new(
            format!("could not connect through the proxy {proxy}"),
            format!("无法通过代理 {proxy} 建立连接"),
        ),
        None => Message::new("could not connect", "无法连接"),
    };
    message.with_detail(&cause(error))
}

/// The server's certificate does not verify.
fn untrusted(problem: &CertificateError) -> Message {
    let text = problem.to_string();
    // The library has no type of its own for it.
    if text.contains("CaUsedAsEndEntity") {
        return Message::new(
            "the server presents a CA certificate that --cacert does not name",
            "服务器出示的是 CA 证书，而 --cacert 没有指定这张证书",
        );
    }
    let en = &*text::message(&text);
    let zh = match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "证书已过期",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "证书尚未生效"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "证书与主机名不匹配"
        }
        CertificateError::UnknownIssuer => "证书的签发者不受信任",
        CertificateError::Revoked => "证书已被吊销",
        CertificateError::BadSignature => "证书签名无效",
        _ => en,
    };
    Message::new(
        "the server's certificate does not verify",
        "服务器证书校验失败",
    )
    .with_detail(&Message::new(en, zh))
}

/// The hint for a certificate that does not verify.
fn trust_hint(has_cacert: bool) -> Message {
    if has_cacert {
        return Message::new(
            "check that --cacert FILE holds the certificate of its CA or the server's own, and that the \
             certificate names the endpoint's host",
            "请确认 --cacert FILE 包含签发它的 CA 证书或这张证书本身，且端点使用证书上的名称或地址",
        );
    }
    Message::new(
        "pass the certificate of its CA with --cacert FILE; --insecure would skip all checks",
        "请用 --cacert FILE 指定签发它的 CA 证书；--insecure 会跳过全部校验",
    )
}

/// The target of a redirect.
pub(super) fn redirect(location: Option<&str>) -> Message {
    match location {
        Some(to) => Message::new(
            format!("redirects to {to}; redirects are not followed"),
            format!("重定向到 {to}，未跟随"),
        ),
        None => Message::new(
            "redirects without a Location; redirects are not followed",
            "重定向没有给出目标地址",
        ),
    }
}

/// The text of the innermost error, for the outer ones only say that a request failed; it is
/// translated by the last error kind that the system or a library gives.
pub(super) fn cause(error: &(dyn Error + 'static)) -> Message {
    let text = chain(error).last().unwrap_or(error).to_string();
    let kinds = chain(error).filter_map(|error| error.downcast_ref().map(io::Error::kind));
    let kind = kinds.filter(|kind| *kind != ErrorKind::Other).last();
    let kind = kind.unwrap_or(match &*text {
        // hyper's own error, which is none of the system's.
        "connection closed before message completed" => ErrorKind::UnexpectedEof,
        _ => ErrorKind::Other,
    });
    Message::system(kind, &text)
}

/// An error and its sources.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error hides what it carries from source(), and may carry another one.
        let carried = error.downcast_ref().and_then(io::Error::get_ref);
        match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::assert_chinese;

    #[test]
    fn failures_are_said_in_chinese() {
        let second = Duration::from_secs(1);
        let refused = io::Error::from(ErrorKind::ConnectionRefused);
        for message in [
            timed_out(second, true),
            timed_out(second, false),
            cannot_connect(&refused, None),
            cannot_connect(&refused, Some("192.0.2.9:3128")),
            broken_body(&refused, second),
            untrusted(&CertificateError::Expired),
            untrusted(&CertificateError::NotValidForName),
            untrusted(&CertificateError::UnknownIssuer),
            trust_hint(true),
            trust_hint(false),
            tunnel_refused("192.0.2.9:3128", 403).message,
            redirect(Some("/login")),
            redirect(None),
        ] {
            assert_chinese(&message);
        }
    }

    #[test]
    fn the_words_of_others_stay_as_they_are() {
        let other = untrusted(&CertificateError::BadEncoding);
        assert!(other.zh().starts_with("服务器证书校验失败："), "{other}");
    }

    #[test]
    fn the_innermost_error_is_told() {
        let inner = io::Error::new(ErrorKind::UnexpectedEof, "cut off");
        let outer = io::Error::other(inner);
        let message = broken_body(&outer, Duration::ZERO);
        assert_eq!(message.en(), "connection closed mid-response: cut off");
        assert_eq!(message.zh(), "响应中断：连接提前关闭");
    }
}
