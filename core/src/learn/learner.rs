//! Learning in place: the contrastive gradient of one sample at a time, on parameters in RAM.

use super::learned::{InPlace, Layout};
use super::rollback::{Verdict, Watch};
use super::settings::Problems;
use crate::error::same;
use crate::kernel::slices::{part, part_mut};
use crate::kernel::units::map;
use crate::{
    DIVERGED, Error, LearnMemory, LearnSettings, ModelFields, Network, Operator, Outcome, Problem, Quantity,
    Schedule, Settings, StateView, Weights, label,
};

/// What [`Learner::learn`] did with a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Update {
    /// ½‖z_L − y‖² of plain inference, before the step.
    pub loss: f32,
    /// η; 0 if no step was taken.
    pub step: f32,
    /// Whether a step was taken.
    pub status: UpdateStatus,
}

/// Whether a sample changed the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UpdateStatus {
    /// They took a step.
    Learned,
    /// No: the right output already leads by more than the margin to skip at.
    Skipped,
    /// No: a problem has no minimum, or the outputs have diverged.
    Unbounded,
    /// They returned to the copy.
    RolledBack,
}

/// A network that goes on learning, one sample at a time: weights that learn in RAM, the others in flash.
///
/// A step relaxes the problems of the objective and adds η/(β·scale)·(u⁺z⁺ᵀ − u⁻z⁻ᵀ) to the weights, each
/// from what its two units know. No tape is kept, nothing is allocated, and every machine gives the same
/// bits.
///
/// ```
/// # use fenchel_core::*;
/// # let blocks = [2, 3].map(|units| Block::new(units, Activation::Linear));
/// # let panels = [0.0; packed_len(3, 2)];
/// # let weights = [Packed::new(3, 2, &panels)?.into()];
/// # let graph = Graph::new(&blocks, &[Connection { from: 0, to: 1 }])?;
/// # let network = Network::new(graph, &weights, &[0.0; 3], &[1.0; 3])?;
/// let settings = LearnSettings::default();
/// let mut room = LearnRoom::<64, 32>::new();
/// let memory = room.memory(settings.sizes(&network)?)?;
/// let mut learner = Learner::new(network, settings, memory)?;
/// for _ in 0..20 {
///     learner.learn(&[0.2, 0.9], &[0.0, 1.0, 0.0])?;
/// }
/// assert_eq!(label(learner.infer(&[0.2, 0.9])?), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Learner<'m> {
    layout: Layout<'m>,
    settings: LearnSettings,
    problems: Problems,
    memory: LearnMemory<'m>,
    watch: Watch,
}

impl<'m> Learner<'m> {
    /// Begin with the parameters of `network`, narrow ones widened to `f32`.
    ///
    /// # Errors
    /// [`Error::Size`] unless `memory` is what [`LearnSettings::sizes`] says; whatever that refuses.
    #[inline]
    pub fn new(
        network: Network<'m, Operator<'m>>,
        settings: LearnSettings,
        memory: LearnMemory<'m>,
    ) -> Result<Self, Error> {
        let sizes = settings.sizes(&network)?;
        same(Quantity::StateUnits, sizes.state, memory.state.len())?;
        same(Quantity::LearnedParameters, sizes.step, memory.step.len())?;
        same(Quantity::LearnedParameters, sizes.copy, memory.copy.len())?;
        let layout = Layout { network, scope: settings.scope };
        layout.check()?;
        layout.copy(memory.parameters)?;
        memory.step.fill(0.0);
        if settings.rollback.is_some() {
            map(memory.parameters, memory.copy, |w| w);
        }
        Ok(Self { layout, settings, problems: settings.problems()?, memory, watch: Watch::new() })
    }

    /// The parameters in RAM: the matrices of the connections that learn, as [`crate::Packed::unpadded`] takes
    /// them, then the biases of all blocks.
    pub fn parameters(&self) -> &[f32] {
        self.memory.parameters
    }

