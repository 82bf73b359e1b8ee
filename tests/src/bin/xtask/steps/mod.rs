//! The steps of `cargo xtask test`. To add one, add a function in a file here and a row in [`STEPS`].

mod core;
mod firmware;
mod host;
mod lanes;
mod packages;
mod run;
mod workspace;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use run::{Args, check, test};

use crate::setup::Need;
use crate::toolchain::Toolchain;

/// Something that must hold.
pub struct Step {
    /// Name by which it is chosen. The words before a `-` choose all steps that begin with them.
    pub name: &'static str,
    /// What is true when it passes.
    pub about: &'static str,
    /// What must be installed before any step runs.
    pub needs: &'static [Need],
    /// Whether `cargo xtask check` runs it: it takes seconds with a warm build.
    pub quick: bool,
    /// The check; [`LeftOut`] is an error that doesn't count.
    pub run: fn(&Bench) -> Result<()>,
}

/// Exit status of the process of a step that wasn't tried.
pub const LEFT_OUT: u8 = 3;

/// Why a step wasn't tried; it has neither passed nor failed.
#[derive(Debug)]
pub struct LeftOut(pub String);

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "left out, for want of {}", self.0)
    }
}

impl std::error::Error for LeftOut {}

/// What a step finds.
pub struct Bench {
    /// Toolchain that builds the firmware; `None` if no chosen step needs it.
    toolchain: Option<Toolchain>,
    /// The step's own folder, which is empty when it begins.
    pub folder: PathBuf,
    /// The AROVR^g model, trained when it is first needed.
    model: OnceCell<PathBuf>,
}

impl Bench {
    /// Returns the toolchain that builds the firmware.
    pub fn toolchain(&self) -> Result<&Toolchain> {
        self.toolchain.as_ref().context("a step that builds firmware has Need::Firmware in its row")
    }

    /// Returns the model of the digits by AROVR^g, which is trained once.
    pub fn model(&self) -> Result<&Path> {
        if self.model.get().is_none() {
            let model = crate::demo::train("arovr-g", &self.folder)?;
            return Ok(self.model.get_or_init(|| model));
        }
        self.model.get().map(PathBuf::as_path).context("a model")
    }
}

const QUICK: bool = true;
const LONG: bool = false;

/// Builds a row of [`STEPS`].
const fn step(
    name: &'static str,
    needs: &'static [Need],
    quick: bool,
    about: &'static str,
    run: fn(&Bench) -> Result<()>,
) -> Step {
    Step { name, about, needs, quick, run }
}

use Need::{C, Chromium, Clippy, Firmware, Ngspice, Python, Qemu, Rustfmt, Torch};

/// All steps, in the order in which they begin; two run at once.
pub const STEPS: &[Step] = &[
    step("format", &[Rustfmt], QUICK, "every file is as rustfmt has it", workspace::format),
    step("lints", &[Clippy], QUICK, "no warning of the compiler or clippy", workspace::lints),
    step("core", &[], QUICK, "core against the f64 oracle, and its examples", core::tests),
    step("host-quick", &[], QUICK, "the host's unit tests, data and the command line", host::quick),
    step("host-long", &[], LONG, "the host's other tests and its examples", host::long),
    step("browser", &[Chromium], LONG, "reports as a browser shows them", host::browser),
    step("spice", &[Ngspice], LONG, "circuits against ngspice", host::spice),
    step(
        "cross",
        &[C],
        LONG,
        "tests of several crates at once, C interface, fuzzing corpus",
        workspace::cross,
    ),
    step("chaos", &[], LONG, "runs killed, damaged and fought over, for a minute", host::chaos),
    step("docs", &[], LONG, "documentation without a warning, and its examples", workspace::docs),
    step("packages", &[], LONG, "what cargo would publish compiles by itself", packages::package),
    step("msrv", &[], LONG, "the declared minimum Rust version compiles it", packages::minimum_rust),
    step("tour", &[], LONG, "docs/tour.md and docs/learning.md, typed in", host::tour),
    step("python", &[Python], LONG, "round trips with Python's packages", host::python),
    step(
        "python-package",
        &[Python, Torch],
        LONG,
        "the Python package: scikit-learn's checks, the command's bits, misuse, the notebook",
        host::python_package,
    ),
    step("firmware-lints", &[Firmware, Clippy], LONG, "no warning in the firmware", firmware::lints),
    step("firmware-panic", &[Firmware], LONG, "no panic can be reached", firmware::no_panic),
    step(
        "firmware-bits",
        &[Firmware, Qemu],
        LONG,
        "the same bits on every board as on this machine",
        firmware::same_bits,
    ),
    step(
        "firmware-halves",
        &[Firmware, Qemu],
        LONG,
        "products of all 63,488 finite half-precision numbers by VCVTB and VCVTT",
        firmware::halves,
    ),
    step(
        "firmware-kinds",
        &[Firmware, Qemu],
        LONG,
        "every kind of block and graph, the same bits",
        firmware::every_kind,
    ),
    step(
        "firmware-integer",
        &[Firmware, Qemu],
        LONG,
        "integer arithmetic: the same numbers on every board, within its instructions, no float on an M0",
        firmware::integer_arithmetic,
    ),
    step(
        "firmware-learn",
        &[Firmware, Qemu],
        LONG,
        "learned weights are the same bits on M3, M4F and M55 as on this machine",
        firmware::learning,
    ),
    step(
        "firmware-keep",
        &[Firmware, Qemu],
        LONG,
        "what was learned is saved and loaded over resets, with this machine's bits",
        firmware::keeping,
    ),
    step("firmware-counts", &[Firmware, Qemu], LONG, "no instruction or cycle count grew", firmware::counts),
    step(
        "firmware-estimates",
        &[Firmware, Qemu],
        LONG,
        "estimates of cost above what models take, and not far",
        firmware::estimates,
    ),
    step(
        "firmware-limits",
        &[Firmware, Qemu],
        LONG,
        "memory, code and refused bit flips within their limits",
        firmware::limits,
    ),
    step(
        "firmware-template",
        &[Firmware, Qemu],
        LONG,
        "the template of a board of your own",
        firmware::template,
    ),
    step("firmware-damaged", &[Firmware, Qemu], LONG, "a damaged model is refused", firmware::damaged_model),
    step(
        "firmware-large",
        &[Firmware, Qemu],
        LONG,
        "a model too large for its state is refused",
        firmware::large_model,
    ),
    step("firmware-faults", &[Firmware, Qemu], LONG, "a panic or fault ends in failure", firmware::faults),
    step("core-miri", &[], LONG, "core's safe path under Miri", core::miri),
    step("core-targets", &[], LONG, "core compiles for other microcontrollers", core::other_targets),
];
