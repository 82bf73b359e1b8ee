//! The C interface of `fenchel_core`: a static library; `include/fenchel.h` documents it.
//!
//! This crate only turns pointers into slices and references. Every computation, and every check of a file
//! or a size, is core's.
#![cfg_attr(target_os = "none", no_std)]
#![allow(clippy::too_many_arguments)]

mod answer;
mod learn;
mod slots;
mod status;

use core::mem::MaybeUninit;
use core::slice;

use fenchel_core::{Model, Nudge, Problem, Schedule, Settings, StateView};

pub use answer::{Verdict, fenchel_restore, fenchel_score, fenchel_task_of};
pub use learn::{
    CLearning, CUpdate, LEARNER_BYTES, LearnerStorage, fenchel_begin_learning, fenchel_infer_learned,
    fenchel_learn, fenchel_learning_bytes,
};
pub use slots::{CFlash, CSaved, fenchel_load_saved, fenchel_newest, fenchel_save};
pub use status::{Status, fenchel_message};

/// `FENCHEL_MODEL_BYTES` of `fenchel.h`: the size of `fenchel_model`.
pub const MODEL_BYTES: usize = 4096;

/// `fenchel_model` of `fenchel.h`: memory for a loaded model.
#[repr(C)]
pub struct Storage([u64; MODEL_BYTES / 8]);

/// The content of a [`Storage`].
#[repr(C)]
struct Loaded {
    mark: u64,
    model: MaybeUninit<Model<'static>>,
}

const LOADED: u64 = u64::from_le_bytes(*b"loaded\n\0");
const _: () = assert!(size_of::<Loaded>() <= size_of::<Storage>());
const _: () = assert!(align_of::<Loaded>() <= align_of::<Storage>());

/// `fenchel_shape` of `fenchel.h`: the sizes of a model.
#[repr(C)]
#[allow(missing_docs)]
pub struct Shape {
    pub inputs: usize,
    pub outputs: usize,
    pub state_bytes: usize,
}

/// `fenchel_nudge` of `fenchel.h`: the nudge of a relaxation.
#[repr(C)]
#[allow(missing_docs)]
pub struct CNudge {
    pub s: f32,
    pub weight_target: f32,
    pub weight_attack: f32,
}

/// `fenchel_settings` of `fenchel.h`: the settings of a relaxation.
#[repr(C)]
#[allow(missing_docs)]
pub struct CSettings {
    pub schedule: u32,
    pub sweeps: u32,
    pub tolerance: f32,
}

/// `fenchel_outcome` of `fenchel.h`: how a relaxation ended.
#[repr(C)]
#[allow(missing_docs)]
pub struct COutcome {
    pub sweeps: u32,
    pub energy: f32,
    pub residual: f32,
}

/// The panic handler that the compiler asks for; it can't be reached, because core has no panic.
#[cfg(all(target_os = "none", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// Loads a model as [`Model::load`] does.
///
/// # Safety
/// As `fenchel.h` says: `model` and `shape` point to their types, `file` to `bytes` bytes that stay as
/// long as the model is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_load(
    model: *mut Storage,
    file: *const u8,
    bytes: usize,
    shape: *mut Shape,
) -> i32 {
    if model.is_null() || file.is_null() || shape.is_null() {
        return Status::Null as i32;
    }
    if !model.is_aligned() || !shape.is_aligned() {
        return Status::Misaligned as i32;
    }
    // No object is larger, and a slice mustn't be.
    if bytes > isize::MAX as usize {
        return Status::Size as i32;
    }
    let storage = model.cast::<Loaded>();
    // SAFETY: not null, aligned, and by contract valid; `Loaded` fits into `Storage`. Nothing is written
    // before the file has passed, so that a model loaded before stays.
    unsafe {
        let loaded = match Model::load(slice::from_raw_parts(file, bytes)) {
            Ok(loaded) => loaded,
            Err(error) => return Status::from(error) as i32,
        };
        let network = loaded.network();
        shape.write(Shape {
            inputs: network.input_units(),
            outputs: network.output_units(),
            state_bytes: size_of::<f32>() * StateView::len(network.units(), 1),
        });
        (&raw mut (*storage).model).write(MaybeUninit::new(loaded));
        (&raw mut (*storage).mark).write(LOADED);
    }
    Status::Ok as i32
}

