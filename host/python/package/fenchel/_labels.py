"""Turns labels and values into the targets of a model's outputs."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy

from . import _arrays


def indices(y: Any, names: Sequence[str], count: int, place: str = "y") -> numpy.ndarray:
    """Return the class of each of ``count`` samples as an ``int64`` array: its index, or that of its name."""
    array = numpy.atleast_1d(numpy.asarray(y))
    if array.shape != (count,):
        raise ValueError(f"{place}: expected {count} labels, one a sample, got shape {array.shape}")
    if array.dtype.kind in "iu":
        classes = array.astype(numpy.int64)
        if classes.size and not (0 <= classes.min() and classes.max() < len(names)):
            raise ValueError(f"{place}: expected labels 0 to {len(names) - 1}, got {array.min()} to {array.max()}")
        return classes
    places = {name: index for index, name in enumerate(names)}
    try:
        return numpy.array([places[str(label)] for label in array], numpy.int64)
    except KeyError as error:
        raise ValueError(f"{place}: expected a class of the model, such as {names[0]!r}, got {error}") from None


def one_hot(classes: numpy.ndarray, width: int) -> numpy.ndarray:
    """Return ``float32`` rows of shape (samples, width) with a single 1."""
    return numpy.eye(width, dtype=numpy.float32)[classes]


def targets(
    model: Any, X: numpy.ndarray, y: Any, attack_y: Any, attack: str
) -> "tuple[numpy.ndarray, numpy.ndarray]":
    """Return the targets and the attack's targets of shape (samples, outputs), in the outputs' unit.

    Without ``attack_y`` a class is attacked towards the next one, or with the attack ``runner-up`` towards the most
    likely wrong one; values are attacked towards those of the next sample.
    """
    count, width = len(X), model.n_outputs
    if model.task == "reconstruct":
        nothing = numpy.zeros((count, width), numpy.float32)
        return nothing, nothing
    if y is None:
        raise ValueError("y: expected a target for each sample, got None")
    if model.task == "classify":
        classes = indices(y, model.class_names, count)
        if attack_y is not None:
            wrong = indices(attack_y, model.class_names, count, "attack_y")
            if (wrong == classes).any():
                raise ValueError("attack_y: expected another class than the target's, got the same")
        elif attack == "runner-up":
            wrong = _runner_up(model.infer(X), classes)
        else:
            wrong = (classes + 1) % width
        return one_hot(classes, width), one_hot(wrong, width)
    own = _values(y, count, width, "y")
    if attack_y is not None:
        return own, _values(attack_y, count, width, "attack_y")
    return own, numpy.ascontiguousarray(numpy.roll(own, -1, axis=0))


def _runner_up(outputs: numpy.ndarray, classes: numpy.ndarray) -> numpy.ndarray:
    others = outputs.copy()
    others[numpy.arange(len(classes)), classes] = -numpy.inf
    return others.argmax(axis=1)


def _values(y: Any, count: int, width: int, place: str) -> numpy.ndarray:
    values = _arrays.numbers(y, place)
    if values.size != count * width:
        expected: Optional[str] = f"shape ({count}, {width})"
        raise ValueError(f"{place}: expected values of {expected}, got shape {values.shape}")
    return values.reshape(count, width)
