//! The update of weights in place, panel += u zᵀ: every product is rounded before it is added.
//!
//! | loop | instructions/MAC | Cortex-M4 cycles/MAC |
//! |---|---|---|
//! | `outer`, 8 columns a turn | 147/64 = 2.30 | (9 + 16·9 + 128 + 4)/64 = 4.45 |
//! | `outer_sparse`, of a column with z ≠ 0 | 25/8 = 3.13 | (2·9 + 8 + 16 + 7)/8 = 6.13 |
//! | `outer_sparse`, of a column with z = 0 | 6/8 = 0.75 | 9/8 = 1.13 |

use super::TURN;
use crate::PANEL;
use crate::kernel::{Panel, safe};

/// One column of 8 weights from `$w` on, to which the rows' u in s0–s7 times `$z` are added in place.
macro_rules! outer_column {
    ($from:literal, $to:literal, $z:literal) => {
        concat!(
            "vldmia ",
            $from,
            ", {{s8-s15}}\n",
            "vmul.f32 s16, s0, ",
            $z,
            "\n",
            "vmul.f32 s17, s1, ",
            $z,
            "\n",
            "vmul.f32 s18, s2, ",
            $z,
            "\n",
            "vmul.f32 s19, s3, ",
            $z,
            "\n",
            "vmul.f32 s20, s4, ",
            $z,
            "\n",
            "vmul.f32 s21, s5, ",
            $z,
            "\n",
            "vmul.f32 s22, s6, ",
            $z,
            "\n",
            "vmul.f32 s23, s7, ",
            $z,
            "\n",
            "vadd.f32 s8, s8, s16\n",
            "vadd.f32 s9, s9, s17\n",
            "vadd.f32 s10, s10, s18\n",
            "vadd.f32 s11, s11, s19\n",
            "vadd.f32 s12, s12, s20\n",
            "vadd.f32 s13, s13, s21\n",
            "vadd.f32 s14, s14, s22\n",
            "vadd.f32 s15, s15, s23\n",
            "vstmia ",
            $to,
            ", {{s8-s15}}\n",
        )
    };
    ($z:literal) => {
        outer_column!("{w}", "{w}!", $z)
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
                outer_column!("s24"),
                outer_column!("s25"),
                outer_column!("s26"),
                outer_column!("s27"),
                outer_column!("s28"),
                outer_column!("s29"),
                outer_column!("s30"),
                outer_column!("s31"),
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
    safe::outer(rest.0, u, rest.1);
}

/// panel += u zᵀ over the columns with z ≠ 0.
#[inline]
pub fn outer_sparse(panel: &mut Panel, u: &[f32; PANEL], z: &[f32]) {
    let columns = panel.len().min(z.len());
    if columns > 0 {
        // SAFETY: reads the 8 values of `u` and `columns` values of `z`, reads and writes as many
        // columns of `panel`; both are at least as long.
        unsafe {
            asm_vfp!(
                "vldmia {u}, {{s0-s7}}",
                "2:",
                "ldr r0, [{z}], #4",
                "lsls r1, r0, #1",
                "beq 3f",
                "vmov s24, r0",
                outer_column!("{w}", "{w}", "s24"),
                "3:",
                "add {w}, {w}, #32",
                "subs {columns}, {columns}, #1",
                "bne 2b",
                u = in(reg) u,
                z = inout(reg) z.as_ptr() => _,
                w = inout(reg) panel.as_mut_ptr() => _,
                columns = inout(reg) columns => _,
                out("r0") _, out("r1") _,
            );
        }
    }
}
