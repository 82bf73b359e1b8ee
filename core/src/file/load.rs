//! The model of `f32` arithmetic.

use super::ModelFields;
use super::fields::Fields;
use super::header::Header;
use super::layout::{Arithmetic, Edge, Kind};
use super::parts::{Parts, Stored};
use crate::{Error, Network, Operator, Originals, Precision, Scaling, Task, Training};

/// A validated model that uses the weights in place, in the file's own bytes.
#[derive(Clone, Debug)]
pub struct Model<'a>(Parts<'a, Operator<'a>>);

impl<'a> Stored<'a> for Operator<'a> {
    const ARITHMETIC: Arithmetic = Arithmetic::F32;

    #[inline(always)]
    fn read(fields: &mut Fields<'a>, edge: Edge, rows: usize, columns: usize) -> Result<Self, Error> {
        Ok(match edge.kind {
            Kind::Dense => Self::Dense(fields.weights(edge.precision, rows, columns)?),
        })
    }
}

impl<'a> Model<'a> {
    /// Loads the model in `bytes`, which begin at a multiple of 4 bytes and hold one file, no more.
    /// Everything is checked here, so that nothing can go wrong later.
    ///
    /// # Errors
    /// [`Error::NotAModel`], [`Error::Version`], [`Error::Truncated`], [`Error::Checksum`],
    /// [`Error::Arithmetic`], [`Error::Misaligned`], [`Error::Field`], and whatever [`crate::Graph::new`] and
    /// [`Network::new`] refuse.
    pub fn load(bytes: &'a [u8]) -> Result<Self, Error> {
        Ok(Self(Parts::load(bytes)?))
    }

    /// Returns the network, which borrows the file's own bytes.
    pub fn network(&self) -> Network<'_, Operator<'a>> {
        Network::unchecked(self.0.graph(), &self.0.weights, self.0.biases, self.0.gammas)
    }

    /// Returns the fields from which [`ModelFields::write`] writes the same file.
    pub fn fields(&self) -> ModelFields<'_> {
        ModelFields {
            header: self.0.header,
            blocks: &self.0.blocks,
            connections: &self.0.connections,
            weights: &self.0.weights,
            biases: self.0.biases,
            gammas: self.0.gammas,
            originals: self.originals(),
        }
    }

    /// Returns the original samples to be learned again, if the file holds any (`fenchel export --replay`).
    pub fn originals(&self) -> Option<Originals<'a>> {
        #[cfg(feature = "replay")]
        return self.0.originals;
        #[cfg(not(feature = "replay"))]
        None
    }

    /// Returns training, data, task and input.
    pub fn header(&self) -> &Header<'a> {
        &self.0.header
    }

    /// Returns the precision of the weights, or `None` if connections differ.
    pub fn precision(&self) -> Option<Precision> {
        let mut forms = self.0.weights.iter().map(Operator::precision);
        let first = forms.next()?;
        forms.all(|form| form == first).then_some(first)
    }

    /// Returns how the model was trained.
    pub fn training(&self) -> &Training {
        &self.0.header.training
    }

    /// Returns the scaling from raw values to inputs.
    pub fn scaling(&self) -> Scaling<'a> {
        self.0.header.input.scaling
    }

    /// Returns the task, which says what the outputs mean.
    pub fn task(&self) -> &Task<'a> {
        &self.0.header.task
    }

    /// Returns the names of the classes, one for each output unit; nothing for another task.
    pub fn class_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let classes = match self.0.header.task {
            Task::Classification { classes, .. } => Some(classes),
            Task::Regression { .. } | Task::Reconstruction { .. } => None,
        };
        classes.into_iter().flat_map(|classes| classes.iter())
    }
}
