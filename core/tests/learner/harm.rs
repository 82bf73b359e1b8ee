//! What keeps a learner from harm: margins, bounds of the weights, its copy, refused input, the ring.

use super::*;

/// Two classes that a network of two blocks tells apart.
fn task(random: &mut Random) -> (RandomNetwork, Vec<Sample>) {
    let activations = [Activation::Linear, Activation::Relu, Activation::Linear];
    let mut network = RandomNetwork::new(random, &[6, 12, 2], &activations, &[], 1.0);
    network.gammas.fill(1.0);
    let samples = (0..400)
        .map(|i| {
            let class = i % 2;
            let x =
                (0..6).map(|j| random.uniform(0.0, 0.6) + if j % 2 == class { 0.4 } else { 0.0 }).collect();
            let y = [[1.0, 0.0], [0.0, 1.0]][class].to_vec();
            Sample { x, y, y_attack: Vec::new() }
        })
        .collect();
    (network, samples)
}

fn accuracy(learner: &mut Learner, samples: &[Sample]) -> f32 {
    let right = |sample: &&Sample| label(learner.infer(&sample.x).expect("fits")) == label(&sample.y);
    samples.iter().filter(right).count() as f32 / samples.len() as f32
}

#[test]
fn it_learns_skips_what_it_knows_and_keeps_weights_within_bounds() {
    let mut random = Random::new(11);
    let (network, samples) = task(&mut random);
    let (train, test) = samples.split_at(200);
    for (skip, clip) in [(None, None), (Some(0.5), None), (None, Some(1.0))] {
        let settings = LearnSettings { skip, clip, ..LearnSettings::default() };
        with(&network, settings, |learner| {
            let mut skipped = 0;
            for sample in train {
                let before = learner.parameters().to_vec();
                let update = learner.learn(&sample.x, &sample.y).expect("fits");
                if update.status == UpdateStatus::Skipped {
                    skipped += 1;
                    assert!(update.step == 0.0 && before == learner.parameters());
                }
            }
            let accuracy = accuracy(learner, test);
            assert!(accuracy > 0.95, "{skip:?} {clip:?}: {accuracy}");
            assert_eq!(skip.is_some(), skipped > 50, "{skipped} skipped");
            let largest = learner.parameters()[..6 * 16].iter().fold(0.0, |most: f32, w| most.max(w.abs()));
            assert_eq!(clip.is_some(), largest <= 1.0 / 6.0_f32.sqrt(), "{largest}");
        });
    }
}

#[test]
fn a_relaxation_sees_what_was_learned() {
    let mut random = Random::new(5);
    let (network, samples) = task(&mut random);
    let sample = &samples[0];
    with(&network, LearnSettings::default(), |learner| {
        for sample in &samples {
            learner.learn(&sample.x, &sample.y).expect("fits");
        }
        let answer = learner.infer(&sample.x).expect("fits").to_vec();
        let mut memory = vec![0.0; StateView::len(14, 1)];
        let mut state = StateView::new(14, 1, &mut memory).expect("fits");
        let nudges = [fenchel_core::Nudge::FREE];
        let problem = Problem::new(&sample.x, &nudges, &sample.y);
        learner.relax(&problem, &mut state, &Settings::default()).expect("fits");
        let relaxed = learner.with_network(|network| state.activities(network, 2).to_vec()).expect("fits");
        assert_eq!(relaxed, answer, "a free problem's minimum is plain inference");
    });
}

#[test]
fn it_returns_to_its_copy_where_learning_does_harm() {
    let mut random = Random::new(7);
    let (network, samples) = task(&mut random);
    // A sensor that fails now and then, and a step that is too long for what it then says.
    let rule = StepRule::Sgd { rate: 0.1 };
    let wild = |x: &[f32]| x.iter().map(|x| 40.0 * x).collect::<Vec<f32>>();
    let run = |rollback| {
        let settings = LearnSettings { rule, rollback, ..LearnSettings::default() };
        with(&network, settings, |learner| {
            for sample in samples.iter().chain(&samples) {
                learner.learn(&sample.x, &sample.y).expect("fits");
            }
            let learned = accuracy(learner, &samples);
            let mut returned = 0;
            for (i, sample) in samples.iter().enumerate() {
                let x = if i % 50 == 25 { wild(&sample.x) } else { sample.x.clone() };
                let update = learner.learn(&x, &sample.y).expect("fits");
                returned += usize::from(update.status == UpdateStatus::RolledBack);
            }
            (learned, returned, accuracy(learner, &samples), learner.parameters().to_vec())
        })
    };
    let (learned, returned, after, parameters) = run(None);
    assert!(learned > 0.9 && returned == 0, "{learned} {returned}");
    assert!(after < 0.6 || parameters.iter().any(|w| !w.is_finite()), "the steps do harm: {after}");
    let (_, returned, after, parameters) = run(Some(Rollback { samples: 10, rise: 1.5 }));
    assert!(returned > 0 && after > 0.9, "{returned} returns, {after}");
    assert!(parameters.iter().all(|w| w.is_finite()));
}

