//! The native part of the Python package `fenchel`: the host library behind NumPy arrays.
//!
//! Each file binds one thing. Arrays are `float32` in C order, which the package's Python files see to, and are read
//! where they lie. Everything that computes runs through `guard::guarded`, which releases the GIL and turns errors and
//! panics into Python's exceptions.

mod data;
mod export;
mod guard;
mod hardware;
mod learning;
mod model;
mod network;
mod relaxation;
mod research;
mod training;
mod values;

use pyo3::prelude::*;

/// The module `fenchel._native`.
#[pymodule(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::data::Data;
    #[pymodule_export]
    use crate::hardware::{Chip, netlist};
    #[pymodule_export]
    use crate::learning::{learn, untrained};
    #[pymodule_export]
    use crate::model::Model;
    #[pymodule_export]
    use crate::network::network;
    #[pymodule_export]
    use crate::relaxation::{gradient, relax};
    #[pymodule_export]
    use crate::research::{attacked_accuracy, theory};
    #[pymodule_export]
    use crate::training::{Training, train};
}
