//! Learning in place: a learner in memory that C lends.

use core::mem::MaybeUninit;
use core::slice;

use fenchel_core::{
    LearnMemory, LearnSettings, LearnSizes, Learner, Model, Rollback, Scope, StepRule, UpdateStatus,
};

use crate::{Status, Storage, copy, loaded};

/// `FENCHEL_LEARNER_BYTES` of `fenchel.h`: the size of `fenchel_learner`.
pub const LEARNER_BYTES: usize = 512;

/// `fenchel_learner` of `fenchel.h`: memory for a learner.
#[repr(C)]
pub struct LearnerStorage([u64; LEARNER_BYTES / 8]);

/// The content of a [`LearnerStorage`].
#[repr(C)]
struct Begun {
    mark: u64,
    content: MaybeUninit<(&'static Model<'static>, Learner<'static>)>,
}

const BEGUN: u64 = u64::from_le_bytes(*b"learner\n");
const _: () = assert!(size_of::<Begun>() <= size_of::<LearnerStorage>());
const _: () = assert!(align_of::<Begun>() <= align_of::<LearnerStorage>());

/// `fenchel_learning` of `fenchel.h`: how to learn.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct CLearning {
    pub share: f32,
    pub blocks: u32,
    pub skip: f32,
    pub clip: f32,
    pub rollback: u32,
}

/// `fenchel_update` of `fenchel.h`: what was done with a sample.
#[repr(C)]
#[allow(missing_docs)]
pub struct CUpdate {
    pub loss: f32,
    pub step: f32,
}

/// The settings at `settings`, or the default ones if it is null.
///
/// # Safety
/// `settings` is null or points to its type.
unsafe fn settings(settings: *const CLearning) -> Result<LearnSettings, Status> {
    let default = LearnSettings::default();
    if settings.is_null() {
        return Ok(default);
    }
    if !settings.is_aligned() {
        return Err(Status::Misaligned);
    }
    // SAFETY: not null, aligned, and by contract valid.
    let CLearning { share, blocks, skip, clip, rollback } = unsafe { settings.read() };
    if ![share, skip, clip].iter().all(|value| value.is_finite() && *value >= 0.0) {
        return Err(Status::Settings);
    }
    let given = |value: f32| (value > 0.0).then_some(value);
    let StepRule::Polyak { share: usual, cap } = default.rule else { return Err(Status::Settings) };
    Ok(LearnSettings {
        rule: StepRule::Polyak { share: given(share).unwrap_or(usual), cap },
        scope: if blocks == 0 { Scope::All } else { Scope::Blocks(blocks) },
        skip: given(skip),
        clip: given(clip),
        rollback: (rollback > 0).then(|| Rollback { samples: rollback, ..Rollback::default() }),
        ..default
    })
}

fn values(sizes: &LearnSizes) -> usize {
    sizes.parameters + sizes.state + sizes.step + sizes.copy
}

/// Writes the bytes of memory that [`fenchel_begin_learning`] needs, as [`LearnSettings::sizes`] says.
///
/// # Safety
/// As [`crate::fenchel_infer`]; `how` and `bytes` are null or point to their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_learning_bytes(
    model: *const Storage,
    how: *const CLearning,
    bytes: *mut usize,
) -> i32 {
    // SAFETY: by contract.
    let needed = unsafe {
        loaded(model).and_then(|model| {
            if bytes.is_null() {
                return Err(Status::Null);
            }
            if !bytes.is_aligned() {
                return Err(Status::Misaligned);
            }
            let sizes = settings(how)?.sizes(&model.network())?;
            bytes.write(size_of::<f32>() * values(&sizes));
            Ok(Status::Ok)
        })
    };
    needed.unwrap_or_else(|status| status) as i32
}

/// Begins to learn with the parameters of a model, as [`Learner::new`] does.
///
/// # Safety
/// As `fenchel.h` says: `learner` points to its type, `memory` to `memory_bytes` bytes; both, the model and its
/// file stay as long as the learner is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_begin_learning(
    learner: *mut LearnerStorage,
    model: *const Storage,
    how: *const CLearning,
    memory: *mut f32,
    memory_bytes: usize,
) -> i32 {
    // SAFETY: by contract.
    unsafe { begin(learner, model, how, memory, memory_bytes) }.unwrap_or_else(|status| status) as i32
}

