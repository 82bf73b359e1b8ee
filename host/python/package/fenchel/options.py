"""Options that choose an objective's inference problems and how they are relaxed."""

from __future__ import annotations

from typing import Any, Dict

from . import _arrays

DEFAULTS: Dict[str, Any] = {
    "objective": "arovr-ab",
    "attack": "random-label",
    "loss_weight": 0.49,
    "nudge": 0.25,
    "perturbation": None,
    "seed": 0,
    "schedule": "forward-backward",
    "sweeps": 100,
    "tolerance": 1e-6,
}


def problem_options(given: Dict[str, Any]) -> Dict[str, Any]:
    """Return all options as the native module takes them; what isn't given has its default."""
    unknown = [name for name in given if name not in DEFAULTS]
    if unknown:
        raise ValueError(f"{unknown[0]}: expected one of {', '.join(DEFAULTS)}")
    chosen = {**DEFAULTS, **given}
    for name in ("objective", "attack", "schedule"):
        chosen[name] = _arrays.word(chosen[name], name)
    if chosen["perturbation"] is not None:
        chosen["perturbation"] = _arrays.word(chosen["perturbation"], "perturbation")
    for name, library in (("loss_weight", "alpha"), ("nudge", "beta"), ("tolerance", "tolerance")):
        chosen[library] = _arrays.real(chosen[name], name)
    chosen["seed"] = _arrays.whole(chosen["seed"], "seed", 0, 2**64 - 1)
    chosen["sweeps"] = _arrays.whole(chosen["sweeps"], "sweeps", 1, 1_000_000)
    return chosen
