//! The `filter` of results, as JSON in the query.

use serde::Deserialize;
use serde_json::value::RawValue;
use sonde_core::filter::{Condition, Operator, given};
use sonde_core::limits::CONDITIONS_MAX;
use sonde_core::time::{Span, Timestamp};
use sonde_service::results::{ResultsFilter, RowCondition, Source};

use crate::body;
use crate::problem::Problem;
use crate::wire::{Fields, parse_time};

/// Longest filter, in bytes.
const FILTER_BYTES_MAX: usize = 32 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterWire {
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    all: Vec<ConditionWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionWire {
    source: SourceWire,
    path: String,
    op: Operator,
    #[serde(default, deserialize_with = "given")]
    value: Option<Box<RawValue>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceWire {
    Answer,
    Event,
    Events,
    Trigger,
    User,
    Display,
}

impl From<SourceWire> for Source {
    fn from(source: SourceWire) -> Self {
        match source {
            SourceWire::Answer => Self::Answer,
            SourceWire::Event => Self::Event,
            SourceWire::Events => Self::Events,
            SourceWire::Trigger => Self::Trigger,
            SourceWire::User => Self::User,
            SourceWire::Display => Self::Display,
        }
    }
}

/// Reads a filter; none given lets every row through.
pub(super) fn read(json: Option<&str>) -> Result<ResultsFilter, Problem> {
    let Some(json) = json.filter(|json| !json.is_empty()) else { return Ok(ResultsFilter::default()) };
    let mut fields = Fields::default();
    if json.len() > FILTER_BYTES_MAX {
        fields.wrong("", format!("must be at most {FILTER_BYTES_MAX} bytes"));
        return Err(Problem::invalid(fields.errors));
    }
    let wire: FilterWire = body::json(json.as_bytes())?;
    if wire.all.len() > CONDITIONS_MAX {
        fields.wrong("/all", format!("must have at most {CONDITIONS_MAX} conditions"));
    }
    let day = "must be a date such as 2026-11-23, or a time such as 2026-11-23T16:10:08Z";
    let mut moment = |pointer: &str, text: &str, after: Span| {
        let moment = moment(text, after);
        if moment.is_none() {
            fields.wrong(pointer, day);
        }
        moment
    };
    let from = wire.from.as_deref().and_then(|text| moment("/from", text, Span::ZERO));
    let before = wire.to.as_deref().and_then(|text| moment("/to", text, Span::DAY));
    let mut all = Vec::with_capacity(wire.all.len());
    for (index, condition) in wire.all.iter().enumerate() {
        match Condition::new(&condition.path, condition.op, condition.value.as_deref()) {
            Ok(known) => all.push(RowCondition { source: condition.source.into(), condition: known }),
            Err(error) => fields.wrong(format!("/all/{index}/{}", error.field), error.detail),
        }
    }
    if fields.errors.is_empty() { Ok(ResultsFilter { from, before, all }) } else { Err(Problem::invalid(fields.errors)) }
}

/// A day in UTC and what comes `after` its beginning, or an exact time.
fn moment(text: &str, after: Span) -> Option<Timestamp> {
    match text.len() {
        10 => parse_time(&format!("{text}T00:00:00Z")).map(|midnight| midnight + after),
        _ => parse_time(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(json: &str) -> Vec<String> {
        match read(Some(json)) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|error| error.pointer).collect(),
        }
    }

    #[test]
    fn days_are_whole() {
        let filter = read(Some(r#"{"from": "2026-11-23", "to": "2026-11-23"}"#)).unwrap();
        assert_eq!(filter.before.unwrap().since(filter.from.unwrap()), Span::DAY);
        assert!(read(None).unwrap().is_empty());
        assert!(read(Some(r#"{"from": null, "to": null, "all": []}"#)).unwrap().is_empty());
    }

    #[test]
    fn every_wrong_place_is_named() {
        let condition = r#"{"source": "answer", "path": "", "op": "equals", "value": 1}"#;
        assert_eq!(pointers(&format!(r#"{{"from": "soon", "to": "2026-13-01", "all": [{condition}]}}"#)), ["/from", "/to", "/all/0/path"]);
        assert_eq!(pointers(r#"{"all": [{"source": "event", "path": "a", "op": "less", "value": true}]}"#), ["/all/0/value"]);
        assert_eq!(pointers(r#"{"all": [{"source": "moon", "path": "a", "op": "exists"}]}"#), ["/all/0/source"]);
        assert_eq!(pointers(r#"{"any": []}"#).len(), 1);
    }
}
