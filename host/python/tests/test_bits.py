"""``fit`` and ``train`` give the command's bits, and ``predict`` and ``answers`` are what ``infer`` prints."""

import json

import numpy
import pytest
from sklearn.datasets import load_diabetes, load_wine

import fenchel
from conftest import same

EPOCHS = 12


def digits():
    data = fenchel.Dataset.load("digits")
    return *data.train, *data.test


def wine():
    x, y = load_wine(return_X_y=True)
    names = numpy.array(["red", "amber", "white"])[y]
    return x[:140], names[:140], x[140:], names[140:]


def sensors():
    random = numpy.random.RandomState(3)
    x = random.normal(20, 5, (300, 6)).astype("f4")
    y = (x[:, 0] > x[:, 1]) * 2 + (x[:, 2] > 20)
    return x[:250], y[:250] + 7, x[250:], y[250:] + 7


def written(folder, parts):
    """Writes parts as an NPZ file, and the test samples alone as another; returns the parts."""
    x, y, x_test, y_test = parts
    x, x_test = x.astype("f4"), x_test.astype("f4")
    numpy.savez(folder / "data.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    numpy.savez(folder / "new.npz", x=x_test, y=y_test)
    return x, y, x_test, y_test


def answers(command):
    lines = command("infer", "run", "--data", "new.npz", "--json").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("table", [digits, wine, sensors])
def test_a_classifier_has_the_bits_of_the_command(command, table):
    x, y, x_test, _ = written(command.folder, table())
    command("train", "--data", "data.npz", "--epochs", EPOCHS, "--seed", 3, "--out", "run", "--quiet")
    estimator = fenchel.FenchelClassifier(max_iter=EPOCHS, random_state=3).fit(x, y)
    model = fenchel.Model.load(command.folder / "run")
    assert same(estimator.model_, model)
    expected = answers(command)
    own = model.answers(x_test)
    assert own["outputs"].astype("f4").tolist() == numpy.array([e["outputs"] for e in expected], "f4").tolist()
    assert own["margin"].tolist() == numpy.array([e["margin"] for e in expected], "f4").tolist()
    assert own["label"].tolist() == [e["label"] for e in expected]
    probability = own["probability"][numpy.arange(len(x_test)), own["label"]]
    assert probability.tolist() == numpy.array([e["probability"] for e in expected], "f4").tolist()
    assert [str(label) for label in estimator.predict(x_test)] == [e["name"] for e in expected]
    assert (estimator.model_.answers(x_test)["probability"] == own["probability"]).all()


def test_a_regressor_has_the_bits_of_the_command(command):
    x, y = load_diabetes(return_X_y=True, scaled=False)
    x, y, x_test, _ = written(command.folder, (x[:350], y[:350], x[350:], y[350:]))
    options = ["--task", "regress", "--layers", "16", "--preset", "robust"]
    command("train", "--data", "data.npz", "--epochs", EPOCHS, *options, "--out", "run", "--quiet")
    estimator = fenchel.FenchelRegressor((16,), preset="robust", max_iter=EPOCHS).fit(x, y)
    assert same(estimator.model_, fenchel.Model.load(command.folder / "run"))
    expected = numpy.array([answer["outputs"][0] for answer in answers(command)], "f4")
    assert estimator.predict(x_test).tolist() == expected.tolist()


def test_a_detector_has_the_bits_of_the_command(command):
    x, y = load_wine(return_X_y=True)
    x, y = x.astype("f4"), y.astype(str)
    numpy.savez(command.folder / "data.npz", x_train=x[y == "0"], y_train=y[y == "0"], x_test=x, y_test=y)
    numpy.savez(command.folder / "new.npz", x=x)
    options = ["--task", "reconstruct", "--quantile", "0.95"]
    command("train", "--data", "data.npz", "--epochs", EPOCHS, *options, "--out", "run", "--quiet")
    estimator = fenchel.FenchelAnomalyDetector(quantile=0.95, max_iter=EPOCHS).fit(x[y == "0"])
    assert same(estimator.model_, fenchel.Model.load(command.folder / "run"))
    expected = answers(command)
    assert (-estimator.score_samples(x)).astype("f4").tolist() == numpy.array([e["score"] for e in expected], "f4").tolist()
    assert (estimator.predict(x) == -1).tolist() == [e["anomaly"] for e in expected]


def test_train_writes_the_command_s_file(command):
    command("train", "--layers", "12", "--epochs", 3, "--objective", "rovr", "--seed", 5, "--out", "run", "--quiet")
    settings = {"seed": 5, "network": {"layers": [12]}, "optimiser": {"epochs": 3}}
    seen = []
    training = fenchel.train("digits", objective="rovr", settings=settings, callback=seen.append)
    assert training.model == fenchel.Model.load(command.folder / "run")
    assert training.settings == (command.folder / "run/settings.toml").read_text()
    log = [json.loads(line) for line in (command.folder / "run/log.jsonl").read_text().splitlines()]
    log = [line for line in log if "epoch" in line]
    timeless = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in seen]
    assert timeless == [{name: value for name, value in epoch.items() if name in timeless[0]} for epoch in log]


def test_the_learner_has_the_bits_of_adapt(command):
    x, y, x_test, y_test = written(command.folder, sensors())
    command("train", "--data", "data.npz", "--epochs", EPOCHS, "--out", "run", "--quiet")
    adapted = command("adapt", "run", "--data", "new.npz", "--samples", 40, "--out", "adapted.fenchel", "--json")
    assert json.loads(adapted.splitlines()[-1])["steps"] > 0
    estimator = fenchel.FenchelClassifier(max_iter=EPOCHS).fit(x, y)
    # The last fifth of the 50 tests.
    estimator.partial_fit(x_test[:40], y_test[:40])
    assert same(estimator.model_, fenchel.Model.load(command.folder / "adapted.fenchel"))
    assert not hasattr(estimator, "predict_proba"), "no longer calibrated"
