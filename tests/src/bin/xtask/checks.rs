//! `cargo xtask test`: everything that must hold, step by step; the first failure ends it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fenchel::data;

use crate::boards::{BOARDS, Kernel, Variant};
use crate::demo::{fenchel, train};
use crate::firmware::{self, Contents, cargo_firmware};
use crate::process::{cargo, check, output, root};
use crate::samples::Samples;
use crate::setup::{self, Toolchain};
use crate::{device, gate, limits, python, qemu, template, tour};

/// The step that needs clippy for the firmware's target.
const FIRMWARE_LINTS: &str = "firmware: lints";

/// How far fused outputs may be from the strict ones, in shares of the largest: the roundings of
/// a few hundred terms that cancel somewhat.
const FUSED: f32 = 1e-5;

/// Options of models that show every kind of block and graph.
const KINDS: [(&str, &str); 4] = [
    ("skips-and-clip", "--layers 24,16,12 --skip 1:3,0:2 --activation clip:0:1 --gamma 1,0.5,2,1"),
    ("simplex", "--layers 24,16 --activation relu,simplex"),
    ("quadratic", "--layers 24,16 --skip 1:3 --potential quadratic --activation relu,clip:0:1"),
    ("element-wise", "--layers 24,16 --distance elementwise --gamma 0.5,0.8,1"),
];

/// All checks.
pub fn run(toolchain: &Toolchain) -> Result<()> {
    let folder = root().join("target/test");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("clearing target/test")?;
    }
    std::fs::create_dir_all(&folder)?;
    let variant = Variant::plain(BOARDS.first().context("a board")?);
    let bench = Bench { toolchain, variant, folder: &folder };
    let steps: &[(&str, &dyn Fn() -> Result<()>)] = &[
        ("format", &format),
        ("lints", &|| {
            check(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-Dwarnings"]))
        }),
        ("documentation", &document),
        ("unit, doc and integration tests", &|| check(&mut cargo(&["test", "--quiet", "--workspace"]))),
        (FIRMWARE_LINTS, &|| bench.lint()),
        ("firmware: no panic can be reached", &|| bench.no_panic()),
        ("firmware: the same bits on every board as on this machine", &|| bench.same_bits()),
        ("firmware: every kind of block and graph, the same bits", &|| bench.every_kind()),
        ("firmware: no instruction or cycle count grew", &|| gate::run(toolchain, &folder, false)),
        ("firmware: estimates of cost above what models take, and not far", &|| {
            gate::estimates(toolchain, &folder)
        }),
        ("firmware: memory, code and refused bit flips within their limits", &|| {
            limits::all(toolchain, &folder)
        }),
        ("firmware: the template of a board of your own", &|| template::run(toolchain)),
        ("docs/tour.md, typed in", &tour::run),
        ("round trips with Python's packages", &python::run),
        ("core: Miri on the safe path", &miri),
        ("core: other targets", &other_targets),
        ("firmware: a damaged model is refused", &|| bench.damaged_model()),
        ("firmware: a model too large for its state is refused", &|| bench.large_model()),
        ("firmware: a panic or fault ends in failure", &|| bench.faults()),
    ];
    // Debian's packages bring no clippy: the step is left out, not counted as passed.
    let debian = matches!(toolchain, Toolchain::Debian { .. });
    if debian {
        println!("left out, for want of Debian's clippy: {FIRMWARE_LINTS}");
    }
    let steps: Vec<_> = steps.iter().filter(|(name, _)| !(debian && *name == FIRMWARE_LINTS)).collect();
    for (number, (name, step)) in steps.iter().enumerate() {
        println!("[{}/{}] {name}", number + 1, steps.len());
        step().with_context(|| format!("step {:?}", name))?;
    }
    println!("{} passed, 0 failed", steps.len());
    Ok(())
}

fn format() -> Result<()> {
    check(&mut cargo(&["fmt", "--all", "--check"]))?;
    check(cargo(&["fmt", "--check"]).current_dir(root().join("firmware")))?;
    check(cargo(&["fmt", "--check"]).current_dir(root().join("firmware/template")))
}

