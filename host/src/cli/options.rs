//! Options that determine a training run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use fenchel_core::{Activation, InputBlock, Perturbation, Schedule};

use super::reading::{ReadingArgs, SplitArgs};
use crate::data::{self, Dataset};
use crate::hardware::Profile;
use crate::model::architecture::Skip;
use crate::spelling::parse;
use crate::task::TaskName;
use crate::train::{
    AttackName, Chosen, ClassWeights, Distance, NetworkSettings, ObjectiveName, OptimiserSettings,
    PerturbedBlocks, PerturbedPer, PotentialName, Settings,
};
use crate::{BadInput, OptimiserName};

/// Presets of several settings.
#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// AROVR^g with --input-block box:0.02 and --weight-clip 2
    Robust,
}

/// Options of a training run; what isn't given comes from the preset, the objective, or the default.
#[derive(clap::Args)]
pub struct Options {
    /// Preset of several settings; other options override it
    #[arg(long, value_enum)]
    preset: Option<Preset>,
    /// Settings file, such as a run's settings.toml; other options override it
    #[arg(long, conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// Data: digits, mnist, fashion-mnist, kmnist, a folder of IDX files (MNIST's form), a CSV file with one sample in each row, or an NPZ file of x and y [default: digits]
    #[arg(long)]
    data: Option<String>,
    /// Task to train for [default: classify]
    #[arg(long, value_enum)]
    task: Option<TaskName>,
    /// Share of the training samples whose score the threshold of a reconstruction calls normal [default: 0.99]
    #[arg(long)]
    quantile: Option<f32>,
    /// Train on a random subset of this many samples [default: all]
    #[arg(long)]
    samples: Option<usize>,
    /// Units of each hidden block, lowest first [default: 64,32; for --task reconstruct 64, a few linear ones and 64]
    #[arg(long, value_delimiter = ',')]
    layers: Option<Vec<usize>>,
    /// Activations relu, linear, clip:LOW:HIGH or simplex: one for all hidden blocks, one for each, or one for each and the output [default: relu, with a linear output]
    #[arg(long, value_delimiter = ',', value_parser = parse::<Activation>)]
    activation: Option<Vec<Activation>>,
    /// Connection FROM:TO from one block to a higher one, in addition to the chain; 0 is the input
    #[arg(long, value_delimiter = ',', value_parser = parse::<Skip>)]
    skip: Option<Vec<Skip>>,
    /// Potential of every block [default: fenchel-young]
    #[arg(long, value_enum)]
    potential: Option<PotentialName>,
    /// What the weight γ multiplies [default: potential]
    #[arg(long, value_enum)]
    distance: Option<Distance>,
    /// Weight γ: one value, one for each block, or one for each unit, of the blocks above the input [default: 1]
    #[arg(long, value_delimiter = ',')]
    gamma: Option<Vec<f32>>,
    /// Objective to minimise [default: arovr-g]
    #[arg(long, value_enum)]
    objective: Option<ObjectiveName>,
    /// Weight α of the loss against the attack, in (0, 1] [default: 0.49]
    #[arg(long)]
    alpha: Option<f32>,
    /// Strength β of the nudge, above 0 [default: 0.25]
    #[arg(long)]
    beta: Option<f32>,
    /// Attack of rovr-ab, arovr-ab, rovr-g and arovr-g [default: random-label]
    #[arg(long, value_enum)]
    attack: Option<AttackName>,
    /// Noise g in the energy: none, gaussian:STD, dropout:P or dropout:P:M [default: gaussian:0.0625 for rovr-g and arovr-g, none otherwise]
    #[arg(long, value_parser = parse::<Perturbation>)]
    perturbation: Option<Perturbation>,
    /// Blocks with noise g [default: hidden for dropout, all otherwise]
    #[arg(long, value_enum)]
    perturbed_blocks: Option<PerturbedBlocks>,
    /// Whether each sample or each batch has its own noise g [default: sample]
    #[arg(long, value_enum)]
    perturbed_per: Option<PerturbedPer>,
    /// How far the attack may move the input: none, box:RADIUS (the average of radii drawn for each sample) or quadratic:RATIO [default: box:0.02 for backprop-fgsm, none otherwise]
    #[arg(long, value_parser = parse::<InputBlock>)]
    input_block: Option<InputBlock>,
    /// Standard deviation of Gaussian noise on the inputs, as a share of their range [default: 0]
    #[arg(long)]
    input_noise: Option<f32>,
    /// Standard deviation of Gaussian noise on hidden pre-activations [default: 0.25 for backprop-noise, 0 otherwise]
    #[arg(long)]
    hidden_noise: Option<f32>,
    /// Clip weights to ± this value/√fan-in after each step [default: no clip]
    #[arg(long)]
    weight_clip: Option<f32>,
    /// Number of passes of plain back-propagation before the objective [default: 0]
    #[arg(long)]
    pretrain: Option<u32>,
    /// Number of passes over the samples [default: 100]
    #[arg(long)]
    epochs: Option<u32>,
    /// Number of steps, rounded up to whole passes over the samples [default: 3000 for a CSV or NPZ file, or 20 passes if more]
    #[arg(long, conflicts_with = "epochs")]
    steps: Option<u32>,
    /// Share of the learning rate at the last step, to which it falls linearly [default: 1; 0.02 for a CSV or NPZ file]
    #[arg(long)]
    final_rate: Option<f32>,
    /// End after this many epochs without a better validation accuracy [default: never]
    #[arg(long)]
    patience: Option<u32>,
    /// Train the model once more, on training and validation samples together [default: no; yes for a CSV or NPZ file of at most 10000 training samples]
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    refit: Option<bool>,
    /// Weight of the samples of rare classes [default: none]
    #[arg(long, value_enum)]
    class_weights: Option<ClassWeights>,
    /// Samples in each step [default: 50; a tenth of the samples, 8 to 50, for a CSV or NPZ file]
    #[arg(long)]
    batch: Option<usize>,
    /// Optimiser, which turns a gradient into a step [default: adam]
    #[arg(long, value_enum)]
    optimiser: Option<OptimiserName>,
    /// Learning rate [default: 0.001]
    #[arg(long, visible_alias = "rate")]
    learning_rate: Option<f32>,
    /// Seed of the subset, the initialisation, the order and every random draw [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Schedule, the order of updates in a relaxation: forward-backward, unitwise or backward [default: forward-backward]
    #[arg(long, value_parser = parse::<Schedule>)]
    schedule: Option<Schedule>,
    /// Maximum number of sweeps in each relaxation; an odd number of forward-backward sweeps has a systematic error [default: 2, or 100 with --tolerance]
    #[arg(long)]
    sweeps: Option<u32>,
    /// End a relaxation when no activity changes by more than this [default: 0, all sweeps]
    #[arg(long)]
    tolerance: Option<f32>,
    /// Train for this hardware, on a new random chip for each mini-batch: ideal, reram, pcm, floating-gate, severe or a TOML file [default: exact weights]
    #[arg(long, value_name = "PROFILE")]
    hardware: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    split: SplitArgs,
}

