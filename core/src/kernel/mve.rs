//! The path for the M-profile vector extension (MVE, "Helium"), q0–q7 of four floats: the strict
//! order of the safe path, four rows or columns at a time. For cores that have it, such as the
//! Cortex-M55: `--cfg fenchel_kernel="mve"`. The compiler isn't to be told of the core, by
//! `target-cpu` or `target-feature`: it would use these vectors everywhere, and they flush.
//!
//! | loop | instructions/MAC |
//! |---|---|
//! | `dense`, 8 columns a turn | 50/64 = 0.78 |
//! | `sparse`, 4 listed columns a turn | 33/32 = 1.03 |
//! | `transposed`, 8 columns a turn | 54/64 = 0.84 |
//!
//! By `--cfg fenchel_kernel="fused"` the products are fused into the sums instead, without a rounding
//! between: 0.53, 0.78 and 0.59, and **other bits than the desk's**.
//!
//! These vectors flush subnormal results to 0, whatever FPSCR says. Strict, they run only where no result
//! can be subnormal; [`cannot_underflow`] tells. If every factor is 0 or at least 2⁻⁵¹, every product is 0
//! or at least 2⁻¹⁰², and a multiple of 2⁻¹²⁵, the spacing of `f32` there. Sums of such multiples,
//! starting from one, stay multiples of 2⁻¹²⁵ when rounded: 0 or normal.
#![allow(unsafe_code)]

use core::arch::asm;

use super::vfp::listed;
use super::{Columns, Panel, safe};
use crate::PANEL;

/// 2⁻⁵¹, the least factor; its square is the least sum to begin with.
const LEAST: f32 = f32::from_bits((127 - 51) << 23);

/// The asm block with all vector registers as clobbers.
macro_rules! asm_mve {
    ($($body:tt)*) => {
        asm!(
            ".cpu cortex-m55",
            $($body)*
            out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
            out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _,
            out("s13") _, out("s14") _, out("s15") _, out("s16") _, out("s17") _, out("s18") _,
            out("s19") _, out("s20") _, out("s21") _, out("s22") _, out("s23") _, out("s24") _,
            out("s25") _, out("s26") _, out("s27") _, out("s28") _, out("s29") _, out("s30") _,
            out("s31") _,
            options(nostack),
        )
    };
}

/// Returns whether all factors are 0 or at least 2⁻⁵¹, and none is NaN.
pub fn cannot_underflow(factors: &[f32]) -> bool {
    is_at_least(factors, LEAST)
}

/// Returns whether all sums to begin with are 0 or at least 2⁻¹⁰², and none is NaN.
pub fn sums_cannot_underflow(sums: &[f32]) -> bool {
    is_at_least(sums, LEAST * LEAST)
}

/// Whether every value is 0 or at least `least` in size. Told by integers: the bits without the sign,
/// twice, of all values at most infinity's, and minus 1, which sends 0 to the top, not below `least`'s.
fn is_at_least(values: &[f32], least: f32) -> bool {
    let (fours, rest) = values.as_chunks::<4>();
    let (mut lowest, mut highest) = (u32::MAX, 0u32);
    if !fours.is_empty() {
        // SAFETY: reads 4 values for each of `fours`.
        unsafe {
            asm_mve!(
                "vdup.32 q0, {lowest}",
                "vdup.32 q1, {highest}",
                "vmov.i32 q3, #1",
                "dls lr, lr",
                "2:",
                "vldrw.u32 q2, [{values}], #16",
                "vadd.i32 q2, q2, q2",
                "vmax.u32 q1, q1, q2",
                "vsub.i32 q2, q2, q3",
                "vmin.u32 q0, q0, q2",
                "le lr, 2b",
                "vminv.u32 {lowest}, q0",
                "vmaxv.u32 {highest}, q1",
                values = inout(reg) fours.as_ptr() => _,
                lowest = inout(reg) lowest,
                highest = inout(reg) highest,
                inout("lr") fours.len() => _,
            );
        }
    }
    for value in rest {
        let twice = value.to_bits() << 1;
        highest = highest.max(twice);
        lowest = lowest.min(twice.wrapping_sub(1));
    }
    lowest >= (least.to_bits() << 1) - 1 && highest <= f32::INFINITY.to_bits() << 1
}

/// One column: 8 weights from `$w` on, multiplied by `$z` and added to q0 and q1.
macro_rules! column {
    ($w:literal, $second:literal, $z:literal) => {
        concat!(
            "vldrw.u32 q2, ", $w, "\n",
            "vldrw.u32 q3, ", $second, "\n",
            multiply_add!("q0, q2", "q1, q3"; $z),
        )
    };
    ($z:literal) => {
        column!("[{w}], #16", "[{w}], #16", $z)
    };
}

/// Loads or stores the eight sums in q0 and q1.
macro_rules! sums {
    ($instruction:literal) => {
        concat!($instruction, " q0, [{sums}]\n", $instruction, " q1, [{sums}, #16]")
    };
}

/// One row's weights of four columns, multiplied by its u and added to their sums in q0.
macro_rules! row {
    ($offset:literal, $u:literal) => {
        concat!("vldrw.u32 q1, [q7, #", $offset, "]\n", multiply_add!("q0, q1"; $u))
    };
}

