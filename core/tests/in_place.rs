//! The files of the fuzzing corpus, loaded from every alignment, inferred and relaxed in place. Small
//! enough for Miri, which sees whether the weights' bytes are read as what they are.

use fenchel_core::{Error, Model, Nudge, Problem, Schedule, Settings, State};
use fenchel_oracle::model_files::{REFUSED, VALID};

#[repr(C, align(16))]
struct Aligned([u8; 1024]);

#[test]
fn every_valid_file_is_used_where_it_lies_or_refused_for_its_alignment() {
    for (name, bytes) in VALID {
        for shift in 0..16 {
            let mut memory = Aligned([0; 1024]);
            memory.0[shift..shift + bytes.len()].copy_from_slice(bytes);
            let model = match Model::load(&memory.0[shift..shift + bytes.len()]) {
                Ok(model) if shift % 4 == 0 => model,
                Err(Error::Misaligned { expected: 4, .. }) if shift % 4 != 0 => continue,
                other => panic!("{name} at {shift}: {other:?}"),
            };
            let network = model.network();
            let mut state = State::<16>::new();
            let input = [0.25, 0.75];
            let outputs = network.infer(&input, state.scratch(&network).expect("fits")).expect("infers");
            assert!(outputs.len() == 3 && outputs.iter().all(|z| z.is_finite()), "{name}: {outputs:?}");
            let (target, attack) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
            let nudges = [Nudge { s: 0.25, weight_target: 0.25, weight_attack: 0.0 }];
            let problem = Problem::new(&input, &nudges, &target).with_attack(&attack);
            for schedule in [Schedule::ForwardBackward, Schedule::Unitwise, Schedule::Backward] {
                let settings = Settings { schedule, sweeps: 4, tolerance: 0.0 };
                let mut view = state.view(&network).expect("fits");
                let outcome =
                    network.relax_monitored(&problem, &mut view, &settings, &mut |_| {}).expect("relaxes");
                assert!(outcome.last.energy.is_finite(), "{name}, {schedule:?}: {outcome:?}");
            }
        }
    }
}

#[test]
fn every_refused_file_and_every_shorter_one_is_an_error() {
    for (name, bytes) in REFUSED {
        let mut memory = Aligned([0; 1024]);
        memory.0[..bytes.len()].copy_from_slice(bytes);
        assert!(Model::load(&memory.0[..bytes.len()]).is_err(), "{name}");
    }
    for (name, bytes) in VALID {
        let mut memory = Aligned([0; 1024]);
        memory.0[..bytes.len()].copy_from_slice(bytes);
        // Miri is a thousand times slower.
        for length in (0..bytes.len()).step_by(if cfg!(miri) { 31 } else { 1 }) {
            assert!(Model::load(&memory.0[..length]).is_err(), "{name}, its first {length} bytes");
        }
    }
}
