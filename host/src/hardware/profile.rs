//! A hardware profile: the devices into which weights are programmed, their flaws, and how a weight becomes
//! a pair of conductances.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::BadInput;
use crate::error::{self, printable, require};

/// Devices and their flaws. Keys that a TOML file leaves out are as in [`Profile::ideal`].
///
/// A weight w of a matrix with largest |w| = ŵ is the difference of two conductances,
/// w = ŵ·(G⁺ − G⁻)/(G_high − G_low). *Range* is G_high − G_low. docs/hardware.md has a formula for each flaw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Name of the preset or of the file.
    pub name: String,
    /// Lowest conductance G_low, in S.
    pub low_conductance: f64,
    /// Highest conductance G_high, in S.
    pub high_conductance: f64,
    /// Number of conductances that can be programmed, evenly spaced, both ends included; none if any value
    /// can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<u32>,
    /// Standard deviation of a programmed conductance, as a share of the range.
    pub programming_noise: f64,
    /// Standard deviation of a programmed conductance, as a share of that conductance.
    pub programming_noise_relative: f64,
    /// Standard deviation of a conductance from one sample to the next, as a share of the range.
    pub read_noise: f64,
    /// Mean drift exponent ν: conductances decay as (t/t₀)^−ν.
    pub drift_exponent: f64,
    /// Standard deviation of ν over the devices.
    pub drift_exponent_spread: f64,
    /// Time t₀ in s after programming from which conductances drift.
    pub drift_start: f64,
    /// Time t in s after programming at which the chip is used.
    pub drift_time: f64,
    /// Whether the amplifiers compensate the mean drift.
    pub drift_compensation: bool,
    /// Share of the devices that are stuck at G_low.
    pub stuck_low: f64,
    /// Share of the devices that are stuck at G_high.
    pub stuck_high: f64,
    /// Share of each hidden block's units that are dead: they always answer f(0).
    pub dead_units: f64,
    /// Resistance in Ω of the wire from one device to the next.
    pub wire_resistance: f64,
    /// Standard deviation of an amplifier's relative gain error.
    pub gain_error: f64,
    /// Standard deviation of a unit's offset g, in units of an activity.
    pub offset: f64,
    /// Bits of the input converters; none if inputs are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_bits: Option<u32>,
    /// Bits of the output converters; none if outputs are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bits: Option<u32>,
    /// Largest output that the converters represent, in units of an activity; if none, the largest output
    /// of the network ([`Profile::with_range_of`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_range: Option<f64>,
    /// Whether Wᵀ has separately programmed arrays; otherwise the arrays of W are read backwards.
    pub separate_feedback: bool,
    /// Number of pulses that take a device from G_low to G_high, where each is a step of the same length;
    /// none if steps can have any length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulses: Option<u32>,
    /// Standard deviation of a pulse's step, as a share of it; without `pulses`, of the whole change.
    pub write_noise: f64,
    /// Standard deviation over the devices of the length of their steps, as a share of it.
    pub step_spread: f64,
    /// By how much upward steps are longer, and downward steps shorter, than intended, from −1 to 1; with 1
    /// devices can't be lowered.
    pub step_asymmetry: f64,
    /// Share of a step's length that is lost at the end of the range towards which it goes.
    pub step_saturation: f64,
}

/// The profiles that come with the program, by name.
pub const PRESETS: [(&str, &str); 5] = [
    ("ideal", include_str!("presets/ideal.toml")),
    ("reram", include_str!("presets/reram.toml")),
    ("pcm", include_str!("presets/pcm.toml")),
    ("floating-gate", include_str!("presets/floating-gate.toml")),
    ("severe", include_str!("presets/severe.toml")),
];

/// Most bytes that are read from a file.
const LARGEST_FILE: u64 = 1 << 20;

/// Names of the flaws that are whole numbers.
const WHOLE: [&str; 4] = ["levels", "input_bits", "output_bits", "pulses"];
/// Names of the flaws that a profile may leave out though they aren't whole numbers.
const OPEN: [&str; 1] = ["output_range"];

impl Default for Profile {
    fn default() -> Self {
        Self::ideal()
    }
}

