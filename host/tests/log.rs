//! What a run's log holds, that measuring it changes nothing, and what the terminal shows of it.

use std::path::Path;
use std::process::{Command, Output};

use fenchel::data;
use fenchel::train::{Logged, ObjectiveName, Observed, Settings, train};

fn fenchel(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.current_dir(folder).args(arguments.split_whitespace()).output().expect("it starts")
}

fn log(folder: &Path, arguments: &str) -> Vec<Logged> {
    let output = fenchel(folder, &format!("train {arguments} --quiet --out run"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fenchel::train::epochs(&std::fs::read_to_string(folder.join("run/log.jsonl")).expect("a log"))
}

#[test]
fn a_log_says_how_training_went_and_saying_so_changes_no_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let epochs = log(folder, "--objective arovr-g --pretrain 1 --epochs 20 --layers 24,16");
    assert_eq!(epochs.len(), 21);
    assert!(epochs.iter().all(|epoch| epoch.observed.gradient_norm.is_some_and(|norm| norm > 0.0)));
    let pretraining = epochs[0].observed;
    assert!(epochs[0].epoch.pretraining && pretraining.energies.is_none() && pretraining.cosine.is_none());
    let (mut first, mut last) = (0.0, 0.0);
    for Logged { observed, epoch } in &epochs[1..] {
        let [energies, residuals] = [observed.energies, observed.residuals].map(|pair| pair.expect("a pair"));
        assert!(energies.iter().all(|energy| energy.abs() < 10.0), "{observed:?}");
        assert!(residuals.iter().all(|&residual| (0.0..1.0).contains(&residual)), "{observed:?}");
        // The same samples, noise and attack every time: what training lowers is seen.
        let loss = (energies[0] - energies[1]) / (0.49 * 0.25);
        (first, last) = if epoch.epoch == 1 { (loss, loss) } else { (first, loss) };
        let due = epoch.epoch == 1 || epoch.epoch.is_multiple_of(10);
        assert_eq!(observed.cosine.is_some(), due, "{epoch:?}");
        assert!(observed.cosine.is_none_or(|cosine| (0.5..1.0).contains(&cosine)), "{observed:?}");
    }
    assert!(last < first, "{first} to {last}");

    let settings = Settings::new("digits", ObjectiveName::ArovrG).with(|settings| {
        settings.optimiser.pretrain = 1;
        settings.optimiser.epochs = 20;
        settings.network.layers = vec![24, 16];
    });
    let digits = data::load("digits").expect("compiled in");
    let trained = train(&settings, &digits, &mut |_| Ok(())).expect("trained");
    let model = fenchel::train::export_run(&trained.last_parameters, &settings, trained.last.epoch, &digits);
    let own = std::fs::read(folder.join("run/last.fenchel")).expect("a model");
    assert!(*model.expect("exported") == own[..], "without a log it comes to other bits");
}

#[test]
fn back_propagation_has_a_gradient_and_no_problems() {
    let folder = tempfile::tempdir().expect("a folder");
    for Logged { observed, .. } in log(folder.path(), "--objective backprop --epochs 2") {
        assert_eq!(observed, Observed { gradient_norm: observed.gradient_norm, ..Observed::default() });
        assert!(observed.gradient_norm.is_some());
    }
}

#[test]
fn a_log_without_the_measurements_is_read() {
    let old = "{\"epoch\":1,\"pretraining\":false,\"validation_accuracy\":0.25,\"validation_loss\":0.99,\
               \"unbounded\":0,\"safety\":null,\"seconds\":0.1}\n";
    let epochs = fenchel::train::epochs(old);
    assert_eq!((epochs.len(), epochs[0].observed), (1, Observed::default()));
}

#[test]
fn verbose_shows_what_the_log_has_and_quiet_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |options: &str| {
        let output = fenchel(folder.path(), &format!("train --epochs 2 {options}"));
        assert!(output.status.success());
        String::from_utf8(output.stderr).expect("text")
    };
    let verbose = said("--verbose --out verbose");
    for words in ["epoch 2/2", "gradient", "energies", "residuals", "cosine with back-propagation"] {
        assert!(verbose.contains(words), "{words:?} isn't in: {verbose}");
    }
    assert_eq!(verbose.lines().count(), 2);
    assert_eq!(said("--quiet --out quiet"), "");
    assert_eq!(fenchel(folder.path(), "train --quiet --verbose").status.code(), Some(2));
}

/// Returns what a command prints on a terminal, which util-linux's `script` provides.
fn on_a_terminal(folder: &Path, arguments: &str, no_color: Option<&str>) -> String {
    let command = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_fenchel"));
    let mut script = Command::new("script");
    script.current_dir(folder).args(["--quiet", "--command", &command, "/dev/null"]);
    script.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    if let Some(value) = no_color {
        script.env("NO_COLOR", value);
    }
    let output = script.stdin(std::process::Stdio::null()).output().expect("script, of util-linux");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns whether there is a sequence that sets a colour or another style: `ESC [ … m`.
fn has_style(text: &str) -> bool {
    text.split("\u{1b}[")
        .skip(1)
        .any(|rest| rest.find(|c: char| c.is_alphabetic()).is_some_and(|end| rest[end..].starts_with('m')))
}

#[test]
fn no_color_is_respected() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Without it there are styles: the test can tell.
    assert!(has_style(&on_a_terminal(folder, "train --help", None)), "no style on a terminal");
    for arguments in
        ["train --help", "train --epochs 3 --out run", "train --epochs 3 --verbose --out again", "nonsense"]
    {
        let shown = on_a_terminal(folder, arguments, Some("1"));
        assert!(!shown.trim().is_empty() && !has_style(&shown), "{arguments}: {shown:?}");
    }
}

#[test]
fn a_training_that_diverged_is_listed_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let epochs = log(folder.path(), "--rate 1e30 --epochs 3");
    assert_eq!(epochs.len(), 3);
    assert!(epochs.iter().all(|line| line.epoch.validation_loss.is_nan()));
    for command in ["runs .", "report run -o page.html"] {
        assert!(fenchel(folder.path(), command).status.success(), "{command}");
    }
}
