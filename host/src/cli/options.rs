//! The options that settle a training run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use fenchel_core::{Activation, InputBlock, Perturbation, Schedule};

use super::reading::{ReadingArgs, SplitArgs};
use crate::data::{self, Dataset};
use crate::error::require;
use crate::hardware::Profile;
use crate::model::architecture::Skip;
use crate::spelling::{self, parse};
use crate::task::TaskName;
use crate::train::{
    AttackName, ClassWeights, Distance, ObjectiveName, OptimiserSettings, PerturbedBlocks, PerturbedPer,
    PotentialName, Settings,
};
use crate::{BadInput, OptimiserName};

/// Several settings in one word.
#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// AROVR^g with --input-block box:0.02 and --weight-clip 2
    Robust,
}

/// Options of a training run; what isn't given comes from the preset, the objective, or the default.
#[derive(clap::Args)]
pub struct Options {
    /// Several settings in one word; other options still count
    #[arg(long, value_enum)]
    preset: Option<Preset>,
    /// Settings file, such as a run's settings.toml; other options still count
    #[arg(long, conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// digits, mnist, fashion-mnist, kmnist, a folder of IDX files (MNIST's form), a CSV file with labels last, or an NPZ file of x and y [default: digits]
    #[arg(long)]
    data: Option<String>,
    /// What to train for [default: classify]
    #[arg(long, value_enum, hide = true)]
    task: Option<TaskName>,
    /// Train on a random subset of this many samples [default: all]
    #[arg(long)]
    samples: Option<usize>,
    /// Units of each hidden block, lowest first [default: 64,32]
    #[arg(long, value_delimiter = ',')]
    layers: Option<Vec<usize>>,
    /// relu, linear, clip:LOW:HIGH or simplex: one for all hidden blocks, one each, or one each and the output's [default: relu, linear output]
    #[arg(long, value_delimiter = ',', value_parser = parse::<Activation>)]
    activation: Option<Vec<Activation>>,
    /// Connection from one block into a higher one beside the chain, FROM:TO; 0 is the input
    #[arg(long, value_delimiter = ',', value_parser = parse::<Skip>)]
    skip: Option<Vec<Skip>>,
    /// Potential of every block [default: fenchel-young]
    #[arg(long, value_enum)]
    potential: Option<PotentialName>,
    /// What γ weighs [default: potential]
    #[arg(long, value_enum)]
    distance: Option<Distance>,
    /// γ: one value, one a block, or one a unit (blocks above the input) [default: 1]
    #[arg(long, value_delimiter = ',')]
    gamma: Option<Vec<f32>>,
    /// What to minimise [default: arovr-g]
    #[arg(long, value_enum)]
    objective: Option<ObjectiveName>,
    /// Weight of the loss against the attack, in (0, 1] [default: 0.49]
    #[arg(long)]
    alpha: Option<f32>,
    /// Strength of the nudge, above 0 [default: 0.25]
    #[arg(long)]
    beta: Option<f32>,
    /// The attack of rovr-ab, arovr-ab, rovr-g and arovr-g [default: random-label]
    #[arg(long, value_enum)]
    attack: Option<AttackName>,
    /// Noise g in the energy: none, gaussian:STD, dropout:P or dropout:P:M [default: gaussian:0.0625 for rovr-g and arovr-g, none otherwise]
    #[arg(long, value_parser = parse::<Perturbation>)]
    perturbation: Option<Perturbation>,
    /// Blocks with noise g [default: hidden for dropout, all otherwise]
    #[arg(long, value_enum)]
    perturbed_blocks: Option<PerturbedBlocks>,
    /// What has a noise g of its own [default: sample]
    #[arg(long, value_enum)]
    perturbed_per: Option<PerturbedPer>,
    /// How far the attack may move the input: none, box:RADIUS (average; drawn per sample) or quadratic:RATIO [default: box:0.02 for backprop-fgsm, none otherwise]
    #[arg(long, value_parser = parse::<InputBlock>)]
    input_block: Option<InputBlock>,
    /// Standard deviation of Gaussian noise on the inputs, in shares of their range [default: 0]
    #[arg(long)]
    input_noise: Option<f32>,
    /// Standard deviation of Gaussian noise on hidden pre-activations [default: 0.25 for backprop-noise, 0 otherwise]
    #[arg(long)]
    hidden_noise: Option<f32>,
    /// Clip weights to ± this/√fan-in after each step [default: no clip]
    #[arg(long)]
    weight_clip: Option<f32>,
    /// Passes of plain back-propagation first [default: 0]
    #[arg(long)]
    pretrain: Option<u32>,
    /// Passes over the samples [default: 100]
    #[arg(long)]
    epochs: Option<u32>,
    /// Steps, rounded up to whole passes over the samples [default: 3000 for a CSV or NPZ file, or 20 passes if more]
    #[arg(long, conflicts_with = "epochs")]
    steps: Option<u32>,
    /// Share of the learning rate left at the last step, to which it falls linearly [default: 1; 0.02 for a CSV or NPZ file]
    #[arg(long)]
    final_rate: Option<f32>,
    /// End after so many epochs without a better one on validation [default: never]
    #[arg(long)]
    patience: Option<u32>,
    /// Fit the model once more, to training and validation samples together [default: no; yes for a CSV or NPZ file of at most 10000 training samples]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    refit: Option<bool>,
    /// What samples of rare classes count [default: none]
    #[arg(long, value_enum)]
    class_weights: Option<ClassWeights>,
    /// Samples a step [default: 50; a tenth of the samples, 8 to 50, for a CSV or NPZ file]
    #[arg(long)]
    batch: Option<usize>,
    /// From the gradient to a step [default: adam]
    #[arg(long, value_enum)]
    optimiser: Option<OptimiserName>,
    /// Learning rate [default: 0.001]
    #[arg(long, visible_alias = "rate")]
    learning_rate: Option<f32>,
    /// Of subset, initialisation, order and every draw [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Order of updates in a relaxation: forward-backward, unitwise or backward [default: forward-backward]
    #[arg(long, value_parser = parse::<Schedule>)]
    schedule: Option<Schedule>,
    /// Most sweeps a relaxation; an odd number of forward-backward sweeps errs systematically [default: 2, or 100 with --tolerance]
    #[arg(long)]
    sweeps: Option<u32>,
    /// End a relaxation when no activity changes by more [default: 0, all sweeps]
    #[arg(long)]
    tolerance: Option<f32>,
    /// Train for this hardware, a fresh chip for each mini-batch: ideal, reram, pcm, floating-gate or a TOML file [default: exact weights]
    #[arg(long, value_name = "PROFILE")]
    hardware: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    split: SplitArgs,
}