impl Profile {
    /// Returns a profile without flaws.
    pub fn ideal() -> Self {
        Self {
            name: "ideal".into(),
            low_conductance: 100e-6,
            high_conductance: 200e-6,
            levels: None,
            programming_noise: 0.0,
            programming_noise_relative: 0.0,
            read_noise: 0.0,
            drift_exponent: 0.0,
            drift_exponent_spread: 0.0,
            drift_start: 1.0,
            drift_time: 1.0,
            drift_compensation: false,
            stuck_low: 0.0,
            stuck_high: 0.0,
            dead_units: 0.0,
            wire_resistance: 0.0,
            gain_error: 0.0,
            offset: 0.0,
            input_bits: None,
            output_bits: None,
            output_range: None,
            separate_feedback: false,
            pulses: None,
            write_noise: 0.0,
            step_spread: 0.0,
            step_asymmetry: 0.0,
            step_saturation: 0.0,
        }
    }

    /// Returns a profile with additive noise on the weights alone: w + N(0, (std·ŵ)²), drawn separately for
    /// the arrays of W and Wᵀ.
    pub fn weight_noise(std: f64) -> Self {
        // Of two devices.
        let programming_noise = std / std::f64::consts::SQRT_2;
        Self { programming_noise, separate_feedback: true, ..Self::ideal() }
    }

    /// Returns a profile with multiplicative noise on the weights alone: w·(1 + N(0, std²)), drawn
    /// separately for the arrays of W and Wᵀ; no weight changes its sign.
    pub fn relative_weight_noise(std: f64) -> Self {
        // From 0 S on, so that the device of a pair that isn't 0 is in proportion to the weight.
        Self {
            low_conductance: 0.0,
            programming_noise_relative: std,
            separate_feedback: true,
            ..Self::ideal()
        }
    }

    /// Returns a profile whose weights have `bits` bits, at least 2: multiples of ŵ/(2^(bits−1) − 1).
    pub fn bits(bits: u32) -> Self {
        Self { levels: Some(1 << (bits - 1)), ..Self::ideal() }
    }

