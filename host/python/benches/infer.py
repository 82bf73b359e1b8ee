"""Compares the time of 10,000 digits through ``Model.infer`` with that of the command ``fenchel infer``.

    python host/python/benches/infer.py target/release/fenchel
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

import fenchel

SAMPLES, ROUNDS = 10_000, 9


def best(work):
    """Returns the least of several times, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main():
    command = Path(sys.argv[1]).resolve()
    settings = {"optimiser": {"epochs": 2}}
    model = fenchel.train("digits", settings=settings).model
    x, y = fenchel.Dataset.load("digits").test
    x = numpy.ascontiguousarray(numpy.resize(x, (SAMPLES, x.shape[1])))
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.fenchel")
        numpy.savez(f"{folder}/digits.npz", x=x, y=numpy.resize(y, SAMPLES))
        words = [command, "infer", "model.fenchel", "--data", "digits.npz"]
        own = best(lambda: model.infer(x))
        labels = best(lambda: model.answers(x))
        loaded = best(lambda: fenchel.Model.load(f"{folder}/model.fenchel").infer(numpy.load(f"{folder}/digits.npz")["x"]))
        whole = best(lambda: subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=True))
    print(f"infer {own:.1f} ms, answers {labels:.1f} ms, with the files read {loaded:.1f} ms")
    print(f"the command, which reads the same files and prints the answers: {whole:.1f} ms")


main()
