"""scikit-learn's own conformance suite, and what its users do with estimators."""

import pickle

import joblib
import numpy
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import fenchel
from conftest import two_moons
from fenchel import FenchelAnomalyDetector, FenchelClassifier, FenchelRegressor

#: Checks of scikit-learn that fail, each with its reason.
EXPECTED = {
    FenchelClassifier: {
        "check_class_weight_classifiers": "class_weight is None or balanced: the library has no weight for each class",
    },
    FenchelRegressor: {},
    FenchelAnomalyDetector: {},
}


@pytest.mark.parametrize("kind", list(EXPECTED))
def test_scikit_learn_s_checks_pass(kind):
    # Few epochs: the recipe's 3,000 steps would be trained a hundred times.
    small = kind(max_iter=40, batch_size=8, hidden_layer_sizes=(16, 8), activation="relu", objective="backprop")
    results = check_estimator(small, expected_failed_checks=EXPECTED[kind], on_fail=None)
    failed = [(r["check_name"], repr(r["exception"])) for r in results if r["status"] == "failed"]
    assert not failed, failed
    names = {r["check_name"] for r in results if r["status"] == "xfail"}
    assert names == set(EXPECTED[kind]), "an expected failure passes: take it off the list"


@pytest.mark.parametrize("kind", [FenchelClassifier, FenchelRegressor, FenchelAnomalyDetector])
def test_clone_pickle_and_joblib_keep_everything(kind, tmp_path):
    x, y = two_moons(80)
    estimator = kind(max_iter=5).fit(x, y)
    joblib.dump(estimator, tmp_path / "estimator.joblib")
    for again in (pickle.loads(pickle.dumps(estimator)), joblib.load(tmp_path / "estimator.joblib")):
        assert (again.predict(x) == estimator.predict(x)).all()
        assert again.model_ == estimator.model_
    fresh = clone(estimator)
    assert fresh.get_params() == estimator.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(x)
    assert fresh.fit(x, y).model_ == estimator.model_


def test_searches_and_cross_validation():
    x, y = two_moons(120)
    grid = {"hidden_layer_sizes": [(8,), (16, 8)], "objective": ["backprop", "arovr-g"]}
    search = GridSearchCV(FenchelClassifier(max_iter=30), grid, cv=3, n_jobs=2).fit(x, y)
    assert search.best_score_ > 0.8 and search.best_params_["hidden_layer_sizes"] in grid["hidden_layer_sizes"]
    assert cross_val_score(FenchelClassifier((16,), max_iter=60), x, y, cv=3, scoring="neg_log_loss").mean() > -0.6


@pytest.mark.parametrize("scaler", [StandardScaler(), StandardScaler(with_mean=False), MinMaxScaler()])
def test_a_scaler_of_a_pipeline_is_folded_into_the_model(scaler, tmp_path):
    x, y = load_wine(return_X_y=True)
    pipeline = make_pipeline(scaler, FenchelClassifier(max_iter=20)).fit(x, y)
    assert fenchel.export(pipeline, tmp_path / "model.fenchel") > 0
    model = fenchel.Model.load(tmp_path / "model.fenchel")
    assert (model.answers(x)["label"] == pipeline.predict(x)).all()
    outputs = pipeline[-1].model_.infer(pipeline[0].transform(x))
    assert numpy.abs(model.infer(x) - outputs).max() < 1e-4 * numpy.abs(outputs).max()
    with pytest.raises(ValueError, match="can't be folded"):
        fenchel.folded(make_pipeline(StandardScaler(), MinMaxScaler(clip=True), pipeline[-1]).fit(x, y))


def test_exports(tmp_path):
    x, y = load_wine(return_X_y=True)
    estimator = FenchelClassifier(max_iter=20).fit(x, y)
    whole = estimator.export(tmp_path / "model.fenchel")
    narrow = estimator.export(tmp_path / "int8.fenchel", weights="int8")
    assert narrow < whole == (tmp_path / "model.fenchel").stat().st_size
    assert fenchel.Model.load(tmp_path / "model.fenchel") == estimator.model_
    estimator.c_header(tmp_path / "wine.h", name="wine")
    assert "static const uint8_t wine_file[WINE_BYTES]" in (tmp_path / "wine.h").read_text()


def test_labels_of_every_kind_come_back():
    x, codes = two_moons(90)
    for classes in (["no", "yes"], [10, 9], [2.0, -1.0], [False, True], ["10", "9"]):
        y = numpy.array(classes)[codes]
        estimator = FenchelClassifier((16,), max_iter=80, objective="backprop").fit(x, y)
        assert estimator.score(x, y) > 0.8, classes
        decision = estimator.decision_function(x)
        assert ((decision > 0) == (estimator.predict(x) == estimator.classes_[1])).all()
        proba = estimator.predict_proba(x)
        assert (estimator.classes_[proba.argmax(axis=1)] == estimator.predict(x)).mean() > 0.99


def test_partial_fit_learns_sample_by_sample():
    x, y = two_moons(600)
    learner = FenchelClassifier((16,), scaling="standard")
    for start in range(0, 400, 50):
        learner.partial_fit(x[start : start + 50], y[start : start + 50], classes=[0, 1])
    assert learner.score(x[400:], y[400:]) > 0.8
    late = FenchelClassifier((8,)).partial_fit(x[:20], numpy.zeros(20, int), classes=[0, 1, 2])
    assert late.decision_function(x).shape == (600, 3)
    x, y = load_diabetes(return_X_y=True)
    learner = FenchelRegressor((16,))
    for _ in range(10):
        learner.partial_fit(x, y)
    assert learner.score(x, y) > 0.2


def test_early_stopping_balance_and_seeds():
    x, y = two_moons(200)
    early = FenchelClassifier(max_iter=300, early_stopping=True, n_iter_no_change=3).fit(x, y)
    assert early.n_iter_ < 300
    assert early.n_iter_ - early.best_epoch_ <= 3
    rare = numpy.concatenate([numpy.flatnonzero(y == 0), numpy.flatnonzero(y == 1)[:12]])
    fitted = [FenchelClassifier(max_iter=30, class_weight=weight).fit(x[rare], y[rare]) for weight in (None, "balanced")]
    assert fitted[0].model_ != fitted[1].model_
    seeds = [FenchelClassifier(max_iter=2, random_state=seed).fit(x, y).model_ for seed in (0, 1, numpy.int64(1))]
    assert seeds[0] != seeds[1] and seeds[1] == seeds[2]


def test_anomalies_are_outliers():
    random = numpy.random.RandomState(0)
    x = random.normal(size=(300, 2)) @ random.normal(size=(2, 8))
    detector = FenchelAnomalyDetector(max_iter=100, hidden_layer_sizes=(16, 2, 16), activation=["relu", "linear", "relu"]).fit(x)
    assert (detector.predict(x) == -1).mean() < 0.05
    assert (detector.predict(random.normal(size=(100, 8)) * 3) == -1).mean() > 0.8
    assert (detector.fit_predict(x) == detector.predict(x)).all()
