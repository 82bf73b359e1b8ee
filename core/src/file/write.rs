//! The writer: the one place that lays a model file out.

use super::crc::Crc32;
use super::header::{Header, Input, Training, TrainingData};
use super::layout::{
    Arithmetic, FORMAT_VERSION, Kind, MARK, MAX_BLOCKS, MAX_CONNECTIONS, MAX_UNITS, PARAMETER_ALIGNMENT, Tag,
};
#[cfg(feature = "flash")]
use crate::error::finite;
use crate::error::same;
use crate::operator::Stored;
use crate::{
    Activation, Block, Confidence, Connection, Error, Operator, Originals, PANEL, Packed, Perturbation,
    Quantity, RawValues, Rejection, Scaling, Task, Threshold, Weights,
};

/// The parts of a model file to be written. [`crate::Model::load`] checks whether they fit together.
#[derive(Clone, Copy, Debug)]
pub struct ModelFields<'a> {
    /// Training, data, task and input: everything but the network.
    pub header: Header<'a>,
    /// The blocks 0..=L, at most [`MAX_BLOCKS`]; activation and potential of block 0 aren't written.
    pub blocks: &'a [Block],
    /// The connections, sorted by (to, from), at most [`MAX_CONNECTIONS`].
    pub connections: &'a [Connection],
    /// The weights, one matrix for each connection.
    pub weights: &'a [Operator<'a>],
    /// The biases b, one for each unit of the blocks 1..=L.
    pub biases: &'a [f32],
    /// The weights γ of the potentials, one for each unit of the blocks 1..=L.
    pub gammas: &'a [f32],
    /// Original samples of a classifier, to be learned again by a [`crate::Learner`].
    pub originals: Option<Originals<'a>>,
}

impl ModelFields<'_> {
    /// Returns the size of the file in bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there are more blocks, units of a block or connections than a file holds;
    /// [`Error::Size`] unless there is one weight matrix a connection, and each original sample has one value an input, or if the input's scaling has neither one factor, nor one a channel, nor one a feature.
    pub fn file_len(&self) -> Result<usize, Error> {
        at_most(Quantity::Blocks, MAX_BLOCKS, self.blocks.len())?;
        at_most(Quantity::Connections, MAX_CONNECTIONS, self.connections.len())?;
        same(Quantity::Weights, self.connections.len(), self.weights.len())?;
        for block in self.blocks {
            at_most(Quantity::BlockUnits, MAX_UNITS as usize, block.size())?;
        }
        if let (Some(originals), Some(input)) = (self.originals, self.blocks.first()) {
            same(Quantity::InputValues, originals.len() * input.size(), originals.values().len())?;
        }
        let mut len = size_of::<u32>();
        let mut count = |bytes: &[u8]| {
            len += bytes.len();
            Ok(())
        };
        self.body(&mut Output { put: &mut count, at: 0, arithmetic: Arithmetic::F32 }, 0)?;
        Ok(len)
    }

    /// Refuses f32 weights and biases that no file may have; narrow ones come from a file that was checked.
    #[cfg(feature = "flash")]
    pub(super) fn check_finite(&self) -> Result<(), Error> {
        for Operator::Dense(weights) in self.weights {
            match weights.stored() {
                Stored::F32(values) => finite(Quantity::LearnedParameters, values)?,
                #[cfg(feature = "narrow")]
                Stored::F16(_) | Stored::Int8 { .. } => {}
            }
        }
        finite(Quantity::Biases, self.biases)
    }

    /// Writes the file piece by piece by calling `put`; the same fields give the same bytes.
    ///
    /// # Errors
    /// As [`file_len`](Self::file_len), and what `put` fails with.
    pub fn write<E: From<Error>>(&self, put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.write_for(Arithmetic::F32, put)
    }

    /// As [`write`](Self::write), for `arithmetic`; the integer one takes int8 weights in every connection, which
    /// [`crate::IntegerModel::load`] checks.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_for<E: From<Error>>(
        &self,
        arithmetic: Arithmetic,
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let len = self.file_len()?;
        let mut crc = Crc32::new();
        let mut summed = |bytes: &[u8]| {
            crc.update(bytes);
            put(bytes)
        };
        self.body(&mut Output { put: &mut summed, at: 0, arithmetic }, len as u32)?;
        put(&crc.finish().to_le_bytes())
    }

    /// Everything before the checksum, of a file of `len` bytes.
    fn body<E: From<Error>>(&self, output: &mut Output<'_, E>, len: u32) -> Result<(), E> {
        let Header { training, data, task, input } = &self.header;
        let (first, blocks) = self.blocks.split_first().ok_or(Error::TooSmall {
            what: Quantity::Blocks,
            expected: 2,
            got: 0,
        })?;
        output.bytes(&MARK)?;
        output.bytes(&[FORMAT_VERSION, output.arithmetic.tag(), self.originals.is_some().into(), 0])?;
        output.number(len)?;
        output.training(training)?;
        output.data(data)?;
        output.input(first, input)?;
        output.number(blocks.len() as u32)?;
        blocks.iter().try_for_each(|block| output.block(block))?;
        output.task(task)?;
        output.number(self.connections.len() as u32)?;
        for (c, weights) in self.connections.iter().zip(self.weights) {
            let (kind, precision) = (Kind::of(weights).tag(), weights.precision().tag());
            output.bytes(&[c.from as u8, c.to as u8, kind, precision])?;
        }
        for weights in self.weights {
            output.weights(weights)?;
        }
        output.floats(self.biases)?;
        output.floats(self.gammas)?;
        output.scaling(&input.scaling)?;
        if let Some(bounds) = input.bounds {
            output.floats(bounds.low)?;
            output.floats(bounds.high)?;
        }
        match task {
            Task::Regression { scaling, .. } => output.scaling(scaling)?,
            Task::Classification { .. } | Task::Reconstruction { .. } => {}
        }
        self.originals.map_or(Ok(()), |originals| output.originals(&originals))
    }
}

