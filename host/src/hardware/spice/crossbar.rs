//! Computes sums by crossbars. Each row of an array has two inverting op-amps, the first for G⁺, the second
//! for G⁻ and the output of the first: out = ohms·Σ (G⁺ − G⁻)·in.

use std::borrow::Cow;
use std::fmt::Write;

use anyhow::Result;
use fenchel_core::{Perturbation, Problem, Random};
use rand_core::SeedableRng;

use super::check::relaxed;
use super::netlist::CONDUCTANCE;
use crate::Parameters;
use crate::error::require;
use crate::hardware::{Chip, Devices, LearningChip, Pair, Profile, convert_input};

/// Properties of a crossbar's op-amps.
#[derive(Clone, Copy, Debug)]
pub struct OpAmps {
    /// Open-loop gain.
    pub gain: f64,
    /// Standard deviation of the input offset, in V.
    pub offset: f64,
}

/// A chip as a circuit.
#[derive(Clone, Debug)]
pub struct Crossbar<'p> {
    parameters: &'p Parameters,
    profile: &'p Profile,
    chip: Chip<'p>,
    /// The chip, with the effect of its op-amps' offsets included.
    offset_chip: Chip<'p>,
    /// Conductances of each connection, in the order of the network's connections.
    devices: Vec<Devices>,
    gain: f64,
    /// Input offsets in V of each row's two op-amps: for every connection, of its forward and its feedback
    /// array.
    offsets: Vec<[Vec<[f64; 2]>; 2]>,
}

impl<'p> Crossbar<'p> {
    /// Builds the circuit of the chip that [`Chip::draw`] draws from `seed`.
    ///
    /// # Errors
    /// Returns [`crate::BadInput`] for read noise, which a circuit at rest doesn't have, for dead units,
    /// and for impossible amplifiers.
    pub fn new(parameters: &'p Parameters, profile: &'p Profile, op_amps: OpAmps, seed: u64) -> Result<Self> {
        let OpAmps { gain, offset } = op_amps;
        let expected = "a finite number of at least 0";
        require!(offset >= 0.0 && offset.is_finite(), "`op_amp_offset`", expected, offset);
        check(profile, gain)?;
        let devices = Devices::draw(parameters, profile, &mut Random::seed_from_u64(seed));
        let chip = Chip::draw(parameters, profile, &mut Random::seed_from_u64(seed));
        // A stream of their own: the chip is eval's.
        let mut random = Random::seed_from_u64(!seed);
        let normal = Perturbation::Gaussian { std: offset as f32 };
        let mut draw = |rows: usize| -> Vec<[f64; 2]> {
            let mut values = vec![0.0; 2 * rows];
            normal.fill(&mut random, &mut values);
            values.chunks_exact(2).map(|two| [f64::from(two[0]), f64::from(two[1])]).collect()
        };
        let shapes = devices.iter().map(|devices| devices.forward.shape);
        let offsets = shapes.map(|(rows, columns)| [draw(rows), draw(columns)]).collect();
        let mut crossbar =
            Self { parameters, profile, offset_chip: chip.clone(), chip, devices, gain, offsets };
        if offset > 0.0 {
            crossbar.offset();
        }
        Ok(crossbar)
    }

    /// Builds the circuit of a chip that learns, as it is now, with op-amps of this `gain` and without
    /// offsets. `parameters` have the chip's biases, before the gains of its units.
    ///
    /// # Errors
    /// Fails as [`new`](Self::new) does.
    pub fn of_learning(
        parameters: &'p Parameters,
        profile: &'p Profile,
        learning: &LearningChip<'p>,
        gain: f64,
    ) -> Result<Self> {
        check(profile, gain)?;
        let (chip, devices) = (learning.chip().clone(), learning.devices());
        let none = |devices: &Devices| {
            let (rows, columns) = devices.forward.shape;
            [vec![[0.0; 2]; rows], vec![[0.0; 2]; columns]]
        };
        let offsets = devices.iter().map(none).collect();
        Ok(Self { parameters, profile, offset_chip: chip.clone(), chip, devices, gain, offsets })
    }

    /// Adds the effect of the op-amps' offsets: shifts of the pre-activations, and of the forces Wᵀ u.
    fn offset(&mut self) {
        let (mut a, mut force) = (vec![0.0; self.chip.biases.len()], vec![0.0; self.chip.biases.len()]);
        for side in self.sides() {
            let sums = if side.forward { &mut a } else { &mut force };
            for (i, unit) in side.units().enumerate() {
                // What came before goes through the last array's gain.
                sums[unit] = side.gain(i) * sums[unit] + side.shift(i);
            }
        }
        let Chip { biases, offsets, .. } = &mut self.offset_chip;
        biases.iter_mut().zip(a).for_each(|(bias, a)| *bias += a as f32);
        offsets.resize(force.len(), 0.0);
        offsets.iter_mut().zip(force).for_each(|(g, force)| *g -= force as f32);
    }

