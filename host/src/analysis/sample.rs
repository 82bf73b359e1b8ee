//! One sample with everything that defines its inference problem.

use fenchel_core::{Nudge, Problem};

/// One sample with its target, and what an attack pulls it towards.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Class of the target y; none if it isn't one.
    pub target_label: Option<usize>,
    /// Class of the attack target y⁻; none if it isn't one.
    pub attack_label: Option<usize>,
    /// Scaled input x, n_0 values.
    pub input: Vec<f32>,
    /// Target y, one-hot or scaled values, n_L of them.
    pub target: Vec<f32>,
    /// Attack target y⁻, one-hot or scaled values, n_L of them.
    pub attack: Vec<f32>,
    /// Perturbation g, one value for each unit in blocks 1..=L, or empty.
    pub perturbation: Vec<f32>,
}

impl Sample {
    /// Builds a sample of a scaled input, without g; labels are below `classes`.
    pub fn new(input: Vec<f32>, target_label: usize, attack_label: usize, classes: usize) -> Self {
        let one_hot = |class| (0..classes).map(|c| if c == class { 1.0 } else { 0.0 }).collect();
        let (target, attack) = (one_hot(target_label), one_hot(attack_label));
        let (target_label, attack_label) = (Some(target_label), Some(attack_label));
        Self { target_label, attack_label, input, target, attack, perturbation: Vec::new() }
    }

    /// Builds a sample of a scaled input, without g; both targets are scaled values.
    pub fn of_values(input: Vec<f32>, target: Vec<f32>, attack: Vec<f32>) -> Self {
        Self { target_label: None, attack_label: None, input, target, attack, perturbation: Vec::new() }
    }

    /// Returns the sample's problem under this nudge.
    pub fn problem<'a>(&'a self, nudge: &'a Nudge) -> Problem<'a> {
        Problem::new(&self.input, std::slice::from_ref(nudge), &self.target)
            .with_attack(&self.attack)
            .with_perturbation(&self.perturbation)
    }

    /// Returns r, the linear pull of this nudge on the output.
    pub fn pull(&self, nudge: &Nudge) -> Vec<f32> {
        let labels = self.target.iter().zip(&self.attack);
        labels.map(|(y, y_attack)| nudge.weight_target * y + nudge.weight_attack * y_attack).collect()
    }
}
