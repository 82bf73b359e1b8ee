//! Compares instruction counts and modelled cycles of a fixed small model with the record in
//! `host/data/instruction_counts.json`. They are exact, so growth means that code or compiler changed:
//! `host/data/instruction_counts.rustc` names the compiler of the record. Also checks what `fenchel inspect
//! --target` estimates from the record for other models.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fenchel::analysis::cost::{self, RECORDED};
use fenchel::convert::quantise::quantise;
use fenchel::data::Values;
use fenchel::store::model_file;
use fenchel::store::model_file::ModelBytes;
use fenchel::{Architecture, Parameters, data};
use fenchel_core::{Attack, Objective, Perturbation, Potential, Precision, Random, Scaling, Training};
use rand_core::SeedableRng;

use crate::boards::{BOARDS, Kernel, Variant};
use crate::count::{Cost, Count};
use crate::firmware::Contents;
use crate::process::root;
use crate::samples::Samples;
use crate::toolchain::Toolchain;

/// Growth that is allowed.
const SLACK: f64 = 0.01;

/// Forms of weights.
const FORMS: [Precision; 3] = [Precision::F32, Precision::F16, Precision::Int8];

type Counts = BTreeMap<String, u64>;

/// Counts, and compares with the record; with `record`, writes it instead. Differences of another compiler
/// than the record's are printed, and fail nothing.
pub fn run(toolchain: &Toolchain, folder: &Path, record: bool) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let counts = count(toolchain, folder)?;
    let path = root().join("host/data/instruction_counts.json");
    if record {
        let text = serde_json::to_string_pretty(&counts)? + "\n";
        std::fs::write(&path, text).context("writing the record")?;
        return std::fs::write(compiler_path(), toolchain.version()?)
            .context("writing the record's compiler");
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
    let within =
        format!("{} of {} counts within {} %", counts.len() - grown.len(), counts.len(), 100.0 * SLACK);
    println!("      {within} of the record");
    if holds_for(toolchain)? {
        ensure!(grown.is_empty(), "{}\nif that is meant: cargo xtask counts --record", grown.join("\n"));
    }
    Ok(())
}

/// Returns whether the record was made by the compiler of `toolchain`, and says so if it wasn't.
fn holds_for(toolchain: &Toolchain) -> Result<bool> {
    let recorded = std::fs::read_to_string(compiler_path()).context("reading the record's compiler")?;
    let compiler = toolchain.version()?;
    let same = recorded == compiler;
    if !same {
        println!(
            "      not held to the record, which is of {}: this is {}",
            recorded.trim(),
            compiler.trim()
        );
    }
    Ok(same)
}

fn compiler_path() -> PathBuf {
    root().join("host/data/instruction_counts.rustc")
}

fn count(toolchain: &Toolchain, folder: &Path) -> Result<Counts> {
    let model = fixed_model(folder)?;
    let mut jobs = Vec::new();
    for (index, board) in BOARDS.iter().enumerate() {
        // What is compiled for another board of the same target is the same code.
        let first = BOARDS.iter().position(|other| other.target == board.target) == Some(index);
        for &kernel in [Kernel::Own].iter().chain(Variant::others(board)) {
            let variant = Variant { kernel, ..Variant::plain(board) };
            let forms = if first && kernel == Kernel::Own { FORMS.as_slice() } else { &[Precision::F32] };
            jobs.extend(forms.iter().map(|&form| (variant, form)));
        }
    }
    let run = |toolchain: &Toolchain, folder: &Path, &(variant, form): &(Variant, Precision)| {
        measure(toolchain, variant, &model, form, folder)
    };
    let mut counts = Counts::new();
    for count in toolchain.in_lanes(folder, &jobs, |_, (variant, _)| variant.lane(), run)? {
        record(&mut counts, &count);
    }
    Ok(counts)
}

/// Counts `model` in this form of weights on this variant of a board.
fn measure(
    toolchain: &Toolchain,
    variant: Variant,
    model: &Path,
    form: Precision,
    folder: &Path,
) -> Result<Count> {
    let bytes = ModelBytes::read(model)?;
    let f32_model = bytes.model(model.display())?;
    let quantised = folder.join("form.fenchel");
    let path = match form {
        Precision::F32 => model,
        _ => {
            std::fs::write(&quantised, &*quantise(&f32_model, form)?)?;
            &quantised
        }
    };
    let network = f32_model.network();
    let samples = samples(network.input_units(), network.output_units())?;
    let samples_path = folder.join("fixed.samples");
    samples.write(&samples_path)?;
    let contents = Contents { model: path, samples: &samples_path };
    let count = Count::new(toolchain, variant, &contents, &samples)?;
    let machine = variant.board.machine;
    ensure!(count.bits_identical || !variant.is_strict(), "{machine}: other bits than this machine's");
    Ok(count)
}

/// Returns digits with as many values and classes as a model needs.
fn samples(size: usize, classes: usize) -> Result<Samples> {
    let digits = data::load("digits")?;
    let mut samples = Samples::of(&digits.test, digits.features, 10)?;
    let longer = |sample: &[u8]| sample.iter().copied().cycle().take(size).collect::<Vec<_>>();
    let Values::Bytes(bytes) = &samples.values else { bail!("expected digits of bytes") };
    samples.values = Values::Bytes(bytes.chunks_exact(samples.size).flat_map(longer).collect());
    samples.size = size;
    samples.labels.iter_mut().for_each(|label| *label %= classes as u8);
    Ok(samples)
}

