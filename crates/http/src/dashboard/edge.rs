//! How a call reached the server: over https, from this machine, or in the open.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::header::{HOST, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::AppendHeaders;

use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::rate_limit::{ClientAddressHeader, client_address};

const HOST_COOKIE: &str = "__Host-sonde";
const PLAIN_COOKIE: &str = "sonde";

/// What the wiring knows of the way to this server.
#[derive(Clone, Debug, Default)]
pub struct EdgeOptions {
    /// The URL under which browsers and servers reach this one, without a slash at its end.
    pub public_url: String,
    /// Whether members may sign in over plain http from anywhere.
    pub insecure_cookie: bool,
    /// Where the address of whoever calls is read from; `None`: the other end of the connection is who calls.
    pub client_address: Option<ClientAddressHeader>,
    /// Where requests are counted, if anybody wants to know.
    pub metrics: Option<Metrics>,
}

/// Who is at the other end of the connection; the listener adds it to every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The options, as an extension of every request.
#[derive(Clone)]
pub(crate) struct Edge(pub(crate) Arc<EdgeOptions>);

/// How a call reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Over https, as the public URL says.
    Secure,
    /// Over plain http from this machine.
    Loopback,
    /// Over plain http from elsewhere, or through a proxy that nobody told us about.
    Open,
}

impl Edge {
    /// Of a request that went through the router.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Problem> {
        let missing = || Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }

    /// Where a call comes from.
    pub(crate) fn client_address(&self, parts: &Parts) -> Option<IpAddr> {
        client_address(parts.extensions.get::<Peer>(), &parts.headers, self.0.client_address.as_ref())
    }

    /// How a request came.
    pub(crate) fn transport(&self, parts: &Parts) -> Transport {
        if self.0.public_url.starts_with("https://") {
            return Transport::Secure;
        }
        let through_proxy = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
        let is_forwarded = through_proxy.iter().any(|name| parts.headers.contains_key(*name));
        let host = parts
            .headers
            .get(HOST)
            .and_then(|value| value.to_str().ok())
            .or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
        let is_local = peer(parts).is_some_and(|address| address.is_loopback()) && host.is_some_and(is_loopback_host);
        if is_local && !is_forwarded { Transport::Loopback } else { Transport::Open }
    }

    /// Refuses to take or give a secret where others can read it.
    pub(crate) fn expect_private(&self, parts: &Parts) -> Result<Transport, Problem> {
        let transport = self.transport(parts);
        if transport == Transport::Open && !self.0.insecure_cookie {
            let detail = "signing in over plain http is refused: serve Sonde over https and start it with --public-url https://…, \
                          open it on the machine it runs on, or start it with --insecure-cookie";
            return Err(Problem::new(axum::http::StatusCode::FORBIDDEN, detail));
        }
        Ok(transport)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Edge {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(parts)
    }
}

impl Transport {
    /// The names under which the session's cookie is set, and taken, the best first. The prefix binds a cookie to this
    /// host. Browsers take it over https alone, and some, but not all, from this machine.
    pub(crate) const fn cookie_names(self) -> &'static [&'static str] {
        match self {
            Self::Secure => &[HOST_COOKIE],
            Self::Loopback => &[HOST_COOKIE, PLAIN_COOKIE],
            Self::Open => &[PLAIN_COOKIE],
        }
    }

    /// The session's cookie, to be set for so many seconds: under every name, each browser keeps what it takes.
    pub(crate) fn cookies(self, token: &str, seconds: i64) -> AppendHeaders<Vec<(HeaderName, String)>> {
        let cookies = self.cookie_names().iter().map(|name| {
            let secure = if *name == HOST_COOKIE { "; Secure" } else { "" };
            (SET_COOKIE, format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}; Max-Age={seconds}"))
        });
        AppendHeaders(cookies.collect())
    }
}

/// The other end of the connection.
fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical())
}

/// Whether a host, with or without a port, means this machine in every browser.
fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_name = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_name || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_several_names() {
        for local in ["localhost", "LOCALHOST:8080", "app.localhost:1", "127.0.0.1:8080", "127.8.9.10", "[::1]:8080", "[::1]"] {
            assert!(is_loopback_host(local), "{local}");
        }
        for other in ["", "localhost.example.com", "notlocalhost", "192.0.2.1:8080", "[2001:db8::1]", "127.0.0.1.example.com", "::1"] {
            assert!(!is_loopback_host(other), "{other}");
        }
    }
}