/// # Safety
/// As [`fenchel_begin_learning`].
unsafe fn begin(
    learner: *mut LearnerStorage,
    model: *const Storage,
    how: *const CLearning,
    memory: *mut f32,
    memory_bytes: usize,
) -> Result<Status, Status> {
    if learner.is_null() || memory.is_null() {
        return Err(Status::Null);
    }
    if !(learner.is_aligned() && memory.is_aligned()) {
        return Err(Status::Misaligned);
    }
    // SAFETY: by contract.
    let (model, how) = unsafe { (loaded::<'static>(model)?, settings(how)?) };
    let network = model.network();
    let sizes = how.sizes(&network)?;
    if memory_bytes / size_of::<f32>() < values(&sizes) {
        return Err(Status::SmallState);
    }
    // SAFETY: not null, aligned, and by contract of at least this length.
    let rest = unsafe { slice::from_raw_parts_mut(memory, values(&sizes)) };
    let (parameters, rest) = rest.split_at_mut_checked(sizes.parameters).ok_or(Status::SmallState)?;
    let (state, rest) = rest.split_at_mut_checked(sizes.state).ok_or(Status::SmallState)?;
    let (step, copy) = rest.split_at_mut_checked(sizes.step).ok_or(Status::SmallState)?;
    let begun = Learner::new(network, how, LearnMemory { parameters, state, step, copy })?;
    let storage = learner.cast::<Begun>();
    // SAFETY: not null, aligned, and `Begun` fits.
    unsafe {
        (&raw mut (*storage).content).write(MaybeUninit::new((model, begun)));
        (&raw mut (*storage).mark).write(BEGUN);
    }
    Ok(Status::Ok)
}

/// Returns the learner in its storage, and its model.
///
/// # Safety
/// `learner` is null or points to a [`LearnerStorage`] that was zeroed or given to [`fenchel_begin_learning`],
/// and that nothing else uses.
pub(crate) unsafe fn begun<'m>(
    learner: *mut LearnerStorage,
) -> Result<&'m mut (&'static Model<'static>, Learner<'static>), Status> {
    if learner.is_null() {
        return Err(Status::Null);
    }
    if !learner.is_aligned() {
        return Err(Status::Misaligned);
    }
    let storage = learner.cast::<Begun>();
    // SAFETY: as above; the learner was written before the mark.
    unsafe {
        match (*storage).mark {
            BEGUN => Ok((*storage).content.assume_init_mut()),
            _ => Err(Status::NotLoaded),
        }
    }
}

/// Learns from one sample as [`Learner::learn`] does.
///
/// # Safety
/// As `fenchel.h` says: `learner` as `fenchel_begin_learning` left it, and pointers point to as many values as
/// the counts say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_learn(
    learner: *mut LearnerStorage,
    input: *const f32,
    inputs: usize,
    target: *const f32,
    outputs: usize,
    update: *mut CUpdate,
) -> i32 {
    // SAFETY: by contract.
    unsafe { learn(learner, (input, inputs), (target, outputs), update) }.unwrap_or_else(|status| status)
        as i32
}

/// # Safety
/// As [`fenchel_learn`].
unsafe fn learn(
    learner: *mut LearnerStorage,
    (input, inputs): (*const f32, usize),
    (target, outputs): (*const f32, usize),
    update: *mut CUpdate,
) -> Result<Status, Status> {
    // SAFETY: by contract.
    let (model, learner) = unsafe { begun(learner)? };
    if input.is_null() || target.is_null() || update.is_null() {
        return Err(Status::Null);
    }
    if !(input.is_aligned() && target.is_aligned() && update.is_aligned()) {
        return Err(Status::Misaligned);
    }
    if inputs != model.network().input_units() || outputs != model.network().output_units() {
        return Err(Status::Size);
    }
    // SAFETY: not null, aligned, and by contract of these lengths.
    let done = unsafe {
        learner.learn(slice::from_raw_parts(input, inputs), slice::from_raw_parts(target, outputs))?
    };
    // SAFETY: as above.
    unsafe { update.write(CUpdate { loss: done.loss, step: done.step }) };
    Ok(match done.status {
        UpdateStatus::Learned => Status::Ok,
        UpdateStatus::Skipped => Status::Skipped,
        UpdateStatus::Unbounded => Status::Diverged,
        UpdateStatus::RolledBack => Status::RolledBack,
    })
}

/// Infers as [`Learner::infer`] does.
///
/// # Safety
/// As [`fenchel_learn`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_infer_learned(
    learner: *mut LearnerStorage,
    input: *const f32,
    inputs: usize,
    output: *mut f32,
    outputs: usize,
) -> i32 {
    // SAFETY: by contract.
    unsafe { infer(learner, (input, inputs), (output, outputs)) }.unwrap_or_else(|status| status) as i32
}

/// # Safety
/// As [`fenchel_learn`].
unsafe fn infer(
    learner: *mut LearnerStorage,
    (input, inputs): (*const f32, usize),
    (output, outputs): (*mut f32, usize),
) -> Result<Status, Status> {
    // SAFETY: by contract.
    let (model, learner) = unsafe { begun(learner)? };
    if input.is_null() || output.is_null() {
        return Err(Status::Null);
    }
    if !(input.is_aligned() && output.is_aligned()) {
        return Err(Status::Misaligned);
    }
    if inputs != model.network().input_units() || outputs != model.network().output_units() {
        return Err(Status::Size);
    }
    // SAFETY: not null, aligned, and by contract of these lengths.
    let (input, output) =
        unsafe { (slice::from_raw_parts(input, inputs), slice::from_raw_parts_mut(output, outputs)) };
    copy(learner.infer(input)?, output);
    Ok(Status::Ok)
}
