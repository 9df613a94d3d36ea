//! Properties: any JSON object, kept as the text it came in, checked once.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::{PROPERTIES_DEPTH_MAX, PROPERTIES_KEYS_MAX};

/// A JSON object as text. Numbers keep their text; of a repeated key only the last stands. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Properties(Arc<str>);

/// The JSON type of a value, as the dashboard shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JsonType {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// Any number.
    Number,
    /// Text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// The type of one top-level key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyShape {
    /// The key.
    pub key: Box<str>,
    /// Its type in this object.
    pub json_type: JsonType,
}

/// Why properties are refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct InvalidProperties {
    /// JSON pointer within the object, `""` for the object itself.
    pub pointer: String,
    /// What is wrong, for people.
    pub detail: String,
    /// Whether the text is not JSON at all, rather than JSON that breaks a rule.
    pub malformed: bool,
}

impl Properties {
    /// The empty object.
    pub fn empty() -> Self {
        Self("{}".into())
    }

    /// Checks a JSON text against the rules for properties; also says the type of each top-level key.
    pub fn parse(json: &str) -> Result<(Self, Vec<PropertyShape>), InvalidProperties> {
        let mut walk = Walk::default();
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let walked = Value { walk: &mut walk, depth: 1, root: true }.deserialize(&mut deserializer).and_then(|_| deserializer.end());
        if let Err(error) = walked {
            return Err(walk.refusal(&error));
        }
        let text = if walk.repeated_key { without_repeated_keys(json) } else { json.into() };
        Ok((Self(text), walk.shapes))
    }

