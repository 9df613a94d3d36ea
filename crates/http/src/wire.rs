//! Wire forms shared by several calls: times, ids of users, attributes, properties.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::fmt::temporal::DateTimeParser;
use serde_json::value::RawValue;
use sonde_core::attribute::{AttributeChange, AttributeValue};
use sonde_core::id::WorkspaceId;
use sonde_core::properties::{Properties, PropertyShape};
use sonde_core::time::Timestamp;
use sonde_core::user::{Namespace, UserId, UserRef};
use sonde_service::FieldError;

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn format_time(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.as_millis()) {
        Ok(time) => format!("{time:.3}"),
        // Beyond the year 9999 there is no RFC 3339.
        Err(_) => at.as_millis().to_string(),
    }
}

/// From RFC 3339 with any offset; anything finer than a millisecond is cut off.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    // RFC 3339 has a T (or a space) between date and time and nothing after the offset.
    if text.len() > 40 || text.contains('[') {
        return None;
    }
    PARSER.parse_timestamp(text).ok().map(|time| Timestamp::from_millis(time.as_millisecond()))
}

/// An entity tag from a hash: its first 12 bytes in hexadecimal digits.
pub(crate) fn etag(hash: &[u8; 32]) -> String {
    let mut first = [0; 16];
    first[4..].copy_from_slice(&hash[..12]);
    format!("\"{:024x}\"", u128::from_be_bytes(first))
}

/// Collects what is wrong with several fields, so that all of it is said at once.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) errors: Vec<FieldError>,
}

impl Fields {
    /// Notes what is wrong.
    pub(crate) fn wrong(&mut self, pointer: impl Into<String>, detail: impl ToString) {
        self.errors.push(FieldError::new(pointer, detail));
    }

    /// The value, or a note of what is wrong with it.
    pub(crate) fn take<T, E: ToString>(&mut self, pointer: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.wrong(pointer, error)).ok()
    }

    /// A text field.
    pub(crate) fn text<'a>(&mut self, pointer: &str, raw: Option<&'a RawValue>) -> Option<Cow<'a, str>> {
        let raw = present(raw)?;
        self.take(pointer, string(raw.get()).ok_or("must be a string"))
    }

    /// A user: exactly one of `user_id` (a string or an integer) and `anonymous_id` (a string).
    pub(crate) fn user(&mut self, workspace: WorkspaceId, user_id: Option<&RawValue>, anonymous_id: Option<&RawValue>) -> Option<UserRef> {
        let (namespace, pointer, text) = match (present(user_id), present(anonymous_id)) {
            (Some(raw), None) => (Namespace::Identified, "/user_id", self.take("/user_id", string_or_integer(raw))?),
            (None, Some(raw)) => (Namespace::Anonymous, "/anonymous_id", self.text("/anonymous_id", Some(raw))?),
            (None, None) => {
                self.wrong("/user_id", "exactly one of user_id and anonymous_id is needed");
                return None;
            }
            (Some(_), Some(_)) => {
                self.wrong("/anonymous_id", "must not be given together with user_id");
                return None;
            }
        };
        let id = self.take(pointer, UserId::new(&text))?;
        Some(UserRef { workspace, namespace, id })
    }

    /// Properties; absent means none.
    pub(crate) fn properties(&mut self, pointer: &str, raw: Option<&RawValue>) -> Option<(Properties, Vec<PropertyShape>)> {
        let Some(raw) = present(raw) else { return Some((Properties::empty(), Vec::new())) };
        match Properties::parse(raw.get()) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.wrong(format!("{pointer}{}", error.pointer), error.detail);
                None
            }
        }
    }

    /// Attribute changes: text, numbers, booleans; null removes.
    pub(crate) fn attributes(&mut self, attributes: &BTreeMap<String, Box<RawValue>>) -> Vec<AttributeChange> {
        let mut changes = Vec::with_capacity(attributes.len());
        for (name, raw) in attributes {
            match attribute(raw.get()) {
                Ok(value) => changes.push((name.as_str().into(), value)),
                Err(detail) => self.wrong(format!("/attributes/{}", name.replace('~', "~0").replace('/', "~1")), detail),
            }
        }
        changes
    }
}

/// A field that is there and not null.
pub(crate) fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

fn attribute(json: &str) -> Result<Option<AttributeValue>, &'static str> {
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|_| "is not a valid string")?;
            if text.contains('\0') {
                return Err("must not contain U+0000");
            }
            Ok(Some(AttributeValue::Text(text.into())))
        }
        Some(b't' | b'f') => Ok(Some(AttributeValue::Boolean(json == "true"))),
        Some(b'n') => Ok(None),
        Some(b'{' | b'[') | None => Err("must be a string, a number, a boolean or null"),
        Some(_) if json.len() > 64 => Err("must be a number of at most 64 characters"),
        Some(_) => Ok(Some(AttributeValue::Number(json.into()))),
    }
}

/// The text of a JSON string; copied only where it has escapes.
fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// The text of a string, or of an integer as it was written.
fn string_or_integer(raw: &RawValue) -> Result<Cow<'_, str>, &'static str> {
    const EXPECTED: &str = "must be a string or an integer";
    let json = raw.get();
    if json.starts_with('"') {
        return string(json).ok_or(EXPECTED);
    }
    let digits = json.strip_prefix('-').unwrap_or(json);
    let integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if integer { Ok(json.into()) } else { Err(EXPECTED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_in_rfc_3339() {
        let at = parse_time("2026-11-23T16:10:08.1239+01:00").unwrap();
        assert_eq!(format_time(at), "2026-11-23T15:10:08.123Z");
        assert_eq!(format_time(Timestamp::from_millis(0)), "1970-01-01T00:00:00.000Z");
        for bad in ["2026-11-23", "1700000000", "2026-11-23T16:10:08", "2026-11-23T16:10:08Z[UTC]", "yesterday", ""] {
            assert!(parse_time(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_user_id_is_a_string_or_an_integer_kept_as_its_text() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        assert_eq!(string_or_integer(&raw("\"u\\u0031\"")).as_deref(), Ok("u1"));
        assert_eq!(string_or_integer(&raw("\"é1\"")).as_deref(), Ok("é1"));
        assert_eq!(string_or_integer(&raw("\"\"")).as_deref(), Ok(""));
        assert_eq!(string_or_integer(&raw("12345678901234567890123")).as_deref(), Ok("12345678901234567890123"));
        assert_eq!(string_or_integer(&raw("-7")).as_deref(), Ok("-7"));
        for bad in ["1.0", "1e3", "true", "{}", "[]"] {
            assert!(string_or_integer(&raw(bad)).is_err(), "{bad}");
        }
    }
}
