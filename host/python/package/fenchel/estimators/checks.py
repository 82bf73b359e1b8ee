"""scikit-learn's checks of what estimators get."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import validate_data


class WrongKind(ValueError, TypeError):
    """Values of a kind that isn't numbers: scikit-learn's checks ask for a ``TypeError``, and Fenchel promises a
    ``ValueError``."""


def checked(estimator: Any, *data: Any, **options: Any) -> Any:
    """Return what scikit-learn's ``validate_data`` returns."""
    try:
        return validate_data(estimator, *data, **options)
    except TypeError as error:
        raise WrongKind(str(error)) from error
