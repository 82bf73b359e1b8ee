"""Data sets: named ones, files, and arrays, divided as the command divides them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy

from . import _arrays, _native

Pair = Tuple[Any, Any]


class Dataset:
    """Samples that train, validate and test, each part ``(X, y)``: raw values (samples, values), and class indices
    (samples,) or targets (samples, targets)."""

    def __init__(self, native: _native.Data) -> None:
        self._native = native

    @classmethod
    def load(cls, name: Any, *, task: str = "classify", **reading: Any) -> "Dataset":
        """Load ``digits``, another named set, a folder of IDX files, or a CSV or NPZ file.

        ``reading`` has the command's options for tables by their names: ``label``, ``columns``, ``ignore``, ``normal``
        (lists of texts), ``missing``, ``group``, ``split``, ``scaling``, ``delimiter``, ``window``, ``stride``.
        """
        return cls(_native.Data.load(_arrays.path(name), _reading(reading), _arrays.word(task, "task")))

    @classmethod
    def of_arrays(
        cls,
        X: Any,
        y: Any = None,
        *,
        task: str = "classify",
        validation: Optional[Pair] = None,
        test: Union[Pair, Tuple[()], None] = None,
        name: str = "arrays",
        feature_names: Sequence[str] = (),
        **reading: Any,
    ) -> "Dataset":
        """Take samples X of shape (samples, …) with labels or targets y, as an NPZ file of them would be read.

        A fifth of the samples tests and a tenth validates, unless ``test`` or ``validation`` are given as ``(X, y)``.
        ``test=()`` means that no samples test. X of ``uint8`` are pixels, 255 becomes 1.
        """
        task = _arrays.word(task, "task")
        values = _values(X)
        shape = list(values.shape[1:]) or [1]
        names: List[str] = []
        if task == "regress":
            width = _targets(y).shape[1]
            names = ["y"] if width == 1 else [f"y{index}" for index in range(width)]
        own = _part((values, y), task, shape, len(names))
        validating = None if validation is None else _part(validation, task, shape, len(names))
        testing = None if test is None else _part(test or _nothing(values), task, shape, len(names))
        named = [str(name) for name in feature_names]
        parts = (own, validating, testing)
        native = _native.Data.of_arrays(_arrays.word(name, "name"), shape, named, names, *parts, _reading(reading), task)
        return cls(native)

    @property
    def name(self) -> str:
        """Name of the data set, or path of its file."""
        return self._native.name

    @property
    def task(self) -> str:
        """Name of the task for which it was read."""
        return self._native.task

    @property
    def class_names(self) -> List[str]:
        """Names of the classes; empty if there are none."""
        return self._native.class_names

    @property
    def feature_names(self) -> List[str]:
        """Names of the values; empty if they have none."""
        return self._native.feature_names

    @property
    def notes(self) -> List[str]:
        """What was assumed or looks wrong, a sentence each."""
        return self._native.warnings

    @property
    def train(self) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """The samples that train."""
        return self._part("train")

    @property
    def validation(self) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """The samples that choose the best epoch."""
        return self._part("validation")

    @property
    def test(self) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """The samples that training never sees."""
        return self._part("test")

    def _part(self, name: str) -> Tuple[numpy.ndarray, numpy.ndarray]:
        values, labels, targets = self._native.part(name)
        X = values.reshape(len(labels), -1)
        if self.task == "regress":
            return X, targets.reshape(len(labels), -1)
        return X, labels.astype(numpy.int64)

    def __repr__(self) -> str:
        counts = [len(self._native.part(part)[1]) for part in ("train", "validation", "test")]
        return f"<fenchel.Dataset {self.name}: {counts[0]} train, {counts[1]} validate, {counts[2]} test>"


def _reading(reading: Dict[str, Any]) -> Dict[str, Any]:
    """Return the options of reading, in which one column's name is a list of one."""
    lists = ("label", "columns", "ignore", "normal")
    return {
        name: [value] if name in lists and isinstance(value, str) else value for name, value in reading.items()
    }


def _values(X: Any) -> numpy.ndarray:
    array = numpy.asarray(X) if isinstance(X, numpy.ndarray) else X
    if isinstance(array, numpy.ndarray) and array.dtype == numpy.uint8:
        values = numpy.ascontiguousarray(array)
    else:
        values = _arrays.numbers(X, "X")
    if values.ndim < 1:
        raise ValueError(f"X: expected an array of shape (samples, values), got shape {values.shape}")
    return values


def _nothing(values: numpy.ndarray) -> Pair:
    return values[:0], None


def _targets(y: Any) -> numpy.ndarray:
    if y is None:
        raise ValueError("y: expected a target for each sample, got None")
    values = _arrays.numbers(y, "y")
    if values.ndim not in (1, 2):
        raise ValueError(f"y: expected an array of shape (samples,) or (samples, targets), got shape {values.shape}")
    return values.reshape(len(values), 1 if values.ndim == 1 else values.shape[1])


def _part(part: Pair, task: str, shape: List[int], width: int) -> Dict[str, Any]:
    try:
        X, y = part
    except (TypeError, ValueError):
        raise ValueError("validation and test: expected a pair (X, y)") from None
    values = _values(X)
    if (list(values.shape[1:]) or [1]) != shape:
        raise ValueError(f"X: expected samples of shape {shape}, as in training, got {list(values.shape[1:])}")
    given: Dict[str, Any] = {"x": values.ravel(), "labels": None, "targets": None}
    if task == "classify" and (len(values) or y is not None):
        given["labels"] = _coded(y)
    elif task == "regress":
        targets = _targets(y) if len(values) or y is not None else numpy.zeros((0, width), numpy.float32)
        if targets.shape != (len(values), width):
            raise ValueError(f"y: expected targets of shape ({len(values)}, {width}), got shape {targets.shape}")
        given["targets"] = targets.ravel()
    return given


def _coded(y: Any) -> Tuple[List[str], numpy.ndarray]:
    """Return the distinct labels as texts, and the index there of each sample's."""
    if y is None:
        raise ValueError("y: expected a label for each sample, got None")
    labels = numpy.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels.ravel()
    if labels.ndim != 1:
        raise ValueError(f"y: expected labels of shape (samples,), got shape {labels.shape}")
    try:
        distinct, codes = numpy.unique(labels, return_inverse=True)
    except TypeError as error:
        raise ValueError("y: expected labels of one kind, got several") from error
    return [str(label) for label in distinct.tolist()], codes.astype(numpy.uintp)
