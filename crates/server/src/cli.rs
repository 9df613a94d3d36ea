//! Flags. Each of `serve` is also an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// The URL under which browsers and servers reach this one; default: the address listened on.
    #[arg(long, env = "SONDE_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Let members sign in over plain http from anywhere; passwords and sessions can then be read on the way.
    #[arg(long, env = "SONDE_INSECURE_COOKIE")]
    pub(crate) insecure_cookie: bool,
    /// How the log is written.
    #[arg(long, env = "SONDE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
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

/// What every admin command takes.
#[derive(Args)]
pub(crate) struct Common {
    /// The data folder.
    #[arg(long, env = "SONDE_DATA", default_value = "./data")]
    pub(crate) data: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
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
