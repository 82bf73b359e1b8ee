//! What a connection does to the activities of one block on their way to another.
//!
//! To add a kind, write a file here with an implementation of [`Weights`], and add a variant to
//! [`Operator`]; the compiler then lists what else a model file needs. The host trains on an
//! implementation of its own, with fused products; everything that must give the same bits everywhere
//! uses [`Operator`].

mod packed;
mod precision;

pub use packed::Packed;
pub(crate) use packed::Stored;
pub use precision::Precision;

/// The weights of a connection: a linear map W of shape (fan-out, fan-in), applied to rows of samples.
pub trait Weights {
    /// Returns the shape (fan-out, fan-in).
    fn shape(&self) -> (usize, usize);

    /// Adds W z of every row to a: a += z Wᵀ with z (rows, fan-in) and a (rows, fan-out).
    fn apply(&self, z: &[f32], a: &mut [f32]);

    /// Adds Wᵀ u of every row to e: e += u W with u (rows, fan-out) and e (rows, fan-in).
    fn apply_transposed(&self, u: &[f32], e: &mut [f32]);

    /// Returns the units that unit j of the block below reaches, in ascending order, each with its weight:
    /// column j of W. Units that no weight leads to may be left out.
    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)>;

    /// Returns the number of values that the weights are made of, in an order of their own: row by row unless the
    /// kind says another.
    fn values(&self) -> usize {
        let (rows, columns) = self.shape();
        rows * columns
    }

    /// Adds Σ over the rows of u zᵀ to `sum`, with u (rows, fan-out) and z (rows, fan-in): what a gradient
    /// adds up, [`values`](Self::values) numbers in the order of the weights.
    fn add_outer(&self, u: &[f32], z: &[f32], sum: &mut [f32]) {
        let (fan_out, fan_in) = self.shape();
        for (u, z) in u.chunks_exact(fan_out.max(1)).zip(z.chunks_exact(fan_in.max(1))) {
            for (sum, &u) in sum.chunks_exact_mut(fan_in.max(1)).zip(u) {
                sum.iter_mut().zip(z).for_each(|(sum, &z)| *sum += u * z);
            }
        }
    }

    /// Returns the number of multiply-adds of W z for one row.
    fn macs(&self) -> usize {
        let (rows, columns) = self.shape();
        rows * columns
    }
}

/// The kinds of connections that a model file holds.
#[derive(Clone, Copy, Debug)]
pub enum Operator<'a> {
    /// A dense matrix, which joins every unit with every unit.
    Dense(Packed<'a>),
}

impl<'a> Operator<'a> {
    /// Returns the precision of the weights.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Dense(weights) => weights.precision(),
        }
    }

    #[cfg(feature = "learn")]
    /// The values in `f32`, [`values`](Weights::values) numbers, without padding.
    #[inline]
    pub(crate) fn unpack(&self, values: &mut [f32]) {
        match self {
            Self::Dense(weights) => weights.unpack(values),
        }
    }

    #[cfg(feature = "learn")]
    /// The same connection with other `values` in `f32`, as many as [`values`](Weights::values) says.
    #[inline]
    pub(crate) fn with_values<'v>(&self, values: &'v [f32]) -> Operator<'v> {
        match self {
            Self::Dense(weights) => Operator::Dense(weights.with_values(values)),
        }
    }

    /// Returns row i of W, (fan-in): for showing and exchanging weights, not for speed.
    pub fn row(&self, i: usize) -> impl Iterator<Item = f32> + 'a {
        match self {
            Self::Dense(weights) => weights.row(i),
        }
    }
}

impl<'a> From<Packed<'a>> for Operator<'a> {
    fn from(weights: Packed<'a>) -> Self {
        Self::Dense(weights)
    }
}

impl Weights for Operator<'_> {
    fn shape(&self) -> (usize, usize) {
        match self {
            Self::Dense(weights) => weights.shape(),
        }
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        match self {
            Self::Dense(weights) => weights.apply(z, a),
        }
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        match self {
            Self::Dense(weights) => weights.apply_transposed(u, e),
        }
    }

    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)> {
        match self {
            Self::Dense(weights) => weights.fan_out(j),
        }
    }

    fn values(&self) -> usize {
        match self {
            Self::Dense(weights) => weights.values(),
        }
    }

    #[inline]
    fn add_outer(&self, u: &[f32], z: &[f32], sum: &mut [f32]) {
        match self {
            Self::Dense(weights) => weights.add_outer(u, z, sum),
        }
    }

    fn macs(&self) -> usize {
        match self {
            Self::Dense(weights) => weights.macs(),
        }
    }
}

/// The number of rows of a panel of [`crate::Packed`].
pub const PANEL: usize = 8;

/// Returns the number of values of a packed (rows, columns) matrix.
#[must_use]
pub const fn packed_len(rows: usize, columns: usize) -> usize {
    rows.div_ceil(PANEL) * PANEL * columns
}

/// Packs a row-major (rows, columns) matrix into panels, in the layout of [`crate::Packed`].
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
