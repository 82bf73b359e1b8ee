"""Folds the scalers of a Pipeline into the model, which then takes raw values."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from .._arrays import Path
from ..model import Model
from .base import FenchelEstimator


def folded(estimator: Any) -> Model:
    """Return the model of a fitted estimator, or of a Pipeline that ends in one, for raw values.

    StandardScaler, MinMaxScaler and MaxAbsScaler before it become part of the model's own scaling; its outputs agree with
    the Pipeline's to rounding.
    """
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step is not None and not isinstance(step, str)]
    *scalers, last = steps
    if not isinstance(last, FenchelEstimator):
        raise ValueError(f"estimator: expected one of Fenchel's, or a Pipeline that ends in one, got {type(last).__name__}")
    check_is_fitted(last, "model_")
    model: Model = last.model_
    if not scalers:
        return model
    run = last.n_features_in_ // len(model.scaling[0])
    offset, factor = (numpy.repeat(values.astype(numpy.float64), run) for values in model.scaling)
    for scaler in reversed(scalers):
        below, times = _affine(scaler)
        # (raw − below)·times is scaled by (· − offset)·factor.
        divisor = numpy.where(times == 0, 1, times)
        offset, factor = below + offset / divisor, factor * times
    return model.with_scaling(offset, factor)


def export(estimator: Any, path: Path, format: str = "model", *, weights: Optional[str] = None, name: Optional[str] = None) -> int:
    """Write the model of an estimator or a Pipeline, its scalers folded in, and return the number of bytes; see
    :meth:`FenchelClassifier.export`."""
    model = folded(estimator)
    return (model if weights is None else model.quantised(weights)).export(path, format, name=name)


def _affine(scaler: Any) -> Tuple[Any, Any]:
    """Return offset and factor of a scaler's (raw − offset)·factor."""
    check_is_fitted(scaler)
    if isinstance(scaler, StandardScaler):
        mean = numpy.zeros(scaler.n_features_in_) if scaler.mean_ is None else scaler.mean_
        scale = numpy.ones(scaler.n_features_in_) if scaler.scale_ is None else scaler.scale_
        return (mean if scaler.with_mean else 0 * mean), 1 / scale
    if isinstance(scaler, MinMaxScaler) and not scaler.clip:
        return -scaler.min_ / scaler.scale_, scaler.scale_
    if isinstance(scaler, MaxAbsScaler):
        return numpy.zeros(scaler.n_features_in_), 1 / scaler.scale_
    expected = "StandardScaler, MinMaxScaler without clip or MaxAbsScaler before the estimator"
    raise ValueError(f"pipeline: expected {expected}, got {type(scaler).__name__}, which can't be folded into the model")
