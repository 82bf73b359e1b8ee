//! The settings of a training run, in groups.

mod attack;
mod data;
mod network;
mod objective;
mod optimiser;
mod read;
mod relaxation;
mod seed;
mod unchanged;

use anyhow::Result;
use fenchel_core::{Activation, InputBlock, Nudge, Objective, Perturbation, Schedule};
use serde::{Deserialize, Serialize};

use super::objectives::ObjectiveName;
use crate::data::{Dataset, Reading};
use crate::error::require;
use crate::hardware::Profile;
use crate::model::architecture::Architecture;
use crate::spelling::Spelled;
use crate::task::{Task, TaskName};
use crate::{BadInput, OptimiserName, spelling};
pub use attack::{AttackName, AttackSettings, PerturbedBlocks, PerturbedPer};
pub use data::DataSettings;
pub use network::{Distance, NetworkSettings, PotentialName};
pub use objective::ObjectiveSettings;
pub use optimiser::{ClassWeights, OptimiserSettings};
pub use relaxation::RelaxationSettings;
pub(super) use unchanged::check_unchanged;

/// Everything that determines a run's result.
///
/// ```
/// use fenchel::train::{ObjectiveName, Settings};
/// let settings = Settings::new("digits", ObjectiveName::ArovrG).with(|settings| {
///     settings.network.layers = vec![16];
///     settings.optimiser.epochs = 3;
/// });
/// settings.check(&fenchel::data::load("digits")?)?;
/// assert!(Settings::from_toml("epocs = 3").is_err());
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Seed of the subset, the initialisation, the order and every other draw; default 0.
    #[serde(with = "seed")]
    pub seed: u64,
    /// Task of the network; default classification.
    pub task: TaskName,
    /// Share of the training and validation samples whose reconstruction's score is no anomaly's, in (0, 1]; default
    /// 0.99.
    #[serde(skip_serializing_if = "is_usual", default = "usual")]
    pub quantile: f32,
    /// The data that are trained on.
    pub data: DataSettings,
    /// The network's shape and its energy.
    pub network: NetworkSettings,
    /// The objective that training minimises.
    pub objective: ObjectiveSettings,
    /// Disturbances of the network during training.
    pub attack: AttackSettings,
    /// How the steps are taken, and how many.
    pub optimiser: OptimiserSettings,
    /// How the inference problems of a batch are solved.
    pub relaxation: RelaxationSettings,
    /// The hardware of which a new chip is drawn for each mini-batch; default none, which means exact
    /// weights.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hardware: Option<Profile>,
    /// How the file of samples is read.
    #[serde(skip_serializing_if = "Reading::is_default", default)]
    pub reading: Reading,
}

/// The default of [`Settings::quantile`].
const QUANTILE: f32 = 0.99;

fn usual() -> f32 {
    QUANTILE
}

fn is_usual(quantile: &f32) -> bool {
    *quantile == QUANTILE
}

impl Settings {
    /// Returns the defaults, with what belongs to `objective`.
    pub fn new(data: &str, objective: ObjectiveName) -> Self {
        let row = objective.row();
        Self {
            seed: 0,
            task: TaskName::Classify,
            quantile: QUANTILE,
            data: DataSettings { source: data.into(), samples: None },
            network: NetworkSettings {
                layers: vec![64, 32],
                activation: vec![Activation::Relu],
                skip: Vec::new(),
                potential: PotentialName::FenchelYoung,
                distance: Distance::Potential,
                gamma: vec![1.0],
            },
            objective: ObjectiveSettings { name: objective, alpha: 0.49, beta: 0.25 },
            attack: AttackSettings {
                loss: AttackName::RandomLabel,
                perturbation: row.perturbation,
                perturbed_blocks: PerturbedBlocks::All,
                perturbed_per: PerturbedPer::Sample,
                input_block: row.input_block,
                input_noise: 0.0,
                hidden_noise: row.hidden_noise,
            },
            optimiser: OptimiserSettings {
                method: OptimiserName::Adam,
                learning_rate: 1e-3,
                batch: 50,
                pretrain: 0,
                epochs: 100,
                final_rate: 1.0,
                patience: None,
                refit: false,
                class_weights: ClassWeights::None,
                weight_clip: None,
            },
            relaxation: RelaxationSettings { schedule: Schedule::ForwardBackward, sweeps: 2, tolerance: 0.0 },
            hardware: None,
            reading: Reading::default(),
        }
    }

    /// Returns these settings after `change`.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Changes to another objective, with the noise and the attack on the input that belong to it.
    pub fn for_objective(self, objective: ObjectiveName) -> Self {
        let row = objective.row();
        self.with(|settings| {
            settings.objective.name = objective;
            settings.attack.perturbation = row.perturbation;
            settings.attack.input_block = row.input_block;
            settings.attack.hidden_noise = row.hidden_noise;
        })
    }

    /// Changes to training on chips of `profile`. An objective with a Gaussian g draws it for each sample
    /// at the size of the offsets, if there are any, because g is a unit's offset.
    pub fn on(mut self, profile: Profile) -> Self {
        if let Perturbation::Gaussian { std } = &mut self.attack.perturbation
            && profile.offset > 0.0
        {
            *std = profile.offset as f32;
        }
        self.hardware = Some(profile);
        self
    }

