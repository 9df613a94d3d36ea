//! Whether two objects say the same at a path.

use super::json::{self, Json};
use super::number;
use crate::properties::Properties;

/// Whether both have the same value at a path, as `equals` compares: types count, numbers by value. An array or an object
/// is the same as nothing; nor is anything the same as what is not there.
pub fn same_at(path: &str, one: &Properties, other: &Properties) -> bool {
    match (found(path, one), found(path, other)) {
        (Some(one), Some(other)) => same(one, other),
        _ => false,
    }
}

fn found<'a>(path: &str, properties: &'a Properties) -> Option<Json<'a>> {
    json::at_path(json::within(properties.as_str()), path)
}

fn same(one: Json<'_>, other: Json<'_>) -> bool {
    match (one, other) {
        (Json::Null, Json::Null) => true,
        (Json::Boolean(one), Json::Boolean(other)) => one == other,
        (Json::Number(one), Json::Number(other)) => number::compare(one, other).is_eq(),
        (Json::Text(one), Json::Text(other)) => other.is(&one.read()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_compared_by_type_and_value() {
        let properties = |value: &str| Properties::parse(&format!(r#"{{"a": {{"id": {value}}}}}"#)).unwrap().0;
        for (one, other, same) in [
            ("7", "7.0", true),
            ("7", "\"7\"", false),
            ("12345678901234567890", "12345678901234567891", false),
            (r#""\u00e9""#, "\"é\"", true),
            ("\"a\"", "\"A\"", false),
            ("true", "true", true),
            ("true", "false", false),
            ("null", "null", true),
            ("null", "false", false),
            ("[1]", "[1]", false),
            ("{}", "{}", false),
        ] {
            assert_eq!(same_at("a.id", &properties(one), &properties(other)), same, "{one} and {other}");
            assert_eq!(same_at("a.id", &properties(other), &properties(one)), same, "{other} and {one}");
        }
    }

    #[test]
    fn what_is_not_there_is_the_same_as_nothing() {
        let there = Properties::parse(r#"{"id": null}"#).unwrap().0;
        assert!(same_at("id", &there, &there));
        assert!(!same_at("id", &there, &Properties::empty()));
        assert!(!same_at("id", &Properties::empty(), &Properties::empty()));
    }
}
