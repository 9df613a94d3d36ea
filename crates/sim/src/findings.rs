//! What a check found wrong.

/// What kind of promise was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something acknowledged is not there.
    Lost,
    /// Something is there twice, or somebody was asked twice.
    Doubled,
    /// Anything else that must not be.
    Wrong,
}

/// Most findings kept as text; all are counted.
const TEXTS_MAX: usize = 30;

/// Everything found wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    /// Acknowledged and gone.
    pub(crate) lost: u64,
    /// There twice.
    pub(crate) doubled: u64,
    /// Otherwise wrong.
    pub(crate) wrong: u64,
    /// The first of them in words.
    pub(crate) texts: Vec<String>,
}

impl Findings {
    /// Notes one.
    pub(crate) fn add(&mut self, kind: Kind, text: impl Into<String>) {
        let (count, word) = match kind {
            Kind::Lost => (&mut self.lost, "lost"),
            Kind::Doubled => (&mut self.doubled, "doubled"),
            Kind::Wrong => (&mut self.wrong, "wrong"),
        };
        *count += 1;
        if self.texts.len() < TEXTS_MAX {
            self.texts.push(format!("{word}: {}", text.into()));
        }
    }

    /// Notes one unless a condition holds.
    pub(crate) fn expect(&mut self, holds: bool, kind: Kind, text: impl FnOnce() -> String) {
        if !holds {
            self.add(kind, text());
        }
    }

    /// Takes over another's.
    pub(crate) fn merge(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.wrong += other.wrong;
        let room = TEXTS_MAX.saturating_sub(self.texts.len());
        self.texts.extend(other.texts.into_iter().take(room));
    }

    /// Nothing was found.
    pub(crate) const fn is_empty(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.wrong == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_kind() {
        let mut all = Findings::default();
        all.expect(true, Kind::Lost, || unreachable!("it holds"));
        assert!(all.is_empty());
        let mut other = Findings::default();
        other.add(Kind::Lost, "a");
        other.expect(false, Kind::Doubled, || "b".to_owned());
        for _ in 0..100 {
            other.add(Kind::Wrong, "c");
        }
        all.merge(other);
        assert_eq!((all.lost, all.doubled, all.wrong, all.texts.len()), (1, 1, 100, TEXTS_MAX));
        assert_eq!(all.texts[..2], ["lost: a", "doubled: b"]);
        assert!(!all.is_empty());
    }
}
