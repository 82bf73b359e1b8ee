//! One weight matrix, applied forwards and backwards. The host trains on its own implementation
//! of fused products; everything that must give the same bits everywhere uses [`crate::Packed`].

mod packed;
mod precision;

pub use packed::Packed;
pub(crate) use packed::Stored;
pub use precision::Precision;

/// A weight matrix W of shape (fan-out, fan-in), applied to rows of samples.
pub trait Weights {
    /// (fan-out, fan-in).
    fn shape(&self) -> (usize, usize);

    /// a += z Wᵀ with z (rows, fan-in) and a (rows, fan-out): W z of every row.
    fn apply(&self, z: &[f32], a: &mut [f32]);

    /// e += u W with u (rows, fan-out) and e (rows, fan-in): Wᵀ u of every row.
    fn apply_transposed(&self, u: &[f32], e: &mut [f32]);

    /// Column j, the fan-out weights of unit j of the block below, length fan-out.
    fn column(&self, j: usize) -> impl Iterator<Item = f32>;
}

/// Rows of a panel of [`crate::Packed`].
pub const PANEL: usize = 8;

/// Values that a (rows, columns) matrix takes when packed.
#[must_use]
pub const fn packed_len(rows: usize, columns: usize) -> usize {
    rows.div_ceil(PANEL) * PANEL * columns
}

/// Pack a row-major (rows, columns) matrix into panels, in the layout of [`crate::Packed`].
///
/// `panels` has [`packed_len`] values; what lies beyond the matrix becomes 0.
pub fn pack(rows: usize, columns: usize, row_major: &[f32], panels: &mut [f32]) {
    panels.fill(0.0);
    for (i, row) in row_major.chunks_exact(columns.max(1)).take(rows).enumerate() {
        let panel = panels.iter_mut().skip(i / PANEL * PANEL * columns + i % PANEL);
        for (w, &value) in panel.step_by(PANEL).zip(row) {
            *w = value;
        }
    }
}
