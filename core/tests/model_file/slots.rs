//! A learned model in flash memory: whenever the power is lost, the old or the new one is loaded.

use fenchel_core::{
    Activation, Error, LearnMemory, LearnSettings, Learner, Model, Operator, Quantity, Saved, Scope,
    SlotError, Slots, StepRule,
};
use fenchel_oracle::random_network::{Random, RandomNetwork};

use super::nor::{Failure, Nor};
use super::parts::{Memory, Parts, in_form, write};
use super::{network, sample};

/// Bytes of a slot in the tests that cut the power.
const SLOT: u32 = 4096;
/// What lies before and behind the slots.
const AROUND: u32 = 4096;

/// The model number `number` of a series: its biases are its number.
fn numbered(number: u32) -> Parts {
    let mut parts = sample();
    parts.biases.fill(number as f32);
    parts
}

/// The number of the model that is loaded, once its file is the one that was written.
fn loaded<const R: usize, const W: usize, const E: usize>(flash: &Nor<R, W, E>) -> Option<u32> {
    let mut memory = Memory::new(&[0; SLOT as usize], 0);
    let mut slots = slots(flash);
    let (model, saved) = slots.load(memory.bytes_mut()).expect("loads")?;
    let number = model.network().bias(1)[0] as u32;
    let file = numbered(number).write();
    assert_eq!(write(&model.fields()), file);
    assert_eq!(slots.newest(), Ok(Some(saved)));
    assert_eq!(flash.cells().bytes[saved.start as usize..][..saved.len as usize], file, "in place");
    Some(number)
}

fn slots<const R: usize, const W: usize, const E: usize>(flash: &Nor<R, W, E>) -> Slots<Nor<R, W, E>> {
    Slots::new(flash.clone(), AROUND..AROUND + 2 * SLOT).expect("whole sectors")
}

/// Cuts the power during each word and each sector of the first to fourth save.
fn cut_everywhere<const R: usize, const W: usize, const E: usize>(corrects: bool) {
    let flash: Nor<R, W, E> = Nor::new((2 * AROUND + 2 * SLOT) as usize, corrects, 1);
    let outside = flash.cells().bytes[..AROUND as usize].to_vec();
    for number in 1..=4 {
        let old = (number > 1).then(|| number - 1);
        let parts = numbered(number);
        assert_eq!(loaded(&flash), old);
        let whole = flash.copy();
        let before = whole.cells().work;
        assert_eq!(slots(&whole).save(&parts.fields()).expect("saves").version, number);
        assert_eq!(loaded(&whole), Some(number));
        let work = whole.cells().work - before;
        let mut kept_old = 0;
        for until in 0..work {
            let cut = flash.copy();
            cut.cells().until_cut = Some(until);
            let error = slots(&cut).save(&parts.fields()).expect_err("the power is lost");
            assert_eq!(error, SlotError::Flash(Failure::Power));
            cut.restart();
            let found = loaded(&cut);
            assert!(found == old || found == Some(number), "save {number}, cut {until} of {work}: {found:?}");
            kept_old += usize::from(found == old);
            // The next save finds its way.
            slots(&cut).save(&numbered(number + 7).fields()).expect("saves");
            assert_eq!(loaded(&cut), Some(number + 7));
        }
        // Only the record makes the new one count: in one word or four.
        assert!(work - kept_old < 16_usize.div_ceil(W) + 1, "{kept_old} of {work}");
        slots(&flash).save(&parts.fields()).expect("saves");
    }
    assert_eq!(flash.cells().bytes[..AROUND as usize], outside, "writes within its range");
}

#[test]
fn a_cut_at_any_write_or_erasure_leaves_the_old_or_the_new_model() {
    cut_everywhere::<1, 1, 256>(false);
    cut_everywhere::<1, 4, 128>(false);
    cut_everywhere::<4, 8, 2048>(true);
    cut_everywhere::<32, 32, 4096>(true);
    cut_everywhere::<1, 256, 4096>(false);
}

