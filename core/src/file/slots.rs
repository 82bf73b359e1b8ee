//! A learned model in flash memory: two slots, so that a loss of power leaves the old or the new one.

use core::fmt;
use core::ops::Range;

use embedded_storage::nor_flash::NorFlash;

use super::crc::Crc32;
use super::{Model, ModelFields};
use crate::{Error, Quantity};

/// Begins the record of a slot.
const RECORD_MARK: [u8; 4] = *b"FNSL";
/// Bytes of a record.
const RECORD: usize = 16;
/// The CRC-32 of any bytes and their own CRC-32 after them.
const WITH_OWN: u32 = 0x2144_DF1C;

/// Two slots for a learned model in flash memory.
///
/// Each slot holds a record, then a model file as docs/format.md has it. [`save`](Self::save) erases the slot
/// that isn't the newest good one, writes the file there, reads it back, and only then writes the record, which
/// makes it count. If the power is lost at any moment, [`load`](Self::load) therefore finds the model that was
/// saved before or the new one, and no other. Nothing is allocated, and a block of 256 bytes lies on the stack.
///
/// # Wear
/// A save erases every sector of one slot once, and the slots take turns. Flash memory that stands 10,000
/// erasures of a sector therefore stands 20,000 saves: one an hour for two years, or one a day for fifty. Save
/// after a session of learning, not after every sample.
#[derive(Debug)]
pub struct Slots<F> {
    flash: F,
    /// Where the first slot begins.
    start: u32,
    /// Bytes of a slot.
    size: u32,
}

/// Where a saved model lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Saved {
    /// Its number: 1 for the first that was saved, one more for each after it; after 2³² − 1 it begins at 0.
    pub version: u32,
    /// Where the model file begins in the flash memory, in bytes: a multiple of 256.
    pub start: u32,
    /// Bytes of the model file.
    pub len: u32,
}

/// What can go wrong with slots; `E` is the error of the flash memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SlotError<E> {
    /// A model doesn't fit a slot or the buffer, or can't be loaded.
    Model(Error),
    /// The slots must begin and end within the flash memory, and each have a multiple of `unit` bytes.
    Range {
        /// The larger of the sector that is erased and 256, in bytes.
        unit: u32,
    },
    /// The flash memory failed.
    Flash(E),
    /// What was read back isn't what was written: the flash memory is worn out. The model that was saved before
    /// is still there.
    Worn,
}

impl<E> From<Error> for SlotError<E> {
    fn from(error: Error) -> Self {
        Self::Model(error)
    }
}

impl<E: fmt::Debug> fmt::Display for SlotError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(error) => error.fmt(f),
            Self::Range { unit } => write!(
                f,
                "range of the slots: expected two slots within the flash memory, each of a multiple of {unit} bytes \
                 and beginning at one"
            ),
            Self::Flash(error) => write!(f, "flash memory: {error:?}"),
            Self::Worn => f.write_str(
                "flash memory: expected to read what was written, got other bytes: use other sectors",
            ),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SlotError<E> {}

impl<F: NorFlash> Slots<F> {
    /// Bytes that are read or written at once, at most, and the alignment of a file.
    const BLOCK: usize = {
        let block = 256;
        assert!(
            block % F::READ_SIZE == 0 && block % F::WRITE_SIZE == 0,
            "the flash memory's READ_SIZE and WRITE_SIZE must divide 256"
        );
        block
    };

    /// Takes `range` of the flash memory, in bytes, for two slots of half its size. What lies there stays.
    ///
    /// A slot needs the file's length ([`ModelFields::file_len`]) and 256 bytes.
    ///
    /// # Errors
    /// [`SlotError::Range`] unless each half begins and ends with a sector and with a multiple of 256 bytes, in
    /// the flash memory. A flash memory whose READ_SIZE or WRITE_SIZE doesn't divide 256 doesn't compile.
    pub fn new(flash: F, range: Range<u32>) -> Result<Self, SlotError<F::Error>> {
        let unit = F::ERASE_SIZE.max(Self::BLOCK) as u32;
        let size = range.end.saturating_sub(range.start) / 2;
        // A sector is a power of two in every memory; where it isn't, both must divide.
        let whole = |n: u32| n.is_multiple_of(F::ERASE_SIZE as u32) && n.is_multiple_of(Self::BLOCK as u32);
        let fits = size > 0 && range.end as usize <= flash.capacity();
        if fits && whole(range.start) && whole(size) && range.start + 2 * size == range.end {
            Ok(Self { flash, start: range.start, size })
        } else {
            Err(SlotError::Range { unit })
        }
    }