#[test]
fn clipped_it_never_diverges_whatever_the_data_and_the_labels() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let network = RandomNetwork::any(&mut random, 1.0, true);
        // Labels that nothing tells are the worst case: without the clip ROVR_β, which takes the best of all
        // relaxed answers for its loss, lets weights grow that make answers easy to move.
        let settings = LearnSettings { clip: Some(2.0), ..LearnSettings::default() };
        with(&network, settings, |learner| {
            let mut late = 0.0;
            for i in 0..2000 {
                let sample = Sample::new(&mut random, &network);
                let update = learner.learn(&sample.x, &sample.y).expect("fits");
                assert_eq!(update.status, UpdateStatus::Learned);
                if i >= 1500 {
                    late += update.loss / 500.0;
                }
            }
            let largest = learner.parameters().iter().fold(0.0, |most: f32, w| most.max(w.abs()));
            // ½ is the loss of the answer 0.
            assert!(largest < 3.0 && late < 1.0, "seed {seed}: weights to {largest}, loss {late}");
        });
    }
}

#[test]
fn bad_input_is_refused_and_changes_nothing() {
    let mut random = Random::new(1);
    let (network, samples) = task(&mut random);
    let sample = &samples[0];
    with(&network, LearnSettings::default(), |learner| {
        let before = learner.parameters().to_vec();
        let nan = [f32::NAN; 6];
        assert!(learner.learn(&sample.x[1..], &sample.y).is_err());
        assert!(learner.learn(&sample.x, &[1.0]).is_err());
        assert!(learner.learn(&nan, &sample.y).is_err());
        assert!(learner.learn(&sample.x, &[f32::INFINITY, 0.0]).is_err());
        assert!(learner.infer(&[0.0; 12]).is_err());
        assert_eq!(before, learner.parameters());
    });
    let attacked = LearnSettings { objective: Objective::ArovrAb, ..LearnSettings::default() };
    with(&network, attacked, |learner| {
        assert!(learner.learn(&sample.x, &sample.y).is_err(), "the attack's target is missing");
    });
    let connections = network.operators();
    let core = network.network(&connections);
    for objective in [Objective::Backprop, Objective::ArovrAb] {
        let none = LearnSettings { objective, alpha: 0.0, ..LearnSettings::default() };
        assert!(none.sizes(&core).is_err(), "{objective:?}");
    }
    let settings = LearnSettings::default();
    let mut room = Room::new(&settings, &network);
    room.0[0].pop();
    assert!(Learner::new(core, settings, room.memory()).is_err());
}

#[test]
fn a_ring_is_a_fair_choice_of_what_it_saw() {
    let mut random = <fenchel_core::Random as fenchel_core::rand_core::SeedableRng>::seed_from_u64(4);
    let (mut kept, runs) = ([0_u32; 40], 4000);
    for _ in 0..runs {
        let (mut values, mut labels) = ([0; 20], [0; 10]);
        let mut ring = Ring::new(2, &mut values, &mut labels).expect("fits");
        assert!(ring.is_empty() && ring.draw(&mut random).is_none());
        for i in 0..40 {
            ring.push(&[i, 2 * i], i, &mut random).expect("two values");
            assert_eq!(ring.len(), 10.min(usize::from(i) + 1));
        }
        assert!(ring.push(&[1], 0, &mut random).is_err());
        let (raw, label) = ring.draw(&mut random).expect("ten samples");
        assert_eq!(raw, [label, 2 * label], "values and label of the same sample");
        kept[usize::from(label)] += 1;
    }
    // Each is drawn with probability 1/40: 100 times, with a standard deviation of 10.
    assert!(kept.iter().all(|&n| (50..150).contains(&n)), "{kept:?}");
}

#[test]
fn a_balanced_ring_keeps_rare_classes_and_is_fair_within_them() {
    let mut random = <fenchel_core::Random as fenchel_core::rand_core::SeedableRng>::seed_from_u64(4);
    let (mut kept, mut of_rare, runs) = ([0_u32; 100], 0, 2000);
    for _ in 0..runs {
        let (mut values, mut labels) = ([0_u8; 10], [0; 10]);
        let mut ring = Ring::new(1, &mut values, &mut labels).expect("fits").balanced();
        // Of a hundred samples, one in twenty is of class 1; class 2 comes once, at the end.
        for i in 0..100_u8 {
            let label = if i == 99 { 2 } else { u8::from(i % 20 == 19) };
            ring.push(&[i], label, &mut random).expect("one value");
        }
        let mut counts = [0; 3];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        // All four of class 1 and the last one.
        assert_eq!(counts, [5, 4, 1]);
        values.iter().for_each(|&i| kept[usize::from(i)] += 1);
        of_rare += values.iter().filter(|&&i| i % 20 == 19).count();
    }
    assert_eq!(of_rare, 5 * runs);
    // The fall of the probability goes by all samples, not by those of the class, so later ones are somewhat more
    // frequent; without it the first nineteen would nearly all be lost.
    let early: u32 = (0..19).map(|i| kept[i]).sum();
    let late: u32 = (80..99).map(|i| kept[i]).sum();
    assert!(early < late && late < 3 * early, "{early} {late}");
}
