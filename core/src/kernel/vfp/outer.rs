//! The update of weights in place, panel += u zᵀ: every product is rounded before it is added.
//!
//! | loop | instructions/MAC | Cortex-M4 cycles/MAC |
//! |---|---|---|
//! | `outer`, 8 columns a turn | 147/64 = 2.30 | (9 + 16·9 + 128 + 4)/64 = 4.45 |
//! | `outer_listed`, 2 listed columns a turn | 45/16 = 2.81 | (2·2 + 2·2 + 2 + 4·9 + 32 + 2 + 3)/16 = 5.19 |

use super::TURN;
use crate::PANEL;
use crate::kernel::{Columns, Panel, safe};

/// One column of 8 weights from register `$from` on, to which the rows' u in s0–s7 times `$z` are added; back to
/// `$to`.
macro_rules! outer_column {
    ($from:literal, $to:literal, $z:literal) => {
        concat!(
            "vldmia ", $from, ", {{s8-s15}}\n",
            outer_column!(@product $z; "s16" "s0", "s17" "s1", "s18" "s2", "s19" "s3", "s20" "s4", "s21" "s5",
                "s22" "s6", "s23" "s7"),
            outer_column!(@sum "s8" "s16", "s9" "s17", "s10" "s18", "s11" "s19", "s12" "s20", "s13" "s21",
                "s14" "s22", "s15" "s23"),
            "vstmia ", $to, ", {{s8-s15}}\n",
        )
    };
    (@product $z:literal; $($p:literal $u:literal),*) => {
        concat!($("vmul.f32 ", $p, ", ", $u, ", ", $z, "\n",)*)
    };
    (@sum $($w:literal $p:literal),*) => {
        concat!($("vadd.f32 ", $w, ", ", $w, ", ", $p, "\n",)*)
    };
}

/// panel += u zᵀ over all columns.
#[inline]
pub fn outer(panel: &mut Panel, u: &[f32; PANEL], z: &[f32]) {
    let whole = panel.len().min(z.len()) / TURN * TURN;
    if whole > 0 {
        // SAFETY: reads the 8 values of `u` and `whole` values of `z`, reads and writes as many
        // columns of `panel`; both are at least as long.
        unsafe {
            asm_vfp!(
                "vldmia {u}, {{s0-s7}}",
                "2:",
                "vldmia {z}!, {{s24-s31}}",
                outer_column!("{w}", "{w}!", "s24"),
                outer_column!("{w}", "{w}!", "s25"),
                outer_column!("{w}", "{w}!", "s26"),
                outer_column!("{w}", "{w}!", "s27"),
                outer_column!("{w}", "{w}!", "s28"),
                outer_column!("{w}", "{w}!", "s29"),
                outer_column!("{w}", "{w}!", "s30"),
                outer_column!("{w}", "{w}!", "s31"),
                "subs {turns}, {turns}, #1",
                "bne 2b",
                u = in(reg) u,
                z = inout(reg) z.as_ptr() => _,
                w = inout(reg) panel.as_mut_ptr() => _,
                turns = inout(reg) whole / TURN => _,
            );
        }
    }
    let rest = (panel.get_mut(whole..).unwrap_or_default(), z.get(whole..).unwrap_or_default());
    for (w, &z) in rest.0.iter_mut().zip(rest.1) {
        safe::add(w, u, z);
    }
}

/// panel += u zᵀ over the listed columns with z ≠ 0.
#[inline]
pub fn outer_listed(panel: &mut Panel, u: &[f32; PANEL], columns: &Columns) {
    let (inputs, places) = columns.listed();
    let count = inputs.len().min(places.len());
    if count == 0 || columns.end() > panel.len() {
        return;
    }
    // SAFETY: reads `count` values of `inputs` and `places`, both at least as long, and the 8 values of `u`;
    // reads and writes the columns of `panel` that these name, which are below `end`, and so within the panel. An
    // odd number begins with the second half of a turn.
    unsafe {
        asm_vfp!(
            "vldmia {u}, {{s0-s7}}",
            "lsrs {w}, {count}, #1",
            "bcs 3f",
            "2:",
            "ldr {w}, [{places}], #4",
            "vldmia {inputs}!, {{s24}}",
            "add {w}, {panel}, {w}, lsl #5",
            outer_column!("{w}", "{w}", "s24"),
            "subs {count}, {count}, #1",
            "3:",
            "ldr {w}, [{places}], #4",
            "vldmia {inputs}!, {{s24}}",
            "add {w}, {panel}, {w}, lsl #5",
            outer_column!("{w}", "{w}", "s24"),
            "subs {count}, {count}, #1",
            "bne 2b",
            u = in(reg) u,
            places = inout(reg) places.as_ptr() => _,
            inputs = inout(reg) inputs.as_ptr() => _,
            panel = in(reg) panel.as_mut_ptr(),
            count = inout(reg) count => _,
            w = out(reg) _,
        );
    }
}
