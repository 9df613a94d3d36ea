//! The log, to standard error. `RUST_LOG` chooses what; keys, tokens and properties are never logged.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Starts the log.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
