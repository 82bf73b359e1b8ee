//! The columns of a matrix whose inputs aren't 0: found once, used by every panel.

/// Whether `value` is 0 of either sign, told without a floating-point unit.
#[inline(always)]
pub fn is_zero(value: f32) -> bool {
    value.to_bits() << 1 == 0
}

/// Whether too few inputs are 0 for skipping them to pay. A listed column costs 19 instructions
/// where one in a row of columns costs 17: it pays from one zero in eight.
pub fn is_dense(z: &[f32]) -> bool {
    z.iter().filter(|z| is_zero(**z)).count() * 8 < z.len()
}

/// Up to [`Columns::MOST`] columns and their inputs, in ascending order, filled up with inputs of
/// 0 to a multiple of [`Columns::GROUP`].
pub struct Columns {
    inputs: [f32; Self::MOST],
    places: [u32; Self::MOST],
    len: usize,
    end: usize,
}

impl Columns {
    /// Columns listed at a time: 8 bytes of stack each.
    pub const MOST: usize = 32;
    /// A multiple of this many are listed.
    pub const GROUP: usize = 4;

    /// None.
    pub const fn new() -> Self {
        const { assert!(Self::MOST.is_multiple_of(Self::GROUP)) };
        Self { inputs: [0.0; Self::MOST], places: [0; Self::MOST], len: 0, end: 0 }
    }

    /// List the next columns whose inputs aren't 0; false if there are none left.
    pub fn gather<'a>(&mut self, inputs: &mut impl Iterator<Item = (&'a f32, u32)>) -> bool {
        self.len = 0;
        let mut slots = self.inputs.iter_mut().zip(&mut self.places);
        for ((input, place), (&z, column)) in slots.by_ref().zip(inputs.filter(|(z, _)| !is_zero(**z))) {
            (*input, *place) = (z, column);
            self.len += 1;
            self.end = column as usize + 1;
        }
        if self.len == 0 {
            return false;
        }
        // An input of 0 on the first column: see `apply` for why it changes nothing.
        let filled = self.len.next_multiple_of(Self::GROUP);
        let fill = self.len..filled;
        self.inputs.get_mut(fill.clone()).unwrap_or_default().fill(0.0);
        self.places.get_mut(fill).unwrap_or_default().fill(0);
        self.len = filled;
        true
    }

    /// The inputs.
    pub fn inputs(&self) -> &[f32] {
        self.inputs.get(..self.len).unwrap_or_default()
    }

    /// The columns, all below [`end`](Self::end).
    pub fn places(&self) -> &[u32] {
        self.places.get(..self.len).unwrap_or_default()
    }

    /// Every column is below this.
    pub fn end(&self) -> usize {
        self.end
    }
}
