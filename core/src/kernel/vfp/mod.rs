//! The path for Arm floating-point registers, s0–s31: the strict order of the safe path, a product
//! rounded before it is added, in the fewest instructions.
//!
//! | loop | instructions/MAC | Cortex-M4 cycles/MAC |
//! |---|---|---|
//! | `dense`, 8 columns a turn | 135/64 = 2.11 | (4·17 + 9 + 128 + 4)/64 = 3.27 |
//! | `sparse`, 4 listed columns a turn | 76/32 = 2.38 | (4·9 + 5 + 5 + 4 + 64 + 4)/32 = 3.69 |
//! | `transposed`, 8 columns a turn | 136/64 = 2.13 | (4·17 + 2·9 + 128 + 4)/64 = 3.41 |
//!
//! Weights of half precision are in `halves.rs`, the update of weights in `outer.rs`.
#![allow(unsafe_code)]

use super::{Columns, Panel, safe};
use crate::PANEL;

/// One column of 8 weights w, multiplied by z and added to s0–s7. No result is used in the
/// instruction after it, which would stall.
macro_rules! column {
    ($w0:literal $w1:literal $w2:literal $w3:literal $w4:literal $w5:literal $w6:literal $w7:literal, $z:literal) => {
        concat!(
            "vmul.f32 ", $w0, ", ", $w0, ", ", $z, "\n",
            "vmul.f32 ", $w1, ", ", $w1, ", ", $z, "\n",
            "vmul.f32 ", $w2, ", ", $w2, ", ", $z, "\n",
            "vmul.f32 ", $w3, ", ", $w3, ", ", $z, "\n",
            "vmul.f32 ", $w4, ", ", $w4, ", ", $z, "\n",
            "vmul.f32 ", $w5, ", ", $w5, ", ", $z, "\n",
            "vmul.f32 ", $w6, ", ", $w6, ", ", $z, "\n",
            "vmul.f32 ", $w7, ", ", $w7, ", ", $z, "\n",
            "vadd.f32 s0, s0, ", $w0, "\n",
            "vadd.f32 s1, s1, ", $w1, "\n",
            "vadd.f32 s2, s2, ", $w2, "\n",
            "vadd.f32 s3, s3, ", $w3, "\n",
            "vadd.f32 s4, s4, ", $w4, "\n",
            "vadd.f32 s5, s5, ", $w5, "\n",
            "vadd.f32 s6, s6, ", $w6, "\n",
            "vadd.f32 s7, s7, ", $w7, "\n",
        )
    };
    (low, $z:literal) => { column!("s8" "s9" "s10" "s11" "s12" "s13" "s14" "s15", $z) };
    (high, $z:literal) => { column!("s16" "s17" "s18" "s19" "s20" "s21" "s22" "s23", $z) };
}

/// Two columns of 8 weights, multiplied by the rows' u in s0–s7 and added to their own sums in
/// ascending order; the two sums take turns, so that neither waits for itself.
macro_rules! two_sums {
    ($first:literal, $second:literal) => {
        concat!(
            "vmul.f32 s8, s8, s0\n vmul.f32 s9, s9, s1\n vmul.f32 s10, s10, s2\n vmul.f32 s11, s11, s3\n",
            "vmul.f32 s12, s12, s4\n vmul.f32 s13, s13, s5\n vmul.f32 s14, s14, s6\n vmul.f32 s15, s15, s7\n",
            "vmul.f32 s16, s16, s0\n vmul.f32 s17, s17, s1\n vmul.f32 s18, s18, s2\n vmul.f32 s19, s19, s3\n",
            "vmul.f32 s20, s20, s4\n vmul.f32 s21, s21, s5\n vmul.f32 s22, s22, s6\n vmul.f32 s23, s23, s7\n",
            two_sums!(@ $first, $second, "s8", "s16"),
            two_sums!(@ $first, $second, "s9", "s17"),
            two_sums!(@ $first, $second, "s10", "s18"),
            two_sums!(@ $first, $second, "s11", "s19"),
            two_sums!(@ $first, $second, "s12", "s20"),
            two_sums!(@ $first, $second, "s13", "s21"),
            two_sums!(@ $first, $second, "s14", "s22"),
            two_sums!(@ $first, $second, "s15", "s23"),
        )
    };
    (@ $first:literal, $second:literal, $p:literal, $q:literal) => {
        concat!(
            "vadd.f32 ", $first, ", ", $first, ", ", $p, "\n",
            "vadd.f32 ", $second, ", ", $second, ", ", $q, "\n",
        )
    };
}

