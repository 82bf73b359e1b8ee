//! A chip: one draw of a profile's flaws, with a network programmed into it.

use anyhow::Result;
use fenchel_core::{
    Connection, Graph, Network, Nudge, Perturbation, Problem, Random, Settings, StateView, Status,
};

use super::Profile;
use super::array::{Array, Reading};
use super::converter::{convert_input, convert_output};
use crate::data::permutation;
use crate::{Matrix, Parameters};

/// A network on a chip.
#[derive(Clone, Debug)]
pub struct Chip<'p> {
    profile: &'p Profile,
    graph: Graph<'p>,
    gammas: &'p [f32],
    /// One array for each connection, in the order of the network's connections.
    pub arrays: Vec<Array>,
    /// Biases of the blocks 1..=L, multiplied by the gains of their units.
    pub biases: Vec<f32>,
    /// The offset g of each unit in blocks 1..=L; empty if the profile has no offsets.
    pub offsets: Vec<f32>,
    /// Gains of the amplifiers of each unit: those that sum its pre-activation a, and those of the signal
    /// fed back to it; 0 for dead units. Both are empty if the amplifiers are exact and no unit is dead.
    pub gains: [Vec<f32>; 2],
}

/// The state of samples that were relaxed on a chip.
#[derive(Clone, Debug)]
pub struct Relaxed {
    /// Outputs z_L after the output converters, shape (samples, n_L).
    pub outputs: Vec<f32>,
    /// Activities z_k of all blocks 1..=L, one block after the other, each of shape (samples, n_k).
    pub activities: Vec<f32>,
    /// How the relaxation ended.
    pub status: Status,
}

impl<'p> Chip<'p> {
    /// Draws a chip and programs `parameters` into it.
    pub fn draw(parameters: &'p Parameters, profile: &'p Profile, random: &mut Random) -> Self {
        // What Wᵀ is applied with has other gains, and no way into a dead unit.
        let apart = profile.separate_feedback || profile.gain_error > 0.0 || profile.dead_units > 0.0;
        let program = |(c, weights): (&Connection, &Matrix)| {
            Array::program(weights, apart && c.from > 0, profile, random)
        };
        let mut chip = Self {
            profile,
            graph: parameters.graph(),
            gammas: &parameters.gammas,
            arrays: parameters.connections.iter().zip(&parameters.weights).map(program).collect(),
            biases: parameters.biases.clone(),
            offsets: Vec::new(),
            gains: Default::default(),
        };
        if profile.gain_error > 0.0 {
            chip.err_in_gain(random);
        }
        if profile.offset > 0.0 {
            chip.offsets.resize(chip.biases.len(), 0.0);
            Perturbation::Gaussian { std: profile.offset as f32 }.fill(random, &mut chip.offsets);
        }
        if profile.dead_units > 0.0 {
            chip.kill(random);
        }
        chip
    }

    /// Draws the two gain errors of every unit: of the amplifier that sums its a, and of the one that feeds
    /// back to it.
    fn err_in_gain(&mut self, random: &mut Random) {
        let mut draw = || {
            let mut gains = vec![0.0; self.biases.len()];
            Perturbation::Gaussian { std: self.profile.gain_error as f32 }.fill(random, &mut gains);
            gains.iter_mut().for_each(|gain| *gain += 1.0);
            gains
        };
        let (forward, feedback) = (draw(), draw());
        self.biases.iter_mut().zip(&forward).for_each(|(bias, gain)| *bias *= gain);
        for (c, array) in self.graph.connections().iter().zip(&mut self.arrays) {
            let gains = &forward[self.graph.range(c.to, 1)];
            for column in array.forward.column_major_mut().chunks_exact_mut(gains.len()) {
                column.iter_mut().zip(gains).for_each(|(w, gain)| *w *= gain);
            }
            let Some(matrix) = &mut array.feedback else { continue };
            let columns = matrix.column_major_mut().chunks_exact_mut(gains.len());
            for (column, gain) in columns.zip(&feedback[self.graph.range(c.from, 1)]) {
                column.iter_mut().for_each(|w| *w *= gain);
            }
        }
        self.gains = [forward, feedback];
    }

    /// Disconnects the inputs of dead units, so that they always answer f(0).
    fn kill(&mut self, random: &mut Random) {
        for k in 1..self.graph.output() {
            let range = self.graph.range(k, 1);
            let units = range.len();
            let dead = (self.profile.dead_units * units as f64).round() as usize;
            for &unit in &permutation(units, random)[..dead] {
                let place = range.start + unit;
                self.biases[place] = 0.0;
                for gains in &mut self.gains {
                    gains.resize(self.biases.len(), 1.0);
                    gains[place] = 0.0;
                }
                if let Some(offset) = self.offsets.get_mut(place) {
                    *offset = 0.0;
                }
                for (c, array) in self.graph.connections().iter().zip(&mut self.arrays) {
                    if c.to == k {
                        let values = array.forward.column_major_mut();
                        values.iter_mut().skip(unit).step_by(units).for_each(|w| *w = 0.0);
                    }
                    if let Some(matrix) = array.feedback.as_mut().filter(|_| c.from == k) {
                        let rows = self.graph.blocks()[c.to].size();
                        matrix.column_major_mut()[unit * rows..][..rows].fill(0.0);
                    }
                }
            }
        }
    }

