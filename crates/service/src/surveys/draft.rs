//! Drafts as text: anything that is a JSON object, whether or not it is a survey yet.

use serde_json::Value;
use sonde_core::limits::SURVEY_DOCUMENT_BYTES_MAX;
use sonde_core::properties::Properties;

use crate::error::Error;

/// Refuses what cannot be stored at all.
pub(super) fn check(draft: &str) -> Result<(), Error> {
    if draft.len() > SURVEY_DOCUMENT_BYTES_MAX {
        return Err(Error::invalid("/document", format!("must be at most {SURVEY_DOCUMENT_BYTES_MAX} bytes")));
    }
    match serde_json::from_str::<Value>(draft) {
        Ok(Value::Object(_)) => Ok(()),
        _ => Err(Error::invalid("/document", "must be a JSON object")),
    }
}

/// The name that a draft gives itself, as far as it has one.
pub fn name_of(draft: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        name: Value,
    }
    match serde_json::from_str::<Named>(draft) {
        Ok(Named { name: Value::String(name) }) => name,
        _ => String::new(),
    }
}

/// Whether two documents say the same, however they are written.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || matches!((serde_json::from_str::<Value>(a), serde_json::from_str::<Value>(b)), (Ok(a), Ok(b)) if a == b)
}

/// The same document under another name; everything else keeps its text.
pub(super) fn copy_of(draft: &str) -> String {
    let name = Value::from(format!("{} (copy)", name_of(draft).chars().take(190).collect::<String>()).trim_start()).to_string();
    let entries = Properties::from_stored(draft).entries();
    let others = entries.iter().filter(|(key, _)| key != "name").map(|(key, value)| (Value::from(key.as_str()), value.get()));
    let mut copy = format!("{{\"name\":{name}");
    for (key, value) in others {
        copy.extend([",", &key.to_string(), ":", value]);
    }
    copy.push('}');
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_says_the_same_under_another_name() {
        let copy = copy_of(r#"{"format_version": 1, "name": "Sleep \"well\"", "n": 1.50, "o": {"name": "x"}}"#);
        assert_eq!(copy, r#"{"name":"Sleep \"well\" (copy)","format_version":1,"n":1.50,"o":{"name": "x"}}"#);
        assert_eq!(copy_of("{}"), r#"{"name":"(copy)"}"#);
    }

    #[test]
    fn only_objects_are_drafts() {
        for bad in ["[]", "1", "", "{", "null"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        let padded = format!("{{{}}}", " ".repeat(SURVEY_DOCUMENT_BYTES_MAX - 2));
        assert!(check(&padded).is_ok());
        assert!(check(&format!("{padded} ")).is_err());
    }

    #[test]
    fn order_and_spaces_make_no_difference() {
        assert!(same(r#"{"a": 1, "b": [1]}"#, r#"{"b":[1],"a":1}"#));
        assert!(!same(r#"{"a": 1}"#, r#"{"a": 2}"#));
    }
}
