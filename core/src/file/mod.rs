//! The model file, as docs/format.md has it byte by byte: its parameters are used in place.

mod arrays;
mod crc;
mod fields;
mod header;
mod layout;
mod load;
mod write;

pub use crc::checksum;
pub use header::{Bounds, Header, Input, Training, TrainingData};
pub use layout::{FORMAT_VERSION, MAX_BLOCKS, MAX_CONNECTIONS, MAX_UNITS, PARAMETER_ALIGNMENT};
pub use load::Model;
pub use write::ModelFields;
