//! The C interface: a program compiled by gcc, with warnings as errors, gets core's bits; and the header is
//! C++ too.

#[path = "c/learning.rs"]
mod learning;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use fenchel::store::model_file;
use fenchel::{Architecture, Parameters, convert};
use fenchel_c::{CNudge, COutcome, CSettings, MODEL_BYTES, Shape, Status, Verdict};
use fenchel_core::{
    Activation, Attack, Header, Input, Model, Names, Nudge, Objective, Perturbation, Potential, Problem,
    Random, Scaling, Schedule, Settings, StateView, Task, Threshold, Training, TrainingData,
    reconstruction_error,
};
use rand_core::{Rng, SeedableRng};

const SAMPLES: usize = 3;
const SIZES: [usize; 4] = [6, 9, 5, 3];
/// Offset of the scaling of each input.
const OFFSETS: [f32; SIZES[0]] = [1.0, 0.0, -3.5, 2.0, 0.1, 20.0];
const FACTORS: [f32; SIZES[0]] = [0.0625, 0.1, 2.0, 0.3, 1.0, 0.0625];
const UNITS: usize = SIZES[1] + SIZES[2] + SIZES[3];
/// Number of cases in `c/misuse.c`.
const MISUSES: usize = 128;
const WARNINGS: [&str; 3] = ["-Wall", "-Wextra", "-Werror"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Returns this machine's target, as rustc calls it.
fn machine() -> String {
    let version = run(Command::new("rustc").arg("-vV"));
    version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_string()
}

/// Builds the static library with the compiler's `flags`, and returns it with what rustc says a program
/// must be linked with beside it.
fn library(folder: &Path, flags: &str) -> (PathBuf, Vec<String>) {
    let target = machine();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).arg("rustc").args(["--quiet", "--lib", "--package", "fenchel-c"]);
    // Sanitizers are an unstable option. With a target named, the flags are the library's alone.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags).args(["--target", &target]);
    cargo.args(["--crate-type", "staticlib", "--message-format", "json", "--target-dir"]).arg(folder);
    cargo.args(["--", "--print", "native-static-libs"]);
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("text");
    let libraries = messages.split_once("native-static-libs: ").map_or("", |(_, rest)| rest);
    let end = libraries.find(['"', '\\']).unwrap_or(0);
    let archive = folder.join(target).join("debug/libfenchel_c.a");
    (archive, libraries[..end].split_whitespace().map(Into::into).collect())
}

fn training() -> Training {
    Training {
        objective: Objective::ArovrAb,
        attack: Attack::Targeted,
        alpha: 0.49,
        beta: 0.25,
        perturbation: Perturbation::None,
        seed: 7,
        epoch: 1,
    }
}

/// Returns random weights between layers of these sizes.
fn parameters(sizes: &[usize]) -> Parameters {
    let activations = [Activation::Relu, Activation::Clip { low: 0.0, high: 1.0 }];
    let architecture =
        Architecture::new(sizes, &activations, Potential::FenchelYoung, &[], &[]).expect("fits");
    Parameters::new(&architecture, &mut Random::seed_from_u64(7))
}

fn scaling() -> Scaling<'static> {
    Scaling::new(&OFFSETS, &FACTORS).expect("finite")
}

fn model() -> model_file::ModelBytes {
    let names = ["zero", "one", "two"].map(String::from);
    model_file::export_classifier(&parameters(&SIZES), training(), scaling(), &names).expect("exports")
}

fn list<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}

/// Returns floats as C spells them, exactly.
fn floats(values: &[f32]) -> String {
    format!("{{{}}}", list(values.iter().map(|value| format!("{value:?}f"))))
}

fn bits(what: &str, values: &[f32]) -> String {
    values.iter().fold(what.to_string(), |line, value| format!("{line} {:08x}", value.to_bits())) + "\n"
}

