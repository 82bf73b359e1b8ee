//! Estimates what a model takes on a board before anything is flashed: memory, compared with the board's,
//! and instructions and cycles, from the counts that the tests check.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fenchel_core::{Model, Network, Operator, PANEL, Precision, StateView, Weights, packed_len};
use serde_json::{Value, json};

use super::boards::{BOARDS, Board};
use crate::BadInput;
use crate::convert::quantise;

/// Most stack in bytes of a whole program that loads an f32 model, infers and relaxes: of firmware/template
/// on a Cortex-M4F, from its first instruction to its answer. Loading takes most of it. The value is at
/// most a tenth above what `cargo xtask limits` measures, which checks all of these limits.
pub const PROGRAM_STACK: usize = 4_224;
/// Stack in bytes that code for f16 and int8 weights adds to it.
pub const NARROW_STACK: usize = 896;
/// Most code in bytes of firmware/template, which relaxes with energies and prints results and errors as
/// text.
pub const PROGRAM_CODE: u64 = 40_000;
/// Most code in bytes of firmware/template without its feature `text`, and so without formatting.
pub const SILENT_CODE: u64 = 24_000;
/// Most stack in bytes of an inference alone.
pub const INFER_STACK: usize = 1024;
/// Most stack in bytes of a relaxation alone.
pub const RELAX_STACK: usize = 1024;
/// Most code in bytes of a program that loads an f32 model and infers, built for size on the first board,
/// including vector table and constants.
pub const INFER_CODE: u64 = 9_344;
/// Most code in bytes of the same program with forward–backward sweeps added.
pub const RELAX_CODE: u64 = 16 << 10;
/// Code in bytes that f16 and int8 weights add to either program.
pub const NARROW_CODE: u64 = 4_480;
/// Units of the blocks of the chain on which instructions are recorded, input first.
pub const RECORDED: [usize; 4] = [64, 64, 32, 10];

/// Instructions and modelled cycles by `BOARD KERNEL WEIGHTS: WHAT`, of programs compiled without extra
/// flags.
const COUNTS: &str = include_str!("../../data/instruction_counts.json");

/// Cost that isn't in products is scaled from the recorded network by the number of units (`BY_UNITS`) and
/// of blocks (`BY_BLOCKS`): the least factors that cover chains of 12 to 266 units.
const BY_UNITS: f64 = 1.0;
const BY_BLOCKS: f64 = 0.42;

/// Finds the board that QEMU calls `machine`; an error names `place`.
///
/// # Errors
/// [`BadInput`] if there is no such board.
pub fn board(place: &str, machine: &str) -> Result<&'static Board> {
    let found = BOARDS.iter().find(|board| board.machine == machine);
    found.ok_or_else(|| {
        let names: Vec<_> = BOARDS.iter().map(|board| board.machine).collect();
        BadInput::new(place, format!("one of {}", names.join(", ")), machine).into()
    })
}

/// Estimates flash and RAM of `model` on the board that QEMU calls `machine`, and [`costs`]. There are
/// three programs: one that infers and one that relaxes, both built for size and without text output, and
/// firmware/template. All of them load the model, and their stack was measured.
///
/// # Errors
/// [`BadInput`] if there is no such board.
pub fn report(model: &Model, bytes: usize, machine: &str) -> Result<Value> {
    let board = board("`target`", machine)?;
    let network = model.network();
    let input = 4 * network.input_units();
    // Of several forms the one that costs most.
    let precision = model.precision().unwrap_or(Precision::F16);
    let (narrow, narrow_stack) =
        if precision == Precision::F32 { (0, 0) } else { (NARROW_CODE, NARROW_STACK) };
    let more = narrow + vectors(board) - vectors(&BOARDS[0]).min(vectors(board));
    // Every program loads first.
    let stack = PROGRAM_STACK + narrow_stack;
    let infer = program(board, bytes, INFER_CODE + more, input + 4 * network.units(), stack);
    let state = 4 * StateView::len(network.units(), 1);
    let relax = program(board, bytes, RELAX_CODE + more, input + state, stack);
    let target = 4 * network.output_units();
    let template = program(board, bytes, PROGRAM_CODE + narrow, input + state + target, stack);
    Ok(json!({
        "board": board.machine,
        "core": board.about,
        "inference": infer,
        "relaxation": relax,
        "template": template,
        "costs": costs(&network, precision, board)?,
    }))
}

/// Returns the bytes of the vector table: the core's 16 entries, and one for each interrupt.
const fn vectors(board: &Board) -> u64 {
    4 * (16 + board.interrupts as u64)
}

