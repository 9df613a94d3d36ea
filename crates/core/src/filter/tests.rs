//! Runs `spec/filter/*.json`, and what holds for any text.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::limits::FILTER_PATH_SCALARS_MAX;

/// One vector as `spec/README.md` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    why: String,
    properties: Box<RawValue>,
    conditions: Vec<ConditionJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionJson {
    path: String,
    op: Operator,
    #[serde(default, deserialize_with = "given")]
    value: Option<Box<RawValue>>,
    holds: bool,
}

#[test]
fn every_vector_holds_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/filter");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for vector in serde_json::from_str::<Vec<Vector>>(&text).unwrap() {
            assert!(!vector.why.is_empty(), "{}", vector.name);
            let (properties, _) = Properties::parse(vector.properties.get()).unwrap();
            for condition in vector.conditions {
                let raw = condition.value.as_deref();
                let found = Condition::new(&condition.path, condition.op, raw).unwrap_or_else(|error| panic!("{}: {error:?}", vector.name));
                assert_eq!(found.holds(&properties), condition.holds, "{}: {found:?}", vector.name);
                count += 1;
            }
        }
    }
    assert!(count >= 80, "only {count} conditions were found");
}

fn new(path: &str, operator: Operator, value: Option<&str>) -> Result<Condition, &'static str> {
    let raw = value.map(|json| RawValue::from_string(json.to_owned()).unwrap());
    Condition::new(path, operator, raw.as_deref()).map_err(|error| error.field)
}

#[test]
fn conditions_are_checked_at_their_edges() {
    let longest = "ü".repeat(FILTER_PATH_SCALARS_MAX);
    assert!(new(&longest, Operator::Exists, None).is_ok());
    assert_eq!(new(&format!("{longest}x"), Operator::Exists, None), Err("path"));
    assert_eq!(new("", Operator::Exists, None), Err("path"));
    assert!(new("a.a.a.a.a.a.a.a", Operator::Exists, None).is_ok());
    assert_eq!(new("a.a.a.a.a.a.a.a.a", Operator::Exists, None), Err("path"));
    assert_eq!(new("a", Operator::Exists, Some("1")), Err("value"));
    assert_eq!(new("a", Operator::Equals, None), Err("value"));
    assert_eq!(new("a", Operator::Equals, Some("[1]")), Err("value"));
    assert_eq!(new("a", Operator::In, Some("1")), Err("value"));
    assert_eq!(new("a", Operator::In, Some("[]")), Err("value"));
    assert_eq!(new("a", Operator::In, Some("[[1]]")), Err("value"));
    let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert!(new("a", Operator::In, Some(&list(FILTER_VALUES_MAX))).is_ok());
    assert_eq!(new("a", Operator::In, Some(&list(FILTER_VALUES_MAX + 1))), Err("value"));
    for takes_list in [Operator::NotIn, Operator::AnyOf, Operator::AllOf] {
        assert_eq!(new("a", takes_list, Some("\"x\"")), Err("value"));
        assert_eq!(new("a", takes_list, Some("[]")), Err("value"));
        assert!(new("a", takes_list, Some("[\"x\"]")).is_ok());
    }
    assert_eq!(new("a", Operator::NotContains, Some("[1]")), Err("value"));
    assert_eq!(new("a", Operator::Matches, Some("1")), Err("value"));
    assert_eq!(new("a", Operator::Matches, Some("\"(\"")), Err("value"));
    assert!(new("a", Operator::Matches, Some("\"^a+$\"")).is_ok());
    assert_eq!(new("a", Operator::Greater, Some("true")), Err("value"));
    assert_eq!(new("a", Operator::Less, Some("\"soon\"")), Err("value"));
    assert!(new("a", Operator::Less, Some("\"2026-11-23\"")).is_ok());
    assert_eq!(new("a", Operator::StartsWith, Some("1")), Err("value"));
    let text = |scalars: usize| format!("\"{}\"", "ü".repeat(scalars));
    assert!(new("a", Operator::Equals, Some(&text(FILTER_VALUE_SCALARS_MAX))).is_ok());
    assert_eq!(new("a", Operator::Equals, Some(&text(FILTER_VALUE_SCALARS_MAX + 1))), Err("value"));
}