    /// From text that was checked when it was stored.
    pub fn from_stored(json: &str) -> Self {
        Self(json.into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the top-level values, by key, in order of first appearance.
    pub fn entries(&self) -> Vec<(String, Box<RawValue>)> {
        serde_json::from_str::<Entries>(&self.0).map(|entries| entries.0).unwrap_or_default()
    }
}

impl Default for Properties {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// State of one walk over an object.
#[derive(Default)]
struct Walk {
    keys: usize,
    shapes: Vec<PropertyShape>,
    repeated_key: bool,
    /// Set where a rule was broken; the pointer is completed while unwinding.
    broken: Option<(String, String)>,
}

impl Walk {
    fn break_rule<E: serde::de::Error>(&mut self, detail: impl Into<String>) -> E {
        let detail = detail.into();
        let error = E::custom(&detail);
        self.broken = Some((String::new(), detail));
        error
    }

    fn unwind_through(&mut self, segment: &str) {
        if let Some((pointer, _)) = &mut self.broken {
            *pointer = format!("/{}{pointer}", segment.replace('~', "~0").replace('/', "~1"));
        }
    }

    fn refusal(self, error: &serde_json::Error) -> InvalidProperties {
        match self.broken {
            Some((pointer, detail)) => InvalidProperties { pointer, detail, malformed: false },
            None => InvalidProperties { pointer: String::new(), detail: format!("not valid JSON: {error}"), malformed: true },
        }
    }
}

struct Value<'a> {
    walk: &'a mut Walk,
    depth: usize,
    root: bool,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = JsonType;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonType, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Value<'_> {
    fn scalar<E: serde::de::Error>(self, json_type: JsonType) -> Result<JsonType, E> {
        if self.root { Err(self.walk.break_rule("must be a JSON object")) } else { Ok(json_type) }
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth > PROPERTIES_DEPTH_MAX {
            return Err(self.walk.break_rule(format!("must not nest deeper than {PROPERTIES_DEPTH_MAX} levels")));
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = JsonType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<JsonType, E> {
        self.scalar(JsonType::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<JsonType, E> {
        self.scalar(JsonType::Boolean)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<JsonType, E> {
        self.scalar(JsonType::Number)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<JsonType, E> {
        self.scalar(JsonType::Number)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<JsonType, E> {
        self.scalar(JsonType::Number)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<JsonType, E> {
        if text.contains('\0') {
            return Err(self.walk.break_rule("must not contain \\u0000"));
        }
        self.scalar(JsonType::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<JsonType, A::Error> {
        if self.root {
            return Err(self.walk.break_rule("must be a JSON object"));
        }
        self.enter()?;
        let mut index = 0_usize;
        loop {
            let item = Value { walk: self.walk, depth: self.depth + 1, root: false };
            match items.next_element_seed(item) {
                Ok(Some(_)) => index += 1,
                Ok(None) => return Ok(JsonType::Array),
                Err(error) => {
                    self.walk.unwind_through(&index.to_string());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<JsonType, A::Error> {
        self.enter()?;
        let mut seen: Vec<Box<str>> = Vec::new();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            self.walk.keys += 1;
            if self.walk.keys > PROPERTIES_KEYS_MAX {
                return Err(self.walk.break_rule(format!("must not have more than {PROPERTIES_KEYS_MAX} keys over all levels")));
            }
            if key.contains('\0') {
                return Err(self.walk.break_rule("a key must not contain \\u0000"));
            }
            let value = Value { walk: self.walk, depth: self.depth + 1, root: false };
            let json_type = match entries.next_value_seed(value) {
                Ok(json_type) => json_type,
                Err(error) => {
                    self.walk.unwind_through(&key);
                    return Err(error);
                }
            };
            let key: Box<str> = key.into();
            self.walk.repeated_key |= seen.contains(&key);
            if self.root {
                self.walk.shapes.retain(|shape| shape.key != key);
                self.walk.shapes.push(PropertyShape { key: key.clone(), json_type });
            }
            seen.push(key);
        }
        Ok(JsonType::Object)
    }
}

/// The entries of an object; of a repeated key the last value, at the place of the first.
struct Entries(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    if let Some(known) = entries.iter_mut().find(|(known, _)| *known == key) {
                        known.1 = value;
                    } else if entries.len() < PROPERTIES_KEYS_MAX {
                        entries.push((key, value));
                    } else {
                        return Err(A::Error::custom("too many keys"));
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Writes a checked JSON text again with the last of each repeated key, numbers as they were.
fn without_repeated_keys(json: &str) -> Arc<str> {
    let mut out = String::with_capacity(json.len());
    write_value(json, &mut out);
    out.into()
}

fn write_value(json: &str, out: &mut String) {
    let json = json.trim_matches([' ', '\t', '\n', '\r']);
    if json.starts_with('{')
        && let Ok(Entries(entries)) = serde_json::from_str(json)
    {
        write_list(out, ['{', '}'], entries, |(key, value), out| {
            out.push_str(&serde_json::Value::String(key).to_string());
            out.push(':');
            write_value(value.get(), out);
        });
    } else if json.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(json)
    {
        write_list(out, ['[', ']'], items, |item, out| write_value(item.get(), out));
    } else {
        out.push_str(json);
    }
}

fn write_list<T>(out: &mut String, [open, close]: [char; 2], items: Vec<T>, mut write: impl FnMut(T, &mut String)) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(json: &str, stored: &str) {
        let (properties, _) = Properties::parse(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(properties.as_str(), stored);
    }

    fn refuses(json: &str, pointer: &str, detail: &str) {
        let error = Properties::parse(json).expect_err(json);
        assert_eq!(error.pointer, pointer, "{error}");
        assert!(error.detail.contains(detail), "{}", error.detail);
    }

    fn nested(levels: usize) -> String {
        format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels))
    }

    #[test]
    fn text_is_kept_as_it_came() {
        accepts(
            r#"{"price": 82.50, "big": 123456789012345678901234567890, "é": [1e3]}"#,
            r#"{"price": 82.50, "big": 123456789012345678901234567890, "é": [1e3]}"#,
        );
        accepts("{}", "{}");
    }

    #[test]
    fn the_last_of_a_repeated_key_stands_and_numbers_keep_their_text() {
        accepts(r#"{"a": 1.50, "b": {"x": 1, "x": 2.0}, "a": 2.50}"#, r#"{"a":2.50,"b":{"x":2.0}}"#);
        accepts(r#"{"a":1,"a":[{"b":1,"b":2}]}"#, r#"{"a":[{"b":2}]}"#);
        accepts("{ \"a\" : 1 ,\n \"a\" : [ 1 , 2.50 ] }", r#"{"a":[1,2.50]}"#);
    }

    #[test]
    fn the_same_key_of_different_objects_is_not_repeated() {
        let json = r#"{ "a": {"x": 1}, "b": {"x": 2}, "x": [{"x": 3}, {"x": 4}] }"#;
        accepts(json, json);
    }

    #[test]
    fn a_key_with_signs_is_written_again_as_json() {
        accepts(r#"{"q\"\\\n":1,"q\"\\\n":2}"#, r#"{"q\"\\\n":2}"#);
    }

    #[test]
    fn a_repeated_key_keeps_its_place_and_its_last_type() {
        let (properties, shapes) = Properties::parse(r#"{"a":1,"b":true,"a":"x"}"#).unwrap();
        let entries: Vec<(String, String)> = properties.entries().into_iter().map(|(key, value)| (key, value.get().to_owned())).collect();
        assert_eq!(entries, [("a".to_owned(), "\"x\"".to_owned()), ("b".to_owned(), "true".to_owned())]);
        let of_a: Vec<JsonType> = shapes.iter().filter(|shape| &*shape.key == "a").map(|shape| shape.json_type).collect();
        assert_eq!(of_a, [JsonType::String]);
    }

    #[test]
    fn what_was_kept_is_kept_again_unchanged() {
        for json in [r#"{"a":1,"a":{"b":[1e3,-0,0.10],"b":[]}}"#, r#"{"é":"\u00e9","a":1}"#] {
            let (once, _) = Properties::parse(json).unwrap();
            let (twice, _) = Properties::parse(once.as_str()).unwrap();
            assert_eq!(once, twice);
        }
    }

    #[test]
    fn numbers_go_as_far_as_a_double() {
        accepts(r#"{"n": [1e308, -1E-400, 18446744073709551616]}"#, r#"{"n": [1e308, -1E-400, 18446744073709551616]}"#);
        refuses(r#"{"n":1e309}"#, "", "not valid JSON");
    }

    #[test]
    fn very_deep_nesting_is_refused_where_it_gets_too_deep() {
        let lists = format!(r#"{{"a":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        refuses(&lists, "/a/0/0/0/0/0/0/0", "8 levels");
    }

    #[test]
    fn repeated_keys_count_too() {
        let repeated = format!("{{{}}}", vec![r#""k":0"#; PROPERTIES_KEYS_MAX + 1].join(","));
        refuses(&repeated, "", "256 keys");
    }

    #[test]
    fn an_escaped_spelling_of_a_key_is_the_same_key() {
        accepts(r#"{"a":1,"\u0061":2}"#, r#"{"a":2}"#);
    }

    #[test]
    fn what_is_not_an_object_or_not_json_is_refused() {
        refuses("[]", "", "must be a JSON object");
        refuses("7", "", "must be a JSON object");
        refuses(r#"{"a":1"#, "", "not valid JSON");
        refuses(r#"{"a":1} x"#, "", "not valid JSON");
        for lone in [r#"{"a":"\ud800"}"#, r#"{"a":"\udc00"}"#, r#"{"a":"\ud800\u0041"}"#, r#"{"\ud800":1}"#] {
            refuses(lone, "", "not valid JSON");
        }
        accepts(r#"{"a":"\ud83d\ude34"}"#, r#"{"a":"\ud83d\ude34"}"#);
    }

    #[test]
    fn nul_is_refused_where_it_stands() {
        refuses(r#"{"a":{"b/c":["x","\u0000"]}}"#, "/a/b~1c/1", "u0000");
        refuses(r#"{"a\u0000":1}"#, "", "u0000");
    }

    #[test]
    fn nesting_is_limited_at_exactly_eight_levels() {
        assert!(Properties::parse(&nested(PROPERTIES_DEPTH_MAX)).is_ok());
        refuses(&nested(PROPERTIES_DEPTH_MAX + 1), "/a/a/a/a/a/a/a/a", "8 levels");
    }

    #[test]
    fn keys_are_counted_over_all_levels() {
        let flat = |n: usize| (0..n).map(|i| format!(r#""k{i}":0"#)).collect::<Vec<_>>().join(",");
        let most = format!(r#"{{"in":{{{}}}}}"#, flat(PROPERTIES_KEYS_MAX - 1));
        assert!(Properties::parse(&most).is_ok());
        let one_more = format!(r#"{{"in":{{{}}}}}"#, flat(PROPERTIES_KEYS_MAX));
        refuses(&one_more, "/in", "256 keys");
    }

    #[test]
    fn top_level_types_are_learnt() {
        use JsonType::{Array, Boolean, Null, Number, Object, String};

        let (_, shapes) = Properties::parse(r#"{"a":1,"b":"x","c":null,"d":[],"e":{},"f":true}"#).unwrap();
        let types: Vec<_> = shapes.iter().map(|shape| shape.json_type).collect();
        assert_eq!(types, [Number, String, Null, Array, Object, Boolean]);
    }
}
