//! Limits: how far behind scikit-learn's network training by default settings may be, and how long it may
//! take.

use super::classify::{OBJECTIVES, Row};

/// Longest wall-clock time of a training, in seconds.
const SECONDS: f64 = 10.0;

/// The limits of an objective's accuracy. With three seeds and tens of test samples, a set's mean is known
/// only to a few samples, so a set counts as behind if it is behind both by points and by samples.
struct Limit {
    /// Points by which the mean over the sets may be behind.
    mean: f64,
    /// Points by which a set may be behind.
    points: f64,
    /// Test samples by which a set may be behind, where that is more.
    samples: f64,
}

/// Limits in the order of [`OBJECTIVES`].
const LIMITS: [Limit; 2] =
    [Limit { mean: 1.0, points: 5.0, samples: 4.0 }, Limit { mean: 2.0, points: 7.0, samples: 5.0 }];

/// A limit as a sentence, and whether it is met.
pub struct Verdict {
    pub text: String,
    pub is_met: bool,
}

/// Checks every limit.
pub fn verdicts(rows: &[Row]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (index, (objective, limit)) in OBJECTIVES.iter().zip(&LIMITS).enumerate() {
        let gains: Vec<f64> = rows.iter().map(|row| 100.0 * row.gain(index)).collect();
        let mean = super::classify::mean(&gains);
        verdicts.push(Verdict {
            text: format!("`{objective}`: mean difference {mean:+.2} points, at least −{}", limit.mean),
            is_met: mean >= -limit.mean,
        });
        let behind = rows.iter().filter(|row| {
            row.gain(index) * 100.0 < -limit.points && row.gain(index) * row.test() < -limit.samples
        });
        let behind: Vec<_> = behind.map(|row| row.name.as_str()).collect();
        let names = if behind.is_empty() { "none".to_string() } else { behind.join(", ") };
        verdicts.push(Verdict {
            text: format!(
                "`{objective}`: sets behind by more than {} points and {} test samples: {names}",
                limit.points, limit.samples
            ),
            is_met: behind.is_empty(),
        });
    }
    let all = rows.iter().flat_map(|row| &row.ours).flat_map(|measured| &measured.seconds);
    let longest = all.copied().fold(0.0, f64::max);
    verdicts.push(Verdict {
        text: format!("longest training {longest:.1} s by the clock, at most {SECONDS} s"),
        is_met: longest <= SECONDS,
    });
    verdicts
}
