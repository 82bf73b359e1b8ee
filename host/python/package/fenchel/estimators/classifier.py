"""The classifier."""

from __future__ import annotations

from typing import Any, List

import numpy
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .._labels import one_hot
from .base import FenchelEstimator
from .checks import checked
from .documented import documented


def _is_calibrated(estimator: Any) -> bool:
    check_is_fitted(estimator, "model_")
    if not estimator.calibrated_:
        raise AttributeError("predict_proba needs a calibrated model: fit calibrates, partial_fit doesn't")
    return True


@documented
class FenchelClassifier(ClassifierMixin, FenchelEstimator):
    """Tells classes apart, robustly if the objective says so; its answers have the bits of a microcontroller.

    ``class_weight`` is None or ``balanced``, with which an epoch takes each class equally often. Fitted: ``classes_``,
    ``model_`` (a :class:`fenchel.Model`), ``training_``, ``n_iter_``, ``best_epoch_``, ``notes_``."""

    _task = "classify"

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
        class_weight: Any = None,
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
        self.class_weight = class_weight
        self.scaling = scaling
        self.random_state = random_state
        self.settings = settings
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> "FenchelClassifier":
        """Train on samples X of shape (samples, values) with labels y of shape (samples,)."""
        X, y = self._checked(X, y, reset=True)
        self.classes_ = numpy.unique(y)
        self._train(X, y)
        self.calibrated_ = "probability" in self.model_.answers(X[:1])
        self._match()
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "FenchelClassifier":
        """Learn each sample once, in order, as the learner on a device does.

        The first call without a fit begins with a network that knows nothing; then ``classes`` lists all classes, and
        the samples determine the scaling.
        """
        first = not hasattr(self, "model_")
        X, y = self._checked(X, y, reset=first)
        if first:
            self.classes_ = numpy.unique(y if classes is None else classes)
            self._begin(*_with_every_class(X, y, self.classes_))
            self._match()
        odd = numpy.setdiff1d(y, self.classes_)
        if odd.size:
            raise ValueError(f"y: expected one of the classes {self.classes_[:10]}, got {odd[0]!r}")
        outputs = self._order[numpy.searchsorted(self.classes_, y)]
        self._learn(numpy.ascontiguousarray(X, numpy.float32), one_hot(outputs, len(self.classes_)))
        self.calibrated_ = False
        return self

    def decision_function(self, X: Any) -> numpy.ndarray:
        """Return the outputs of shape (samples, classes); of two classes, the second's minus the first's."""
        X = self._samples(X)
        outputs = self.model_.infer(X)[:, self._order]
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == 2 else outputs

    def predict(self, X: Any) -> numpy.ndarray:
        """Return the label of each sample, as ``fenchel infer`` does."""
        X = self._samples(X)
        return self.classes_[self._classes_of[self.model_.infer(X).argmax(axis=1)]]

    @available_if(_is_calibrated)
    def predict_proba(self, X: Any) -> numpy.ndarray:
        """Return the calibrated probabilities of shape (samples, classes); only a fitted model has them."""
        X = self._samples(X)
        return self.model_.answers(X)["probability"][:, self._order]

    def _checked(self, X: Any, y: Any, reset: bool) -> Any:
        kinds = [numpy.float32, numpy.uint8]
        X, y = checked(self, X, y, dtype=kinds, order="C", reset=reset, ensure_min_samples=2 if reset else 1)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        return X, y

    def _match(self) -> None:
        """Find the output of each class: the model orders classes by number, or by their texts."""
        texts = [_plain(label) for label in self.classes_.tolist()]
        names: List[str] = self.model_.class_names
        if sorted(texts) != sorted(names):
            raise ValueError(f"y: expected labels that differ as texts, got {texts[:10]}")
        self._order = numpy.array([names.index(text) for text in texts])
        self._classes_of = numpy.argsort(self._order)


def _plain(label: Any) -> str:
    """Return a label's text as the library names it: 1.0 is 1, and a line feed is a space."""
    text = str(label)
    whole, point, rest = text.partition(".")
    is_whole = point and not rest.strip("0") and whole.lstrip("-").isdigit() and whole.count("-") <= 1
    return (whole if is_whole else text).replace("\n", " ")


def _with_every_class(X: numpy.ndarray, y: numpy.ndarray, classes: numpy.ndarray) -> Any:
    """Return the samples with one more of every class that they lack, so that the network has an output for it."""
    lacking = numpy.setdiff1d(classes, y)
    again = X[numpy.arange(len(lacking)) % len(X)]
    return numpy.concatenate([X, again]), numpy.concatenate([y, lacking])
