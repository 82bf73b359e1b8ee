//! The writer: the one place that lays a model file out.

use postcard::ser_flavors::Size;
use serde::Serialize;

use super::crc::crc32;
use super::header::MARK;
use crate::{
    Block, Edge, Error, FORMAT_VERSION, MAX_BLOCKS, MAX_CONNECTIONS, ModelFields, PARAMETER_ALIGNMENT,
    Precision, Quantity, Scaling, Training,
};

/// The file without its checksum, serialised by postcard in this order.
#[derive(Serialize)]
struct Layout<'a> {
    mark: [u8; 4],
    version: u16,
    training: Training<'a>,
    scaling: Scaling,
    class_names: &'a str,
    blocks: &'a [Block],
    connections: &'a [Edge],
    precision: Precision,
    padding: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> Layout<'a> {
    /// The layout of `fields`, padded so that the parameters begin at a multiple of
    /// [`PARAMETER_ALIGNMENT`], and its length in bytes.
    fn new(fields: &ModelFields<'a>) -> Result<(Self, usize), Error> {
        at_most(Quantity::Blocks, MAX_BLOCKS, fields.blocks.len())?;
        at_most(Quantity::Connections, MAX_CONNECTIONS, fields.connections.len())?;
        let &ModelFields { training, scaling, class_names, blocks, connections, precision, parameters } =
            fields;
        let mut layout = Self {
            mark: MARK,
            version: FORMAT_VERSION,
            training,
            scaling,
            class_names,
            blocks,
            connections,
            precision,
            padding: &[],
            parameters,
        };
        let unpadded = layout.len();
        let start = unpadded.saturating_sub(parameters.len());
        let padding = start.next_multiple_of(PARAMETER_ALIGNMENT) - start;
        layout.padding = [0; PARAMETER_ALIGNMENT].as_slice().get(..padding).unwrap_or_default();
        Ok((layout, unpadded + padding))
    }

    /// Length in bytes.
    fn len(&self) -> usize {
        // Counting has no way to fail.
        postcard::serialize_with_flavor(self, Size::default()).unwrap_or_default()
    }
}

impl ModelFields<'_> {
    /// Bytes of the file, checksum included.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there are more blocks or connections than a file holds.
    pub fn file_len(&self) -> Result<usize, Error> {
        Layout::new(self).map(|(_, len)| len + size_of::<u32>())
    }

    /// Write the file to the beginning of `buffer` and return the part that it takes,
    /// [`file_len`](Self::file_len) bytes. Whether the fields fit together is for
    /// [`crate::Model::load`] to say.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there are more blocks or connections than a file holds;
    /// [`Error::TooSmall`] if the buffer is too short.
    pub fn write<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        let (layout, len) = Layout::new(self)?;
        let short = Error::TooSmall {
            what: Quantity::FileBytes,
            expected: len + size_of::<u32>(),
            got: buffer.len(),
        };
        let file = buffer.get_mut(..len + size_of::<u32>()).ok_or(short)?;
        let (body, checksum) = file.split_at_mut_checked(len).ok_or(short)?;
        postcard::to_slice(&layout, body).map_err(|_| short)?;
        checksum.copy_from_slice(&crc32(body).to_le_bytes());
        Ok(file)
    }
}

fn at_most(what: Quantity, limit: usize, got: usize) -> Result<(), Error> {
    if got <= limit { Ok(()) } else { Err(Error::TooLarge { what, limit, got }) }
}
