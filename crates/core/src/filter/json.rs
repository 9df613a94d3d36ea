//! A look into JSON text that was checked when it came in: no tree is built, nothing is copied. Text that is not JSON
//! after all gives nothing; it never makes this code panic.

use std::borrow::Cow;

/// One value, its parts still text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number as written.
    Number(&'a str),
    /// Text.
    Text(Text<'a>),
    /// What stands between the brackets.
    Array(&'a str),
    /// What stands between the braces.
    Object(&'a str),
}

/// A text: plain, or as JSON writes it between the quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    pub(super) written: &'a str,
    pub(super) has_escapes: bool,
}

impl<'a> Text<'a> {
    /// A text without any escapes.
    pub const fn plain(text: &'a str) -> Self {
        Self { written: text, has_escapes: false }
    }

    /// Whether it says the same as `other`.
    pub fn is(self, other: &str) -> bool {
        if self.has_escapes { Unescaped(self.written).eq(other.chars()) } else { self.written == other }
    }

    /// The text; copied only where it has escapes.
    pub fn read(self) -> Cow<'a, str> {
        if self.has_escapes { Unescaped(self.written).collect::<String>().into() } else { self.written.into() }
    }
}

/// The characters of a text with escapes.
struct Unescaped<'a>(&'a str);

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = self.take()?;
        if first != '\\' {
            return Some(first);
        }
        Some(match self.take()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => self.code_point(),
            other => other,
        })
    }
}

impl Unescaped<'_> {
    fn take(&mut self) -> Option<char> {
        let first = self.0.chars().next()?;
        self.0 = &self.0[first.len_utf8()..];
        Some(first)
    }

    /// Four hexadecimal digits, and the second half of a surrogate pair if they are a first half.
    fn code_point(&mut self) -> char {
        let unit = self.unit().unwrap_or(0xFFFD);
        if (0xD800..0xDC00).contains(&unit)
            && let Some(rest) = self.0.strip_prefix("\\u")
        {
            self.0 = rest;
            let low = self.unit().unwrap_or(0xFFFD);
            let both = 0x10000 + ((unit - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF);
            return char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.0.get(..4)?;
        self.0 = &self.0[4..];
        u32::from_str_radix(digits, 16).ok()
    }
}

/// The value a text begins with.
pub fn value(json: &str) -> Option<Json<'_>> {
    split(json).map(|(value, _)| value)
}

/// What stands between the braces of a text that is one object, and nothing of any other.
pub fn within(object: &str) -> &str {
    object.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default()
}

/// The value of one key among the entries of an object.
pub fn get<'a>(object: &'a str, key: &str) -> Option<Json<'a>> {
    entries(object).find(|(name, _)| name.is(key)).map(|(_, value)| value)
}

/// The value at a path with dots: `author.name` is the key of that name, else `name` within `author`.
pub fn at_path<'a>(object: &'a str, path: &str) -> Option<Json<'a>> {
    if let Some(found) = get(object, path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| match get(object, &path[..dot])? {
        Json::Object(inner) => at_path(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// The entries of an object, from what stands between its braces.
pub fn entries(object: &str) -> impl Iterator<Item = (Text<'_>, Json<'_>)> {
    let mut rest = object;
    std::iter::from_fn(move || {
        let (Json::Text(key), after) = split(rest)? else { return None };
        let (value, after) = split(after.trim_start().strip_prefix(':')?)?;
        rest = after_comma(after);
        Some((key, value))
    })
}

/// The items of an array, from what stands between its brackets.
pub fn items(array: &str) -> impl Iterator<Item = Json<'_>> {
    let mut rest = array;
    std::iter::from_fn(move || {
        let (value, after) = split(rest)?;
        rest = after_comma(after);
        Some(value)
    })
}

fn after_comma(rest: &str) -> &str {
    let rest = rest.trim_start();
    rest.strip_prefix(',').unwrap_or(rest)
}

/// The first value and what comes after it.
fn split(json: &str) -> Option<(Json<'_>, &str)> {
    let json = json.trim_start();
    match json.as_bytes().first()? {
        b'"' => {
            let (end, has_escapes) = string_end(json.as_bytes())?;
            Some((Json::Text(Text { written: json.get(1..end)?, has_escapes }), json.get(end + 1..)?))
        }
        open @ (b'{' | b'[') => {
            let end = nested_end(json.as_bytes())?;
            let inner = json.get(1..end)?;
            Some((if *open == b'{' { Json::Object(inner) } else { Json::Array(inner) }, json.get(end + 1..)?))
        }
        b't' => json.strip_prefix("true").map(|rest| (Json::Boolean(true), rest)),
        b'f' => json.strip_prefix("false").map(|rest| (Json::Boolean(false), rest)),
        b'n' => json.strip_prefix("null").map(|rest| (Json::Null, rest)),
        b'-' | b'0'..=b'9' => {
            let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
            let end = json.bytes().position(|byte| !is_part(byte)).unwrap_or(json.len());
            Some((Json::Number(&json[..end]), &json[end..]))
        }
        _ => None,
    }
}

/// Where the string that begins at the first byte ends, and whether it has escapes.
fn string_end(json: &[u8]) -> Option<(usize, bool)> {
    let mut at = 1;
    let mut has_escapes = false;
    loop {
        match json.get(at)? {
            b'"' => return Some((at, has_escapes)),
            b'\\' => {
                has_escapes = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// Where the object or array that begins at the first byte ends.
fn nested_end(json: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match json.get(at)? {
            b'"' => at += string_end(&json[at..])?.0,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
}