/// Each option that was given replaces its setting in the group.
macro_rules! replace {
    ($options:expr, $group:expr, $($name:ident),*) => {
        $(if let Some(value) = &$options.$name {
            $group.$name = value.clone();
        })*
    };
}

impl Options {
    /// Passes over the samples, if given.
    pub fn epochs(&self) -> Option<u32> {
        self.epochs
    }

    /// Everything settled.
    pub fn settings(&self) -> Result<Settings> {
        let mut settings = match &self.config {
            Some(path) => self.configured(path)?,
            None => {
                let data = self.data.as_deref().unwrap_or("digits");
                Settings::new(data, self.objective.unwrap_or(ObjectiveName::ArovrG))
            }
        };
        if let Some(Preset::Robust) = self.preset {
            settings = settings.robust();
        }
        let Settings { seed, task, reading, data, network, objective, attack, optimiser, relaxation, .. } =
            &mut settings;
        *seed = self.seed.unwrap_or(*seed);
        *task = self.task.unwrap_or(*task);
        let expected = "classify: this version trains nothing else";
        require!(*task == TaskName::Classify, "--task", expected, spelling::name(*task));
        reading.target = task.target();
        data.samples = self.samples.or(data.samples);
        replace!(self, network, layers, activation, skip, potential, distance, gamma);
        replace!(self, objective, alpha, beta);
        replace!(self, attack, perturbation, perturbed_per, input_block, input_noise, hidden_noise);
        attack.loss = self.attack.unwrap_or(attack.loss);
        let dropout = matches!(self.perturbation, Some(Perturbation::Dropout { .. }));
        let blocks = if dropout { PerturbedBlocks::Hidden } else { attack.perturbed_blocks };
        attack.perturbed_blocks = self.perturbed_blocks.unwrap_or(blocks);
        optimiser.method = self.optimiser.unwrap_or(optimiser.method);
        replace!(self, optimiser, learning_rate, batch, pretrain, epochs, final_rate, refit, class_weights);
        optimiser.patience = self.patience.or(optimiser.patience);
        optimiser.weight_clip = self.weight_clip.or(optimiser.weight_clip);
        replace!(self, relaxation, schedule, tolerance);
        let sweeps =
            if self.tolerance.is_some_and(|tolerance| tolerance > 0.0) { 100 } else { relaxation.sweeps };
        relaxation.sweeps = self.sweeps.unwrap_or(sweeps);
        self.reading.apply(&mut settings.reading);
        self.split.apply(&mut settings.reading);
        if let Some(name) = &self.hardware {
            settings = settings.on(Profile::load(name)?);
            replace!(self, settings.attack, perturbation);
        }
        Ok(settings)
    }

