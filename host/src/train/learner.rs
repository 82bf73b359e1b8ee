//! Makes one step of training: a batch, its gradient by the objective, and the optimiser.

use anyhow::Result;
use fenchel_core::{Contrast, InputBlock, Network, Nudge, Perturbation, Problem, StateView, Weights};

use super::batch::{Batch, Streams};
use super::{AttackName, Settings};
use crate::data::{Dataset, Split};
use crate::gemm::{Aligned, zeros};
use crate::hardware::{Chip, convert_input};
use crate::model::backprop::Backprop;
use crate::task::Task;
use crate::{DenseGradient, Optimiser, Parameters};

/// Parameters in training, with the scratch memory of a step.
#[derive(Clone)]
pub struct Learner {
    pub parameters: Parameters,
    pub settings: Settings,
    pub task: Task,
    pub gradient: DenseGradient,
    pub optimiser: Optimiser,
    pub batch: Batch,
    pub workspace: Workspace,
}

/// The scratch memory of a gradient, beside the batch.
#[derive(Clone)]
pub struct Workspace {
    state: Aligned,
    outputs: Vec<f32>,
    force: Vec<f32>,
    backprop: Backprop,
}

impl Default for Workspace {
    fn default() -> Self {
        let (outputs, force, backprop) = Default::default();
        Self { state: zeros(0), outputs, force, backprop }
    }
}

impl Learner {
    pub fn new(settings: Settings, task: Task, parameters: Parameters) -> Self {
        let gradient = DenseGradient::zeros(&parameters);
        let optimiser = Optimiser::new(settings.optimiser.method, &parameters);
        let (batch, workspace) = Default::default();
        Self { parameters, settings, task, gradient, optimiser, batch, workspace }
    }

    /// Makes one step of the optimiser on the samples at `indices`; returns the number of samples that were
    /// dropped.
    pub fn step(
        &mut self,
        train: &Split,
        indices: &[usize],
        data: &Dataset,
        streams: &mut Streams,
        learning_rate: f32,
    ) -> Result<usize> {
        let dropped = self.gradient(train, indices, data, streams)?;
        self.optimiser.step(&mut self.parameters, &self.gradient, learning_rate);
        if let Some(factor) = self.settings.optimiser.weight_clip {
            self.parameters.clip_weights(factor);
        }
        Ok(dropped)
    }

    /// Computes the mean gradient of the samples at `indices`; returns the number of samples that were
    /// dropped from it.
    ///
    /// With hardware, a new chip answers for the batch, in both problems, and its gradient is used for the
    /// weights that were programmed into it (a straight-through estimate).
    pub fn gradient(
        &mut self,
        train: &Split,
        indices: &[usize],
        data: &Dataset,
        streams: &mut Streams,
    ) -> Result<usize> {
        self.gather(train, indices, data, streams);
        let Self { parameters, settings, task, gradient, batch, workspace, .. } = self;
        let network = parameters.network();
        let Some(profile) = &settings.hardware else {
            return BatchGradient { settings, task, gradient, batch, workspace }.run(&network, streams);
        };
        let chip = Chip::draw(parameters, profile, &mut streams.hardware);
        convert_input(profile.input_bits, &mut batch.input);
        if settings.contrast().is_none() {
            batch.perturb_further(&chip.disturbance(batch.len()));
        } else if !matches!(settings.attack.perturbation, Perturbation::Gaussian { .. }) {
            batch.perturb_further(&chip.perturbation(batch.len()));
        }
        let weights = chip.read(batch.len(), &mut streams.hardware);
        BatchGradient { settings, task, gradient, batch, workspace }.run(&chip.network(&weights), streams)
    }

    /// Makes the samples at `indices` the batch, with the noise that belongs to it.
    pub fn gather(&mut self, train: &Split, indices: &[usize], data: &Dataset, streams: &mut Streams) {
        self.batch.gather(train, indices, data, &self.task);
        let attack = &self.settings.attack;
        if attack.input_noise > 0.0 || attack.input_block != InputBlock::None {
            self.batch.limit(data);
        }
        self.batch.disturb_input(self.settings.attack.input_noise, &mut streams.input);
        let network = self.parameters.network();
        self.batch.perturb(&network, &self.settings, &mut streams.perturbation);
    }
}

/// A batch on a network, and the place of its gradient.
pub struct BatchGradient<'a> {
    pub settings: &'a Settings,
    pub task: &'a Task,
    pub gradient: &'a mut DenseGradient,
    pub batch: &'a mut Batch,
    pub workspace: &'a mut Workspace,
}

