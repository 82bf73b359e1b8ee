//! Matrix products with a left factor that is mostly 0, such as black pixels and inactive units. In row i
//! of c the chain of sums skips the terms in which a is 0. They leave a finite sum as it is, so the bits
//! are those of the dense product, except for the sign of a 0.

use std::cell::RefCell;

use multiversion::multiversion;

use super::{Aligned, Left, zeros};

/// Number of factors in a word of the pattern, and of rows in a panel of b.
const WORD: usize = 64;
/// Columns of the widest panel, which fills eight registers of sixteen values. With registers of eight
/// values it is half as wide.
const COLUMNS: usize = 128;
/// Least number of columns; in narrower products there is too little to skip.
const LEAST_COLUMNS: usize = 64;
/// Largest share of a's factors that aren't 0; above it the dense product is faster.
const LARGEST_SHARE: f64 = 0.5;
/// Least number of uses, on average, for which a row of a panel is copied; for fewer, b is read in place.
const LEAST_USES: usize = 4;

thread_local! {
    /// Scratch memory for a pattern, and for a panel.
    static MEMORY: RefCell<(Vec<u64>, Aligned)> = RefCell::new((Vec::new(), zeros(WORD * COLUMNS)));
}

/// Multiplies as [`super::multiply`] does, which has checked the sizes, if that is worthwhile; returns
/// whether it was.
pub(super) fn multiply(shape: (usize, usize, usize), a: Left, b: &[f32], add: bool, c: &mut [f32]) -> bool {
    let (m, k, n) = shape;
    if n < LEAST_COLUMNS || m * k == 0 {
        return false;
    }
    MEMORY.with_borrow_mut(|(pattern, panel)| {
        pattern.clear();
        pattern.resize(m * k.div_ceil(WORD), 0);
        let count = find(m, k, a, pattern);
        let worthwhile = count as f64 <= LARGEST_SHARE * (m * k) as f64;
        if worthwhile {
            let panel = if count >= LEAST_USES * k { panel.as_mut_slice() } else { &mut [] };
            let factors = Factors { a, pattern, m };
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx512f") {
                full_panels(shape, factors, panel, b, add, c);
                return true;
            }
            half_panels(shape, factors, panel, b, add, c);
        }
        worthwhile
    })
}

/// Finds where a isn't 0: bit l mod 64 of `pattern[(l / 64)·m + i]` stands for row i and column l. Returns
/// how many bits are set.
fn find(m: usize, k: usize, a: Left, pattern: &mut [u64]) -> usize {
    if a.column == 1 {
        find_in_rows(m, k, a.values, pattern);
    } else {
        find_in_columns(m, a.values, pattern);
    }
    count(pattern)
}

#[multiversion(targets("x86_64+popcnt"))]
fn count(pattern: &[u64]) -> usize {
    pattern.iter().map(|word| word.count_ones() as usize).sum()
}

fn find_in_rows(m: usize, k: usize, values: &[f32], pattern: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    let has_masks = std::is_x86_feature_detected!("avx2");
    for (i, row) in values.chunks_exact(k).enumerate() {
        for (factors, words) in row.chunks(WORD).zip(pattern.chunks_exact_mut(m)) {
            #[cfg(target_arch = "x86_64")]
            if let (true, Some(factors)) = (has_masks, factors.first_chunk()) {
                // SAFETY: the processor has the feature.
                words[i] = unsafe { word_by_masks(factors) };
                continue;
            }
            words[i] =
                (0..).zip(factors).fold(0, |word, (bit, &factor)| word | u64::from(factor != 0.0) << bit);
        }
    }
}

