//! Parts of slices whose place is known to be right: everything that enters `core` is checked there.
//! A wrong place is a mistake of ours, which tests must show (`debug_assert!`) and a device must
//! survive; so it is an empty slice in release, rather than a panic.

use core::ops::Range;

/// The values of `range`.
#[inline(always)]
pub(crate) fn part(values: &[f32], range: Range<usize>) -> &[f32] {
    debug_assert!(range.start <= range.end && range.end <= values.len(), "{range:?} of {}", values.len());
    values.get(range).unwrap_or_default()
}

/// The values of `range`, to be written.
#[inline(always)]
pub(crate) fn part_mut(values: &mut [f32], range: Range<usize>) -> &mut [f32] {
    debug_assert!(range.start <= range.end && range.end <= values.len(), "{range:?} of {}", values.len());
    values.get_mut(range).unwrap_or_default()
}

/// The first `n` values, and the others.
#[inline(always)]
pub(crate) fn split_mut(values: &mut [f32], n: usize) -> (&mut [f32], &mut [f32]) {
    debug_assert!(n <= values.len(), "{n} of {}", values.len());
    values.split_at_mut_checked(n).unwrap_or_default()
}
