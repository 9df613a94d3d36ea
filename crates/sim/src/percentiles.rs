//! Percentiles of what was measured.

/// The smallest value that at least `share` of all, 0 to 1, do not exceed; of none, 0.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a benchmark are far below 2^53, and the product is between 0 and the count"
)]
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], share: f64, expected: f64) {
        assert!((percentile(&mut values.to_vec(), share) - expected).abs() < f64::EPSILON, "{values:?} at {share}");
    }

    #[test]
    fn as_many_as_the_share_says_are_no_greater() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        check(&hundred, 0.5, 50.0);
        check(&hundred, 0.99, 99.0);
        check(&hundred, 1.0, 100.0);
        check(&[7.0], 0.99, 7.0);
        check(&[], 0.99, 0.0);
    }
}
