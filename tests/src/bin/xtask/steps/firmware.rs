//! Steps over the firmware, in QEMU.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use fenchel::data;
use fenchel::store::model_file::ModelBytes;
use fenchel::store::run::{BEST, SETTINGS};
use fenchel::train::Settings;
use fenchel_core::Random;
use rand_core::{Rng, SeedableRng};

use super::{Bench, LeftOut};
use crate::boards::{BOARDS, Board, Kernel, Variant};
use crate::demo::fenchel;
use crate::device::{self, Report};
use crate::firmware::{self, Contents, cargo_firmware};
use crate::process::{check, output};
use crate::samples::Samples;
use crate::toolchain::{Compiler, Toolchain};
use crate::{gate, integer, kept, learned, limits, qemu, template as own_board};

/// Largest difference of fused outputs from the strict ones, as a share of the largest: the rounding of a
/// few hundred terms that partly cancel.
const FUSED: f32 = 1e-5;

/// Options of models with every kind of block and graph.
const KINDS: [(&str, &str); 4] = [
    ("skips-and-clip", "--layers 24,16,12 --skip 1:3,0:2 --activation clip:0:1 --gamma 1,0.5,2,1"),
    ("simplex", "--layers 24,16 --activation relu,simplex"),
    ("quadratic", "--layers 24,16 --skip 1:3 --potential quadratic --activation relu,clip:0:1"),
    ("element-wise", "--layers 24,16 --distance elementwise --gamma 0.5,0.8,1"),
];

/// Models of a table that aren't of classes, and what else `train` takes for them. Samples are floats.
const TASKS: [(&str, &str, &str); 2] = [
    ("regression", "regress", "--label flow,pressure --ignore state"),
    ("reconstruction", "reconstruct", "--label state --normal ok"),
];

/// Returns the board of all steps but the comparison, which takes every one.
fn board() -> Result<Variant> {
    Ok(Variant::plain(BOARDS.first().context("a board")?))
}

/// Returns the first test digits, and their file.
fn digits(bench: &Bench, count: usize) -> Result<(Samples, PathBuf)> {
    let digits = data::load("digits")?;
    let samples = Samples::of(&digits.test, digits.features, count)?;
    let path = bench.folder.join("samples");
    samples.write(&path)?;
    Ok((samples, path))
}

/// Checks that there is no warning, where the toolchain has clippy.
pub fn lints(bench: &Bench) -> Result<()> {
    if matches!(bench.toolchain()?.compiler, Compiler::Debian { .. }) {
        return Err(LeftOut("clippy among Debian's packages".into()).into());
    }
    let (_, samples) = digits(bench, 1)?;
    let contents = Contents { model: bench.model()?, samples: &samples };
    let arguments = ["clippy", "--quiet", "--release", "--locked"];
    check(cargo_firmware(bench.toolchain()?, &board()?, &contents, &arguments).args(["--", "-Dwarnings"]))
}

/// Checks that the image `no_panic` links, and doesn't with a deliberate panic in it.
pub fn no_panic(bench: &Bench) -> Result<()> {
    let (_, samples) = digits(bench, 1)?;
    let contents = Contents { model: bench.model()?, samples: &samples };
    firmware::build(bench.toolchain()?, &board()?, &contents, "no_panic", "")?;
    let mut broken = firmware::build_command(bench.toolchain()?, &board()?, &contents, "no_panic", "panic");
    let output = broken.output().context("building with a deliberate panic")?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "a deliberate panic linked");
    ensure!(log.contains("undefined symbol: a_panic_is_reachable"), "failed for another reason:\n{log}");
    Ok(())
}

/// Checks that every board and kernel gives this machine's bits: outputs and relaxed states of 500 inputs,
/// in every form of weights.
pub fn same_bits(bench: &Bench) -> Result<()> {
    let (samples, _) = digits(bench, 500)?;
    let variants = BOARDS.iter().flat_map(|board| {
        let kernels = [Kernel::Own].iter().chain(Variant::others(board));
        kernels.map(move |&kernel| Variant { kernel, ..Variant::plain(board) })
    });
    let variants: Vec<_> = variants.collect();
    let models = [
        ("f32", bench.model()?.to_path_buf()),
        ("f16", narrowed(bench, "f16")?),
        ("int8", narrowed(bench, "int8")?),
    ];
    let run = |toolchain: &Toolchain, folder: &Path, variant: &Variant| {
        // Narrow weights have one path only.
        let forms = if variant.kernel == Kernel::Own { models.len() } else { 1 };
        for (form, model) in models.iter().take(forms) {
            let report = device::run(toolchain, variant, model, &samples, folder)?;
            same(variant, form, &report)?;
        }
        Ok(())
    };
    bench.toolchain()?.in_lanes(&bench.folder, &variants, |_, variant| variant.lane(), run)?;
    Ok(())
}