/// Returns what the program must print, computed by core.
fn expected(model: &Model, samples: &[Vec<f32>], target: &[f32], attack: &[f32]) -> String {
    let network = model.network();
    let state_bytes = 4 * StateView::len(network.units(), 1);
    let code = |status: Status| status as i32;
    let mut text = format!(
        "layout {MODEL_BYTES} {} {} {} {} 24\n",
        size_of::<Shape>(),
        size_of::<CNudge>(),
        size_of::<CSettings>(),
        size_of::<COutcome>()
    );
    writeln!(text, "not loaded {}", code(Status::NotLoaded)).expect("text");
    writeln!(text, "cut {}\nother {}", code(Status::Truncated), code(Status::NotAModel)).expect("text");
    writeln!(text, "null {}\nload 0 done", code(Status::Null)).expect("text");
    writeln!(text, "shape {} {} {state_bytes}", SIZES[0], SIZES[3]).expect("text");
    let raw: [Vec<f32>; 3] = [
        (0..SIZES[0]).map(|i| (20 * i) as f32).collect(),
        (0..SIZES[0]).map(|i| 300.0 * i as f32 - 700.0).collect(),
        (0..SIZES[0]).map(|i| 0.1 * i as f32).collect(),
    ];
    for raw in raw {
        let scaled =
            raw.iter().zip(OFFSETS).zip(FACTORS).map(|((raw, offset), factor)| (raw - offset) * factor);
        text += "scale 0\n";
        text += &bits("input", &scaled.collect::<Vec<_>>());
    }
    writeln!(text, "small state {}\nsize {}", code(Status::SmallState), code(Status::Size)).expect("text");
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    for input in samples {
        let mut activities = vec![0.0; network.units()];
        text += "infer 0\n";
        text += &bits("output", network.infer(input, &mut activities).expect("fits"));
        for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
            let nudges = [Nudge { s: 0.1275, weight_target: 0.125, weight_attack: 0.0025 }];
            let problem = Problem::new(input, &nudges, target).with_attack(attack);
            let settings = Settings { schedule, sweeps: 20, tolerance: 0.0 };
            let mut state = StateView::new(network.units(), 1, &mut memory).expect("fits");
            let ended = network.relax_monitored(&problem, &mut state, &settings, &mut |_| ()).expect("fits");
            let status = match ended.status {
                fenchel_core::Status::Converged => Status::Converged,
                fenchel_core::Status::SweepLimit => Status::SweepLimit,
                fenchel_core::Status::Unbounded => Status::Diverged,
            };
            writeln!(text, "relax {} {}", code(status), ended.last.sweep).expect("text");
            text += &bits("energy", &[ended.last.energy]);
            text += &bits("residual", &[ended.last.residual]);
            text += &bits("output", state.activities(&network, network.output()));
        }
    }
    text + &format!("schedule {}\n", code(Status::Settings))
}

#[test]
fn a_c_program_gets_the_bits_of_core() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = model();
    let mut random = Random::seed_from_u64(1);
    let mut value = || (random.next_u32() >> 8) as f32 / 16_777_216.0;
    let samples: Vec<Vec<f32>> = (0..SAMPLES).map(|_| (0..SIZES[0]).map(|_| value()).collect()).collect();
    let (target, attack) = ([0.0, 1.0, 0.0], [1.0, 0.0, 0.0]);
    let header = format!(
        "#define SAMPLES {SAMPLES}\n#define INPUTS {}\n#define OUTPUTS {}\n#define UNITS {UNITS}\n\
         static const float sample[SAMPLES][INPUTS] = {{{}}};\n\
         static const float target[OUTPUTS] = {};\nstatic const float attack[OUTPUTS] = {};\n",
        SIZES[0],
        SIZES[3],
        list(samples.iter().map(|sample| floats(sample))),
        floats(&target),
        floats(&attack),
    );
    std::fs::write(folder.path().join("samples.h"), header).expect("writes");
    // What `fenchel export --format c-header` writes.
    let exported = convert::write(convert::Form::CHeader, "model", "exported", &bytes).expect("exports");
    std::fs::write(folder.path().join("exported.h"), exported).expect("writes");
    let (archive, libraries) = library(&root().join("target/c-interface"), "");
    let program = folder.path().join("device");
    let include = root().join("core/c/include");
    let source = root().join("tests/tests/c/device.c");
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=c99", "-pedantic"]).args(WARNINGS).arg("-I").arg(&include).arg("-I").arg(folder.path());
    run(gcc.arg(source).arg("-o").arg(&program).arg(archive).args(libraries));
    let model = bytes.model("model").expect("loads");
    assert_eq!(run(&mut Command::new(program)), expected(&model, &samples, &target, &attack));
}

/// Misuses are refused, and nothing but the state is written, as C99 and as C++; library and program run under
/// AddressSanitizer, the program also under UndefinedBehaviorSanitizer.
#[test]
fn misuse_is_refused_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = format!(
        "#define INPUTS {}\n#define OUTPUTS {}\n#define UNITS {UNITS}\n\
         static const unsigned char model_bytes[] = {{{}}};\n",
        SIZES[0],
        SIZES[3],
        list(model().iter())
    );
    std::fs::write(folder.path().join("bytes.h"), header).expect("writes");
    let (archive, libraries) = library(&root().join("target/c-sanitised"), "-Zsanitizer=address");
    for (compiler, standard) in [("gcc", ["-std=c99", "-xc"]), ("g++", ["-std=c++11", "-xc++"])] {
        let program = folder.path().join(compiler);
        let mut build = Command::new(compiler);
        build.args(standard).args(["-pedantic", "-g", "-fsanitize=address,undefined"]).args(WARNINGS);
        build.arg("-fno-sanitize-recover=all").arg("-I").arg(root().join("core/c/include"));
        build.arg("-I").arg(folder.path()).arg(root().join("tests/tests/c/misuse.c"));
        run(build.arg("-xnone").arg(&archive).args(&libraries).arg("-o").arg(&program));
        let printed = run(&mut Command::new(&program));
        let then = format!("then {} {}\n", Status::Ok as i32, Status::SweepLimit as i32);
        assert_eq!(printed, format!("refused {MISUSES} of {MISUSES}\n{then}"), "{compiler}");
    }
}