    /// Returns the input and g of `problem` as `chip` has them.
    fn seen(&self, problem: &Problem, chip: &Chip) -> (Vec<f32>, Vec<f32>) {
        let mut input = problem.input().to_vec();
        convert_input(self.profile.input_bits, &mut input);
        let mut g = problem.perturbation().to_vec();
        if g.is_empty() {
            g.clone_from(&chip.offsets);
        } else {
            g.iter_mut().zip(&chip.offsets).for_each(|(g, offset)| *g += offset);
        }
        (input, g)
    }

    /// Returns the input and g of `problem` as the circuit's sources produce them.
    pub(super) fn sources(&self, problem: &Problem) -> (Vec<f32>, Vec<f32>) {
        self.seen(problem, &self.chip)
    }

    /// Returns the state of `problem` that core finds on the chip's weights, with all offsets.
    pub(super) fn relaxed(&self, problem: &Problem) -> Result<Vec<f32>> {
        let chip = &self.offset_chip;
        let (input, perturbation) = self.seen(problem, chip);
        let weights = chip.read(1, &mut Random::seed_from_u64(0));
        // Unit-wise descent takes both directions from one matrix.
        let by_units = chip.arrays.iter().all(|array| array.feedback.is_none());
        let problem = problem.with_input(&input).with_perturbation(&perturbation);
        relaxed(&chip.network(&weights), &problem, by_units)
    }

    /// Returns every array. Arrays into the same block, or that feed back to it, form a chain.
    fn sides(&self) -> Vec<Side<'_>> {
        let network = self.parameters.network();
        let mut sides = Vec::new();
        for k in 1..=network.output() {
            for forward in [true, false] {
                let chain: Vec<_> =
                    if forward { network.incoming(k).collect() } else { network.outgoing(k).collect() };
                for (place, &(index, c)) in chain.iter().enumerate() {
                    let Devices { ohms, forward: own, feedback } = &self.devices[index];
                    let pair = match feedback {
                        _ if forward => Cow::Borrowed(own),
                        Some(feedback) => Cow::Borrowed(feedback),
                        None => Cow::Owned(own.transposed()),
                    };
                    let name = |index: usize| format!("{}{index}", if forward { "w" } else { "t" });
                    let first = network.range(k, 1).start;
                    let bias = if forward && place == 0 { network.bias(k) } else { &[] };
                    sides.push(Side {
                        forward,
                        block: k,
                        first,
                        source: if forward { c.from } else { c.to },
                        name: name(index),
                        before: place.checked_sub(1).map(|before| name(chain[before].0)),
                        last: place + 1 == chain.len(),
                        bias,
                        ohms: *ohms,
                        pair,
                        gains: self.chip.gains[usize::from(!forward)].get(first..).unwrap_or_default(),
                        offsets: &self.offsets[index][usize::from(!forward)],
                    });
                }
            }
        }
        sides
    }
}

/// Checks that the profile's flaws can be built, and that the op-amps' open-loop `gain` is possible.
fn check(profile: &Profile, gain: f64) -> Result<()> {
    require!(gain >= 1.0 && gain.is_finite(), "`op_amp_gain`", "a finite number of at least 1", gain);
    for (flaw, size) in [("read_noise", profile.read_noise), ("dead_units", profile.dead_units)] {
        let place = format!("profile {}, {flaw}", profile.name);
        require!(size == 0.0, place, "0 in a crossbar's circuit", size);
    }
    Ok(())
}

/// An array in one direction, and its place in the chain of arrays that add to the same block.
struct Side<'c> {
    /// Whether the array computes W z; otherwise it computes Wᵀ u.
    forward: bool,
    block: usize,
    /// Index of the block's first unit.
    first: usize,
    /// Index of the block whose voltages the array reads.
    source: usize,
    name: String,
    /// Name of the array before it in the chain, to whose outputs it adds.
    before: Option<String>,
    last: bool,
    /// Biases that this array adds; empty if it adds none.
    bias: &'c [f32],
    ohms: f64,
    pair: Cow<'c, Pair>,
    /// Gains of the units; empty if all are 1.
    gains: &'c [f32],
    offsets: &'c [[f64; 2]],
}