/// Computes one word of the pattern, eight values with each comparison.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn word_by_masks(factors: &[f32; WORD]) -> u64 {
    use std::arch::x86_64::{
        _CMP_NEQ_UQ, _mm256_cmp_ps, _mm256_loadu_ps, _mm256_movemask_ps, _mm256_setzero_ps,
    };
    let (eights, _) = factors.as_chunks::<8>();
    eights.iter().rev().fold(0, |word, eight| {
        // SAFETY: there are eight values.
        let eight = unsafe { _mm256_loadu_ps(eight.as_ptr()) };
        let mask = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(eight, _mm256_setzero_ps()));
        word << 8 | u64::from(mask as u8)
    })
}

/// Computes half a word at a time, for many rows side by side in registers.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn find_in_columns(m: usize, values: &[f32], pattern: &mut [u64]) {
    const HALF: usize = WORD / 2;
    const ROWS: usize = 64;
    for (half, columns) in values.chunks(HALF * m).enumerate() {
        let (words, shift) = (&mut pattern[half / 2 * m..][..m], half % 2 * HALF);
        for (first, words) in (0..).step_by(ROWS).zip(words.chunks_mut(ROWS)) {
            let mut bits = [0_u32; ROWS];
            for (l, column) in columns.chunks_exact(m).enumerate() {
                let factors = &column[first..first + words.len()];
                // Of a known number, they stay in registers.
                if let Some(factors) = factors.first_chunk::<ROWS>() {
                    set(l, factors, &mut bits);
                } else {
                    set(l, factors, &mut bits);
                }
            }
            for (word, bits) in words.iter_mut().zip(bits) {
                *word |= u64::from(bits) << shift;
            }
        }
    }
}

/// Sets bit l of each of `bits` whose factor isn't 0.
#[inline(always)]
fn set(l: usize, factors: &[f32], bits: &mut [u32]) {
    for (bits, &factor) in bits.iter_mut().zip(factors) {
        *bits |= if factor != 0.0 { 1 << l } else { 0 };
    }
}

