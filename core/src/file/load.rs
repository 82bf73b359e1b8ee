//! The loader: everything is checked here, and the weights are used in place.

use heapless::Vec;
use serde::Deserialize;

use super::crc::crc32;
use super::header::MARK;
use crate::network::same;
use crate::{
    Block, Connection, Edge, Error, FORMAT_VERSION, MAX_BLOCKS, MAX_CONNECTIONS, Network, Packed, Precision,
    Quantity, Scaling, Training, kernel,
};

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
        let truncated = Error::Truncated { got: bytes.len() };
        let Some((&MARK, rest)) = bytes.split_first_chunk() else {
            return Err(Error::NotAModel);
        };
        let mut fields = postcard::Deserializer::from_bytes(rest);
        let version = u16::deserialize(&mut fields).map_err(|_| truncated)?;
        same(Quantity::FormatVersion, FORMAT_VERSION.into(), version.into())?;
        // Filled where it stays: copies of its lists would cost stack.
        let mut model = Self {
            training: Training::deserialize(&mut fields).map_err(|_| truncated)?,
            scaling: Scaling { offset: 0.0, factor: 0.0 },
            class_names: "",
            blocks: Vec::new(),
            connections: Vec::new(),
            biases: &[],
            gammas: &[],
            precision: Precision::F32,
        };
        let mut edges = Vec::new();
        let parameters = model.read(&mut fields, &mut edges).map_err(|_| truncated)?;
        let rest = fields.finalize().map_err(|_| truncated)?;
        let (sum, rest) = rest.split_first_chunk::<4>().ok_or(truncated)?;
        let end = bytes.len() - (rest.len() + sum.len()).min(bytes.len());
        if crc32(bytes.get(..end).unwrap_or_default()) != u32::from_le_bytes(*sum) {
            return Err(Error::Checksum);
        }
        same(Quantity::FileBytes, end + sum.len(), bytes.len())?;
        model.assemble(&edges, parameters)?;
        Ok(model)
    }

    /// The fields of a [`crate::ModelFields`] after its training, in their order; the connections and parameters
    /// are for [`assemble`](Self::assemble).
    fn read(
        &mut self,
        fields: &mut postcard::Deserializer<'a, postcard::de_flavors::Slice<'a>>,
        edges: &mut Vec<Edge, MAX_CONNECTIONS>,
    ) -> postcard::Result<&'a [u8]> {
        const TOO_MANY: postcard::Error = postcard::Error::SerdeDeCustom;
        self.scaling = Scaling::deserialize(&mut *fields)?;
        self.class_names = <&str>::deserialize(&mut *fields)?;
        for _ in 0..u32::deserialize(&mut *fields)? {
            self.blocks.push(Block::deserialize(&mut *fields)?).map_err(|_| TOO_MANY)?;
        }
        for _ in 0..u32::deserialize(&mut *fields)? {
            edges.push(Edge::deserialize(&mut *fields)?).map_err(|_| TOO_MANY)?;
        }
        self.precision = Precision::deserialize(&mut *fields)?;
        let _padding = <&[u8]>::deserialize(&mut *fields)?;
        <&[u8]>::deserialize(fields)
    }

    /// Check what was read, and lay the weights out in place.
    fn assemble(&mut self, edges: &[Edge], parameters: &'a [u8]) -> Result<(), Error> {
        let misaligned = parameters.as_ptr().addr() % align_of::<f32>();
        if misaligned != 0 {
            return Err(Error::Misaligned { expected: align_of::<f32>(), got: misaligned });
        }
        let all = parameters.len();
        same(Quantity::ParameterBytes, all / 4 * 4, all)?;
        self.check_header()?;
        let size = |block: u8| self.blocks.get(usize::from(block)).map(Block::size);
        let mut rest = parameters;
        for edge in edges {
            let (from, to) = (edge.from.into(), edge.to.into());
            let (Some(columns), Some(rows)) = (size(edge.from), size(edge.to)) else {
                return Err(Error::Order { from, to });
            };
            let panels;
            (panels, rest) = take(rest, self.precision.bytes(rows, columns), all)?;
            let place = all - panels.len() - rest.len();
            let weights = weights(self.precision, rows, columns, panels, place)?;
            // The file's list is as long as this one at most.
            let _ = self.connections.push(Connection { from, to, weights });
        }
        let units: usize = self.blocks.iter().skip(1).map(Block::size).sum();
        let (biases, rest) = take(rest, 4 * units, all)?;
        let (gammas, rest) = take(rest, 4 * units, all)?;
        same(Quantity::ParameterBytes, all - rest.len().min(all), all)?;
        self.biases = finite(biases, all - 8 * units)?;
        self.gammas = finite(gammas, all - 4 * units)?;
        let network = Network::new(&self.blocks, &self.connections, self.biases, self.gammas)?;
        same(Quantity::Classes, network.output_units(), self.class_names().count())
    }

    /// Blocks small enough that no size computed from them overflows, and finite header values.
    fn check_header(&self) -> Result<(), Error> {
        const MOST_UNITS: usize = 1 << 13;
        for block in &self.blocks {
            if block.size() > MOST_UNITS {
                return Err(Error::TooLarge {
                    what: Quantity::BlockUnits,
                    limit: MOST_UNITS,
                    got: block.size(),
                });
            }
        }
        let Scaling { offset, factor } = self.scaling;
        if !(offset.is_finite() && factor.is_finite()) {
            return Err(Error::Header { field: "scaling" });
        }
        let Training { alpha, beta, .. } = self.training;
        if !(alpha.is_finite() && beta.is_finite()) {
            return Err(Error::Header { field: "training" });
        }
        Ok(())
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
        Precision::F16 | Precision::Int8 => {
            Err(Error::Header { field: "precision, without the feature narrow" })
        }
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
