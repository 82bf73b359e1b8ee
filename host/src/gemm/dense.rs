//! Dense products in tiles that stay in registers.

use std::cell::RefCell;

use multiversion::multiversion;

use super::{Aligned, Left, zeros};

thread_local! {
    /// Scratch memory for the last columns of b.
    static PADDED: RefCell<Aligned> = RefCell::new(zeros(0));
}

/// Multiplies as [`super::multiply`] does, which has checked the sizes.
pub(super) fn multiply(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) {
    PADDED.with_borrow_mut(|padded| {
        // Thirty-two registers of sixteen values, or sixteen of eight.
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx512f") {
            return large_tiles(shape, a, b, padded, add, c);
        }
        small_tiles(shape, a, b, padded, add, c);
    });
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx2+fma"))]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
fn large_tiles(
    shape: (usize, usize, usize),
    a: Left,
    b: &[f32],
    padded: &mut Aligned,
    add: bool,
    c: &mut [f32],
) {
    columns::<10, 32>(shape, a, b, padded, add, c);
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn small_tiles(
    shape: (usize, usize, usize),
    a: Left,
    b: &[f32],
    padded: &mut Aligned,
    add: bool,
    c: &mut [f32],
) {
    columns::<6, 16>(shape, a, b, padded, add, c);
}

/// Computes all of c in tiles of (R, C); the panel of b under a column of tiles stays in the cache. The
/// last columns are padded with zeros to sixteen, or to C.
#[inline(always)]
fn columns<const R: usize, const C: usize>(
    shape: (usize, usize, usize),
    a: Left,
    b: &[f32],
    padded: &mut Aligned,
    add: bool,
    c: &mut [f32],
) {
    // In narrower tiles registers of eight wait for each other.
    const LEAST: usize = 16;
    let (m, k, n) = shape;
    let mut j = 0;
    while j + C <= n {
        rows::<R, C>(shape, a, b, add, c, j);
        j += C;
    }
    if j == n {
        return;
    }
    let width = if n - j <= LEAST { LEAST } else { C };
    padded.clear();
    padded.resize((k + m) * width, 0.0);
    let (padded_b, padded_c) = padded.split_at_mut(k * width);
    for (to, from) in padded_b.chunks_exact_mut(width).zip(b.chunks_exact(n)) {
        to[..n - j].copy_from_slice(&from[j..]);
    }
    if add {
        for (to, from) in padded_c.chunks_exact_mut(width).zip(c.chunks_exact(n)) {
            to[..n - j].copy_from_slice(&from[j..]);
        }
    }
    let shape = (m, k, width);
    if width == LEAST {
        rows::<R, LEAST>(shape, a, padded_b, add, padded_c, 0);
    } else {
        rows::<R, C>(shape, a, padded_b, add, padded_c, 0);
    }
    for (to, from) in c.chunks_exact_mut(n).zip(padded_c.chunks_exact(width)) {
        to[j..].copy_from_slice(&from[..n - j]);
    }
}

/// Computes the columns j..j + C of c.
#[inline(always)]
fn rows<const R: usize, const C: usize>(
    shape: (usize, usize, usize),
    a: Left,
    b: &[f32],
    add: bool,
    c: &mut [f32],
    j: usize,
) {
    let m = shape.0;
    let mut i = 0;
    while i + R <= m {
        tile::<R, C>(shape, a, b, add, c, (i, j));
        i += R;
    }
    while i + 4 <= m {
        tile::<4, C>(shape, a, b, add, c, (i, j));
        i += 4;
    }
    while i < m {
        tile::<1, C>(shape, a, b, add, c, (i, j));
        i += 1;
    }
}

/// Computes the rows i..i + R and columns j..j + C of c, which must lie within `shape`.
#[inline(always)]
fn tile<const R: usize, const C: usize>(
    (_, k, n): (usize, usize, usize),
    a: Left,
    b: &[f32],
    add: bool,
    c: &mut [f32],
    (i, j): (usize, usize),
) {
    let mut sums = [[0.0; C]; R];
    if add {
        for (r, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&c[(i + r) * n + j..][..C]);
        }
    }
    for l in 0..k {
        // By value: behind a reference LLVM rebuilds vectors from overlapping loads, a fifth slower.
        let b: [f32; C] = *b[l * n + j..].first_chunk().expect("C columns from j on");
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: row i + r < m and column l < k of a, whose last element `multiply` found to be
            // the last of `values`.
            let factor = unsafe { *a.values.get_unchecked((i + r) * a.row + l * a.column) };
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = factor.mul_add(b, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        c[(i + r) * n + j..][..C].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Product = fn((usize, usize, usize), Left, &[f32], bool, &mut [f32]);

    fn numbers(n: usize, seed: f64) -> Vec<f32> {
        (0..n).map(|i| (seed + 1.7 * i as f64).sin() as f32).collect()
    }

    /// The tiles give the bits of the loops in the documented order, for shapes that leave every kind of
    /// remainder and for both widths of tile.
    #[test]
    fn tiles_have_the_bits_of_the_loops() {
        for shape in [(1, 1, 1), (50, 33, 10), (27, 5, 75), (10, 40, 32), (6, 0, 9), (19, 7, 59)] {
            let (m, k, n) = shape;
            let (a, b, start) = (numbers(m * k, 0.1), numbers(k * n, 0.2), numbers(m * n, 0.3));
            for (left, at) in [
                (Left::row_major(&a, k), &(|i: usize, l: usize| i * k + l) as &dyn Fn(_, _) -> _),
                (Left::transposed(&a, m), &|i: usize, l: usize| l * m + i),
            ] {
                let by_small_tiles: Product =
                    |shape, a, b, add, c| small_tiles(shape, a, b, &mut zeros(0), add, c);
                let by_large_tiles: Product =
                    |shape, a, b, add, c| large_tiles(shape, a, b, &mut zeros(0), add, c);
                for (product, add) in
                    [(multiply as Product, true), (by_small_tiles, false), (by_large_tiles, true)]
                {
                    let mut c = start.clone();
                    product(shape, left, &b, add, &mut c);
                    for (e, &value) in c.iter().enumerate() {
                        let first = if add { start[e] } else { 0.0 };
                        let product = |sum, l| a[at(e / n, l)].mul_add(b[l * n + e % n], sum);
                        assert_eq!(value, (0..k).fold(first, product), "{shape:?}");
                    }
                }
            }
        }
    }
}
