//! What whoever watches over the server may read: `/metrics` in Prometheus' text form, on a listener of its own.
//!
//! Nothing here names a user, a key, or a path as it was called: the labels are routes of the router, methods and statuses,
//! so their number is bounded by the program, not by who calls it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sonde_core::decide::ReasonCode;
use sonde_service::figures::{Counter, Histogram, Rejection, Stopwatch};
use sonde_service::rate_limit::Limited;
use sonde_service::{Engine, Service};

/// How long requests take, in nanoseconds: from 0.5 ms on as the conventions of OpenTelemetry have them.
const DURATION_BOUNDS: &[u64] = &[
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];
/// The histogram of requests, as OpenTelemetry names it.
const REQUESTS: &str = "http_server_request_duration_seconds";
/// Most series of requests: far more than routes, methods and statuses there are.
const SERIES_MAX: usize = 4_096;

/// By method and status.
type ByAnswer = HashMap<(&'static str, u16), Arc<Histogram>>;

/// What requests took, by route (empty: nothing is there), method and status. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<RwLock<HashMap<Box<str>, ByAnswer>>>);

impl Metrics {
    /// Counts a request once its answer begins.
    pub(crate) async fn observed(&self, route: &str, method: &'static str, answer: impl Future<Output = Response>) -> Response {
        let watch = Stopwatch::start();
        let response = answer.await;
        self.observe(route, method, response.status().as_u16(), watch.elapsed());
        response
    }

    fn observe(&self, route: &str, method: &'static str, status: u16, duration: Duration) {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(route).and_then(|by| by.get(&(method, status))) {
            return known.observe_duration(duration);
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.values().map(HashMap::len).sum::<usize>() < SERIES_MAX {
            let by = all.entry(route.into()).or_default();
            by.entry((method, status)).or_insert_with(|| Arc::new(Histogram::new(DURATION_BOUNDS))).observe_duration(duration);
        }
    }

    fn write(&self, text: &mut String) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let kinds = all.iter().flat_map(|(route, by)| by.iter().map(move |(answer, histogram)| (route, answer, histogram)));
        let mut kinds: Vec<_> = kinds.collect();
        kinds.sort_by_key(|(route, answer, _)| (*route, *answer));
        head(text, REQUESTS, "histogram", "Time from a request's head to its answer's head.");
        for (route, (method, status), histogram) in kinds {
            let mut labels = format!("http_request_method=\"{method}\",http_response_status_code=\"{status}\"");
            if !route.is_empty() {
                let _infallible = write!(labels, ",http_route=\"{route}\"");
            }
            histogram_lines(text, REQUESTS, &labels, histogram, 1e9);
        }
    }
}

/// Counts a request once its answer begins.
pub(crate) async fn layer(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    metrics.observed(route.as_ref().map_or("", MatchedPath::as_str), method, next.run(request)).await
}

/// Methods are chosen by whoever calls; what nobody has heard of has one name.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

/// What is served on the listener for metrics.
pub fn metrics_router<E: Engine>(service: Arc<Service<E>>, metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(serve::<E>)).with_state((service, metrics))
}

async fn serve<E: Engine>(State((service, metrics)): State<(Arc<Service<E>>, Metrics)>) -> Response {
    let mut text = String::with_capacity(16 * 1024);
    write_service(&mut text, &service);
    metrics.write(&mut text);
    write_process(&mut text);
    let mut response = text.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
    response
}

