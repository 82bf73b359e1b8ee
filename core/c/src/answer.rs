//! What the outputs of a model mean: its task, values in the user's unit, the score of an anomaly.

use core::slice;

use fenchel_core::{Task, reconstruction_error};

use crate::{Status, Storage, loaded};

/// `fenchel_verdict` of `fenchel.h`: a score and whether it is an anomaly.
#[repr(C)]
#[allow(missing_docs)]
pub struct Verdict {
    pub score: f32,
    pub threshold: f32,
    pub anomaly: i32,
}

/// Returns which of the tasks of `fenchel.h` the model is for.
///
/// # Safety
/// As [`crate::fenchel_infer`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_task_of(model: *const Storage) -> i32 {
    // SAFETY: by contract.
    match unsafe { loaded(model) } {
        Ok(model) => match model.task() {
            Task::Classification { .. } => 0,
            Task::Regression { .. } => 1,
            Task::Reconstruction { .. } => 2,
        },
        Err(status) => status as i32,
    }
}

/// Converts a regression's outputs to the user's unit as [`fenchel_core::Scaling::restore`] does.
///
/// # Safety
/// As [`crate::fenchel_infer`]; `output` is null or points to `outputs` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_restore(model: *const Storage, output: *mut f32, outputs: usize) -> i32 {
    // SAFETY: by contract.
    unsafe { restore(model, output, outputs) }.unwrap_or_else(|status| status) as i32
}

/// # Safety
/// As [`fenchel_restore`].
unsafe fn restore(model: *const Storage, output: *mut f32, outputs: usize) -> Result<Status, Status> {
    // SAFETY: by contract.
    let model = unsafe { loaded(model)? };
    if output.is_null() {
        return Err(Status::Null);
    }
    if !output.is_aligned() {
        return Err(Status::Misaligned);
    }
    if outputs != model.network().output_units() {
        return Err(Status::Size);
    }
    let Task::Regression { scaling, .. } = model.task() else { return Err(Status::Task) };
    // SAFETY: not null, aligned, and by contract of this length.
    scaling.restore(unsafe { slice::from_raw_parts_mut(output, outputs) })?;
    Ok(Status::Ok)
}

/// Computes [`reconstruction_error`], and whether it exceeds the model's threshold.
///
/// # Safety
/// As [`crate::fenchel_infer`]; `input` and `output` are null or point to as many values as the counts say, `verdict` is null or
/// points to its type.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fenchel_score(
    model: *const Storage,
    input: *const f32,
    inputs: usize,
    output: *const f32,
    outputs: usize,
    verdict: *mut Verdict,
) -> i32 {
    // SAFETY: by contract.
    unsafe { score(model, (input, inputs), (output, outputs), verdict) }.unwrap_or_else(|status| status)
        as i32
}

/// # Safety
/// As [`fenchel_score`].
unsafe fn score(
    model: *const Storage,
    (input, inputs): (*const f32, usize),
    (output, outputs): (*const f32, usize),
    verdict: *mut Verdict,
) -> Result<Status, Status> {
    // SAFETY: by contract.
    let model = unsafe { loaded(model)? };
    if input.is_null() || output.is_null() || verdict.is_null() {
        return Err(Status::Null);
    }
    if !(input.is_aligned() && output.is_aligned() && verdict.is_aligned()) {
        return Err(Status::Misaligned);
    }
    if inputs != model.network().input_units() || outputs != model.network().output_units() {
        return Err(Status::Size);
    }
    let Task::Reconstruction { threshold } = model.task() else { return Err(Status::Task) };
    // SAFETY: not null, aligned, and by contract of these lengths.
    let score = unsafe {
        reconstruction_error(slice::from_raw_parts(input, inputs), slice::from_raw_parts(output, outputs))
    };
    let anomaly = threshold.map_or(-1, |threshold| i32::from(threshold.is_exceeded(score)));
    let threshold = threshold.map_or(0.0, |threshold| threshold.score);
    // SAFETY: as above.
    unsafe { verdict.write(Verdict { score, threshold, anomaly }) };
    Ok(Status::Ok)
}
