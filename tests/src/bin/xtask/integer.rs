//! Runs models of integer arithmetic on every board: the same whole numbers as on this machine, what they cost, and no
//! floating-point operation where there is no unit for it.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use fenchel::convert::integer::to_integer;
use fenchel::data::Values;
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{IntegerModel, IntegerView};
use object::{Object, ObjectSymbol};

use crate::boards::{BOARDS, INTEGER_BOARDS, Kernel, Variant};
use crate::firmware::{self, Contents};
use crate::process::check;
use crate::samples::Samples;
use crate::toolchain::Toolchain;
use crate::{gate, qemu};

/// Most instructions for each multiply-add of the network 784-256-256-10: of the products of its weights, of an
/// inference of an input without zeros, and of one with four inputs of five 0.
const LIMITS: [(&str, Kernel, [f64; 3]); 4] = [
    ("mps2-an386", Kernel::Own, [1.79, 1.80, 0.85]),
    ("mps2-an385", Kernel::Own, [2.30, 2.42, 2.42]),
    ("mps2-an385-v6m", Kernel::Own, [4.00, 4.20, 4.20]),
    ("mps3-an547", Kernel::Mve, [0.62, 0.80, 0.80]),
];

/// Returns every board with its own kernel, and the kernels that some have beside it.
pub fn variants() -> Vec<Variant> {
    let own = BOARDS.iter().chain(INTEGER_BOARDS).map(Variant::plain);
    let others = BOARDS.iter().flat_map(|board| {
        // The fused kernel has this path too.
        let kernels = Variant::others(board).iter().filter(|kernel| **kernel != Kernel::Fused);
        kernels.map(move |&kernel| Variant { kernel, ..Variant::plain(board) })
    });
    own.chain(others).collect()
}

/// Compares the answers of `model` to all samples on one board with this machine's.
pub fn same_numbers(
    toolchain: &Toolchain,
    folder: &Path,
    variant: &Variant,
    model: &Path,
    samples: &Samples,
) -> Result<()> {
    let expected = expected(&ModelBytes::read(model)?, samples)?;
    let ran = run(toolchain, folder, variant, model, samples)?;
    let same = ran.answers.iter().zip(&expected).filter(|(device, host)| device == host).count();
    let board = variant.board;
    println!("      {}, {}: {same} of {} lines identical", board.name, board.about, expected.len());
    ensure!(same == expected.len() && ran.answers.len() == same, "{}: other numbers", board.name);
    ensure!(samples.labels.len() == 500 && expected.len() > 500, "too little was compared");
    Ok(())
}

/// Counts the instructions of a network for images, and checks them against [`LIMITS`].
pub fn counts(toolchain: &Toolchain, folder: &Path, variant: &Variant) -> Result<()> {
    let row = LIMITS.iter().find(|row| row.0 == variant.board.name && row.1 == variant.kernel);
    let Some((_, _, limits)) = row else { return Ok(()) };
    let large = ModelBytes::read(&gate::image_model(folder)?)?;
    let integer = to_integer("the large model", &large.model("the large model")?, 1.0)?;
    let path = folder.join("images-integer.fenchel");
    std::fs::write(&path, &*integer)?;
    let size = IntegerModel::load(&integer)?.graph().input_units();
    // Every fifth input isn't 0.
    let values = (0..3 * size).map(|i| if i % 5 == 0 { (i % 251) as u8 + 1 } else { 0 });
    let samples = Samples::plain(size, Values::Bytes(values.collect()), vec![0; 3]);
    let ran = run(toolchain, folder, variant, &path, &samples)?;
    let each = [ran.products, ran.dense, ran.sample].map(|(instructions, macs)| instructions / macs);
    let [product, dense, sparse] = each;
    println!(
        "      {}: {product:.2} instructions a multiply-add in products, {dense:.2} in an inference, {sparse:.2} with \
         four inputs of five 0",
        variant.board.name
    );
    ensure!(each.iter().zip(limits).all(|(each, limit)| each <= limit), "more than {limits:?}");
    Ok(())
}

