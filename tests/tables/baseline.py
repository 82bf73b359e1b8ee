"""scikit-learn's multilayer perceptron on a set of fetch.py, with as many units as Fenchel's default network.

    python tests/tables/baseline.py SET.npz SEEDS

Prints a JSON object of lists, an entry a seed: accuracy, balanced_accuracy, seconds and processor_seconds of a fit.
"""

import json
import sys
import time
import warnings

import numpy
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore", category=ConvergenceWarning)
data = numpy.load(sys.argv[1])
result = {"accuracy": [], "balanced_accuracy": [], "seconds": [], "processor_seconds": []}
for seed in range(int(sys.argv[2])):
    network = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter=500, random_state=seed)
    start, processor = time.perf_counter(), time.process_time()
    model = make_pipeline(StandardScaler(), network).fit(data["x_train"], data["y_train"])
    result["seconds"].append(time.perf_counter() - start)
    result["processor_seconds"].append(time.process_time() - processor)
    answers = model.predict(data["x_test"])
    result["accuracy"].append(float(numpy.mean(answers == data["y_test"])))
    result["balanced_accuracy"].append(float(balanced_accuracy_score(data["y_test"], answers)))
print(json.dumps(result))
