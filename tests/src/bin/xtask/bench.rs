//! `cargo xtask bench`: instructions and modelled cycles of every board and kernel.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fenchel::data;
use serde_json::json;

use crate::boards::{BOARDS, Kernel, Variant};
use crate::count::{Cost, Count};
use crate::demo::fenchel;
use crate::firmware::Contents;
use crate::process::{output, root};
use crate::samples::Samples;
use crate::toolchain::Toolchain;

/// Number of samples that are inferred and relaxed on each board.
const SAMPLES: usize = 10;
/// Most KiB that a program takes beside model and samples.
const CODE_KIB: usize = 96;

/// Forms of weights.
const FORMS: [&str; 3] = ["f32", "f16", "int8"];

/// Options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// Folder of MNIST's IDX files; without it the compiled-in digits
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print one JSON object: commit, command, model, rows (board, kernel, weights,
    /// instructions_per_mac, cycles_per_mac, bits_identical, …)
    #[arg(long)]
    json: bool,
}

/// Counts, prints, and writes docs/results/device.md.
pub fn run(toolchain: &Toolchain, args: &Args) -> Result<()> {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let data = match &args.data {
        Some(folder) if folder.is_dir() => std::path::absolute(folder)?.display().to_string(),
        Some(folder) => bail!("--data {}: expected a folder of MNIST's IDX files", folder.display()),
        None => "digits".to_string(),
    };
    let dataset = data::load(&data)?;
    let samples = Samples::of(&dataset.test, dataset.features, SAMPLES)?;
    let path = folder.join("samples");
    samples.write(&path)?;
    let model = model(&folder, &data)?;
    let (mut counts, mut bytes) = (Vec::new(), 0);
    for form in FORMS {
        let form_path = folder.join(format!("{form}.fenchel"));
        output(fenchel(&["export", "--weights", form, "-o"]).arg(&form_path).arg(&model))?;
        let size = std::fs::metadata(&form_path)?.len() as usize;
        bytes = bytes.max(size);
        let contents = Contents { model: &form_path, samples: &path };
        for variant in variants(form) {
            let room = variant.board.model.as_ref().unwrap_or(&variant.board.flash).kib as usize;
            let board = variant.board.machine;
            if size.div_ceil(1024) + CODE_KIB > room {
                eprintln!("left out: {board}, whose {room} KiB don't hold the model's {size} bytes");
                continue;
            }
            eprintln!("counting on {board}, {}, {form}", variant.kernel_name());
            counts.push(Count::new(toolchain, variant, &contents, &samples)?);
        }
    }
    let shape = format!("{}-256-256-{}", dataset.features, dataset.class_names.len());
    let images = if args.data.is_some() { "MNIST" } else { "digits" };
    if args.json {
        let rows: Vec<_> = counts.iter().map(Count::json).collect();
        println!(
            "{}",
            json!({ "commit": commit(), "model": shape, "model_bytes": bytes, "images": images, "rows": rows })
        );
    } else {
        println!("{}", table(&counts));
    }
    let results = root().join("docs/results");
    std::fs::create_dir_all(&results)?;
    let page = page(&counts, &shape, bytes, images);
    std::fs::write(results.join("device.md"), page).context("writing docs/results/device.md")?;
    if let Some(count) = counts.iter().find(|count| !count.bits_identical && count.variant.is_strict()) {
        bail!("the bits of {} differ from this machine's", count.variant.board.machine);
    }
    Ok(())
}

/// Returns every board with its own kernel, pinned to its core; in f32 also with the other kernels, and the
/// first board also without pinning.
fn variants(form: &str) -> Vec<Variant> {
    let mut variants = Vec::new();
    for (index, board) in BOARDS.iter().enumerate() {
        let others = if form == "f32" { Variant::others(board) } else { &[] };
        for &kernel in [Kernel::Own].iter().chain(others) {
            variants.push(Variant { board, pinned: true, kernel });
            if index == 0 {
                variants.push(Variant { board, pinned: false, kernel });
            }
        }
    }
    variants
}

/// Trains a model of two hidden blocks of 256 units for two epochs: enough for activities to be 0 where a
/// trained network's are.
fn model(folder: &Path, data: &str) -> Result<PathBuf> {
    let (run, model) = (folder.join("run"), folder.join("bench.fenchel"));
    if run.exists() {
        std::fs::remove_dir_all(&run)?;
    }
    let mut train = fenchel(&["train", "--layers", "256,256", "--epochs", "2", "--json"]);
    if data != "digits" {
        train.args(["--data", data, "--samples", "5000"]);
    }
    output(train.arg("--out").arg(&run))?;
    output(fenchel(&["export", "-o"]).arg(&model).arg(&run))?;
    Ok(model)
}

fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["rev-parse", "--short", "HEAD"]).current_dir(root());
    output(&mut git).map_or_else(|_| "unknown".into(), |commit| commit.trim().to_string())
}

fn table(counts: &[Count]) -> String {
    let mut table = String::from(
        "| board | kernel | weights | CPU pinned | forward, dense | Wᵀu, dense | inference, dense | inference, images | sweep | same bits |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let cell = |cost: &Cost| match cost.cycles_per_mac() {
        Some(cycles) => format!("{:.2} / {cycles:.2}", cost.per_mac()),
        None => format!("{:.2}", cost.per_mac()),
    };
    for count in counts {
        let Variant { board, pinned, .. } = count.variant;
        table += &format!(
            "| {} ({}) | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            board.machine,
            board.about,
            count.variant.kernel_name(),
            count.form,
            if pinned { "yes" } else { "no" },
            cell(&count.forward),
            cell(&count.backward),
            cell(&count.dense),
            cell(&count.infer),
            cell(&count.sweep),
            if count.bits_identical { "yes" } else { "no" },
        );
    }
    table
}

fn page(counts: &[Count], shape: &str, bytes: usize, images: &str) -> String {
    let data = if images == "MNIST" { " --data MNIST" } else { "" };
    let mut page = format!(
        "# What the device's kernels cost\n\n\
         Written by `cargo xtask bench{data}` at commit {}: {shape}, in f32 a model file of\n\
         {bytes} bytes, in QEMU. Instructions per multiply-add, then, for the Cortex-M4, modelled cycles.\n\n\
         {}\n\
         *forward*, *Wᵀu*: the products alone, no value being 0. *inference*: the whole network, for an\n\
         input without zeros and for {SAMPLES} {images} test images, per multiply-add of the dense network.\n\
         *sweep*: one forward–backward sweep on such an image, all of it, per multiply-add of its products.\n\
         *same bits*: outputs and relaxed states of the {SAMPLES} images.\n\n",
        commit(),
        table(counts)
    );
    page += "| board | kernel | weights | CPU pinned | instructions: dense inference | image inference | sweep |\n|---|---|---|---|---|---|---|\n";
    for count in counts {
        page += &format!(
            "| {} | {} | {} | {} | {:.0} | {:.0} | {:.0} |\n",
            count.variant.board.machine,
            count.variant.kernel_name(),
            count.form,
            if count.variant.pinned { "yes" } else { "no" },
            count.dense.instructions,
            count.infer.instructions,
            count.sweep.instructions,
        );
    }
    page + "\nInstructions are exact and repeatable for one compiler. Cycles are modelled, not measured, from\n\
            Arm's DDI 0439 (Cortex-M4 Technical Reference Manual, tables 3-1 and 7-1): a load of N registers\n\
            1 + N, a single load 2, vmul and vadd 1, one more when the next instruction uses the result, a\n\
            taken branch 1 + 2, memory without wait states. `tests/src/bin/xtask/cycles.rs` is the model.\n"
}
