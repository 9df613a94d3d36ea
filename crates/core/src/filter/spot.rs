//! Where a value stands in the text of an object: what [`Json`] says, without holding on to the text.

use super::json::{self, Json, Text};
use super::number::Nearest;

/// A value and where it stands, in bytes of the text it was found in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spot {
    Null,
    Boolean(bool),
    Number { part: Part, nearest: Nearest },
    Text { part: Part, has_escapes: bool },
    Array(Part),
    Object(Part),
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    start: u32,
    end: u32,
}

impl Part {
    fn of(part: &str, whole: &str) -> Self {
        let start = part.as_ptr().addr() - whole.as_ptr().addr();
        let place = |place| u32::try_from(place).expect("properties have at most 32 KiB");
        Self { start: place(start), end: place(start + part.len()) }
    }

    fn read(self, whole: &str) -> &str {
        whole.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Spot {
    /// What stands at a path of an object; `None`: nothing.
    pub(crate) fn find(object: &str, path: &str) -> Option<Self> {
        let part = |part| Part::of(part, object);
        Some(match json::at_path(json::within(object), path)? {
            Json::Null => Self::Null,
            Json::Boolean(boolean) => Self::Boolean(boolean),
            Json::Number(number) => Self::Number { part: part(number), nearest: Nearest::to(number) },
            Json::Text(text) => Self::Text { part: part(text.written), has_escapes: text.has_escapes },
            Json::Array(items) => Self::Array(part(items)),
            Json::Object(entries) => Self::Object(part(entries)),
        })
    }

    /// The value, in the text it was found in.
    pub(crate) fn read(self, object: &str) -> Json<'_> {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(boolean) => Json::Boolean(boolean),
            Self::Number { part, .. } => Json::Number(part.read(object)),
            Self::Text { part, has_escapes } => Json::Text(Text { written: part.read(object), has_escapes }),
            Self::Array(part) => Json::Array(part.read(object)),
            Self::Object(part) => Json::Object(part.read(object)),
        }
    }

    /// The double nearest to a number.
    pub(crate) const fn nearest(self) -> Option<Nearest> {
        match self {
            Self::Number { nearest, .. } => Some(nearest),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_reads_as_what_was_found_there() {
        let object = r#" {"none": null, "yes": true, "price": 82.50, "é": {"name": "caf\u00e9"}, "tags": ["a", {"b": 1}], "in": {}} "#;
        for path in ["none", "yes", "price", "é", "é.name", "tags", "in", "nowhere", "é.nowhere"] {
            let found = json::at_path(json::within(object), path);
            assert_eq!(Spot::find(object, path).map(|spot| spot.read(object)), found, "{path}");
        }
        for other in ["", "[]", "7", "{", "null"] {
            assert!(Spot::find(other, "a").is_none());
        }
    }
}