/// Returns the model in its storage.
///
/// # Safety
/// `model` is null or points to a [`Storage`] that was zeroed or given to [`fenchel_load`].
unsafe fn loaded<'m>(model: *const Storage) -> Result<&'m Model<'static>, Status> {
    if model.is_null() {
        return Err(Status::Null);
    }
    if !model.is_aligned() {
        return Err(Status::Misaligned);
    }
    let storage = model.cast::<Loaded>();
    // SAFETY: as above; the model was written before the mark.
    unsafe {
        match (*storage).mark {
            LOADED => Ok((*storage).model.assume_init_ref()),
            _ => Err(Status::NotLoaded),
        }
    }
}

macro_rules! scale {
    ($($name:ident: $raw:ty),*) => {$(
        /// Scales raw values as [`fenchel_core::Scaling::apply`] does.
        ///
        /// # Safety
        /// As `fenchel.h` says: `raw` and `input` point to `inputs` values each, and don't overlap.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(
            model: *const Storage,
            raw: *const $raw,
            input: *mut f32,
            inputs: usize,
        ) -> i32 {
            // SAFETY: by contract.
            unsafe { scale(model, raw, input, inputs) }.unwrap_or_else(|status| status) as i32
        }
    )*};
}

scale!(fenchel_scale_f32: f32, fenchel_scale_i16: i16, fenchel_scale_i8: i8, fenchel_scale_u8: u8);

/// # Safety
/// As [`loaded`], and each pointer is null or points to `inputs` values.
unsafe fn scale<T: Copy + Into<f32>>(
    model: *const Storage,
    raw: *const T,
    input: *mut f32,
    inputs: usize,
) -> Result<Status, Status> {
    // SAFETY: by contract.
    let model = unsafe { loaded(model)? };
    if raw.is_null() || input.is_null() {
        return Err(Status::Null);
    }
    if !(raw.is_aligned() && input.is_aligned()) {
        return Err(Status::Misaligned);
    }
    if inputs != model.network().input_units() {
        return Err(Status::Size);
    }
    // SAFETY: not null, aligned, and by contract of this length.
    let (raw, input) =
        unsafe { (slice::from_raw_parts(raw, inputs), slice::from_raw_parts_mut(input, inputs)) };
    model.scaling().apply(raw, input)?;
    Ok(Status::Ok)
}

/// The arguments that inference and relaxation share, as slices and references.
struct Buffers<'m> {
    model: &'m Model<'static>,
    input: &'m [f32],
    state: &'m mut [f32],
    output: &'m mut [f32],
}

/// # Safety
/// As [`loaded`], and each pointer is null or points to as many values as its length says.
unsafe fn buffers<'m>(
    model: *const Storage,
    (input, inputs): (*const f32, usize),
    (state, state_bytes): (*mut f32, usize),
    (output, outputs): (*mut f32, usize),
) -> Result<Buffers<'m>, Status> {
    // SAFETY: by contract.
    let model = unsafe { loaded(model)? };
    let network = model.network();
    if input.is_null() || state.is_null() || output.is_null() {
        return Err(Status::Null);
    }
    if !(input.is_aligned() && state.is_aligned() && output.is_aligned()) {
        return Err(Status::Misaligned);
    }
    if inputs != network.input_units() || outputs != network.output_units() {
        return Err(Status::Size);
    }
    let values = StateView::len(network.units(), 1);
    if state_bytes / size_of::<f32>() < values {
        return Err(Status::SmallState);
    }
    // SAFETY: not null, aligned, and by contract of these lengths.
    unsafe {
        Ok(Buffers {
            model,
            input: slice::from_raw_parts(input, inputs),
            state: slice::from_raw_parts_mut(state, values),
            output: slice::from_raw_parts_mut(output, outputs),
        })
    }
}

