//! Numbers compared as the decimals they are written as: exactly, whatever their size.

use std::cmp::Ordering;

/// A number as written, with the double nearest to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    pub(super) text: Box<str>,
    pub(super) nearest: Nearest,
}

impl Number {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), nearest: Nearest::to(text) }
    }
}

/// The double nearest to a number, as a whole number that sorts as doubles do. Rounding never turns an order around, so of
/// two numbers with different nearest doubles these say which is larger; with the same, the texts have to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nearest(i64);

impl Nearest {
    pub(super) fn to(text: &str) -> Self {
        // The sum makes one zero of both. What is no number is as good as any: the texts are asked then.
        let bits = (text.parse::<f64>().unwrap_or(f64::INFINITY) + 0.0).to_bits().cast_signed();
        // The bits of doubles sort as themselves, those of negative ones the other way round.
        Self(if bits < 0 { bits ^ i64::MAX } else { bits })
    }
}

/// A JSON number in parts.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn new(text: &'a str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        // Too many digits for an exponent mean zero or infinity, whichever side they are on.
        let beyond = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
        let exponent = exponent.parse::<i64>().unwrap_or(beyond).clamp(i64::MIN / 4, i64::MAX / 4);
        Self { negative, whole, fraction, exponent }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    /// How many zeros come before the first other digit; `None` for zero itself.
    fn leading_zeros(&self) -> Option<usize> {
        self.digits().position(|digit| digit != b'0')
    }

    /// The sign: -1, 0 or 1.
    fn signum(&self) -> i8 {
        match (self.leading_zeros(), self.negative) {
            (None, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// Compares without regard to signs. Neither is zero.
    fn cmp_size(&self, other: &Self) -> Ordering {
        let place = |of: &Self, zeros: usize| {
            let whole = i64::try_from(of.whole.len()).unwrap_or(i64::MAX / 4);
            whole - i64::try_from(zeros).unwrap_or(i64::MAX / 4) + of.exponent
        };
        let (a, b) = (self.leading_zeros().unwrap_or(0), other.leading_zeros().unwrap_or(0));
        place(self, a).cmp(&place(other, b)).then_with(|| {
            let (mut left, mut right) = (self.digits().skip(a), other.digits().skip(b));
            loop {
                match (left.next(), right.next()) {
                    (None, None) => return Ordering::Equal,
                    (one, another) => match one.unwrap_or(b'0').cmp(&another.unwrap_or(b'0')) {
                        Ordering::Equal => {}
                        different => return different,
                    },
                }
            }
        })
    }
}

/// Compares two JSON numbers by value: `1.50` is `15e-1`, and 2^53 is not 2^53 + 1.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::new(a), Decimal::new(b));
    a.signum().cmp(&b.signum()).then_with(|| match a.signum() {
        0 => Ordering::Equal,
        1 => a.cmp_size(&b),
        _ => b.cmp_size(&a),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_and_exactly() {
        for (a, b, order) in [
            ("0", "-0.0e9", Ordering::Equal),
            ("1.50", "15e-1", Ordering::Equal),
            ("100", "1E+2", Ordering::Equal),
            ("0.001", "1e-3", Ordering::Equal),
            ("9007199254740992", "9007199254740993", Ordering::Less),
            ("-9007199254740992", "-9007199254740993", Ordering::Greater),
            ("123456789012345678901234567890", "123456789012345678901234567891", Ordering::Less),
            ("0.1", "0.10000000000000000001", Ordering::Less),
            ("2", "10", Ordering::Less),
            ("-2", "1", Ordering::Less),
            ("1e-400", "0", Ordering::Greater),
            ("1e99999999999999999999", "1e308", Ordering::Greater),
            ("1e-99999999999999999999", "1e-308", Ordering::Less),
            ("82.5", "82.50", Ordering::Equal),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
            assert_eq!(compare(b, a), order.reverse(), "{b} {a}");
            let nearest = Nearest::to(a).cmp(&Nearest::to(b));
            assert!(nearest.is_eq() || nearest == order, "{a} {b}");
        }
    }
}
