"""What a relaxation found: states, energies, residuals."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy

from . import html, plots


class Relaxation:
    """Samples relaxed in the two inference problems of an objective.

    ``first`` and ``second`` are dicts of one problem each: ``s`` (weight of ½‖z‖² at the output), ``r`` (samples,
    outputs), ``status`` (a text a sample), ``sweeps`` (samples,), ``energy`` (samples, sweeps; NaN after a sample's
    last sweep), ``residual`` (samples,), ``states`` (for each block, the scaled input first, its activities of shape
    (samples, units)) and ``outputs`` (samples, outputs; in the targets' unit).
    """

    def __init__(self, options: Dict[str, Any], divisor: float, problems: List[Dict[str, Any]]) -> None:
        self.options = options
        self.divisor = divisor
        self.first, self.second = problems

    @property
    def energies(self) -> numpy.ndarray:
        """Energy of each sample after its last sweep in the first and the second problem, shape (samples, 2)."""
        return numpy.stack([_last(problem["energy"]) for problem in (self.first, self.second)], axis=1)

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row for each sample and problem."""
        import pandas

        columns = ("status", "sweeps", "residual")
        rows = [
            {"sample": index, "problem": name, "energy": float(_last(problem["energy"])[index])}
            | {column: problem[column][index] for column in columns}
            for name, problem in (("first", self.first), ("second", self.second))
            for index in range(len(problem["status"]))
        ]
        return pandas.DataFrame(rows)

    def plot_energy(self, sample: int = 0, axes: Any = None) -> Any:
        """Draw the energy above its end over the sweeps, by matplotlib; return the axes."""
        return plots.energy(self, sample, axes)

    def plot_states(self, sample: int = 0, axes: Any = None) -> Any:
        """Draw the activities of both problems, block after block, by matplotlib; return the axes."""
        return plots.states(self, sample, axes)

    def __repr__(self) -> str:
        objective = self.options["objective"]
        return f"<fenchel.Relaxation of {len(self.first['status'])} samples, {objective}>"

    def _repr_html_(self) -> str:
        return html.relaxation(self)


def _last(energy: numpy.ndarray) -> numpy.ndarray:
    taken = numpy.maximum(numpy.sum(~numpy.isnan(energy), axis=1) - 1, 0)
    return energy[numpy.arange(len(energy)), taken] if energy.size else numpy.zeros(len(energy), numpy.float32)
