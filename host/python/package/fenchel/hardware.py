"""Simulated analog chips."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import numpy

from . import _arrays, _native
from ._arrays import Path
from .model import Model


class Chip:
    """One draw of an analog device's flaws, with a model programmed into it."""

    def __init__(self, native: _native.Chip, profile: str, seed: int) -> None:
        self._native = native
        self.profile = profile
        self.seed = seed

    @classmethod
    def draw(cls, model: Model, profile: Path = "ideal", *, seed: int = 0) -> "Chip":
        """Draw a chip of a profile: ``ideal``, ``reram``, ``pcm``, ``floating-gate``, or the path of a TOML file.

        The same seed gives the same chip.
        """
        if not isinstance(model, Model):
            raise ValueError(f"model: expected a fenchel.Model, got {type(model).__name__}")
        name = _arrays.path(profile)
        seed = _arrays.whole(seed, "seed", 0, 2**64 - 1)
        return cls(_native.Chip.draw(model._native, name, seed), name, seed)

    def infer(self, X: Any) -> numpy.ndarray:
        """Return the chip's outputs of shape (samples, outputs) for raw samples of shape (samples, inputs)."""
        return self._native.infer(_arrays.samples(X))

    @property
    def weights(self) -> Dict[Tuple[int, int], numpy.ndarray]:
        """Weights of each connection (from block, into block) as the chip holds them, shape (units into, units from)."""
        return {(start, end): matrix for start, end, matrix in self._native.weights()}

    @property
    def offsets(self) -> numpy.ndarray:
        """Offset g of each unit in the blocks above the input, shape (units,); empty if the profile has none."""
        return self._native.offsets()

    def __repr__(self) -> str:
        return f"<fenchel.Chip {self.profile}, seed {self.seed}>"
