//! The file's fields, read one after the other; those of the parameters are in `arrays.rs`.

use super::header::{Bounds, Input, Training, TrainingData};
#[cfg(feature = "replay")]
use super::layout::ORIGINALS;
use super::layout::{Edge, Kind, MAX_UNITS};
use crate::{
    Activation, Attack, Block, Confidence, Error, Names, Objective, Perturbation, Potential, Precision,
    Rejection, Scaling, Task, Threshold, bits,
};

/// The fields from `at` on. What is missing or out of range is read as 0 or the like and remembered:
/// [`end`](Self::end) says so, once, where a check at every field would be most of the loader's code.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    content: &'a [u8],
    pub at: usize,
    /// Where the first value ends that is missing or out of range.
    refused: Option<usize>,
}

impl<'a> Fields<'a> {
    pub fn new(content: &'a [u8], at: usize) -> Self {
        Self { content, at, refused: None }
    }

    /// Whether all that was read is right.
    ///
    /// # Errors
    /// [`Error::Field`] if a value was missing or out of range.
    pub fn check(&self) -> Result<(), Error> {
        self.refused.map_or(Ok(()), |end| Err(Error::Field { end }))
    }

    /// As [`check`](Self::check), and nothing is left.
    pub fn end(&mut self) -> Result<(), Error> {
        self.require(self.at == self.content.len());
        self.check()
    }

    /// Remember that what was read last doesn't do unless it `fits`.
    pub fn require(&mut self, fits: bool) {
        if !fits && self.refused.is_none() {
            self.refused = Some(self.at);
        }
    }