fn at_most(what: Quantity, limit: usize, got: usize) -> Result<(), Error> {
    if got <= limit { Ok(()) } else { Err(Error::TooLarge { what, limit, got }) }
}

/// The file so far.
struct Output<'p, E> {
    put: &'p mut dyn FnMut(&[u8]) -> Result<(), E>,
    /// Its length, bytes.
    at: usize,
    /// Its arithmetic.
    arithmetic: Arithmetic,
}

impl<E: From<Error>> Output<'_, E> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), E> {
        self.at += bytes.len();
        (self.put)(bytes)
    }

    fn number(&mut self, number: u32) -> Result<(), E> {
        self.bytes(&number.to_le_bytes())
    }

    fn float(&mut self, value: f32) -> Result<(), E> {
        self.number(value.to_bits())
    }

    fn text(&mut self, text: &str) -> Result<(), E> {
        self.number(text.len() as u32)?;
        self.bytes(text.as_bytes())
    }

    fn option<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.bytes(&[value.is_some().into()])?;
        value.map_or(Ok(()), |value| write(self, value))
    }

    fn training(&mut self, training: &Training) -> Result<(), E> {
        let &Training { objective, attack, alpha, beta, perturbation, seed, epoch } = training;
        self.bytes(&[objective.tag(), attack.tag()])?;
        self.float(alpha)?;
        self.float(beta)?;
        match perturbation {
            Perturbation::None => self.bytes(&[0])?,
            Perturbation::Gaussian { std } => {
                self.bytes(&[1])?;
                self.float(std)?;
            }
            Perturbation::Dropout { probability, magnitude } => {
                self.bytes(&[2])?;
                self.float(probability)?;
                self.float(magnitude)?;
            }
        }
        self.bytes(&seed.to_le_bytes())?;
        self.number(epoch)
    }

    fn data(&mut self, data: &TrainingData) -> Result<(), E> {
        self.text(data.name)?;
        self.number(data.samples)?;
        self.option(data.sha256, |output, hash| output.bytes(hash))
    }

    fn task(&mut self, task: &Task) -> Result<(), E> {
        match *task {
            Task::Classification { classes, confidence: Confidence { rejection, temperature } } => {
                self.bytes(&[0])?;
                self.text(classes.0)?;
                self.option(rejection, |output, Rejection { margin, coverage, accuracy }| {
                    [margin, coverage, accuracy].iter().try_for_each(|&value| output.float(value))
                })?;
                self.option(temperature, Self::float)
            }
            Task::Regression { targets, .. } => {
                self.bytes(&[1])?;
                self.text(targets.0)
            }
            Task::Reconstruction { threshold } => {
                self.bytes(&[2])?;
                self.option(threshold, |output, Threshold { score, quantile }| {
                    output.float(score)?;
                    output.float(quantile)
                })
            }
        }
    }

    fn input(&mut self, block: &Block, input: &Input) -> Result<(), E> {
        self.shape(block)?;
        self.option(input.names, |output, names| output.text(names.0))?;
        let got = input.scaling.factors().len();
        if ![1, block.channels(), block.size()].contains(&got) {
            return Err(Error::Size { what: Quantity::ScalingValues, expected: block.size(), got }.into());
        }
        self.number(got as u32)?;
        self.bytes(&[input.bounds.is_some().into()])
    }

    fn shape(&mut self, block: &Block) -> Result<(), E> {
        [block.units, block.height, block.width].iter().try_for_each(|&number| self.number(number))
    }

    fn block(&mut self, block: &Block) -> Result<(), E> {
        self.shape(block)?;
        match block.activation {
            Activation::Linear => self.bytes(&[0])?,
            Activation::Relu => self.bytes(&[1])?,
            Activation::Clip { low, high } => {
                self.bytes(&[2])?;
                self.float(low)?;
                self.float(high)?;
            }
            Activation::Simplex => self.bytes(&[3])?,
        }
        // One bias and one γ a unit.
        self.bytes(&[block.potential.tag(), 0, 0])
    }

    /// Zeros before an array.
    fn align(&mut self) -> Result<(), E> {
        let gap = self.at.next_multiple_of(PARAMETER_ALIGNMENT) - self.at;
        self.bytes([0; PARAMETER_ALIGNMENT].get(..gap).unwrap_or_default())
    }

    fn floats(&mut self, values: &[f32]) -> Result<(), E> {
        self.align()?;
        values.iter().try_for_each(|&value| self.float(value))
    }

    fn scaling(&mut self, scaling: &Scaling) -> Result<(), E> {
        self.floats(scaling.offsets())?;
        self.floats(scaling.factors())
    }

    fn originals(&mut self, originals: &Originals) -> Result<(), E> {
        self.align()?;
        self.number(originals.len() as u32)?;
        match originals.values() {
            RawValues::Bytes(values) => {
                self.number(0)?;
                self.align()?;
                self.bytes(values)?;
            }
            RawValues::Floats(values) => {
                self.number(1)?;
                self.floats(values)?;
            }
        }
        self.align()?;
        self.bytes(originals.labels())
    }

    fn weights(&mut self, weights: &Operator) -> Result<(), E> {
        match weights {
            Operator::Dense(weights) => self.packed(weights),
        }
    }

    /// The last rows, (rows, columns), as a panel filled up with zeros; nothing if there are none.
    fn last_panel(&mut self, columns: usize, rows: &[f32]) -> Result<(), E> {
        if rows.is_empty() {
            return Ok(());
        }
        for column in 0..columns {
            for row in 0..PANEL {
                self.float(rows.get(row * columns + column).copied().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn packed(&mut self, weights: &Packed) -> Result<(), E> {
        match weights.stored() {
            Stored::F32(values) => {
                let last = weights.last_rows();
                self.floats(values.get(..values.len() - last.len()).unwrap_or_default())?;
                self.last_panel(weights.shape().1, last)
            }
            #[cfg(feature = "narrow")]
            Stored::F16(values) => {
                self.align()?;
                values.iter().try_for_each(|value| self.bytes(&value.to_le_bytes()))
            }
            #[cfg(feature = "narrow")]
            Stored::Int8 { values, scales } => {
                // Integer arithmetic has bytes without a sign, 128 above the values.
                let offset = match self.arithmetic {
                    Arithmetic::F32 => 0,
                    Arithmetic::Integer => 128,
                };
                self.floats(scales)?;
                self.align()?;
                values.iter().try_for_each(|value| self.bytes(&[value.cast_unsigned() ^ offset]))
            }
        }
    }
}
