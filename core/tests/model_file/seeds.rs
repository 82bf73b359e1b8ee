//! The seeds of the fuzz target `model`, written anew when the format changes.

use fenchel_core::{
    Activation, Bounds, Confidence, Input, Names, Originals, RawValues, Rejection, Scaling, Task, Threshold,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};

use crate::parts::{self, Parts, with_checksum};

/// Run with `cargo test -p fenchel-core --test model_file -- --ignored` when the format changes.
#[test]
#[ignore = "writes the seeds of the fuzz target `model`"]
fn write_the_seeds() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/model");
    let seed = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect(name);
    let of = |sizes: &[u32], activation: Activation| {
        let mut activations = vec![activation; sizes.len()];
        *activations.last_mut().expect("an output") = Activation::Linear;
        Parts::of(&RandomNetwork::new(&mut Random::new(1), sizes, &activations, &[(0, 2)], 1.0))
    };
    let small = || of(&[2, 5, 3], Activation::Relu);
    seed("valid-f32", &small().write());
    for (name, form) in [("valid-f16", 1), ("valid-int8", 2)] {
        let mut parts = small();
        let mut random = Random::new(2);
        for weights in &mut parts.weights {
            *weights = parts::in_form(&mut random, weights, form);
        }
        seed(name, &parts.write());
    }
    seed("valid-clip", &of(&[2, 5, 3], Activation::Clip { low: 0.0, high: 1.0 }).write());
    let mut parts = of(&[4, 3, 4], Activation::Relu);
    parts.header.task = Task::Reconstruction { threshold: Some(Threshold { score: 0.5, quantile: 0.99 }) };
    (parts.blocks[0].height, parts.blocks[0].width) = (1, 2);
    parts.header.input = Input {
        names: Some(Names("ax\nay")),
        scaling: Scaling::new(&[1.0, 2.0], &[0.5, 0.25]).expect("finite"),
        bounds: Some(Bounds { low: &[-1.0; 2], high: &[1.0; 2] }),
    };
    seed("valid-reconstruction", &parts.write());
    let mut parts = small();
    let scaling = Scaling::new(&[1.0, 2.0, 3.0], &[0.5; 3]).expect("finite");
    parts.header.task = Task::Regression { targets: Names("a\nb\nc"), scaling };
    seed("valid-regression", &parts.write());
    let mut parts = small();
    parts.header.task = Task::Classification {
        classes: Names("zero\none\ntwo"),
        confidence: Confidence {
            rejection: Some(Rejection { margin: 0.25, coverage: 0.875, accuracy: 0.99 }),
            temperature: Some(0.125),
        },
    };
    seed("valid-confidence", &parts.write());
    for (name, values) in [
        ("valid-originals", RawValues::Bytes(&[0, 255, 16, 7])),
        ("valid-float-originals", RawValues::Floats(&[0.5, -1.0, 2.0, 0.0])),
    ] {
        let mut parts = small();
        parts.originals = Some(Originals::new(values, &[2, 0]).expect("two values each"));
        seed(name, &parts.write());
    }

    let bytes = small().write();
    let changed = |place: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[place] = value;
        bytes
    };
    seed("refused-empty", &[]);
    seed("refused-changed", &changed(100, 77));
    seed("refused-version", &with_checksum(&changed(4, 2)));
    seed("refused-truncated", &bytes[..bytes.len() - 9]);
    seed("refused-long", &[bytes.as_slice(), &[0]].concat());
    let mut parts = small();
    parts.biases[2] = f32::NAN;
    seed("refused-not-finite", &parts.write());
    const BLOCKS: usize = 104;
    assert_eq!(
        bytes[BLOCKS..BLOCKS + 8],
        [2, 0, 0, 0, 5, 0, 0, 0],
        "the count of blocks and the first's units"
    );
    seed("refused-blocks", &with_checksum(&changed(BLOCKS, 200)));
    seed("refused-units", &with_checksum(&changed(BLOCKS + 6, 200)));
}
