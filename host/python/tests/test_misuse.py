"""Random misuse: ``ValueError`` or ``NotFittedError`` with a sentence, never a panic, an abort or nonsense."""

import json
import pickle

import numpy
import pytest
from sklearn.exceptions import NotFittedError

import fenchel
from conftest import two_moons

MISUSES = 500
#: Python's own answers to a wrong call, such as a keyword that doesn't exist.
ALLOWED = (ValueError, NotFittedError)


def odd_values(random):
    """Returns something that is no proper value of most arguments."""
    values = [
        None, "text", "", b"bytes", numpy.nan, numpy.inf, -1, 0, 10**30, 1e300, [], {}, [[1, 2], [3]], object(),
        numpy.zeros((0, 2)), numpy.zeros((3, 0)), numpy.zeros(3), numpy.zeros((2, 2, 2)), numpy.full((5, 2), numpy.nan),
        numpy.full((5, 2), numpy.inf), numpy.array([["a", "b"]] * 5), numpy.zeros((5, 3), complex), [1.5, "x"],
        numpy.zeros((20, 7)), "../nowhere", "\x00", {"a": 1}, numpy.datetime64("2020-01-01"), True,
    ]  # fmt: skip
    return values[random.randint(len(values))]


def misuse(random, model, fitted):
    """Returns a call with one odd argument, and its description."""
    x, y = two_moons(30)
    odd = odd_values(random)
    estimators = [fenchel.FenchelClassifier, fenchel.FenchelRegressor, fenchel.FenchelAnomalyDetector]
    kind = estimators[random.randint(3)]
    names = sorted(set(kind().get_params()) - {"verbose", "random_state", "early_stopping"})
    name = names[random.randint(len(names))]
    options = ["objective", "attack", "loss_weight", "nudge", "perturbation", "seed", "schedule", "sweeps", "tolerance"]
    option = options[random.randint(len(options))]
    arrays = [numpy.ones((3, 2)), numpy.ones((2, 3))], [numpy.ones(3), numpy.ones(2)]
    place = random.randint(5)
    given = [*arrays, "relu", None, [1.0]]
    given[place] = odd
    calls = {
        f"{kind.__name__}({name}=…).fit": lambda: kind(**{"max_iter": 2, name: odd}).fit(x, y),
        f"{kind.__name__}.fit(X)": lambda: kind(max_iter=2).fit(odd, y),
        f"{kind.__name__}.fit(y)": lambda: kind(max_iter=2).fit(x, odd),
        f"{kind.__name__}.predict": lambda: kind().predict(odd),
        "fitted.predict": lambda: fitted.predict(odd),
        "fitted.partial_fit(X)": lambda: pickle.loads(pickle.dumps(fitted)).partial_fit(odd, y),
        "fitted.partial_fit(y)": lambda: pickle.loads(pickle.dumps(fitted)).partial_fit(x, odd),
        "Model.load": lambda: fenchel.Model.load(odd),
        "Model.from_bytes": lambda: fenchel.Model.from_bytes(odd),
        "damaged": lambda: fenchel.Model.from_bytes(damaged(random, model.to_bytes())),
        "infer": lambda: model.infer(odd),
        "answers": lambda: model.answers(odd),
        "relax(X)": lambda: model.relax(odd, [0]),
        "relax(y)": lambda: model.relax(x[:1], odd),
        f"relax({option})": lambda: model.relax(x[:1], y[:1], **{option: odd}),
        f"gradient({option})": lambda: model.contrastive_gradient(x[:1], y[:1], **{option: odd}),
        "attacked_accuracy": lambda: model.attacked_accuracy(x, y, odd),
        "attacked_accuracy(y)": lambda: model.attacked_accuracy(x, odd, 0.1),
        "spice": lambda: model.spice(x[0], y[:1], level=odd),
        "export": lambda: model.export(odd, odd),
        "quantised": lambda: model.quantised(odd),
        "with_scaling": lambda: model.with_scaling(odd, odd),
        f"from_arrays({place})": lambda: fenchel.Network.from_arrays(*given),
        "from_torch": lambda: fenchel.Network.from_torch(odd),
        "Dataset.load": lambda: fenchel.Dataset.load(odd),
        "Dataset.of_arrays(X)": lambda: fenchel.Dataset.of_arrays(odd, y),
        "Dataset.of_arrays(y)": lambda: fenchel.Dataset.of_arrays(x, odd),
        "Dataset(task)": lambda: fenchel.Dataset.of_arrays(x, y, task=odd),
        "train(settings)": lambda: fenchel.train(x, y, settings={"optimiser": {"epochs": odd}}),
        "train(group)": lambda: fenchel.train(x, y, settings={"optimiser": odd, "seed": odd}),
        "Chip.draw": lambda: fenchel.Chip.draw(model, odd),
        "theory": lambda: fenchel.theory(odd),
        "export(pipeline)": lambda: fenchel.export(odd, "model.fenchel"),
    }
    description = sorted(calls)[random.randint(len(calls))]
    return f"{description} with {odd!r:.60}", calls[description]


def damaged(random, data):
    changed = bytearray(data[: random.randint(1, len(data) + 1)])
    changed[random.randint(len(changed))] ^= 1 << random.randint(8)
    return bytes(changed)


@pytest.mark.filterwarnings("ignore")
def test_misuse_is_refused_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = two_moons(60)
    fitted = fenchel.FenchelClassifier((4,), max_iter=2).fit(x, y)
    random = numpy.random.RandomState(7)
    refused, wrong = 0, []
    for _ in range(MISUSES):
        description, call = misuse(random, fitted.model_, fitted)
        try:
            call()
        except ALLOWED as error:
            refused += 1
            if not str(error).strip():
                wrong.append((description, "no sentence"))
        except BaseException as error:  # a panic is no Exception
            wrong.append((description, repr(error)))
    assert not wrong, "\n".join(f"{description}: {error}" for description, error in wrong)
    # Some odd values are right in some places, such as None for a setting.
    assert refused > 0.7 * MISUSES, refused


def test_the_sentences_are_the_command_s(command):
    x, y = two_moons(60)
    numpy.savez(command.folder / "data.npz", x=x, y=y)
    for options, settings in [
        (["--epochs", "0"], {"optimiser": {"epochs": 0}}),
        (["--learning-rate", "-1"], {"optimiser": {"learning_rate": -1.0}}),
        (["--layers", "9000"], {"network": {"layers": [9000]}}),
        (["--beta", "0"], {"objective": {"beta": 0.0}}),
        (["--quantile", "2"], {"quantile": 2.0}),
    ]:
        line = command("train", "--data", "data.npz", *options, "--out", "run", fails=True).strip().splitlines()[-1]
        with pytest.raises(ValueError) as raised:
            fenchel.train(str(command.folder / "data.npz"), settings=settings)
        place, _, rest = line.partition("fenchel: ")[2].partition(": ")
        own_place, _, own = str(raised.value).partition(": ")
        assert own_place.strip("`").replace("_", "-") == place.lstrip("-")
        assert own.replace("`", "").replace("--", "") == rest.replace("--", "")
    with pytest.raises(ValueError, match="`hidden_layer_sizes`: expected 1 to 8192 units a block, got"):
        fenchel.FenchelClassifier((9000,)).fit(x, y)
    (command.folder / "model.fenchel").write_bytes(b"something else")
    line = command("inspect", "model.fenchel", "--json", fails=True)
    with pytest.raises(ValueError) as raised:
        fenchel.Model.load(command.folder / "model.fenchel")
    assert line.strip().endswith(str(raised.value).partition(": ")[2])