    /// Returns the blocks and connections.
    pub fn graph(&self) -> Graph<'p> {
        self.graph
    }

    /// Returns the arrays as `samples` samples read them, for [`network`](Self::network).
    pub fn read(&self, samples: usize, random: &mut Random) -> Vec<Reading<'_>> {
        self.arrays.iter().map(|array| array.read(samples, random)).collect()
    }

    /// Returns the network that the chip computes, over arrays that were [`read`](Self::read).
    pub fn network<'a>(&'a self, weights: &'a [Reading<'a>]) -> Network<'a, Reading<'a>> {
        Network::new(self.graph, weights, &self.biases, self.gammas)
            .expect("a chip has the shape of its network")
    }

    /// Repeats `of`, one value for each unit, for `samples` samples: one block after the other, each of
    /// shape (samples, n_k).
    fn for_each_sample(&self, of: &[f32], samples: usize) -> Vec<f32> {
        let of_block = |k| of.get(self.graph.range(k, 1)).unwrap_or_default().repeat(samples);
        (1..=self.graph.output()).flat_map(of_block).collect()
    }

    /// Returns g for every sample, one block after the other, each of shape (samples, n_k); empty if there
    /// are no offsets.
    pub fn perturbation(&self, samples: usize) -> Vec<f32> {
        self.for_each_sample(&self.offsets, samples)
    }

    /// Returns the offsets as a shift of the pre-activations, −g/γ; empty if there are no offsets.
    pub fn disturbance(&self, samples: usize) -> Vec<f32> {
        let of_units: Vec<_> = self.offsets.iter().zip(self.gammas).map(|(g, gamma)| -g / gamma).collect();
        self.for_each_sample(&of_units, samples)
    }

    /// Converts the outputs in place; they stay as they are if the profile leaves the converters' range
    /// open.
    pub(crate) fn convert(&self, outputs: &mut [f32]) {
        if let Some(range) = self.profile.output_range {
            convert_output(self.profile.output_bits, range as f32, outputs);
        }
    }

    /// Returns the chip's outputs, shape (samples, n_L), for `input`, shape (samples, n_0), without
    /// feedback: z_k = f_k(a_k − g_k/γ_k).
    ///
    /// # Errors
    /// Fails if a size doesn't fit.
    pub fn infer(&self, input: &[f32], random: &mut Random) -> Result<Vec<f32>> {
        let samples = input.len() / self.graph.input_units();
        let mut input = input.to_vec();
        convert_input(self.profile.input_bits, &mut input);
        let weights = self.read(samples, random);
        let network = self.network(&weights);
        let mut activities = vec![0.0; samples * network.units()];
        let disturbance = self.disturbance(samples);
        let mut outputs = network.infer_disturbed(&input, &disturbance, &mut activities)?.to_vec();
        self.convert(&mut outputs);
        Ok(outputs)
    }

    /// Returns the chip's state with feedback: `input`, shape (samples, n_0), relaxed under `nudge` towards
    /// y⁻ = `attack`, shape (samples, n_L).
    ///
    /// # Errors
    /// Fails if a size doesn't fit, or the problem has no minimum in z_L.
    pub fn relax(
        &self,
        input: &[f32],
        attack: &[f32],
        nudge: Nudge,
        settings: &Settings,
        random: &mut Random,
    ) -> Result<Relaxed> {
        let samples = input.len() / self.graph.input_units();
        let mut input = input.to_vec();
        convert_input(self.profile.input_bits, &mut input);
        let weights = self.read(samples, random);
        let network = self.network(&weights);
        let perturbation = self.perturbation(samples);
        let nudges = &[nudge];
        let problem =
            Problem::new(&input, nudges, attack).with_attack(attack).with_perturbation(&perturbation);
        let mut memory = vec![0.0; StateView::len(network.units(), samples)];
        let mut state = StateView::new(network.units(), samples, &mut memory)?;
        let status = network.relax(&problem, &mut state, settings)?.status;
        let activities: Vec<_> =
            (1..=network.output()).flat_map(|k| state.activities(&network, k).to_vec()).collect();
        let mut outputs = state.activities(&network, network.output()).to_vec();
        self.convert(&mut outputs);
        Ok(Relaxed { outputs, activities, status })
    }
}