fn write_service<E: Engine>(text: &mut String, service: &Service<E>) {
    let figures = service.figures();
    head(text, "sonde_build_info", "gauge", "The version that runs.");
    line(text, "sonde_build_info", &format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1);
    head(text, "sonde_healthy", "gauge", "1 while writes are kept; 0 once the disk has refused.");
    line(text, "sonde_healthy", "", u64::from(service.is_healthy()));

    head(text, "sonde_events_total", "counter", "Backend events by what became of them.");
    line(text, "sonde_events_total", "outcome=\"stored\"", figures.stored.get());
    line(text, "sonde_events_total", "outcome=\"duplicate\"", figures.duplicates.get());
    for reason in Rejection::ALL {
        let count = figures.rejected(reason).get();
        match reason {
            Rejection::Expired => line(text, "sonde_events_total", "outcome=\"expired\"", count),
            _ => line(text, "sonde_events_total", &format!("outcome=\"rejected\",reason=\"{}\"", reason.name()), count),
        }
    }

    write_decisions(text, service);
    let (waiting, bytes) = service.waiting_writes();
    head(text, "sonde_write_queue_depth", "gauge", "Submissions waiting to be made durable.");
    line(text, "sonde_write_queue_depth", "", waiting as u64);
    head(text, "sonde_write_queue_bytes", "gauge", "About how many bytes wait to be made durable.");
    line(text, "sonde_write_queue_bytes", "", bytes as u64);
    head(text, "sonde_write_group_size", "histogram", "Writes made durable with one sync.");
    histogram_lines(text, "sonde_write_group_size", "", &figures.group_sizes, 1.0);
    head(text, "sonde_write_group_duration_seconds", "histogram", "Time to make a group of writes durable, its sync included.");
    histogram_lines(text, "sonde_write_group_duration_seconds", "", &figures.commits, 1e9);

    head(text, "sonde_rate_limited_total", "counter", "Calls refused since a limit was reached.");
    for (limited, count) in Limited::ALL.into_iter().zip(&figures.limited) {
        line(text, "sonde_rate_limited_total", &format!("limit=\"{}\"", limited.name()), count.get());
    }
    head(text, "sonde_streams_open", "gauge", "Streams to SDKs that are open.");
    line(text, "sonde_streams_open", "", figures.streams_open.load(Ordering::Relaxed));
    head(text, "sonde_streams_dropped_total", "counter", "Streams to SDKs ended since their reader was too slow.");
    line(text, "sonde_streams_dropped_total", "", Counter::get(&figures.streams_dropped));
}

/// Every reason has its line from the start: a rate over a line that only appears later misses its first refusals.
fn write_decisions<E: Engine>(text: &mut String, service: &Service<E>) {
    let totals = service.decision_totals();
    head(text, "sonde_decisions_total", "counter", "Surveys that trigger calls looked at, by the first reason why one is not shown.");
    line(text, "sonde_decisions_total", "reason=\"shown\"", totals.won);
    for code in ReasonCode::ALL {
        let count = totals.refused.get(&code).copied().unwrap_or(0);
        line(text, "sonde_decisions_total", &format!("reason=\"{}\"", code.as_str()), count);
    }
    head(text, "sonde_refusals_dropped_total", "counter", "Refusals of single users that were not kept, since too many came at once.");
    line(text, "sonde_refusals_dropped_total", "", service.refusals_dropped());
}

/// What is usual to know of a process; from `/proc`, so on Linux alone.
fn write_process(text: &mut String) {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let kib = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        if let Some(resident) = kib("VmRSS:") {
            head(text, "process_resident_memory_bytes", "gauge", "Resident memory.");
            line(text, "process_resident_memory_bytes", "", resident * 1_024);
        }
    }
    if let Ok(stat) = std::fs::read_to_string("/proc/self/stat")
        && let Some(ticks) = processor_ticks(&stat)
    {
        head(text, "process_cpu_seconds_total", "counter", "Processor time.");
        // Linux has fixed the unit at a hundredth of a second.
        let _infallible = writeln!(text, "process_cpu_seconds_total {}.{:02}", ticks / 100, ticks % 100);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        head(text, "process_open_fds", "gauge", "Open file descriptors.");
        line(text, "process_open_fds", "", open.count() as u64);
    }
}

/// `utime` and `stime`, fields 14 and 15; the name in field 2 may hold anything.
fn processor_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: u64) {
    let _infallible = if labels.is_empty() { writeln!(text, "{name} {value}") } else { writeln!(text, "{name}{{{labels}}} {value}") };
}

/// The lines of one histogram; `unit` is how many of its whole numbers are one of what the name promises.
#[expect(clippy::cast_precision_loss, reason = "sums are shown, not computed with")]
fn histogram_lines(text: &mut String, name: &str, labels: &str, histogram: &Histogram, unit: f64) {
    let (bounds, all, sum) = histogram.read();
    let comma = if labels.is_empty() { "" } else { "," };
    for (bound, count) in bounds {
        let _infallible = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{}\"}} {count}", bound as f64 / unit);
    }
    let _infallible = writeln!(text, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {all}");
    let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    let _infallible = writeln!(text, "{name}_sum{braced} {}\n{name}_count{braced} {all}", sum as f64 / unit);
}