    /// Loads a preset by its name, or a TOML file by its path.
    ///
    /// # Errors
    /// Returns [`BadInput`] if there is neither, or a value is impossible.
    pub fn load(name: &str) -> Result<Self> {
        if let Some((name, text)) = PRESETS.iter().find(|preset| preset.0 == name) {
            return Self::from_toml(text, name);
        }
        // A profile has a few hundred bytes: a device file never ends.
        let mut text = String::new();
        let read = File::open(name).and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text));
        read.map_err(|error| {
            let names: Vec<_> = PRESETS.iter().map(|preset| preset.0).collect();
            let expected = format!("{} or a TOML file", names.join(", "));
            BadInput::new("`hardware`", expected, format!("{name:?}: {error}"))
        })?;
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        Self::from_toml(&text, &stem).with_context(|| name.to_string())
    }

    /// Reads a profile from TOML; `name` is its name unless the text has one.
    ///
    /// # Errors
    /// Returns [`BadInput`] for text that is no profile, has an impossible value, or is longer than 1 MiB.
    pub fn from_toml(text: &str, name: &str) -> Result<Self> {
        let what = format!("profile {}", printable(name));
        const EXPECTED: &str = "what docs/hardware.md lists";
        let given: toml::Table = error::toml(&what, EXPECTED, text)?;
        let named = given.contains_key("name");
        let mut profile: Self = error::toml(&what, EXPECTED, text)?;
        if !named {
            profile.name = name.into();
        }
        profile.check()?;
        Ok(profile)
    }

    /// Checks that every value is possible.
    ///
    /// # Errors
    /// Returns [`BadInput`] for the first impossible value.
    pub fn check(&self) -> Result<()> {
        let place = |flaw: &str| format!("profile {}, {flaw}", printable(&self.name));
        let (low, high) = (self.low_conductance, self.high_conductance);
        let fits = low >= 0.0 && low < high && high.is_finite();
        let got = format!("{low} and {high}");
        require!(fits, place("low_conductance and high_conductance"), "0 ≤ low < high, in S", got);
        for (flaw, count, least) in [("levels", self.levels, 2), ("pulses", self.pulses, 1)] {
            let count = count.unwrap_or(least);
            require!((least..=1 << 20).contains(&count), place(flaw), format!("{least} to 1048576"), count);
        }
        for (flaw, bits, least) in [("input_bits", self.input_bits, 1), ("output_bits", self.output_bits, 2)]
        {
            let bits = bits.unwrap_or(least);
            require!((least..=24).contains(&bits), place(flaw), format!("{least} to 24"), bits);
        }
        for (flaw, value) in [
            ("programming_noise", self.programming_noise),
            ("programming_noise_relative", self.programming_noise_relative),
            ("read_noise", self.read_noise),
            ("drift_exponent", self.drift_exponent),
            ("drift_exponent_spread", self.drift_exponent_spread),
            ("wire_resistance", self.wire_resistance),
            ("gain_error", self.gain_error),
            ("offset", self.offset),
            ("write_noise", self.write_noise),
            ("step_spread", self.step_spread),
        ] {
            require!(value >= 0.0 && value.is_finite(), place(flaw), "a finite number of at least 0", value);
        }
        let asymmetry = self.step_asymmetry;
        require!((-1.0..=1.0).contains(&asymmetry), place("step_asymmetry"), "-1 to 1", asymmetry);
        for (flaw, share) in [
            ("stuck_low", self.stuck_low),
            ("stuck_high", self.stuck_high),
            ("dead_units", self.dead_units),
            ("step_saturation", self.step_saturation),
        ] {
            require!((0.0..=1.0).contains(&share), place(flaw), "a share, 0 to 1", share);
        }
        let stuck = self.stuck_low + self.stuck_high;
        require!(stuck <= 1.0, place("stuck_low and stuck_high"), "shares that sum to at most 1", stuck);
        let range = self.output_range.unwrap_or(1.0);
        for (flaw, value) in [("drift_start", self.drift_start), ("output_range", range)] {
            require!(value > 0.0 && value.is_finite(), place(flaw), "a finite number above 0", value);
        }
        let fits = self.drift_time >= self.drift_start && self.drift_time.is_finite();
        let expected = format!("at least drift_start, {} s", self.drift_start);
        require!(fits, place("drift_time"), expected, self.drift_time);
        Ok(())
    }

    /// Returns the profile with the flaw named `flaw` set to `value`, which is rounded if the flaw is a
    /// whole number.
    ///
    /// # Errors
    /// Returns [`BadInput`] if no flaw has this name, or its value is impossible.
    pub fn with(&self, flaw: &str, value: f64) -> Result<Self> {
        let mut all = toml::Table::try_from(self)?;
        let number = if WHOLE.contains(&flaw) {
            require!(value.is_finite() && value >= 0.0, flaw, "a whole number", value);
            toml::Value::Integer(value.round() as i64)
        } else {
            toml::Value::Float(value)
        };
        let known = WHOLE.contains(&flaw)
            || OPEN.contains(&flaw)
            || matches!(all.get(flaw), Some(toml::Value::Float(_)));
        let names = all.iter().filter(|(_, value)| value.is_float()).map(|(name, _)| name.as_str());
        let expected = names.chain(WHOLE).chain(OPEN).collect::<std::collections::BTreeSet<_>>();
        let expected = format!("one of {}", expected.into_iter().collect::<Vec<_>>().join(", "));
        require!(known, "flaw", expected, flaw);
        all.insert(flaw.into(), number);
        Self::from_toml(&toml::to_string(&all)?, &self.name)
    }

    /// Returns the factor with which the amplifiers compensate the drift.
    pub fn compensation(&self) -> f64 {
        let drift = self.drift_exponent * (self.drift_time / self.drift_start).ln();
        if self.drift_compensation { drift.exp() } else { 1.0 }
    }

    /// Returns the range G_high − G_low, in S.
    pub fn range(&self) -> f64 {
        self.high_conductance - self.low_conductance
    }

    /// Returns the conductances G⁺ and G⁻, in S, for a weight in an array whose largest magnitude is
    /// `largest`: the nearest levels, with one of the two at G_low.
    pub fn conductances(&self, weight: f32, largest: f32) -> [f64; 2] {
        let largest = if largest > 0.0 { largest } else { 1.0 };
        [weight, -weight].map(|side| {
            let target = self.nearest_level(side.max(0.0), largest);
            self.low_conductance + f64::from(target / largest) * self.range()
        })
    }

    /// Returns the weight that a pair of conductances, in S, represents.
    pub fn weight(&self, [plus, minus]: [f64; 2], largest: f32) -> f64 {
        f64::from(largest) * (plus - minus) / self.range()
    }

    /// Rounds one side of a weight, from 0 for G_low to `largest` for G_high, to the nearest level.
    pub(super) fn nearest_level(&self, side: f32, largest: f32) -> f32 {
        match self.levels {
            Some(levels) => {
                let step = largest / (levels - 1) as f32;
                // What is added leaves no bits behind the point; there are far fewer levels.
                const TO_WHOLE: f32 = 8_388_608.0;
                ((side / step + TO_WHOLE) - TO_WHOLE) * step
            }
            None => side,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_load_and_survive_toml() {
        for (name, _) in PRESETS {
            let profile = Profile::load(name).expect(name);
            assert_eq!(profile.name, name);
            let text = toml::to_string(&profile).expect("TOML");
            assert_eq!(Profile::from_toml(&text, "other").expect("a profile"), profile);
        }
        assert_eq!(Profile::load("ideal").expect("it is there"), Profile::ideal());
        assert!(!Profile::ideal().is_random() && Profile::load("pcm").expect("it is there").is_random());
    }

    #[test]
    fn impossible_profiles_are_refused() {
        for (text, word) in [
            ("levels = 1", "levels"),
            ("programming_noise = -0.1", "programming_noise"),
            ("read_noise = nan", "read_noise"),
            ("stuck_low = 0.6\nstuck_high = 0.6", "sum to at most 1"),
            ("stuck_low = 1.5", "stuck_low"),
            ("low_conductance = 2e-4", "0 ≤ low < high"),
            ("input_bits = 0", "input_bits"),
            ("output_bits = 1", "output_bits"),
            ("drift_time = 0.5", "drift_start"),
            ("drift_start = 0.0", "drift_start"),
            ("colour = 1", "colour"),
            ("levels = -3", "levels"),
        ] {
            let error = format!("{:#}", Profile::from_toml(text, "bad").expect_err(text));
            assert!(error.contains("bad") && error.contains(word), "{text}: {error}");
        }
        let error = format!("{:#}", Profile::load("nowhere").expect_err("no such file"));
        assert!(error.contains("reram") && error.contains("nowhere"), "{error}");
    }

    #[test]
    fn one_flaw_is_changed_by_name() {
        let noisy = Profile::ideal().with("programming_noise", 0.1).expect("a flaw");
        assert_eq!(noisy, Profile { programming_noise: 0.1, ..Profile::ideal() });
        assert_eq!(noisy.with("levels", 7.6).expect("a flaw").levels, Some(8));
        for (flaw, value) in [("name", 1.0), ("separate_feedback", 1.0), ("nonsense", 1.0), ("offset", -1.0)]
        {
            assert!(noisy.with(flaw, value).is_err(), "{flaw}");
        }
    }

    #[test]
    fn a_pair_of_conductances_is_the_nearest_levels_weight() {
        let fine = Profile { levels: None, ..Profile::ideal() };
        let coarse = Profile { levels: Some(5), ..Profile::ideal() };
        for weight in [-2.0f32, -1.3, -0.2, 0.0, 0.7, 1.9, 2.0] {
            let pair = fine.conductances(weight, 2.0);
            assert!(pair.iter().all(|g| (100e-6..=200.000001e-6).contains(g)), "{pair:?}");
            assert!((fine.weight(pair, 2.0) - f64::from(weight)).abs() < 1e-6);
            let nearest = (f64::from(weight) / 0.5).round() * 0.5;
            assert!((coarse.weight(coarse.conductances(weight, 2.0), 2.0) - nearest).abs() < 1e-6);
        }
        assert_eq!(fine.conductances(0.0, 0.0), [100e-6; 2]);
    }
}
