//! A NOR flash memory in RAM that enforces the rules of one and loses its power at any moment.

use std::cell::RefCell;
use std::rc::Rc;

use fenchel_core::embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use fenchel_oracle::random_network::Random;

/// The errors of the memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// The power is lost; so is everything after it.
    Power,
    /// Error correction finds a word that was written in part.
    Torn,
}

impl NorFlashError for Failure {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// The memory, shared by a test and the slots on it: READ_SIZE `R`, WRITE_SIZE `W`, ERASE_SIZE `E`.
#[derive(Clone)]
pub struct Nor<const R: usize, const W: usize, const E: usize>(Rc<RefCell<Cells>>);

pub struct Cells {
    pub bytes: Vec<u8>,
    /// Words that were written in part, if the memory has error correction.
    torn: Option<Vec<bool>>,
    /// Words written and sectors erased until the power is lost during one of them.
    pub until_cut: Option<usize>,
    is_off: bool,
    /// Words written and sectors erased.
    pub work: usize,
    /// How often each sector was erased.
    pub erasures: Vec<usize>,
    /// A bit that no longer becomes 0: byte and mask.
    pub stuck: Option<(usize, u8)>,
    random: Random,
}

impl<const R: usize, const W: usize, const E: usize> Nor<R, W, E> {
    /// Any bytes, as a new memory may have.
    pub fn new(len: usize, corrects: bool, seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self(Rc::new(RefCell::new(Cells {
            bytes: (0..len).map(|_| random.below(256) as u8).collect(),
            torn: corrects.then(|| vec![false; len / W]),
            until_cut: None,
            is_off: false,
            work: 0,
            erasures: vec![0; len / E],
            stuck: None,
            random,
        })))
    }

    pub fn cells(&self) -> std::cell::RefMut<'_, Cells> {
        self.0.borrow_mut()
    }

    /// A copy of what the memory holds, with power.
    pub fn copy(&self) -> Self {
        let cells = self.0.borrow();
        Self(Rc::new(RefCell::new(Cells {
            bytes: cells.bytes.clone(),
            torn: cells.torn.clone(),
            erasures: cells.erasures.clone(),
            random: Random::new(cells.work as u64),
            ..*cells
        })))
    }

    /// The power comes back.
    pub fn restart(&self) {
        let mut cells = self.cells();
        (cells.is_off, cells.until_cut) = (false, None);
    }
}

impl Cells {
    /// Whether the next word or sector is still done, or the power is lost while it is: then false.
    fn goes_on(&mut self) -> Result<bool, Failure> {
        match self.until_cut {
            _ if self.is_off => return Err(Failure::Power),
            Some(0) => {
                self.is_off = true;
                return Ok(false);
            }
            Some(left) => self.until_cut = Some(left - 1),
            None => {}
        }
        self.work += 1;
        Ok(true)
    }
}

impl<const R: usize, const W: usize, const E: usize> ErrorType for Nor<R, W, E> {
    type Error = Failure;
}

impl<const R: usize, const W: usize, const E: usize> ReadNorFlash for Nor<R, W, E> {
    const READ_SIZE: usize = R;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        let cells = self.cells();
        let offset = offset as usize;
        assert!(offset.is_multiple_of(R) && bytes.len().is_multiple_of(R), "reads whole words");
        assert!(offset + bytes.len() <= cells.bytes.len(), "reads within the memory");
        if cells.is_off {
            return Err(Failure::Power);
        }
        let words = offset / W..(offset + bytes.len()).div_ceil(W);
        if cells.torn.as_ref().is_some_and(|torn| torn[words].contains(&true)) {
            return Err(Failure::Torn);
        }
        bytes.copy_from_slice(&cells.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl<const R: usize, const W: usize, const E: usize> NorFlash for Nor<R, W, E> {
    const WRITE_SIZE: usize = W;
    const ERASE_SIZE: usize = E;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failure> {
        let mut cells = self.cells();
        let (from, to) = (from as usize, to as usize);
        assert!(from.is_multiple_of(E) && to.is_multiple_of(E) && from <= to, "erases whole sectors");
        for start in (from..to).step_by(E) {
            let whole = cells.goes_on()?;
            cells.erasures[start / E] += 1;
            for place in start..start + E {
                // Cut short, each bit is erased or isn't.
                let erased = if whole { 0xFF } else { cells.random.below(256) as u8 };
                cells.bytes[place] |= erased;
            }
            if let Some(torn) = &mut cells.torn {
                torn[start / W..(start + E) / W].fill(!whole);
            }
            if !whole {
                return Err(Failure::Power);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failure> {
        let mut cells = self.cells();
        let offset = offset as usize;
        assert!(offset.is_multiple_of(W) && bytes.len().is_multiple_of(W), "writes whole words");
        for (start, word) in (offset..).step_by(W).zip(bytes.chunks(W)) {
            let whole = cells.goes_on()?;
            for (place, &byte) in (start..).zip(word) {
                assert_eq!(cells.bytes[place], 0xFF, "writes each word once after it was erased");
                let written = if whole { 0xFF } else { cells.random.below(256) as u8 };
                let stuck = cells.stuck.filter(|stuck| stuck.0 == place).map_or(0, |stuck| stuck.1);
                cells.bytes[place] &= byte | !written | stuck;
            }
            if !whole {
                if let Some(torn) = &mut cells.torn {
                    torn[start / W] = true;
                }
                return Err(Failure::Power);
            }
        }
        Ok(())
    }
}
