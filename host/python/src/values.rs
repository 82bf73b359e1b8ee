//! Converts between Python's values and those of TOML and JSON, and finds choices by their names.

use anyhow::Result;
use clap::ValueEnum;
use fenchel::spelling::Spelled;
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::guard::bad;

/// The weights of a connection: the blocks that it runs from and to, and the matrix (n_to, n_from).
pub type Connected<'py> = (usize, usize, Bound<'py, PyArray2<f32>>);

/// Two arrays of the same length.
pub type Pair<'py> = (Bound<'py, PyArray1<f32>>, Bound<'py, PyArray1<f32>>);

/// Returns a value of TOML: a bool, number, text, list, or a dict with texts as keys.
pub fn toml(place: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(Value::Table(table(place, dict)?));
    }
    if value.is_instance_of::<PyBool>() {
        return Ok(Value::Boolean(value.extract()?));
    }
    if let Ok(text) = value.extract::<String>() {
        return Ok(Value::String(text));
    }
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Value::Integer(number));
    }
    // A seed from 2⁶³ on, where TOML's numbers end.
    if let Ok(number) = value.extract::<u64>() {
        return Ok(Value::String(number.to_string()));
    }
    if let Ok(number) = value.extract::<f64>() {
        return Ok(Value::Float(number));
    }
    if let Ok(items) = value.extract::<Vec<Bound<'_, PyAny>>>() {
        return Ok(Value::Array(items.iter().map(|item| toml(place, item)).collect::<PyResult<_>>()?));
    }
    let kind = value.get_type().name()?.to_string();
    Err(PyValueError::new_err(format!("{place}: expected a number, text, list or dict, got {kind}")))
}

/// Returns a table of TOML; entries that are None are left out, and underscores in names become hyphens.
pub fn table(place: &str, dict: &Bound<'_, PyDict>) -> PyResult<Table> {
    let mut table = Table::new();
    for (name, value) in dict {
        let Ok(name) = name.extract::<String>() else {
            return Err(PyValueError::new_err(format!("{place}: expected texts as names of settings")));
        };
        if !value.is_none() {
            table.insert(name.replace('_', "-"), toml(&format!("{place}, {name}"), &value)?);
        }
    }
    Ok(table)
}

/// Reads a value of the library from TOML; an error says `place`.
pub fn read<T: DeserializeOwned>(place: &str, expected: &str, value: Value) -> Result<T> {
    value.try_into().map_err(|error: toml::de::Error| bad(place, expected, error.message()))
}

/// Returns the Python value of JSON.
pub fn of_json<'py>(py: Python<'py>, value: &serde_json::Value) -> PyResult<Bound<'py, PyAny>> {
    use serde_json::Value as Json;
    Ok(match value {
        Json::Null => py.None().into_bound(py),
        Json::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into_pyobject(py)?.into_any(),
        },
        Json::String(text) => text.into_pyobject(py)?.into_any(),
        Json::Array(items) => {
            let items = items.iter().map(|item| of_json(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
        Json::Object(entries) => {
            let dict = PyDict::new(py);
            for (name, value) in entries {
                dict.set_item(name, of_json(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Returns the choice of that name, as the command spells it.
pub fn choice<T: ValueEnum>(place: &str, text: &str) -> Result<T> {
    T::from_str(text, false).map_err(|_| {
        let names = T::value_variants().iter().filter_map(|variant| variant.to_possible_value());
        let names: Vec<_> = names.map(|value| value.get_name().to_string()).collect();
        bad(place, names.join(", "), format!("{text:?}"))
    })
}

/// Returns the value of that spelling, as the command has it.
pub fn spelled<T: Spelled>(place: &str, text: &str) -> Result<T> {
    T::parse(text)
        .map_err(|expected| bad(place, expected.trim_start_matches("expected "), format!("{text:?}")))
}

/// Returns an array of shape (rows, columns) of values that are stored row after row.
pub fn matrix<'py>(
    py: Python<'py>,
    rows: usize,
    columns: usize,
    values: Vec<f32>,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    PyArray1::from_vec(py, values).reshape([rows, columns])
}

/// Returns an array's values where they lie; it must be in C order.
pub fn rows<'a>(array: &'a PyReadonlyArray2<'_, f32>) -> PyResult<&'a [f32]> {
    array.as_slice().map_err(|_| PyValueError::new_err("expected an array in C order, got another order"))
}

/// Returns an array's values where they lie.
pub fn list<'a, T: numpy::Element>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
    array.as_slice().map_err(|_| PyValueError::new_err("expected an array in C order, got another order"))
}
