"""Relaxations and gradients: the command's bits, and other programs' minima."""

import json

import numpy
import pytest
from scipy.optimize import minimize

import fenchel

#: SciPy's line search ends where f64 differences of the energy vanish; our f32 states end at a residual of 1e-6.
ENERGY, STATE = 1e-4, 1e-4


@pytest.fixture(scope="module")
def trained():
    settings = {"network": {"layers": [16, 12]}, "optimiser": {"epochs": 3}}
    return fenchel.train("digits", objective="arovr-ab", settings=settings).model


@pytest.mark.parametrize("objective", ["arovr-ab", "rovr", "arovr-g"])
@pytest.mark.parametrize("schedule", ["forward-backward", "unitwise"])
def test_relax_is_the_command_s_to_the_bit(command, trained, objective, schedule):
    trained.save(command.folder / "model.fenchel")
    x, y = fenchel.Dataset.load("digits").test
    options = ["--index", 7, "--objective", objective, "--schedule", schedule, "--sweeps", 9]
    expected = json.loads(command("relax", "model.fenchel", *options, "--json"))
    own = trained.relax(x[7], y[7:8], objective=objective, schedule=schedule, sweeps=9)
    assert numpy.float32(expected["divisor"]) == numpy.float32(own.divisor)
    for problem, result in zip(expected["problems"], (own.first, own.second)):
        assert problem["status"] == result["status"][0]
        assert problem["sweeps"] == result["sweeps"][0]
        assert numpy.float32(problem["s"]) == numpy.float32(result["s"])
        for name in ("r", "energy", "outputs"):
            assert numpy.array(problem[name], "f4").tobytes() == result[name][0].tobytes(), name
        assert numpy.float32(problem["residual"]) == result["residual"][0]
        for states, block in zip(problem["states"], result["states"]):
            assert numpy.array(states, "f4").tobytes() == block[0].tobytes()


def energy(model, x, z, s, r):
    """The energy of docs/model.md, with Fenchel-Young potentials of ReLU and linear units; and its gradient in z."""
    offsets, factors = (numpy.broadcast_to(values.astype("f8"), x.shape) for values in model.scaling)
    blocks, start = [(x.astype("f8") - offsets) * factors], 0
    for biases in model.biases:
        blocks.append(z[start : start + len(biases)])
        start += len(biases)
    total, slopes = 0.0, [numpy.zeros_like(block) for block in blocks]
    for k, (biases, gammas) in enumerate(zip(model.biases, model.gammas), start=1):
        a = biases.astype("f8")
        into = {j: w.astype("f8") for (j, to), w in model.weights.items() if to == k}
        for j, w in into.items():
            a = a + w @ blocks[j]
        f = a if k == len(model.biases) else numpy.maximum(a, 0)
        own = blocks[k]
        total += numpy.sum(gammas * (0.5 * own**2 - own * a + a * f - 0.5 * f**2))
        slopes[k] += gammas * (own - a)
        for j, w in into.items():
            slopes[j] += w.T @ (gammas * (f - own))
    output = blocks[-1]
    total += 0.5 * s * output @ output - r @ output
    slopes[-1] += s * output - r
    return total, numpy.concatenate(slopes[1:])


def test_scipy_finds_the_same_minimum(trained):
    x, y = fenchel.Dataset.load("digits").test
    for index in range(3):
        own = trained.relax(x[index], y[index : index + 1], schedule="unitwise", sweeps=3000, tolerance=1e-6)
        for problem in (own.first, own.second):
            s, r = float(problem["s"]), problem["r"][0].astype("f8")
            hidden = sum(len(biases) for biases in trained.biases[:-1])
            bounds = [(0, None)] * hidden + [(None, None)] * trained.n_outputs
            z = numpy.concatenate([block[0] for block in problem["states"][1:]]).astype("f8")
            begin = numpy.full(len(z), 0.1)
            value = lambda z: energy(trained, x[index], z, s, r)
            limits = {"maxiter": 20_000, "maxfun": 200_000, "ftol": 1e-15, "gtol": 1e-9}
            found = minimize(value, begin, jac=True, method="L-BFGS-B", bounds=bounds, options=limits)
            assert abs(found.fun - problem["energy"][0][problem["sweeps"][0] - 1]) < ENERGY * max(1, abs(found.fun))
            assert numpy.abs(found.x - z).max() < STATE * max(1, numpy.abs(z).max())


