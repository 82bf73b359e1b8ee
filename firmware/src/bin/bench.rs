//! Counts instructions: both products of every connection on dense vectors, inference and sweeps
//! on the samples.
//!
//! Prints `WHAT instructions N of MACS` for each measured stretch, in order, and `digest HEX` of the
//! outputs and of the relaxed state of each sample. Lines that begin with `busy` are for the same network
//! with hidden units that are never 0, so that no product is skipped.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{
    Activation, Block, Graph, MAX_BLOCKS, Network, Nudge, Operator, Problem, Settings, State, Weights,
    checksum,
};
use fenchel_firmware::{UNITS, clock, fail, flash, model, refuse, state, succeed};

/// Largest number of units of a block.
const LARGEST: usize = 1024;

#[entry]
fn main() -> ! {
    let model = model();
    let network = model.network();
    products(&network);
    let (mut dense, mut input) = ([0.0; LARGEST], [0.0; LARGEST]);
    fill(&mut dense);
    let state = state();
    if let Some(dense) = dense.get(..network.input_units()) {
        let activities = state.scratch(&network).unwrap_or_else(|error| refuse(error));
        let (instructions, outputs) = clock::instructions(|| network.infer(dense, activities).is_ok());
        defmt::println!(
            "dense instructions {=u32} of {=usize} {=bool}",
            instructions,
            network.macs(),
            outputs
        );
    }
    let Some(contrast) = model.training().contrast() else { fail("no inference problems") };
    let [_, nudge] = contrast.nudges;
    busy(&network, state, nudge, dense.get(..network.input_units()).unwrap_or_default());
    let (mut target, mut attack) = ([0.0; LARGEST], [0.0; LARGEST]);
    let classes = network.output_units();
    let sweep_macs = sweep_macs(&network);
    for sample in flash::samples() {
        let (Some(input), Some(target), Some(attack)) =
            (input.get_mut(..sample.len()), target.get_mut(..classes), attack.get_mut(..classes))
        else {
            fail("a sample is larger than there is room for");
        };
        sample.scale(model.scaling(), input).unwrap_or_else(|error| refuse(error));
        let activities = state.scratch(&network).unwrap_or_else(|error| refuse(error));
        let (instructions, outputs) = clock::instructions(|| network.infer(input, activities));
        let outputs = outputs.unwrap_or_else(|error| refuse(error));
        defmt::println!("infer instructions {=u32} of {=usize}", instructions, network.macs());
        let mut digest = checksum();
        outputs.iter().for_each(|output| digest.update(&output.to_le_bytes()));
        sample.nudge(target, attack);
        let problem = Problem::new(input, core::slice::from_ref(&nudge), target).with_attack(attack);
        let mut view = state.view(&network).unwrap_or_else(|error| refuse(error));
        for sweeps in [6, 2] {
            let settings = Settings { sweeps, ..Settings::default() };
            let (instructions, result) = clock::instructions(|| {
                network.relax_for(&problem, &mut view, settings.schedule, settings.sweeps)
            });
            result.unwrap_or_else(|error| refuse(error));
            defmt::println!("sweeps{=u32} instructions {=u32} of {=usize}", sweeps, instructions, sweep_macs);
        }
        for k in 1..=network.output() {
            view.activities(&network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
        }
        defmt::println!("digest {=u32:08x}", digest.finalize());
    }
    succeed()
}

/// Counts the instructions of W z and Wᵀ u for every connection, with no value of z or u equal to 0.
fn products(network: &Network<Operator>) {
    let (mut values, mut sums) = ([0.0; LARGEST], [0.0; LARGEST]);
    for weights in network.weights() {
        let (rows, columns) = weights.shape();
        fill(&mut values);
        fill(&mut sums);
        if let (Some(z), Some(a)) = (values.get(..columns), sums.get_mut(..rows)) {
            let (instructions, ()) = clock::instructions(|| weights.apply(z, a));
            defmt::println!("forward instructions {=u32} of {=usize}", instructions, rows * columns);
        }
        if let (Some(u), Some(e)) = (values.get(..rows), sums.get_mut(..columns)) {
            let (instructions, ()) = clock::instructions(|| weights.apply_transposed(u, e));
            defmt::println!("backward instructions {=u32} of {=usize}", instructions, rows * columns);
        }
    }
}

/// Returns the multiply-adds of a sweep, which leaves out what depends on the input alone.
fn sweep_macs(network: &Network<Operator>) -> usize {
    let connections = network.connections().iter().zip(network.weights());
    2 * connections.filter(|(c, _)| c.from > 0).map(|(_, weights)| weights.macs()).sum::<usize>()
}

/// Counts the instructions of inference and sweeps in the worst case: the same network with clipped units,
/// none of which is ever 0; clipping takes more than any other activation of single units.
fn busy(network: &Network<Operator>, state: &mut State<UNITS>, nudge: Nudge, input: &[f32]) {
    let mut blocks = [Block::new(0, Activation::Linear); MAX_BLOCKS];
    let (mut biases, mut gammas) = ([0.0; LARGEST], [0.0; LARGEST]);
    for (k, block) in network.blocks().iter().enumerate() {
        let Some(copy) = blocks.get_mut(k) else { fail("more blocks than there is room for") };
        *copy = *block;
        if k > 0 {
            if k < network.output() {
                copy.activation = Activation::Clip { low: 0.125, high: 1.0 };
            }
            let range = network.range(k, 1);
            let (Some(b), Some(g)) = (biases.get_mut(range.clone()), gammas.get_mut(range)) else {
                fail("more units than there is room for");
            };
            b.copy_from_slice(network.bias(k));
            g.copy_from_slice(network.gamma(k));
        }
    }
    let (Some(blocks), Some(biases), Some(gammas)) =
        (blocks.get(..network.blocks().len()), biases.get(..network.units()), gammas.get(..network.units()))
    else {
        fail("more units than there is room for");
    };
    let clipped = Graph::new(blocks, network.connections())
        .and_then(|graph| Network::new(graph, network.weights(), biases, gammas));
    let clipped = clipped.unwrap_or_else(|error| refuse(error));
    let activities = state.scratch(&clipped).unwrap_or_else(|error| refuse(error));
    let (instructions, outputs) = clock::instructions(|| clipped.infer(input, activities).is_ok());
    defmt::println!("busy instructions {=u32} of {=usize} {=bool}", instructions, clipped.macs(), outputs);
    let values = [0.5; LARGEST];
    let values = values.get(..clipped.output_units()).unwrap_or_default();
    let nudges = core::slice::from_ref(&nudge);
    let problem = Problem::new(input, nudges, values).with_attack(values);
    let mut view = state.view(&clipped).unwrap_or_else(|error| refuse(error));
    for sweeps in [6, 2] {
        let settings = Settings { sweeps, ..Settings::default() };
        let (instructions, result) = clock::instructions(|| {
            clipped.relax_for(&problem, &mut view, settings.schedule, settings.sweeps)
        });
        result.unwrap_or_else(|error| refuse(error));
        defmt::println!(
            "busysweeps{=u32} instructions {=u32} of {=usize}",
            sweeps,
            instructions,
            sweep_macs(network)
        );
    }
}

/// Fills `values` with numbers between ¼ and ¾, none of them 0.
fn fill(values: &mut [f32]) {
    let mut word = 1u32;
    for value in values {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *value = 0.25 + (word >> 9) as f32 / 16_777_216.0;
    }
}
