//! What a model takes on a board, before anything is flashed: memory against the board's, and
//! instructions and cycles from the counts that the tests hold.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fenchel_core::{Connection, Model, Network, Operator, PANEL, Precision, StateView, Weights, packed_len};
use serde_json::{Value, json};

use super::boards::{BOARDS, Board};
use crate::BadInput;
use crate::convert::quantise;

/// Stack of a whole program that loads an f32 model, infers and relaxes: that of firmware/template, from its
/// first instruction to its answer, on a Cortex-M4F, bytes. Loading takes most of it. At most a tenth above
/// what `cargo xtask limits` measures; it measures and holds all of these.
pub const PROGRAM_STACK: usize = 4_224;
/// What code for weights in f16 and int8 adds to it.
pub const NARROW_STACK: usize = 896;
/// Most code of firmware/template, which relaxes with energies and says results and errors in words, bytes.
pub const PROGRAM_CODE: u64 = 40_000;
/// The same without words, and so without formatting.
pub const SILENT_CODE: u64 = 24_000;
/// Most stack of an inference alone, bytes.
pub const INFER_STACK: usize = 1024;
/// Most stack of a relaxation alone, bytes.
pub const RELAX_STACK: usize = 1024;
/// Most code of an image that loads an f32 model and infers, built for size on the first board, its vector
/// table and constants included, bytes.
pub const INFER_CODE: u64 = 9_344;
/// The same with forward–backward sweeps.
pub const RELAX_CODE: u64 = 16 << 10;
/// What the code of weights in f16 and int8 adds to either.
pub const NARROW_CODE: u64 = 3_392;
/// Units of the blocks of the chain that the counts are recorded on, input first.
pub const RECORDED: [usize; 4] = [64, 64, 32, 10];

/// Instructions and modelled cycles by `BOARD KERNEL WEIGHTS: WHAT`, compiler without flags.
const COUNTS: &str = include_str!("../../data/instruction_counts.json");

/// What isn't a product, in shares of the record's: so much by units and so much by blocks, as chains of
/// 12 to 266 units need it at least.
const BY_UNITS: f64 = 1.0;
const BY_BLOCKS: f64 = 0.42;

/// The board that QEMU calls `machine`; `place` is what an error names.
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

/// Flash and RAM of `model` on the board that QEMU calls `machine`, and [`costs`]: of programs for size that
/// infer or relax without a word, and of firmware/template. All load the model, and their stack is measured.
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

/// Bytes of the vector table: the core's 16 entries, and one for each interrupt.
const fn vectors(board: &Board) -> u64 {
    4 * (16 + board.interrupts as u64)
}

/// A program's memory, and whether the board has it.
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

/// By kernel: instructions, and on a Cortex-M4 modelled cycles, of one inference and of one
/// forward–backward sweep, memory without wait states. Weights in `form`.
///
/// Upper estimates for builds without compiler flags, from the record of a small chain, and for units that
/// are never silent: no zero is skipped. A product costs so much a multiply-add, a panel of 8 rows and an
/// application, as the record's three connections have it; the rest grows with units and blocks. A
/// simplex, or another potential than Fenchel–Young, takes more for the units of its block.
///
/// `cargo xtask test` holds the estimates to between 1 and 1.5 times what other chains take. Beside
/// docs/results/device.md, whose 784-256-256-10 skips its silent units, they say 1.1 to 1.7 times, and
/// with floats in software 1.4 to 2.2 times.
///
/// # Errors
/// A record that lacks the board.
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

/// What one kernel takes, in instructions or cycles.
struct Costs {
    /// W z: a multiply-add, a panel, an application.
    forward: [f64; 3],
    /// Wᵀ u.
    transposed: [f64; 3],
    /// The record's inference and sweep without their products.
    rest: [f64; 2],
}

impl Costs {
    /// From the record's entry of each name.
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

    /// Of one inference and one sweep of `network`; `turns`: its loops take columns by eights, and
    /// those that are left one by one.
    fn of(&self, network: &Network<Operator>, turns: bool) -> [u64; 2] {
        let product = |[mac, panel, once]: [f64; 3], c: &Connection<Operator>| {
            let (rows, columns) = c.weights.shape();
            let columns = match columns % TURN {
                left if turns && left > 0 => columns - left + 2 * TURN,
                _ => columns,
            };
            mac * packed_len(rows, columns) as f64 + panel * rows.div_ceil(PANEL) as f64 + once
        };
        let connections = network.connections();
        let is_clamped = |k: usize| connections.iter().filter(|c| c.to == k).all(|c| c.from == 0);
        let forward = |c: &Connection<Operator>| product(self.forward, c);
        let infer: f64 = connections.iter().map(forward).sum();
        // A sweep leaves out what depends on the input alone.
        let forth: f64 = connections.iter().filter(|c| !is_clamped(c.to)).map(forward).sum();
        let back = connections.iter().filter(|c| c.from > 0);
        let back: f64 = back.map(|c| product(self.transposed, c)).sum();
        let units = network.units() as f64 / RECORDED[1..].iter().sum::<usize>() as f64;
        let blocks = network.output() as f64 / (RECORDED.len() - 1) as f64;
        let rest = self.rest.map(|rest| rest * (BY_UNITS * units + BY_BLOCKS * blocks));
        [infer + rest[0], forth + back + rest[1]].map(|cost| cost.round() as u64)
    }
}

/// Columns of a turn of the kernels' loops.
const TURN: usize = 8;

/// Cost of a multiply-add, a panel and an application, from those of the record's three connections;
/// none below 0.
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
    use fenchel_core::{Activation, Block};

    use super::*;

    /// The fit gives the costs of the record's own connections back.
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
        let connections = [
            Connection { from: 0, to: 1, weights: weights(8, 8) },
            Connection { from: 1, to: 2, weights: weights(4, 8) },
        ];
        let network = Network::new(&blocks, &connections, &[0.0; 12], &[1.0; 12]).expect("a network");
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
