"""Pictures by matplotlib, which is imported only here."""

from __future__ import annotations

from typing import Any

import numpy


def _axes(axes: Any) -> Any:
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install matplotlib") from error
    return pyplot.subplots()[1]


def energy(relaxation: Any, sample: int, axes: Any) -> Any:
    """Draw the energy above its end over the sweeps."""
    axes = _axes(axes)
    for name, problem in (("first problem", relaxation.first), ("second problem", relaxation.second)):
        values = problem["energy"][sample]
        values = values[~numpy.isnan(values)].astype(float)
        above = values - values[-1]
        axes.plot(numpy.arange(1, len(values) + 1), above, marker="o", markersize=3, label=name)
    axes.set_xlabel("sweep")
    axes.set_ylabel("energy above its end")
    axes.legend()
    return axes


def states(relaxation: Any, sample: int, axes: Any) -> Any:
    """Draw the activities of both problems, block after block."""
    axes = _axes(axes)
    for name, problem, style in (("first", relaxation.first, "o"), ("second", relaxation.second, "x")):
        activities = numpy.concatenate([block[sample] for block in problem["states"][1:]])
        axes.plot(activities, style, markersize=3, label=f"{name} problem")
    ends = numpy.cumsum([block.shape[1] for block in relaxation.first["states"][1:]])[:-1]
    for end in ends:
        axes.axvline(end - 0.5, color="0.8", linewidth=1)
    axes.set_xlabel("unit, block after block")
    axes.set_ylabel("activity")
    axes.legend()
    return axes


def history(training: Any, axes: Any) -> Any:
    """Draw the validation score over the epochs."""
    axes = _axes(axes)
    epochs = [epoch for epoch in training.history if not epoch["pretraining"]]
    axes.plot([epoch["epoch"] for epoch in epochs], [epoch["validation_accuracy"] for epoch in epochs])
    axes.axvline(training.best_epoch, color="0.7", linewidth=1)
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation score")
    return axes