    /// Options that were given, and have no effect with the objective of `settings`.
    pub fn ignored(&self, settings: &Settings) -> Vec<&'static str> {
        let changed = |change: fn(&mut Settings)| settings.clone().with(change).contrast();
        let contrast = settings.contrast();
        let is_lifted = contrast.is_some();
        let of_loss = [
            ("--alpha", self.alpha.is_some(), changed(|settings| settings.objective.alpha *= 0.5)),
            ("--beta", self.beta.is_some(), changed(|settings| settings.objective.beta *= 0.5)),
            ("--attack", self.attack.is_some(), {
                // No two kinds of loss have the same problems, where there are any.
                let other = |loss| settings.clone().with(|settings| settings.attack.loss = loss).contrast();
                let others = [AttackName::None, AttackName::Untargeted].map(other);
                others.into_iter().find(|other| *other != contrast).unwrap_or(contrast)
            }),
        ];
        let without_effect = of_loss.into_iter().filter(|option| option.1 && option.2 == contrast);
        let of_relaxation = [
            ("--schedule", self.schedule.is_some()),
            ("--sweeps", self.sweeps.is_some()),
            ("--tolerance", self.tolerance.is_some()),
            ("--perturbed-blocks", self.perturbed_blocks.is_some()),
            ("--perturbed-per", self.perturbed_per.is_some()),
        ];
        let unused = of_relaxation.into_iter().filter(|option| option.1 && !is_lifted);
        without_effect.map(|option| option.0).chain(unused.map(|option| option.0)).collect()
    }

    /// What depends on the data: the recipe for a table of one's own, if no settings file was given, and the
    /// number of steps. A line that says what was chosen.
    pub fn fit_to(&self, settings: &mut Settings, data: &Dataset) -> Option<String> {
        let samples = settings.data.samples.unwrap_or(data.train.len());
        let is_table = self.config.is_none() && data::is_table(&settings.data.source);
        let optimiser = &mut settings.optimiser;
        if is_table {
            let OptimiserSettings { batch, epochs, final_rate, refit, .. } =
                OptimiserSettings::recipe(samples);
            optimiser.batch = self.batch.unwrap_or(batch);
            optimiser.epochs = self.epochs.unwrap_or(epochs);
            optimiser.final_rate = self.final_rate.unwrap_or(final_rate);
            optimiser.refit = self.refit.unwrap_or(refit && settings.data.samples.is_none());
            if self.batch.is_some() && self.epochs.is_none() {
                optimiser.set_steps(3000, samples);
                optimiser.epochs = optimiser.epochs.max(20);
            }
        }
        if let Some(steps) = self.steps {
            optimiser.set_steps(steps, samples);
        }
        let OptimiserSettings { batch, epochs, final_rate, refit, .. } = *optimiser;
        let refit =
            if refit { ", then a fit to training and validation rows together (--refit)" } else { "" };
        is_table.then(|| {
            format!(
                "{samples} training rows: {epochs} epochs (--steps or --epochs) in batches of {batch} (--batch), \
                 the learning rate falls to {} % (--final-rate){refit}",
                100.0 * final_rate
            )
        })
    }

    /// What the settings file says; data and objective of the command line first, as others follow them.
    fn configured(&self, path: &Path) -> Result<Settings> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| BadInput::new(path.display(), "a settings file", error))?;
        let place = || path.display().to_string();
        let mut settings = Settings::from_toml(&text).with_context(place)?;
        if let Some(objective) = self.objective.filter(|name| *name != settings.objective.name) {
            settings = settings.for_objective(objective);
        }
        if let Some(data) = &self.data {
            settings.data.source.clone_from(data);
        }
        Ok(settings)
    }
}