/// Saves again and again, and cuts the power at random, also twice in a row.
fn random_cuts<const R: usize, const W: usize, const E: usize>(corrects: bool, cuts: usize) {
    let mut random = Random::new(7);
    let flash: Nor<R, W, E> = Nor::new((2 * AROUND + 2 * SLOT) as usize, corrects, 2);
    let (mut old, mut number, mut cut, mut new) = (None, 0, 0, 0);
    while cut < cuts {
        number += 1;
        let work = SLOT as usize / E + numbered(number).write().len().div_ceil(W) + 16 / W.min(16);
        // A little more than a save takes: some aren't cut.
        flash.cells().until_cut = Some(random.below(work + 1 + work / 16));
        let saved = slots(&flash).save(&numbered(number).fields());
        flash.restart();
        let found = loaded(&flash);
        match saved {
            Ok(_) => assert_eq!(found, Some(number)),
            Err(_) => {
                cut += 1;
                assert!(found == old || found == Some(number), "{found:?}, expected {old:?} or {number}");
                new += usize::from(found == Some(number));
            }
        }
        old = found;
    }
    assert!(number as usize > cuts && new < cuts / 2, "{new} of {number}");
}

#[test]
fn ten_thousand_random_cuts_leave_the_old_or_the_new_model() {
    random_cuts::<1, 4, 4096>(false, 2500);
    random_cuts::<1, 1, 256>(false, 2500);
    random_cuts::<8, 8, 2048>(true, 2500);
    random_cuts::<1, 256, 4096>(false, 2500);
}

/// The slots take turns, and each sector is erased once in two saves.
#[test]
fn wear_is_even() {
    let flash: Nor<4, 4, 1024> = Nor::new((2 * AROUND + 2 * SLOT) as usize, false, 3);
    for number in 1..=10 {
        slots(&flash).save(&numbered(number).fields()).expect("saves");
    }
    let erasures = &flash.cells().erasures;
    assert_eq!(erasures[4..12], [5; 8]);
    assert_eq!((&erasures[..4], &erasures[12..]), (&[0; 4][..], &[0; 4][..]));
}

