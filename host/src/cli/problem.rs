//! Chooses the sample and the inference problems that a command shows.

use anyhow::Result;
use fenchel_core::{Contrast, Model, Perturbation, Random};
use rand_core::SeedableRng;

use crate::analysis::evaluate::{outputs, runner_up};
use crate::analysis::sample::Sample;
use crate::data::{Dataset, Split};
use crate::error::require;
use crate::spelling::{self, parse};
use crate::train::{AttackName, ObjectiveName};

/// Options that choose an objective's two problems.
#[derive(clap::Args)]
pub struct ProblemArgs {
    /// Objective whose inference problems are shown
    #[arg(long, value_enum, default_value = "arovr-ab")]
    pub objective: ObjectiveName,
    /// Weight α of the loss against the attack, in (0, 1]
    #[arg(long, default_value_t = 0.49)]
    pub alpha: f32,
    /// Strength β of the nudge, above 0
    #[arg(long, default_value_t = 0.25)]
    pub beta: f32,
    /// Loss of the attack [default: random-label, towards --attack-label]
    #[arg(long, value_enum, default_value = "random-label", hide_default_value = true)]
    attack: AttackName,
    /// Class y of the target [default: the sample's own]
    #[arg(long)]
    target_label: Option<usize>,
    /// Class y⁻ of the attack [default: the one after the target, or with --attack runner-up the likeliest wrong one]
    #[arg(long)]
    attack_label: Option<usize>,
    /// Noise g in the energy: none, gaussian:STD, dropout:P or dropout:P:M [default: gaussian:0.0625 for rovr-g and arovr-g, none otherwise]
    #[arg(long, value_parser = parse::<Perturbation>)]
    perturbation: Option<Perturbation>,
    /// Seed of the noise
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl ProblemArgs {
    /// Returns the objective's two problems.
    pub fn contrast(&self) -> Result<Contrast> {
        require!(self.alpha > 0.0 && self.alpha <= 1.0, "--alpha", "above 0, at most 1", self.alpha);
        require!(self.beta > 0.0 && self.beta.is_finite(), "--beta", "a finite number above 0", self.beta);
        let contrast = self.objective.objective().contrast(self.attack.loss(), self.alpha, self.beta);
        contrast.ok_or_else(|| {
            let expected = "an objective with inference problems, such as arovr-ab";
            crate::BadInput::new("--objective", expected, spelling::name(self.objective)).into()
        })
    }

    /// Returns sample `index` of `split` with what defines its problems.
    pub fn sample(&self, model: &Model, data: &Dataset, split: &Split, index: usize) -> Result<Sample> {
        require!(index < split.len(), "--index", format!("0 to {}", split.len() - 1), index);
        let network = model.network();
        let classes = network.output_units();
        let target_label = self.target_label.unwrap_or(split.labels[index]);
        let attack_label = match (self.attack_label, self.attack) {
            (Some(attack), _) => attack,
            (None, AttackName::RunnerUp) => {
                let outputs = outputs(&network, &split.select(data.features, &[index]), model.scaling())?;
                runner_up(&outputs, target_label)
            }
            (None, _) => (target_label + 1) % classes,
        };
        require!(target_label < classes, "--target-label", format!("0 to {}", classes - 1), target_label);
        require!(attack_label < classes, "--attack-label", format!("0 to {}", classes - 1), attack_label);
        require!(attack_label != target_label, "--attack-label", "another than the target's", attack_label);
        let mut input = Vec::new();
        split.append_input(index, data.features, model.scaling(), &mut input);
        let mut sample = Sample::new(input, target_label, attack_label, classes);
        let perturbation = self.perturbation.unwrap_or(self.objective.row().perturbation);
        if perturbation != Perturbation::None {
            sample.perturbation.resize(network.units(), 0.0);
            perturbation.fill(&mut Random::seed_from_u64(self.seed), &mut sample.perturbation);
        }
        Ok(sample)
    }
}
