//! The model file: one postcard value with a CRC-32, its weights used in place.

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::network::same;
use crate::{
    Attack, Block, Connection, Contrast, Error, Network, Objective, Packed, Perturbation, Precision,
    Quantity, Scaling, kernel,
};

/// Version of the layout that this crate reads and writes.
pub const FORMAT_VERSION: u16 = 2;
/// Most blocks of a model, the input included.
pub const MAX_BLOCKS: usize = 16;
/// Most connections of a model.
pub const MAX_CONNECTIONS: usize = 32;
/// The parameters begin at a multiple of this many bytes from the file's first byte.
pub const PARAMETER_ALIGNMENT: usize = 16;

const MARK: [u8; 4] = *b"FNCL";
static CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The file's checksum, the CRC-32 of zlib, ready to be fed.
pub fn checksum() -> crc::Digest<'static, u32> {
    CRC.digest()
}

/// Ends of a connection, and so the shape of its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Block it starts in.
    pub from: u8,
    /// Block it ends in.
    pub to: u8,
}

/// How a model was trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training<'a> {
    /// What was minimised.
    pub objective: Objective,
    /// The attack's loss.
    pub attack: Attack,
    /// Weight of the loss against the attack.
    pub alpha: f32,
    /// Strength of the nudge.
    pub beta: f32,
    /// g.
    pub perturbation: Perturbation,
    /// Seed of subset, initialisation and every draw.
    pub seed: u64,
    /// Epoch of these weights, from 1.
    pub epoch: u32,
    /// Name or path of the data.
    pub data: &'a str,
}

impl Training<'_> {
    /// The inference problems to show this model with: those that trained it, or for
    /// back-propagation, which has none, AROVR_αβ's at the paper's α = 0.49, β = 1/4.
    pub fn contrast(&self) -> Option<Contrast> {
        let own = self.objective.contrast(self.attack, self.alpha, self.beta);
        own.or(Objective::ArovrAb.contrast(Attack::Targeted, 0.49, 0.25))
    }
}

/// The file as it lies on disk and in flash; docs/format.md shows it byte by byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile<'a> {
    mark: [u8; 4],
    version: u16,
    /// How it was trained.
    #[serde(borrow)]
    pub training: Training<'a>,
    /// From raw values to inputs.
    pub scaling: Scaling,
    /// Names of the classes, separated by line feeds.
    pub class_names: &'a str,
    /// The blocks 0..=L.
    pub blocks: Vec<Block, MAX_BLOCKS>,
    /// The connections, sorted by (to, from).
    pub connections: Vec<Edge, MAX_CONNECTIONS>,
    /// The form of the weights.
    pub precision: Precision,
    /// Bytes that align what follows.
    pub padding: &'a [u8],
    /// Little-endian: the packed weights of each connection, [`Precision::bytes`] long; then biases,
    /// then γ, f32.
    pub parameters: &'a [u8],
}

impl<'a> ModelFile<'a> {
    /// A file of the current version, its weights f32.
    pub fn new(
        training: Training<'a>,
        scaling: Scaling,
        class_names: &'a str,
        blocks: Vec<Block, MAX_BLOCKS>,
        connections: Vec<Edge, MAX_CONNECTIONS>,
        parameters: &'a [u8],
    ) -> Self {
        let (mark, padding) = (MARK, [].as_slice());
        Self {
            mark,
            version: FORMAT_VERSION,
            training,
            scaling,
            class_names,
            blocks,
            connections,
            precision: Precision::F32,
            padding,
            parameters,
        }
    }
}

/// A validated model whose weights lie where the file does.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    training: Training<'a>,
    scaling: Scaling,
    class_names: &'a str,
    blocks: Vec<Block, MAX_BLOCKS>,
    connections: Vec<Connection<Packed<'a>>, MAX_CONNECTIONS>,
    biases: &'a [f32],
    gammas: &'a [f32],
    precision: Precision,
}

impl<'a> Model<'a> {
    /// Load the model in `bytes`, which begin at a multiple of 4 and hold the file, no more.
    /// Everything is checked here, so that nothing can go wrong later.
    ///
    /// # Errors
    /// [`Error::NotAModel`], [`Error::Size`] of the version, [`Error::Truncated`],
    /// [`Error::Checksum`], [`Error::Misaligned`], and whatever [`Network::new`] refuses.
    pub fn load(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.split_first_chunk::<4>() {
            Some((mark, rest)) if *mark == MARK => {
                let (version, _) = postcard::take_from_bytes::<u16>(rest)
                    .map_err(|_| Error::Truncated { got: bytes.len() })?;
                same(Quantity::FormatVersion, FORMAT_VERSION.into(), version.into())?;
            }
            _ => return Err(Error::NotAModel),
        }
        let truncated = Error::Truncated { got: bytes.len() };
        let (file, rest) = postcard::take_from_bytes::<ModelFile>(bytes).map_err(|_| truncated)?;
        let (sum, rest) = rest.split_first_chunk::<4>().ok_or(truncated)?;
        let end = bytes.len() - (rest.len() + sum.len()).min(bytes.len());
        if CRC.checksum(bytes.get(..end).unwrap_or_default()) != u32::from_le_bytes(*sum) {
            return Err(Error::Checksum);
        }
        same(Quantity::FileBytes, end + sum.len(), bytes.len())?;
        Self::assemble(file)
    }

