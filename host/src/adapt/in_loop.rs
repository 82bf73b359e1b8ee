//! Learning with a chip in the loop: samples are relaxed through the chip's own flaws, and its devices are
//! changed by pulses. Beside it, ways of learning that know less of the chip.

use anyhow::Result;
use fenchel_core::{
    Contrast, LearnSettings, Model, Network, Nudge, Problem, Random, Scaling, Scope, StateView, UpdateStatus,
    Weights, label,
};
use rand_core::SeedableRng;
use rayon::prelude::*;

use super::course::{self, Course, Pupil};
use super::{Plan, Settings};
use crate::analysis::robustness::Samples;
use crate::data::Split;
use crate::error::require;
use crate::hardware::spice::{self, Crossbar};
use crate::hardware::{LearningChip, MonteCarlo, Profile, Reading, convert_input};
use crate::model::backprop::Backprop;
use crate::{DenseGradient, Parameters};

/// Where the gradients come from with which a chip learns, and which of its parameters learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// From the chip itself, which relaxes every sample through its own W and Wᵀ.
    InLoop,
    /// From the exact network, whose weights the chip is taken to have; every step is made on both.
    OffChip,
    /// From the chip itself; the weights and biases of the last block learn.
    LastLayer,
    /// From the chip itself; the biases learn.
    Biases,
    /// From the chip, whose Wᵀ is a fixed random array.
    Feedback,
    /// From the chip's activities, by back-propagation through the exact Wᵀ.
    Backprop,
}

impl Method {
    fn scope(self, scope: Scope) -> Scope {
        match self {
            Self::InLoop | Self::OffChip | Self::Feedback | Self::Backprop => scope,
            Self::LastLayer => Scope::LastBlock,
            Self::Biases => Scope::Biases,
        }
    }
}

/// Returns the method's name in options.
pub fn spell(method: Method) -> String {
    clap::ValueEnum::to_possible_value(&method).map_or(String::new(), |value| value.get_name().into())
}

/// Lets every chip learn from `plan`'s stream as `settings` say, the chips being those of
/// [`crate::hardware::trials`]. Only one learns if nothing of them is random.
///
/// # Errors
/// Fails as [`super::adapt`] does, and for a rollback or a limit of weights, which a chip doesn't have.
pub fn adapt_chips(
    model: &Model,
    plan: &Plan,
    settings: &Settings,
    profile: &Profile,
    monte_carlo: MonteCarlo,
    method: Method,
    medium: Medium,
) -> Result<Vec<Course>> {
    if medium == Medium::Circuit {
        let fits = matches!(method, Method::InLoop | Method::LastLayer | Method::Biases);
        require!(
            fits,
            "`method`",
            "one whose gradients come from the chip alone, in a circuit",
            spell(method)
        );
    }
    require!(settings.learn.rollback.is_none(), "`rollback`", "none on a chip", "one");
    require!(settings.learn.clip.is_none(), "`clip`", "none on a chip", "one");
    let parameters = Parameters::of_model(model);
    let features = model.network().input_units();
    let samples = Samples::new(plan.test, features, model.scaling(), plan.test.len());
    let profile = &profile.with_range_of(&parameters, &samples)?;
    let chips = if profile.learns_at_random() { monte_carlo.chips } else { monte_carlo.chips.min(1) };
    let course = |chip: u64| {
        let random = Random::seed_from_u64(monte_carlo.seed ^ (chip << 32));
        let mut pupil = OnChip::new(&parameters, profile, settings.learn, method, random)?;
        pupil.medium = medium;
        course::run(&mut pupil, model, plan, settings, &mut |_| Ok(()))
    };
    (0..chips).into_par_iter().map(course).collect()
}

/// What relaxes the problems on a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Core's sweeps on the chip's weights.
    Simulation,
    /// The chip as a crossbar's circuit in ngspice, whose voltages settle.
    Circuit,
}

/// Polyak's μ for chips, whose devices follow a step only in part: those at the end of their range don't
/// move.
pub const CHIP_SHARE: f32 = 0.3;

/// Open-loop gain of a circuit's op-amps.
const OP_AMP_GAIN: f64 = 1e6;

/// A chip that learns.
struct OnChip<'p> {
    method: Method,
    medium: Medium,
    settings: LearnSettings,
    contrast: Contrast,
    profile: &'p Profile,
    chip: LearningChip<'p>,
    /// The parameters that a computer takes the chip to have.
    nominal: Parameters,
    gradient: DenseGradient,
    random: Random,
}