/// Checks that every finite half-precision number multiplies as its definition says, on every core with
/// instructions that widen it.
pub fn halves(bench: &Bench) -> Result<()> {
    let (_, samples) = digits(bench, 1)?;
    let has_instructions = |board: &&Board| board.target.ends_with("hf");
    let variants: Vec<_> = BOARDS.iter().filter(has_instructions).map(Variant::plain).collect();
    let contents = Contents { model: bench.model()?, samples: &samples };
    let run = |toolchain: &Toolchain, _: &Path, variant: &Variant| {
        let image = firmware::build(toolchain, variant, &contents, "halves", "")?;
        let ended = qemu::run(variant.board, &image)?;
        let log = ended.lines.join("\n");
        println!("      {}, {}: {log}", variant.board.machine, variant.board.about);
        ensure!(ended.success && log.starts_with("compared "), "{}: failed", variant.board.machine);
        Ok(())
    };
    bench.toolchain()?.in_lanes(&bench.folder, &variants, |_, variant| variant.lane(), run)?;
    Ok(())
}

/// Prints one comparison of [`same_bits`], and checks it.
fn same(variant: &Variant, form: &str, report: &Report) -> Result<()> {
    let (board, kernel) = (variant.board, variant.kernel_name());
    if !variant.is_strict() {
        println!("      {}, {kernel}: outputs within {:.1e}", board.machine, report.furthest);
        ensure!(report.furthest < FUSED && report.samples == 500, "the fused kernel is wrong");
        return Ok(());
    }
    println!("      {}, {}, {kernel}, {form}: {}", board.machine, board.about, compared(report));
    ensure!(report.is_identical(), "{}: the device's bits differ from this machine's", board.machine);
    ensure!(report.relaxation.1 > 1000 && report.samples == 500, "too little was compared");
    ensure!(report.probabilities == 100 * 10, "{} probabilities were compared", report.probabilities);
    Ok(())
}

fn compared(report: &Report) -> String {
    let Report { identical, samples, probabilities, relaxation: (same, lines), .. } = report;
    format!(
        "{identical} of {samples} images, {probabilities} probabilities among them, and {same} of {lines} lines of \
         relaxation identical"
    )
}

/// Most instructions that a step of learning may take for each multiply-add on a Cortex-M4F, of the small network
/// of the digits: inference takes 2.5, and what is done for each unit counts here (measured: 3.05).
const STEP_INSTRUCTIONS: f64 = 3.2;
/// Most bytes of learning besides 4 a learned weight or bias, and 12 a unit.
const LEARNER_BYTES: usize = 512;

/// Learning in place gives this machine's bits on cores without a floating-point unit, with one and with
/// vectors, from weights of every form; its instructions and memory are within their limits.
pub fn learning(bench: &Bench) -> Result<()> {
    let (samples, _) = digits(bench, 100)?;
    let of_core = |about: &'static str| move |board: &&&Board| board.about.starts_with(about);
    let board = |about| BOARDS.iter().collect::<Vec<_>>().iter().find(of_core(about)).copied();
    let boards = ["Cortex-M4F", "Cortex-M3", "Cortex-M55"].map(board);
    let boards = boards.into_iter().collect::<Option<Vec<_>>>().context("a board of each core")?;
    let mut variants: Vec<_> = boards.into_iter().map(Variant::plain).collect();
    variants.extend(variants.last().map(|last| Variant { kernel: Kernel::Mve, ..*last }));
    let models = [("f32", bench.model()?.to_path_buf()), ("int8", narrowed(bench, "int8")?)];
    let run = |toolchain: &Toolchain, folder: &Path, variant: &Variant| {
        for (form, model) in &models {
            let report = learned::run(toolchain, variant, model, &samples, folder)?;
            let (same, lines) = report.lines;
            let each = report.instructions / report.macs as f64;
            let [parameters, state, learner] = report.bytes;
            println!(
                "      {}, {}, {}, {form}: {same} of {lines} lines identical; {:.0} instructions a step, {each:.2} a \
                 multiply-add; RAM {parameters} + {state} + {learner} bytes",
                variant.board.machine,
                variant.board.about,
                variant.kernel_name(),
                report.instructions,
            );
            ensure!(same == lines && lines > 10, "{}: other bits than this machine's", variant.board.machine);
            let most = 4 * report.learned + 12 * report.units + LEARNER_BYTES;
            ensure!(report.bytes.iter().sum::<usize>() <= most, "more RAM than {most} bytes");
            if variant.has_cycle_model() {
                ensure!(
                    each <= STEP_INSTRUCTIONS,
                    "more than {STEP_INSTRUCTIONS} instructions a multiply-add"
                );
            }
        }
        Ok(())
    };
    bench.toolchain()?.in_lanes(&bench.folder, &variants, |_, variant| variant.lane(), run)?;
    Ok(())
}

