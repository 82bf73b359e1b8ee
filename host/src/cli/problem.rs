//! Chooses the sample and the inference problems that a command shows.

use anyhow::Result;
use fenchel_core::{Contrast, Model, Perturbation, Random, Task};
use rand_core::SeedableRng;

use crate::analysis::evaluate::{outputs, runner_up};
use crate::analysis::sample::Sample;
use crate::data::{Dataset, Split};
use crate::error::require;
use crate::spelling::{self, parse};
use crate::task::worst;
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
    /// Class y⁻ of the attack [default: the one after the target, or with --attack runner-up the most likely wrong one; real-valued targets are those of the next sample, or with runner-up those farthest in the direction of the error]
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
        let mut sample = match model.task() {
            Task::Classification { .. } => self.classified(model, data, split, index)?,
            Task::Regression { scaling, .. } => {
                let mut targets = vec![0.0; split.targets.len()];
                for (target, raw) in rows(&mut targets, &split.targets, network.output_units()) {
                    scaling.apply(raw, target)?;
                }
                self.valued(model, split, index, &targets)?
            }
            Task::Reconstruction { .. } => {
                let mut targets = Vec::new();
                (0..split.len()).for_each(|index| {
                    split.append_input(index, data.features, model.scaling(), &mut targets);
                });
                self.valued(model, split, index, &targets)?
            }
        };
        let perturbation = self.perturbation.unwrap_or(self.objective.row().perturbation);
        if perturbation != Perturbation::None {
            sample.perturbation.resize(network.units(), 0.0);
            perturbation.fill(&mut Random::seed_from_u64(self.seed), &mut sample.perturbation);
        }
        Ok(sample)
    }

    /// Returns a sample of a class that is attacked towards another class.
    fn classified(&self, model: &Model, data: &Dataset, split: &Split, index: usize) -> Result<Sample> {
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
        Ok(Sample::new(input, target_label, attack_label, classes))
    }

    /// Returns a sample of scaled real-valued `targets`, shape (samples, n_L). It is attacked towards those
    /// of the next sample, or with --attack runner-up towards those that lie farthest in the direction of
    /// its error.
    fn valued(&self, model: &Model, split: &Split, index: usize, targets: &[f32]) -> Result<Sample> {
        let network = model.network();
        for (option, given) in [("--target-label", self.target_label), ("--attack-label", self.attack_label)]
        {
            require!(given.is_none(), option, "a model of classes", "one whose outputs are values");
        }
        let width = network.output_units();
        let row = |index: usize| &targets[index * width..][..width];
        let mut input = Vec::new();
        split.append_input(index, network.input_units(), model.scaling(), &mut input);
        let target = row(index);
        let attack = if self.attack == AttackName::RunnerUp {
            let mut memory = vec![0.0; network.units()];
            worst(target, network.infer(&input, &mut memory)?, targets.chunks_exact(width))
        } else {
            row((index + 1) % split.len())
        };
        Ok(Sample::of_values(input, target.to_vec(), attack.to_vec()))
    }
}

/// Returns the rows of both arrays, of `width` values, in pairs.
fn rows<'a>(
    to: &'a mut [f32],
    from: &'a [f32],
    width: usize,
) -> impl Iterator<Item = (&'a mut [f32], &'a [f32])> {
    to.chunks_exact_mut(width).zip(from.chunks_exact(width))
}
