"""Regression and anomaly detection beside scikit-learn, by default settings: prints docs/results/tasks.md.

    pip install numpy scikit-learn
    python tests/tables/fetch.py FOLDER
    python tests/tables/tasks.py FENCHEL FOLDER > docs/results/tasks.md

FENCHEL is the command's path, FOLDER that of the sets of fetch.py. Regression sets are scikit-learn's own, are drawn by its
generators, or come from the wheel of river, which pip downloads without its dependencies.
"""

import csv
import gzip
import io
import json
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy
import sklearn
from sklearn import datasets
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEEDS = 3
OBJECTIVES = ["backprop", "arovr-g"]
RIVER = "0.26.1"
warnings.filterwarnings("ignore", category=ConvergenceWarning)


def approval():
    """Daily approval ratings of a president by six pollsters' figures, from river's wheel."""
    folder = tempfile.mkdtemp()
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--only-binary=:all:", "--dest", folder, f"river=={RIVER}"], check=True)
    archive = zipfile.ZipFile(next(Path(folder).iterdir()))
    text = gzip.decompress(archive.read("river/datasets/trump_approval.csv.gz")).decode()
    header, *rows = csv.reader(io.StringIO(text))
    values = numpy.array(rows, dtype=float)
    target = header.index("five_thirty_eight")
    return numpy.delete(values, target, 1), values[:, target]


def three_units():
    """Three targets in units far apart, each of some of eight values."""
    random = numpy.random.default_rng(0)
    x, noise = random.normal(size=(1500, 8)), random.normal(size=(1500, 3))
    first = 1e4 + 2e3 * numpy.tanh(x[:, 0] + x[:, 1]) + 300 * noise[:, 0]
    third = 1e-3 * (x[:, 4] ** 2 + x[:, 5]) + 1e-4 * noise[:, 2]
    return x, numpy.stack([first, x[:, 2] * x[:, 3] + 0.1 * noise[:, 1], third], 1)


def regressions():
    """The sets with real targets, divided: their names and arrays."""
    diabetes = datasets.load_diabetes(scaled=False)
    sets = {
        "diabetes": (diabetes.data, diabetes.target),
        "friedman1": datasets.make_friedman1(1000, noise=0.5, random_state=0),
        "friedman2": datasets.make_friedman2(1000, noise=20, random_state=0),
        "friedman3": datasets.make_friedman3(1000, noise=0.1, random_state=0),
        "approval": approval(),
        "three units": three_units(),
    }
    for name, (x, y) in sets.items():
        x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=0)
        yield name, numpy.float32(x_train), y_train, numpy.float32(x_test), y_test


def anomalies(folder):
    """The anomaly sets: shuttle, and each class of others left out in turn. Names, kinds and arrays; 1 is an anomaly."""
    for name in ["shuttle", "iris", "wine", "JapaneseVowels"]:
        data = numpy.load(folder / f"{name}.npz")
        x_train, y_train, x_test, y_test = (data[key] for key in ["x_train", "y_train", "x_test", "y_test"])
        classes = [numpy.bincount(y_train).argmin()] if name == "shuttle" else numpy.unique(y_train)
        for kind in classes:
            yield name, kind, x_train, (y_train == kind).astype(int), x_test, (y_test == kind).astype(int)


def fenchel(command, arrays, arguments):
    """The mean over seeds of what `train` says of a set."""
    folder = Path(tempfile.mkdtemp())
    numpy.savez(folder / "set.npz", **dict(zip(["x_train", "y_train", "x_test", "y_test"], arrays)))
    results = []
    for seed in range(SEEDS):
        train = [command, "train", "--data", folder / "set.npz", "--quiet", "--json", "--seed", str(seed)]
        run = subprocess.run([*train, "--out", folder / str(seed), *arguments], capture_output=True, check=True)
        results.append(json.loads(run.stdout))
    return results


def mean(values):
    return float(numpy.mean(list(values)))


def main():
    command, folder = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    commit = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True).stdout.strip()
    print(f"""# Real targets and anomalies, beside scikit-learn

Default settings, seeds 0 to {SEEDS - 1}, means. Printed by `python tests/tables/tasks.py target/release/fenchel target/tables/sets` at
commit {commit} (numpy {numpy.__version__}, scikit-learn {sklearn.__version__}, river {RIVER}); the sets are described there and aren't
in the repository.

## Regression: R² on test samples

`fenchel train --task regress --data SET.npz --objective …` beside `StandardScaler` and `MLPRegressor((64, 32), max_iter=500)`.
With several targets R² is the mean over them. MLPRegressor doesn't scale its targets, so it fails on targets in units far apart.

| set | values | targets | trained on | tested on | MLPRegressor | {" | ".join(OBJECTIVES)} |
|---|---:|---:|---:|---:|---:|{"---:|" * len(OBJECTIVES)}""")
    for name, *arrays in regressions():
        x_train, y_train, x_test, y_test = arrays
        make = lambda seed: MLPRegressor(hidden_layer_sizes=(64, 32), max_iter=500, random_state=seed)
        fits = [make_pipeline(StandardScaler(), make(seed)).fit(x_train, y_train) for seed in range(SEEDS)]
        baseline = mean(fit.score(x_test, y_test) for fit in fits)
        ours = [
            mean(run["test_r2"] for run in fenchel(command, arrays, ["--task", "regress", "--objective", objective]))
            for objective in OBJECTIVES
        ]
        targets = y_train.shape[1] if y_train.ndim > 1 else 1
        sizes = f"{x_train.shape[1]} | {targets} | {len(x_train)} | {len(x_test)}"
        print(f"| {name} | {sizes} | {baseline:.3f} | " + " | ".join(f"{r2:.3f}" for r2 in ours) + " |", flush=True)
    print(f"""
## Anomalies: AUROC on test samples

`fenchel train --task reconstruct --normal 0 --data SET.npz --objective …` beside `IsolationForest()`, both fitted to the normal
training samples alone. Of shuttle the anomalies are the log's own; of the other sets one class after the other is left out
of training. The last columns are shares of the test samples above the threshold, for arovr-g: of the normal ones and
of the anomalies.

| set | left out | trained on | IsolationForest | {" | ".join(OBJECTIVES)} | false alarms | found |
|---|---|---:|---:|{"---:|" * len(OBJECTIVES)}---:|---:|""")
    rows = []
    for name, kind, *arrays in anomalies(folder):
        x_train, y_train, x_test, y_test = arrays
        normal = x_train[y_train == 0]
        forests = [IsolationForest(random_state=seed).fit(normal) for seed in range(SEEDS)]
        row = [mean(roc_auc_score(y_test, -forest.score_samples(x_test)) for forest in forests)]
        for objective in OBJECTIVES:
            runs = fenchel(command, arrays, ["--task", "reconstruct", "--normal", "0", "--objective", objective])
            row.append(mean(run["test_auroc"] for run in runs))
        shares = [mean(run[f"test_{share}"] for run in runs) for share in ["false_alarms", "detected"]]
        rows.append((name, row))
        left = "anomalies" if name == "shuttle" else f"class {kind}"
        cells = [f"{value:.3f}" for value in row] + [f"{100 * share:.1f} %" for share in shares]
        print(f"| {name} | {left} | {len(normal)} | " + " | ".join(cells) + " |", flush=True)
    of_set = {name: numpy.mean([row for own, row in rows if own == name], 0) for name, _ in rows}
    for what, means in [("mean of all rows", [row for _, row in rows]), ("mean of the sets' means", list(of_set.values()))]:
        print(f"| {what} | | | " + " | ".join(f"{value:.3f}" for value in numpy.mean(means, 0)) + " | | |")


main()
