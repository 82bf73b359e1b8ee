//! The loader: everything is checked here, and the parameters are used in place.

use heapless::Vec;

use super::ModelFields;
use super::crc::crc32;
use super::fields::Fields;
use super::header::{Header, Input};
use super::layout::{FORMAT_VERSION, Kind, MARK, MAX_BLOCKS, MAX_CONNECTIONS, PRELUDE};
use crate::{Block, Connection, Error, Graph, Network, Operator, Precision, Scaling, Task, Training};

/// A validated model that uses the weights in place, in the file's own bytes.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    header: Header<'a>,
    blocks: Vec<Block, MAX_BLOCKS>,
    connections: Vec<Connection, MAX_CONNECTIONS>,
    weights: Vec<Operator<'a>, MAX_CONNECTIONS>,
    biases: &'a [f32],
    gammas: &'a [f32],
}

impl<'a> Model<'a> {
    /// Loads the model in `bytes`, which begin at a multiple of 4 bytes and hold one file, no more.
    /// Everything is checked here, so that nothing can go wrong later.
    ///
    /// # Errors
    /// [`Error::NotAModel`], [`Error::Version`], [`Error::Truncated`], [`Error::Checksum`],
    /// [`Error::Misaligned`], [`Error::Field`], and whatever [`Graph::new`] and
    /// [`Network::new`] refuse.
    pub fn load(bytes: &'a [u8]) -> Result<Self, Error> {
        let content = content(bytes)?;
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
            let weights = match edge.kind {
                Kind::Dense => Operator::Dense(fields.weights(edge.precision, rows, columns)?),
            };
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
        fields.end()?;
        self.graph().check()?;
        // The sizes fit: each array was read with those of its blocks.
        self.network().check_gammas()
    }

    /// Returns the network, which borrows the file's own bytes.
    pub fn network(&self) -> Network<'_, Operator<'a>> {
        Network::unchecked(self.graph(), &self.weights, self.biases, self.gammas)
    }

    fn graph(&self) -> Graph<'_> {
        Graph::unchecked(&self.blocks, &self.connections)
    }

    /// Returns the fields from which [`ModelFields::write`] writes the same file.
    pub fn fields(&self) -> ModelFields<'_> {
        ModelFields {
            header: self.header,
            blocks: &self.blocks,
            connections: &self.connections,
            weights: &self.weights,
            biases: self.biases,
            gammas: self.gammas,
        }
    }

    /// Returns training, data, task and input.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Returns the precision of the weights, or `None` if connections differ.
    pub fn precision(&self) -> Option<Precision> {
        let mut forms = self.weights.iter().map(Operator::precision);
        let first = forms.next()?;
        forms.all(|form| form == first).then_some(first)
    }

    /// Returns how the model was trained.
    pub fn training(&self) -> &Training {
        &self.header.training
    }

    /// Returns the scaling from raw values to inputs.
    pub fn scaling(&self) -> Scaling<'a> {
        self.header.input.scaling
    }

    /// Returns the task, which says what the outputs mean.
    pub fn task(&self) -> &Task<'a> {
        &self.header.task
    }

    /// Returns the names of the classes, one for each output unit; nothing for another task.
    pub fn class_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let classes = match self.header.task {
            Task::Classification { classes, .. } => Some(classes),
            Task::Regression { .. } | Task::Reconstruction { .. } => None,
        };
        classes.into_iter().flat_map(|classes| classes.iter())
    }
}

/// The bytes before the checksum, once mark, version, length, checksum and alignment are right.
fn content(bytes: &[u8]) -> Result<&[u8], Error> {
    let got = bytes.len();
    let Some((&MARK, rest)) = bytes.split_first_chunk() else { return Err(Error::NotAModel) };
    if let Some(&version) = rest.first()
        && version != FORMAT_VERSION
    {
        return Err(Error::Version { expected: FORMAT_VERSION, got: version });
    }
    let rest = rest.split_first_chunk::<4>().and_then(|(_, rest)| rest.first_chunk());
    let expected = rest.map_or(PRELUDE, |length| u32::from_le_bytes(*length) as usize);
    if got != expected {
        return Err(Error::Truncated { expected, got });
    }
    let (content, sum) = bytes.split_last_chunk().unwrap_or((&[], &[0; 4]));
    if crc32(content) != u32::from_le_bytes(*sum) {
        return Err(Error::Checksum);
    }
    // The only arithmetic yet, and two zeros.
    let Some((&[_, _, _, _, _, 0, 0, 0], _)) = content.split_first_chunk() else {
        return Err(Error::Field { end: 8 });
    };
    match bytes.as_ptr().addr() % align_of::<f32>() {
        0 => Ok(content),
        got => Err(Error::Misaligned { expected: align_of::<f32>(), got }),
    }
}
