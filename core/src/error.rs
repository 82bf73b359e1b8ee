//! What can be wrong with what enters `core`.

use core::fmt;

use crate::{Arithmetic, Misfit};

/// The size or value that was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs)]
pub enum Quantity {
    Blocks,
    Connections,
    BlockUnits,
    Biases,
    Gammas,
    Weights,
    WeightRows,
    WeightColumns,
    InputValues,
    TargetValues,
    AttackValues,
    PerturbationValues,
    StateUnits,
    StateRows,
    ActivityValues,
    Problems,
    Nudges,
    FileBytes,
    ParameterBytes,
    ScalingValues,
    LearnedParameters,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocks => "blocks",
            Self::Connections => "connections",
            Self::BlockUnits => "units of a block",
            Self::Biases => "biases",
            Self::Gammas => "γ values",
            Self::Weights => "weight matrices (one a connection)",
            Self::WeightRows => "fan-out (rows) of a weight matrix",
            Self::WeightColumns => "fan-in (columns) of a weight matrix",
            Self::InputValues => "input values",
            Self::TargetValues => "target values",
            Self::AttackValues => "attack target values",
            Self::PerturbationValues => "perturbation values",
            Self::StateUnits => "units that the state has room for",
            Self::StateRows => "rows of the state",
            Self::ActivityValues => "activity values",
            Self::Problems => "inference problems",
            Self::Nudges => "weights of a nudge",
            Self::FileBytes => "bytes of the model file",
            Self::ParameterBytes => "bytes of parameters",
            Self::LearnedParameters => "parameters that learn",
            Self::ScalingValues => "offsets and factors",
        })
    }
}

/// Bad input to `core`: what, expected, got. How a relaxation ended is never an error, but a
/// [`crate::Status`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Error {
    /// A size must equal `expected`.
    Size {
        /// Which size.
        what: Quantity,
        /// The only size that fits.
        expected: usize,
        /// The size that came.
        got: usize,
    },
    /// A size exceeds what there is room for.
    TooLarge {
        /// Which size.
        what: Quantity,
        /// The largest that fits.
        limit: usize,
        /// The size that came.
        got: usize,
    },
    /// A size must be at least `expected`.
    TooSmall {
        /// Which size.
        what: Quantity,
        /// The smallest that will do.
        expected: usize,
        /// The size that came.
        got: usize,
    },
    /// A connection must run from a lower block into a higher one, in ascending order of (to, from).
    Order {
        /// Block the connection starts in.
        from: usize,
        /// Block the connection ends in.
        to: usize,
    },
    /// A block other than the input has no incoming connection.
    Unconnected {
        /// The block.
        block: usize,
    },
    /// An activation describes an empty or non-finite set.
    Activation {
        /// The block.
        block: usize,
    },
    /// A value must be finite.
    NotFinite {
        /// Which list of values.
        what: Quantity,
        /// Its place in the list.
        index: usize,
    },
    /// A block's potential doesn't go with its activation, its γ or its place.
    Potential {
        /// The block.
        block: usize,
        /// Why.
        misfit: Misfit,
    },
    /// γ must be finite and above 0.
    Gamma {
        /// Unit, counted from the first unit of block 1.
        unit: usize,
        /// The value that came.
        got: f32,
    },
    /// The output's problem is unbounded: γ_L + s must be above 0.
    Unbounded {
        /// Smallest γ of the output block.
        gamma: f32,
        /// The nudge's s.
        s: f32,
    },
    /// The bytes don't begin with the model file's mark.
    NotAModel,
    /// The file is of another format version.
    Version {
        /// The only one that is read.
        expected: u8,
        /// That of the file.
        got: u8,
    },
    /// The file is of another arithmetic than this program loads.
    Arithmetic {
        /// The arithmetic that is loaded.
        expected: Arithmetic,
        /// That of the file.
        got: Arithmetic,
    },
    /// The file is shorter, or longer, than it says.
    Truncated {
        /// Bytes that it says it has.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The checksum differs: some byte was changed.
    Checksum,
    /// The weights don't start at a multiple of `expected` bytes in memory.
    Misaligned {
        /// Alignment needed, bytes.
        expected: usize,
        /// Address modulo that alignment.
        got: usize,
    },
    /// A value, or one of an array's, is missing, not finite or out of range.
    Field {
        /// Where the value or array ends, bytes from the beginning of the file.
        end: usize,
    },
    /// The file has f16 or int8 weights, which this build leaves out: it has no feature `narrow`.
    Narrow,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Size { what, expected, got } => write!(f, "{what}: expected {expected}, got {got}"),
            Self::TooLarge { what, limit, got } => {
                write!(f, "{what}: expected at most {limit}, got {got}")
            }
            Self::TooSmall { what, expected, got } => {
                write!(f, "{what}: expected at least {expected}, got {got}")
            }
            Self::Order { from, to } => {
                write!(f, "connection {from}:{to}: expected from < to, in ascending order without repeats")
            }
            Self::Unconnected { block } => {
                write!(f, "block {block}: expected an incoming connection, got none")
            }
            Self::Activation { block } => {
                write!(f, "activation of block {block}: expected finite bounds with low ≤ high")
            }
            Self::NotFinite { what, index } => {
                write!(f, "{what}: expected finite values, got another at index {index}")
            }
            Self::Potential { block, misfit } => {
                write!(f, "potential of block {block}: expected {misfit}")
            }
            Self::Gamma { unit, got } => {
                write!(f, "γ of unit {unit}: expected a finite value above 0, got {got}")
            }
            Self::Unbounded { gamma, s } => {
                write!(f, "unbounded output problem: expected γ_L + s > 0, got γ_L = {gamma} and s = {s}")
            }
            Self::NotAModel => f.write_str("not a Fenchel model: expected it to begin with FNCL"),
            Self::Version { expected, got } => write!(
                f,
                "model file: expected format version {expected}, got {got}: train it again, or import the original again"
            ),
            Self::Arithmetic { expected: Arithmetic::F32, .. } => f.write_str(
                "model file: expected f32 arithmetic, got integer: use IntegerModel::load, or export it with f32 arithmetic",
            ),
            Self::Arithmetic { expected: Arithmetic::Integer, .. } => f.write_str(
                "model file: expected integer arithmetic, got f32: use Model::load, or export it with integer arithmetic",
            ),
            Self::Truncated { expected, got } => {
                write!(f, "model file damaged or truncated: expected {expected} bytes, got {got}")
            }
            Self::Checksum => f.write_str("model file damaged: its CRC-32 differs"),
            Self::Misaligned { expected, got } => write!(
                f,
                "model in memory: expected an address that is a multiple of {expected}, got one {got} above"
            ),
            Self::Field { end } => {
                write!(f, "model file: a value that ends at byte {end} is missing or out of range")
            }
            Self::Narrow => {
                f.write_str("model file: f16 and int8 weights need fenchel-core's feature narrow")
            }
        }
    }
}

impl core::error::Error for Error {}

/// Refuses a size unless it is as `expected`.
pub(crate) fn same(what: Quantity, expected: usize, got: usize) -> Result<(), Error> {
    if expected == got { Ok(()) } else { Err(Error::Size { what, expected, got }) }
}

/// Refuses `values` unless all are finite.
pub(crate) fn finite(what: Quantity, values: &[f32]) -> Result<(), Error> {
    for (index, value) in values.iter().enumerate() {
        if !crate::bits::is_finite(*value) {
            return Err(Error::NotFinite { what, index });
        }
    }
    Ok(())
}
