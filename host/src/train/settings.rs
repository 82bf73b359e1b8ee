//! The settings of a training run.

use anyhow::Result;
use fenchel_core::{Activation, InputBlock, Nudge, Objective, Perturbation, Potential, Schedule};
use serde::{Deserialize, Serialize};

use super::objectives::{AttackName, Distance, ObjectiveName, PerturbedBlocks, PerturbedPer, PotentialName};
use crate::data::{Dataset, Reading};
use crate::error::{self, require};
use crate::hardware::Profile;
use crate::model::architecture::{Architecture, Skip};
use crate::spelling::Spelled;
use crate::{BadInput, spelling};

/// Everything that determines a run's result.
///
/// ```
/// use fenchel::train::{ObjectiveName, Settings};
/// let settings = Settings { epochs: 3, layers: vec![16], ..Settings::new("digits", ObjectiveName::ArovrG) };
/// settings.check(&fenchel::data::load("digits")?)?;
/// assert!(Settings::from_toml("epocs = 3").is_err());
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Name or path.
    pub data: String,
    /// Size of the random subset to train on; all if none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub samples: Option<usize>,
    /// Units of each hidden block.
    pub layers: Vec<usize>,
    /// Of the hidden blocks: one, one each, or one each and the output's.
    #[serde(with = "spelling::texts")]
    pub activation: Vec<Activation>,
    /// Connections beside the chain.
    #[serde(with = "spelling::texts")]
    pub skip: Vec<Skip>,
    /// Potential of every block.
    pub potential: PotentialName,
    /// What γ weighs.
    pub distance: Distance,
    /// γ: one, one a block, or one a unit of the blocks 1..=L.
    pub gamma: Vec<f32>,
    /// What is minimised.
    pub objective: ObjectiveName,
    /// Weight of the loss against the attack, in (0, 1]; 0.49 in the paper.
    pub alpha: f32,
    /// Strength of the nudge, above 0; 1/4 in the paper.
    pub beta: f32,
    /// The attack's loss.
    pub attack: AttackName,
    /// g.
    #[serde(with = "spelling::text")]
    pub perturbation: Perturbation,
    /// Blocks that g acts on.
    pub perturbed_blocks: PerturbedBlocks,
    /// What has a g of its own.
    pub perturbed_per: PerturbedPer,
    /// How far an attack may move the input.
    #[serde(with = "spelling::text")]
    pub input_block: InputBlock,
    /// Standard deviation of Gaussian noise on the inputs, clipped to \[0, 1\].
    pub input_noise: f32,
    /// Standard deviation of Gaussian noise on hidden pre-activations; back-propagation only.
    pub hidden_noise: f32,
    /// Weights are clipped to ± this/√fan-in after each step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weight_clip: Option<f32>,
    /// Passes by plain back-propagation before the objective's.
    pub pretrain: u32,
    /// Passes over the samples.
    pub epochs: u32,
    /// Samples a step.
    pub batch: usize,
    /// Adam's learning rate.
    pub rate: f32,
    /// Of subset, initialisation, order and every draw.
    pub seed: u64,
    /// Order of updates.
    #[serde(with = "spelling::text")]
    pub schedule: Schedule,
    /// Most sweeps a relaxation.
    pub sweeps: u32,
    /// A relaxation ends when no activity changes by more; 0: after all sweeps.
    pub tolerance: f32,
    /// What a fresh chip is drawn of for each mini-batch; exact weights if none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hardware: Option<Profile>,
    /// How the file of samples is read.
    #[serde(skip_serializing_if = "Reading::is_default", default)]
    pub reading: Reading,
}