fn document() -> Result<()> {
    check(cargo(&["doc", "--quiet", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// `core` and its C interface compile for microcontrollers that no board here has; left out where
/// rustup can't add them.
fn other_targets() -> Result<()> {
    for target in ["thumbv6m-none-eabi", "riscv32imac-unknown-none-elf"] {
        if setup::target(target) {
            let packages = ["--package", "fenchel-core", "--package", "fenchel-c"];
            check(cargo(&["check", "--quiet", "--target", target]).args(packages))?;
        } else {
            println!("      left out, for want of the target: {target}");
        }
    }
    Ok(())
}

/// Miri on `core`'s own reading of bytes in place, by the safe path; left out where rustup can't add it.
fn miri() -> Result<()> {
    if !setup::miri() {
        println!("      left out, for want of Rust's nightly with Miri");
        return Ok(());
    }
    let test = [
        "run",
        "nightly",
        "cargo",
        "miri",
        "test",
        "--quiet",
        "--package",
        "fenchel-core",
        "--test",
        "in_place",
    ];
    // Its artefacts don't mix with those of the stable toolchain.
    check(
        Command::new("rustup")
            .args(test)
            .current_dir(root())
            .env("CARGO_TARGET_DIR", root().join("target/miri")),
    )
}

/// The device's checks and what they share.
struct Bench<'a> {
    toolchain: &'a Toolchain,
    /// The board of all checks but the comparison, which takes every one.
    variant: Variant,
    folder: &'a Path,
}

impl Bench<'_> {
    /// The AROVR^g model of the first step that needs one.
    fn model(&self) -> Result<PathBuf> {
        let model = self.folder.join("arovr-g.fenchel");
        if model.exists() { Ok(model) } else { train("arovr-g", self.folder) }
    }

    fn samples(&self, count: usize) -> Result<(Samples, PathBuf)> {
        let digits = data::load("digits")?;
        let samples = Samples::of(&digits.test, digits.features, count)?;
        let path = self.folder.join("samples");
        samples.write(&path)?;
        Ok((samples, path))
    }

    fn lint(&self) -> Result<()> {
        let (_, samples) = self.samples(1)?;
        let contents = Contents { model: &self.model()?, samples: &samples };
        let arguments = ["clippy", "--quiet", "--release", "--locked"];
        check(cargo_firmware(self.toolchain, &self.variant, &contents, &arguments).args(["--", "-Dwarnings"]))
    }

    /// The image `no_panic` links, and doesn't with a deliberate panic in it.
    fn no_panic(&self) -> Result<()> {
        let (_, samples) = self.samples(1)?;
        let contents = Contents { model: &self.model()?, samples: &samples };
        firmware::build(self.toolchain, &self.variant, &contents, "no_panic", "")?;
        let mut broken =
            firmware::build_command(self.toolchain, &self.variant, &contents, "no_panic", "panic");
        let output = broken.output().context("building with a deliberate panic")?;
        let log = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "a deliberate panic linked");
        ensure!(log.contains("undefined symbol: a_panic_is_reachable"), "failed for another reason:\n{log}");
        Ok(())
    }

    /// Every board and kernel gives this machine's bits: outputs and relaxed states of 500 inputs,
    /// in every form of weights.
    fn same_bits(&self) -> Result<()> {
        let (samples, _) = self.samples(500)?;
        let variants = BOARDS.iter().flat_map(|board| {
            let kernels = [Kernel::Own].iter().chain(Variant::others(board));
            kernels.map(move |&kernel| Variant { kernel, ..Variant::plain(board) })
        });
        let models =
            [("f32", self.model()?), ("f16", self.narrowed("f16")?), ("int8", self.narrowed("int8")?)];
        for variant in variants {
            // Narrow weights have one path only.
            let forms = if variant.kernel == Kernel::Own { models.len() } else { 1 };
            for (form, model) in models.iter().take(forms) {
                let report = device::run(self.toolchain, &variant, model, &samples, self.folder)?;
                if !variant.is_strict() {
                    println!(
                        "      {}, {}: outputs within {:.1e}",
                        variant.board.machine,
                        variant.kernel_name(),
                        report.furthest
                    );
                    ensure!(report.furthest < FUSED && report.samples == 500, "the fused kernel is wrong");
                    continue;
                }
                println!(
                    "      {}, {}, {}, {form}: {} of {} images and {} of {} lines of relaxation identical",
                    variant.board.machine,
                    variant.board.about,
                    variant.kernel_name(),
                    report.identical,
                    report.samples,
                    report.relaxation.0,
                    report.relaxation.1
                );
                ensure!(report.is_identical(), "the device's bits differ from this machine's");
                ensure!(report.relaxation.1 > 1000 && report.samples == 500, "too little was compared");
            }
        }
        Ok(())
    }

    /// The model in another form of weights.
    fn narrowed(&self, form: &str) -> Result<PathBuf> {
        let narrowed = self.folder.join(format!("{form}.fenchel"));
        output(fenchel(&["export", "--weights", form, "-o"]).arg(&narrowed).arg(self.model()?))?;
        Ok(narrowed)
    }

    /// Networks that the default isn't: skips, clip, simplex, and each potential.
    fn every_kind(&self) -> Result<()> {
        let (samples, _) = self.samples(50)?;
        for (name, options) in KINDS {
            let run = self.folder.join(name);
            let model = self.folder.join(format!("{name}.fenchel"));
            let train = ["train", "--epochs", "5", "--objective", "arovr-ab", "--out"];
            output(fenchel(&train).arg(&run).args(options.split_whitespace()))?;
            output(fenchel(&["export", "-o"]).arg(&model).arg(&run))?;
            let report = device::run(self.toolchain, &self.variant, &model, &samples, self.folder)?;
            println!(
                "      {name}: {} of {} images and {} of {} lines of relaxation identical",
                report.identical, report.samples, report.relaxation.0, report.relaxation.1
            );
            ensure!(report.is_identical(), "{name}: the device's bits differ from this machine's");
            ensure!(report.relaxation.1 > 0 && report.samples == 50, "nothing was compared");
        }
        Ok(())
    }

    fn refused(&self, model: &Path, words: &[&str]) -> Result<()> {
        let (_, samples) = self.samples(1)?;
        let contents = Contents { model, samples: &samples };
        self.failed(&firmware::build(self.toolchain, &self.variant, &contents, "infer", "")?, words)
    }

    fn failed(&self, image: &Path, words: &[&str]) -> Result<()> {
        let ended = qemu::run(self.variant.board, image)?;
        let log = ended.lines.join("\n");
        ensure!(!ended.success, "{} ended with success:\n{log}", image.display());
        if let Some(word) = words.iter().find(|word| !log.contains(**word)) {
            bail!("{word:?} isn't in what {} logged:\n{log}", image.display());
        }
        Ok(())
    }

    fn damaged_model(&self) -> Result<()> {
        let mut bytes = std::fs::read(self.model()?)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let damaged = self.folder.join("damaged.fenchel");
        std::fs::write(&damaged, bytes)?;
        self.refused(&damaged, &["CRC"])
    }

    fn large_model(&self) -> Result<()> {
        let run = self.folder.join("large");
        let large = self.folder.join("large.fenchel");
        output(fenchel(&["train", "--layers", "1200", "--epochs", "1", "--out"]).arg(&run))?;
        output(fenchel(&["export", "-o"]).arg(&large).arg(&run))?;
        self.refused(&large, &["units that the state has room for", "1024", "1210"])
    }

    fn faults(&self) -> Result<()> {
        let (_, samples) = self.samples(1)?;
        let contents = Contents { model: &self.model()?, samples: &samples };
        for (features, words) in
            [("", ["fault at 0x", "hard fault"]), ("panic", ["deliberate panic", "failed: panic"])]
        {
            let image = firmware::build(self.toolchain, &self.variant, &contents, "fault", features)?;
            self.failed(&image, &words)?;
        }
        Ok(())
    }
}