impl BatchGradient<'_> {
    /// Computes the mean gradient of the batch; returns the number of samples that were dropped from it.
    fn run<W: Weights>(self, network: &Network<'_, W>, streams: &mut Streams) -> Result<usize> {
        match self.settings.contrast() {
            None => self.backpropagate(network, streams),
            Some(contrast) => self.contrast(network, &contrast, streams),
        }
    }

    fn backpropagate<W: Weights>(self, network: &Network<'_, W>, streams: &mut Streams) -> Result<usize> {
        let (batch, backprop) = (self.batch, &mut self.workspace.backprop);
        backprop.run(network, &batch.input, &batch.target, &batch.perturbation)?;
        if self.settings.attack.input_block != InputBlock::None {
            let force = &mut self.workspace.force;
            force.resize(batch.input.len(), 0.0);
            backprop.input_force(network, force);
            // Of each sample's own loss, not of their mean.
            let samples = batch.len() as f32;
            force.iter_mut().for_each(|force| *force *= samples);
            let radii = batch.radii(&mut streams.radius);
            batch.displace_input(self.settings.attack.input_block, &radii, force);
            backprop.run(network, &batch.input, &batch.target, &batch.perturbation)?;
        }
        backprop.gradient(network, &batch.input, self.gradient);
        Ok(0)
    }

    /// Gives the batch its attack: on the labels, and on the input as the settings say.
    pub fn attack<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        contrast: &Contrast,
        streams: &mut Streams,
    ) -> Result<()> {
        let (batch, workspace) = (&mut *self.batch, &mut *self.workspace);
        if self.settings.attack.loss == AttackName::RunnerUp {
            workspace.outputs.resize(batch.len() * network.units(), 0.0);
            batch.attack_worst(self.task, network.infer(&batch.input, &mut workspace.outputs)?);
        } else {
            batch.draw_attack(self.task, &mut streams.attack);
        }
        if self.settings.attack.input_block != InputBlock::None {
            let radii = batch.radii(&mut streams.radius);
            workspace.attack_input(
                network,
                batch,
                &contrast.nudges[1..],
                self.settings.attack.input_block,
                &radii,
            )?;
        }
        Ok(())
    }

    /// Computes the mean contrastive gradient of the batch; returns the number of samples that were dropped
    /// from it.
    fn contrast<W: Weights>(
        mut self,
        network: &Network<'_, W>,
        contrast: &Contrast,
        streams: &mut Streams,
    ) -> Result<usize> {
        self.attack(network, contrast, streams)?;
        let (batch, workspace) = (self.batch, self.workspace);
        let divisor = contrast.divisor * batch.len() as f32;
        let factors = [1.0 / divisor, -1.0 / divisor];
        // With g = 0 a free problem is solved by the forward pass, and its forces are 0.
        let trivial = |p: usize| batch.perturbation.is_empty() && contrast.nudges[p] == Nudge::FREE;
        let kept = usize::from(trivial(0))..2 - usize::from(trivial(1));
        let problem = problem(batch, &contrast.nudges[kept.clone()]);
        let mut state = workspace.state(network, problem.rows(network))?;
        let relaxation = self.settings.relaxation.settings();
        network.relax(&problem, &mut state, &relaxation)?;
        let dropped = network.drop_unbounded(&problem, &mut state);
        network.contrastive_gradient(&problem, &mut state, &factors[kept], self.gradient)?;
        Ok(dropped)
    }
}

/// Returns the problems with these nudges on the batch.
pub fn problem<'b>(batch: &'b Batch, nudges: &'b [Nudge]) -> Problem<'b> {
    Problem::new(&batch.input, nudges, &batch.target)
        .with_attack(&batch.attack)
        .with_perturbation(&batch.perturbation)
}

impl Workspace {
    /// Returns memory for the state of `rows` rows.
    pub fn state<W: Weights>(&mut self, network: &Network<'_, W>, rows: usize) -> Result<StateView<'_>> {
        self.state.resize(StateView::len(network.units(), rows), 0.0);
        Ok(StateView::new(network.units(), rows, &mut self.state)?)
    }

    /// Moves the input as the problem with these `nudges` pulls it in the forward state; from then on it is
    /// fixed there for both problems.
    fn attack_input<W: Weights>(
        &mut self,
        network: &Network<'_, W>,
        batch: &mut Batch,
        nudges: &[Nudge],
        input_block: InputBlock,
        radii: &[f32],
    ) -> Result<()> {
        let mut force = std::mem::take(&mut self.force);
        force.resize(batch.input.len(), 0.0);
        let mut state = self.state(network, batch.len())?;
        // Without g, whose random pull would drown that of the nudge.
        let problem = problem(batch, nudges).with_perturbation(&[]);
        network.input_force(&problem, &mut state, &mut force)?;
        batch.displace_input(input_block, radii, &force);
        self.force = force;
        Ok(())
    }
}
