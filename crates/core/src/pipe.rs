//! Values in texts: `{{event.author.name | "your book"}}` says the author's name, or "your book" where there is none.
//!
//! A pipe is a source (`event`, `events`, `trigger` or `user`), a dot, a path (after `events` the name of a backend trigger,
//! a dot, a path), `|`, and the fallback in double quotes, within which
//! `\"` is a quote and `\\` a backslash. `\{{` in a text stands for `{{`.
//!
//! Content goes to browsers without any value: in it a pipe is `{{p0}}`, by its number within the survey version, and
//! `\{{` is as written. The values come with the answer that claims a display.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::facts::{Facts, Source, names_trigger};
use crate::filter::json::Json;
use crate::limits::{FILTER_PATH_SCALARS_MAX, PIPED_SCALARS_MAX, PIPES_PER_SURVEY_MAX, PROPERTIES_DEPTH_MAX};
use crate::survey::SurveyDocument;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A place in a text that takes a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pipe {
    /// Where the value comes from.
    pub source: Source,
    /// Where within.
    pub path: Box<str>,
    /// What is said where there is no such value, or none that can be said.
    pub fallback: Box<str>,
}

/// Why a text with pipes is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPipe {
    /// No `}}` follows.
    #[error("\"{{{{\" must be closed by \"}}}}\"; write \"\\{{{{\" for the two signs themselves")]
    Unclosed,
    /// It does not begin with a source and a dot.
    #[error(
        "a value must be written as {{{{event.…}}}}, {{{{trigger.…}}}} or {{{{user.…}}}}, not {{{{{0}}}}}; write \"\\{{{{\" for the two signs themselves"
    )]
    UnknownSource(String),
    /// The path is empty, too long, too deep, or has signs that no path has.
    #[error("{{{{{0}}}}} must name a property by 1 to {FILTER_PATH_SCALARS_MAX} characters in at most {PROPERTIES_DEPTH_MAX} levels")]
    Path(String),
    /// `events` is not followed by a backend trigger that the survey waits for.
    #[error("{{{{{0}}}}} must name one of the survey's backend triggers and then a property of it")]
    UnknownTrigger(String),
    /// There is nothing to say when there is no value.
    #[error("{{{{{0}}}}} needs a fallback: {{{{{0} | \"…\"}}}}")]
    NoFallback(String),
    /// What follows the bar is not one text in double quotes.
    #[error("the fallback in {{{{{0}}}}} must be one text in double quotes")]
    Fallback(String),
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// To be said as it is.
    Text(&'a str),
    /// `\{{`
    Braces,
    /// What stands between `{{` and `}}`.
    Pipe(&'a str),
    /// What follows a `{{` that nothing closes.
    Unclosed,
}

/// Cuts a text into pieces.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = match rest.find(OPEN) {
            None => (Piece::Text(rest), ""),
            Some(at) if rest[..at].ends_with('\\') && at > 1 => (Piece::Text(&rest[..at - 1]), &rest[at - 1..]),
            Some(at) if rest[..at].ends_with('\\') => (Piece::Braces, &rest[at + OPEN.len()..]),
            Some(0) => match closing(&rest[OPEN.len()..]) {
                Some(end) => (Piece::Pipe(&rest[OPEN.len()..OPEN.len() + end]), &rest[OPEN.len() + end + CLOSE.len()..]),
                None => (Piece::Unclosed, ""),
            },
            Some(at) => (Piece::Text(&rest[..at]), &rest[at..]),
        };
        rest = after;
        Some(piece)
    })
}

/// Where the first `}}` outside quotes is.
fn closing(inner: &str) -> Option<usize> {
    let mut quoted = false;
    let mut signs = inner.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => quoted = !quoted,
            '\\' if quoted => {
                signs.next();
            }
            '}' if !quoted && inner[at..].starts_with(CLOSE) => return Some(at),
            _ => {}
        }
    }
    None
}

impl Pipe {
    /// From what stands between `{{` and `}}`.
    fn parse(inner: &str) -> Result<Self, InvalidPipe> {
        let (what, fallback) = match inner.split_once('|') {
            Some((what, fallback)) => (what.trim(), Some(fallback.trim())),
            None => (inner.trim(), None),
        };
        let (source, path) = what.split_once('.').unwrap_or((what, ""));
        let known = [Source::Event, Source::Events, Source::Trigger, Source::User].into_iter().find(|known| known.name() == source);
        let source = known.ok_or_else(|| InvalidPipe::UnknownSource(shortened(what)))?;
        // The names of attributes and of triggers may have dots of their own.
        let levels = if matches!(source, Source::Event | Source::Trigger) { path.split('.').count() } else { 1 };
        let fits = (1..=FILTER_PATH_SCALARS_MAX).contains(&path.chars().count())
            && levels <= PROPERTIES_DEPTH_MAX
            && !path.chars().any(|sign| matches!(sign, '{' | '}' | '"') || sign.is_control());
        if !fits {
            return Err(InvalidPipe::Path(shortened(what)));
        }
        let fallback = fallback.ok_or_else(|| InvalidPipe::NoFallback(shortened(what)))?;
        let fallback = unquoted(fallback).ok_or_else(|| InvalidPipe::Fallback(shortened(inner.trim())))?;
        Ok(Self { source, path: path.into(), fallback: fallback.into() })
    }