#[test]
fn the_header_has_the_statuses_and_compiles_as_c_plus_plus() {
    let header = include_str!("../../core/c/include/fenchel.h");
    let code = |line: &str| {
        let (name, value) = line.trim().strip_prefix("FENCHEL_")?.split_once(" = ")?;
        let end = value.find([',', ' ']).unwrap_or(value.len());
        Some((name.replace('_', "").to_lowercase(), value[..end].parse::<i32>().ok()?))
    };
    let (statuses, _) = header.split_once("} fenchel_status;").expect("the statuses");
    let listed: Vec<_> = statuses.lines().filter_map(code).collect();
    let own = Status::ALL.iter().map(|&status| (format!("{status:?}").to_lowercase(), status as i32));
    assert_eq!(listed, own.collect::<Vec<_>>());
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++11", "-pedantic", "-fsyntax-only", "-x", "c++"]).args(WARNINGS);
    run(compiler.arg(root().join("core/c/include/fenchel.h")));
}

/// Values in the user's unit, scores and verdicts are core's.
#[test]
fn regressions_and_reconstructions_have_the_bits_of_core() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random::seed_from_u64(1);
    let mut value = || (random.next_u32() >> 8) as f32 / 1_000_000.0;
    let samples: Vec<Vec<f32>> = (0..8).map(|_| (0..SIZES[0]).map(|_| value()).collect()).collect();
    // The middle one of the samples' scores.
    let reconstruction = parameters(&[SIZES[0], SIZES[1], SIZES[2], SIZES[0]]);
    let mut scores: Vec<f32> = samples
        .iter()
        .map(|raw| {
            let mut input = vec![0.0; SIZES[0]];
            scaling().apply(raw, &mut input).expect("fits");
            let network = reconstruction.network();
            let mut activities = vec![0.0; network.units()];
            reconstruction_error(&input, network.infer(&input, &mut activities).expect("fits"))
        })
        .collect();
    scores.sort_by(f32::total_cmp);
    let threshold = Threshold { score: (scores[3] + scores[4]) / 2.0, quantile: 0.5 };
    let targets = Scaling::new(&[500.0, -2.5, 0.0], &[0.01, 30.0, 0.0]).expect("finite");
    let models = [
        (
            "regression",
            SIZES[3],
            Task::Regression { targets: Names("flow\npressure\nnothing"), scaling: targets },
        ),
        ("reconstruction", SIZES[0], Task::Reconstruction { threshold: Some(threshold) }),
    ];
    let mut expected = String::new();
    let mut anomalies = Vec::new();
    for (number, (name, outputs, task)) in (1..).zip(models) {
        let data = TrainingData { name: "unknown", samples: 0, sha256: None };
        let input = Input { names: None, scaling: scaling(), bounds: None };
        let parameters = parameters(&[SIZES[0], SIZES[1], SIZES[2], outputs]);
        let header = Header { training: training(), data, task, input };
        let bytes = model_file::export(&parameters, &[], header).expect("exports");
        let exported = convert::write(convert::Form::CHeader, name, name, &bytes).expect("exports");
        std::fs::write(folder.path().join(format!("{name}.h")), exported).expect("writes");
        let model = bytes.model(name).expect("loads");
        writeln!(expected, "task {number}, verdict {}", size_of::<Verdict>()).expect("text");
        for raw in &samples {
            let mut input = vec![0.0; SIZES[0]];
            model.scaling().apply(raw, &mut input).expect("fits");
            let network = model.network();
            let mut activities = vec![0.0; network.units()];
            let mut answer = network.infer(&input, &mut activities).expect("fits").to_vec();
            match task {
                Task::Regression { scaling, .. } => {
                    scaling.restore(&mut answer).expect("fits");
                    expected += &bits("values", &answer);
                }
                _ => {
                    let score = reconstruction_error(&input, &answer);
                    expected += &bits("score", &[score]);
                    expected += &bits("threshold", &[threshold.score]);
                    writeln!(expected, "anomaly {}", i32::from(score > threshold.score)).expect("text");
                    anomalies.push(score > threshold.score);
                }
            }
        }
    }
    assert!(anomalies.contains(&true) && anomalies.contains(&false), "both verdicts are compared");
    let header = format!(
        "#define SAMPLES 8\n#define INPUTS {}\n#define UNITS {}\nstatic const float sample[SAMPLES][INPUTS] = {{{}}};\n",
        SIZES[0],
        SIZES[1] + SIZES[2] + SIZES[0],
        list(samples.iter().map(|sample| floats(sample))),
    );
    std::fs::write(folder.path().join("samples.h"), header).expect("writes");
    let (archive, libraries) = library(&root().join("target/c-interface"), "");
    let program = folder.path().join("tasks");
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=c99", "-pedantic"]).args(WARNINGS).arg("-I").arg(root().join("core/c/include"));
    gcc.arg("-I").arg(folder.path()).arg(root().join("tests/tests/c/tasks.c"));
    run(gcc.arg("-o").arg(&program).arg(archive).args(libraries));
    assert_eq!(run(&mut Command::new(program)), expected);
}