/// Checks that the smallest program for a Cortex-M0 has no floating-point operation in it: none by an instruction,
/// which ARMv6-M doesn't have, and none by a routine; and that no panic can be reached, without which it links.
pub fn no_floats(toolchain: &Toolchain, contents: &Contents) -> Result<()> {
    let board = INTEGER_BOARDS.first().context("a board")?;
    let variant = Variant::plain(board);
    let image = firmware::build(toolchain, &variant, contents, "integer_size", "")?;
    let bytes = std::fs::read(&image)?;
    let file = object::File::parse(&*bytes)?;
    let names: Vec<&str> = file.symbols().filter_map(|symbol| symbol.name().ok()).collect();
    ensure!(names.iter().any(|name| name.contains("fenchel_bytes_dense")), "no symbol of the kernel");
    if let Some(name) = names.iter().find(|name| is_soft_float(name)) {
        bail!("{name} is linked, a floating-point operation in software");
    }
    let arguments = [
        "build",
        "--quiet",
        "--profile",
        "small",
        "--locked",
        "--no-default-features",
        "--bin",
        "integer_size",
    ];
    let arguments = [&arguments[..], &["--features", "halt"]].concat();
    check(&mut firmware::cargo_firmware(toolchain, &variant, contents, &arguments))?;
    let small = toolchain.target_folder().join(board.target).join("small/integer_size");
    let size = firmware::footprint(&small)?.flash;
    println!("      Cortex-M0, inference with loading: {size} bytes of code, no floating-point operation");
    Ok(())
}

/// Whether a symbol is a routine of floats in software: of the Arm run-time ABI, or of compilers.
fn is_soft_float(name: &str) -> bool {
    let of_abi = name
        .strip_prefix("__aeabi_")
        .is_some_and(|rest| rest.starts_with(['f', 'd']) || rest.ends_with("2f") || rest.ends_with("2d"));
    of_abi || (name.starts_with("__") && (name.contains("sf") || name.contains("df")))
}

/// What a run printed.
struct Ran {
    /// The lines of the answers, without instructions.
    answers: Vec<String>,
    /// Instructions and multiply-adds of all products.
    products: (f64, f64),
    /// The same of an inference of dense inputs.
    dense: (f64, f64),
    /// The same of the first sample.
    sample: (f64, f64),
}

fn run(
    toolchain: &Toolchain,
    folder: &Path,
    variant: &Variant,
    model: &Path,
    samples: &Samples,
) -> Result<Ran> {
    let path = folder.join("samples");
    samples.write(&path)?;
    let image = firmware::build(toolchain, variant, &Contents { model, samples: &path }, "integer", "")?;
    let ended = qemu::run(variant.board, &image)?;
    ensure!(ended.success, "integer failed on {}:\n{}", variant.board.name, ended.lines.join("\n"));
    let number = |line: &str, after: &str| -> Option<f64> {
        let mut words = line.split(' ').skip_while(|word| *word != after).skip(1);
        words.next()?.parse().ok()
    };
    let pairs = |what: &str| -> Vec<(f64, f64)> {
        let lines = ended.lines.iter().filter(|line| line.starts_with(what));
        lines
            .filter_map(|line| Some((number(line, "instructions")?, number(line, "of").unwrap_or(0.0))))
            .collect()
    };
    let products =
        pairs("product").into_iter().fold((0.0, 0.0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    let dense = *pairs("dense").first().context("no dense inference in the log")?;
    let sample = pairs("sample").first().context("no sample in the log")?.0;
    let answers = ended.lines.iter().filter(|line| line.starts_with("sample") || line.starts_with("value"));
    let answers = answers.map(|line| line.split(" instructions").next().unwrap_or_default().to_string());
    Ok(Ran { answers: answers.collect(), products, dense, sample: (sample, dense.1) })
}

/// Returns the lines of answers that the firmware must print.
fn expected(model: &[u8], samples: &Samples) -> Result<Vec<String>> {
    let model = IntegerModel::load(model)?;
    let (mut activities, mut sums) = (vec![0; model.values()], vec![0; 2 * model.widest()]);
    let mut view = IntegerView::new(&model, &mut activities, &mut sums)?;
    let mut lines = Vec::new();
    for index in 0..samples.labels.len() {
        let range = index * samples.size..(index + 1) * samples.size;
        let outputs = match &samples.values {
            Values::Bytes(raw) => model.infer(&raw[range], &mut view)?,
            Values::Floats(raw) => model.infer(&raw[range], &mut view)?,
        };
        lines.push(format!("sample {index} label {} fraction {}", outputs.label(), outputs.fraction_bits));
        lines.extend(outputs.values.iter().map(|value| format!("value {value}")));
    }
    Ok(lines)
}
