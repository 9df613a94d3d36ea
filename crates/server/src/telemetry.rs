//! The log, to standard error. `RUST_LOG` chooses what; keys, tokens and properties are never logged.

use std::fmt;
use std::io::IsTerminal as _;

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::LogFormat;

/// Starts the log.
pub(crate) fn start(format: LogFormat) {
    // The engine's own reports of routine work are noise to whoever runs Sonde.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,fjall=warn,lsm_tree=warn"));
    let colour = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr);
    let plain = tracing_subscriber::fmt::format();
    match format {
        LogFormat::Text => builder.event_format(Named { line: plain.with_ansi(colour), place: name_in_text }).init(),
        LogFormat::Json => builder.json().event_format(Named { line: plain.json(), place: name_in_json }).init(),
    }
}

/// Names the request in each line that comes of one: a span around every request would cost more than most requests.
struct Named<F> {
    line: F,
    /// Puts the id into a finished line.
    place: fn(&mut String, &str),
}

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(id) = sonde_http::current_request_id() else { return self.line.format_event(context, writer, event) };
        let mut line = String::new();
        self.line.format_event(context, Writer::new(&mut line), event)?;
        (self.place)(&mut line, &id);
        writer.write_str(&line)
    }
}

fn name_in_text(line: &mut String, id: &str) {
    line.truncate(line.trim_end().len());
    line.push_str(" request_id=");
    line.push_str(id);
    line.push('\n');
}

fn name_in_json(line: &mut String, id: &str) {
    if line.starts_with("{\"") {
        line.insert_str(1, &format!("\"request_id\":\"{id}\","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_part_of_the_line() {
        let mut line = "INFO something status=500\n".to_owned();
        name_in_text(&mut line, "0a");
        assert_eq!(line, "INFO something status=500 request_id=0a\n");
        let mut line = "{\"level\":\"INFO\"}\n".to_owned();
        name_in_json(&mut line, "0a");
        assert_eq!(line, "{\"request_id\":\"0a\",\"level\":\"INFO\"}\n");
    }
}