/// Checks that models of integer arithmetic give this machine's numbers on every board, also on those without a
/// floating-point unit, and what they cost there.
pub fn integer_arithmetic(bench: &Bench) -> Result<()> {
    let (samples, file) = digits(bench, 500)?;
    let model = bench.folder.join("integer.fenchel");
    output(fenchel(&["export", "--arithmetic", "integer", "-o"]).arg(&model).arg(bench.model()?))?;
    let variants = integer::variants();
    let run = |toolchain: &Toolchain, folder: &Path, variant: &Variant| {
        integer::same_numbers(toolchain, folder, variant, &model, &samples)?;
        integer::counts(toolchain, folder, variant)
    };
    bench.toolchain()?.in_lanes(&bench.folder, &variants, |_, variant| variant.lane(), run)?;
    integer::no_floats(bench.toolchain()?, &Contents { model: &model, samples: &file })
}

/// A board that is reset after a save, and in the middle of one, goes on with this machine's bits.
pub fn keeping(bench: &Bench) -> Result<()> {
    let (samples, _) = digits(bench, 100)?;
    for model in [bench.model()?.to_path_buf(), narrowed(bench, "int8")?] {
        let lines = kept::run(bench.toolchain()?, &board()?, &model, &samples, &bench.folder)?;
        println!("      after three resets: {}", lines.join("; "));
    }
    Ok(())
}

/// Returns the model in another form of weights.
fn narrowed(bench: &Bench, form: &str) -> Result<PathBuf> {
    let narrowed = bench.folder.join(format!("{form}.fenchel"));
    output(fenchel(&["export", "--weights", form, "-o"]).arg(&narrowed).arg(bench.model()?))?;
    Ok(narrowed)
}

/// Checks networks with skips, clip, simplex, and each potential, which the default network lacks.
pub fn every_kind(bench: &Bench) -> Result<()> {
    let (samples, _) = digits(bench, 50)?;
    let run = |toolchain: &Toolchain, folder: &Path, &(name, options): &(&str, &str)| {
        let run = folder.join(name);
        let model = folder.join(format!("{name}.fenchel"));
        let train = ["train", "--epochs", "5", "--objective", "arovr-ab", "--out"];
        output(fenchel(&train).arg(&run).args(options.split_whitespace()))?;
        output(fenchel(&["export", "-o"]).arg(&model).arg(&run))?;
        let report = device::run(toolchain, &board()?, &model, &samples, folder)?;
        println!("      {name}: {}", compared(&report));
        ensure!(report.is_identical(), "{name}: the device's bits differ from this machine's");
        ensure!(report.relaxation.1 > 0 && report.samples == 50, "nothing was compared");
        Ok(())
    };
    bench.toolchain()?.in_lanes(&bench.folder, &KINDS, |index, _| index, run)?;
    let table = bench.folder.join("boiler.csv");
    std::fs::write(&table, boiler())?;
    let run = |toolchain: &Toolchain, folder: &Path, task: &(&str, &str, &str)| {
        every_task(toolchain, folder, &table, task)
    };
    bench.toolchain()?.in_lanes(&bench.folder, &TASKS, |index, _| index, run)?;
    Ok(())
}

/// Returns a table of a boiler: three readings in units far apart, two quantities that follow from them,
/// and a state.
fn boiler() -> String {
    let mut random = Random::seed_from_u64(5);
    let mut uniform = || (random.next_u32() >> 8) as f32 / 16_777_216.0;
    let row = |index: usize| {
        let (valve, pump, temperature) = (uniform(), 2000.0 * uniform(), 20.0 + 60.0 * uniform());
        let flow = 5000.0 + 800.0 * valve * valve - 1.5 * pump;
        let state = if index.is_multiple_of(9) { "leak" } else { "ok" };
        format!("{valve},{pump},{temperature},{flow},{},{state}\n", 0.002 * temperature - 0.01 * valve)
    };
    let rows: String = (0..400).map(row).collect();
    format!("valve,pump,temperature,flow,pressure,state\n{rows}")
}

