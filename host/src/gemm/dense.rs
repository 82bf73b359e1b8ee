//! Products in tiles that stay in registers.

use multiversion::multiversion;

use super::Left;

/// As [`super::multiply`], which has checked the sizes.
pub(super) fn multiply(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) {
    // Thirty-two registers of sixteen values, or sixteen of eight.
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx512f") {
        return wide(shape, a, b, add, c);
    }
    narrow(shape, a, b, add, c);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx2+fma"))]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
fn wide(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) {
    columns::<10, 32>(shape, a, b, add, c);
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn narrow(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) {
    columns::<6, 16>(shape, a, b, add, c);
}

/// All of c in tiles of (R, C), what is left over in narrower ones. The panel of b under a column of
/// tiles stays in the cache.
#[inline(always)]
fn columns<const R: usize, const C: usize>(
    shape: (usize, usize, usize),
    a: Left,
    b: &[f32],
    add: bool,
    c: &mut [f32],
) {
    let n = shape.2;
    let mut j = 0;
    while j + C <= n {
        rows::<R, C>(shape, a, b, add, c, j);
        j += C;
    }
    while j + 8 <= n {
        rows::<R, 8>(shape, a, b, add, c, j);
        j += 8;
    }
    while j + 2 <= n {
        rows::<R, 2>(shape, a, b, add, c, j);
        j += 2;
    }
    if j < n {
        rows::<R, 1>(shape, a, b, add, c, j);
    }
}

/// The columns j..j + C of c.
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

/// The rows i..i + R and columns j..j + C of c, which `shape` has.
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

    /// The bits of the loops in the documented order, for shapes that leave every kind of remainder
    /// and for both widths of tile.
    #[test]
    fn tiles_have_the_bits_of_the_loops() {
        for shape in [(1, 1, 1), (50, 33, 10), (27, 5, 75), (10, 40, 32), (6, 0, 9), (19, 7, 59)] {
            let (m, k, n) = shape;
            let (a, b, start) = (numbers(m * k, 0.1), numbers(k * n, 0.2), numbers(m * n, 0.3));
            for (left, at) in [
                (Left::row_major(&a, k), &(|i: usize, l: usize| i * k + l) as &dyn Fn(_, _) -> _),
                (Left::transposed(&a, m), &|i: usize, l: usize| l * m + i),
            ] {
                for (product, add) in [(multiply as Product, true), (narrow, false), (wide, true)] {
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
