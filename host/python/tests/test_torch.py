"""Networks to and from PyTorch."""

import sys

import numpy
import pytest

import fenchel

# The system's PyTorch, which the step of `cargo xtask test` installs: PyPI's has gigabytes for graphics cards.
sys.path.append("/usr/lib/python3/dist-packages")
torch = pytest.importorskip("torch", exc_type=ImportError)
pytestmark = pytest.mark.filterwarnings("ignore:Failed to initialize NumPy")


def applied(module, x):
    """Returns a module's outputs; by lists, as PyTorch may be built for another NumPy."""
    with torch.no_grad():
        return numpy.array(module(torch.tensor(x.tolist())).tolist(), "f4")


def module():
    torch.manual_seed(0)
    parts = [torch.nn.Flatten(), torch.nn.Linear(64, 40), torch.nn.ReLU(), torch.nn.Dropout(0.2)]
    tail = torch.nn.Sequential(torch.nn.Linear(40, 20), torch.nn.Hardtanh(-1, 2), torch.nn.Linear(20, 10))
    return torch.nn.Sequential(*parts, tail).eval()


def test_a_torch_module_becomes_a_network():
    x = numpy.random.RandomState(0).uniform(0, 1, (200, 64)).astype("f4")
    expected = applied(module(), x)
    network = fenchel.Network.from_torch(module())
    assert numpy.abs(network.infer(x) - expected).max() <= 1e-6 * max(1, numpy.abs(expected).max())
    back = applied(network.to_torch(), x)
    assert numpy.abs(back - expected).max() <= 1e-6 * max(1, numpy.abs(expected).max())


def test_scaled_inputs_and_targets_are_part_of_the_module():
    random = numpy.random.RandomState(1)
    x = random.normal(50, 20, (200, 5)).astype("f4")
    y = 300 + x @ random.normal(size=5)
    model = fenchel.FenchelRegressor((8,), max_iter=5).fit(x, y).model_
    own = applied(fenchel.Network.of(model).to_torch(), x)
    assert numpy.abs(own - model.infer(x)).max() < 1e-5 * numpy.abs(own).max()


def test_what_has_no_counterpart_is_refused():
    for part in (torch.nn.Conv1d(1, 1, 3), torch.nn.Softmax(dim=1), torch.nn.ReLU()):
        with pytest.raises(ValueError, match="module: expected"):
            fenchel.Network.from_torch(part)
