//! Calls from one address are limited before anything else is done for them: before the key is looked for and the body read.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use sonde_service::rate_limit::Limited;
use sonde_service::{Engine, Service};
use tower::{Layer, Service as TowerService};

use crate::dashboard::Peer;
use crate::problem::Problem;

/// Where the address of whoever calls is read from when calls come through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddressHeader {
    /// A header that holds one address, or a list of them to which every proxy adds at the end.
    pub name: HeaderName,
    /// Which of the list counts, from its end: the number of proxies in front of this server, at least 1.
    pub proxies: usize,
}

impl ClientAddressHeader {
    /// The address that the outermost proxy of ours saw.
    fn read(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values = headers.get_all(&self.name).iter().filter_map(|value| value.to_str().ok());
        let addresses: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        let place = addresses.len().checked_sub(self.proxies)?;
        read_address(addresses[place])
    }
}

/// An address, with or without a port.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(text);
    let bare = bare.parse().or_else(|_| text.parse::<std::net::SocketAddr>().map(|address| address.ip()));
    bare.ok().map(|address: IpAddr| address.to_canonical())
}

/// Where a call comes from: the other end of the connection, unless a proxy's word is to be taken.
pub(crate) fn client_address(peer: Option<&Peer>, headers: &HeaderMap, header: Option<&ClientAddressHeader>) -> Option<IpAddr> {
    let said = header.and_then(|header| header.read(headers));
    said.or_else(|| peer.map(|peer| peer.0.ip().to_canonical()))
}

/// Whether an address is this machine's or of a network that the internet does not reach.
fn is_neighbour(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Limits the calls from one address.
pub(crate) struct AddressLimit<E: Engine> {
    pub(crate) service: Arc<Service<E>>,
    pub(crate) limited: Limited,
    pub(crate) header: Option<ClientAddressHeader>,
}

impl<E: Engine> AddressLimit<E> {
    /// Refuses a call that is one too many.
    pub(crate) fn charge(&self, peer: Option<&Peer>, headers: &HeaderMap) -> Result<(), Problem> {
        let header = self.header.as_ref();
        let address = client_address(peer, headers, header);
        // A neighbour is most likely a proxy that nobody told us of: behind it is everybody, and they are not one.
        let address = address.filter(|address| header.is_some() || !is_neighbour(*address));
        address.map_or(Ok(()), |address| Ok(self.service.charge_address(self.limited, address)?))
    }
}

impl<E: Engine> Clone for AddressLimit<E> {
    fn clone(&self) -> Self {
        Self { service: Arc::clone(&self.service), limited: self.limited, header: self.header.clone() }
    }
}

impl<E: Engine, S> Layer<S> for AddressLimit<E> {
    type Service = AddressLimited<E, S>;

    fn layer(&self, inner: S) -> Self::Service {
        AddressLimited { limit: Arc::new(self.clone()), inner }
    }
}

/// What is behind an [`AddressLimit`].
pub(crate) struct AddressLimited<E: Engine, S> {
    limit: Arc<AddressLimit<E>>,
    inner: S,
}

impl<E: Engine, S: Clone> Clone for AddressLimited<E, S> {
    fn clone(&self) -> Self {
        Self { limit: Arc::clone(&self.limit), inner: self.inner.clone() }
    }
}

impl<E: Engine, S> TowerService<Request> for AddressLimited<E, S>
where
    S: TowerService<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.limit.charge(request.extensions().get::<Peer>(), request.headers()) {
            Err(problem) => Either::Left(ready(Ok(problem.into_response()))),
            Ok(()) => Either::Right(self.inner.call(request)),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn address(proxies: usize, values: &[&'static str]) -> Option<String> {
        let name = HeaderName::from_static("x-forwarded-for");
        let headers = values.iter().map(|value| (name.clone(), HeaderValue::from_static(value)));
        let header = ClientAddressHeader { name: name.clone(), proxies };
        header.read(&headers.collect()).map(|address| address.to_string())
    }

    #[test]
    fn only_what_our_own_proxies_added_counts() {
        assert_eq!(address(1, &["203.0.113.9, 198.51.100.7"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(2, &["203.0.113.9, 198.51.100.7", "192.0.2.1"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(1, &["198.51.100.7:4711"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(address(1, &["[2001:db8::1]:4711"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(address(1, &["::ffff:192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        for (proxies, values) in [(1, &[][..]), (1, &["unknown"]), (3, &["192.0.2.1, 192.0.2.2"]), (1, &[""])] {
            assert_eq!(address(proxies, values), None, "{values:?}");
        }
    }

    #[test]
    fn nobody_is_asked_who_they_are_unless_that_was_decided() {
        let peer = Peer(([192, 0, 2, 1], 4_711).into());
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static("203.0.113.9"))]);
        let header = ClientAddressHeader { name: HeaderName::from_static("x-forwarded-for"), proxies: 1 };
        let said = |header| client_address(Some(&peer), &headers, header).map(|address| address.to_string());
        assert_eq!(said(None).as_deref(), Some("192.0.2.1"));
        assert_eq!(said(Some(&header)).as_deref(), Some("203.0.113.9"));
        assert_eq!(client_address(Some(&peer), &HeaderMap::new(), Some(&header)).map(|a| a.to_string()).as_deref(), Some("192.0.2.1"));
    }
}