    /// What to say: a text, number, true or false that the facts have there, else the fallback. A text is cut at
    /// [`PIPED_SCALARS_MAX`]; a number that long is not said, for it would be another one.
    pub fn value<'a>(&'a self, facts: &Facts<'a>) -> Cow<'a, str> {
        let said = match facts.find(&self.source, &self.path) {
            Some(Json::Text(text)) => Some(cut(text.read())).filter(|text| !text.trim().is_empty()),
            Some(Json::Number(number)) if number.len() <= PIPED_SCALARS_MAX => Some(number.into()),
            Some(Json::Boolean(boolean)) => Some(if boolean { "true" } else { "false" }.into()),
            Some(Json::Number(_) | Json::Null | Json::Array(_) | Json::Object(_)) | None => None,
        };
        said.unwrap_or_else(|| self.fallback.as_ref().into())
    }
}

fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().count() <= PIPED_SCALARS_MAX {
        return text;
    }
    text.chars().take(PIPED_SCALARS_MAX - 1).chain(['…']).collect::<String>().into()
}

/// Enough of a pipe to find it again.
fn shortened(text: &str) -> String {
    const SCALARS_MAX: usize = 60;
    let cut = text.chars().count() > SCALARS_MAX;
    text.chars().take(SCALARS_MAX).chain(cut.then_some('…')).collect()
}

/// What stands between double quotes, if nothing stands outside them.
fn unquoted(text: &str) -> Option<String> {
    let mut signs = text.strip_prefix('"')?.chars();
    let mut read = String::new();
    loop {
        match signs.next()? {
            '"' => return signs.as_str().is_empty().then_some(read),
            '\\' => read.push(signs.next()?),
            sign => read.push(sign),
        }
    }
}

/// Checks the pipes of a text, in a survey with these backend triggers. Returns what it says about a user, the first such
/// place: `event.author.name`.
pub(crate) fn check(text: &str, backend_triggers: &[String]) -> Result<Option<String>, InvalidPipe> {
    pieces(text).try_fold(None, |personal, piece| match piece {
        Piece::Text(_) | Piece::Braces => Ok(personal),
        Piece::Pipe(inner) => {
            let pipe = Pipe::parse(inner)?;
            if pipe.source == Source::Events && !names_trigger(&pipe.path, backend_triggers) {
                return Err(InvalidPipe::UnknownTrigger(shortened(inner.trim())));
            }
            Ok(personal.or_else(|| pipe.source.is_personal().then(|| format!("{}.{}", pipe.source.name(), pipe.path))))
        }
        Piece::Unclosed => Err(InvalidPipe::Unclosed),
    })
}

/// A text with every fallback in its place, for readers who look at no display in particular.
pub fn with_fallbacks(text: &str) -> Cow<'_, str> {
    if !text.contains(OPEN) {
        return text.into();
    }
    let said = pieces(text).map(|piece| match piece {
        Piece::Text(text) => text.into(),
        Piece::Braces | Piece::Unclosed => OPEN.into(),
        Piece::Pipe(inner) => match Pipe::parse(inner) {
            Ok(pipe) => Cow::Owned(pipe.fallback.into()),
            Err(_) => format!("{OPEN}{inner}{CLOSE}").into(),
        },
    });
    said.collect::<String>().into()
}

/// The pipes of one survey version. A pipe's number is its place in the order of the texts, in each text by language tag;
/// the same source, path and fallback have one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipes {
    numbered: Vec<Pipe>,
    /// By what stands between the braces.
    numbers: BTreeMap<Box<str>, usize>,
}

impl Pipes {
    /// Numbers the pipes of a checked document, and one more than a document may have at the most.
    pub(crate) fn of(document: &SurveyDocument) -> Self {
        let mut all = Self::default();
        for text in document.texts().into_iter().flat_map(|text| text.0.values()) {
            for piece in pieces(text) {
                if let Piece::Pipe(inner) = piece
                    && all.numbered.len() <= PIPES_PER_SURVEY_MAX
                    && !all.numbers.contains_key(inner)
                    && let Ok(pipe) = Pipe::parse(inner)
                {
                    let known = all.numbered.iter().position(|known| *known == pipe);
                    let number = known.unwrap_or_else(|| {
                        all.numbered.push(pipe);
                        all.numbered.len() - 1
                    });
                    all.numbers.insert(inner.into(), number);
                }
            }
        }
        all
    }

    /// In the order of their numbers.
    pub fn all(&self) -> &[Pipe] {
        &self.numbered
    }

    /// A text as content carries it: numbers in the places of pipes.
    pub fn in_content<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.numbered.is_empty() {
            return text.into();
        }
        let said = pieces(text).map(|piece| match piece {
            Piece::Text(text) => Cow::from(text),
            Piece::Braces => Cow::from("\\{{"),
            Piece::Pipe(inner) => self.numbers.get(inner).map_or(Cow::default(), |number| format!("{OPEN}p{number}{CLOSE}").into()),
            Piece::Unclosed => Cow::default(),
        });
        said.collect::<String>().into()
    }

    /// What each pipe of a document's texts in one language says, by number. Where `personal` is false, facts about the
    /// user stay unsaid: the fallback stands in for them.
    pub fn values<'a>(
        &'a self,
        document: &'a SurveyDocument,
        language: &str,
        facts: &Facts<'a>,
        personal: bool,
    ) -> BTreeMap<usize, Cow<'a, str>> {
        if self.numbered.is_empty() {
            return BTreeMap::new();
        }
        let texts = document.texts().into_iter().map(|text| text.get(language, &document.default_language));
        let inner = texts.flat_map(pieces).filter_map(|piece| match piece {
            Piece::Pipe(inner) => self.numbers.get(inner),
            _ => None,
        });
        let said = |pipe: &'a Pipe| {
            let stays_unsaid = pipe.source.is_personal() && !personal;
            if stays_unsaid { pipe.fallback.as_ref().into() } else { pipe.value(facts) }
        };
        inner.filter_map(|number| Some((*number, said(self.numbered.get(*number)?)))).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
