//! How severe a profile's random flaws are.

use super::Profile;

impl Profile {
    /// Returns the profile with every random flaw `severity` times as large, shares and asymmetries up to
    /// what is possible; levels, converters, wires and the mean drift stay.
    #[must_use]
    pub fn scaled(&self, severity: f64) -> Self {
        let of = |size: f64| severity * size;
        let [stuck_low, stuck_high] = [self.stuck_low, self.stuck_high].map(of);
        let stuck = (stuck_low + stuck_high).max(1.0);
        Self {
            programming_noise: of(self.programming_noise),
            programming_noise_relative: of(self.programming_noise_relative),
            read_noise: of(self.read_noise),
            drift_exponent_spread: of(self.drift_exponent_spread),
            stuck_low: stuck_low / stuck,
            stuck_high: stuck_high / stuck,
            dead_units: of(self.dead_units).min(1.0),
            gain_error: of(self.gain_error),
            offset: of(self.offset),
            write_noise: of(self.write_noise),
            step_spread: of(self.step_spread),
            ..self.clone()
        }
    }

    /// Returns whether two chips of this profile differ.
    pub fn is_random(&self) -> bool {
        let drifts = self.drift_time > self.drift_start && self.drift_exponent_spread > 0.0;
        let sizes = [
            self.programming_noise,
            self.programming_noise_relative,
            self.read_noise,
            self.stuck_low,
            self.stuck_high,
            self.dead_units,
            self.gain_error,
            self.offset,
        ];
        drifts || sizes.iter().any(|&size| size > 0.0)
    }

    /// Returns whether two chips of this profile differ, or learn differently.
    pub fn learns_at_random(&self) -> bool {
        let steps = self.pulses.is_some() || self.levels.is_some();
        self.is_random() || steps || self.write_noise > 0.0 || self.step_spread > 0.0
    }
}