    fn assemble(file: ModelFile<'a>) -> Result<Self, Error> {
        let misaligned = file.parameters.as_ptr().addr() % align_of::<f32>();
        if misaligned != 0 {
            return Err(Error::Misaligned { expected: align_of::<f32>(), got: misaligned });
        }
        let all = file.parameters.len();
        same(Quantity::ParameterBytes, all / 4 * 4, all)?;
        check_header(&file)?;
        let ModelFile { training, scaling, class_names, blocks, precision, .. } = file;
        let (connections, biases, gammas) = (Vec::new(), [].as_slice(), [].as_slice());
        // Filled where it stays: copies of its lists would cost stack.
        let mut model =
            Self { training, scaling, class_names, blocks, connections, biases, gammas, precision };
        let size = |block: u8| model.blocks.get(usize::from(block)).map(Block::size);
        let mut rest = file.parameters;
        for edge in &file.connections {
            let (from, to) = (edge.from.into(), edge.to.into());
            let (Some(columns), Some(rows)) = (size(edge.from), size(edge.to)) else {
                return Err(Error::Order { from, to });
            };
            let panels;
            (panels, rest) = take(rest, precision.bytes(rows, columns), all)?;
            let place = all - panels.len() - rest.len();
            let weights = weights(precision, rows, columns, panels, place)?;
            // The file's list is as long as this one at most.
            let _ = model.connections.push(Connection { from, to, weights });
        }
        let units: usize = model.blocks.iter().skip(1).map(Block::size).sum();
        let (biases, rest) = take(rest, 4 * units, all)?;
        let (gammas, rest) = take(rest, 4 * units, all)?;
        same(Quantity::ParameterBytes, all - rest.len().min(all), all)?;
        model.biases = finite(biases, all - 8 * units)?;
        model.gammas = finite(gammas, all - 4 * units)?;
        let network = Network::new(&model.blocks, &model.connections, model.biases, model.gammas)?;
        same(Quantity::Classes, network.output_units(), model.class_names().count())?;
        Ok(model)
    }

    /// The network, over the file's own bytes.
    pub fn network(&self) -> Network<'_, Packed<'a>> {
        Network::trusted(&self.blocks, &self.connections, self.biases, self.gammas)
    }

    /// The form of its weights.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// How it was trained.
    pub fn training(&self) -> &Training<'a> {
        &self.training
    }

    /// From raw values to inputs.
    pub fn scaling(&self) -> Scaling {
        self.scaling
    }

    /// Names of the classes, one an output unit.
    pub fn class_names(&self) -> impl Iterator<Item = &'a str> {
        // Not `str::split`, whose slicing the compiler doesn't always prove to be free of panics.
        let mut rest = Some(self.class_names);
        core::iter::from_fn(move || {
            let names = rest?;
            let end = names.bytes().position(|byte| byte == b'\n').unwrap_or(names.len());
            rest = names.get(end + 1..);
            names.get(..end)
        })
    }
}

/// Blocks small enough that no size computed from them overflows, and finite header values.
fn check_header(file: &ModelFile) -> Result<(), Error> {
    const MOST_UNITS: usize = 1 << 13;
    for block in &file.blocks {
        if block.size() > MOST_UNITS {
            return Err(Error::TooLarge { what: Quantity::BlockUnits, limit: MOST_UNITS, got: block.size() });
        }
    }
    let Scaling { offset, factor } = file.scaling;
    if !(offset.is_finite() && factor.is_finite()) {
        return Err(Error::Header { field: "scaling" });
    }
    let Training { alpha, beta, .. } = file.training;
    if !(alpha.is_finite() && beta.is_finite()) {
        return Err(Error::Header { field: "training" });
    }
    Ok(())
}

/// One matrix in place, `place` bytes after the first parameter.
fn weights(
    precision: Precision,
    rows: usize,
    columns: usize,
    bytes: &[u8],
    place: usize,
) -> Result<Packed<'_>, Error> {
    match precision {
        Precision::F32 => Packed::new(rows, columns, finite(bytes, place)?),
        #[cfg(feature = "narrow")]
        Precision::F16 => Packed::from_halves(rows, columns, kernel::halves(bytes).unwrap_or_default()),
        #[cfg(feature = "narrow")]
        Precision::Int8 => {
            let scales = 4 * rows.next_multiple_of(crate::PANEL);
            let (scales, values) = bytes.split_at_checked(scales).unwrap_or_default();
            Packed::from_bytes(rows, columns, finite(scales, place)?, kernel::bytes_as_signed(values))
        }
        #[cfg(not(feature = "narrow"))]
        _ => Err(Error::Header { field: "precision, without the feature narrow" }),
    }
}

/// The f32 values of `bytes`, `place` bytes after the first parameter, all finite.
fn finite(bytes: &[u8], place: usize) -> Result<&[f32], Error> {
    let values = kernel::values(bytes).unwrap_or_default();
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NotFinite { what: Quantity::ParameterBytes, index: place / 4 + index }),
        None => Ok(values),
    }
}

/// The first `n` of `bytes`, which end the parameters, `all` bytes together.
fn take(bytes: &[u8], n: usize, all: usize) -> Result<(&[u8], &[u8]), Error> {
    bytes.split_at_checked(n).ok_or(Error::TooSmall {
        what: Quantity::ParameterBytes,
        expected: all - bytes.len().min(all) + n,
        got: all,
    })
}

/// The label of an answer: its largest value's index, the first of equals; 0 if there is none.
pub fn label(outputs: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, &output) in outputs.iter().enumerate() {
        if output > best.1 {
            best = (i, output);
        }
    }
    best.0
}
