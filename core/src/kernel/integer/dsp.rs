//! The path for Arm's DSP instructions: two bytes are widened at once, and multiplied by halves of a word.
//!
//! | loop | instructions/MAC |
//! |---|---|
//! | dense, 16 columns a turn | 219/128 = 1.71 |
//! | listed, 4 listed columns a turn | 63/32 = 1.97 |
#![allow(unsafe_code)]

use core::arch::global_asm;

use super::list::Listed;
use super::{Column, Panels, plain};
use crate::PANEL;

/// Columns of half a turn.
const TURN: usize = 8;

/// What the assembler is told: an ARMv7E-M target has the instructions, of ARMv8-M they are an extension.
#[cfg(not(fenchel_core = "v8m"))]
macro_rules! dsp_core {
    () => {
        ""
    };
}
#[cfg(fenchel_core = "v8m")]
macro_rules! dsp_core {
    () => {
        ".cpu cortex-m33"
    };
}

global_asm!(
    ".macro fenchel_column half",
    "ldrd r2, r3, [r0], #8",
    "uxtb16 r12, r2",
    "uxtb16 r2, r2, ror #8",
    "smlab\\half r4, r12, lr, r4",
    "smlat\\half r6, r12, lr, r6",
    "smlab\\half r5, r2, lr, r5",
    "smlat\\half r7, r2, lr, r7",
    "uxtb16 r12, r3",
    "uxtb16 r3, r3, ror #8",
    "smlab\\half r8, r12, lr, r8",
    "smlat\\half r10, r12, lr, r10",
    "smlab\\half r9, r3, lr, r9",
    "smlat\\half r11, r3, lr, r11",
    ".endm",
    ".section .text.fenchel_bytes_dense,\"ax\",%progbits",
    dsp_core!(),
    ".syntax unified",
    ".thumb_func",
    ".type fenchel_bytes_dense, %function",
    ".balign 8",
    "fenchel_bytes_dense:",
    "push {{r2, r4-r11, lr}}",
    "tst r3, #8",
    "add r3, r1, r3, lsl #1",
    "push {{r3}}",
    "ldmia r2, {{r4-r11}}",
    // An odd number of eights begins with the second half of a turn.
    "bne 2f",
    "1:",
    ".rept 4",
    "ldr lr, [r1], #4",
    "fenchel_column b",
    "fenchel_column t",
    ".endr",
    "2:",
    ".rept 4",
    "ldr lr, [r1], #4",
    "fenchel_column b",
    "fenchel_column t",
    ".endr",
    "ldr r12, [sp]",
    "cmp r1, r12",
    "bne 1b",
    "pop {{r3}}",
    "pop {{r2}}",
    "stmia r2, {{r4-r11}}",
    "pop {{r4-r11, pc}}",
    ".size fenchel_bytes_dense, . - fenchel_bytes_dense",
    ".section .text.fenchel_bytes_listed,\"ax\",%progbits",
    ".thumb_func",
    ".type fenchel_bytes_listed, %function",
    ".balign 8",
    "fenchel_bytes_listed:",
    "push {{r2, r4-r11, lr}}",
    "add r3, r1, r3, lsl #2",
    "push {{r3}}",
    "ldmia r2, {{r4-r11}}",
    "1:",
    ".rept 4",
    "ldr lr, [r1], #4",
    "add r12, r0, lr, lsr #16",
    "ldrd r2, r3, [r12]",
    "uxtb16 r12, r2",
    "uxtb16 r2, r2, ror #8",
    "smlabb r4, r12, lr, r4",
    "smlatb r6, r12, lr, r6",
    "smlabb r5, r2, lr, r5",
    "smlatb r7, r2, lr, r7",
    "uxtb16 r12, r3",
    "uxtb16 r3, r3, ror #8",
    "smlabb r8, r12, lr, r8",
    "smlatb r10, r12, lr, r10",
    "smlabb r9, r3, lr, r9",
    "smlatb r11, r3, lr, r11",
    ".endr",
    "ldr r12, [sp]",
    "cmp r1, r12",
    "bne 1b",
    "pop {{r3}}",
    "pop {{r2}}",
    "stmia r2, {{r4-r11}}",
    "pop {{r4-r11, pc}}",
    ".size fenchel_bytes_listed, . - fenchel_bytes_listed",
    ".purgem fenchel_column",
    ".text",
);

unsafe extern "C" {
    /// sums += w·q over `columns` columns, a multiple of 8 above 0; `w` is aligned to 4 bytes.
    fn fenchel_bytes_dense(w: *const Column, q: *const i16, sums: *mut [i32; PANEL], columns: usize);
    /// sums += w·q over `count` listed columns, a multiple of 4 above 0.
    fn fenchel_bytes_listed(w: *const Column, list: *const u32, sums: *mut [i32; PANEL], count: usize);
}

/// sums += panel·q over all columns of every panel, or over those whose input isn't 0 if that is less work.
pub fn all(panels: Panels, q: &[i16], zeros: usize, sums: &mut [[i32; PANEL]]) {
    // A listed column costs 63/4 instructions, one in a row of columns 219/16.
    if zeros * 8 < q.len() {
        panels.each(sums, |panel, sums| dense(panel, q, sums));
        return;
    }
    let mut list = Listed::new();
    let mut from = 0;
    while let Some(next) = list.gather(q, from) {
        from = next;
        panels.each(sums, |panel, sums| listed(panel, &list, q.len(), sums));
    }
}

/// sums += panel·q over the listed columns, which are below `columns`.
fn listed(panel: &[Column], list: &Listed, columns: usize, sums: &mut [i32; PANEL]) {
    let entries = list.entries();
    debug_assert!(panel.as_ptr().addr().is_multiple_of(4), "the file's arrays are aligned");
    if !entries.is_empty() && columns <= panel.len() {
        // SAFETY: reads the entries, whose number is a multiple of 4, and the columns that they name, which are within
        // the panel; reads and writes the 8 sums.
        unsafe { fenchel_bytes_listed(panel.as_ptr(), entries.as_ptr(), sums, entries.len()) };
    }
}

fn dense(panel: &[Column], q: &[i16], sums: &mut [i32; PANEL]) {
    let whole = panel.len().min(q.len()) / TURN * TURN;
    debug_assert!(panel.as_ptr().addr().is_multiple_of(4), "the file's arrays are aligned");
    if whole > 0 {
        // SAFETY: reads `whole` columns of `panel` and as many values of `q`, both at least as long; reads and writes
        // the 8 sums.
        unsafe { fenchel_bytes_dense(panel.as_ptr(), q.as_ptr(), sums, whole) };
    }
    plain::dense(panel.get(whole..).unwrap_or_default(), q.get(whole..).unwrap_or_default(), sums);
}