/// Returns a program's memory in bytes, and whether the board has that much.
fn program(board: &Board, model: usize, code: u64, data: usize, stack: usize) -> Value {
    let size = |kib: u32| u64::from(kib) << 10;
    let (model, ram) = (model as u64, (data + stack) as u64);
    let fits = match &board.model {
        Some(region) => model <= size(region.kib) && code <= size(board.flash.kib),
        None => model + code <= size(board.flash.kib),
    };
    let apart = board.model.as_ref().map_or(0, |region| size(region.kib));
    json!({
        "fits": fits && ram <= size(board.ram.kib),
        "flash": { "model": model, "code_at_most": code, "of": size(board.flash.kib) + apart },
        "ram": { "static": data, "stack_at_most": stack, "of": size(board.ram.kib) },
    })
}

/// Estimates, for each kernel, the instructions of one inference and of one forward–backward sweep with
/// weights in `form`, and on a Cortex-M4 the modelled cycles with memory without wait states.
///
/// These are upper estimates for builds without compiler flags and for units that are never 0, so that no
/// zero is skipped. The cost of a product has three parts, for each multiply-add, each panel of 8 rows and
/// each application, fitted to the record's three connections; the rest grows with units and blocks. A
/// simplex, or a potential other than Fenchel–Young, takes more for the units of its block.
///
/// `cargo xtask test` checks that the estimates are 1 to 1.5 times what other chains take. For the
/// 784-256-256-10 network of docs/results/device.md, which skips its silent units, they are 1.1 to 1.7
/// times its counts, and 1.4 to 2.2 times with floats in software.
///
/// # Errors
/// Fails if the record lacks the board.
pub fn costs(network: &Network<Operator>, form: Precision, board: &Board) -> Result<Value> {
    let record: BTreeMap<String, u64> = serde_json::from_str(COUNTS).context("the record of counts")?;
    let form_name = quantise::name(form);
    // The first board of a target stands for all, where they have the same code.
    let start = |board: &Board| format!("{} ", board.machine);
    let end = format!(" {form_name}: sweep");
    let of_board = |board: &Board| {
        let kernels = record.keys().filter_map(|key| key.strip_prefix(&start(board))?.strip_suffix(&end));
        kernels.map(str::to_string).collect::<Vec<_>>()
    };
    let same_target = BOARDS.iter().filter(|other| other.target == board.target);
    let recorded = std::iter::once(board).chain(same_target).find(|board| !of_board(board).is_empty());
    let recorded = recorded.with_context(|| format!("no {form_name} on {} in the record", board.machine))?;
    let mut kernels = serde_json::Map::new();
    for kernel in of_board(recorded) {
        let estimate = |unit: &str| -> Result<[u64; 2]> {
            let find = |what: &str| {
                let key = format!("{} {kernel} {form_name}: {what}{unit}", recorded.machine);
                record.get(&key).map(|&cost| cost as f64).with_context(|| format!("no {key:?} in the record"))
            };
            Ok(Costs::new(&find)?.of(network, kernel != "safe" && form == Precision::F32))
        };
        let [infer, sweep] = estimate("")?;
        let cycles = if board.cpu == "cortex-m4" { Some(estimate(", cycles")?) } else { None };
        let one = |instructions: u64, cycles: Option<u64>| -> Value {
            json!({ "instructions": instructions, "cycles": cycles })
        };
        kernels.insert(
            kernel,
            json!({
                "inference": one(infer, cycles.map(|[infer, _]| infer)),
                "sweep": one(sweep, cycles.map(|[_, sweep]| sweep)),
            }),
        );
    }
    Ok(kernels.into())
}

/// Costs of one kernel, in instructions or cycles.
struct Costs {
    /// Cost of W z: for each multiply-add, each panel and each application.
    forward: [f64; 3],
    /// Cost of Wᵀ u: for each multiply-add, each panel and each application.
    transposed: [f64; 3],
    /// Cost of the record's inference and sweep without their products.
    rest: [f64; 2],
}

impl Costs {
    /// Reads the costs with `find`, which returns the record's entry of a name.
    fn new(find: &impl Fn(&str) -> Result<f64>) -> Result<Self> {
        let of = |direction: &str| -> Result<[f64; 3]> {
            let mut costs = [0.0; 3];
            for (cost, pair) in costs.iter_mut().zip(RECORDED.windows(2)) {
                *cost = find(&format!("{direction} {}x{}", pair[1], pair[0]))?;
            }
            Ok(costs)
        };
        let (forward, transposed) = (of("forward")?, of("transposed")?);
        let worst = |one: &str, busy: &str| -> Result<f64> { Ok(find(one)?.max(find(busy)?)) };
        let infer = worst("dense inference", "busy inference")? - forward.iter().sum::<f64>();
        let above_input = forward[1..].iter().chain(&transposed[1..]).sum::<f64>();
        let sweep = worst("sweep", "busy sweep")? - above_input;
        let rest = [infer, sweep].map(|rest| rest.max(0.0));
        Ok(Self { forward: fit(forward), transposed: fit(transposed), rest })
    }

