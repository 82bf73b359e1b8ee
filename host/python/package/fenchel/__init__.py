"""Train small, robust neural networks and run them on a microcontroller with bit-identical results.

Estimators for scikit-learn: :class:`FenchelClassifier`, :class:`FenchelRegressor`, :class:`FenchelAnomalyDetector`.
For research: :class:`Model` (answers, relaxations, gradients as NumPy arrays), :class:`Network`, :func:`train`,
:class:`Dataset`, :class:`Chip`, :func:`theory`.

Bad input raises ``ValueError`` with the sentence that the command ``fenchel`` prints for it.
"""

from importlib.metadata import PackageNotFoundError, version

from .dataset import Dataset
from .estimators import (
    FenchelAnomalyDetector,
    FenchelClassifier,
    FenchelRegressor,
    export,
    folded,
)
from .hardware import Chip
from .model import Model
from .network import Network
from .relaxation import Relaxation
from .statements import theory
from .training import Training, train

try:
    __version__ = version("fenchel")
except PackageNotFoundError:  # used from its folder, without installation
    __version__ = "unknown"

__all__ = [
    "Chip",
    "Dataset",
    "FenchelAnomalyDetector",
    "FenchelClassifier",
    "FenchelRegressor",
    "Model",
    "Network",
    "Relaxation",
    "Training",
    "export",
    "folded",
    "theory",
    "train",
]