/// Of each pair of registers, the second, multiplied by `$z`, is added to the first.
#[cfg(fenchel_kernel = "mve")]
macro_rules! multiply_add {
    ("q0, q1"; $z:literal) => {
        concat!("vmul.f32 q1, q1, ", $z, "\n", "vadd.f32 q0, q0, q1\n")
    };
    ("q0, q2", "q1, q3"; $z:literal) => {
        concat!(
            "vmul.f32 q2, q2, ",
            $z,
            "\n",
            "vmul.f32 q3, q3, ",
            $z,
            "\n",
            "vadd.f32 q0, q0, q2\n vadd.f32 q1, q1, q3\n",
        )
    };
}
#[cfg(fenchel_kernel = "fused")]
macro_rules! multiply_add {
    ($($pair:literal),+; $z:literal) => {
        concat!($("vfma.f32 ", $pair, ", ", $z, "\n"),+)
    };
}

/// Columns of a turn of [`dense`] and [`transposed`].
const TURN: usize = 8;

/// sums += panel·z over all columns.
#[inline(never)]
pub fn dense(panel: &Panel, z: &[f32], sums: &mut [f32; PANEL]) {
    let whole = panel.len().min(z.len()) / TURN * TURN;
    if whole > 0 {
        // SAFETY: reads `whole` columns of `panel` and as many values of `z`, both at least as
        // long; reads and writes the 8 sums.
        unsafe {
            asm_mve!(
                sums!("vldrw.u32"),
                "dls lr, lr",
                "2:",
                "ldmia {z}!, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
                column!("r0"),
                column!("r1"),
                column!("r2"),
                column!("r3"),
                column!("r4"),
                column!("r5"),
                column!("r8"),
                column!("r12"),
                "le lr, 2b",
                sums!("vstrw.32"),
                sums = in(reg) sums,
                z = inout(reg) z.as_ptr() => _,
                w = inout(reg) panel.as_ptr() => _,
                inout("lr") whole / TURN => _,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _,
                out("r8") _, out("r12") _,
            );
        }
    }
    let rest = (panel.get(whole..).unwrap_or_default(), z.get(whole..).unwrap_or_default());
    safe::dense(rest.0, rest.1, sums);
}

/// sums += panel·z over the listed columns.
#[inline(never)]
pub fn sparse(panel: &Panel, columns: &Columns, sums: &mut [f32; PANEL]) {
    let Some((inputs, places, groups)) = listed(panel.len(), columns) else { return };
    // SAFETY: reads 4·groups values of `inputs` and `places`, both at least as long, and the
    // columns of `panel` that these name, which are below `end`, and so within the panel; reads
    // and writes the 8 sums.
    unsafe {
        asm_mve!(
            sums!("vldrw.u32"),
            "dls lr, lr",
            "2:",
            "ldrd r0, r1, [{places}], #8",
            "ldrd r2, r3, [{inputs}], #8",
            "add r0, {panel}, r0, lsl #5",
            "add r1, {panel}, r1, lsl #5",
            column!("[r0]", "[r0, #16]", "r2"),
            column!("[r1]", "[r1, #16]", "r3"),
            "ldrd r0, r1, [{places}], #8",
            "ldrd r2, r3, [{inputs}], #8",
            "add r0, {panel}, r0, lsl #5",
            "add r1, {panel}, r1, lsl #5",
            column!("[r0]", "[r0, #16]", "r2"),
            column!("[r1]", "[r1, #16]", "r3"),
            "le lr, 2b",
            sums!("vstrw.32"),
            sums = in(reg) sums,
            places = inout(reg) places.as_ptr() => _,
            inputs = inout(reg) inputs.as_ptr() => _,
            panel = in(reg) panel.as_ptr(),
            inout("lr") groups => _,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
        );
    }
}

/// e += panelᵀ·u.
#[inline(never)]
pub fn transposed(panel: &Panel, u: &[f32; PANEL], e: &mut [f32]) {
    let whole = panel.len().min(e.len()) / TURN * TURN;
    if whole > 0 {
        let start = panel.as_ptr().addr() as u32;
        let places = [start, start + 32, start + 64, start + 96];
        // SAFETY: reads the 8 values of `u`, the 4 of `places`, and `whole` columns of `panel`, from
        // its own address on; reads and writes as many values of `e`; both are at least as long.
        unsafe {
            asm_mve!(
                "vldrw.u32 q7, [{w}]",
                "ldmia {u}, {{r0, r1, r2, r3, r4, r5, r8, r12}}",
                "mov {w}, #256",
                "dls lr, lr",
                "2:",
                "vldrw.u32 q0, [{e}]",
                row!("0", "r0"),
                row!("4", "r1"),
                row!("8", "r2"),
                row!("12", "r3"),
                row!("16", "r4"),
                row!("20", "r5"),
                row!("24", "r8"),
                row!("28", "r12"),
                "vstrw.32 q0, [{e}], #16",
                "vldrw.u32 q0, [{e}]",
                row!("128", "r0"),
                row!("132", "r1"),
                row!("136", "r2"),
                row!("140", "r3"),
                row!("144", "r4"),
                row!("148", "r5"),
                row!("152", "r8"),
                row!("156", "r12"),
                "vstrw.32 q0, [{e}], #16",
                "vadd.i32 q7, q7, {w}",
                "le lr, 2b",
                u = in(reg) u,
                e = inout(reg) e.as_mut_ptr() => _,
                w = inout(reg) places.as_ptr() => _,
                inout("lr") whole / TURN => _,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _,
                out("r8") _, out("r12") _,
            );
        }
    }
    let rest = (panel.get(whole..).unwrap_or_default(), e.get_mut(whole..).unwrap_or_default());
    safe::transposed(rest.0, u, rest.1);
}
