//! What a model takes on a board, before anything is flashed: memory against the board's, and
//! instructions from the counts that the tests hold.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use fenchel_core::{Model, Precision, StateView, Weights, packed_len};
use serde_json::{Value, json};

use crate::BadInput;

#[allow(dead_code, missing_docs, reason = "the firmware's build reads the memory map and clock")]
mod table {
    include!("../../firmware/boards.rs");
}
pub use table::{BOARDS, Board};

/// Most stack of an inference, bytes; `cargo xtask limits` measures and holds all of these.
pub const INFER_STACK: usize = 1024;
/// Most stack of a relaxation, bytes.
pub const RELAX_STACK: usize = 1024;
/// Most code of an image that loads an f32 model and infers, built for size on the first board, vector
/// table and constants included, bytes.
pub const INFER_CODE: u64 = 13 << 10;
/// The same with forward–backward sweeps.
pub const RELAX_CODE: u64 = 22 << 10;
/// What the code of weights in f16 and int8 adds to either.
pub const NARROW_CODE: u64 = 4 << 10;
/// Units of the blocks of the chain that the counts are recorded on, input first.
pub const RECORDED: [usize; 4] = [64, 64, 32, 10];

/// Instructions by `BOARD KERNEL: WHAT`, weights in f32, compiler without flags.
const COUNTS: &str = include_str!("../../tests/instruction_counts.json");

/// Flash, RAM and instructions of `model` on the board that QEMU calls `machine`.
///
/// Instructions are scaled from the record: those of products by their multiply-adds, rows rounded
/// up to panels; the rest of an inference or sweep by units. No zero is skipped. Larger blocks cost
/// less a multiply-add than the record's, so this errs upwards: beside docs/results/device.md it says
/// 1.4 times an inference of 784-256-256-10 and 1.6 times a sweep with scalar kernels, twice either
/// with MVE. Null for weights in f16 and int8, of which nothing is recorded.
///
/// # Errors
/// [`BadInput`] if there is no such board.
pub fn report(model: &Model, bytes: usize, machine: &str) -> Result<Value> {
    let Some(board) = BOARDS.iter().find(|board| board.machine == machine) else {
        let names: Vec<_> = BOARDS.iter().map(|board| board.machine).collect();
        return Err(BadInput::new("--target", format!("one of {}", names.join(", ")), machine).into());
    };
    let network = model.network();
    let input = 4 * network.input_units();
    let narrow = if model.precision() == Precision::F32 { 0 } else { NARROW_CODE };
    let infer = program(board, bytes, INFER_CODE + narrow, input + 4 * network.units(), INFER_STACK);
    let state = 4 * StateView::len(network.units(), 1);
    let relax = program(board, bytes, RELAX_CODE + narrow, input + state, RELAX_STACK);
    let products = network.connections().iter().map(|c| (c.from, c.weights.shape()));
    let products: Vec<_> =
        products.map(|(from, (rows, columns))| (from, packed_len(rows, columns))).collect();
    let units = network.units();
    let instructions = match model.precision() {
        Precision::F32 => instructions(machine, &products, units)?,
        _ => Value::Null,
    };
    Ok(json!({
        "board": board.machine,
        "core": board.about,
        "inference": infer,
        "relaxation": relax,
        "instructions": instructions,
    }))
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
        "ram": { "data": data, "stack_at_most": stack, "of": size(board.ram.kib) },
    })
}

/// By kernel, of one inference and one forward–backward sweep; `products` are (lower block,
/// multiply-adds in whole panels) of every connection.
fn instructions(machine: &str, products: &[(usize, usize)], units: usize) -> Result<Value> {
    let counts: BTreeMap<String, u64> = serde_json::from_str(COUNTS).context("the record of counts")?;
    let record: Vec<_> = RECORDED.windows(2).map(|pair| packed_len(pair[1], pair[0])).collect();
    let record: Vec<_> = record.into_iter().enumerate().collect();
    let recorded_units: usize = RECORDED[1..].iter().sum();
    let mut kernels = serde_json::Map::new();
    for name in counts.keys() {
        let Some(kernel) =
            name.strip_prefix(&format!("{machine} ")).and_then(|k| k.strip_suffix(": forward"))
        else {
            continue;
        };
        let count = |what: &str| {
            let count = counts.get(&format!("{machine} {kernel}: {what}")).copied();
            count.map(|count| count as f64).with_context(|| format!("no {what} of {kernel} in the record"))
        };
        let forward = count("forward")? / macs(&record, 0) as f64;
        let both = forward + count("transposed")? / macs(&record, 0) as f64;
        // What the recorded run takes beside its products; nothing if skipped zeros hide it.
        let rest = |all: f64, products: f64| (all - products).max(0.0) / recorded_units as f64;
        let infer = rest(count("dense inference")?, count("forward")?);
        let sweep = rest(count("sweep")?, both * macs(&record, 1) as f64);
        let estimate = |products: f64, rest: f64| (products + rest * units as f64).round();
        kernels.insert(
            kernel.to_string(),
            json!({
                "inference": estimate(forward * macs(products, 0) as f64, infer),
                "sweep": estimate(both * macs(products, 1) as f64, sweep),
            }),
        );
    }
    Ok(kernels.into())
}

/// Multiply-adds of the connections from block `lowest` or above.
fn macs(products: &[(usize, usize)], lowest: usize) -> usize {
    products.iter().filter(|(from, _)| *from >= lowest).map(|(_, macs)| macs).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For the record's own network the estimate is the record, or above it where the recorded run
    /// skipped zeros: by a quarter at most, the share of silent units.
    #[test]
    fn the_record_comes_back_or_more() {
        let products: Vec<_> =
            RECORDED.windows(2).map(|pair| packed_len(pair[1], pair[0])).enumerate().collect();
        let counts: BTreeMap<String, u64> = serde_json::from_str(COUNTS).expect("the record");
        for board in BOARDS {
            let estimate =
                instructions(board.machine, &products, RECORDED[1..].iter().sum()).expect("counts");
            let kernels = estimate.as_object().expect("kernels");
            assert!(!kernels.is_empty(), "{} isn't in the record", board.machine);
            for (kernel, estimate) in kernels {
                for (what, key) in [("dense inference", "inference"), ("sweep", "sweep")] {
                    let recorded = counts[&format!("{} {kernel}: {what}", board.machine)] as f64;
                    let ratio = estimate[key].as_f64().expect("a number") / recorded;
                    assert!((0.9999..1.25).contains(&ratio), "{} {kernel} {what}: {ratio}", board.machine);
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
