"""What the tests have in common: the command, run in an empty folder."""

import os
import subprocess
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[3]
FENCHEL = Path(os.environ.get("FENCHEL", ROOT / "target/release/fenchel")).resolve()


@pytest.fixture
def command(tmp_path):
    """Runs the command in an empty folder, and returns what it prints; ``fails=True`` returns its error's line."""

    def run(*arguments, fails=False):
        words = [str(FENCHEL), *map(str, arguments)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == (2 if fails else 0), done.stderr
        return done.stderr if fails else done.stdout

    run.folder = tmp_path
    return run


def same(own, other):
    """Returns whether two models have the same parameters, scaling and calibration, bit for bit."""
    arrays = [
        [*model.weights.values(), *model.biases, *model.gammas, *model.scaling] for model in (own, other)
    ]
    pairs = list(zip(*arrays))
    assert len(arrays[0]) == len(arrays[1])
    return all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in pairs)


def two_moons(count, seed=0):
    """Returns samples of two classes that no line separates."""
    random = numpy.random.RandomState(seed)
    angle = random.uniform(0, numpy.pi, count)
    y = random.randint(0, 2, count)
    x = numpy.stack([numpy.cos(angle) + y, numpy.where(y == 1, 0.3 - numpy.sin(angle), numpy.sin(angle))], axis=1)
    return (x + random.normal(0, 0.1, x.shape)).astype("f4"), y