/// Infers as [`fenchel_core::Network::infer`] does.
///
/// # Safety
/// As `fenchel.h` says: pointers point to as many values as the counts say, and don't overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_infer(
    model: *const Storage,
    input: *const f32,
    inputs: usize,
    state: *mut f32,
    state_bytes: usize,
    output: *mut f32,
    outputs: usize,
) -> i32 {
    // SAFETY: by contract.
    let memory = unsafe { buffers(model, (input, inputs), (state, state_bytes), (output, outputs)) };
    memory.and_then(infer).unwrap_or_else(|status| status) as i32
}

fn infer(Buffers { model, input, state, output }: Buffers) -> Result<Status, Status> {
    let network = model.network();
    let activities = state.get_mut(..network.units()).unwrap_or_default();
    copy(network.infer(input, activities)?, output);
    Ok(Status::Ok)
}

/// Relaxes one problem as [`fenchel_core::Network::relax`] does.
///
/// # Safety
/// As [`fenchel_infer`]; `target` and, unless null, `attack` point to `outputs` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_relax(
    model: *const Storage,
    settings: *const CSettings,
    nudge: *const CNudge,
    input: *const f32,
    inputs: usize,
    target: *const f32,
    attack: *const f32,
    state: *mut f32,
    state_bytes: usize,
    output: *mut f32,
    outputs: usize,
    outcome: *mut COutcome,
) -> i32 {
    if settings.is_null() || nudge.is_null() || target.is_null() || outcome.is_null() {
        return Status::Null as i32;
    }
    let aligned = settings.is_aligned() && nudge.is_aligned() && outcome.is_aligned();
    if !(aligned && target.is_aligned() && attack.is_aligned()) {
        return Status::Misaligned as i32;
    }
    // SAFETY: not null, aligned, and by contract valid; the sizes are checked before the slices are made,
    // and the outcome is written once nothing can fail any more.
    let relaxed = unsafe {
        buffers(model, (input, inputs), (state, state_bytes), (output, outputs)).and_then(|memory| {
            let CNudge { s, weight_target, weight_attack } = nudge.read();
            let target = slice::from_raw_parts(target, outputs);
            let (attack, weight) = if attack.is_null() {
                (target, 0.0)
            } else {
                (slice::from_raw_parts(attack, outputs), weight_attack)
            };
            let nudge = Nudge { s, weight_target, weight_attack: weight };
            let (status, ended) = relax(memory, &nudge, target, attack, &settings.read())?;
            outcome.write(ended);
            Ok(status)
        })
    };
    relaxed.unwrap_or_else(|status| status) as i32
}

fn relax(
    Buffers { model, input, state, output }: Buffers,
    nudge: &Nudge,
    target: &[f32],
    attack: &[f32],
    settings: &CSettings,
) -> Result<(Status, COutcome), Status> {
    let network = model.network();
    let schedule = match settings.schedule {
        0 => Schedule::ForwardBackward,
        1 => Schedule::Unitwise,
        2 => Schedule::Backward,
        _ => return Err(Status::Settings),
    };
    if settings.tolerance.is_nan() || settings.tolerance < 0.0 {
        return Err(Status::Settings);
    }
    let settings = Settings { schedule, sweeps: settings.sweeps, tolerance: settings.tolerance };
    let nudges = slice::from_ref(nudge);
    let problem = Problem::new(input, nudges, target).with_attack(attack);
    let mut state = StateView::new(network.units(), 1, state)?;
    let ended = network.relax_monitored(&problem, &mut state, &settings, &mut |_| ())?;
    copy(state.activities(&network, network.output()), output);
    let status = match ended.status {
        fenchel_core::Status::Converged => Status::Converged,
        fenchel_core::Status::SweepLimit => Status::SweepLimit,
        fenchel_core::Status::Unbounded => Status::Diverged,
    };
    let last = ended.last;
    Ok((status, COutcome { sweeps: last.sweep, energy: last.energy, residual: last.residual }))
}

fn copy(from: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}
