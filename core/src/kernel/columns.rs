//! The columns of a matrix whose inputs aren't 0: found once, used by every panel.
//!
//! The list isn't cleared before it is filled: that would take a small network more instructions than the sums
//! of a layer. Hence the unsafe code, which reads what was written alone.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;

/// Whether `value` is 0 of either sign, told without a floating-point unit.
#[inline(always)]
pub fn is_zero(value: f32) -> bool {
    value.to_bits() << 1 == 0
}

/// Whether too few inputs are 0 for skipping them to pay. A listed column costs 19 instructions
/// where one in a row of columns costs 17: it pays from one zero in eight.
pub fn is_dense(z: &[f32]) -> bool {
    let mut zeros = 0;
    for some in z.chunks(16) {
        // 32 leading zeros, or fewer: four instructions a value, without a branch.
        for z in some {
            zeros += ((z.to_bits() << 1).leading_zeros() >> 5) as usize;
        }
        // Many zeros show early.
        if 8 * zeros >= z.len() {
            return false;
        }
    }
    !z.is_empty()
}

/// Up to [`Columns::MOST`] columns and their inputs, in ascending order, filled up with inputs of
/// 0 to a multiple of [`Columns::GROUP`].
pub struct Columns {
    inputs: [MaybeUninit<f32>; Self::MOST],
    places: [MaybeUninit<u32>; Self::MOST],
    /// The first so many of both are written.
    len: usize,
    listed: usize,
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
        let inputs = [const { MaybeUninit::uninit() }; Self::MOST];
        let places = [const { MaybeUninit::uninit() }; Self::MOST];
        Self { inputs, places, len: 0, listed: 0, end: 0 }
    }

    /// Lists the next columns of `z` whose values aren't 0, from column `next` on, which moves to where the next
    /// list begins; returns whether there are any.
    // One loop over `z` by its index: ten instructions a column, where iterators take twice as many.
    pub fn gather(&mut self, z: &[f32], next: &mut usize) -> bool {
        let mut len = 0;
        let mut column = *next;
        while let Some(&value) = z.get(column) {
            if !is_zero(value) {
                let slot = (self.inputs.get_mut(len), self.places.get_mut(len));
                let (Some(input), Some(place)) = slot else { break };
                input.write(value);
                place.write(column as u32);
                len += 1;
            }
            column += 1;
        }
        (*next, self.listed, self.end, self.len) = (column, len, column, 0);
        if len == 0 {
            return false;
        }
        // An input of 0 on the first column: see `apply` for why it changes nothing.
        let filled = len.next_multiple_of(Self::GROUP);
        for input in self.inputs.get_mut(len..filled).unwrap_or_default() {
            input.write(0.0);
        }
        for place in self.places.get_mut(len..filled).unwrap_or_default() {
            place.write(0);
        }
        self.len = filled;
        true
    }

    /// The inputs.
    pub fn inputs(&self) -> &[f32] {
        // SAFETY: `gather` has written the first `len`, at most as many as there are.
        unsafe { written(&self.inputs, self.len) }
    }

    /// The columns, all below [`end`](Self::end).
    pub fn places(&self) -> &[u32] {
        // SAFETY: as of the inputs.
        unsafe { written(&self.places, self.len) }
    }

    /// The columns that aren't 0, and their inputs, without those that fill up a group.
    pub fn listed(&self) -> (&[f32], &[u32]) {
        // SAFETY: as of all, which are at least as many.
        unsafe { (written(&self.inputs, self.listed), written(&self.places, self.listed)) }
    }

    /// Every column is below this.
    pub fn end(&self) -> usize {
        self.end
    }
}

/// The first `len` values.
///
/// # Safety
/// These were written.
unsafe fn written<T>(values: &[MaybeUninit<T>], len: usize) -> &[T] {
    let values = values.get(..len).unwrap_or_default();
    // SAFETY: `MaybeUninit<T>` lies as T does, and the caller says that these are values of T.
    unsafe { &*(core::ptr::from_ref(values) as *const [T]) }
}