/// The asm block with all floating-point registers as clobbers.
macro_rules! asm_vfp {
    ($($body:tt)*) => {
        core::arch::asm!(
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

#[cfg(feature = "narrow")]
mod halves;
mod outer;

#[cfg(feature = "narrow")]
pub use halves::{dense_halves, sparse_halves, transposed_halves};
pub use outer::{outer, outer_listed};

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
            asm_vfp!(
                "vldmia {sums}, {{s0-s7}}",
                "2:",
                "vldmia {z}!, {{s24-s31}}",
                "vldmia {w}!, {{s8-s23}}",
                column!(low, "s24"),
                column!(high, "s25"),
                "vldmia {w}!, {{s8-s23}}",
                column!(low, "s26"),
                column!(high, "s27"),
                "vldmia {w}!, {{s8-s23}}",
                column!(low, "s28"),
                column!(high, "s29"),
                "vldmia {w}!, {{s8-s23}}",
                column!(low, "s30"),
                column!(high, "s31"),
                "subs {turns}, {turns}, #1",
                "bne 2b",
                "vstmia {sums}, {{s0-s7}}",
                sums = in(reg) sums,
                z = inout(reg) z.as_ptr() => _,
                w = inout(reg) panel.as_ptr() => _,
                turns = inout(reg) whole / TURN => _,
            );
        }
    }
    let rest = (panel.get(whole..).unwrap_or_default(), z.get(whole..).unwrap_or_default());
    for (w, &z) in rest.0.iter().zip(rest.1) {
        safe::add(sums, w, z);
    }
}

/// Inputs and places of the listed columns, both as long as 4 times the number of groups, which is not 0; none if
/// a place is beyond the `of_panel` columns of the panel.
#[inline(always)]
pub fn listed(of_panel: usize, columns: &Columns) -> Option<(&[f32], &[u32], usize)> {
    const { assert!(Columns::GROUP == 4) };
    let (inputs, places) = (columns.inputs(), columns.places());
    let groups = inputs.len().min(places.len()) / Columns::GROUP;
    (groups != 0 && columns.end() <= of_panel).then_some((inputs, places, groups))
}

/// sums += panel·z over the listed columns.
#[inline(never)]
pub fn sparse(panel: &Panel, columns: &Columns, sums: &mut [f32; PANEL]) {
    let Some((inputs, places, groups)) = listed(panel.len(), columns) else { return };
    // SAFETY: reads 4·groups values of `inputs` and `places`, both at least as long, and the
    // columns of `panel` that these name, which are below `end`, and so within the panel; reads
    // and writes the 8 sums.
    unsafe {
        asm_vfp!(
            "vldmia {sums}, {{s0-s7}}",
            "2:",
            "ldmia {places}!, {{r0, r1, r2, r3}}",
            "vldmia {inputs}!, {{s24-s27}}",
            "add r0, {panel}, r0, lsl #5",
            "add r1, {panel}, r1, lsl #5",
            "add r2, {panel}, r2, lsl #5",
            "add r3, {panel}, r3, lsl #5",
            "vldmia r0, {{s8-s15}}",
            column!(low, "s24"),
            "vldmia r1, {{s16-s23}}",
            column!(high, "s25"),
            "vldmia r2, {{s8-s15}}",
            column!(low, "s26"),
            "vldmia r3, {{s16-s23}}",
            column!(high, "s27"),
            "subs {groups}, {groups}, #1",
            "bne 2b",
            "vstmia {sums}, {{s0-s7}}",
            sums = in(reg) sums,
            places = inout(reg) places.as_ptr() => _,
            inputs = inout(reg) inputs.as_ptr() => _,
            panel = in(reg) panel.as_ptr(),
            groups = inout(reg) groups => _,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
        );
    }
}

/// e += panelᵀ·u.
#[inline(never)]
pub fn transposed(panel: &Panel, u: &[f32; PANEL], e: &mut [f32]) {
    let whole = panel.len().min(e.len()) / TURN * TURN;
    if whole > 0 {
        // SAFETY: reads the 8 values of `u` and `whole` columns of `panel`, reads and writes as
        // many values of `e`; both are at least as long.
        unsafe {
            asm_vfp!(
                "vldmia {u}, {{s0-s7}}",
                "2:",
                "vldmia {e}, {{s24-s31}}",
                "vldmia {w}!, {{s8-s23}}",
                two_sums!("s24", "s25"),
                "vldmia {w}!, {{s8-s23}}",
                two_sums!("s26", "s27"),
                "vldmia {w}!, {{s8-s23}}",
                two_sums!("s28", "s29"),
                "vldmia {w}!, {{s8-s23}}",
                two_sums!("s30", "s31"),
                "vstmia {e}!, {{s24-s31}}",
                "subs {turns}, {turns}, #1",
                "bne 2b",
                u = in(reg) u,
                e = inout(reg) e.as_mut_ptr() => _,
                w = inout(reg) panel.as_ptr() => _,
                turns = inout(reg) whole / TURN => _,
            );
        }
    }
    let rest = (panel.get(whole..).unwrap_or_default(), e.get_mut(whole..).unwrap_or_default());
    safe::transposed(rest.0, u, rest.1);
}

/// √x, rounded correctly.
#[cfg(feature = "learn")]
pub fn square_root(x: f32) -> f32 {
    let mut bits = x.to_bits();
    // SAFETY: touches no memory.
    unsafe {
        core::arch::asm!(
            "vmov s0, {bits}",
            "vsqrt.f32 s0, s0",
            "vmov {bits}, s0",
            bits = inout(reg) bits,
            out("s0") _,
            options(pure, nomem, nostack),
        );
    }
    f32::from_bits(bits)
}