def test_the_gradient_is_the_slope_of_the_contrast(trained):
    x, y = fenchel.Dataset.load("digits").train
    x, y, options = x[:4], y[:4], {"objective": "rovr", "schedule": "unitwise", "sweeps": 3000, "tolerance": 1e-7}
    gradient = trained.contrastive_gradient(x, y, **options)
    assert gradient["dropped"] == 0
    assert [b.shape for b in gradient["biases"]] == [b.shape for b in trained.biases]
    own = trained.relax(x, y, **options)

    def contrast(weights):
        """(min⁺ − min⁻)/divisor by the energies of the states that were found: their change has no first-order effect."""
        changed = Changed(trained, weights)
        total = 0.0
        for index in range(len(x)):
            values = []
            for problem in (own.first, own.second):
                z = numpy.concatenate([block[index] for block in problem["states"][1:]]).astype("f8")
                values.append(energy(changed, x[index], z, float(problem["s"]), problem["r"][index].astype("f8"))[0])
            total += (values[0] - values[1]) / own.divisor / len(x)
        return total

    for key, place in (((0, 1), (3, 20)), ((1, 2), (5, 2)), ((2, 3), (1, 4))):
        step = 1e-5
        ends = []
        for sign in (1, -1):
            weights = {k: w.astype("f8") for k, w in trained.weights.items()}
            weights[key][place] += sign * step
            ends.append(contrast(weights))
        slope = (ends[0] - ends[1]) / (2 * step)
        assert abs(slope - gradient["weights"][key][place]) < 1e-3 * numpy.abs(gradient["weights"][key]).max()


class Changed:
    """A model with other weights."""

    def __init__(self, model, weights):
        self.weights, self.biases, self.gammas, self.scaling = weights, model.biases, model.gammas, model.scaling


def test_a_weak_nudge_gives_the_gradient_of_back_propagation(trained):
    x, y = fenchel.Dataset.load("digits").train
    weak = trained.contrastive_gradient(x[:20], y[:20], objective="rovr", nudge=1e-3, sweeps=2)
    plain = trained.contrastive_gradient(x[:20], y[:20], objective="backprop")
    for key, matrix in plain["weights"].items():
        difference = numpy.abs(weak["weights"][key] - matrix).max()
        assert difference < 0.02 * numpy.abs(matrix).max(), key


def test_arrays_make_the_network_that_they_came_from(trained):
    x, _ = fenchel.Dataset.load("digits").test
    network = fenchel.Network.from_arrays(
        list(trained.weights.values()), trained.biases, gamma=[1.0], scaling=trained.scaling, class_names=trained.class_names
    )
    assert network.infer(x).tobytes() == trained.infer(x).tobytes()
    random = numpy.random.RandomState(0)
    weights = [random.normal(size=shape) for shape in ((5, 3), (4, 5), (2, 4))]
    biases = [random.normal(size=n) for n in (5, 4, 2)]
    skip = random.normal(size=(2, 5))
    network = fenchel.Network.from_arrays(weights, biases, "clip:-1:1", {(1, 3): skip}, gamma=[1, 0.5, 2])
    x = random.normal(size=(6, 3)).astype("f4")
    first = numpy.clip(x @ weights[0].T + biases[0], -1, 1)
    second = numpy.clip(first @ weights[1].T + biases[1], -1, 1)
    expected = second @ weights[2].T + first @ skip.T + biases[2]
    assert numpy.abs(network.infer(x) - expected).max() < 1e-5
    assert [gamma[0] for gamma in network.gammas] == [1, 0.5, 2]
    relaxed = network.relax(x, expected + 0.1, objective="rovr")
    assert relaxed.first["energy"].shape[0] == 6 and relaxed.energies.shape == (6, 2)


def test_chips_theory_and_netlists(command, trained):
    x, y = fenchel.Dataset.load("digits").test
    ideal = fenchel.Chip.draw(trained, "ideal")
    assert numpy.abs(ideal.infer(x) - trained.infer(x)).max() < 1e-4
    chip = fenchel.Chip.draw(trained, "reram", seed=3)
    assert chip.infer(x).tobytes() == fenchel.Chip.draw(trained, "reram", seed=3).infer(x).tobytes()
    assert (chip.weights[(0, 1)] != ideal.weights[(0, 1)]).any()
    found = fenchel.theory(cases=5)
    assert found == json.loads(command("theory", "--cases", 5, "--json")) and found["holds"]
    trained.save(command.folder / "model.fenchel")
    expected = command("spice", "model.fenchel", "--index", 2, "--level", "crossbar", "--hardware", "pcm")
    assert trained.spice(x[2], y[2:3], level="crossbar", hardware="pcm").rstrip() == expected.rstrip()
    clean = trained.attacked_accuracy(x, y, 0.0)
    assert clean == (trained.answers(x)["label"] == y).mean()
    assert trained.attacked_accuracy(x, y, 0.1, steps=5) < clean
