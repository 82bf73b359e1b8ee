//! Saving a learned model in flash memory that C programs read, write and erase by calls of their own.

use core::ffi::c_void;
use core::slice;

use fenchel_core::embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use fenchel_core::{Error, Quantity, SlotError, Slots};

use crate::learn::{LearnerStorage, begun};
use crate::{Shape, Status, Storage, fenchel_load};

/// `fenchel_flash` of `fenchel.h`: a flash memory and where the slots lie in it.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct CFlash {
    pub context: *mut c_void,
    pub read: Option<unsafe extern "C" fn(*mut c_void, u32, *mut c_void, usize) -> i32>,
    pub write: Option<unsafe extern "C" fn(*mut c_void, u32, *const c_void, usize) -> i32>,
    pub erase: Option<unsafe extern "C" fn(*mut c_void, u32, u32) -> i32>,
    pub start: u32,
    pub end: u32,
}

/// `fenchel_saved` of `fenchel.h`: where a saved model lies.
#[repr(C)]
#[allow(missing_docs)]
pub struct CSaved {
    pub version: u32,
    pub start: u32,
    pub bytes: u32,
}

/// The memory as core takes it. Its sector isn't known here: a slot is erased as a whole.
struct Flash(CFlash);

/// A call of the program returned something else than 0, or is missing.
#[derive(Debug)]
struct Failure;

impl NorFlashError for Failure {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

fn done(returned: i32) -> Result<(), Failure> {
    if returned == 0 { Ok(()) } else { Err(Failure) }
}

impl ErrorType for Flash {
    type Error = Failure;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 256;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failure> {
        let read = self.0.read.ok_or(Failure)?;
        // SAFETY: by the contract of `fenchel.h` it writes so many bytes.
        done(unsafe { read(self.0.context, offset, bytes.as_mut_ptr().cast(), bytes.len()) })
    }

    fn capacity(&self) -> usize {
        self.0.end as usize
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 256;
    const ERASE_SIZE: usize = 256;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failure> {
        let erase = self.0.erase.ok_or(Failure)?;
        // SAFETY: by the contract of `fenchel.h`.
        done(unsafe { erase(self.0.context, from, to) })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failure> {
        let write = self.0.write.ok_or(Failure)?;
        // SAFETY: by the contract of `fenchel.h` it reads so many bytes.
        done(unsafe { write(self.0.context, offset, bytes.as_ptr().cast(), bytes.len()) })
    }
}

impl From<SlotError<Failure>> for Status {
    fn from(error: SlotError<Failure>) -> Self {
        match error {
            SlotError::Model(Error::TooLarge { what: Quantity::FileBytes, .. }) | SlotError::Range { .. } => {
                Self::Slots
            }
            SlotError::Model(Error::TooSmall { what: Quantity::FileBytes, .. }) => Self::SmallState,
            SlotError::Model(error) => error.into(),
            SlotError::Flash(_) => Self::Flash,
            SlotError::Worn => Self::Worn,
        }
    }
}

/// # Safety
/// `flash` is null or points to its type.
unsafe fn slots(flash: *const CFlash) -> Result<Slots<Flash>, Status> {
    if flash.is_null() {
        return Err(Status::Null);
    }
    if !flash.is_aligned() {
        return Err(Status::Misaligned);
    }
    // SAFETY: not null, aligned, and by contract valid.
    let flash = unsafe { flash.read() };
    if flash.read.is_none() || flash.write.is_none() || flash.erase.is_none() {
        return Err(Status::Null);
    }
    Ok(Slots::new(Flash(flash), flash.start..flash.end)?)
}

/// # Safety
/// `saved` is null or points to its type.
unsafe fn out<'s, T>(pointer: *mut T) -> Result<&'s mut core::mem::MaybeUninit<T>, Status> {
    if pointer.is_null() {
        return Err(Status::Null);
    }
    if !pointer.is_aligned() {
        return Err(Status::Misaligned);
    }
    // SAFETY: not null, aligned, and by contract valid to write.
    Ok(unsafe { &mut *pointer.cast() })
}

impl From<fenchel_core::Saved> for CSaved {
    fn from(saved: fenchel_core::Saved) -> Self {
        Self { version: saved.version, start: saved.start, bytes: saved.len }
    }
}

/// Saves what was learned as [`Slots::save`] does.
///
/// # Safety
/// As `fenchel.h` says: `learner` as `fenchel_begin_learning` left it, `flash` and `saved` point to their types, and the
/// calls of `flash` do as they should.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_save(
    learner: *mut LearnerStorage,
    flash: *const CFlash,
    saved: *mut CSaved,
) -> i32 {
    // SAFETY: by contract.
    let result = unsafe {
        begun(learner).and_then(|(model, learner)| {
            let (mut slots, saved) = (slots(flash)?, out(saved)?);
            saved.write(learner.with_fields(&model.fields(), |fields| slots.save(fields))??.into());
            Ok(Status::Ok)
        })
    };
    result.unwrap_or_else(|status| status) as i32
}

/// Finds the newest good model as [`Slots::newest`] does.
///
/// # Safety
/// As [`fenchel_save`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_newest(flash: *const CFlash, saved: *mut CSaved) -> i32 {
    // SAFETY: by contract.
    let result = unsafe {
        slots(flash).and_then(|mut slots| {
            let saved = out(saved)?;
            saved.write(slots.newest()?.ok_or(Status::NotSaved)?.into());
            Ok(Status::Ok)
        })
    };
    result.unwrap_or_else(|status| status) as i32
}

/// Reads the newest good model into `buffer` and loads it, as [`Slots::load`] and [`fenchel_load`] do.
///
/// # Safety
/// As [`fenchel_load`], with `buffer` for the file, and [`fenchel_save`]; `buffer` points to `bytes` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_load_saved(
    model: *mut Storage,
    flash: *const CFlash,
    buffer: *mut u8,
    bytes: usize,
    shape: *mut Shape,
) -> i32 {
    if model.is_null() || buffer.is_null() || shape.is_null() {
        return Status::Null as i32;
    }
    if bytes > isize::MAX as usize {
        return Status::Size as i32;
    }
    // SAFETY: by contract.
    let read = unsafe {
        slots(flash).and_then(|mut slots| {
            let buffer = slice::from_raw_parts_mut(buffer, bytes);
            let (_, saved) = slots.load(buffer)?.ok_or(Status::NotSaved)?;
            Ok(saved.len as usize)
        })
    };
    match read {
        // SAFETY: by contract; it is in the buffer.
        Ok(len) => unsafe { fenchel_load(model, buffer, len, shape) },
        Err(status) => status as i32,
    }
}
