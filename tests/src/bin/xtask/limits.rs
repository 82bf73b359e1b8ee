//! Measures memory and code of the device, and checks them against what the README promises.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use fenchel::analysis::cost::{INFER_CODE, INFER_STACK, NARROW_CODE, RELAX_CODE, RELAX_STACK};
use fenchel::data;

use crate::boards::{BOARDS, Variant};
use crate::firmware::{self, Contents};
use crate::process::check;
use crate::samples::Samples;
use crate::toolchain::Toolchain;
use crate::{gate, hostile, qemu};

/// Most bytes of code that learning in place adds to a program that relaxes.
const LEARN_CODE: u64 = 11_776;

/// Checks memory and code of a fixed model, single-bit flips, and hostile files.
pub fn all(toolchain: &Toolchain, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let variant = Variant::plain(BOARDS.first().context("a board")?);
    let digits = data::load("digits")?;
    let samples = folder.join("samples");
    Samples::of(&digits.test, digits.features, 1)?.write(&samples)?;
    let (fixed, smallest) = (gate::fixed_model(folder)?, gate::smallest_model(folder)?);
    type Job<'a> = &'a (dyn Fn(&Toolchain) -> Result<()> + Sync);
    let jobs: [Job; 3] = [
        &|toolchain| run(toolchain, &variant, &Contents { model: &fixed, samples: &samples }),
        &|toolchain| flips(toolchain, &variant, &Contents { model: &smallest, samples: &samples }),
        &|toolchain| hostile::run(toolchain, &variant, &samples, folder),
    ];
    toolchain.in_lanes(folder, &jobs, |index, _| index, |toolchain, _, job| job(toolchain))?;
    Ok(())
}

/// Measures, prints, and checks the limits.
fn run(toolchain: &Toolchain, variant: &Variant, contents: &Contents) -> Result<()> {
    let image = firmware::build(toolchain, variant, contents, "memory", "")?;
    let measured = measure(variant, &image)?;
    let get = |what: &str| measured.get(what).copied().with_context(|| format!("no {what} in the log"));
    let (units, state) = (get("units")?, get("state")?);
    let (load, infer, relax) = (get("load")?, get("infer")?, get("relax")?);
    println!("      RAM: state {state} bytes, 6 f32 for each of {units} units; model {}", get("model")?);
    println!("      stack: loading {load} bytes, inference {infer}, relaxation {relax}");
    ensure!(state == 24 * units, "the state isn't 6 f32 a unit");
    ensure!(infer <= INFER_STACK, "inference takes {infer} bytes of stack, more than {INFER_STACK}");
    ensure!(relax <= RELAX_STACK, "a relaxation takes {relax} bytes of stack, more than {RELAX_STACK}");
    let [infer, relax, narrow, all, learn] = ["", "relax", "narrow", "relax,narrow", "relax,learn"]
        .map(|features| code(toolchain, variant, contents, features));
    let (infer, relax, learn) = (infer?, relax?, learn?);
    println!("      code for size: inference {infer} bytes, with sweeps {relax}");
    let learning = learn - relax;
    println!("      learning in place adds {learning} bytes");
    ensure!(learning <= LEARN_CODE, "learning takes {learning} bytes of code, more than {LEARN_CODE}");
    let (narrow, all) = (narrow?, all?);
    println!("      with f16 and int8 weights: {narrow} and {all}");
    ensure!(infer <= INFER_CODE, "inference takes {infer} bytes of code, more than {INFER_CODE}");
    ensure!(relax <= RELAX_CODE, "sweeps take {relax} bytes of code, more than {RELAX_CODE}");
    let (infer_limit, relax_limit) = (INFER_CODE + NARROW_CODE, RELAX_CODE + NARROW_CODE);
    ensure!(narrow <= infer_limit, "narrow inference takes {narrow} bytes of code, more than {infer_limit}");
    ensure!(all <= relax_limit, "narrow sweeps take {all} bytes of code, more than {relax_limit}");
    Ok(())
}

/// Checks that every single-bit flip and every shorter file is refused on the device, and that files with a
/// forged CRC end without a fault.
fn flips(toolchain: &Toolchain, variant: &Variant, contents: &Contents) -> Result<()> {
    let image = firmware::build(toolchain, variant, contents, "flips", "")?;
    let ended = qemu::run(variant.board, &image)?;
    let log = ended.lines.join("\n      ");
    ensure!(ended.success, "flips failed:\n{log}");
    ensure!(ended.lines.len() == 3, "expected three lines, got:\n{log}");
    println!("      {log}");
    Ok(())
}

/// Returns the bytes of flash of the image `size`.
fn code(toolchain: &Toolchain, variant: &Variant, contents: &Contents, features: &str) -> Result<u64> {
    let arguments = [
        "build",
        "--quiet",
        "--profile",
        "small",
        "--locked",
        "--no-default-features",
        "--bin",
        "size",
        "--features",
        features,
    ];
    check(&mut firmware::cargo_firmware(toolchain, variant, contents, &arguments))?;
    let image = toolchain.target_folder().join(variant.board.target).join("small/size");
    Ok(firmware::footprint(&image)?.flash)
}

/// Returns the lines `WHAT BYTES` of the image `memory`.
fn measure(variant: &Variant, image: &Path) -> Result<HashMap<String, usize>> {
    let ended = qemu::run(variant.board, image)?;
    ensure!(ended.success, "memory failed:\n{}", ended.lines.join("\n"));
    let pair = |line: &String| {
        let (what, bytes) = line.split_once(' ').context("a name and a number")?;
        Ok((what.to_string(), bytes.parse()?))
    };
    ended.lines.iter().map(pair).collect()
}