    /// The bytes up to here.
    pub fn read(&self) -> &'a [u8] {
        self.content.get(..self.at).unwrap_or_default()
    }

    /// Whether the prelude says that original samples follow the arrays.
    #[cfg(feature = "replay")]
    pub fn has_originals(&self) -> bool {
        self.content.get(ORIGINALS).is_some_and(|&byte| byte != 0)
    }

    /// The number of bytes from here on.
    #[cfg(feature = "replay")]
    pub fn left(&self) -> usize {
        self.content.len().saturating_sub(self.at)
    }

    #[inline(never)]
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let taken = self.content.get(self.at..).and_then(|rest| rest.get(..n));
        self.at = self.at.wrapping_add(n);
        self.require(taken.is_some());
        taken.unwrap_or_default()
    }

    /// One byte, `most` at most.
    #[inline(never)]
    fn tag(&mut self, most: u8) -> u8 {
        let tag = self.take(1).first().copied().unwrap_or(0);
        self.require(tag <= most);
        tag
    }

    #[inline(never)]
    pub fn number(&mut self) -> u32 {
        self.take(4).first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    /// From `least` to `most`, both finite.
    #[inline(always)]
    fn between(&mut self, least: f32, most: f32) -> f32 {
        self.ordered(bits::order(least), bits::order(most))
    }

    /// The same of the bounds' places in order.
    #[inline(never)]
    fn ordered(&mut self, least: i32, most: i32) -> f32 {
        let value = f32::from_bits(self.number());
        let place = bits::order(value);
        self.require(least <= place && place <= most);
        value
    }

    fn finite(&mut self) -> f32 {
        self.between(f32::MIN, f32::MAX)
    }

    fn at_least_zero(&mut self) -> f32 {
        self.between(0.0, f32::MAX)
    }

    fn share(&mut self) -> f32 {
        self.between(0.0, 1.0)
    }

    #[inline(never)]
    fn text(&mut self) -> &'a str {
        let length = self.number() as usize;
        let text = core::str::from_utf8(self.take(length));
        self.require(text.is_ok());
        text.unwrap_or_default()
    }

    fn flag(&mut self) -> bool {
        self.tag(1) == 1
    }

    pub fn training(&mut self) -> Training {
        let objective = match self.tag(4) {
            0 => Objective::Backprop,
            1 => Objective::Arovr,
            2 => Objective::ArovrAb,
            3 => Objective::Rovr,
            _ => Objective::RovrAb,
        };
        let attack = match self.tag(2) {
            0 => Attack::Targeted,
            1 => Attack::Untargeted,
            _ => Attack::None,
        };
        let (alpha, beta) = (self.finite(), self.finite());
        let perturbation = match self.tag(2) {
            0 => Perturbation::None,
            1 => Perturbation::Gaussian { std: self.at_least_zero() },
            _ => Perturbation::Dropout { probability: self.share(), magnitude: self.finite() },
        };
        let seed = u64::from(self.number()) | u64::from(self.number()) << 32;
        let epoch = self.number();
        Training { objective, attack, alpha, beta, perturbation, seed, epoch }
    }

    pub fn data(&mut self) -> TrainingData<'a> {
        let (name, samples) = (self.text(), self.number());
        let sha256 = if self.flag() { self.take(32).first_chunk() } else { None };
        TrainingData { name, samples, sha256 }
    }

    /// `count` names.
    fn names(&mut self, count: usize) -> Names<'a> {
        let names = Names(self.text());
        self.require(names.count() == count);
        names
    }

    /// The task of a network of so many inputs and outputs; a regression's scaling is among the arrays.
    pub fn task(&mut self, inputs: usize, outputs: usize) -> Task<'a> {
        match self.tag(2) {
            0 => Task::Classification { classes: self.names(outputs), confidence: self.confidence() },
            1 => Task::Regression { targets: self.names(outputs), scaling: Scaling::IDENTITY },
            _ => {
                self.require(inputs == outputs);
                let threshold =
                    self.flag().then(|| Threshold { score: self.at_least_zero(), quantile: self.share() });
                Task::Reconstruction { threshold }
            }
        }
    }

    fn confidence(&mut self) -> Confidence {
        let rejection = self.flag().then(|| Rejection {
            margin: self.at_least_zero(),
            coverage: self.share(),
            accuracy: self.share(),
        });
        let temperature = self.flag().then(|| self.between(f32::MIN_POSITIVE, f32::MAX));
        Confidence { rejection, temperature }
    }

    /// Names, whether there are bounds, and the number of factors; the values are among the arrays.
    pub fn input(&mut self, block: &Block) -> (Input<'a>, usize) {
        let channels = block.channels();
        let names = self.flag().then(|| self.names(channels));
        let factors = self.number() as usize;
        self.require(factors == 1 || factors == channels || factors == block.size());
        let bounds = self.flag().then_some(Bounds { low: &[], high: &[] });
        (Input { names, scaling: Scaling::IDENTITY, bounds }, factors)
    }

    /// A block's units and places; not yet its activation and potential.
    #[inline(never)]
    pub fn shape(&mut self) -> Block {
        let (units, height, width) = (self.number(), self.number(), self.number());
        let places = height.saturating_mul(width);
        self.require(units <= MAX_UNITS && units.checked_rem(places) == Some(0));
        Block { height, width, ..Block::new(units, Activation::Linear) }
    }

    pub fn block(&mut self) -> Block {
        let mut block = self.shape();
        block.activation = match self.tag(3) {
            0 => Activation::Linear,
            1 => Activation::Relu,
            2 => Activation::Clip { low: self.finite(), high: self.finite() },
            _ => Activation::Simplex,
        };
        block.potential = match self.tag(2) {
            0 => Potential::FenchelYoung,
            1 => Potential::Quadratic,
            _ => Potential::Distance,
        };
        // One bias and one γ a unit: the only form yet.
        self.tag(0);
        self.tag(0);
        block
    }

    pub fn edge(&mut self) -> Edge {
        let (from, to) = (self.tag(u8::MAX), self.tag(u8::MAX));
        self.tag(0);
        let precision = match self.tag(2) {
            0 => Precision::F32,
            1 => Precision::F16,
            _ => Precision::Int8,
        };
        Edge { from, to, kind: Kind::Dense, precision }
    }
}
