//! `fenchel import`.

use std::path::PathBuf;

use anyhow::Result;
use fenchel_core::{Activation, Attack, Objective, Perturbation, Scaling, Training};
use serde_json::json;

use crate::convert::import;
use crate::error::require;
use crate::output;
use crate::spelling::parse;
use crate::store::files;
use crate::store::model_file::export;
use crate::{BadInput, data};

/// Make a model file of another program's multilayer perceptron
#[derive(clap::Args)]
#[command(after_help = "Examples:
  fenchel import weights.safetensors --data digits -o model.fenchel
  fenchel import net.onnx -o model.fenchel && fenchel inspect model.fenchel")]
pub struct Args {
    /// A PyTorch state_dict of Linear layers as safetensors or NPZ, or an ONNX model of Gemm, or MatMul and Add, and Relu
    file: PathBuf,
    /// Where to write the model file
    #[arg(short, long)]
    output: PathBuf,
    /// What the network was trained on: scaling of the inputs and names of the classes are taken from it [default: inputs as they come, classes by number]
    #[arg(long)]
    data: Option<String>,
    /// Of the hidden blocks, one or a list [default: what the file says, or relu where it says nothing]
    #[arg(long, value_delimiter = ',', value_parser = parse::<Activation>)]
    activation: Vec<Activation>,
    /// Print one JSON object: model (path), bytes, blocks (units of each)
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let place = args.file.display();
    let file = std::fs::read(&args.file).map_err(|error| BadInput::new(&place, "a readable file", error))?;
    let parameters = import(&place, &file, &args.activation)?;
    let units: Vec<_> = parameters.blocks.iter().map(|block| block.size()).collect();
    let classes = units[units.len() - 1];
    let (scaling, class_names) = match &args.data {
        None => (Scaling { offset: 0.0, factor: 1.0 }, (0..classes).map(|class| class.to_string()).collect()),
        Some(name) => {
            let data = data::load(name)?;
            let (features, expected) = (data.features, data.classes());
            require!(units[0] == features, &place, format!("{features} inputs, as {name} has"), units[0]);
            require!(
                classes == expected,
                &place,
                format!("{expected} outputs, as {name} has classes"),
                classes
            );
            (data.scaling, data.class_names)
        }
    };
    let training = Training {
        objective: Objective::Backprop,
        attack: Attack::None,
        alpha: 1.0,
        beta: 1.0,
        perturbation: Perturbation::None,
        seed: 0,
        epoch: 0,
        data: args.data.as_deref().unwrap_or("unknown"),
    };
    let bytes = export(&parameters, training, scaling, &class_names)?;
    files::write(&args.output, &bytes)?;
    if args.json {
        return super::print(
            json!({ "model": output::path(&args.output), "bytes": bytes.len(), "blocks": units }),
        );
    }
    let blocks = units.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    super::print(format_args!("{}: {blocks}, {} bytes", args.output.display(), bytes.len()))
}
