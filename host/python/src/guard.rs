//! Runs the library's work without the GIL, and turns what goes wrong into Python's exceptions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Result;
use fenchel::BadInput;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Runs `work` without the GIL. Bad input becomes a `ValueError` with the library's sentence, an error of the file
/// system an `OSError`, and anything else, a panic too, a `RuntimeError`.
pub fn guarded<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(raised(py, &error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            Err(PyRuntimeError::new_err(format!("a mistake in Fenchel itself, please report it: {text}")))
        }
    }
}

/// Returns the exception for an error.
pub fn raised(py: Python<'_>, error: &anyhow::Error) -> PyErr {
    // What a callback raised is raised again.
    if let Some(own) = error.downcast_ref::<PyErr>() {
        return own.clone_ref(py);
    }
    let sentence = format!("{error:#}");
    if error.chain().any(|cause| cause.is::<BadInput>() || cause.is::<fenchel_core::Error>()) {
        return PyValueError::new_err(sentence);
    }
    if error.chain().any(|cause| cause.is::<std::io::Error>()) {
        return PyOSError::new_err(sentence);
    }
    PyRuntimeError::new_err(sentence)
}

/// Returns an error of bad input.
pub fn bad(
    place: impl std::fmt::Display,
    expected: impl std::fmt::Display,
    got: impl std::fmt::Display,
) -> anyhow::Error {
    BadInput::new(place, expected, got).into()
}
