//! The public API as one service: the router, and a short cut past it for the calls that come by the thousand.
//!
//! Finding a route and going through the layers around it costs about as much as all that those calls do besides the
//! disk. The router has the same routes, so that there is one page that lists them all; a test sends every kind of call
//! both ways and compares the answers.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::future::RouteFuture;
use axum::{BoxError, Router};
use futures_util::future::Either;
use sonde_service::rate_limit::Limited;
use sonde_service::{Engine, Service};

use crate::dashboard::{EdgeOptions, Peer};
use crate::metrics::Metrics;
use crate::rate_limit::AddressLimit;
use crate::{client, cors, ingest, request_id, router};

/// What the world may call.
pub struct PublicApi<E: Engine> {
    around: Arc<Around<E>>,
    router: Router,
}

/// What the layers of the router know.
struct Around<E: Engine> {
    service: Arc<Service<E>>,
    ingest_limit: AddressLimit<E>,
    limit: AddressLimit<E>,
    metrics: Option<Metrics>,
}

impl<E: Engine> Clone for PublicApi<E> {
    fn clone(&self) -> Self {
        Self { around: Arc::clone(&self.around), router: self.router.clone() }
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl<E: Engine> PublicApi<E> {
    pub(crate) fn without_router(service: Arc<Service<E>>, options: &EdgeOptions) -> Self {
        let limit = |limited| AddressLimit { service: Arc::clone(&service), limited, header: options.client_address.clone() };
        let (ingest_limit, limit) = (limit(Limited::IngestAddress), limit(Limited::Address));
        Self { around: Arc::new(Around { service, ingest_limit, limit, metrics: options.metrics.clone() }), router: Router::new() }
    }

    /// With the router for everything else.
    pub(crate) fn before(self, router: Router) -> Self {
        Self { router, ..self }
    }

    /// Without the short cut.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Answers a call from the other end of a connection.
    pub fn answer<B>(&self, peer: Option<Peer>, mut request: Request<B>) -> Either<RouteFuture<Infallible>, Answering>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        if let Some(call) = Call::of(&request) {
            let around = Arc::clone(&self.around);
            return Either::Right(Box::pin(async move { Ok(around.answer(call, peer, request).await) }));
        }
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        Either::Left(tower::Service::call(&mut self.router.clone(), request.map(Body::new)))
    }
}

/// For tests: the other end of the connection is an extension of the request.
impl<E: Engine, B> tower::Service<Request<B>> for PublicApi<E>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<RouteFuture<Infallible>, Answering>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.answer(request.extensions().get::<Peer>().copied(), request)
    }
}

/// A call that comes by the thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Event,
    Trigger,
    Response,
}

impl Call {
    fn of<B>(request: &Request<B>) -> Option<Self> {
        match (request.method(), request.uri().path(), request.uri().query()) {
            (&Method::POST, ingest::EVENT_PATH, None) => Some(Self::Event),
            (&Method::POST, client::trigger::PATH, None) => Some(Self::Trigger),
            (&Method::PUT, path, None) if client::displays::responds_to(path).is_some() => Some(Self::Response),
            _ => None,
        }
    }

    /// Method and route, as the layers name them.
    const fn route(self) -> (&'static str, &'static str) {
        match self {
            Self::Event => ("POST", ingest::EVENT_PATH),
            Self::Trigger => ("POST", client::trigger::PATH),
            Self::Response => ("PUT", client::displays::RESPONSE_ROUTE),
        }
    }
}

impl<E: Engine> Around<E> {
    /// As the layers do it, from the outermost inwards.
    async fn answer<B: HttpBody<Data = Bytes> + Send + Unpin>(&self, call: Call, peer: Option<Peer>, request: Request<B>) -> Response {
        let (head, body) = request.into_parts();
        let numbered = request_id::numbered(&head.method, &head.uri, unless_it_panics(self.call(call, peer, &head, body)));
        match &self.metrics {
            Some(metrics) => {
                let (method, route) = call.route();
                metrics.observed(route, method, numbered).await
            }
            None => numbered.await,
        }
    }

    /// Each call boxed on its own. A future holds those it is made with and those it waits for side by side: with the calls
    /// themselves in them, the futures of the layers around were 36 KiB, copied and scattered over memory for every request.
    fn call<'a, B>(
        &'a self,
        call: Call,
        peer: Option<Peer>,
        head: &'a Parts,
        body: B,
    ) -> Pin<Box<dyn Future<Output = Response> + Send + 'a>>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'a,
    {
        match call {
            Call::Event => Box::pin(async move {
                match self.ingest_limit.charge(peer.as_ref(), &head.headers) {
                    Ok(()) => router::response(ingest::accept(&self.service, &head.headers, body, false).await),
                    Err(problem) => problem.into_response(),
                }
            }),
            Call::Trigger => Box::pin(async move {
                named(match self.limit.charge(peer.as_ref(), &head.headers) {
                    Ok(()) => router::response(client::trigger::ask(&self.service, &head.headers, body).await),
                    Err(problem) => problem.into_response(),
                })
            }),
            Call::Response => Box::pin(async move {
                let display = client::displays::responds_to(head.uri.path()).unwrap_or_default();
                named(match self.limit.charge(peer.as_ref(), &head.headers) {
                    Ok(()) => router::response(client::displays::save(&self.service, display, &head.headers, body).await),
                    Err(problem) => problem.into_response(),
                })
            }),
        }
    }
}

/// As pages of other sites may read it.
fn named(mut response: Response) -> Response {
    cors::name_in(&mut response);
    response
}

/// A panic answers 500 and leaves the connection standing. What was half done is the request's own and is dropped with it.
async fn unless_it_panics(answering: impl Future<Output = Response>) -> Response {
    let mut answering = pin!(answering);
    let polled = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(router::panicked(panic)),
    });
    polled.await
}