    /// Estimates one inference and one sweep of `network`; if `turns`, the kernel's loops take columns by
    /// eights and the remaining ones singly.
    fn of(&self, network: &Network<Operator>, turns: bool) -> [u64; 2] {
        let product = |[mac, panel, once]: [f64; 3], weights: &Operator| {
            let (rows, columns) = weights.shape();
            let columns = match columns % TURN {
                left if turns && left > 0 => columns - left + 2 * TURN,
                _ => columns,
            };
            mac * packed_len(rows, columns) as f64 + panel * rows.div_ceil(PANEL) as f64 + once
        };
        let connections = || network.connections().iter().zip(network.weights());
        let forward = |weights| product(self.forward, weights);
        let infer: f64 = network.weights().iter().map(forward).sum();
        // A sweep leaves out what depends on the input alone.
        let forth = connections().filter(|(c, _)| !network.is_clamped(c.to));
        let forth: f64 = forth.map(|(_, weights)| forward(weights)).sum();
        let back = connections().filter(|(c, _)| c.from > 0);
        let back: f64 = back.map(|(_, weights)| product(self.transposed, weights)).sum();
        let units = network.units() as f64 / RECORDED[1..].iter().sum::<usize>() as f64;
        let blocks = network.output() as f64 / (RECORDED.len() - 1) as f64;
        let rest = self.rest.map(|rest| rest * (BY_UNITS * units + BY_BLOCKS * blocks));
        [infer + rest[0], forth + back + rest[1]].map(|cost| cost.round() as u64)
    }
}

/// Columns that the kernels' loops take in one turn.
const TURN: usize = 8;

/// Solves for the cost of a multiply-add, a panel and an application from those of the record's three
/// connections; negative results become 0.
fn fit(costs: [f64; 3]) -> [f64; 3] {
    let shape = |k: usize| {
        let (rows, columns) = (RECORDED[k + 1], RECORDED[k]);
        [packed_len(rows, columns) as f64, rows.div_ceil(PANEL) as f64, 1.0]
    };
    let shapes = [0, 1, 2].map(shape);
    let determinant = |[a, b, c]: [[f64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    // Cramer's rule.
    [0, 1, 2].map(|unknown| {
        let mut replaced = shapes;
        replaced.iter_mut().zip(costs).for_each(|(row, cost)| row[unknown] = cost);
        (determinant(replaced) / determinant(shapes)).max(0.0)
    })
}

#[cfg(test)]
mod tests {
    use fenchel_core::{Activation, Block, Connection, Graph};

    use super::*;

    /// The fit reproduces the costs of the record's own connections.
    #[test]
    fn the_record_comes_back() {
        let costs = [
            4096.0 * 2.0 + 8.0 * 30.0 + 100.0,
            2048.0 * 2.0 + 4.0 * 30.0 + 100.0,
            512.0 * 2.0 + 2.0 * 30.0 + 100.0,
        ];
        for (got, expected) in fit(costs).into_iter().zip([2.0, 30.0, 100.0]) {
            assert!((got - expected).abs() < 1e-6, "expected {expected}, got {got}");
        }
    }

    /// Every board and form of weights is in the record, with cycles where they are modelled.
    #[test]
    fn every_board_has_costs() {
        let blocks = [8, 8, 4].map(|units| Block::new(units, Activation::Relu));
        let panels = [0.0; packed_len(8, 8)];
        let weights =
            |rows, columns| fenchel_core::Packed::new(rows, columns, &panels).expect("a matrix").into();
        let weights = [weights(8, 8), weights(4, 8)];
        let connections = [Connection { from: 0, to: 1 }, Connection { from: 1, to: 2 }];
        let graph = Graph::new(&blocks, &connections).expect("a graph");
        let network = Network::new(graph, &weights, &[0.0; 12], &[1.0; 12]).expect("a network");
        for board in BOARDS {
            for form in [Precision::F32, Precision::F16, Precision::Int8] {
                let costs = costs(&network, form, board).expect("costs");
                let kernels = costs.as_object().expect("kernels");
                assert!(!kernels.is_empty(), "{} has no {form:?}", board.machine);
                for cost in kernels.values() {
                    assert!(cost["sweep"]["instructions"].as_f64() > Some(0.0));
                    assert_eq!(cost["inference"]["cycles"].is_u64(), board.cpu == "cortex-m4");
                }
            }
        }
    }

    #[test]
    fn what_fills_the_flash_fits_and_a_byte_more_does_not() {
        let board = BOARDS.iter().find(|board| board.machine == "netduinoplus2").expect("the board");
        let room = ((board.flash.kib as usize) << 10) - INFER_CODE as usize;
        assert_eq!(program(board, room, INFER_CODE, 0, 0)["fits"], true);
        assert_eq!(program(board, room + 1, INFER_CODE, 0, 0)["fits"], false);
        let ram = (board.ram.kib as usize) << 10;
        assert_eq!(program(board, 0, INFER_CODE, ram - INFER_STACK, INFER_STACK)["fits"], true);
        assert_eq!(program(board, 0, INFER_CODE, ram - INFER_STACK + 1, INFER_STACK)["fits"], false);
    }
}
