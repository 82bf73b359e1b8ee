//! Means over seeds, and paired gains with their confidence.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Returns the mean of the values; NaN without values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Returns the standard deviation of a sample, with n − 1 in the denominator; NaN with fewer than two
/// values.
pub fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Returns the value below which `percent` % of `values` lie, interpolated between two of them; NaN without
/// values.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = percent / 100.0 * (sorted.len() as f64 - 1.0);
    let Some(&low) = sorted.get(place as usize) else { return f64::NAN };
    let high = sorted.get(place as usize + 1).copied().unwrap_or(low);
    low + place.fract() * (high - low)
}

/// Mean difference with its 95 % confidence interval.
#[derive(Clone, Copy, Debug)]
pub struct Gain {
    /// Mean of the differences.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Returns the gain of `values` over `baseline`, pair by pair, with an interval from Student's t on the
/// differences. The ends are NaN with fewer than two pairs.
pub fn paired_gain(values: &[f64], baseline: &[f64]) -> Gain {
    let differences: Vec<_> = values.iter().zip(baseline).map(|(value, other)| value - other).collect();
    let mean = mean(&differences);
    let freedom = differences.len() as f64 - 1.0;
    let half = match StudentsT::new(0.0, 1.0, freedom) {
        Ok(student) => {
            student.inverse_cdf(0.975) * deviation(&differences) / (differences.len() as f64).sqrt()
        }
        Err(_) => f64::NAN,
    };
    Gain { mean, low: mean - half, high: mean + half }
}

/// Returns the 95 % interval of a share of `count` samples by Wilson's score, (low, high) within \[0, 1\]. With few
/// samples it is wide, even if all are right. Both ends are NaN without samples.
pub fn share_interval(share: f64, count: usize) -> (f64, f64) {
    /// Standard deviations of a normal distribution that 95 % lie within.
    const Z: f64 = 1.959_964;
    let n = count as f64;
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).clamp(0.0, 1.0), (middle + half).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // E. B. Wilson's interval for 8 of 10 and for 15 of 15, to four digits.
        for (share, count, expected) in [(0.8, 10, (0.4902, 0.9433)), (1.0, 15, (0.7961, 1.0))] {
            let (low, high) = share_interval(share, count);
            assert!((low - expected.0).abs() < 1e-4 && (high - expected.1).abs() < 1e-4, "{low} {high}");
        }
        assert!(share_interval(0.0, 0).0.is_nan());
    }

    #[test]
    fn percentiles_lie_between_the_values() {
        let values = [4.0, 1.0, 2.0, 3.0, 5.0];
        assert_eq!([0.0, 5.0, 50.0, 100.0].map(|p| percentile(&values, p)), [1.0, 1.2, 3.0, 5.0]);
        assert_eq!(percentile(&[7.0], 5.0), 7.0);
        assert!(percentile(&[], 5.0).is_nan());
    }

    #[test]
    fn a_paired_gain_has_students_interval() {
        // t(0.975, 2) = 4.302653; the differences are 1, 2, 3: mean 2, deviation 1.
        let gain = paired_gain(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]);
        assert!((gain.mean - 2.0).abs() < 1e-12);
        assert!((gain.high - gain.mean - 4.302653 / 3f64.sqrt()).abs() < 1e-5, "{gain:?}");
        assert!((gain.mean - gain.low - (gain.high - gain.mean)).abs() < 1e-12);
        assert!(paired_gain(&[1.0], &[0.0]).low.is_nan());
    }
}
