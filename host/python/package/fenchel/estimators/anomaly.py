"""The anomaly detector."""

from __future__ import annotations

from typing import Any

import numpy
from sklearn.base import OutlierMixin

from .base import FenchelEstimator
from .checks import checked
from .documented import documented


@documented
class FenchelAnomalyDetector(OutlierMixin, FenchelEstimator):
    """Learns to give normal samples back, and calls those anomalies that it gives back badly.

    The anomaly score of a sample is the mean squared difference between outputs and scaled values. A sample is an anomaly
    (−1) if its score exceeds the threshold that the share ``quantile`` of the training samples doesn't exceed. Fitted:
    ``model_`` (a :class:`fenchel.Model`), ``offset_`` (minus the threshold), ``training_``, ``n_iter_``,
    ``best_epoch_``."""

    _task = "reconstruct"

    def __init__(
        self,
        hidden_layer_sizes: Any = "auto",
        activation: Any = "auto",
        *,
        quantile: float = 0.99,
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
        self.quantile = quantile
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

    def fit(self, X: Any, y: Any = None) -> "FenchelAnomalyDetector":
        """Train on normal samples X of shape (samples, values); y is ignored."""
        X = checked(self, X, dtype=[numpy.float32, numpy.uint8], order="C", ensure_min_samples=2)
        self._train(X, None)
        self.offset_ = -float(self.model_.description["threshold"]["score"])
        return self

    def score_samples(self, X: Any) -> numpy.ndarray:
        """Return minus the anomaly score of each sample: the lower, the more anomalous."""
        X = self._samples(X)
        return -self.model_.answers(X)["score"].astype(numpy.float64)

    def decision_function(self, X: Any) -> numpy.ndarray:
        """Return how far each sample is below the threshold; negative for anomalies."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> numpy.ndarray:
        """Return −1 for anomalies and 1 for normal samples, as ``fenchel infer`` says."""
        X = self._samples(X)
        return numpy.where(self.model_.answers(X)["anomaly"], -1, 1)

    def _given(self) -> Any:
        groups = super()._given()
        groups["quantile"] = self.quantile
        return groups
