"""What the three estimators have in common: settings from parameters, training, export."""

from __future__ import annotations

import warnings
from typing import Any, Dict, List, Optional

import numpy
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .. import _arrays, _native
from .._arrays import Path
from ..dataset import Dataset
from ..model import Model
from ..training import Training
from .checks import checked
from .parameters import PLACES, in_words_of_parameters


class FenchelEstimator(BaseEstimator):
    """Parameters, training and export of all estimators; see the subclasses."""

    _task = "classify"

    def _given(self) -> Dict[str, Any]:
        """Return the parameters as settings in groups, as the library takes them."""
        groups: Dict[str, Any] = {"seed": _seed(self.random_state)}
        for name, (group, setting) in PLACES.items():
            value = getattr(self, name, None)
            if value is None or (isinstance(value, str) and value == "auto"):
                continue
            if name in ("hidden_layer_sizes", "activation"):
                value = _listed(value)
            groups.setdefault(group, {})[setting] = value
        if self.early_stopping:
            groups["optimiser"]["patience"] = self.n_iter_no_change
        if not isinstance(self.settings, (dict, type(None))):
            raise ValueError(f"settings: expected a dict of groups, got {type(self.settings).__name__}")
        for group, values in (self.settings or {}).items():
            if isinstance(values, dict):
                groups.setdefault(group, {}).update(values)
            else:
                groups[group] = values
        return groups

    def _preset(self) -> Optional[str]:
        return None if self.preset is None else _arrays.word(self.preset, "preset")

    def _reading(self) -> Dict[str, Any]:
        return {} if self.scaling == "auto" else {"scaling": _arrays.word(self.scaling, "scaling")}

    def _dataset(self, X: numpy.ndarray, y: Any) -> Dataset:
        """Return samples of which none test: all train, or choose the best epoch."""
        names = getattr(self, "feature_names_in_", ())
        return Dataset.of_arrays(X, y, task=self._task, test=(), feature_names=names, **self._reading())

    def _train(self, X: numpy.ndarray, y: Any) -> None:
        """Train, and keep the model and how it came about."""
        objective = _arrays.word(self.objective, "objective")
        callback = _print if self.verbose else None
        with in_words_of_parameters():
            dataset = self._dataset(X, y)
            arguments = (dataset._native, objective, self._preset(), self._given(), callback)
            training = Training(_native.train(*arguments))
        if training.interrupted:
            warnings.warn("Training was interrupted; the best model so far is kept.", stacklevel=3)
        self._keep(training.model)
        self.training_ = training
        self.n_iter_ = training.epochs
        self.best_epoch_ = training.best_epoch
        self.notes_: List[str] = dataset.notes

    def _keep(self, model: Model) -> None:
        self.model_ = model
        self.n_layers_ = len(model.description["blocks"])
        self.n_outputs_ = model.n_outputs

    def _learn(self, X: numpy.ndarray, targets: numpy.ndarray) -> None:
        """Learn each sample once, in order, as the learner on a device does."""
        with in_words_of_parameters():
            arguments = (X, numpy.ascontiguousarray(targets, numpy.float32), 0.2, _arrays.real(self.nudge, "nudge"), False)
            native, _ = _native.learn(self.model_._native, *arguments)
        self._keep(Model(native))

    def _begin(self, X: numpy.ndarray, y: Any) -> None:
        """Begin with a network that has learned nothing, whose scaling is that of these samples."""
        with in_words_of_parameters():
            arguments = (self._dataset(X, y)._native, _arrays.word(self.objective, "objective"), self._preset(), self._given())
            self._keep(Model(_native.untrained(*arguments)))

    def _samples(self, X: Any) -> numpy.ndarray:
        """Return checked samples for a fitted estimator: ``float32`` arrays aren't copied."""
        check_is_fitted(self, "model_")
        return checked(self, X, dtype=numpy.float32, order="C", reset=False)

    def export(self, path: Path, format: str = "model", *, weights: Optional[str] = None, name: Optional[str] = None) -> int:
        """Write the model for a device and return its number of bytes.

        ``format`` is ``model``, ``c-header``, ``rust``, ``safetensors`` or ``npz``; ``weights`` is ``f32``, ``f16`` or
        ``int8``. For a Pipeline use :func:`fenchel.export`, which folds the scaler before it into the model.
        """
        check_is_fitted(self, "model_")
        model = self.model_ if weights is None else self.model_.quantised(weights)
        return model.export(path, format, name=name)

    def c_header(self, path: Path, *, name: Optional[str] = None) -> int:
        """Write the model as a C header for the C interface; return its number of bytes."""
        return self.export(path, "c-header", name=name)

    def _repr_fitted_(self) -> str:
        return repr(self.model_)


def _seed(random_state: Any) -> int:
    """Return the seed: an integer as it is, which is the command's ``--seed``; otherwise a number drawn from it."""
    if hasattr(random_state, "__index__"):
        return _arrays.whole(random_state, "random_state", 0, 2**64 - 1)
    return int(check_random_state(random_state).randint(2**31 - 1))


def _listed(value: Any) -> List[Any]:
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return [value]
    return _arrays.several(value, "hidden_layer_sizes and activation")


def _print(epoch: Dict[str, Any]) -> None:
    phase = "pretraining, " if epoch["pretraining"] else ""
    print(f"{phase}epoch {epoch['epoch']}: validation {epoch['validation_accuracy']:.4f}", flush=True)
