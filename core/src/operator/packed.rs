//! The packed matrix: weights in panels of 8 rows, used in place from flash.

use crate::PANEL;
use crate::error::same;
use crate::kernel::units::{row, rows};
use crate::kernel::{self, BytePanel, HalfPanel, Panel, Widen, half};
use crate::{Error, Precision, Quantity, Weights, packed_len};

/// A matrix packed into panels of [`PANEL`] rows, used in place from flash.
///
/// Panel p holds rows 8p..8p+8 column by column: value `[p][j][r]` is `W[8p + r][j]`. One layout
/// serves both directions. Each sum starts from the value that is there and adds its products in
/// ascending order of the index, every product rounded before it is added: bit by bit the
/// textbook loop. Narrow weights are widened to `f32` first.
///
/// Weights in RAM that learn have no padding: the last rows, fewer than [`PANEL`], lie row by row after the
/// panels ([`Packed::unpadded`]).
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    rows: usize,
    columns: usize,
    stored: Stored<'a>,
    underflow: kernel::UnderflowCheck,
}

/// Panels as they are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stored<'a> {
    F32(&'a [f32]),
    #[cfg(feature = "narrow")]
    F16(&'a [u16]),
    #[cfg(feature = "narrow")]
    Int8 {
        values: &'a [i8],
        scales: &'a [f32],
    },
}

impl<'a> Packed<'a> {
    /// View `panels` ([`packed_len`] values, all finite) as a (rows, columns) matrix.
    ///
    /// # Errors
    /// [`Error::Size`] if the length is another.
    pub fn new(rows: usize, columns: usize, panels: &'a [f32]) -> Result<Self, Error> {
        same(Quantity::ParameterBytes, packed_len(rows, columns), panels.len())?;
        Ok(Self { rows, columns, stored: Stored::F32(panels), underflow: kernel::UnderflowCheck::of(panels) })
    }

    #[cfg(feature = "learn")]
    /// View rows·columns values as a matrix: the panels of as many whole [`PANEL`]s of rows as there are, then
    /// the other rows, row by row. The bits of every product are those of the padded matrix.
    ///
    /// # Errors
    /// [`Error::Size`] if the length is another.
    pub fn unpadded(rows: usize, columns: usize, values: &'a [f32]) -> Result<Self, Error> {
        same(Quantity::ParameterBytes, rows * columns, values.len())?;
        Ok(Self { rows, columns, stored: Stored::F32(values), underflow: kernel::UnderflowCheck::of(values) })
    }

    #[cfg(feature = "learn")]
    /// A matrix of the same shape over other values, as [`unpadded`](Self::unpadded).
    #[inline]
    pub(crate) fn with_values<'v>(&self, values: &'v [f32]) -> Packed<'v> {
        debug_assert_eq!(values.len(), self.rows * self.columns);
        let Self { rows, columns, .. } = *self;
        let stored = Stored::F32(values);
        Packed { rows, columns, stored, underflow: kernel::UnderflowCheck::of(values) }
    }

    #[cfg(feature = "narrow")]
    /// The same of half-precision bits, all finite.
    ///
    /// # Errors
    /// [`Error::Size`] if the length is another; [`Error::NotFinite`].
    pub fn from_halves(rows: usize, columns: usize, panels: &'a [u16]) -> Result<Self, Error> {
        same(Quantity::ParameterBytes, packed_len(rows, columns), panels.len())?;
        if let Some(index) = panels.iter().position(|&bits| !kernel::is_finite_half(bits)) {
            return Err(Error::NotFinite { what: Quantity::ParameterBytes, index });
        }
        Ok(Self { rows, columns, stored: Stored::F16(panels), underflow: kernel::UnderflowCheck::of(&[]) })
    }

    #[cfg(feature = "narrow")]
    /// The same of whole numbers, to be multiplied by the scale of their row; one scale for each of
    /// the rows, rounded up to a multiple of [`PANEL`].
    ///
    /// # Errors
    /// [`Error::Size`] if a length is another; [`Error::NotFinite`] if a scaled weight may be.
    pub fn from_bytes(
        rows: usize,
        columns: usize,
        scales: &'a [f32],
        panels: &'a [i8],
    ) -> Result<Self, Error> {
        same(Quantity::ParameterBytes, packed_len(rows, columns), panels.len())?;
        same(Quantity::ParameterBytes, rows.next_multiple_of(PANEL), scales.len())?;
        if let Some(index) = scales.iter().position(|scale| !(scale * 128.0).is_finite()) {
            return Err(Error::NotFinite { what: Quantity::ParameterBytes, index });
        }
        let stored = Stored::Int8 { values: panels, scales };
        Ok(Self { rows, columns, stored, underflow: kernel::UnderflowCheck::of(&[]) })
    }

    /// The form of the weights.
    pub fn precision(&self) -> Precision {
        match self.stored {
            Stored::F32(_) => Precision::F32,
            #[cfg(feature = "narrow")]
            Stored::F16(_) => Precision::F16,
            #[cfg(feature = "narrow")]
            Stored::Int8 { .. } => Precision::Int8,
        }
    }

    /// Returns the scales of the rows and the values of int8 weights, in panels; `None` of other weights.
    #[cfg(feature = "narrow")]
    pub fn int8(&self) -> Option<(&'a [f32], &'a [i8])> {
        match self.stored {
            Stored::Int8 { values, scales } => Some((scales, values)),
            Stored::F32(_) | Stored::F16(_) => None,
        }
    }

    /// The panels themselves.
    pub(crate) fn stored(&self) -> Stored<'a> {
        self.stored
    }

    fn floats(&self) -> &'a [f32] {
        match self.stored {
            Stored::F32(values) => values,
            #[cfg(feature = "narrow")]
            Stored::F16(_) | Stored::Int8 { .. } => &[],
        }
    }

    fn full(&self) -> impl Iterator<Item = &'a Panel> + Clone {
        let (columns, _) = self.floats().as_chunks::<PANEL>();
        columns.chunks_exact(self.columns.max(1))
    }

    /// The number of rows in whole panels of an unpadded matrix.
    fn whole(&self) -> usize {
        self.rows / PANEL * PANEL
    }

    /// The last rows of an unpadded matrix, row by row.
    pub(crate) fn last_rows(&self) -> &'a [f32] {
        if !cfg!(feature = "learn") {
            return &[];
        }
        let (values, whole) = (self.floats(), self.whole() * self.columns);
        let rows = if values.len() == self.rows * self.columns { values.get(whole..) } else { None };
        rows.unwrap_or_default()
    }

    fn halves(&self) -> impl Iterator<Item = HalfPanel<'a>> + Clone {
        let values: &[u16] = match self.stored {
            #[cfg(feature = "narrow")]
            Stored::F16(values) => values,
            #[cfg(feature = "narrow")]
            Stored::Int8 { .. } => &[],
            Stored::F32(_) => &[],
        };
        let (columns, _) = values.as_chunks::<PANEL>();
        columns.chunks_exact(self.columns.max(1)).map(HalfPanel)
    }

    fn bytes(&self) -> impl Iterator<Item = BytePanel<'a>> + Clone {
        let (values, scales): (&[i8], &[f32]) = match self.stored {
            #[cfg(feature = "narrow")]
            Stored::Int8 { values, scales } => (values, scales),
            #[cfg(feature = "narrow")]
            Stored::F16(_) => (&[], &[]),
            Stored::F32(_) => (&[], &[]),
        };
        let (columns, _) = values.as_chunks::<PANEL>();
        let (scales, _) = scales.as_chunks::<PANEL>();
        let panels = columns.chunks_exact(self.columns.max(1)).zip(scales);
        panels.map(|(columns, scales)| BytePanel(columns, scales))
    }

    // Not inlined: each form of weights would add its own list of columns to the caller's stack.

    #[inline(never)]
    fn apply_full(&self, z: &[f32], a: &mut [f32]) {
        kernel::apply(self.full(), self.underflow, z, a);
        #[cfg(feature = "learn")]
        kernel::apply_rows(self.last_rows(), z, a.get_mut(self.whole()..).unwrap_or_default());
    }

    fn apply_full_transposed(&self, u: &[f32], e: &mut [f32]) {
        kernel::apply_transposed(self.full(), self.underflow, u, e);
        #[cfg(feature = "learn")]
        kernel::apply_rows_transposed(self.last_rows(), u.get(self.whole()..).unwrap_or_default(), e);
    }

    #[cfg(feature = "narrow")]
    #[inline(never)]
    fn apply_halves(&self, z: &[f32], a: &mut [f32]) {
        kernel::apply(self.halves(), self.underflow, z, a);
    }

    #[cfg(feature = "narrow")]
    #[inline(never)]
    fn apply_bytes(&self, z: &[f32], a: &mut [f32]) {
        kernel::apply(self.bytes(), self.underflow, z, a);
    }

    #[cfg(feature = "learn")]
    /// The values in `f32`, rows·columns of them, laid out as [`unpadded`](Self::unpadded) says.
    #[inline]
    pub(crate) fn unpack(&self, values: &mut [f32]) {
        for i in 0..self.rows {
            for j in 0..self.columns {
                if let Some(value) = values.get_mut(self.place(i, j, self.whole())) {
                    *value = self.value(i, j);
                }
            }
        }
    }

    /// Where W\[i\]\[j\] lies, the first `in_panels` rows being in panels, the others row by row.
    fn place(&self, i: usize, j: usize, in_panels: usize) -> usize {
        if i < in_panels {
            i / PANEL * PANEL * self.columns + PANEL * j + i % PANEL
        } else {
            i * self.columns + j
        }
    }

    /// W\[i\]\[j\]. For showing and exchanging weights, not for speed.
    fn value(&self, i: usize, j: usize) -> f32 {
        let in_panels = if self.last_rows().is_empty() { usize::MAX } else { self.whole() };
        let place = self.place(i, j, in_panels);
        match self.stored {
            Stored::F32(values) => values.get(place).copied().unwrap_or_default(),
            #[cfg(feature = "narrow")]
            Stored::F16(values) => values.get(place).map_or(0.0, |&bits| half(bits)),
            #[cfg(feature = "narrow")]
            Stored::Int8 { values, scales } => {
                let scale = scales.get(i).copied().unwrap_or_default();
                values.get(place).map_or(0.0, |&q| scale * f32::from(q))
            }
        }
    }

    /// Row i, length fan-in: for showing and exchanging weights, not for speed.
    pub fn row(&self, i: usize) -> impl Iterator<Item = f32> + use<'a> {
        let weights = *self;
        let columns = if i < weights.rows { weights.columns } else { 0 };
        (0..columns).map(move |j| weights.value(i, j))
    }
}

