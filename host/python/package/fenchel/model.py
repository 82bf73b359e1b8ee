"""A model: its answers, its relaxations, its parameters."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Dict, List, Optional, Tuple

import numpy

from . import _arrays, _labels, _native, html
from ._arrays import Path
from .options import problem_options
from .relaxation import Relaxation


class Model:
    """A trained network, as a model file holds it.

    Its answers have the bits that a microcontroller computes. ``task`` is ``classify``, ``regress`` or
    ``reconstruct``. Models can be pickled.
    """

    def __init__(self, native: _native.Model) -> None:
        self._native = native

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a model file, or the best model of a run's folder."""
        return cls(_native.Model.load(_arrays.path(path)))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Take the bytes of a model file."""
        if not isinstance(data, (bytes, bytearray)):
            raise ValueError(f"data: expected the bytes of a model file, got {type(data).__name__}")
        return cls(_native.Model.from_bytes(bytes(data)))

    def to_bytes(self) -> bytes:
        """Return the bytes of the model file."""
        return self._native.to_bytes()

    def __reduce__(self) -> Tuple[Any, ...]:
        return (Model.from_bytes, (self.to_bytes(),))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    def __repr__(self) -> str:
        units = "-".join(str(block["units"]) for block in self.description["blocks"])
        return f"<fenchel.Model {units}, {self.task}, {self.description['file_bytes']} bytes>"

    def _repr_html_(self) -> str:
        return html.model(self)

    @cached_property
    def description(self) -> Dict[str, Any]:
        """What the file says: blocks, task, names, scaling, how it was trained, its sizes."""
        return self._native.describe()

    @property
    def task(self) -> str:
        """``classify``, ``regress`` or ``reconstruct``."""
        return self.description["task"]

    @property
    def class_names(self) -> List[str]:
        """Names of the classes, in the order of the outputs; empty if the outputs are values."""
        return self.description["class_names"]

    @property
    def n_inputs(self) -> int:
        """Number of raw values in a sample."""
        return self.description["blocks"][0]["units"]

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.description["blocks"][-1]["units"]

    @property
    def weights(self) -> Dict[Tuple[int, int], numpy.ndarray]:
        """Weights of each connection (from block, into block), shape (units into, units from)."""
        return {(start, end): matrix for start, end, matrix in self._native.weights()}

    @property
    def biases(self) -> List[numpy.ndarray]:
        """Biases of the blocks above the input, shape (units,) each."""
        return [biases for biases, _ in self._native.unit_values()]

    @property
    def gammas(self) -> List[numpy.ndarray]:
        """Weights γ of the units' potentials in the blocks above the input, shape (units,) each."""
        return [gammas for _, gammas in self._native.unit_values()]

    @property
    def scaling(self) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """Offsets and factors of the inputs, x = (raw − offset)·factor: one pair in all, a channel or a value."""
        return self._native.scaling()

    def infer(self, X: Any) -> numpy.ndarray:
        """Return the outputs of shape (samples, outputs) for raw samples of shape (samples, inputs).

        ``float32`` arrays in C order are read where they lie, and the GIL is released. Outputs of a regression are in
        the targets' own unit.
        """
        return self._native.infer(_arrays.samples(X))

    def answers(self, X: Any) -> Dict[str, numpy.ndarray]:
        """Return what ``fenchel infer`` prints, as arrays over the samples.

        Always ``outputs``; for classes ``label`` (−1 for unknown), ``margin`` and, of a calibrated model,
        ``probability`` (samples, classes); for a reconstruction ``score`` and, with a threshold, ``anomaly``.
        """
        return self._native.answers(_arrays.samples(X))

    def relax(self, X: Any, y: Any = None, *, attack_y: Any = None, **options: Any) -> Relaxation:
        """Relax samples in both inference problems of an objective, as ``fenchel relax`` does, to the same bits.

        X has shape (samples, inputs), or (inputs,) for one sample. y holds the targets: class indices or names, or
        values in the targets' unit of shape (samples, outputs); a reconstruction needs none. ``attack_y`` holds the
        attack's targets; by default the class after the target's, or the next sample's values. Options: ``objective``
        ("arovr-ab"), ``attack`` ("random-label"), ``loss_weight`` (the paper's α, 0.49), ``nudge`` (β, 0.25),
        ``perturbation`` (g, by objective), ``seed`` (of g), ``schedule`` ("forward-backward"), ``sweeps`` (100),
        ``tolerance`` (1e-6).
        """
        chosen = problem_options(options)
        raw = _arrays.one_or_more(X)
        targets, attacks = _labels.targets(self, self._fitting(raw), y, attack_y, chosen["attack"])
        divisor, problems = _native.relax(self._native, raw, targets, attacks, chosen)
        return Relaxation(chosen, divisor, problems)

    def contrastive_gradient(self, X: Any, y: Any = None, *, attack_y: Any = None, **options: Any) -> Dict[str, Any]:
        """Return the mean gradient of an objective over the samples, by the contrast of its two minima.

        Arguments are those of :meth:`relax`; the objective ``backprop`` gives back-propagation's gradient. Returns a
        dict: ``weights`` (a matrix for each connection, as in :attr:`weights`), ``biases`` (an array for each block)
        and ``dropped``, the number of samples left out because a problem has no minimum.
        """
        chosen = problem_options(options)
        raw = _arrays.one_or_more(X)
        targets, attacks = _labels.targets(self, self._fitting(raw), y, attack_y, chosen["attack"])
        tensors, dropped = _native.gradient(self._native, raw, targets, attacks, chosen)
        weights = {
            key: tensor.reshape(matrix.shape, order="F")
            for (key, matrix), tensor in zip(self.weights.items(), tensors)
        }
        ends = numpy.cumsum([len(biases) for biases in self.biases])[:-1]
        return {"weights": weights, "biases": numpy.split(tensors[-1], ends), "dropped": dropped}

    def attacked_accuracy(
        self, X: Any, y: Any, strength: float, *, attack: str = "linf", steps: int = 1
    ) -> float:
        """Return the share of the samples whose label withstands an attack.

        ``attack`` is ``linf`` or ``l2`` on the scaled input, by projected gradient ascent on the margin (one step of
        ``linf`` is FGSM), or ``internal`` on all hidden blocks at once; ``strength`` is its radius in units of the
        scaled input, or the share of the activities' length.
        """
        raw = self._fitting(_arrays.samples(X))
        labels = _labels.indices(y, self.class_names, len(raw)) if self.class_names else numpy.zeros(0, numpy.int64)
        attack = _arrays.word(attack, "attack")
        steps = _arrays.whole(steps, "steps", 1, 1000)
        strength = _arrays.real(strength, "strength")
        return _native.attacked_accuracy(self._native, raw, labels, attack, strength, steps)

    def spice(
        self,
        x: Any,
        y: Any = None,
        *,
        attack_y: Any = None,
        problem: str = "second",
        level: str = "ideal",
        hardware: str = "ideal",
        chip_seed: int = 0,
        op_amp_gain: float = 1e6,
        op_amp_offset: float = 0.0,
        transient: Optional[float] = None,
        **options: Any,
    ) -> str:
        """Return one sample's inference problem as a netlist for ngspice, as ``fenchel spice`` writes it.

        ``problem`` is ``free``, ``first`` or ``second``; ``level`` is ``ideal`` or ``crossbar``; other options are
        those of the command and of :meth:`relax`.
        """
        chosen = problem_options(options)
        raw = self._fitting(_arrays.one_or_more(x))
        targets, attacks = _labels.targets(self, raw, y, attack_y, chosen["attack"])
        circuit = {
            "problem": _arrays.word(problem, "problem"),
            "level": _arrays.word(level, "level"),
            "hardware": _arrays.word(hardware, "hardware"),
            "chip_seed": _arrays.whole(chip_seed, "chip_seed", 0, 2**64 - 1),
            "op_amp_gain": _arrays.real(op_amp_gain, "op_amp_gain"),
            "op_amp_offset": _arrays.real(op_amp_offset, "op_amp_offset"),
            "transient": None if transient is None else _arrays.real(transient, "transient"),
        }
        return _native.netlist(self._native, raw, targets, attacks, chosen, circuit)

    def quantised(self, weights: str = "int8") -> "Model":
        """Return the model with weights of 4, 2 or 1 bytes each: ``f32``, ``f16`` or ``int8``."""
        return Model(self._native.quantised(_arrays.word(weights, "weights")))

    def with_scaling(self, offsets: Any, factors: Any) -> "Model":
        """Return the model for other raw values, which it scales by x = (raw − offset)·factor."""
        pair = [_arrays.numbers(values, "scaling").ravel().tolist() for values in (offsets, factors)]
        return Model(self._native.with_scaling(*pair))

    def export(self, path: Path, format: str = "model", *, name: Optional[str] = None) -> int:
        """Write the model and return the number of bytes.

        ``format`` is ``model``, ``c-header``, ``rust``, ``safetensors`` or ``npz``; ``name`` begins the names in a C
        header, and is the stem of the model file that Rust includes.
        """
        if name is not None:
            name = _arrays.word(name, "name")
        return self._native.export(_arrays.path(path), _arrays.word(format, "format"), name)

    def save(self, path: Path) -> int:
        """Write the model file, which the command, the C interface and a device take; return its number of bytes."""
        return self.export(path)

    def c_header(self, path: Path, *, name: Optional[str] = None) -> int:
        """Write the model file's bytes as a C header for the C interface; return its number of bytes."""
        return self.export(path, "c-header", name=name)

    def _fitting(self, X: numpy.ndarray) -> numpy.ndarray:
        if X.shape[1] != self.n_inputs:
            raise ValueError(f"X: expected {self.n_inputs} values a sample, as the model takes, got {X.shape[1]}")
        return X