/// The left factor, with the pattern of where it isn't 0.
#[derive(Clone, Copy)]
struct Factors<'a> {
    a: Left<'a>,
    pattern: &'a [u64],
    m: usize,
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx2+fma"))]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
fn full_panels(
    shape: (usize, usize, usize),
    factors: Factors,
    panel: &mut [f32],
    b: &[f32],
    add: bool,
    c: &mut [f32],
) {
    rows::<COLUMNS>(shape, factors, panel, b, add, c);
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn half_panels(
    shape: (usize, usize, usize),
    factors: Factors,
    panel: &mut [f32],
    b: &[f32],
    add: bool,
    c: &mut [f32],
) {
    rows::<{ COLUMNS / 2 }>(shape, factors, panel, b, add, c);
}

/// Multiplies one word of the pattern at a time: all of c in parts of C columns, and what is left over in
/// narrower ones.
#[inline(always)]
fn rows<const C: usize>(
    (_, k, n): (usize, usize, usize),
    factors: Factors,
    panel: &mut [f32],
    b: &[f32],
    add: bool,
    c: &mut [f32],
) {
    for first in (0..k).step_by(WORD) {
        let b = &b[first * n..k.min(first + WORD) * n];
        let mut j = 0;
        while j + C <= n {
            columns::<C>((n, first, j), factors, panel, b, add, c);
            j += C;
        }
        while j + 16 <= n {
            columns::<16>((n, first, j), factors, panel, b, add, c);
            j += 16;
        }
        while j < n {
            columns::<1>((n, first, j), factors, panel, b, add, c);
            j += 1;
        }
    }
}

/// Computes the columns j..j + C of c from those columns of a that the word from `first` on covers, whose
/// rows of b are given. The rows are copied to the `panel`, unless it is empty: side by side they stay in
/// the first-level cache, whose sets would be shared by rows that are a power of two apart.
#[inline(always)]
fn columns<const C: usize>(
    (n, first, j): (usize, usize, usize),
    Factors { a, pattern, m }: Factors,
    panel: &mut [f32],
    b: &[f32],
    add: bool,
    c: &mut [f32],
) {
    let copied: Option<&[[f32; C]; WORD]> = if panel.is_empty() {
        None
    } else {
        for (to, from) in panel.chunks_exact_mut(C).zip(b.chunks_exact(n)) {
            to.copy_from_slice(&from[j..j + C]);
        }
        panel.as_chunks().0.first_chunk()
    };
    let add = add || first > 0;
    for (i, &word) in pattern[first / WORD * m..][..m].iter().enumerate() {
        let c: &mut [f32; C] = c[i * n + j..].first_chunk_mut().expect("C columns from j on");
        let mut sums = if add { *c } else { [0.0; C] };
        let factors = &a.values[i * a.row + first * a.column..];
        // Whatever has a word's length needs no check where a factor or a row is taken from it.
        match (copied, factors.first_chunk::<WORD>()) {
            (Some(rows), Some(factors)) if a.column == 1 => {
                chain(word, &mut sums, |l| factors[l % WORD], |l| &rows[l % WORD]);
            }
            (Some(rows), _) => chain(word, &mut sums, |l| factors[l * a.column], |l| &rows[l % WORD]),
            (None, _) => {
                let row = |l: usize| b[l * n + j..].first_chunk().expect("C columns from j on");
                chain(word, &mut sums, |l| factors[l * a.column], row);
            }
        }
        *c = sums;
    }
}

/// Adds the products of the factors at the set bits of `word` with their rows.
#[inline(always)]
fn chain<'a, const C: usize>(
    mut word: u64,
    sums: &mut [f32; C],
    factor: impl Fn(usize) -> f32,
    row: impl Fn(usize) -> &'a [f32; C],
) {
    while word != 0 {
        let l = word.trailing_zeros() as usize;
        word &= word - 1;
        let factor = factor(l);
        for (sum, b) in sums.iter_mut().zip(row(l)) {
            *sum = factor.mul_add(*b, *sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sparse products give the bits of the dense product's chains, for shapes that leave a part of a word
    /// and of a row of c, for empty words, and for factors of −0, which count as 0.
    #[test]
    fn products_have_the_bits_of_the_loops() {
        let numbers = |n: usize, seed: f64| -> Vec<f32> {
            (0..n).map(|i| (seed + 1.7 * i as f64).sin() as f32).collect()
        };
        for (m, k, n) in [(3, 64, 128), (50, 130, 256), (9, 70, 150), (1, 200, 273), (70, 1, 81)] {
            let mut a = numbers(m * k, 0.1);
            for (i, factor) in a.iter_mut().enumerate() {
                *factor *= f32::from(u8::from(i % 7 == 0 && i / k % 3 != 1));
            }
            let (b, start) = (numbers(k * n, 0.2), numbers(m * n, 0.3));
            for (left, at) in [
                (Left::row_major(&a, k), &(|i: usize, l: usize| i * k + l) as &dyn Fn(_, _) -> _),
                (Left::transposed(&a, m), &|i: usize, l: usize| l * m + i),
            ] {
                for add in [true, false] {
                    let mut c = start.clone();
                    assert!(multiply((m, k, n), left, &b, add, &mut c));
                    for (e, &value) in c.iter().enumerate() {
                        let first = if add { start[e] } else { 0.0 };
                        let product = |sum, l| a[at(e / n, l)].mul_add(b[l * n + e % n], sum);
                        assert_eq!(value, (0..k).fold(first, product), "({m}, {k}, {n})");
                    }
                }
            }
        }
    }

    #[test]
    fn dense_factors_and_few_columns_are_left_alone() {
        let (a, b) = ([1.0; 100], [1.0; 10 * 128]);
        let mut c = [2.0; 10 * 128];
        assert!(!multiply((10, 10, 128), Left::row_major(&a, 10), &b, false, &mut c));
        assert!(!multiply((10, 10, 63), Left::row_major(&[0.0; 100], 10), &b[..630], false, &mut c[..630]));
        assert!(c.iter().all(|&c| c == 2.0));
    }
}
