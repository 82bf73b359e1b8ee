//! The model file, as docs/format.md has it byte by byte: its parameters are used in place.

mod arrays;
mod crc;
mod fields;
mod header;
mod layout;
mod load;
mod parts;
#[cfg(feature = "flash")]
mod slots;
mod write;

pub use crc::checksum;
pub(crate) use fields::Fields;
pub use header::{Bounds, Header, Input, Training, TrainingData};
pub use layout::{Arithmetic, FORMAT_VERSION, MAX_BLOCKS, MAX_CONNECTIONS, MAX_UNITS, PARAMETER_ALIGNMENT};
pub(crate) use layout::{Edge, Kind};
pub use load::Model;
pub(crate) use parts::{Parts, Stored};
#[cfg(feature = "flash")]
pub use slots::{Saved, SlotError, Slots};
pub use write::ModelFields;
