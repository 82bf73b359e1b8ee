//! Recognises files of other programs that can't be read, and says how to convert them.

use std::io::Cursor;

use anyhow::Result;
use zip::ZipArchive;

use super::bad;

const TORCH: &str = "safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\") in Python";

/// Returns an error with the remedy if the file is known to be something else.
pub fn refuse(place: &str, file: &[u8]) -> Result<()> {
    let is = |what: &str, remedy: &str| {
        let expected = format!("safetensors, NPZ or an ONNX model (write one by {remedy})");
        Err(bad(place, expected, what))
    };
    let archive = if file.starts_with(b"PK") { ZipArchive::new(Cursor::new(file)).ok() } else { None };
    let holds = |ending: &str| {
        archive
            .as_ref()
            .is_some_and(|archive| archive.file_names().flatten().any(|name| name.ends_with(ending)))
    };
    if holds("data.pkl") || file.starts_with(&[0x80, 0x02]) {
        return is("a PyTorch pickle, as torch.save writes it", TORCH);
    }
    if file.starts_with(b"\x89HDF") || holds("model.weights.h5") {
        return is("a Keras model", "model.export(\"model.onnx\", format=\"onnx\") in Python");
    }
    if file.get(4..8) == Some(b"TFL3") {
        return is("a TensorFlow Lite model", "tf2onnx of the model before its conversion");
    }
    if file.first() == Some(&0x80) && file.last() == Some(&b'.') {
        return is("a Python pickle", "skl2onnx.to_onnx if it is scikit-learn's");
    }
    Ok(())
}
