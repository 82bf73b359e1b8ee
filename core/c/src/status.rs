//! The status that every call returns to C.

use core::ffi::{CStr, c_char};

use fenchel_core::{Error, Quantity};

macro_rules! statuses {
    ($($name:ident = $value:literal, $message:literal;)*) => {
        /// `fenchel_status` of `fenchel.h`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(i32)]
        #[allow(missing_docs)]
        pub enum Status { $($name = $value,)* }

        impl Status {
            /// Every status, in the order of `fenchel.h`.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }

        fn message(status: i32) -> &'static CStr {
            match status {
                $($value => $message,)*
                _ => c"unknown status",
            }
        }
    };
}

statuses! {
    RolledBack = 5, c"nothing was learned: the parameters returned to their copy, because learning did harm";
    Skipped = 4, c"nothing was learned: the right output leads by more than the margin already";
    Diverged = 3, c"the relaxation diverged: the problem has no minimum, or none that this schedule finds; nothing was learned";
    Converged = 2, c"converged";
    SweepLimit = 1, c"all sweeps were made";
    Ok = 0, c"done";
    Null = -1, c"a pointer is NULL";
    NotLoaded = -2, c"expected a model that fenchel_load, or a learner that fenchel_begin_learning, returned FENCHEL_OK for";
    Misaligned = -3, c"expected pointers aligned as their types, the file to 4 bytes";
    SmallState = -4, c"too few bytes: expected at least the shape's state_bytes, fenchel_learning_bytes, or those of the saved file";
    Size = -5, c"inputs or outputs: expected the shape's counts";
    NotAModel = -6, c"not a Fenchel model: expected it to begin with FNCL";
    Version = -7, c"model file of another format version: train or import it again";
    Truncated = -8, c"model file damaged or truncated: its length isn't what it says";
    Checksum = -9, c"model file damaged: its CRC-32 differs";
    InvalidModel = -10, c"model file: its values don't fit together";
    Unbounded = -11, c"nudge: expected an s above minus the output's smallest gamma";
    Settings = -12, c"settings: expected a schedule of fenchel_schedule, and finite numbers of at least 0";
    NotFinite = -13, c"input, target, attack, nudge or learned parameters: expected finite values";
    Task = -14, c"the model is of another task: fenchel_restore takes a regression, fenchel_score a reconstruction";
    Flash = -15, c"a call of fenchel_flash returned something else than 0";
    Worn = -16, c"flash memory: expected to read what was written, got other bytes: use other sectors";
    Slots = -17, c"slots: expected start and end to be multiples of 512 apart, from a multiple of 256, and a slot for the file and 256 bytes";
    NotSaved = -18, c"no model was saved in these slots yet";
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::NotAModel => Self::NotAModel,
            Error::Version { .. } => Self::Version,
            Error::Truncated { .. } => Self::Truncated,
            Error::Checksum => Self::Checksum,
            Error::Misaligned { .. } => Self::Misaligned,
            Error::Unbounded { .. } => Self::Unbounded,
            // Of the file it is InvalidModel.
            Error::NotFinite { what, .. } if what != Quantity::ParameterBytes => Self::NotFinite,
            Error::Size { what: Quantity::InputValues | Quantity::TargetValues, .. } => Self::Size,
            Error::Size { .. }
            | Error::TooLarge { .. }
            | Error::TooSmall { .. }
            | Error::Order { .. }
            | Error::Unconnected { .. }
            | Error::Activation { .. }
            | Error::NotFinite { .. }
            | Error::Potential { .. }
            | Error::Gamma { .. }
            | Error::Field { .. }
            | Error::Arithmetic { .. }
            | Error::Narrow => Self::InvalidModel,
        }
    }
}

/// Returns a text that says what `status` means.
#[unsafe(no_mangle)]
pub extern "C" fn fenchel_message(status: i32) -> *const c_char {
    message(status).as_ptr()
}