    /// Adds the input block and the weight clip of the preset `robust`. The radius is a share of the
    /// input's range.
    pub fn robust(self) -> Self {
        self.with(|settings| {
            settings.attack.input_block = InputBlock::Box { radius: 0.02 };
            settings.optimiser.weight_clip = Some(2.0);
        })
    }

    /// Returns the settings of pretraining: plain back-propagation on the same samples, shape and steps.
    /// Settings that don't matter there have their defaults.
    pub fn pretraining(&self) -> Self {
        let given = self.clone();
        Self::new(&self.data.source, ObjectiveName::Backprop).with(|plain| {
            plain.seed = given.seed;
            plain.task = given.task;
            plain.data = given.data;
            plain.reading = given.reading;
            plain.network.layers = given.network.layers;
            plain.network.activation = given.network.activation;
            plain.network.skip = given.network.skip;
            plain.optimiser = OptimiserSettings { epochs: plain.optimiser.epochs, ..given.optimiser };
        })
    }

    /// Returns the shape of the network for `data`.
    ///
    /// # Errors
    /// Fails as [`NetworkSettings::architecture`] does.
    pub fn architecture(&self, data: &Dataset) -> Result<Architecture> {
        self.network.architecture(data.features, Task::new(self.task, data).outputs())
    }

    /// Returns the objective's inference problems; `None` for back-propagation.
    pub fn contrast(&self) -> Option<fenchel_core::Contrast> {
        let ObjectiveSettings { name, alpha, beta } = self.objective;
        name.objective().contrast(self.attack.loss.loss(), alpha, beta)
    }

    /// Refuses settings that can't be trained, before anything is written.
    ///
    /// # Errors
    /// Returns [`BadInput`] or [`fenchel_core::Error`].
    pub fn check(&self, data: &Dataset) -> Result<()> {
        self.optimiser.check()?;
        self.relaxation.check()?;
        self.objective.check()?;
        self.attack.check()?;
        let lifted = self.objective.name.objective() != Objective::Backprop;
        let got = spelling::name(self.objective.name);
        let expected = "a back-propagation objective (lifted ones take `perturbation`)";
        require!(!lifted || self.attack.hidden_noise == 0.0, "`hidden_noise`", expected, got);
        let none = self.attack.perturbation == Perturbation::None;
        let expected = "none with back-propagation (which takes `hidden_noise`)";
        require!(lifted || none, "`perturbation`", expected, self.attack.perturbation.spell());
        if let Some(profile) = &self.hardware {
            profile.check()?;
            let schedule = self.relaxation.schedule;
            let fits = !lifted || schedule != Schedule::Unitwise;
            let expected =
                "forward-backward or backward with `hardware` (units move by W alone, not by Wᵀ's arrays)";
            require!(fits, "`schedule`", expected, schedule.spell());
        }
        if let Some(count) = self.data.samples {
            let most = data.train.len();
            require!((1..=most).contains(&count), "`samples`", format!("1 to {most}"), count);
            require!(!self.optimiser.refit, "`refit`", "no, with a subset of the `samples`", "yes");
        }
        let share = self.quantile;
        require!(share > 0.0 && share <= 1.0, "`quantile`", "a share above 0, at most 1", share);
        self.check_task(data)?;
        self.check_nudge(self.architecture(data)?.output_gamma())
    }

    /// Refuses a task that doesn't fit the data.
    fn check_task(&self, data: &Dataset) -> Result<()> {
        let fits = match self.task {
            TaskName::Classify => data.classes() >= 2,
            TaskName::Regress => !data.target_names.is_empty(),
            TaskName::Reconstruct => true,
        };
        let got = spelling::name(self.task);
        let expected = if data.target_names.is_empty() { "classify or reconstruct" } else { "regress" };
        require!(fits, "`task`", format!("{expected}, as the targets in {} are", data.name), got);
        let balanced = self.optimiser.class_weights == ClassWeights::Balanced;
        let expected = "none without classes (`task` classify has them)";
        require!(self.task == TaskName::Classify || !balanced, "`class_weights`", expected, "balanced");
        Ok(())
    }

    /// Refuses a nudge that leaves the output's problem without a minimum.
    fn check_nudge(&self, gamma: f32) -> Result<()> {
        let beta = self.objective.beta;
        let nudges = self.contrast().map(|contrast| contrast.nudges).unwrap_or([Nudge::FREE; 2]);
        let s = nudges.map(|nudge| nudge.s).into_iter().fold(0.0, f32::min);
        if gamma + s > 0.0 {
            return Ok(());
        }
        let factor = -s / beta;
        let times = if factor == 1.0 { String::new() } else { format!("{factor}·") };
        let expected = format!("γ_L > {times}β, or the output's problem has no minimum (γ_L + s > 0)");
        let got = format!("γ_L = {gamma}, β = {beta}, s = {s}");
        Err(BadInput::new("`beta`", expected, got).into())
    }
}