fn record(counts: &mut Counts, count: &Count) {
    let Variant { board, .. } = count.variant;
    let mut insert = |what: &str, cost: Cost| {
        let name = format!("{} {} {}: {what}", board.machine, count.variant.kernel_name(), count.form);
        if let Some(cycles) = cost.cycles {
            counts.insert(format!("{name}, cycles"), cycles.round() as u64);
        }
        counts.insert(name, cost.instructions.round() as u64);
    };
    for (pair, [forward, transposed]) in RECORDED.windows(2).zip(&count.products) {
        insert(&format!("forward {}x{}", pair[1], pair[0]), *forward);
        insert(&format!("transposed {}x{}", pair[1], pair[0]), *transposed);
    }
    insert("dense inference", count.dense);
    insert("image inference", count.infer);
    insert("sweep", count.sweep);
    insert("busy inference", count.busy[0]);
    insert("busy sweep", count.busy[1]);
}

/// Chains of other sizes than the record's: a tiny one, one whose sizes are no multiple of anything, and a
/// large one.
const OTHERS: [&[usize]; 3] = [&[8, 8, 4], &[64, 50, 21, 10], &[256, 256, 10]];
/// Largest ratio of an estimate to the measurement without skipped zeros.
const GENEROUS: f64 = 1.5;

/// Checks that the estimates of `fenchel inspect --target` are above what [`OTHERS`] take on the first
/// board, whether units are 0 or not, and not far above.
pub fn estimates(toolchain: &Toolchain, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let variant = Variant::plain(BOARDS.first().context("a board")?);
    let jobs: Vec<_> = OTHERS.iter().flat_map(|sizes| FORMS.map(|form| (*sizes, form))).collect();
    let run = |toolchain: &Toolchain, folder: &Path, &(sizes, form): &(&[usize], Precision)| {
        let path = initial(sizes, &folder.join("other.fenchel"))?;
        ratios(toolchain, variant, &path, form, folder).with_context(|| format!("{sizes:?}"))
    };
    let ratios: Vec<_> = toolchain.in_lanes(folder, &jobs, |index, _| index, run)?.concat();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    println!("      estimates are {least:.2} to {most:.2} times what is measured");
    if !holds_for(toolchain)? {
        return Ok(());
    }
    ensure!(least >= 1.0, "an estimate is below what is measured");
    ensure!(most <= GENEROUS, "an estimate is more than {GENEROUS} times what is measured");
    Ok(())
}

/// Returns estimate divided by measurement of `model`'s instructions and cycles, for inference and sweep;
/// prints those that aren't between 1 and [`GENEROUS`].
fn ratios(
    toolchain: &Toolchain,
    variant: Variant,
    path: &Path,
    form: Precision,
    folder: &Path,
) -> Result<Vec<f64>> {
    let count = measure(toolchain, variant, path, form, folder)?;
    let bytes = ModelBytes::read(path)?;
    let model = bytes.model(path.display())?;
    let costs = cost::costs(&model.network(), form, variant.board)?;
    let estimate = &costs[variant.kernel_name()];
    let mut ratios = Vec::new();
    for (what, [one, busy]) in
        [("inference", [count.dense, count.busy[0]]), ("sweep", [count.sweep, count.busy[1]])]
    {
        let cycles = |cost: Cost| cost.cycles.context("cycles");
        let instructions = one.instructions.max(busy.instructions);
        let cycles = cycles(one)?.max(cycles(busy)?);
        for (unit, measured) in [("instructions", instructions), ("cycles", cycles)] {
            let ratio = estimate[what][unit].as_f64().context("an estimate")? / measured;
            if !(1.0..=GENEROUS).contains(&ratio) {
                println!(
                    "      {} {what}: {measured:.0} {unit}, the estimate {ratio:.2} times that",
                    count.form
                );
            }
            ratios.push(ratio);
        }
    }
    Ok(ratios)
}

/// Writes a model of the sizes [`RECORDED`] with the initial weights of seed 0, which are the same on every
/// machine, unlike trained ones.
pub fn fixed_model(folder: &Path) -> Result<PathBuf> {
    initial(&RECORDED, &folder.join("fixed.fenchel"))
}

/// Writes such a model of the sizes on which kernels of other projects were counted.
pub fn image_model(folder: &Path) -> Result<PathBuf> {
    initial(&[784, 256, 256, 10], &folder.join("images.fenchel"))
}

/// Writes a model of a few hundred bytes.
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
    };
    let names: Vec<_> = (0..sizes[sizes.len() - 1]).map(|class| class.to_string()).collect();
    let scaling = Scaling::new(&[0.0], &[1.0 / 16.0])?;
    let bytes = model_file::export_classifier(&parameters, training, scaling, &names)?;
    std::fs::write(path, &*bytes).with_context(|| format!("writing {}", path.display()))?;
    Ok(path.to_path_buf())
}
