"""Estimators in scikit-learn's interface."""

from .anomaly import FenchelAnomalyDetector
from .classifier import FenchelClassifier
from .pipeline import export, folded
from .regressor import FenchelRegressor

__all__ = ["FenchelAnomalyDetector", "FenchelClassifier", "FenchelRegressor", "export", "folded"]
