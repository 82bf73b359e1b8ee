//! Writes the samples file that the firmware takes.

use std::path::Path;

use anyhow::{Context, Result};
use fenchel::analysis::sample::Sample;
use fenchel::data::{Split, Values};
use fenchel_core::{Model, Task};

/// Samples in the form that the device takes.
pub struct Samples {
    /// Number of values in a sample.
    pub size: usize,
    /// Bytes of all samples, one after the other.
    pub values: Values,
    /// Class of each sample; 0 where there are none.
    pub labels: Vec<u8>,
    /// Scaled targets, sample after sample; empty where there are classes.
    targets: Vec<f32>,
}

/// One sample.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    samples: &'a Samples,
    index: usize,
}

impl Samples {
    /// Takes the first `count` samples of `split`.
    pub fn of(split: &Split, size: usize, count: usize) -> Result<Self> {
        let count = count.min(split.len());
        let values = match &split.values {
            Values::Bytes(bytes) => {
                Values::Bytes(bytes.get(..count * size).context("samples of that size")?.to_vec())
            }
            Values::Floats(floats) => {
                Values::Floats(floats.get(..count * size).context("samples of that size")?.to_vec())
            }
        };
        let labels =
            split.labels.iter().take(count).map(|&label| u8::try_from(label)).collect::<Result<_, _>>()?;
        Ok(Self { size, values, labels, targets: Vec::new() })
    }

    /// Takes samples of `size` values with these labels.
    pub fn plain(size: usize, values: Values, labels: Vec<u8>) -> Self {
        Self { size, values, labels, targets: Vec::new() }
    }

    /// Takes samples as [`of`](Self::of) does, with what `model` should answer where that isn't a class.
    pub fn of_model(model: &Model, split: &Split, count: usize) -> Result<Self> {
        let mut samples = Self::of(split, model.network().input_units(), count)?;
        let mut targets = Vec::new();
        match model.task() {
            Task::Classification { .. } => {}
            Task::Regression { scaling, .. } => {
                let width = model.network().output_units();
                for raw in split.targets.chunks_exact(width).take(samples.labels.len()) {
                    let mut scaled = vec![0.0; width];
                    scaling.apply(raw, &mut scaled)?;
                    targets.extend(scaled);
                }
            }
            Task::Reconstruction { .. } => {
                for sample in samples.iter() {
                    targets.extend(sample.input(model)?);
                }
            }
        }
        samples.targets = targets;
        Ok(samples)
    }

    /// Returns the samples one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Shown<'_>> {
        (0..self.labels.len()).map(|index| Shown { samples: self, index })
    }

    /// Returns the bytes of the file.
    pub fn file_len(&self) -> usize {
        let value = match self.values {
            Values::Bytes(_) => 1,
            Values::Floats(_) => 4,
        };
        16 + value * self.values.len() + 4 * self.targets.len() + self.labels.len()
    }

    /// Writes the file: number and size, little-endian u32, all samples, all labels.
    pub fn write(&self, path: &Path) -> Result<()> {
        let floats =
            |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let (bytes, values) = match &self.values {
            Values::Bytes(bytes) => (1, bytes.clone()),
            Values::Floats(values) => (4, floats(values)),
        };
        let targets = self.targets.len() / self.labels.len().max(1);
        let header =
            [self.labels.len(), self.size, bytes, targets].map(|n| (n as u32).to_le_bytes()).concat();
        let file = [header.as_slice(), &values, &floats(&self.targets), &self.labels].concat();
        std::fs::write(path, file).with_context(|| format!("writing {}", path.display()))
    }
}

impl Shown<'_> {
    /// Returns the scaled input.
    pub fn input(&self, model: &Model) -> Result<Vec<f32>> {
        let range = self.index * self.samples.size..(self.index + 1) * self.samples.size;
        let mut input = vec![0.0; self.samples.size];
        match &self.samples.values {
            Values::Bytes(bytes) => model.scaling().apply(&bytes[range], &mut input)?,
            Values::Floats(floats) => model.scaling().apply(&floats[range], &mut input)?,
        }
        Ok(input)
    }

    /// Returns the sample as the firmware shows it to a model: its class as target and the next class as
    /// attack, or its targets and their negatives.
    pub fn sample(&self, model: &Model) -> Result<Sample> {
        let input = self.input(model)?;
        if self.samples.targets.is_empty() {
            let (label, classes) =
                (usize::from(self.samples.labels[self.index]), model.network().output_units());
            return Ok(Sample::new(input, label, (label + 1) % classes, classes));
        }
        let width = self.samples.targets.len() / self.samples.labels.len();
        let target = self.samples.targets[self.index * width..][..width].to_vec();
        let attack = target.iter().map(|value| -value).collect();
        Ok(Sample::of_values(input, target, attack))
    }
}
