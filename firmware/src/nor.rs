//! A NOR flash memory in RAM that a reset leaves alone, because the emulated boards have none that a program can
//! write.

use core::mem::MaybeUninit;

use fenchel_core::embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

const SECTOR: usize = 4096;
/// Bytes of the memory: two slots of eight sectors.
pub const SIZE: usize = 2 * 8 * SECTOR;
/// Bytes that are written at once.
const WORD: usize = 8;

// Nothing is placed there at a start; after power-on it holds zeros, which aren't erased.
#[unsafe(link_section = ".uninit.nor")]
static mut CELLS: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();
#[unsafe(link_section = ".uninit.starts")]
static mut STARTS: MaybeUninit<u32> = MaybeUninit::uninit();

/// The memory: bits become 0 by writing, and 1 by erasing sectors.
pub struct Nor {
    cells: &'static mut [u8; SIZE],
    /// Words until the board is reset during one of them.
    until_reset: Option<usize>,
}

/// A place or length that isn't a multiple of the memory's, or a bit that was to become 1 by writing.
#[derive(Debug, defmt::Format)]
pub struct Refused;

impl NorFlashError for Refused {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Returns the memory, and the number of this start since power-on, from 1.
///
/// # Safety
/// Nothing else has the memory: call it once after a start.
pub unsafe fn take() -> (Nor, u32) {
    // SAFETY: by contract the only references; any bits are bytes and a number.
    let (cells, starts) =
        unsafe { (&mut *(&raw mut CELLS).cast::<[u8; SIZE]>(), &mut *(&raw mut STARTS).cast::<u32>()) };
    *starts += 1;
    (Nor { cells, until_reset: None }, *starts)
}

impl Nor {
    /// Resets the board during the word with this number, from 0.
    pub fn resetting(self, word: usize) -> Self {
        Self { until_reset: Some(word), ..self }
    }

    fn cells(&mut self, offset: u32, len: usize, unit: usize) -> Result<&mut [u8], Refused> {
        let offset = offset as usize;
        if !offset.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            return Err(Refused);
        }
        self.cells.get_mut(offset..offset + len).ok_or(Refused)
    }
}

impl ErrorType for Nor {
    type Error = Refused;
}

impl ReadNorFlash for Nor {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Refused> {
        bytes.copy_from_slice(self.cells(offset, bytes.len(), 1)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Nor {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Refused> {
        let len = to.checked_sub(from).ok_or(Refused)? as usize;
        self.cells(from, len, SECTOR)?.fill(0xFF);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Refused> {
        for (place, word) in (offset..).step_by(WORD).zip(bytes.chunks(WORD)) {
            let resets = self.until_reset == Some(0);
            self.until_reset = self.until_reset.map(|left| left.wrapping_sub(1));
            // Half of the word is written then.
            let written = if resets { &word[..word.len() / 2] } else { word };
            let cells = self.cells(place, word.len(), WORD)?;
            for (cell, &byte) in cells.iter_mut().zip(written) {
                if *cell & byte != byte {
                    return Err(Refused);
                }
                *cell = byte;
            }
            if resets {
                cortex_m::peripheral::SCB::sys_reset();
            }
        }
        Ok(())
    }
}
