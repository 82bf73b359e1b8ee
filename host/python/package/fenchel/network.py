"""Networks of given arrays, and exchange with PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy

from . import _arrays, _native, torch_modules
from .model import Model


class Network(Model):
    """A model of given weights. Without classes its outputs are values, to which :meth:`Model.relax` takes targets."""

    @classmethod
    def from_arrays(
        cls,
        weights: Sequence[Any],
        biases: Sequence[Any],
        activations: Sequence[str] = ("relu",),
        skips: Optional[Mapping[Tuple[int, int], Any]] = None,
        gamma: Sequence[float] = (1.0,),
        *,
        potential: str = "fenchel-young",
        distance: str = "potential",
        class_names: Optional[Sequence[str]] = None,
        scaling: Tuple[Any, Any] = ((0.0,), (1.0,)),
    ) -> "Network":
        """Build a network with blocks 0 (the input) to L.

        ``weights`` holds L matrices of shape (units of block k, units of block k − 1), ``biases`` L arrays of shape
        (units of block k,). ``activations`` are ``relu``, ``linear``, ``clip:LOW:HIGH`` or ``simplex``: one for all
        hidden blocks, one for each, or one for each and the output, which is linear otherwise. ``skips`` maps (from
        block, to block) to a matrix of shape (units of to, units of from). ``gamma`` is one weight γ for all units, one
        for each block, or one for each unit of the blocks 1 to L. ``scaling`` holds offsets and factors of raw inputs.
        """
        matrices = [_matrix(matrix, f"weights[{k}]") for k, matrix in enumerate(_arrays.several(weights, "weights"))]
        if not matrices:
            raise ValueError("weights: expected one matrix for each block above the input, got none")
        vectors = [_arrays.numbers(vector, f"biases[{k}]").ravel() for k, vector in enumerate(_arrays.several(biases, "biases"))]
        if [len(vector) for vector in vectors] != [len(matrix) for matrix in matrices]:
            expected = [len(matrix) for matrix in matrices]
            raise ValueError(f"biases: expected {expected} values, got {[len(vector) for vector in vectors]}")
        given = [(k, k + 1, matrix) for k, matrix in enumerate(matrices)]
        if not isinstance(skips, (Mapping, type(None))):
            raise ValueError(f"skips: expected a dict of matrices, got {type(skips).__name__}")
        between = {} if skips is None else dict(skips)
        for key, matrix in between.items():
            start, end = _blocks(key)
            given.append((start, end, _matrix(matrix, f"skips[{key}]")))
        shape: Dict[str, Any] = {
            "layers": [len(matrix) for matrix in matrices[:-1]],
            "activation": [_arrays.word(name, "activations") for name in _several(activations, str, "activations")],
            "skip": [f"{start}:{end}" for start, end in map(_blocks, between)],
            "potential": _arrays.word(potential, "potential"),
            "distance": _arrays.word(distance, "distance"),
            "gamma": [_arrays.real(value, "gamma") for value in _several(gamma, (int, float), "gamma")],
        }
        offsets, factors = (_arrays.numbers(values, "scaling").ravel().tolist() for values in scaling)
        names: Optional[List[str]] = None if class_names is None else [str(name) for name in class_names]
        sizes = (matrices[0].shape[1], len(matrices[-1]))
        joined = numpy.concatenate(vectors).tolist()
        return cls(_native.network(*sizes, shape, given, joined, offsets, factors, names))

    @classmethod
    def from_torch(cls, module: Any, *, class_names: Optional[Sequence[str]] = None) -> "Network":
        """Take the weights of a PyTorch module: a Sequential of Linear layers with ReLU, ReLU6, Hardtanh or nothing
        between. Dropout, Flatten and Identity are left out."""
        weights, biases, activations = torch_modules.layers(module)
        return cls.from_arrays(weights, biases, activations, class_names=class_names)

    @staticmethod
    def of(model: Model) -> "Network":
        """Return a model as a network, for :meth:`to_torch`."""
        return Network(model._native)

    def to_torch(self) -> Any:
        """Return the network as a PyTorch Sequential on raw inputs: its scaling is part of the first layer. Networks
        with skip connections or a simplex can't be written so."""
        return torch_modules.sequential(self)


def _matrix(values: Any, place: str) -> numpy.ndarray:
    matrix = _arrays.numbers(values, place)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"{place}: expected a matrix of shape (units, units below), got shape {matrix.shape}")
    return matrix


def _blocks(key: Any) -> Tuple[int, int]:
    try:
        start, end = key
    except (TypeError, ValueError):
        raise ValueError(f"skips: expected pairs (from block, to block), got {key!r}") from None
    return _arrays.whole(start, "skips", 0, 15), _arrays.whole(end, "skips", 0, 15)


def _several(values: Any, one: Any, place: str) -> List[Any]:
    """Return a list; a single value is a list of one."""
    if isinstance(values, one) or not hasattr(values, "__len__"):
        return [values]
    return _arrays.several(values, place)
