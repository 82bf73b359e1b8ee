//! The path for ARMv7-M without DSP instructions: a byte at a time, 4 columns a turn.
#![allow(unsafe_code)]

use core::arch::global_asm;

use super::{Column, Panels, plain};
use crate::PANEL;

/// Columns of a turn.
const TURN: usize = 4;

unsafe extern "C" {
    /// sums += w·q over `columns` columns, a multiple of 4 above 0.
    fn fenchel_bytes_dense(w: *const Column, q: *const i16, sums: *mut [i32; PANEL], columns: usize);
}

global_asm!(
    ".macro fenchel_two_rows place, first, second",
    "ldrb r12, [r0, #\\place]",
    "ldrb r2, [r0, #\\place + 1]",
    "mla \\first, r12, lr, \\first",
    "mla \\second, r2, lr, \\second",
    ".endm",
    ".section .text.fenchel_bytes_dense,\"ax\",%progbits",
    ".syntax unified",
    ".thumb_func",
    ".type fenchel_bytes_dense, %function",
    ".balign 4",
    "fenchel_bytes_dense:",
    "push {{r2, r4-r11, lr}}",
    "ldmia r2, {{r4-r11}}",
    "1:",
    ".rept 4",
    "ldrsh lr, [r1], #2",
    "fenchel_two_rows 1, r5, r6",
    "fenchel_two_rows 3, r7, r8",
    "fenchel_two_rows 5, r9, r10",
    "ldrb r12, [r0, #7]",
    "ldrb r2, [r0], #8",
    "mla r11, r12, lr, r11",
    "mla r4, r2, lr, r4",
    ".endr",
    "subs r3, r3, #4",
    "bne 1b",
    "pop {{r2}}",
    "stmia r2, {{r4-r11}}",
    "pop {{r4-r11, pc}}",
    ".size fenchel_bytes_dense, . - fenchel_bytes_dense",
    ".purgem fenchel_two_rows",
    ".text",
);

/// sums += panel·q over all columns of every panel.
pub fn all(panels: Panels, q: &[i16], _zeros: usize, sums: &mut [[i32; PANEL]]) {
    panels.each(sums, |panel, sums| dense(panel, q, sums));
}

fn dense(panel: &[Column], q: &[i16], sums: &mut [i32; PANEL]) {
    let whole = panel.len().min(q.len()) / TURN * TURN;
    if whole > 0 {
        // SAFETY: reads `whole` columns of `panel` and as many values of `q`, both at least as long; reads and writes
        // the 8 sums.
        unsafe { fenchel_bytes_dense(panel.as_ptr(), q.as_ptr(), sums, whole) };
    }
    plain::dense(panel.get(whole..).unwrap_or_default(), q.get(whole..).unwrap_or_default(), sums);
}
