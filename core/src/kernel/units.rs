//! Loops over units, one array or several in step; the shortest ends them.
//!
//! By one index rather than zipped iterators: the same loop where the optimiser is for speed, and where
//! it is for size without the setting up of iterators, which it leaves in. A function that has values with
//! it has them by value (`move`): behind a reference they would be read anew for every unit, for all
//! the optimiser can tell.

use crate::kernel::vector::wide;

/// Row `i` of rows of `units` values.
pub(crate) fn row(values: &[f32], units: usize, i: usize) -> &[f32] {
    values.get(i * units..(i + 1) * units).unwrap_or_default()
}

/// The rows of `units` values.
pub(crate) fn rows(values: &[f32], units: usize) -> core::slice::ChunksExact<'_, f32> {
    values.chunks_exact(units.max(1))
}

/// z = `f`(a) of each pair.
#[inline(always)]
pub(crate) fn map(a: &[f32], z: &mut [f32], f: impl Fn(f32) -> f32) {
    update(a, z, move |a, _| f(a));
}

/// z = `f`(a, z) of each pair.
#[inline(always)]
pub(crate) fn update(a: &[f32], z: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    wide(move || {
        let n = a.len().min(z.len());
        let (a, z) = (a.get(..n).unwrap_or_default(), z.get_mut(..n).unwrap_or_default());
        for i in 0..n {
            if let (Some(&a), Some(z)) = (a.get(i), z.get_mut(i)) {
                *z = f(a, *z);
            }
        }
    });
}

/// z = `f`(a, e) of each triple.
#[inline(always)]
pub(crate) fn zip(a: &[f32], e: &[f32], z: &mut [f32], f: impl Fn(f32, f32) -> f32) {
    update_by_two(a, e, z, move |a, e, _| f(a, e));
}

/// z = `f`(a, e, z) of each triple.
#[inline(always)]
pub(crate) fn update_by_two(a: &[f32], e: &[f32], z: &mut [f32], f: impl Fn(f32, f32, f32) -> f32) {
    wide(move || {
        let n = a.len().min(e.len()).min(z.len());
        let (a, e) = (a.get(..n).unwrap_or_default(), e.get(..n).unwrap_or_default());
        let z = z.get_mut(..n).unwrap_or_default();
        for i in 0..n {
            if let (Some(&a), Some(&e), Some(z)) = (a.get(i), e.get(i), z.get_mut(i)) {
                *z = f(a, e, *z);
            }
        }
    });
}