#[test]
fn an_operator_is_written_as_it_is_read() {
    use Operator::{
        AllOf, AnyOf, Contains, EndsWith, Equals, Exists, Greater, GreaterOrEqual, In, Less, LessOrEqual, Matches, NotContains, NotEquals,
        NotExists, NotIn, StartsWith,
    };
    let all = [
        Equals,
        NotEquals,
        In,
        NotIn,
        Contains,
        NotContains,
        AnyOf,
        AllOf,
        Matches,
        StartsWith,
        EndsWith,
        Greater,
        GreaterOrEqual,
        Less,
        LessOrEqual,
        Exists,
        NotExists,
    ];
    for operator in all {
        assert_eq!(serde_json::from_value::<Operator>(operator.as_str().into()).unwrap(), operator);
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| serde_json::Number::from_f64(number).map_or(serde_json::Value::Null, Into::into)),
        "[a-c.\"\\\\\\n😴é]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::btree_map("[a-c.\"\\\\😴]{1,3}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// What the text says, compared with what a full parser reads.
fn same(found: Json<'_>, value: &serde_json::Value) -> bool {
    match (found, value) {
        (Json::Null, serde_json::Value::Null) => true,
        (Json::Boolean(a), serde_json::Value::Bool(b)) => a == *b,
        (Json::Number(a), serde_json::Value::Number(b)) => a == b.to_string(),
        (Json::Text(a), serde_json::Value::String(b)) => a.is(b) && a.read() == *b,
        (Json::Array(items), serde_json::Value::Array(list)) => {
            json::items(items).count() == list.len() && json::items(items).zip(list).all(|(a, b)| same(a, b))
        }
        (Json::Object(object), serde_json::Value::Object(map)) => {
            json::entries(object).count() == map.len() && map.iter().all(|(key, b)| json::get(object, key).is_some_and(|a| same(a, b)))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn the_text_reads_as_a_parser_reads_it(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert!(same(json::value(&text).unwrap(), &value), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_a_filter_panic(text in any::<String>(), noise in "[\\[\\]{}\":,\\\\u0-9a-fe. -]{0,40}", path in "[a-c]{1,2}(\\.[a-c]{0,2}){0,4}") {
        for text in [text, noise.clone(), format!("{{\"a\":{noise}}}"), format!("{{\"a\":\"{noise}\"}}")] {
            let properties = Properties::from_stored(&text);
            for (operator, value) in [(Operator::Equals, "1"), (Operator::Contains, "\"a\""), (Operator::Less, "1.5"), (Operator::Greater, "\"2026-01-01\"")] {
                let _ = new(&path, operator, Some(value)).unwrap().holds(&properties);
            }
        }
    }

    #[test]
    fn not_equals_is_the_opposite_of_equals(value in any_json(), wanted in prop_oneof![Just("1"), Just("\"a\""), Just("null"), Just("true")]) {
        let properties = Properties::from_stored(&format!("{{\"a\":{value}}}"));
        let equals = new("a", Operator::Equals, Some(wanted)).unwrap();
        prop_assert_ne!(equals.holds(&properties), equals.with_operator(Operator::NotEquals).holds(&properties));
        let contains = equals.with_operator(Operator::Contains);
        prop_assert_ne!(contains.holds(&properties), contains.with_operator(Operator::NotContains).holds(&properties));
        let within = new("a", Operator::In, Some(&format!("[{wanted}]"))).unwrap();
        prop_assert_eq!(within.holds(&properties), equals.holds(&properties));
        prop_assert_ne!(within.holds(&properties), within.with_operator(Operator::NotIn).holds(&properties));
    }
}