impl Settings {
    /// The defaults, with what belongs to `objective`.
    pub fn new(data: &str, objective: ObjectiveName) -> Self {
        let row = objective.row();
        Self {
            data: data.into(),
            samples: None,
            layers: vec![64, 32],
            activation: vec![Activation::Relu],
            skip: Vec::new(),
            potential: PotentialName::FenchelYoung,
            distance: Distance::Potential,
            gamma: vec![1.0],
            objective,
            alpha: 0.49,
            beta: 0.25,
            attack: AttackName::RandomLabel,
            perturbation: row.perturbation,
            perturbed_blocks: PerturbedBlocks::All,
            perturbed_per: PerturbedPer::Sample,
            input_block: row.input_block,
            input_noise: 0.0,
            hidden_noise: row.hidden_noise,
            weight_clip: None,
            pretrain: 0,
            epochs: 100,
            batch: 50,
            rate: 1e-3,
            seed: 0,
            schedule: Schedule::ForwardBackward,
            sweeps: 2,
            tolerance: 0.0,
            hardware: None,
            reading: Reading::default(),
        }
    }

    /// On chips of `profile`. An objective with a Gaussian g draws it at the size of the offsets, if
    /// there are any, for each sample: g is a unit's offset.
    pub fn on(mut self, profile: Profile) -> Self {
        if let Perturbation::Gaussian { std } = &mut self.perturbation
            && profile.offset > 0.0
        {
            *std = profile.offset as f32;
        }
        self.hardware = Some(profile);
        self
    }

    /// AROVR^g with the input block and the weight clip: what stands most. The radius is a share of
    /// the input's range, which the data's scaling makes \[0, 1\].
    pub fn robust(data: &str) -> Self {
        Self {
            input_block: InputBlock::Box { radius: 0.02 },
            weight_clip: Some(2.0),
            ..Self::new(data, ObjectiveName::ArovrG)
        }
    }

    /// From TOML, in which a settings file may leave out whatever is as [`new`](Self::new) has it.
    ///
    /// # Errors
    /// Unknown names, values that aren't what they should be, and more than a MiB of text.
    pub fn from_toml(text: &str) -> Result<Self> {
        const EXPECTED: &str = "what `fenchel train` writes";
        let given: toml::Table = error::toml("settings", EXPECTED, text)?;
        #[derive(Deserialize)]
        struct Head {
            data: Option<String>,
            objective: Option<ObjectiveName>,
        }
        let head: Head = error::toml("settings", EXPECTED, text)?;
        let objective = head.objective.unwrap_or(ObjectiveName::ArovrG);
        let defaults = Self::new(head.data.as_deref().unwrap_or("digits"), objective);
        let mut all = toml::Table::try_from(&defaults)?;
        all.extend(given);
        error::own_toml("settings", EXPECTED, &toml::to_string(&all)?)
    }

    /// As in pretraining: plain back-propagation, on the same samples, shape and steps. What doesn't
    /// count there has its default.
    pub fn pretraining(&self) -> Self {
        let Self { samples, layers, activation, skip, weight_clip, pretrain, .. } = self.clone();
        let Self { batch, rate, seed, .. } = *self;
        let plain = Self::new(&self.data, ObjectiveName::Backprop);
        Self { samples, layers, activation, skip, weight_clip, pretrain, batch, rate, seed, ..plain }
    }

    /// How each batch is relaxed.
    pub fn relaxation(&self) -> fenchel_core::Settings {
        let Self { schedule, sweeps, tolerance, .. } = *self;
        fenchel_core::Settings { schedule, sweeps, tolerance }
    }