/// The number after 2³² − 1 is 0, and newer.
#[test]
fn versions_begin_again() {
    let flash: Nor<1, 1, 256> = Nor::new((2 * AROUND + 2 * SLOT) as usize, false, 4);
    slots(&flash).save(&numbered(1).fields()).expect("saves");
    // The record of docs/format.md with another version.
    let mut cells = flash.cells();
    let record = &mut cells.bytes[AROUND as usize..][..16];
    assert_eq!((&record[..4], &record[4..8]), (&b"FNSL"[..], &[1, 0, 0, 0][..]));
    record[4..8].fill(0xFF);
    let mut digest = fenchel_core::checksum();
    digest.update(&record[..12]);
    record[12..].copy_from_slice(&digest.finalize().to_le_bytes());
    drop(cells);
    assert_eq!(loaded(&flash), Some(1));
    for (number, version) in [(2, 0), (3, 1)] {
        assert_eq!(slots(&flash).save(&numbered(number).fields()).expect("saves").version, version);
        assert_eq!(loaded(&flash), Some(number));
    }
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_the_old_model() {
    let flash: Nor<1, 4, 1024> = Nor::new(8192, false, 5);
    for range in [0..3072, 512..4608, 0..8192 + 2048, 1024..1024, 2048..3072, 1..2049] {
        let refused = Slots::new(flash.clone(), range.clone()).map(|_| ()).expect_err("refused");
        assert_eq!(refused, SlotError::Range { unit: 1024 }, "{range:?}");
    }
    let mut slots = Slots::new(flash.clone(), 0..2048).expect("whole sectors");
    let before = flash.cells().bytes.clone();
    assert_eq!(slots.newest(), Ok(None));
    let large = RandomNetwork::new(&mut Random::new(1), &[20, 20], &[Activation::Linear; 2], &[], 1.0);
    let large = Parts::of(&large);
    let len = large.fields().file_len().expect("a file");
    let expected = Error::TooLarge { what: Quantity::FileBytes, limit: 1024 - 256, got: len };
    assert!(len > 768);
    assert_eq!(slots.save(&large.fields()), Err(SlotError::Model(expected)));
    let mut diverged = numbered(1);
    diverged.biases[2] = f32::NAN;
    let expected = Error::NotFinite { what: Quantity::Biases, index: 2 };
    let mut slots = Slots::new(flash.clone(), 0..4096).expect("whole sectors");
    assert_eq!(slots.save(&diverged.fields()), Err(SlotError::Model(expected)));
    assert_eq!(flash.cells().bytes, before, "nothing is written");

    slots.save(&numbered(1).fields()).expect("saves");
    // A worn bit in the second slot.
    flash.cells().stuck = Some((2048 + 256, 0x10));
    assert_eq!(slots.save(&numbered(2).fields()), Err(SlotError::Worn));
    let mut memory = Memory::new(&[0; 2048], 0);
    let (model, saved) = slots.load(memory.bytes_mut()).expect("loads").expect("the first one");
    assert_eq!((model.network().bias(1)[0], saved.version, saved.start), (1.0, 1, 256));
    let Saved { len, .. } = saved;
    let mut small = Memory::new(&vec![0; len as usize - 1], 0);
    let (what, expected) = (Quantity::FileBytes, len as usize);
    let error = slots.load(small.bytes_mut()).map(|_| ()).expect_err("too small");
    assert_eq!(error, SlotError::Model(Error::TooSmall { what, expected, got: expected - 1 }));
}

fn learn(learner: &mut Learner, samples: impl Iterator<Item = usize>) {
    for i in samples {
        let x = [0.1, 0.7, 0.4].map(|x| x + 0.05 * (i % 7) as f32);
        let mut y = [0.0; 3];
        y[i % 3] = 1.0;
        learner.learn(&x, &y).expect("learns");
    }
}

/// A learner over the loaded model has the bits of the saved one, and goes on as if it had never been saved.
#[test]
fn learning_goes_on_from_a_loaded_model_with_the_same_bits() {
    let rule = StepRule::default();
    for (form, scope) in [
        (0, Scope::All),
        (1, Scope::LastBlock),
        (2, Scope::All),
        (2, Scope::Blocks(0b10)),
        (0, Scope::Biases),
    ] {
        let mut random = Random::new(9);
        let mut parts = Parts::of(&network());
        let weights: Vec<Operator> = parts.weights.iter().map(|w| in_form(&mut random, w, form)).collect();
        parts.weights = weights;
        let memory = Memory::new(&parts.write(), 0);
        let model = Model::load(memory.bytes()).expect("loads");
        let settings = LearnSettings { scope, rule, ..LearnSettings::default() };
        let flash: Nor<1, 8, 4096> = Nor::new(2 * SLOT as usize, true, 6);
        let mut slots = Slots::new(flash, 0..2 * SLOT).expect("whole sectors");
        let parameters = with(&model, settings, |learner| {
            learn(learner, 0..20);
            let saved = learner.with_fields(&model.fields(), |fields| slots.save(fields)).expect("fits");
            assert_eq!(saved.expect("saves").version, 1);
            learn(learner, 20..40);
            learner.parameters().to_vec()
        });
        let mut buffer = Memory::new(&[0; SLOT as usize], 0);
        let (model, _) = slots.load(buffer.bytes_mut()).expect("loads").expect("a model");
        let again = with(&model, settings, |learner| {
            learn(learner, 20..40);
            learner.parameters().to_vec()
        });
        assert_eq!(super::bits(&again), super::bits(&parameters), "{form} {scope:?}");
    }
}

fn with<R>(model: &Model, settings: LearnSettings, work: impl FnOnce(&mut Learner) -> R) -> R {
    let network = model.network();
    let sizes = settings.sizes(&network).expect("problems");
    let mut memory = [sizes.parameters, sizes.state, sizes.step, sizes.copy].map(|n| vec![0.0; n]);
    let [parameters, state, step, copy] = &mut memory;
    let memory = LearnMemory { parameters, state, step, copy };
    work(&mut Learner::new(network, settings, memory).expect("fits"))
}
