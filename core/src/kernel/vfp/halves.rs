//! Half-precision weights, widened by VCVTB and VCVTT and then taken as the `f32` weights are: the bits of
//! the safe path, which widens in software.
//!
//! | loop | instructions/MAC | Cortex-M4 cycles/MAC |
//! |---|---|---|
//! | `dense_halves`, 4 columns a turn | 101/32 = 3.16 | (2·9 + 5 + 96 + 4)/32 = 3.84 |
//! | `sparse_halves`, 4 listed columns a turn | 108/32 = 3.38 | (4·5 + 2·5 + 4 + 96 + 4)/32 = 4.19 |
//! | `transposed_halves`, 4 columns a turn | 102/32 = 3.19 | (2·9 + 2·5 + 96 + 4)/32 = 4.00 |
//!
//! The conversion is exact for every finite half, subnormal ones too, as long as FPSCR's bit AHP is 0, as at
//! reset: the IEEE format rather than Arm's own. The procedure call standard reserves a change of it to
//! programs that know what it affects, like one of FZ or the rounding mode, on which the `f32` loops depend.

use super::listed;
use crate::PANEL;
use crate::kernel::narrow::{HalfPanel, Widen};
use crate::kernel::{Columns, safe, widened};

/// One column of 8 halves widened: of four registers, their low and their high half into two each.
macro_rules! widen {
    ($($from:literal => $low:literal, $high:literal;)*) => {
        concat!($("vcvtb.f32.f16 ", $low, ", ", $from, "\n", "vcvtt.f32.f16 ", $high, ", ", $from, "\n",)*)
    };
    (low, $a:literal, $b:literal, $c:literal, $d:literal) => {
        widen!($a => "s8", "s9"; $b => "s10", "s11"; $c => "s12", "s13"; $d => "s14", "s15";)
    };
    // In place: every register is read before it is written, s22 and s23 in the last instructions.
    (high in place) => {
        widen!("s20" => "s16", "s17"; "s21" => "s18", "s19"; "s22" => "s20", "s21"; "s23" => "s22", "s23";)
    };
}

/// Columns of a turn of [`dense_halves`] and [`transposed_halves`].
const TURN: usize = 4;

/// Whole turns of the columns and of as many values; none if the halves don't lie at a multiple of 4 bytes,
/// where two are read at once.
fn turns(panel: &[[u16; PANEL]], values: usize) -> usize {
    if panel.as_ptr().addr().is_multiple_of(4) { panel.len().min(values) / TURN } else { 0 }
}

/// sums += panel·z over all columns.
#[inline(never)]
pub fn dense_halves(panel: HalfPanel, z: &[f32], sums: &mut [f32; PANEL]) {
    let HalfPanel(columns) = panel;
    let turns = turns(columns, z.len());
    if turns > 0 {
        // SAFETY: reads 4·turns columns of `columns`, at a multiple of 4 bytes, and as many values of `z`, both
        // at least as long; reads and writes the 8 sums.
        unsafe {
            asm_vfp!(
                "vldmia {sums}, {{s0-s7}}",
                "2:",
                "vldmia {z}!, {{s24-s27}}",
                "vldmia {w}!, {{s16-s23}}",
                widen!(low, "s16", "s17", "s18", "s19"),
                column!(low, "s24"),
                widen!(low, "s20", "s21", "s22", "s23"),
                column!(low, "s25"),
                "vldmia {w}!, {{s16-s23}}",
                widen!(low, "s16", "s17", "s18", "s19"),
                column!(low, "s26"),
                widen!(low, "s20", "s21", "s22", "s23"),
                column!(low, "s27"),
                "subs {turns}, {turns}, #1",
                "bne 2b",
                "vstmia {sums}, {{s0-s7}}",
                sums = in(reg) sums,
                z = inout(reg) z.as_ptr() => _,
                w = inout(reg) columns.as_ptr() => _,
                turns = inout(reg) turns => _,
            );
        }
    }
    let whole = TURN * turns;
    let rest = (columns.get(whole..).unwrap_or_default(), z.get(whole..).unwrap_or_default());
    for (w, &z) in rest.0.iter().zip(rest.1) {
        safe::add(sums, &panel.widen(w), z);
    }
}