impl<'p> OnChip<'p> {
    fn new(
        parameters: &'p Parameters,
        profile: &'p Profile,
        mut settings: LearnSettings,
        method: Method,
        mut random: Random,
    ) -> Result<Self> {
        let mut chip = LearningChip::draw(parameters, profile, &mut random);
        if method == Method::Feedback {
            chip.fix_feedback(&mut random);
        }
        settings.scope = method.scope(settings.scope);
        let contrast = settings.objective.contrast(settings.attack, settings.alpha, settings.beta);
        let Some(contrast) = contrast else {
            return Err(crate::BadInput::new("`objective`", "one with inference problems", "backprop").into());
        };
        let gradient = DenseGradient::zeros(parameters);
        let medium = Medium::Simulation;
        Ok(Self {
            method,
            medium,
            settings,
            contrast,
            profile,
            chip,
            nominal: parameters.clone(),
            gradient,
            random,
        })
    }

    /// Changes the parameters by −`step`·gradient: those of the chip, and those that it is taken to have.
    fn change(&mut self, step: f32) {
        let scope = self.settings.scope;
        self.chip.change(&self.gradient, -step, scope, &mut self.random);
        let (output, blocks) = (self.nominal.blocks.len() - 1, self.nominal.graph());
        let ranges: Vec<_> = (1..=output).map(|k| (k, blocks.range(k, 1))).collect();
        let tensors: Vec<_> = self.gradient.tensors().collect();
        let add = |values: &mut [f32], gradient: &[f32]| {
            values.iter_mut().zip(gradient).for_each(|(w, g)| *w -= step * g);
        };
        let weights = self.nominal.connections.iter().zip(&mut self.nominal.weights).zip(&tensors);
        for ((_, weights), gradient) in weights.filter(|((c, _), _)| scope.has_weights(c.to, output)) {
            add(weights.column_major_mut(), gradient);
        }
        for (_, range) in ranges.into_iter().filter(|(k, _)| scope.has_biases(*k, output)) {
            add(&mut self.nominal.biases[range.clone()], &tensors[tensors.len() - 1][range]);
        }
    }

    /// Calls `work` with the circuit of the chip as it is now, and with the network that it computes.
    fn with_circuit<R>(&self, work: impl FnOnce(&Network<'_, Reading>, &Crossbar) -> Result<R>) -> Result<R> {
        let parameters = Parameters { biases: self.chip.biases(), ..self.nominal.clone() };
        let crossbar = Crossbar::of_learning(&parameters, self.profile, &self.chip, OP_AMP_GAIN)?;
        let weights = self.chip.chip().read(1, &mut self.random.clone());
        work(&self.chip.chip().network(&weights), &crossbar)
    }

    /// Computes a sample's gradient by the circuit; returns its outputs without a nudge.
    fn contrast_in_circuit(&mut self, problem: Problem) -> Result<Option<Vec<f32>>> {
        let factors = [1.0 / self.contrast.divisor, -1.0 / self.contrast.divisor];
        let mut gradient = self.gradient.clone();
        let outputs = self.with_circuit(|network, crossbar| {
            let nudges = &self.contrast.nudges;
            let settled = spice::contrast(network, crossbar, &problem, nudges, &factors, &mut gradient)?;
            let is_free = nudges[1] == Nudge::FREE;
            if is_free { Ok(settled) } else { spice::outputs(network, crossbar, problem.input()) }
        })?;
        self.gradient = gradient;
        Ok(Some(outputs))
    }

    /// Returns ‖G‖² over the parameters that learn.
    fn squared_gradient(&self) -> f32 {
        let (scope, graph) = (self.settings.scope, self.nominal.graph());
        let output = graph.output();
        let square = |values: &[f32]| values.iter().map(|g| g * g).sum::<f32>();
        let tensors: Vec<_> = self.gradient.tensors().collect();
        let weights = graph.connections().iter().zip(&tensors);
        let weights = weights.filter(|(c, _)| scope.has_weights(c.to, output));
        let blocks = (1..=output).filter(|&k| scope.has_biases(k, output));
        weights.map(|(_, gradient)| square(gradient)).sum::<f32>()
            + blocks.map(|k| square(&tensors[tensors.len() - 1][graph.range(k, 1)])).sum::<f32>()
    }
}

/// Computes the contrastive gradient of a sample on `network`. Returns the outputs of inference, or nothing
/// if a problem has no minimum.
fn contrast<W: Weights>(
    network: &Network<'_, W>,
    problem: Problem,
    contrast: &Contrast,
    sweeps: u32,
    gradient: &mut DenseGradient,
) -> Result<Option<Vec<f32>>> {
    let mut activities = vec![0.0; network.units()];
    let outputs = network.infer(problem.input(), &mut activities)?.to_vec();
    let problem = problem.with_nudges(&contrast.nudges);
    let mut memory = vec![0.0; StateView::len(network.units(), problem.rows(network))];
    let mut state = StateView::new(network.units(), problem.rows(network), &mut memory)?;
    let settings = fenchel_core::Settings { sweeps, ..fenchel_core::Settings::default() };
    network.relax(&problem, &mut state, &settings)?;
    let dropped = network.drop_unbounded(&problem, &mut state);
    let factors = [1.0 / contrast.divisor, -1.0 / contrast.divisor];
    network.contrastive_gradient(&problem, &mut state, &factors, gradient)?;
    Ok((dropped == 0).then_some(outputs))
}

impl Pupil for OnChip<'_> {
    fn is_attacked(&self) -> bool {
        self.settings.objective.is_attacked()
    }

