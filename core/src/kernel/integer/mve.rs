//! The path for the M-profile vector extension: 8 columns a turn, 4 rows in a vector.
#![allow(unsafe_code)]

use core::arch::asm;

use super::{Column, Panels, plain};
use crate::PANEL;

/// Columns of a turn.
const TURN: usize = 8;
/// Inputs widened at a time: 4 bytes of stack each.
const WIDE: usize = 256;

/// One column: 8 bytes from r4 on, multiplied by `$q` and added to q0 and q1.
macro_rules! column {
    ($q:literal) => {
        concat!(
            "vldrb.u32 q2, [r4], #4\n",
            "vldrb.u32 q3, [r4], #4\n",
            "vmla.s32 q0, q2, ",
            $q,
            "\n",
            "vmla.s32 q1, q3, ",
            $q,
            "\n",
        )
    };
}

/// sums += panel·q over all columns of every panel. Inputs are widened once for all panels.
pub fn all(panels: Panels, q: &[i16], _zeros: usize, sums: &mut [[i32; PANEL]]) {
    for (turn, q) in q.chunks(WIDE).enumerate() {
        let mut wide = [0i32; WIDE];
        wide.iter_mut().zip(q).for_each(|(wide, &q)| *wide = q.into());
        panels.each(sums, |panel, sums| {
            let panel = panel.get(turn * WIDE..).unwrap_or_default();
            dense(panel, q, &wide, sums);
        });
    }
}

fn dense(panel: &[Column], q: &[i16], wide: &[i32; WIDE], sums: &mut [i32; PANEL]) {
    let whole = panel.len().min(q.len()).min(WIDE) / TURN * TURN;
    if whole > 0 {
        // SAFETY: reads `whole` columns of `panel` and as many values of `wide`, both at least as long; reads and writes
        // the 8 sums.
        unsafe {
            asm!(
                ".cpu cortex-m55",
                "vldrw.u32 q0, [{sums}]",
                "vldrw.u32 q1, [{sums}, #16]",
                "dls lr, lr",
                "2:",
                "ldmia {z}!, {{r0, r1, r2, r3, r5, r8, r10, r12}}",
                column!("r0"),
                column!("r1"),
                column!("r2"),
                column!("r3"),
                column!("r5"),
                column!("r8"),
                column!("r10"),
                column!("r12"),
                "le lr, 2b",
                "vstrw.32 q0, [{sums}]",
                "vstrw.32 q1, [{sums}, #16]",
                sums = in(reg) sums,
                z = inout(reg) wide.as_ptr() => _,
                // A load that widens takes a low register.
                inout("r4") panel.as_ptr() => _,
                inout("lr") whole / TURN => _,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r5") _, out("r8") _,
                out("r10") _, out("r12") _,
                out("s0") _, out("s1") _, out("s2") _, out("s3") _, out("s4") _, out("s5") _, out("s6") _,
                out("s7") _, out("s8") _, out("s9") _, out("s10") _, out("s11") _, out("s12") _,
                out("s13") _, out("s14") _, out("s15") _,
                options(nostack),
            );
        }
    }
    plain::dense(panel.get(whole..).unwrap_or_default(), q.get(whole..).unwrap_or_default(), sums);
}
