//! Checks that hostile model files are refused on the device.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::boards::Variant;
use crate::firmware::{self, Contents};
use crate::qemu;
use crate::toolchain::Toolchain;

#[path = "../../../../host/tests/hostile/mod.rs"]
mod models;

/// Alignment in bytes at which every file begins.
const ALIGNMENT: usize = 16;

/// Builds the image `hostile` around all of them, and runs it.
pub fn run(toolchain: &Toolchain, variant: &Variant, samples: &Path, folder: &Path) -> Result<()> {
    let path = folder.join("hostile");
    std::fs::write(&path, container()).with_context(|| format!("writing {}", path.display()))?;
    let image = firmware::build(toolchain, variant, &Contents { model: &path, samples }, "hostile", "")?;
    let ended = qemu::run(variant.board, &image)?;
    let log = ended.lines.join("\n      ");
    ensure!(ended.success && ended.lines.len() == 1, "hostile failed{}:\n{log}", place_of(&ended.lines));
    println!("      {log}");
    Ok(())
}

/// Returns what is wrong with the file that the image named, if it named a hostile one.
fn place_of(lines: &[String]) -> String {
    let number = lines.iter().find_map(|line| line.strip_prefix("file ")?.parse::<usize>().ok());
    let file = number.and_then(|number| number.checked_sub(models::right().len()));
    let files = models::files();
    file.and_then(|file| files.get(file)).map_or(String::new(), |file| format!(" at {}", file.what))
}

/// Returns the container that `firmware/src/bin/hostile.rs` reads.
fn container() -> Vec<u8> {
    let (right, hostile) = (models::right(), models::files());
    let number = |value: usize| (value as u32).to_le_bytes();
    let mut bytes = [number(right.len()), number(right.len() + hostile.len())].concat();
    for file in right.iter().chain(hostile.iter().map(|file| &file.bytes)) {
        bytes.resize((bytes.len() + 4).next_multiple_of(ALIGNMENT) - 4, 0);
        // The first length stands at 28.
        if bytes.len() < 2 * ALIGNMENT - 4 {
            bytes.resize(2 * ALIGNMENT - 4, 0);
        }
        bytes.extend(number(file.len()));
        bytes.extend(file);
    }
    bytes
}
