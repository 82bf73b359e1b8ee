//! Original samples in the model file.

use fenchel_core::rand_core::SeedableRng;
use fenchel_core::{Error, Model, Names, Originals, Quantity, RawValues, Scaling, Task};

use super::parts::{Memory, with_checksum};
use super::{refused, sample};

#[test]
fn samples_are_used_in_place_scaled_and_drawn() {
    let mut parts = sample();
    let values = [7, 0, 255, 1, 2, 3];
    parts.originals = Some(Originals::new(RawValues::Bytes(&[7, 0, 255, 1, 2, 3]), &[2, 1]).expect("fits"));
    let memory = Memory::new(&parts.write(), 0);
    let model = Model::load(memory.bytes()).expect("loads");
    let originals = model.originals().expect("two samples");
    assert_eq!(originals.len(), 2);
    assert_eq!(originals.get(1), Some((RawValues::Bytes(&values[3..]), 1)));
    assert_eq!(originals.get(2), None);
    let (raw, label) = originals.get(0).expect("a sample");
    let (mut input, mut expected) = ([0.0; 3], [0.0; 3]);
    raw.scale(model.scaling(), &mut input).expect("fits");
    model.scaling().apply(&values[..3], &mut expected).expect("fits");
    assert_eq!((input, label), (expected, 2));
    let mut random = fenchel_core::Random::seed_from_u64(1);
    let mut seen = [0; 3];
    for _ in 0..100 {
        seen[usize::from(originals.draw(&mut random).expect("a sample").1)] += 1;
    }
    assert!(seen[0] == 0 && seen[1] > 30 && seen[2] > 30, "{seen:?}");
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    assert!(matches!(Originals::new(RawValues::Bytes(&[1, 2, 3]), &[0, 1]), Err(Error::Size { .. })));
    let with = |values, labels| Some(Originals::new(values, labels).expect("divides"));
    let field = |error| assert!(matches!(error, Error::Field { .. }), "{error}");
    let mut parts = sample();
    // A class that the model doesn't have, a value that isn't finite, no sample.
    for originals in [
        with(RawValues::Bytes(&[1, 2, 3]), &[3]),
        with(RawValues::Floats(&[1.0, f32::NAN, 3.0]), &[0]),
        with(RawValues::Bytes(&[]), &[]),
    ] {
        parts.originals = originals;
        field(refused(&parts.write()));
    }
    parts.originals = with(RawValues::Bytes(&[1, 2]), &[0]);
    let few = Error::Size { what: Quantity::InputValues, expected: 3, got: 2 };
    assert_eq!(parts.fields().file_len(), Err(few));
    parts.originals = with(RawValues::Bytes(&[1, 2, 3]), &[2]);
    let bytes = parts.write();
    assert!(Model::load(Memory::new(&bytes, 0).bytes()).is_ok());
    // Another form of values, a number of samples beyond the file, and the mark without samples.
    let end = bytes.len() - 4;
    let section = end - 1 - 16 - 16;
    assert_eq!(bytes[section..section + 8], [1, 0, 0, 0, 0, 0, 0, 0]);
    for (place, value) in [(section + 4, 2), (section, 2), (section + 3, 0xFF), (section, 0)] {
        let mut bytes = bytes.clone();
        bytes[place] = value;
        field(refused(&with_checksum(&bytes)));
    }
    let mut without = sample().write();
    without[6] = 1;
    field(refused(&with_checksum(&without)));
    // Values to predict have no classes.
    parts.header.task = Task::Regression {
        targets: Names("a\nb\nc"),
        scaling: Scaling::new(&[0.0; 3], &[1.0; 3]).expect("3"),
    };
    field(refused(&parts.write()));
}
