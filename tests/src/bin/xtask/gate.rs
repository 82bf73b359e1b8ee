//! The gate on instruction counts: those of a fixed small model, as recorded in
//! `tests/instruction_counts.json`. They are exact, and so a growth is a change of code or compiler.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fenchel::target::RECORDED;
use fenchel::{Architecture, Parameters, data, export};
use fenchel_core::{Attack, Objective, Perturbation, Potential, Random, Scaling, Training};
use rand_core::SeedableRng;

use crate::boards::{BOARDS, Kernel, Variant};
use crate::count::Count;
use crate::firmware::Contents;
use crate::process::root;
use crate::samples::Samples;
use crate::setup::Toolchain;

/// Growth that passes: what a new release of the compiler may do.
const SLACK: f64 = 0.02;

type Counts = BTreeMap<String, u64>;

/// Count, and compare with the record; with `record`, write it instead.
pub fn run(toolchain: &Toolchain, folder: &Path, record: bool) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let counts = count(toolchain, folder)?;
    let path = root().join("tests/instruction_counts.json");
    if record {
        let text = serde_json::to_string_pretty(&counts)? + "\n";
        return std::fs::write(&path, text).context("writing the record");
    }
    let recorded: Counts = serde_json::from_slice(&std::fs::read(&path).context("reading the record")?)?;
    let mut grown = Vec::new();
    for (name, &now) in &counts {
        let before = *recorded.get(name).with_context(|| format!("{name} isn't in the record"))?;
        let growth = now as f64 / before as f64 - 1.0;
        if growth > SLACK {
            grown.push(format!("{name}: {before} instructions grew to {now}"));
        } else if growth < -SLACK {
            println!("      {name}: {before} instructions became {now}; record it");
        }
    }
    ensure!(grown.is_empty(), "{}\nif that is meant: cargo xtask counts --record", grown.join("\n"));
    println!("      {} counts within {} % of the record", counts.len(), 100.0 * SLACK);
    Ok(())
}

fn count(toolchain: &Toolchain, folder: &Path) -> Result<Counts> {
    let digits = data::load("digits")?;
    let samples = Samples::of(&digits.test, digits.features, 10)?;
    let samples_path = folder.join("fixed.samples");
    samples.write(&samples_path)?;
    let model = fixed_model(folder)?;
    let contents = Contents { model: &model, samples: &samples_path };
    let mut counts = Counts::new();
    for board in BOARDS {
        for &kernel in [Kernel::Own].iter().chain(Variant::others(board)) {
            let variant = Variant { kernel, ..Variant::plain(board) };
            let count = Count::instructions(toolchain, variant, &contents, &samples)?;
            ensure!(
                count.bits_identical || !variant.is_strict(),
                "{}: other bits than this machine's",
                board.machine
            );
            for (what, cost) in [
                ("forward", count.forward),
                ("transposed", count.backward),
                ("dense inference", count.dense),
                ("image inference", count.infer),
                ("sweep", count.sweep),
            ] {
                let name = format!("{} {}: {what}", board.machine, variant.kernel_name());
                counts.insert(name, cost.instructions.round() as u64);
            }
        }
    }
    Ok(counts)
}

/// [`RECORDED`] with the initial weights of seed 0: the same on every machine, as trained ones aren't.
pub fn fixed_model(folder: &Path) -> Result<PathBuf> {
    initial(&RECORDED, &folder.join("fixed.fenchel"))
}

/// A model of a few hundred bytes.
pub fn smallest_model(folder: &Path) -> Result<PathBuf> {
    initial(&[8, 8, 4], &folder.join("smallest.fenchel"))
}

fn initial(sizes: &[usize], path: &Path) -> Result<PathBuf> {
    let architecture = Architecture::new(sizes, &[], Potential::FenchelYoung, &[], &[])?;
    let parameters = Parameters::new(&architecture, &mut Random::seed_from_u64(0));
    let training = Training {
        objective: Objective::ArovrAb,
        attack: Attack::Targeted,
        alpha: 0.49,
        beta: 0.25,
        perturbation: Perturbation::None,
        seed: 0,
        epoch: 1,
        data: "none",
    };
    let names: Vec<_> = (0..sizes[sizes.len() - 1]).map(|class| class.to_string()).collect();
    let scaling = Scaling { offset: 0.0, factor: 1.0 / 16.0 };
    let bytes = export::export(&parameters, training, scaling, &names)?;
    std::fs::write(path, &*bytes).with_context(|| format!("writing {}", path.display()))?;
    Ok(path.to_path_buf())
}
