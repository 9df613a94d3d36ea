//! Text in several languages.

use std::collections::BTreeMap;

/// One text in one or more languages, by BCP 47 tag. Always has the survey's default language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalisedText(pub BTreeMap<String, String>);

impl LocalisedText {
    /// The text in `language`, else in `default`.
    pub fn get(&self, language: &str, default: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get(default)).map_or("", String::as_str)
    }
}

/// The language to show: the exact tag, else its base language, else any regional form of that base, else `default`.
/// Never "not shown". Tags compare without regard to case.
pub fn choose_language<'a>(wanted: &str, languages: &'a [String], default: &'a str) -> &'a str {
    let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let exact = languages.iter().find(|language| language.eq_ignore_ascii_case(wanted));
    let wanted_base = base(wanted);
    let by_base = || languages.iter().find(|language| language.eq_ignore_ascii_case(&wanted_base));
    let regional = || languages.iter().find(|language| !wanted_base.is_empty() && base(language) == wanted_base);
    exact.or_else(by_base).or_else(regional).map_or(default, String::as_str)
}

/// Whether a language is written from right to left: by its script if the tag names one, else by the language.
pub fn is_right_to_left(language: &str) -> bool {
    let is_any = |word: &str, of: &[&str]| of.iter().any(|one| word.eq_ignore_ascii_case(one));
    let mut subtags = language.split('-');
    let base = subtags.next().unwrap_or_default();
    let script = subtags.next().filter(|subtag| subtag.len() == 4 && subtag.bytes().all(|b| b.is_ascii_alphabetic()));
    match script {
        Some(script) => is_any(script, &["Adlm", "Arab", "Aran", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"]),
        None => is_any(base, &["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"]),
    }
}

/// Whether a text looks like a BCP 47 tag: a language of 2 or 3 letters and subtags of 2 to 8 letters or digits.
pub fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let language_fits = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    language_fits && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_then_base_then_region_then_default() {
        let languages = ["en", "de", "de-CH", "pt-BR"].map(String::from);
        for (wanted, chosen) in [("de-ch", "de-CH"), ("de-AT", "de"), ("pt-PT", "pt-BR"), ("fr", "en"), ("", "en")] {
            assert_eq!(choose_language(wanted, &languages, "en"), chosen, "{wanted}");
        }
    }

    #[test]
    fn a_missing_text_falls_back_to_the_default_language() {
        let text = LocalisedText([("en", "Hello"), ("de", "Hallo")].map(|(tag, words)| (tag.to_owned(), words.to_owned())).into());
        assert_eq!((text.get("de", "en"), text.get("fr", "en"), text.get("fr", "it")), ("Hallo", "Hello", ""));
    }

    #[test]
    fn the_script_decides_the_direction_and_else_the_language() {
        for rtl in ["ar", "he-IL", "FA", "ur-PK", "az-Arab", "pa-arab-PK", "iw"] {
            assert!(is_right_to_left(rtl), "{rtl}");
        }
        for ltr in ["en", "", "az-Latn", "ur-Latn", "arn", "de-CH", "es-419"] {
            assert!(!is_right_to_left(ltr), "{ltr}");
        }
    }

    #[test]
    fn tags_look_like_tags() {
        for good in ["en", "de-CH", "zh-Hant-TW", "es-419", "haw"] {
            assert!(is_language_tag(good), "{good}");
        }
        for bad in ["", "e", "english", "en_GB", "en-", "e1"] {
            assert!(!is_language_tag(bad), "{bad}");
        }
    }
}
