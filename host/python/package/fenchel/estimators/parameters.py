"""Where the library keeps what the estimators' parameters say."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Dict, Iterator, Tuple

#: Each parameter of the estimators: its group in a run's settings, and its name there.
PLACES: Dict[str, Tuple[str, str]] = {
    "hidden_layer_sizes": ("network", "layers"),
    "activation": ("network", "activation"),
    "loss_weight": ("objective", "alpha"),
    "nudge": ("objective", "beta"),
    "solver": ("optimiser", "method"),
    "learning_rate_init": ("optimiser", "learning-rate"),
    "batch_size": ("optimiser", "batch"),
    "max_iter": ("optimiser", "epochs"),
    "weight_clip": ("optimiser", "weight-clip"),
    "class_weight": ("optimiser", "class-weights"),
}

_NAMES = {setting.replace("-", "_"): name for name, (_, setting) in PLACES.items()}
_NAMES["patience"] = "n_iter_no_change"


@contextmanager
def in_words_of_parameters() -> Iterator[None]:
    """Raise the library's errors with the parameters' names, as the command raises them with its options' names."""
    try:
        yield
    except ValueError as error:
        text = re.sub(r"`([a-z_]+)`", lambda found: f"`{_NAMES.get(found[1], found[1])}`", str(error))
        raise ValueError(text) from None