    /// Whether it needs the target of an attack: [`learn_against`](Self::learn_against).
    pub fn is_attacked(&self) -> bool {
        self.problems.nudges.iter().any(|nudge| nudge.weight_attack != 0.0)
    }

    /// `work` on the network as it is now.
    ///
    /// # Errors
    /// None: [`new`](Self::new) has refused whatever it can't be put together from.
    pub fn with_network<R>(&self, work: impl FnOnce(&Network<Operator>) -> R) -> Result<R, Error> {
        Ok(self.layout.with(self.memory.parameters, work))
    }

    /// `work` on the fields of the model file of the network as it is now; `model` are those of the model that it
    /// was made from ([`crate::Model::fields`]). Its learned weights are `f32`, so that a learner over the loaded
    /// file has the same bits.
    ///
    /// # Errors
    /// As [`with_network`](Self::with_network).
    pub fn with_fields<R>(
        &self,
        model: &ModelFields,
        work: impl FnOnce(&ModelFields) -> R,
    ) -> Result<R, Error> {
        self.with_network(|network| {
            work(&ModelFields { weights: network.weights(), biases: network.biases(), ..*model })
        })
    }

    /// The answer z_L to one `input`.
    ///
    /// # Errors
    /// As [`Network::infer`].
    #[inline]
    pub fn infer(&mut self, input: &[f32]) -> Result<&[f32], Error> {
        let Self { layout, memory, .. } = self;
        let LearnMemory { parameters, state, .. } = memory;
        let activities = part_mut(state, 0..layout.network.units());
        layout.with(parameters, |network| network.infer(input, activities).map(|_| ()))?;
        Ok(part(activities, layout.network.range(layout.network.output(), 1)))
    }

    /// Relax `problem` on the network as it is now, in the caller's `state`.
    ///
    /// # Errors
    /// As [`Network::relax`].
    #[inline]
    pub fn relax(
        &self,
        problem: &Problem,
        state: &mut StateView,
        settings: &Settings,
    ) -> Result<Outcome, Error> {
        self.with_network(|network| network.relax(problem, state, settings))?
    }

    /// Learn from one sample: `input` x, (n_0), scaled as the model's inputs are, and `target` y, (n_L), 1 at
    /// the class and 0 elsewhere for a classifier.
    ///
    /// # Errors
    /// As [`learn_against`](Self::learn_against). Nothing is changed then.
    #[inline]
    pub fn learn(&mut self, input: &[f32], target: &[f32]) -> Result<Update, Error> {
        self.learn_against(input, target, &[])
    }