/// Replaces a group's settings by the options that were given.
macro_rules! replace {
    ($options:expr, $group:expr, $($name:ident),*) => {
        $(if let Some(value) = &$options.$name {
            $group.$name = value.clone();
        })*
    };
}

impl Options {
    /// Returns the number of passes over the samples, if given.
    pub fn epochs(&self) -> Option<u32> {
        self.epochs
    }

    /// Returns all settings.
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
        let Settings {
            seed,
            task,
            quantile,
            reading,
            data,
            network,
            objective,
            attack,
            optimiser,
            relaxation,
            ..
        } = &mut settings;
        *seed = self.seed.unwrap_or(*seed);
        *task = self.task.unwrap_or(*task);
        reading.target = task.target();
        *quantile = self.quantile.unwrap_or(*quantile);
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

    /// Returns the options that were given and have no effect with the objective of `settings`.
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

    /// Sets what depends on the data: the recipe for a CSV or NPZ file, if no settings file was given, and
    /// the number of steps, and the layers of a reconstruction. Returns lines that say what was chosen.
    pub fn fit_to(&self, settings: &mut Settings, data: &Dataset) -> Vec<String> {
        let mut said = Vec::new();
        let chosen = self.config.is_none() && self.layers.is_none();
        if settings.task == TaskName::Reconstruct && chosen {
            settings.network.set_narrow(data.features);
            replace!(self, settings.network, activation);
            let NetworkSettings { layers, .. } = &settings.network;
            let units = layers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
            said.push(format!(
                "hidden layers of {units} units (--layers): the {} values of a sample are given back by way of {}, \
                 which are linear (--activation)",
                data.features, layers[1]
            ));
        }
        let samples = settings.data.samples.unwrap_or(data.train.len());
        let is_table = self.config.is_none() && data::is_table(&settings.data.source);
        let optimiser = &mut settings.optimiser;
        if is_table {
            let &Self { batch, epochs, final_rate, refit, .. } = self;
            let chosen = Chosen { batch, epochs, final_rate, refit };
            optimiser.take_recipe(samples, settings.data.samples.is_some(), &chosen);
        }
        if let Some(steps) = self.steps {
            optimiser.set_steps(steps, samples);
        }
        let OptimiserSettings { batch, epochs, final_rate, refit, .. } = *optimiser;
        let refit =
            if refit { ", then a fit to training and validation rows together (--refit)" } else { "" };
        if is_table {
            said.push(format!(
                "{samples} training rows: {epochs} epochs (--steps or --epochs) in batches of {batch} (--batch), \
                 the learning rate falls to {} % (--final-rate){refit}",
                100.0 * final_rate
            ));
        }
        said
    }

    /// Returns the settings of the file. The command line's data and objective are applied first, as others follow them.
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
