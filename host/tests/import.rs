//! Files of other programs: what is imported, with which outputs, and what is refused.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fenchel::convert::{Hints, Imported, import};
use serde_json::Value;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/convert")
}

fn case(name: &str) -> String {
    cases().join(name).display().to_string()
}

fn fenchel(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_fenchel")).current_dir(folder).args(arguments).output();
    output.expect("it starts")
}

/// Returns stdout and stderr of a command that must succeed.
fn done(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = fenchel(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {message}");
    (String::from_utf8(output.stdout).expect("UTF-8"), message)
}

fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let output = fenchel(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for words in words {
        assert!(message.contains(words), "{arguments:?}: {words:?} isn't in: {message}");
    }
}

fn imported(name: &str) -> Imported {
    let file = std::fs::read(cases().join(name)).expect("a case");
    let hints = Hints { folder: Some(&cases()), ..Hints::default() };
    import(name, &file, &hints).unwrap_or_else(|error| panic!("{error:#}"))
}

/// Returns the outputs for one sample of raw values.
fn outputs(model: &Imported, raw: &[f64]) -> Vec<f32> {
    let network = model.parameters.network();
    let raw: Vec<_> = raw.iter().map(|&raw| raw as f32).collect();
    let mut input = vec![0.0; raw.len()];
    model.scaling.view().apply(&raw, &mut input).expect("fits");
    let mut activities = vec![0.0; network.units()];
    network.infer(&input, &mut activities).expect("fits").to_vec()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number")).collect()
}

/// The file onnx_outputs.json has the outputs of onnxruntime 1.32 for six inputs to each model; if a
/// classifier's labels are its first output, it has those.
#[test]
fn outputs_are_those_of_onnxruntime() {
    let text = std::fs::read_to_string(cases().join("onnx_outputs.json")).expect("a case");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    for (name, case) in all.as_object().expect("by model") {
        let model = imported(name);
        for (index, raw) in case["inputs"].as_array().expect("inputs").iter().enumerate() {
            let own = outputs(&model, &numbers(raw));
            let label = fenchel_core::label(&own);
            if let Some(labels) = case["labels"].as_array() {
                let names = model.class_names.as_ref().expect("scikit-learn names its classes");
                assert_eq!(labels[index].as_str(), Some(names[label].as_str()), "{name}, sample {index}");
                continue;
            }
            let reference = numbers(&case["outputs"][index]);
            if name == "softmax_end.onnx" {
                let highest = reference.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("some").0;
                assert_eq!(label, highest, "{name}, sample {index}");
                continue;
            }
            // Sums in another order; onnxruntime computes fp16.onnx in half precision.
            let tolerance = if name == "fp16.onnx" { 5e-3 } else { 1e-6 };
            let largest = reference.iter().fold(0.0, |largest: f64, y| largest.max(y.abs()));
            for (own, reference) in own.iter().zip(&reference) {
                let difference = (f64::from(*own) - reference).abs();
                assert!(difference <= tolerance * largest.max(1.0), "{name}: {own}, not {reference}");
            }
        }
    }
    assert_eq!(all.as_object().map(serde_json::Map::len), Some(12));
}

#[test]
fn a_graph_that_scales_its_input_gives_the_model_its_scaling() {
    let model = imported("normalise.onnx");
    let plain = imported("plain.onnx");
    assert_ne!(model.scaling, fenchel::data::InputScaling::one(0.0, 1.0));
    let weights = |model: &Imported| model.parameters.weights[0].clone();
    assert!(weights(&model).row_major().eq(weights(&plain).row_major()), "no weight is touched");
}

#[test]
fn what_is_left_out_or_assumed_is_said_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, words) in [
        ("softmax_end.onnx", "Softmax at the end is left out"),
        ("one_logit.safetensors", "class 1 where it is above 0"),
        ("digits_names.safetensors", "--order"),
    ] {
        let (_, said) = done(folder.path(), &["import", &case(name), "-o", "m.fenchel"]);
        assert!(said.lines().count() == 1 && said.contains(words), "{name}: {said}");
    }
    let (_, said) = done(folder.path(), &["import", &case("plain.onnx"), "-o", "m.fenchel"]);
    assert_eq!(said, "");
}

