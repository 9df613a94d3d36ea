//! Flags. Each of `serve` is also an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hyper::header::HeaderName;
use sonde_http::ClientAddressHeader;
use sonde_service::rate_limit::{Rate, RateLimits};

/// Ask users the right question at the right moment.
#[derive(Parser)]
#[command(name = "sonde", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(ServeOptions),
    /// Set up and look into a data folder; works beside a running server and without one.
    Admin(AdminOptions),
    /// Copy a data folder as it is at this moment, also while a server uses it.
    Backup(BackupOptions),
    /// Make a new data folder from a backup.
    Restore(RestoreOptions),
    /// Read a data folder from end to end and say what is damaged and lost; exits with 1 if anything is. Nothing is changed.
    Check(Common),
    /// Print the OpenAPI document.
    Openapi,
    /// Print the JSON Schema of the survey document.
    SurveySchema,
}

#[derive(Args)]
pub(crate) struct ServeOptions {
    /// Address and port to listen on.
    #[arg(long, env = "SONDE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The data folder; created when missing.
    #[arg(long, env = "SONDE_DATA", default_value = "./data")]
    pub(crate) data: PathBuf,
    /// Mebibytes that stay free on the data folder's disk: with fewer, writes are answered 503 and reads go on.
    #[arg(long, env = "SONDE_MIN_FREE_DISK_MIB", default_value_t = 512)]
    pub(crate) min_free_disk_mib: u32,
    /// The URL under which browsers and servers reach this one; default: the address listened on.
    #[arg(long, env = "SONDE_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Let members sign in over plain http from anywhere; passwords and sessions can then be read on the way.
    #[arg(long, env = "SONDE_INSECURE_COOKIE")]
    pub(crate) insecure_cookie: bool,
    /// Address and port of `/metrics` for Prometheus; not served by default.
    #[arg(long, env = "SONDE_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Most connections at the same time; no more than the system allows files to be open.
    #[arg(long, env = "SONDE_MAX_CONNECTIONS", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_connections: u32,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    /// How the log is written.
    #[arg(long, env = "SONDE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// Rate limits: `RATE` or `RATE/BURST`, a second and at once, or `off`.
#[derive(Args)]
#[command(next_help_heading = "Rate limits")]
pub(crate) struct LimitOptions {
    /// Events a second by one backend key, and at once: `RATE`, `RATE/BURST` or `off`.
    #[arg(long, env = "SONDE_RATE_LIMIT_BACKEND_KEY", default_value = "10000/20000")]
    rate_limit_backend_key: Limit,
    /// Calls a second by one SDK key, and at once.
    #[arg(long, env = "SONDE_RATE_LIMIT_SDK_KEY", default_value = "5000/10000")]
    rate_limit_sdk_key: Limit,
    /// Calls of SDKs a second from one address, and at once.
    #[arg(long, env = "SONDE_RATE_LIMIT_ADDRESS", default_value = "200/1000")]
    rate_limit_address: Limit,
    /// Calls of servers a second from one address, and at once.
    #[arg(long, env = "SONDE_RATE_LIMIT_INGEST_ADDRESS", default_value = "10000/20000")]
    rate_limit_ingest_address: Limit,
    /// The header in which a proxy says who calls, such as x-forwarded-for. Only behind a proxy that sets it: anybody else
    /// may write into it what they like.
    #[arg(long, env = "SONDE_CLIENT_ADDRESS_HEADER")]
    client_address_header: Option<HeaderName>,
    /// How many proxies add to that header: which address of its list counts, from its end.
    #[arg(long, env = "SONDE_CLIENT_ADDRESS_PROXIES", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16), requires = "client_address_header")]
    client_address_proxies: u8,
}

impl LimitOptions {
    /// What is allowed.
    pub(crate) const fn rates(&self) -> RateLimits {
        RateLimits {
            backend_key: self.rate_limit_backend_key.0,
            sdk_key: self.rate_limit_sdk_key.0,
            address: self.rate_limit_address.0,
            ingest_address: self.rate_limit_ingest_address.0,
        }
    }

    /// Where addresses are read from.
    pub(crate) fn client_address(&self) -> Option<ClientAddressHeader> {
        let name = self.client_address_header.clone()?;
        Some(ClientAddressHeader { name, proxies: usize::from(self.client_address_proxies) })
    }
}

/// A rate, or none.
#[derive(Clone, Copy)]
struct Limit(Option<Rate>);

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        let number = |text: &str| text.parse::<u32>().ok();
        let (per_second, burst) = match text.split_once('/') {
            Some((per_second, burst)) => (number(per_second), number(burst)),
            None => (number(text), number(text)),
        };
        let rate = per_second.zip(burst).and_then(|(per_second, burst)| Rate::new(per_second, burst));
        rate.map(|rate| Self(Some(rate))).ok_or("must be RATE or RATE/BURST, from 1 to 1000000, the burst not below the rate; or off")
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Args)]
pub(crate) struct AdminOptions {
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

/// What every command takes that works on a data folder.
#[derive(Args)]
pub(crate) struct Common {
    /// The data folder.
    #[arg(long, env = "SONDE_DATA", default_value = "./data")]
    pub(crate) data: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct BackupOptions {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The folder to make; must not be there yet. Written by the running server, if there is one.
    #[arg(long)]
    pub(crate) to: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreOptions {
    /// What `sonde backup` made.
    #[arg(long)]
    pub(crate) from: PathBuf,
    /// `--data` is the folder to make: missing, or empty.
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Create a workspace with its keys and owner; the keys are shown this once.
    Init {
        #[command(flatten)]
        common: Common,
        /// The owner's e-mail address.
        #[arg(long)]
        email: String,
        /// Read the owner's password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// Name of the workspace.
        #[arg(long)]
        workspace: String,
    },
    /// Bring in a survey document.
    ImportSurvey {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
        /// Replace the draft of this survey, `srv_…`; default: create a survey.
        #[arg(long)]
        survey: Option<String>,
        /// Publish it and make it live.
        #[arg(long)]
        launch: bool,
        /// The document, or `-` for standard input.
        file: PathBuf,
    },
    /// Print the document of a survey: the published one, or the draft if there is none.
    ExportSurvey {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
        /// The survey, `srv_…`.
        survey: String,
    },
    /// Pause, resume or end a survey.
    SurveyStatus {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
        /// The survey, `srv_…`.
        survey: String,
        /// Its new status.
        #[arg(value_enum)]
        status: Status,
    },
    /// Change settings of a workspace.
    Settings {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
        /// Minimum days between two surveys for one user; 0 for none.
        #[arg(long)]
        wait_period_days: u32,
    },
    /// List the triggers that were seen, with their counts and property types.
    Triggers {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
    },
    /// Print response rows, one JSON object a line.
    Responses {
        #[command(flatten)]
        common: Common,
        /// The workspace, `wsp_…`.
        #[arg(long)]
        workspace: String,
        /// Of one survey, `srv_…`; default: of all.
        #[arg(long)]
        survey: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Status {
    /// May be shown.
    Live,
    /// Held back for now.
    Paused,
    /// Over for good.
    Ended,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_rate_with_or_without_a_burst_or_off() {
        let read = |text: &str| text.parse::<Limit>().map(|limit| limit.0);
        assert_eq!(read("off"), Ok(None));
        assert_eq!(read("20"), Ok(Rate::new(20, 20)));
        assert_eq!(read("20/50"), Ok(Rate::new(20, 50)));
        for bad in ["", "0", "-1", "20/10", "20/", "fast", "1.5", "1000001"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
