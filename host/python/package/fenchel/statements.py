"""The paper's statements."""

from __future__ import annotations

from typing import Any, Dict

from . import _arrays, _native


def theory(cases: int = 200, seed: int = 0) -> Dict[str, Any]:
    """Check the paper's statements on random small networks, as ``fenchel theory`` does.

    Returns a dict: ``holds``, and ``statements``, each with ``statement``, ``cases``, ``worst_margin``,
    ``least_margin`` and ``holds``.
    """
    cases = _arrays.whole(cases, "cases", 1, 2**32 - 1)
    return _native.theory(cases, _arrays.whole(seed, "seed", 0, 2**64 - 1))