    /// Returns the flash memory.
    pub fn into_inner(self) -> F {
        self.flash
    }

    /// Saves a model: of a [`crate::Learner`], by [`crate::Learner::with_fields`]. The version is one above the
    /// newest good slot's, which stays as it is.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a model that doesn't fit a slot, [`Error::NotFinite`] for learned parameters that
    /// aren't finite, and whatever [`ModelFields::file_len`] refuses: the flash memory is then as before. [`SlotError::Flash`] or [`SlotError::Worn`]: the newest good model
    /// is then still there.
    pub fn save(&mut self, fields: &ModelFields) -> Result<Saved, SlotError<F::Error>> {
        let len = fields.file_len()?;
        fields.check_finite()?;
        let limit = self.most();
        if len > limit {
            return Err(Error::TooLarge { what: Quantity::FileBytes, limit, got: len }.into());
        }
        let (slot, version) = match self.newest()? {
            Some(newest) => (self.other(&newest), newest.version.wrapping_add(1)),
            None => (self.start, 1),
        };
        self.flash.erase(slot, slot + self.size).map_err(SlotError::Flash)?;
        let saved = Saved { version, start: slot + Self::BLOCK as u32, len: len as u32 };
        self.write(saved.start, fields)?;
        if !self.is_whole(&saved)? {
            return Err(SlotError::Worn);
        }
        let mut block = [0xFF; 256];
        record(&saved).iter().zip(&mut block).for_each(|(&byte, place)| *place = byte);
        self.put(slot, &block, RECORD)?;
        if self.check(slot)? == Some(saved) { Ok(saved) } else { Err(SlotError::Worn) }
    }

    /// Returns where the newest good model lies, or `None` if there is none yet.
    ///
    /// Where the flash memory can be read as memory, [`Model::load`] can use the file in place.
    ///
    /// # Errors
    /// [`SlotError::Flash`] if neither slot can be read. A slot that can't be read is otherwise taken for one
    /// whose save was cut short, as memories with error correction tell it.
    pub fn newest(&mut self) -> Result<Option<Saved>, SlotError<F::Error>> {
        match (self.check(self.start), self.check(self.start + self.size)) {
            (Err(error), Err(_)) => Err(error),
            (first, second) => Ok(match (first.unwrap_or(None), second.unwrap_or(None)) {
                // The difference counts on from 2³² − 1 to 0.
                (Some(a), Some(b)) if b.version.wrapping_sub(a.version) as i32 > 0 => Some(b),
                (first, second) => first.or(second),
            }),
        }
    }