    fn learn(&mut self, input: &[f32], target: &[f32], attack: &[f32]) -> Result<UpdateStatus> {
        let Self { settings, nominal, gradient, .. } = self;
        let sweeps = settings.sweeps;
        let exact = Problem::new(input, &[], target).with_attack(attack);
        let mut converted = input.to_vec();
        convert_input(self.profile.input_bits, &mut converted);
        let outputs = if self.medium == Medium::Circuit {
            self.contrast_in_circuit(exact.with_input(&converted))?
        } else if self.method == Method::OffChip {
            contrast(&nominal.network(), exact, &self.contrast, sweeps, gradient)?
        } else {
            let weights = self.chip.chip().read(1, &mut self.random);
            let network = self.chip.chip().network(&weights);
            let outputs = if self.method == Method::Backprop {
                let mut backprop = Backprop::default();
                let mut outputs = backprop.forward(&network, &converted, &[])?.to_vec();
                self.chip.chip().convert(&mut outputs);
                let errors: Vec<_> = outputs.iter().zip(target).map(|(z, y)| z - y).collect();
                backprop.backward(&nominal.network(), |_, delta| delta.copy_from_slice(&errors));
                backprop.gradient(&network, &converted, gradient);
                Some(outputs)
            } else {
                contrast(&network, exact.with_input(&converted), &self.contrast, sweeps, gradient)?
            };
            outputs.map(|mut outputs| {
                self.chip.chip().convert(&mut outputs);
                outputs
            })
        };
        let Some(outputs) = outputs else { return Ok(UpdateStatus::Unbounded) };
        let right = label(target);
        let others = outputs.iter().enumerate().filter(|(i, _)| *i != right).map(|(_, z)| *z);
        let margin = outputs[right] - others.fold(f32::NEG_INFINITY, f32::max);
        if self.settings.skip.is_some_and(|least| margin > least) {
            return Ok(UpdateStatus::Skipped);
        }
        let loss = outputs.iter().zip(target).map(|(z, y)| 0.5 * (z - y) * (z - y)).sum();
        let squared = self.squared_gradient();
        let step = self.settings.rule.size(loss, squared, input.iter().map(|x| x * x).sum());
        if !squared.is_finite() || !step.is_finite() {
            return Ok(UpdateStatus::Unbounded);
        }
        self.change(step);
        Ok(UpdateStatus::Learned)
    }

    fn answers(&mut self, split: &Split, scaling: Scaling) -> Result<Vec<f32>> {
        let features = self.nominal.graph().input_units();
        let samples = Samples::new(split, features, scaling, split.len());
        if self.medium == Medium::Circuit {
            let answers = self.with_circuit(|network, crossbar| {
                let rows = samples.input.par_chunks(features);
                rows.map(|input| spice::outputs(network, crossbar, input)).collect::<Result<Vec<_>>>()
            });
            return Ok(answers?.concat());
        }
        let pieces = samples.pieces(features).into_iter();
        // Read noise of its own: measuring more often changes nothing of what is learned.
        let mut random = self.random.clone();
        let answers = pieces.map(|(input, _)| self.chip.infer(input, &mut random));
        Ok(answers.collect::<Result<Vec<_>>>()?.concat())
    }
}
