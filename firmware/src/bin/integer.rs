//! Runs every sample through the integer model in flash and prints the answer's whole numbers, its label and the
//! instructions; before that, counts products and an inference of dense inputs.
//!
//! Prints `product instructions N of MACS` for each connection, `dense instructions N of MACS`, then for each sample
//! `sample INDEX label LABEL fraction BITS instructions N` and `value NUMBER` for each output.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{IntegerModel, IntegerState};
use fenchel_firmware::{clock, fail, flash, refuse, succeed};

// VALUES, how many input values and hidden units there is room for, and WIDEST, units of a block.
include!(concat!(env!("OUT_DIR"), "/integer_room.rs"));

#[entry]
fn main() -> ! {
    let model = IntegerModel::load(flash::MODEL).unwrap_or_else(|error| refuse(error));
    let Some(state) = cortex_m::singleton!(: IntegerState<VALUES, WIDEST> = IntegerState::new()) else {
        fail("the state is already in use");
    };
    products(&model);
    let mut dense = [1u8; VALUES];
    dense.iter_mut().zip(0u8..=255).for_each(|(raw, value)| *raw = value | 1);
    let mut view = state.view(&model).unwrap_or_else(|error| refuse(error));
    if let Some(dense) = dense.get(..model.graph().input_units()) {
        let (instructions, fits) = clock::instructions(|| model.infer(dense, &mut view).is_ok());
        defmt::println!("dense instructions {=u32} of {=usize} {=bool}", instructions, model.macs(), fits);
    }
    for (sample, index) in flash::samples().zip(0u32..) {
        let (instructions, outputs) = clock::instructions(|| sample.infer(&model, &mut view));
        let outputs = outputs.unwrap_or_else(|error| refuse(error));
        let (label, bits) = (outputs.label(), outputs.fraction_bits);
        defmt::println!(
            "sample {=u32} label {=usize} fraction {=i32} instructions {=u32}",
            index,
            label,
            bits,
            instructions
        );
        outputs.values.iter().for_each(|value| defmt::println!("value {=i32}", *value));
    }
    defmt::println!("state {=usize} bytes", IntegerState::<VALUES, WIDEST>::BYTES);
    succeed()
}

/// Counts the instructions of W q for every connection, with no value of q equal to 0.
#[inline(never)]
fn products(model: &IntegerModel) {
    let (mut values, mut sums) = ([1i16; VALUES], [0i32; WIDEST]);
    values.iter_mut().zip(1i16..).for_each(|(value, number)| *value = number);
    for matrix in model.weights() {
        let (rows, columns) = matrix.shape();
        let (Some(q), Some(sums)) = (values.get(..columns), sums.get_mut(..matrix.scales().len())) else {
            fail("a block has more units than there is room for");
        };
        let (instructions, ()) = clock::instructions(|| matrix.product(q, sums));
        defmt::println!("product instructions {=u32} of {=usize}", instructions, rows * columns);
    }
}
