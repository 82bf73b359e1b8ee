//! Writes a model file, loads it where it lies, and classifies a sample of bytes.

use fenchel_core::{
    Activation, Attack, Block, Confidence, Connection, Error, Header, Input, Model, ModelFields, Names,
    Objective, Packed, Perturbation, Scaling, State, Task, Training, TrainingData, label, pack, packed_len,
};

/// A file in flash or memory begins at a multiple of 16 bytes.
#[repr(C, align(16))]
struct Aligned([u8; 512]);

/// Runs the example.
///
/// # Errors
/// None: the parts fit together.
pub fn main() -> Result<(), Error> {
    // On a PC, `fenchel train` writes the file; here two classes are told apart by hand.
    let blocks = [Block::new(2, Activation::Linear), Block::new(2, Activation::Linear)];
    let mut panels = [0.0; packed_len(2, 2)];
    pack(2, 2, &[1.0, -1.0, -1.0, 1.0], &mut panels);
    let weights = [Packed::new(2, 2, &panels)?.into()];
    let header = Header {
        training: Training {
            objective: Objective::Backprop,
            attack: Attack::None,
            alpha: 1.0,
            beta: 0.25,
            perturbation: Perturbation::None,
            seed: 0,
            epoch: 1,
        },
        data: TrainingData { name: "by hand", samples: 0, sha256: None },
        task: Task::Classification {
            classes: Names("first\nsecond"),
            confidence: Confidence { rejection: None, temperature: None },
        },
        input: Input { names: None, scaling: Scaling::new(&[0.0], &[1.0 / 255.0])?, bounds: None },
    };
    let fields = ModelFields {
        header,
        blocks: &blocks,
        connections: &[Connection { from: 0, to: 1 }],
        weights: &weights,
        biases: &[0.0; 2],
        gammas: &[1.0; 2],
        originals: None,
    };
    let mut file = Aligned([0; 512]);
    let mut len = 0;
    fields.write(|bytes| {
        file.0[len..len + bytes.len()].copy_from_slice(bytes);
        len += bytes.len();
        Ok::<(), Error>(())
    })?;

    // What a device does: check the file once, then infer without a heap.
    let model = Model::load(&file.0[..len])?;
    let network = model.network();
    let mut state = State::<2>::new();
    for (raw, class) in [([200_u8, 10], "first"), ([30, 220], "second")] {
        let mut input = [0.0; 2];
        model.scaling().apply(&raw, &mut input)?;
        let outputs = network.infer(&input, state.scratch(&network)?)?;
        println!("{raw:?}: {outputs:?}");
        assert_eq!(model.class_names().nth(label(outputs)), Some(class));
    }
    Ok(())
}