impl Weights for Packed<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn apply(&self, z: &[f32], a: &mut [f32]) {
        for (i, a) in a.chunks_exact_mut(self.rows.max(1)).enumerate() {
            let z = row(z, self.columns, i);
            match self.stored {
                Stored::F32(_) => self.apply_full(z, a),
                #[cfg(feature = "narrow")]
                Stored::F16(_) => self.apply_halves(z, a),
                #[cfg(feature = "narrow")]
                Stored::Int8 { .. } => self.apply_bytes(z, a),
            }
        }
    }

    fn apply_transposed(&self, u: &[f32], e: &mut [f32]) {
        for (i, e) in e.chunks_exact_mut(self.columns.max(1)).enumerate() {
            let u = row(u, self.rows, i);
            match self.stored {
                Stored::F32(_) => self.apply_full_transposed(u, e),
                #[cfg(feature = "narrow")]
                Stored::F16(_) => kernel::apply_transposed(self.halves(), self.underflow, u, e),
                #[cfg(feature = "narrow")]
                Stored::Int8 { .. } => kernel::apply_transposed(self.bytes(), self.underflow, u, e),
            }
        }
    }

    fn fan_out(&self, j: usize) -> impl Iterator<Item = (usize, f32)> {
        let full = self.full().filter_map(move |panel| panel.get(j)).flatten().copied();
        let halves = self.halves().filter_map(move |panel| panel.0.get(j)).flatten();
        let bytes = self.bytes().filter_map(move |panel| panel.0.get(j).map(|w| panel.widen(w))).flatten();
        let last = rows(self.last_rows(), self.columns).filter_map(move |row| row.get(j).copied());
        full.chain(halves.map(|&bits| half(bits))).chain(bytes).chain(last).take(self.rows).enumerate()
    }

    /// `sum` is laid out as [`unpadded`](Self::unpadded) says.
    // Inlined, as everything of learning: compiled here it would change what the optimiser makes of inference.
    #[inline]
    fn add_outer(&self, u: &[f32], z: &[f32], sum: &mut [f32]) {
        for (u, z) in rows(u, self.rows).zip(rows(z, self.columns)) {
            kernel::add_outer(self.columns, u, z, sum);
        }
    }
}