#[test]
fn what_can_not_be_taken_over_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::copy(cases().join("external.onnx"), folder.join("alone.onnx")).expect("copied");
    for (name, words) in [
        (case("flatten_axis0.onnx"), &["Flatten", "axis = 1"][..]),
        (case("flatten_axis2.onnx"), &["Flatten", "axis = 1"]),
        (case("torch_save.pt"), &["PyTorch pickle", "safetensors.torch.save_file"]),
        ("alone.onnx".into(), &["external.onnx.data", "beside the model"]),
    ] {
        refused(folder, &["import", &name, "-o", "no.fenchel"], words);
        assert!(!folder.join("no.fenchel").exists(), "{name}");
    }
}

#[test]
fn layers_are_in_the_order_of_their_shapes_or_as_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let accuracy = |file: &str, options: &[&str]| {
        let import = ["import", &case(file), "--data", "digits", "-o", "m.fenchel"];
        done(folder, &[&import, options].concat());
        let printed = done(folder, &["eval", "m.fenchel", "--data", "digits"]).0;
        printed.lines().next().unwrap_or_default().to_string()
    };
    let expected = "accuracy 96.00 % of 500 samples";
    assert_eq!(accuracy("digits_fc.safetensors", &[]), expected);
    assert_eq!(accuracy("digits_names.safetensors", &[]), expected);
    let order = ["--order", "input_layer,hidden_layer,output_layer"];
    assert_eq!(accuracy("digits_names.safetensors", &order), expected);
    let swapped = ["--order", "hidden_layer,input_layer,output_layer"];
    assert_ne!(accuracy("digits_names.safetensors", &swapped), expected);
    for (file, order, words) in [
        ("digits_names.safetensors", "input_layer,output_layer", "lowest first"),
        ("plain.onnx", "a,b", "an ONNX model"),
    ] {
        refused(folder, &["import", &case(file), "--order", order, "-o", "no.fenchel"], &["--order", words]);
    }
}

/// Returns a safetensors file of layers (name, rows, columns), with all weights and biases 0.5.
fn safetensors(layers: &[(&str, usize, usize)]) -> Vec<u8> {
    let (mut entries, mut end) = (Vec::new(), 0);
    for (name, rows, columns) in layers {
        let shapes =
            [("weight", format!("[{rows},{columns}]"), rows * columns), ("bias", format!("[{rows}]"), *rows)];
        for (part, shape, count) in shapes {
            let start = end;
            end += 4 * count;
            entries.push(format!(
                r#""{name}.{part}":{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#
            ));
        }
    }
    let header = format!("{{{}}}", entries.join(","));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(0.5f32.to_le_bytes().repeat(end / 4));
    file
}

#[test]
fn too_many_layers_and_open_orders_are_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let names: Vec<_> = (0..20).map(|k| format!("net.{k}")).collect();
    let twenty: Vec<_> = names.iter().map(|name| (name.as_str(), 3, 3)).collect();
    std::fs::write(folder.join("deep.safetensors"), safetensors(&twenty)).expect("written");
    refused(
        folder,
        &["import", "deep.safetensors", "-o", "no.fenchel"],
        &["at most 15 linear layers", "got 20"],
    );
    let open = safetensors(&[("alpha", 4, 4), ("beta", 4, 4), ("gamma", 2, 4)]);
    std::fs::write(folder.join("open.safetensors"), open).expect("written");
    refused(folder, &["import", "open.safetensors", "-o", "no.fenchel"], &["--order alpha,beta,gamma"]);
    done(folder, &["import", "open.safetensors", "--order", "beta,alpha,gamma", "-o", "m.fenchel"]);
    let twice = safetensors(&[("fc.", 4, 4), ("fc", 2, 4)]);
    std::fs::write(folder.join("twice.safetensors"), twice).expect("written");
    refused(folder, &["import", "twice.safetensors", "-o", "no.fenchel"], &["a second one"]);
}

/// Writes an NPZ file of lists.
fn write_arrays(path: &Path, arrays: &[(&str, &[f64])]) {
    use std::io::Write;

    use npyz::WriterBuilder;
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).expect("made"));
    for (name, values) in arrays {
        let mut bytes = Vec::new();
        let options =
            npyz::WriteOptions::new().default_dtype().shape(&[values.len() as u64]).writer(&mut bytes);
        let mut writer = options.begin_nd().expect("begun");
        writer.extend(values.iter()).expect("written");
        writer.finish().expect("written");
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).expect("begun");
        archive.write_all(&bytes).expect("written");
    }
    archive.finish().expect("written");
}

