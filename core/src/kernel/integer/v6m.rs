//! The path for ARMv6-M: 4 rows at a time, as many as its low registers can sum, 4 columns a turn.
#![allow(unsafe_code)]

use core::arch::global_asm;

use super::{Column, Panels, plain};
use crate::PANEL;

/// Columns of a turn.
const TURN: usize = 4;

global_asm!(
    ".section .text.fenchel_bytes_dense,\"ax\",%progbits",
    ".syntax unified",
    ".thumb_func",
    ".type fenchel_bytes_dense, %function",
    ".balign 4",
    "fenchel_bytes_dense:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "push {{r2, r4}}",
    "mov r8, r3",
    "mov r6, r0",
    "mov r7, r1",
    "ldmia r2, {{r0-r3}}",
    "1:",
    "ldrh r4, [r7, #0]",
    "sxth r4, r4",
    "ldrb r5, [r6, #0]",
    "muls r5, r4, r5",
    "adds r0, r0, r5",
    "ldrb r5, [r6, #1]",
    "muls r5, r4, r5",
    "adds r1, r1, r5",
    "ldrb r5, [r6, #2]",
    "muls r5, r4, r5",
    "adds r2, r2, r5",
    "ldrb r5, [r6, #3]",
    "muls r5, r4, r5",
    "adds r3, r3, r5",
    "ldrh r4, [r7, #2]",
    "sxth r4, r4",
    "ldrb r5, [r6, #8]",
    "muls r5, r4, r5",
    "adds r0, r0, r5",
    "ldrb r5, [r6, #9]",
    "muls r5, r4, r5",
    "adds r1, r1, r5",
    "ldrb r5, [r6, #10]",
    "muls r5, r4, r5",
    "adds r2, r2, r5",
    "ldrb r5, [r6, #11]",
    "muls r5, r4, r5",
    "adds r3, r3, r5",
    "ldrh r4, [r7, #4]",
    "sxth r4, r4",
    "ldrb r5, [r6, #16]",
    "muls r5, r4, r5",
    "adds r0, r0, r5",
    "ldrb r5, [r6, #17]",
    "muls r5, r4, r5",
    "adds r1, r1, r5",
    "ldrb r5, [r6, #18]",
    "muls r5, r4, r5",
    "adds r2, r2, r5",
    "ldrb r5, [r6, #19]",
    "muls r5, r4, r5",
    "adds r3, r3, r5",
    "ldrh r4, [r7, #6]",
    "sxth r4, r4",
    "adds r6, #4",
    "ldrb r5, [r6, #20]",
    "muls r5, r4, r5",
    "adds r0, r0, r5",
    "ldrb r5, [r6, #21]",
    "muls r5, r4, r5",
    "adds r1, r1, r5",
    "ldrb r5, [r6, #22]",
    "muls r5, r4, r5",
    "adds r2, r2, r5",
    "ldrb r5, [r6, #23]",
    "muls r5, r4, r5",
    "adds r3, r3, r5",
    "adds r6, #28",
    "adds r7, #8",
    "cmp r7, r8",
    "bne 1b",
    "pop {{r7}}",
    "stmia r7!, {{r0-r3}}",
    "pop {{r4}}",
    "mov r8, r4",
    "pop {{r4-r7, pc}}",
    ".size fenchel_bytes_dense, . - fenchel_bytes_dense",
    ".text",
);

unsafe extern "C" {
    /// sums += w·q of 4 of a panel's 8 rows, from `w`, over the columns from `q` to `end`: a multiple of 4, above 0.
    fn fenchel_bytes_dense(w: *const u8, q: *const i16, sums: *mut [i32; PANEL / 2], end: *const i16);
}

/// sums += panel·q over all columns of every panel.
pub fn all(panels: Panels, q: &[i16], _zeros: usize, sums: &mut [[i32; PANEL]]) {
    panels.each(sums, |panel, sums| dense(panel, q, sums));
}

fn dense(panel: &[Column], q: &[i16], sums: &mut [i32; PANEL]) {
    let whole = panel.len().min(q.len()) / TURN * TURN;
    if let (Some((first, _)), Some(input)) = (panel.split_first(), q.get(..whole).filter(|q| !q.is_empty())) {
        let (halves, _) = sums.as_chunks_mut::<{ PANEL / 2 }>();
        for (sums, rows) in halves.iter_mut().zip(first.chunks_exact(PANEL / 2)) {
            let from = panel.as_ptr().cast::<u8>().wrapping_add(rows.as_ptr().addr() - first.as_ptr().addr());
            // SAFETY: reads `whole` columns of `panel`, at least as long, from one of its rows on, and the values of
            // `input`, as many; reads and writes the 4 sums of these rows.
            unsafe { fenchel_bytes_dense(from, input.as_ptr(), sums, input.as_ptr_range().end) };
        }
    }
    plain::dense(panel.get(whole..).unwrap_or_default(), q.get(whole..).unwrap_or_default(), sums);
}
