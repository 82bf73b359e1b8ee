"""Brings what a user passes into the arrays that the native module takes: ``float32``, C order, without a copy if it
is so already."""

from __future__ import annotations

import operator
import os
from typing import Any, List, Union

import numpy

Path = Union[str, "os.PathLike[str]"]


def samples(X: Any, place: str = "X") -> numpy.ndarray:
    """Return samples as a ``float32`` array of shape (samples, values); longer shapes are flattened sample by sample."""
    array = numbers(X, place)
    if array.ndim < 2:
        raise ValueError(f"{place}: expected an array of shape (samples, values), got shape {array.shape}")
    return array.reshape(array.shape[0], int(numpy.prod(array.shape[1:])))


def one_or_more(X: Any) -> numpy.ndarray:
    """Return samples as :func:`samples` does; a list of numbers is one sample."""
    array = numbers(X, "X")
    return samples(array.reshape(1, -1) if array.ndim == 1 else array)


def numbers(values: Any, place: str) -> numpy.ndarray:
    """Return numbers as a ``float32`` array in C order."""
    array = _array(values, place)
    if array.dtype.kind not in "fiub":
        array = _parsed(array, place)
    with numpy.errstate(over="ignore"):
        return numpy.require(array, numpy.float32, ["C_CONTIGUOUS", "ALIGNED"])


def _array(values: Any, place: str) -> numpy.ndarray:
    if hasattr(values, "toarray"):
        raise ValueError(f"{place}: expected a dense array, got a sparse one (toarray() makes it dense)")
    try:
        return numpy.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{place}: expected an array of numbers, got rows of different lengths") from error


def _parsed(array: numpy.ndarray, place: str) -> numpy.ndarray:
    if array.dtype.kind != "O":
        raise ValueError(f"{place}: expected numbers, got {array.dtype}")
    try:
        return array.astype(numpy.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{place}: expected numbers, got {type(array.flat[0]).__name__}") from error


def whole(value: Any, place: str, least: int, most: int) -> int:
    """Return a whole number within a range."""
    try:
        number = None if isinstance(value, (bool, numpy.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not least <= number <= most:
        raise ValueError(f"{place}: expected a whole number from {least} to {most}, got {value!r}")
    return number


def real(value: Any, place: str) -> float:
    """Return a number as a float; the library checks its range."""
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{place}: expected a number, got {value!r}") from error


def word(value: Any, place: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise ValueError(f"{place}: expected a text, got {value!r}")
    return str(value)


def path(value: Any) -> str:
    """Return a path as a text."""
    if not isinstance(value, (str, os.PathLike)):
        raise ValueError(f"path: expected a text or a path, got {value!r}")
    return os.fsdecode(value)


def several(values: Any, place: str) -> List[Any]:
    """Return a list of what is a sequence, and not a text."""
    if isinstance(values, (str, bytes, dict)) or getattr(values, "shape", None) == () or not hasattr(values, "__len__"):
        raise ValueError(f"{place}: expected a list, got {type(values).__name__}")
    return list(values)