#[test]
fn scaling_comes_from_arrays_or_a_data_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let archive = |name: &str, arrays: &[(&str, &[f64])]| write_arrays(&folder.join(name), arrays);
    let scaling = |from: &str| {
        let import = ["import", &case("plain.onnx"), "-o", "m.fenchel", "--scaling-from", from];
        done(folder, &import);
        let inspected = done(folder, &["inspect", "m.fenchel", "--weights", "--json"]).0;
        serde_json::from_str::<Value>(&inspected).expect("JSON")
    };
    archive("one.npz", &[("offset", &[2.0]), ("factor", &[0.5])]);
    let one = scaling("one.npz")["scaling"].clone();
    assert_eq!((one["offset"].as_f64(), one["factor"].as_f64()), (Some(2.0), Some(0.5)));
    let digits = scaling("digits")["scaling"].clone();
    assert_eq!(digits["factor"].as_f64(), Some(1.0 / 16.0));
    archive(
        "both.npz",
        &[("mean", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ("std", &[2.0, 2.0, 2.0, 2.0, 4.0, 4.0])],
    );
    scaling("both.npz");
    archive("half.npz", &[("offset", &[2.0])]);
    archive("short.npz", &[("offset", &[2.0, 3.0]), ("factor", &[0.5, 0.5])]);
    archive("zero.npz", &[("mean", &[2.0]), ("std", &[0.0])]);
    for (name, words) in
        [("half.npz", "offset and factor"), ("short.npz", "scaling of 1 value or 6"), ("zero.npz", "finite")]
    {
        let import = ["import", &case("plain.onnx"), "-o", "no.fenchel", "--scaling-from", name];
        refused(folder, &import, &[words]);
    }
}

#[test]
fn int8_keeps_columns_of_unequal_ranges() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // Scaling folded into the weights: half of the columns a thousandth of the others.
    let mut file = std::fs::read(cases().join("digits_fc.safetensors")).expect("a case");
    let header = u64::from_le_bytes(file[..8].try_into().expect("eight")) as usize;
    // fc1.weight, (64, 64), follows fc1.bias.
    for (index, bytes) in file[8 + header + 256..][..4 * 64 * 64].chunks_exact_mut(4).enumerate() {
        let weight = f32::from_le_bytes(bytes.try_into().expect("four"));
        let weight = if index % 2 == 0 { weight * 1e-3 } else { weight };
        bytes.copy_from_slice(&weight.to_le_bytes());
    }
    std::fs::write(folder.join("unequal.safetensors"), &file).expect("written");
    let factors: Vec<f64> = (0..64).map(|j| if j % 2 == 0 { 1e3 / 16.0 } else { 1.0 / 16.0 }).collect();
    write_arrays(&folder.join("scaling.npz"), &[("offset", &[0.0]), ("factor", &factors)]);
    let unequal = ["import", "unequal.safetensors", "--data", "digits", "--scaling-from", "scaling.npz"];
    done(folder, &[&unequal[..], &["-o", "m.fenchel"]].concat());
    done(folder, &["export", "m.fenchel", "-o", "narrow.fenchel", "--weights", "int8"]);
    let accuracy = |model: &str| {
        let report = done(folder, &["eval", model, "--data", "digits", "--json"]).0;
        serde_json::from_str::<Value>(&report).expect("JSON")["accuracy"].as_f64().expect("a number")
    };
    assert_eq!(accuracy("m.fenchel"), 0.96);
    assert!((accuracy("narrow.fenchel") - 0.96).abs() <= 0.006, "{}", accuracy("narrow.fenchel"));
}

#[test]
fn a_regression_keeps_its_one_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let import = ["import", &case("one_logit.safetensors"), "--task", "regress", "-o", "m.fenchel"];
    let (printed, said) = done(folder, &import);
    assert!(printed.contains("6-8-1,") && said.is_empty(), "{printed} {said}");
    done(folder, &["export", "m.fenchel", "-o", "model.rs", "--format", "rust"]);
    let text = std::fs::read_to_string(folder.join("model.rs")).expect("written");
    assert!(text.contains("TARGETS: usize = OUTPUTS") && !text.contains("CLASS"), "{text}");
}
