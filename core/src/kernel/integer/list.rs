//! The columns whose inputs aren't 0: found once, used by every panel.

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

    /// Lists the next columns of `inputs`, each with 8 times its number; false if there are none left.
    pub fn gather<'a>(&mut self, inputs: &mut impl Iterator<Item = (u32, &'a i16)>) -> bool {
        let mut len = 0;
        for (entry, (place, &q)) in self.entries.iter_mut().zip(inputs.filter(|(_, q)| **q != 0)) {
            *entry = place << 16 | u32::from(q.cast_unsigned());
            len += 1;
        }
        self.len = usize::next_multiple_of(len, Self::GROUP);
        self.entries.get_mut(len..self.len).unwrap_or_default().fill(0);
        len > 0
    }

    /// The entries.
    pub fn entries(&self) -> &[u32] {
        self.entries.get(..self.len).unwrap_or_default()
    }
}
