//! One weight matrix, applied forwards and backwards. The host trains on its own implementation
//! over a GEMM library; everything that must give the same bits everywhere uses [`Packed`].

use crate::kernel;

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

/// Rows of a panel of [`Packed`].
pub const PANEL: usize = 8;

/// Values that a (rows, columns) matrix takes when packed.
pub const fn packed_len(rows: usize, columns: usize) -> usize {
    rows.div_ceil(PANEL) * PANEL * columns
}

/// Pack a row-major (rows, columns) matrix into panels, in the layout of [`Packed`].
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

/// A matrix packed into panels of [`PANEL`] rows, used in place from flash.
///
/// Panel p holds rows 8p..8p+8 column by column: value `[p][j][r]` is `W[8p + r][j]`. One layout
/// serves both directions. Each sum starts from the value that is there and adds its products in
/// ascending order of the index, every product rounded before it is added: bit by bit the
/// textbook loop.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    rows: usize,
    columns: usize,
    panels: &'a [f32],
    fitness: kernel::Fitness,
}

impl<'a> Packed<'a> {
    /// View `panels` ([`packed_len`] values, all finite) as a (rows, columns) matrix.
    ///
    /// # Errors
    /// [`crate::Error::Size`] if the length is another.
    pub fn new(rows: usize, columns: usize, panels: &'a [f32]) -> Result<Self, crate::Error> {
        crate::network::same(crate::Quantity::ParameterBytes, packed_len(rows, columns), panels.len())?;
        Ok(Self { rows, columns, panels, fitness: kernel::Fitness::of(panels) })
    }

    fn panels(&self) -> impl Iterator<Item = &'a kernel::Panel> + Clone {
        let (columns, _) = self.panels.as_chunks::<PANEL>();
        columns.chunks_exact(self.columns.max(1))
    }

    /// Row i, length fan-in: for showing and exchanging weights, not for speed.
    pub fn row(&self, i: usize) -> impl Iterator<Item = f32> + 'a {
        let start = i / PANEL * PANEL * self.columns + i % PANEL;
        self.panels.iter().skip(start).step_by(PANEL).take(self.columns).copied()
    }
}

impl Weights for Packed<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        for (z, a) in z.chunks_exact(self.columns.max(1)).zip(a.chunks_exact_mut(self.rows.max(1))) {
            kernel::apply(self.panels(), self.fitness, z, a);
        }
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        for (u, e) in u.chunks_exact(self.rows.max(1)).zip(e.chunks_exact_mut(self.columns.max(1))) {
            kernel::apply_transposed(self.panels(), self.fitness, u, e);
        }
    }

    fn column(&self, j: usize) -> impl Iterator<Item = f32> {
        self.panels().filter_map(move |panel| panel.get(j)).flatten().copied().take(self.rows)
    }
}
