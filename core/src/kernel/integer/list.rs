//! The columns whose inputs aren't 0: found once, used by every panel.

use crate::PANEL;

/// Up to [`Listed::MOST`] columns in ascending order, filled up to a multiple of [`Listed::GROUP`] with ones whose
/// input is 0. An entry holds 8 · column in its upper half, and the input in its lower one.
pub struct Listed {
    entries: [u32; Self::MOST],
    len: usize,
}

impl Listed {
    /// Columns listed at a time: 4 bytes of stack each.
    pub const MOST: usize = 64;
    /// A multiple of this many are listed.
    pub const GROUP: usize = 4;

    /// None.
    pub const fn new() -> Self {
        const { assert!(Self::MOST.is_multiple_of(Self::GROUP)) };
        Self { entries: [0; Self::MOST], len: 0 }
    }

    /// Lists the next columns of the inputs `q` from place `from` on; returns the place to go on from, or `None` if
    /// there were none left.
    pub fn gather(&mut self, q: &[i16], from: usize) -> Option<usize> {
        let (mut len, mut next) = (0, from);
        for &q in q.get(from..).unwrap_or_default() {
            if q != 0 {
                let Some(entry) = self.entries.get_mut(len) else { break };
                *entry = ((next * PANEL) as u32) << 16 | u32::from(q.cast_unsigned());
                len += 1;
            }
            next += 1;
        }
        self.len = usize::next_multiple_of(len, Self::GROUP);
        self.entries.get_mut(len..self.len).unwrap_or_default().fill(0);
        (len > 0).then_some(next)
    }

    /// The entries.
    pub fn entries(&self) -> &[u32] {
        self.entries.get(..self.len).unwrap_or_default()
    }
}