    /// As [`learn`](Self::learn) with the target y⁻ of an attack, which the αβ objectives need: another
    /// class, drawn anew for each sample.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`] or [`Error::Unbounded`], as of a relaxation. Nothing is changed
    /// then.
    #[inline]
    pub fn learn_against(&mut self, input: &[f32], target: &[f32], attack: &[f32]) -> Result<Update, Error> {
        let Self { layout, settings, problems, memory, watch } = self;
        let network = &layout.network;
        same(Quantity::InputValues, network.input_units(), input.len())?;
        let nudges = problems.nudges.get(..problems.count).unwrap_or_default();
        let problem = Problem::new(input, nudges, target).with_attack(attack);
        problem.check(network)?;
        problem.check_finite()?;

        let mut state = state(settings, network, problems.count, memory.state)?;
        let look = |parameters: &[f32], state: &mut StateView| {
            layout.with(parameters, |network| infer(network, &problem, state))
        };
        // The copy first: the state is then that of the learned parameters.
        let of_copy = settings.rollback.map(|_| look(memory.copy, &mut state)).transpose()?;
        let before = look(memory.parameters, &mut state)?;
        let no_step = |status| Ok(Update { loss: before.loss, step: 0.0, status });
        let diverged = before.loss.is_nan() || before.loss > DIVERGED;
        if let (Some(rollback), Some(of_copy)) = (settings.rollback, of_copy) {
            let verdict =
                if diverged { Verdict::Return } else { watch.see(rollback, before.loss, of_copy.loss) };
            match verdict {
                Verdict::Nothing => {}
                Verdict::Keep => map(memory.parameters, memory.copy, |w| w),
                Verdict::Return => {
                    *watch = Watch::new();
                    map(memory.copy, memory.parameters, |w| w);
                    memory.step.fill(0.0);
                    return no_step(UpdateStatus::RolledBack);
                }
            }
        }
        if diverged {
            return no_step(UpdateStatus::Unbounded);
        }
        if settings.skip.is_some_and(|margin| before.margin > margin) {
            return no_step(UpdateStatus::Skipped);
        }
        let sweeps = settings.sweeps;
        let dropped = layout.with(memory.parameters, |network| {
            if sweeps == 0 {
                network.come_back(&problem, &mut state);
            } else {
                network.relax_for(&problem, &mut state, Schedule::ForwardBackward, sweeps)?;
            }
            // Only s < 0 can leave a problem without a minimum.
            let may_be_unbounded = nudges.iter().any(|nudge| nudge.s < 0.0);
            Ok(if may_be_unbounded { network.drop_unbounded(&problem, &mut state) } else { 0 })
        })?;

        let mut factors = problems.factors;
        let factors = factors.get_mut(..problems.count).unwrap_or_default();
        let squared_input = input.iter().fold(0.0, |sum, x| sum + x * x);
        let squared = layout.squared_gradient(squared_input, &state, factors);
        // It isn't finite if any force or activity of what learns isn't.
        if dropped > 0 || !squared.is_finite() {
            return no_step(UpdateStatus::Unbounded);
        }
        let step = settings.rule.size(before.loss, squared, squared_input);
        factors.iter_mut().for_each(|factor| *factor *= -step);
        let LearnMemory { parameters, step: of_rule, .. } = memory;
        let mut in_place = InPlace { layout: *layout, rule: settings.rule, parameters, memory: of_rule };
        network.contrastive_gradient(&problem, &mut state, factors, &mut in_place)?;
        if let Some(limit) = settings.clip {
            layout.clip(limit, parameters);
        }
        Ok(Update { loss: before.loss, step, status: UpdateStatus::Learned })
    }
}

#[inline]
fn state<'s>(
    settings: &LearnSettings,
    network: &Network<Operator>,
    rows: usize,
    memory: &'s mut [f32],
) -> Result<StateView<'s>, Error> {
    if settings.sweeps == 0 {
        StateView::without_sweeps(network.units(), network.output_units(), rows, memory)
    } else {
        StateView::new(network.units(), rows, memory)
    }
}

/// What plain inference says of a sample.
struct Before {
    /// ½‖z_L − y‖².
    loss: f32,
    /// The right output less the largest other.
    margin: f32,
}

/// The first half of a relaxation without sweeps; the outputs of inference are scratch at the output.
fn infer<W: Weights>(
    network: &Network<'_, W>,
    problem: &Problem,
    state: &mut StateView,
) -> Result<Before, Error> {
    network.go_forth(problem, state)?;
    let (output, units) = (network.output(), network.output_units());
    let of_output = state.block(network, output);
    let first = 0..units;
    let (a, answers) = (part(of_output.a, first.clone()), part_mut(of_output.e, first));
    network.block(output).activation.activate(units, a, answers);
    let right = label(problem.target);
    let (mut loss, mut largest, mut of_right) = (0.0, f32::NEG_INFINITY, 0.0);
    for (i, (&z, y)) in answers.iter().zip(problem.target).enumerate() {
        loss += 0.5 * (z - y) * (z - y);
        if i == right {
            of_right = z;
        } else if z > largest {
            largest = z;
        }
    }
    Ok(Before { loss, margin: of_right - largest })
}

/// Σ p·q in ascending order.
pub(super) fn dot(p: &[f32], q: &[f32]) -> f32 {
    let mut sum = 0.0;
    for (p, q) in p.iter().zip(q) {
        sum += p * q;
    }
    sum
}
