//! Reads networks of other programs: NPZ, safetensors and ONNX, told apart by their first bytes.

use anyhow::Result;
use fenchel::convert;

pub fn read(bytes: &[u8]) -> Result<()> {
    convert::import("file", bytes, &convert::Hints::default()).map(drop)
}
