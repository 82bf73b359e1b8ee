//! The conductances that a chip was programmed to, for circuits and other simulators.

use std::path::Path;

use anyhow::Result;
use fenchel_core::{Connection, Random, Weights};

use super::Profile;
use super::array::devices;
use crate::convert::{Tensor, npz};
use crate::store::files;
use crate::{Matrix, Parameters};

/// The conductances G⁺ and G⁻ of one array in S, row after row; each row is an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Number of outputs and of inputs.
    pub shape: (usize, usize),
    /// Conductances G⁺ in S, of shape `shape`.
    pub plus: Vec<f32>,
    /// Conductances G⁻ in S, of shape `shape`.
    pub minus: Vec<f32>,
}

/// The conductances of one connection's arrays.
#[derive(Clone, Debug, PartialEq)]
pub struct Devices {
    /// Resistance in Ω that turns conductances into a weight: w = ohms·(G⁺ − G⁻).
    pub ohms: f64,
    /// The array of W, shape (fan-out, fan-in).
    pub forward: Pair,
    /// The separate array of Wᵀ, shape (fan-in, fan-out), if the profile has one.
    pub feedback: Option<Pair>,
}

impl Devices {
    /// Draws the conductances that [`super::Chip::draw`] programs from the same random numbers, before the
    /// gains of the amplifiers, in the order of the network's connections.
    pub fn draw(parameters: &Parameters, profile: &Profile, random: &mut Random) -> Vec<Self> {
        let program = |(c, weights): (&Connection, &Matrix)| {
            let (forward, ohms) = Pair::program(weights, false, profile, random);
            let apart = c.from > 0 && profile.separate_feedback;
            let feedback = apart.then(|| Pair::program(weights, true, profile, random).0.transposed());
            Self { ohms, forward, feedback }
        };
        parameters.connections.iter().zip(&parameters.weights).map(program).collect()
    }
}

impl Pair {
    /// Programs one array of `weights` and returns its conductances and its ohms.
    fn program(weights: &Matrix, backwards: bool, profile: &Profile, random: &mut Random) -> (Self, f64) {
        let mut sides = Vec::new();
        let largest =
            devices(weights, backwards, profile, random, |_, seen, _| sides.extend_from_slice(seen));
        Self::of_sides(&sides, weights.shape(), largest, profile)
    }

    /// Returns the conductances of an array, and its ohms, from the sides of its weights: column after
    /// column, first all of G⁺, then all of G⁻, from 0 at G_low to `largest` at G_high.
    pub(super) fn of_sides(
        sides: &[f32],
        (rows, columns): (usize, usize),
        largest: f32,
        profile: &Profile,
    ) -> (Self, f64) {
        let low = profile.low_conductance as f32;
        let mut columns_of = [vec![low; rows * columns], vec![low; rows * columns]];
        let per_weight = profile.range() / f64::from(if largest > 0.0 { largest } else { 1.0 });
        for (j, sides) in sides.chunks_exact(2 * rows.max(1)).enumerate() {
            for (pair, sides) in columns_of.iter_mut().zip(sides.chunks_exact(rows)) {
                for (i, side) in sides.iter().enumerate() {
                    // A side's rounding could leave one that is cut off a little below 0 S.
                    let conductance = profile.low_conductance + per_weight * f64::from(*side);
                    pair[i * columns + j] = conductance.max(0.0) as f32;
                }
            }
        }
        let [plus, minus] = columns_of;
        (Self { shape: (rows, columns), plus, minus }, profile.compensation() / per_weight)
    }

    /// Returns the transposed array.
    pub fn transposed(&self) -> Self {
        let (rows, columns) = self.shape;
        let transpose = |values: &[f32]| -> Vec<f32> {
            (0..columns).flat_map(|j| (0..rows).map(move |i| values[i * columns + j])).collect()
        };
        Self { shape: (columns, rows), plus: transpose(&self.plus), minus: transpose(&self.minus) }
    }
}

/// Writes G⁺ and G⁻ of every array in S: to one NPZ file if `path` ends in `.npz`, otherwise to a folder of
/// CSV files. An array is named `w_FROM_TO` forwards, shape (fan-out, fan-in), and `t_FROM_TO` backwards,
/// shape (fan-in, fan-out), followed by `_plus` or `_minus`.
///
/// # Errors
/// Fails if a file can't be written.
pub fn write(connections: &[Connection], devices: &[Devices], path: &Path) -> Result<()> {
    let mut tensors = Vec::new();
    for (Connection { from, to }, devices) in connections.iter().zip(devices) {
        let forward = std::iter::once(("w", &devices.forward));
        for (direction, pair) in forward.chain(devices.feedback.iter().map(|pair| ("t", pair))) {
            for (side, values) in [("plus", &pair.plus), ("minus", &pair.minus)] {
                let name = format!("{direction}_{from}_{to}_{side}");
                tensors.push(Tensor {
                    name,
                    shape: vec![pair.shape.0, pair.shape.1],
                    values: values.clone(),
                });
            }
        }
    }
    if path.extension().is_some_and(|extension| extension == "npz") {
        return files::write(path, &npz::write(&tensors)?);
    }
    files::make_folder(path)?;
    for Tensor { name, shape, values } in tensors {
        let row = |row: &[f32]| row.iter().map(|g| format!("{g:e}")).collect::<Vec<_>>().join(",") + "\n";
        let text: String = values.chunks_exact(shape[1]).map(row).collect();
        files::write(&path.join(format!("{name}.csv")), text.as_bytes())?;
    }
    Ok(())
}