impl Side<'_> {
    fn units(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.pair.shape.0
    }

    /// Returns the gain of row i's second op-amp.
    fn gain(&self, i: usize) -> f64 {
        if self.last { self.gains.get(i).map_or(1.0, |&gain| f64::from(gain)) } else { 1.0 }
    }

    /// Returns what enters row i beside its devices: a node and a factor.
    fn further(&self, i: usize) -> Option<(String, f64)> {
        let bias = self.bias.get(i).copied().filter(|&bias| bias != 0.0);
        let constant = |bias: f32| (if bias > 0.0 { "one" } else { "minus" }.into(), f64::from(bias.abs()));
        self.before.as_ref().map(|before| (format!("y{before}_{i}"), 1.0)).or(bias.map(constant))
    }

    /// Returns the conductances G⁺ and G⁻ of row i, in S.
    fn row(&self, i: usize) -> [&[f32]; 2] {
        let columns = self.pair.shape.1;
        [&self.pair.plus, &self.pair.minus].map(|side| &side[i * columns..][..columns])
    }

    /// Returns what the offsets of the two op-amps add to output i, in V: each offset times its op-amp's
    /// noise gain.
    fn shift(&self, i: usize) -> f64 {
        let [plus, minus] =
            self.row(i).map(|side| self.ohms * side.iter().map(|&g| f64::from(g)).sum::<f64>());
        let further = self.further(i).map_or(0.0, |(_, factor)| factor);
        let gain = self.gain(i);
        let [first, second] = self.offsets[i];
        second * (1.0 + gain * (1.0 + minus)) - gain * first * (1.0 + plus + further)
    }

    /// Writes the resistors and op-amps of this array, with the given open-loop gain.
    fn write(&self, text: &mut String, open_loop: f64) -> Result<()> {
        let Self { block: k, name, ohms, .. } = self;
        for (i, offsets) in self.offsets.iter().enumerate() {
            let own = format!("{name}_{i}");
            for (side, conductances) in ["p", "m"].into_iter().zip(self.row(i)) {
                for (j, conductance) in conductances.iter().enumerate().filter(|(_, g)| **g > 0.0) {
                    let source = match (self.forward, self.source) {
                        (true, 0) => format!("x_{j}"),
                        (true, source) => format!("b_{source}_{j}"),
                        (false, source) => format!("u_{source}_{j}"),
                    };
                    writeln!(
                        text,
                        "R{side}{own}_{j} {source} {side}{own} {:e}",
                        1.0 / f64::from(*conductance)
                    )?;
                }
            }
            if let Some((node, factor)) = self.further(i) {
                writeln!(text, "Rb{own} {node} p{own} {:e}", ohms / factor)?;
            }
            writeln!(text, "Rc{own} q{own} m{own} {ohms:e}")?;
            let output = if self.forward && self.last { format!("a_{k}_{i}") } else { format!("y{own}") };
            op_amp(text, &format!("p{own}"), &format!("q{own}"), *ohms, offsets[0], open_loop)?;
            op_amp(text, &format!("m{own}"), &output, ohms * self.gain(i), offsets[1], open_loop)?;
            if !self.forward && self.last {
                writeln!(text, "Gf_{k}_{i} 0 z_{k}_{i} {output} 0 {CONDUCTANCE:e}")?;
            }
        }
        Ok(())
    }
}

/// Writes an op-amp: its output holds the node `sum`, reached through `ohms`, at the op-amp's offset, up to
/// 1/open_loop.
fn op_amp(text: &mut String, sum: &str, output: &str, ohms: f64, offset: f64, open_loop: f64) -> Result<()> {
    let mut positive = "0".to_string();
    if offset != 0.0 {
        positive = format!("o{sum}");
        writeln!(text, "V{positive} {positive} 0 {offset:e}")?;
    }
    writeln!(text, "Rf{sum} {output} {sum} {ohms:e}")?;
    writeln!(text, "E{sum} {output} 0 {positive} {sum} {open_loop:e}")?;
    Ok(())
}

/// Writes the sources of W z + b into a and, except for connections from the input, of Wᵀ u as a current
/// into z. A buffer drives each array from z.
pub(super) fn sums(text: &mut String, crossbar: &Crossbar) -> Result<()> {
    writeln!(text, "Vone one 0 1\nVminus minus 0 -1")?;
    let network = crossbar.parameters.network();
    for k in 1..network.output() {
        for i in 0..network.range(k, 1).len() {
            writeln!(text, "Ez_{k}_{i} b_{k}_{i} 0 z_{k}_{i} b_{k}_{i} {:e}", crossbar.gain)?;
        }
    }
    crossbar.sides().iter().try_for_each(|side| side.write(text, crossbar.gain))
}
