//! `sonde serve`: opens the data folder, serves the public API and the local socket, stops in good order.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sonde_http::{EdgeOptions, Metrics};
use sonde_service::{QueueOptions, Service, StorageError, StorageErrorKind, SystemClock};
use sonde_storage_embedded::EmbeddedStore;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::ServeOptions;
use crate::{backup, listen, print, telemetry};

/// Connections for administration, and for metrics.
const LOCAL_CONNECTIONS_MAX: usize = 64;
/// How long those that wait are answered once the disk refuses to keep data.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// Files that are open beside connections: the store's.
const OTHER_FILES: u64 = 512;

/// How many connections there can be: as many as wanted, as long as files are left for the store.
fn connections_max(wanted: u32) -> usize {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let files = match rlimit::increase_nofile_limit(u64::from(u32::MAX)) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            return wanted;
        }
    };
    let possible = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(64);
    if possible < wanted {
        tracing::warn!(possible, wanted, "the system allows fewer open files than connections are wanted; see ulimit -n");
    }
    possible.min(wanted)
}

/// The local socket within a data folder.
pub(crate) fn socket_path(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// Why a data folder was not opened, and what to do.
pub(crate) fn cannot_open(data: &Path, error: StorageError) -> anyhow::Error {
    let data = data.display();
    let is_damaged = error.kind() == StorageErrorKind::Corrupt;
    let error = anyhow::Error::new(error).context(format!("cannot open the data folder {data}"));
    if is_damaged { error.context(format!("`sonde check --data {data}` says what is lost; a backup can be restored")) } else { error }
}

/// Runs the server until SIGTERM or SIGINT, or until the disk refuses to keep data.
pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    telemetry::start(options.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(serve(options));
    if done.is_err() {
        // Threads that wait for a broken disk are not waited for.
        runtime.shutdown_background();
    }
    done
}

async fn serve(options: &ServeOptions) -> anyhow::Result<()> {
    // Signals first: one that arrives while the store opens must not kill the process half-way.
    let mut stop = Stop::listen()?;
    let store = EmbeddedStore::open_keeping_free(&options.data, u64::from(options.min_free_disk_mib) * 1024 * 1024);
    let store = Arc::new(store.map_err(|error| cannot_open(&options.data, error))?);
    let service = Service::start(Arc::clone(&store), Arc::new(SystemClock), QueueOptions::default()).await?;
    let listener = listen::bind(options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let local = bind_local(&options.data)?;
    let url = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let url = url.trim_end_matches('/').to_owned();
    if let Some(token) = service.begin_setup().await? {
        let link = format!("{url}/setup#token={token}");
        tracing::info!(link, "nobody can sign in yet: open this link to create the owner");
        print(&format!("Open {link} to create the owner.\n"))?;
    }
    tracing::info!(%address, url, data = %options.data.display(), "sonde is ready");
    service.limit_rates(options.limits.rates());
    let metrics = options.metrics_listen.map(|_| Metrics::default());
    let edge = EdgeOptions {
        public_url: url,
        insecure_cookie: options.insecure_cookie,
        client_address: options.limits.client_address(),
        metrics: metrics.clone(),
    };
    let figures = match (options.metrics_listen, metrics) {
        (Some(address), Some(metrics)) => {
            let listener = listen::bind(address).with_context(|| format!("cannot listen on {address} for metrics"))?;
            tracing::info!(address = %listener.local_addr()?, "metrics are served at /metrics");
            Some((listener, sonde_http::metrics_router(Arc::clone(&service), metrics)))
        }
        _ => None,
    };

    let (stopping, stopped) = watch::channel(false);
    let public = tokio::spawn(listen::serve(
        listener,
        sonde_http::public_api(Arc::clone(&service), edge),
        connections_max(options.max_connections),
        resolved(stopped.clone()),
    ));
    let admin = sonde_http::admin_router(Arc::clone(&service)).merge(backup::router(Arc::clone(&store)));
    let admin = tokio::spawn(listen::serve(local, admin, LOCAL_CONNECTIONS_MAX, resolved(stopped.clone())));
    let figures = figures.map(|(listener, router)| tokio::spawn(listen::serve(listener, router, LOCAL_CONNECTIONS_MAX, resolved(stopped))));
    let failed = tokio::select! {
        () = stop.asked() => false,
        () = service.failed() => true,
        () = store.failed() => true,
    };
    tracing::info!("stopping");
    service.end_streams();
    stopping.send_replace(true);
    let ended = async {
        let _ended = tokio::join!(public, admin);
        if let Some(figures) = figures {
            let _ended = figures.await;
        }
    };
    if failed {
        let _late = tokio::time::timeout(LAST_ANSWERS, ended).await;
        // Closing the store would write and sync once more, on a disk that has just refused: after a failed sync nobody
        // knows what is there, and another that succeeds would say nothing. The next start reads what is.
        std::mem::forget(store);
        anyhow::bail!("the disk refuses to keep data; nothing was acknowledged that is not kept");
    }
    ended.await;
    service.drain().await;
    drop(service);
    close(store).await;
    // The socket is only a name once nobody listens; a leftover is replaced at the next start.
    let _leftover = std::fs::remove_file(socket_path(&options.data));
    tracing::info!("stopped");
    Ok(())
}

async fn resolved(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _stopped = stopped.wait_for(|stopped| *stopped).await;
}

/// Waits for the write queue's thread to let go of the store, then closes it.
async fn close(store: Arc<EmbeddedStore>) {
    for _ in 0..500 {
        if Arc::strong_count(&store) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(tokio::task::spawn_blocking(move || drop(store)).await);
}

/// The lock on the data folder is ours, so a socket that is there is a leftover.
fn bind_local(data: &Path) -> anyhow::Result<UnixListener> {
    let path = socket_path(data);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("cannot remove the old local socket"),
        _ => {}
    }
    UnixListener::bind(&path).with_context(|| format!("cannot open the local socket {}", path.display()))
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
