//! What every model file holds, whatever its arithmetic: everything is checked here, and the parameters are used
//! in place.

use heapless::Vec;

use super::crc::crc32;
use super::fields::Fields;
use super::header::{Header, Input};
use super::layout::{Arithmetic, Edge, FORMAT_VERSION, MARK, MAX_BLOCKS, MAX_CONNECTIONS, PRELUDE};
#[cfg(feature = "replay")]
use crate::Originals;
use crate::{Block, Connection, Error, Graph, Task};

/// The weights of a connection as a file of one arithmetic has them.
pub(crate) trait Stored<'a>: Sized {
    /// The arithmetic.
    const ARITHMETIC: Arithmetic;

    /// Reads the next (rows, columns) matrix, which `edge` is about.
    fn read(fields: &mut Fields<'a>, edge: Edge, rows: usize, columns: usize) -> Result<Self, Error>;
}

/// A validated file with weights of the form `W`.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a, W> {
    pub header: Header<'a>,
    pub blocks: Vec<Block, MAX_BLOCKS>,
    pub connections: Vec<Connection, MAX_CONNECTIONS>,
    pub weights: Vec<W, MAX_CONNECTIONS>,
    pub biases: &'a [f32],
    pub gammas: &'a [f32],
    #[cfg(feature = "replay")]
    pub originals: Option<Originals<'a>>,
}

impl<'a, W: Stored<'a>> Parts<'a, W> {
    /// Loads the file in `bytes`; see [`crate::Model::load`].
    pub fn load(bytes: &'a [u8]) -> Result<Self, Error> {
        let content = content(bytes, W::ARITHMETIC)?;
        let mut fields = Fields::new(content, PRELUDE);
        let (training, data) = (fields.training(), fields.data());
        let shape = fields.shape();
        let (input, factors) = fields.input(&shape);
        let task = Task::Reconstruction { threshold: None };
        // Filled where it stays: copies of its lists would cost stack.
        let mut model = Self {
            header: Header { training, data, task, input },
            blocks: Vec::new(),
            connections: Vec::new(),
            weights: Vec::new(),
            biases: &[],
            gammas: &[],
            #[cfg(feature = "replay")]
            originals: None,
        };
        let _ = model.blocks.push(shape);
        for _ in 0..fields.number() {
            let block = fields.block();
            if model.blocks.push(block).is_err() {
                fields.require(false);
                break;
            }
        }
        let outputs = model.blocks.last().map_or(0, Block::size);
        model.header.task = fields.task(shape.size(), outputs);
        model.lay_out(fields, factors)?;
        Ok(model)
    }

    /// Read the connections, lay the arrays out in place, and check that everything fits together.
    #[inline(never)]
    fn lay_out(&mut self, mut edges: Fields<'a>, factors: usize) -> Result<(), Error> {
        let count = edges.number();
        // The arrays begin after the list, which is read a second time with them.
        let mut fields = edges.clone();
        for _ in 0..count {
            fields.edge();
            if fields.check().is_err() {
                break;
            }
        }
        fields.check()?;
        for _ in 0..count {
            let edge = edges.edge();
            let (from, to) = (edge.from.into(), edge.to.into());
            let size = |block: usize| self.blocks.get(block).map(Block::size);
            let (Some(columns), Some(rows)) = (size(from), size(to)) else {
                return Err(Error::Order { from, to });
            };
            let weights = W::read(&mut fields, edge, rows, columns)?;
            let added = self.connections.push(Connection { from, to }).is_ok();
            fields.require(added && self.weights.push(weights).is_ok());
        }
        let units = self.blocks.iter().skip(1).map(Block::size).sum();
        (self.biases, self.gammas) = (fields.floats(units), fields.floats(units));
        let Input { scaling, bounds, .. } = &mut self.header.input;
        *scaling = fields.scaling(factors);
        if let Some(bounds) = bounds {
            *bounds = fields.bounds(factors);
        }
        if let Task::Regression { scaling, .. } = &mut self.header.task {
            *scaling = fields.scaling(self.blocks.last().map_or(0, Block::size));
        }
        #[cfg(feature = "replay")]
        if fields.has_originals() {
            let inputs = self.blocks.first().map_or(0, Block::size);
            let outputs = self.blocks.last().map_or(0, Block::size);
            fields.require(matches!(self.header.task, Task::Classification { .. }));
            self.originals = Some(fields.originals(inputs, outputs)?);
        }
        fields.end()?;
        self.graph().check()?;
        // The sizes fit: each array was read with those of its blocks.
        self.graph().check_gammas(self.gammas)
    }

    pub fn graph(&self) -> Graph<'_> {
        Graph::unchecked(&self.blocks, &self.connections)
    }
}

/// The bytes before the checksum, once mark, version, length, checksum and alignment are right.
fn content(bytes: &[u8], expected: Arithmetic) -> Result<&[u8], Error> {
    let got = bytes.len();
    let Some((&MARK, rest)) = bytes.split_first_chunk() else { return Err(Error::NotAModel) };
    if let Some(&version) = rest.first()
        && version != FORMAT_VERSION
    {
        return Err(Error::Version { expected: FORMAT_VERSION, got: version });
    }
    let rest = rest.split_first_chunk::<4>().and_then(|(_, rest)| rest.first_chunk());
    let length = rest.map_or(PRELUDE, |length| u32::from_le_bytes(*length) as usize);
    if got != length {
        return Err(Error::Truncated { expected: length, got });
    }
    let (content, sum) = bytes.split_last_chunk().unwrap_or((&[], &[0; 4]));
    if crc32(content) != u32::from_le_bytes(*sum) {
        return Err(Error::Checksum);
    }
    // The arithmetic, whether there are original samples, and a zero.
    let most = u8::from(cfg!(feature = "replay"));
    let got = match content.split_first_chunk() {
        Some((&[_, _, _, _, _, 0, originals, 0], _)) if originals <= most => Arithmetic::F32,
        Some((&[_, _, _, _, _, 1, originals, 0], _)) if originals <= most => Arithmetic::Integer,
        _ => return Err(Error::Field { end: 8 }),
    };
    if got != expected {
        return Err(Error::Arithmetic { expected, got });
    }
    match bytes.as_ptr().addr() % align_of::<f32>() {
        0 => Ok(content),
        got => Err(Error::Misaligned { expected: align_of::<f32>(), got }),
    }
}
