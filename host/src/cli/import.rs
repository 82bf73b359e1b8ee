//! `fenchel import`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fenchel_core::{
    Activation, Attack, Confidence, Header, Input, Names, Objective, Perturbation, Task, Training,
    TrainingData,
};
use serde_json::json;

use crate::convert::{Affine, Hints, Imported, import, scaling_file};
use crate::data::labels::numbered;
use crate::data::{Dataset, InputScaling};
use crate::error::require;
use crate::output;
use crate::spelling::parse;
use crate::store::files;
use crate::store::model_file::{export, joined};
use crate::{BadInput, data};

/// Make a model file from a multilayer perceptron of another program
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel import weights.safetensors --data digits -o model.fenchel
  fenchel import weights.safetensors --order stem,body,head -o model.fenchel
  fenchel import net.onnx -o model.fenchel && fenchel inspect model.fenchel")]
pub struct Args {
    /// File to import: a PyTorch state_dict of Linear layers as safetensors or NPZ, or an ONNX model of Gemm, or MatMul and Add, and Relu or Clip
    file: PathBuf,
    /// Model file to write
    #[arg(short, long)]
    output: PathBuf,
    /// Data that the network was trained on, from which the scaling of the inputs and the names of the classes are taken [default: inputs as they come, classes by number]
    #[arg(long)]
    data: Option<String>,
    /// Scaling that turns raw values into the file's own input: that of a data set, or an NPZ file with arrays offset and factor, or mean and std [default: that of --data]
    #[arg(long, value_name = "DATA")]
    scaling_from: Option<String>,
    /// Names of the layers, lowest first, for files that don't give their order [default: by shapes and names]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    order: Vec<String>,
    /// Activation of the hidden blocks, one or a list [default: that of the file, or relu if it has none]
    #[arg(long, value_delimiter = ',', value_parser = parse::<Activation>)]
    activation: Vec<Activation>,
    /// Meaning of the outputs: values of classes, or quantities in the unit of the file's outputs
    #[arg(long, value_enum, default_value = "classify")]
    task: Outputs,
    /// Print one JSON object: model (path), bytes, blocks (units of each)
    #[arg(long)]
    json: bool,
}

/// The meaning of a network's outputs.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Outputs {
    /// One output for each class; a single one decides between two
    Classify,
    /// One output for each target
    Regress,
}

pub fn run(args: &Args) -> Result<()> {
    let place = args.file.display();
    let file = std::fs::read(&args.file).map_err(|error| BadInput::new(&place, "a readable file", error))?;
    let data = args.data.as_deref().map(data::load).transpose()?;
    let said = match &args.scaling_from {
        None => None,
        Some(name) => Some(match scaling_file::read(name)? {
            Some(scaling) => scaling,
            None => scaling_of(&data::load(name)?),
        }),
    };
    let folder =
        args.file.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let quantities = args.task == Outputs::Regress;
    let hints =
        |scaling| Hints { activations: &args.activation, order: &args.order, folder, scaling, quantities };
    let mut imported = import(&place, &file, &hints(said.clone()))?;
    if let (None, Some(data)) = (&said, &data) {
        if imported.scales_itself {
            let note = "the file scales its input itself: the data's scaling isn't applied (--scaling-from applies it before)";
            imported.notes.push(note.into());
        } else {
            imported = import(&place, &file, &hints(Some(scaling_of(data))))?;
        }
    }
    let Imported { parameters, scaling, class_names, notes, .. } = imported;
    let units: Vec<_> = parameters.blocks.iter().map(|block| block.size()).collect();
    let classes = units[units.len() - 1];
    if let Some(data) = &data {
        let (name, features, expected) = (&data.name, data.features, data.classes());
        require!(units[0] == features, &place, format!("{features} inputs, as {name} has"), units[0]);
        let fits = quantities || classes == expected;
        require!(fits, &place, format!("{expected} outputs, as {name} has classes"), classes);
    }
    let (shape, names) = data.map(|data| (data.shape, data.class_names)).unzip();
    let names = joined(&names.or(class_names).unwrap_or_else(|| numbered(classes)));
    let targets = joined(&numbered(classes));
    let unit = InputScaling::new(vec![0.0; classes], vec![1.0; classes])?;
    let training = Training {
        objective: Objective::Backprop,
        attack: Attack::None,
        alpha: 1.0,
        beta: 1.0,
        perturbation: Perturbation::None,
        seed: 0,
        epoch: 0,
    };
    let header = Header {
        training,
        data: TrainingData { name: args.data.as_deref().unwrap_or("unknown"), samples: 0, sha256: None },
        task: match args.task {
            Outputs::Classify => {
                Task::Classification { classes: Names(&names), confidence: Confidence::default() }
            }
            Outputs::Regress => Task::Regression { targets: Names(&targets), scaling: unit.view() },
        },
        input: Input { names: None, scaling: scaling.view(), bounds: None },
    };
    let bytes = export(&parameters, &shape.unwrap_or_default(), header)?;
    files::write(&args.output, &bytes)?;
    for note in notes {
        output::say(format_args!("fenchel: {place}: {note}"));
    }
    if args.json {
        return super::print(
            json!({ "model": output::path(&args.output), "bytes": bytes.len(), "blocks": units }),
        );
    }
    let blocks = units.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    super::print(format_args!("{}: {blocks}, {} bytes", args.output.display(), bytes.len()))
}

/// Returns the data's scaling, with one pair for each feature unless one serves all.
fn scaling_of(data: &Dataset) -> Affine {
    let scaling = data.scaling.view();
    let run = data.features / scaling.factors().len().max(1);
    let run = if scaling.factors().len() == 1 { 1 } else { run };
    let wide = |values: &[f32]| {
        let each = values.iter().flat_map(|&value| std::iter::repeat_n(f64::from(value), run));
        each.collect::<Vec<_>>()
    };
    Affine::scaling(&wide(scaling.offsets()), &wide(scaling.factors()))
}