/// Checks a model of `table` for a task: values in the user's unit, scores and verdicts, and relaxed
/// states.
fn every_task(
    toolchain: &Toolchain,
    folder: &Path,
    table: &Path,
    &(name, task, options): &(&str, &str, &str),
) -> Result<()> {
    let run = folder.join(name);
    let train =
        ["train", "--steps", "200", "--layers", "12,6", "--objective", "arovr-ab", "--quiet", "--task", task];
    output(fenchel(&train).arg("--data").arg(table).arg("--out").arg(&run).args(options.split_whitespace()))?;
    let reading = Settings::from_toml(&std::fs::read_to_string(run.join(SETTINGS))?)?.reading;
    let data = data::load_as(&table.display().to_string(), &reading)?;
    let path = run.join(BEST);
    let bytes = ModelBytes::read(&path)?;
    let samples = Samples::of_model(&bytes.model(path.display())?, &data.test, 50)?;
    let report = device::run(toolchain, &board()?, &path, &samples, folder)?;
    println!("      {name}: {}", compared(&report));
    ensure!(report.is_identical(), "{name}: the device's bits differ from this machine's");
    ensure!(report.relaxation.1 > 0 && report.samples == 50, "nothing was compared");
    Ok(())
}

fn refused(bench: &Bench, model: &Path, words: &[&str]) -> Result<()> {
    let (_, samples) = digits(bench, 1)?;
    let contents = Contents { model, samples: &samples };
    failed(&firmware::build(bench.toolchain()?, &board()?, &contents, "infer", "")?, words)
}

fn failed(image: &Path, words: &[&str]) -> Result<()> {
    let ended = qemu::run(board()?.board, image)?;
    let log = ended.lines.join("\n");
    ensure!(!ended.success, "{} ended with success:\n{log}", image.display());
    if let Some(word) = words.iter().find(|word| !log.contains(**word)) {
        bail!("{word:?} isn't in what {} logged:\n{log}", image.display());
    }
    Ok(())
}

/// Checks that a model with one flipped bit is refused.
pub fn damaged_model(bench: &Bench) -> Result<()> {
    let mut bytes = std::fs::read(bench.model()?)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = bench.folder.join("damaged.fenchel");
    std::fs::write(&damaged, bytes)?;
    refused(bench, &damaged, &["CRC"])
}

/// Checks that a model with more units than the firmware has memory for is refused.
pub fn large_model(bench: &Bench) -> Result<()> {
    let run = bench.folder.join("large");
    let large = bench.folder.join("large.fenchel");
    output(fenchel(&["train", "--layers", "1200", "--epochs", "1", "--out"]).arg(&run))?;
    output(fenchel(&["export", "-o"]).arg(&large).arg(&run))?;
    refused(bench, &large, &["units that the state has room for", "1024", "1210"])
}

/// Checks that a hard fault, and a panic, end with failure.
pub fn faults(bench: &Bench) -> Result<()> {
    let (_, samples) = digits(bench, 1)?;
    let contents = Contents { model: bench.model()?, samples: &samples };
    for (features, words) in
        [("", ["fault at 0x", "hard fault"]), ("panic", ["deliberate panic", "failed: panic"])]
    {
        let image = firmware::build(bench.toolchain()?, &board()?, &contents, "fault", features)?;
        failed(&image, &words)?;
    }
    Ok(())
}

/// Compares the counts with the record in `host/data/instruction_counts.json`.
pub fn counts(bench: &Bench) -> Result<()> {
    gate::run(bench.toolchain()?, &bench.folder, false)
}

/// Checks the estimates of `fenchel inspect --target`.
pub fn estimates(bench: &Bench) -> Result<()> {
    gate::estimates(bench.toolchain()?, &bench.folder)
}

/// Checks what the README promises about a device.
pub fn limits(bench: &Bench) -> Result<()> {
    limits::all(bench.toolchain()?, &bench.folder)
}

/// Builds and runs `firmware/template`.
pub fn template(bench: &Bench) -> Result<()> {
    own_board::run(bench.toolchain()?)
}
