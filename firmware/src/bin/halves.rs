//! Multiplies by every finite half-precision number, in every lane of every kernel, and compares the bits with
//! the number's definition by powers of two. It prints how many numbers were compared.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use fenchel_core::{PANEL, Packed, Weights};
use fenchel_firmware::{fail, refuse, succeed};

/// Columns of the matrices: two turns of a kernel, and one that is left over.
const COLUMNS: usize = 9;

#[entry]
fn main() -> ! {
    // 8 rows of different halves, so that a mix-up of lanes shows.
    let mut numbers = [0u16; PANEL];
    let mut compared = 0u32;
    for bits in (0..=u16::MAX).filter(|&bits| is_finite(bits)) {
        numbers.rotate_left(1);
        if let Some(last) = numbers.last_mut() {
            *last = bits;
        }
        let column = usize::from(bits) % COLUMNS;
        check(&numbers, column);
        compared += 1;
    }
    if compared != 2 * 0x7c00 {
        fail("not every finite number was compared");
    }
    defmt::println!("compared {=u32}", compared);
    succeed()
}

fn is_finite(bits: u16) -> bool {
    bits & 0x7c00 != 0x7c00
}

/// Compares all products of a matrix that is 0 but for `numbers` in this column.
fn check(numbers: &[u16; PANEL], column: usize) {
    let mut panels = [[0u16; PANEL]; COLUMNS];
    if let Some(place) = panels.get_mut(column) {
        *place = *numbers;
    }
    let weights = Packed::from_halves(PANEL, COLUMNS, panels.as_flattened());
    let weights = weights.unwrap_or_else(|error| refuse(error));
    let mut one = [0.0; COLUMNS];
    if let Some(z) = one.get_mut(column) {
        *z = 1.0;
    }
    // All columns, then the listed one alone.
    for z in [[1.0; COLUMNS], one] {
        let mut sums = [0.0; PANEL];
        weights.apply(&z, &mut sums);
        for (sum, &bits) in sums.iter().zip(numbers) {
            same(*sum, bits);
        }
    }
    for (row, &bits) in numbers.iter().enumerate() {
        let (mut u, mut e) = ([0.0; PANEL], [0.0; COLUMNS]);
        if let Some(u) = u.get_mut(row) {
            *u = 1.0;
        }
        weights.apply_transposed(&u, &mut e);
        for (place, e) in e.iter().enumerate() {
            same(*e, if place == column { bits } else { 0 });
        }
    }
}

/// Ends the program unless `value` is the half-precision number with these `bits`, or +0 for both zeros.
fn same(value: f32, bits: u16) {
    let (exponent, fraction) = (u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    // Whole numbers of up to 11 bits times powers of two: exact.
    let magnitude = if exponent == 0 {
        fraction as f32 * power_of_two(-24)
    } else {
        (1024 + fraction) as f32 * power_of_two(exponent as i32 - 25)
    };
    let expected = if bits >> 15 == 1 { 0.0 - magnitude } else { magnitude };
    if value.to_bits() != expected.to_bits() {
        defmt::println!(
            "half {=u16:04x}: expected {=u32:08x}, got {=u32:08x}",
            bits,
            expected.to_bits(),
            value.to_bits()
        );
        fail("a half-precision number has other bits");
    }
}

fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((127 + exponent) as u32) << 23)
}