/// sums += panel·z over the listed columns.
#[inline(never)]
pub fn sparse_halves(panel: HalfPanel, columns: &Columns, sums: &mut [f32; PANEL]) {
    let HalfPanel(halves) = panel;
    if turns(halves, usize::MAX) == 0 {
        return widened::sparse(panel, columns, sums);
    }
    let Some((inputs, places, groups)) = listed(halves.len(), columns) else { return };
    // SAFETY: reads 4·groups values of `inputs` and `places`, both at least as long, and the columns of `halves`,
    // at a multiple of 4 bytes, that these name, which are below `end`, and so within the panel; reads and
    // writes the 8 sums.
    unsafe {
        asm_vfp!(
            "vldmia {sums}, {{s0-s7}}",
            "2:",
            "ldmia {places}!, {{r0, r1, r2, r3}}",
            "vldmia {inputs}!, {{s24-s27}}",
            "add r0, {halves}, r0, lsl #4",
            "add r1, {halves}, r1, lsl #4",
            "add r2, {halves}, r2, lsl #4",
            "add r3, {halves}, r3, lsl #4",
            "vldmia r0, {{s16-s19}}",
            "vldmia r1, {{s20-s23}}",
            widen!(low, "s16", "s17", "s18", "s19"),
            column!(low, "s24"),
            widen!(low, "s20", "s21", "s22", "s23"),
            column!(low, "s25"),
            "vldmia r2, {{s16-s19}}",
            "vldmia r3, {{s20-s23}}",
            widen!(low, "s16", "s17", "s18", "s19"),
            column!(low, "s26"),
            widen!(low, "s20", "s21", "s22", "s23"),
            column!(low, "s27"),
            "subs {groups}, {groups}, #1",
            "bne 2b",
            "vstmia {sums}, {{s0-s7}}",
            sums = in(reg) sums,
            places = inout(reg) places.as_ptr() => _,
            inputs = inout(reg) inputs.as_ptr() => _,
            halves = in(reg) halves.as_ptr(),
            groups = inout(reg) groups => _,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _,
        );
    }
}

/// e += panelᵀ·u.
#[inline(never)]
pub fn transposed_halves(panel: HalfPanel, u: &[f32; PANEL], e: &mut [f32]) {
    let HalfPanel(columns) = panel;
    let turns = turns(columns, e.len());
    if turns > 0 {
        // SAFETY: reads the 8 values of `u` and 4·turns columns of `columns`, at a multiple of 4 bytes, reads and
        // writes as many values of `e`; both are at least as long.
        unsafe {
            asm_vfp!(
                "vldmia {u}, {{s0-s7}}",
                "2:",
                "vldmia {e}, {{s24-s27}}",
                "vldmia {w}!, {{s16-s23}}",
                widen!(low, "s16", "s17", "s18", "s19"),
                widen!(high in place),
                two_sums!("s24", "s25"),
                "vldmia {w}!, {{s16-s23}}",
                widen!(low, "s16", "s17", "s18", "s19"),
                widen!(high in place),
                two_sums!("s26", "s27"),
                "vstmia {e}!, {{s24-s27}}",
                "subs {turns}, {turns}, #1",
                "bne 2b",
                u = in(reg) u,
                e = inout(reg) e.as_mut_ptr() => _,
                w = inout(reg) columns.as_ptr() => _,
                turns = inout(reg) turns => _,
            );
        }
    }
    let whole = TURN * turns;
    let rest = (columns.get(whole..).unwrap_or_default(), e.get_mut(whole..).unwrap_or_default());
    for (w, e) in rest.0.iter().zip(rest.1) {
        *e = safe::add_row(*e, &panel.widen(w), u);
    }
}
