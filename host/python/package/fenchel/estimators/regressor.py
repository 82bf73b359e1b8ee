"""The regressor."""

from __future__ import annotations

from typing import Any

import numpy
from sklearn.base import RegressorMixin

from .base import FenchelEstimator
from .checks import checked
from .documented import documented


@documented
class FenchelRegressor(RegressorMixin, FenchelEstimator):
    """Predicts one or more real values, each scaled over the training samples and given back in its own unit.

    Fitted: ``model_`` (a :class:`fenchel.Model`), ``training_``, ``n_iter_``, ``best_epoch_``, ``notes_``."""

    _task = "regress"

    def __init__(
        self,
        hidden_layer_sizes: Any = (64, 32),
        activation: Any = "relu",
        *,
        objective: str = "arovr-g",
        preset: Any = None,
        loss_weight: float = 0.49,
        nudge: float = 0.25,
        solver: str = "adam",
        learning_rate_init: float = 0.001,
        batch_size: Any = "auto",
        max_iter: Any = "auto",
        early_stopping: bool = False,
        n_iter_no_change: int = 10,
        weight_clip: Any = None,
        scaling: str = "auto",
        random_state: Any = 0,
        settings: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.objective = objective
        self.preset = preset
        self.loss_weight = loss_weight
        self.nudge = nudge
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.weight_clip = weight_clip
        self.scaling = scaling
        self.random_state = random_state
        self.settings = settings
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "FenchelRegressor":
        """Train on samples X of shape (samples, values) with targets y of shape (samples,) or (samples, targets)."""
        X, y = self._checked(X, y, reset=True)
        self._is_list = y.ndim == 1
        self._train(X, y)
        return self

    def partial_fit(self, X: Any, y: Any) -> "FenchelRegressor":
        """Learn each sample once, in order, as the learner on a device does.

        The first call without a fit begins with a network that knows nothing, scaled by these samples.
        """
        first = not hasattr(self, "model_")
        X, y = self._checked(X, y, reset=first)
        if first:
            self._is_list = y.ndim == 1
            self._begin(X, y)
        targets = y.reshape(len(y), -1)
        if targets.shape[1] != self.n_outputs_:
            raise ValueError(f"y: expected {self.n_outputs_} targets, as in the first call, got {targets.shape[1]}")
        self._learn(numpy.ascontiguousarray(X, numpy.float32), targets)
        return self

    def predict(self, X: Any) -> numpy.ndarray:
        """Return the targets of shape (samples,) or (samples, targets), as y had, in their own unit."""
        X = self._samples(X)
        # float64, which scikit-learn's scores expect, holds the same values.
        outputs = self.model_.infer(X).astype(numpy.float64)
        return outputs[:, 0] if self._is_list else outputs

    def _checked(self, X: Any, y: Any, reset: bool) -> Any:
        kinds = [numpy.float32, numpy.uint8]
        least = 2 if reset else 1
        checks = {"order": "C", "multi_output": True, "y_numeric": True, "ensure_min_samples": least}
        return checked(self, X, y, dtype=kinds, reset=reset, **checks)