    /// The shape of the network, for `data`.
    ///
    /// # Errors
    /// As [`Architecture::new`]; [`BadInput`] for sizes that are out of range.
    pub fn architecture(&self, data: &Dataset) -> Result<Architecture> {
        let fits = |units: &usize| (1..=8192).contains(units);
        let layers = format!("{:?}", self.layers);
        require!(self.layers.iter().all(fits), "--layers", "1 to 8192 units a block", layers);
        let blocks = self.layers.len();
        require!((1..=14).contains(&blocks), "--layers", "1 to 14 hidden blocks", blocks);
        require!(data.features <= 8192, "--data", "at most 8192 values a sample", data.features);
        let potential = match (self.potential, self.distance) {
            (PotentialName::FenchelYoung, Distance::Potential) => Potential::FenchelYoung,
            (PotentialName::Quadratic, Distance::Potential) => Potential::Quadratic,
            (PotentialName::FenchelYoung, Distance::Elementwise) => Potential::Elementwise,
            (PotentialName::Quadratic, Distance::Elementwise) => {
                let (expected, got) = ("--potential fenchel-young", "quadratic");
                return Err(BadInput::new("--distance elementwise", expected, got).into());
            }
        };
        let sizes = [&[data.features], self.layers.as_slice(), &[data.classes()]].concat();
        Architecture::new(&sizes, &self.activation, potential, &self.skip, &self.gamma)
    }

    /// The objective's inference problems; none for back-propagation.
    pub fn contrast(&self) -> Option<fenchel_core::Contrast> {
        self.objective.objective().contrast(self.attack.loss(), self.alpha, self.beta)
    }

    /// Refuse what can't be trained, before anything is written.
    ///
    /// # Errors
    /// [`BadInput`] or [`fenchel_core::Error`].
    pub fn check(&self, data: &Dataset) -> Result<()> {
        require!(self.epochs > 0, "--epochs", "at least 1", 0);
        require!(self.batch > 0, "--batch", "at least 1", 0);
        require!(self.sweeps > 0, "--sweeps", "at least 1", 0);
        require!(self.alpha > 0.0 && self.alpha <= 1.0, "--alpha", "above 0, at most 1", self.alpha);
        for (place, value) in [("--beta", self.beta), ("--rate", self.rate)] {
            require!(value > 0.0 && value.is_finite(), place, "a finite number above 0", value);
        }
        let clip = self.weight_clip.unwrap_or(1.0);
        require!(clip > 0.0 && clip.is_finite(), "--weight-clip", "a finite number above 0", clip);
        let not_negative = [
            ("--tolerance", self.tolerance),
            ("--input-noise", self.input_noise),
            ("--hidden-noise", self.hidden_noise),
        ];
        for (place, value) in not_negative {
            require!(value >= 0.0 && value.is_finite(), place, "a finite number of at least 0", value);
        }
        let lifted = self.objective.objective() != Objective::Backprop;
        let got = spelling::name(self.objective);
        let expected = "a back-propagation objective (lifted ones take --perturbation)";
        require!(!lifted || self.hidden_noise == 0.0, "--hidden-noise", expected, got);
        let none = self.perturbation == Perturbation::None;
        let expected = "none with back-propagation (which takes --hidden-noise)";
        require!(lifted || none, "--perturbation", expected, self.perturbation.spell());
        if let Some(profile) = &self.hardware {
            profile.check()?;
            let fits = !lifted || self.schedule != Schedule::Unitwise;
            let expected =
                "forward-backward or backward with --hardware (units move by W alone, not by Wᵀ's arrays)";
            require!(fits, "--schedule", expected, self.schedule.spell());
        }
        if let Some(count) = self.samples {
            let most = data.train.len();
            require!((1..=most).contains(&count), "--samples", format!("1 to {most}"), count);
        }
        let gamma = self.architecture(data)?.output_gamma();
        let nudges = self.contrast().map(|contrast| contrast.nudges).unwrap_or([Nudge::FREE; 2]);
        let s = nudges.map(|nudge| nudge.s).into_iter().fold(0.0, f32::min);
        if gamma + s <= 0.0 {
            let factor = -s / self.beta;
            let times = if factor == 1.0 { String::new() } else { format!("{factor}·") };
            let expected = format!("γ_L > {times}β, or the output's problem has no minimum (γ_L + s > 0)");
            let got = format!("γ_L = {gamma}, β = {}, s = {s}", self.beta);
            return Err(BadInput::new("--beta", expected, got).into());
        }
        Ok(())
    }
}
