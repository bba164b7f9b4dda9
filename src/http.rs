//! HTTP: one request and its response, over the network or from wherever else a [`Transport`] gets it.
//! `client` asks on behalf of a provider, `network` carries requests with reqwest, `error` says what a
//! failure means, `body` reads text from a response.

mod body;
mod client;
mod error;
mod message;
mod network;
mod proxy;
mod resolver;
mod tls;

pub(crate) use body::error_words;
pub(crate) use client::{Client, RequestTrace, Trace};
pub(crate) use message::{Request, Response, Transport};
pub(crate) use network::{ConnectOptions, NetworkPool};
pub(crate) use proxy::proxy_for;