    /// Reads the newest good model into `buffer` and loads it, or returns `None` if there is none yet.
    ///
    /// `buffer` begins at a multiple of 4 bytes and holds the file. A [`crate::Learner`] over the model's network
    /// has the bits of the one that was saved; it goes on from there exactly if its step rule has no memory.
    ///
    /// # Errors
    /// [`Error::TooSmall`] for a buffer that is too small; what [`newest`](Self::newest) and [`Model::load`]
    /// refuse, for instance a file of another format version.
    pub fn load<'b>(
        &mut self,
        buffer: &'b mut [u8],
    ) -> Result<Option<(Model<'b>, Saved)>, SlotError<F::Error>> {
        let Some(saved) = self.newest()? else { return Ok(None) };
        let got = buffer.len();
        let Some(file) = buffer.get_mut(..saved.len as usize) else {
            let (what, expected) = (Quantity::FileBytes, saved.len as usize);
            return Err(Error::TooSmall { what, expected, got }.into());
        };
        let mut rest = &mut *file;
        self.read(&saved, &mut |bytes| {
            if let Some((now, later)) = core::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
                now.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
                rest = later;
            }
        })?;
        Ok(Some((Model::load(file)?, saved)))
    }

    /// Where the slot begins that isn't the one of `saved`.
    fn other(&self, saved: &Saved) -> u32 {
        let second = saved.start >= self.start + self.size;
        if second { self.start } else { self.start + self.size }
    }

    /// The model in the slot that begins at `slot`, if it is a good one.
    fn check(&mut self, slot: u32) -> Result<Option<Saved>, SlotError<F::Error>> {
        let mut block = [0; 256];
        self.get(slot, &mut block)?;
        let [_, _, _, _, a, b, c, d, e, f, g, h, ..] = block;
        let (version, len) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        let saved = Saved { version, start: slot + Self::BLOCK as u32, len };
        let fits = len as usize <= self.most() && block.starts_with(&record(&saved));
        Ok(if fits && self.is_whole(&saved)? { Some(saved) } else { None })
    }

    /// Whether the file's checksum is right.
    fn is_whole(&mut self, saved: &Saved) -> Result<bool, SlotError<F::Error>> {
        let mut crc = Crc32::new();
        self.read(saved, &mut |bytes| crc.update(bytes))?;
        Ok(crc.finish() == WITH_OWN)
    }

    /// Bytes of the largest file that fits a slot.
    fn most(&self) -> usize {
        (self.size as usize).saturating_sub(Self::BLOCK)
    }

    /// Call `see` with the file, piece by piece.
    fn read(&mut self, saved: &Saved, see: &mut dyn FnMut(&[u8])) -> Result<(), SlotError<F::Error>> {
        let (mut block, mut at, mut left) = ([0; 256], saved.start, saved.len as usize);
        while left > 0 {
            self.get(at, &mut block)?;
            let bytes = block.get(..left).unwrap_or(&block);
            see(bytes);
            (at, left) = (at + Self::BLOCK as u32, left - bytes.len());
        }
        Ok(())
    }

    /// Write the file of `fields` from `at` on.
    fn write(&mut self, mut at: u32, fields: &ModelFields) -> Result<(), SlotError<F::Error>> {
        let (mut block, mut filled) = ([0xFF; 256], 0);
        fields.write(|bytes| {
            for &byte in bytes {
                if let Some(place) = block.get_mut(filled) {
                    *place = byte;
                }
                filled += 1;
                if filled == Self::BLOCK {
                    self.put(at, &block, filled)?;
                    (block, filled, at) = ([0xFF; 256], 0, at + Self::BLOCK as u32);
                }
            }
            Ok::<(), SlotError<F::Error>>(())
        })?;
        self.put(at, &block, filled)
    }

    /// Write the first `filled` bytes of `block` at `at`, and as many more as the flash memory asks for.
    fn put(&mut self, at: u32, block: &[u8; 256], filled: usize) -> Result<(), SlotError<F::Error>> {
        match block.get(..filled.next_multiple_of(F::WRITE_SIZE)) {
            None | Some([]) => Ok(()),
            Some(bytes) => self.flash.write(at, bytes).map_err(SlotError::Flash),
        }
    }

    fn get(&mut self, at: u32, block: &mut [u8; 256]) -> Result<(), SlotError<F::Error>> {
        self.flash.read(at, block).map_err(SlotError::Flash)
    }
}

/// The record of a slot: its mark, version and length of the file, and the checksum of these twelve bytes.
fn record(saved: &Saved) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let [mark, version, len] = [RECORD_MARK, saved.version.to_le_bytes(), saved.len.to_le_bytes()];
    let fields = || mark.into_iter().chain(version).chain(len);
    let mut crc = Crc32::new();
    fields().for_each(|byte| crc.update(&[byte]));
    let all = fields().chain(crc.finish().to_le_bytes());
    record.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
    record
}
