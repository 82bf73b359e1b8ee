//! Learning in place and saving what was learned, from C, give core's bits.

use fenchel_c::{CFlash, CLearning, CSaved, CUpdate, LEARNER_BYTES};
use fenchel_core::{LearnMemory, LearnSettings, Learner, Rollback, StepRule, UpdateStatus};

use super::*;

const STEPS: usize = 40;
const SLOT: usize = 4096;

/// Learns as the program does, and returns what it prints.
fn learn(
    learner: &mut Learner,
    samples: &[Vec<f32>],
    targets: &[Vec<f32>],
    numbers: std::ops::Range<usize>,
) -> String {
    let mut last = None;
    for i in numbers {
        last = Some(learner.learn(&samples[i % samples.len()], &targets[i % samples.len()]).expect("fits"));
    }
    let update = last.expect("a sample");
    let status = match update.status {
        UpdateStatus::Learned => Status::Ok,
        UpdateStatus::Skipped => Status::Skipped,
        UpdateStatus::Unbounded => Status::Diverged,
        UpdateStatus::RolledBack => Status::RolledBack,
    };
    let mut text = format!("learned {}\n", status as i32);
    text += &bits("loss", &[update.loss]);
    text += &bits("step", &[update.step]);
    text += "infer 0\n";
    text + &bits("output", learner.infer(&samples[0]).expect("fits"))
}

fn with<R>(model: &Model, settings: LearnSettings, work: impl FnOnce(&mut Learner, usize) -> R) -> R {
    let network = model.network();
    let sizes = settings.sizes(&network).expect("problems");
    let bytes = 4 * (sizes.parameters + sizes.state + sizes.step + sizes.copy);
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let memory = LearnMemory { parameters, state, step, copy };
    work(&mut Learner::new(network, settings, memory).expect("fits"), bytes)
}

fn expected(model: &Model, samples: &[Vec<f32>], targets: &[Vec<f32>]) -> String {
    let code = |status: Status| status as i32;
    let how = LearnSettings {
        rule: StepRule::Polyak { share: 0.1, cap: 2.0 },
        skip: Some(0.5),
        clip: Some(2.0),
        rollback: Some(Rollback { samples: 10, rise: 1.5 }),
        ..LearnSettings::default()
    };
    let (last, most) = with(model, how, |learner, most| (learn(learner, samples, targets, 0..STEPS), most));
    with(model, LearnSettings::default(), |learner, bytes| {
        let mut text = format!(
            "layout {LEARNER_BYTES} {} {} {} {}, bytes {bytes} {most}\n",
            size_of::<CLearning>(),
            size_of::<CUpdate>(),
            size_of::<CFlash>(),
            size_of::<CSaved>()
        );
        writeln!(text, "small {}", code(Status::SmallState)).expect("text");
        text += &learn(learner, samples, targets, 0..STEPS);
        writeln!(text, "not saved {}\nsave 0 1 256\nnewest 0 1 256", code(Status::NotSaved)).expect("text");
        let more = learn(learner, samples, targets, STEPS..2 * STEPS);
        // The learner over the loaded model gives the same once more.
        writeln!(text, "{more}load 0\n{more}save 0 2 {0}\nnewest 0 2 {0}", SLOT + 256).expect("text");
        writeln!(text, "save {} 0 0\nnewest 0 2 {}", code(Status::Flash), SLOT + 256).expect("text");
        writeln!(text, "small {}", code(Status::SmallState)).expect("text");
        text + &last
    })
}

#[test]
fn a_c_program_learns_and_saves_with_the_bits_of_core() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = model();
    let mut random = Random::seed_from_u64(3);
    let mut value = || (random.next_u32() >> 8) as f32 / 16_777_216.0;
    let samples: Vec<Vec<f32>> = (0..6).map(|_| (0..SIZES[0]).map(|_| value()).collect()).collect();
    let one_hot = |class| (0..SIZES[3]).map(|c| if c == class { 1.0 } else { 0.0 }).collect();
    let targets: Vec<Vec<f32>> = (0..6).map(|i| one_hot(i % SIZES[3])).collect();
    let rows = |rows: &[Vec<f32>]| list(rows.iter().map(|row| floats(row)));
    let header = format!(
        "#define SAMPLES 6\n#define INPUTS {}\n#define OUTPUTS {}\n\
         static const float sample[SAMPLES][INPUTS] = {{{}}};\n\
         static const float target[SAMPLES][OUTPUTS] = {{{}}};\n",
        SIZES[0],
        SIZES[3],
        rows(&samples),
        rows(&targets)
    );
    std::fs::write(folder.path().join("samples.h"), header).expect("writes");
    let exported = convert::write(convert::Form::CHeader, "model", "exported", &bytes).expect("exports");
    std::fs::write(folder.path().join("exported.h"), exported).expect("writes");
    // The library of the misuses.
    let (archive, libraries) = library(&root().join("target/c-sanitised"), "-Zsanitizer=address");
    for (compiler, standard) in [("gcc", ["-std=c99", "-xc"]), ("g++", ["-std=c++11", "-xc++"])] {
        let program = folder.path().join(compiler);
        let mut build = Command::new(compiler);
        build.args(standard).args(["-pedantic", "-g", "-fsanitize=address,undefined"]).args(WARNINGS);
        build.arg("-fno-sanitize-recover=all").arg("-I").arg(root().join("core/c/include"));
        build.arg("-I").arg(folder.path()).arg(root().join("tests/tests/c/learn.c"));
        run(build.arg("-xnone").arg(&archive).args(&libraries).arg("-o").arg(&program));
        let model = bytes.model("model").expect("loads");
        assert_eq!(run(&mut Command::new(&program)), expected(&model, &samples, &targets), "{compiler}");
    }
}
