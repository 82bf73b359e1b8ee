//! Evaluates one flaw at several sizes.

use std::fmt;

use anyhow::{Context, Result};

use super::Profile;
use crate::spelling::Spelled;

/// A flaw and its sizes, written `FLAW=FROM:TO:COUNT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Name of the flaw, as in profiles.
    pub flaw: String,
    from: f64,
    to: f64,
    count: u32,
}

impl Spelled for Sweep {
    fn spell(&self) -> String {
        format!("{}={}:{}:{}", self.flaw, self.from, self.to, self.count)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let sweep = || {
            let (flaw, sizes) = text.split_once('=')?;
            let [from, to, count] = sizes.split(':').collect::<Vec<_>>()[..] else { return None };
            let number = |text: &str| text.parse().ok().filter(|value: &f64| value.is_finite());
            let count = count.parse().ok().filter(|count| (2..=1000).contains(count))?;
            Some(Self { flaw: flaw.into(), from: number(from)?, to: number(to)?, count })
        };
        sweep().ok_or_else(|| {
            "expected FLAW=FROM:TO:COUNT with two numbers and a count of 2 to 1000, such as \
             programming_noise=0:0.3:7"
                .into()
        })
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.spell())
    }
}

impl Sweep {
    /// Returns the sizes, evenly spaced with both ends included, and the profile with each.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] if no flaw has this name, or one of the sizes is impossible for it.
    pub fn profiles(&self, profile: &Profile) -> Result<Vec<(f64, Profile)>> {
        let size = |i: u32| {
            let share = f64::from(i) / f64::from(self.count - 1);
            // Without the last bits of 0.3·(1/3).
            let size = self.from * (1.0 - share) + self.to * share;
            (size * 1e12).round() / 1e12
        };
        let with = |size| Ok((size, profile.with(&self.flaw, size)?));
        (0..self.count)
            .map(|i| with(size(i)))
            .collect::<Result<_>>()
            .with_context(|| format!("`sweep` {self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_has_its_ends_and_even_steps() {
        let sweep = Sweep::parse("programming_noise=0:0.3:4").expect("a sweep");
        assert_eq!(sweep.spell(), "programming_noise=0:0.3:4");
        let profiles = sweep.profiles(&Profile::ideal()).expect("profiles");
        assert_eq!(profiles.iter().map(|p| p.0).collect::<Vec<_>>(), [0.0, 0.1, 0.2, 0.3]);
        assert!(profiles.iter().all(|(size, profile)| profile.programming_noise == *size));
        for bad in ["", "levels", "levels=1:2", "levels=1:2:1", "levels=a:2:3", "levels=1:inf:3"] {
            assert!(Sweep::parse(bad).is_err(), "{bad}");
        }
        let error = Sweep::parse("levels=1:4:4").expect("a sweep").profiles(&Profile::ideal());
        let error = format!("{:#}", error.expect_err("one level"));
        assert!(error.contains("`sweep` levels=1:4:4") && error.contains("got 1"), "{error}");
    }
}
