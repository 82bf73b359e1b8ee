//! The model file: one postcard value with a CRC-32, its weights used in place.

mod crc;
mod header;
mod load;
mod write;

pub use crc::checksum;
pub use header::{
    Edge, FORMAT_VERSION, MAX_BLOCKS, MAX_CONNECTIONS, ModelFields, PARAMETER_ALIGNMENT, Training,
};
pub use load::Model;
