"""Samples of float32 in C order are read where they lie."""

import subprocess
import sys

import numpy

import fenchel
from fenchel import _arrays


def test_an_array_that_fits_is_passed_on_as_it_is():
    x = numpy.zeros((50, 8), "f4")
    assert _arrays.samples(x).__array_interface__["data"] == x.__array_interface__["data"]
    x.flags.writeable = False
    assert numpy.shares_memory(_arrays.samples(x), x)
    for other in (x.astype("f8"), numpy.asfortranarray(x), x[:, ::2]):
        assert not numpy.shares_memory(_arrays.samples(other), other)


PROGRAM = """
import numpy, resource, fenchel
ones = numpy.ones
network = fenchel.Network.from_arrays([ones((4, 64)), ones((1, 4))], [ones(4), ones(1)])
x = numpy.ones((1_000_000, 64), "f4")
network.infer(x[:1000])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outputs = network.infer(x)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert outputs.shape == (1_000_000, 1) and outputs[-1, 0] == 4 * 65 + 1
print((after - before) * 1024 / x.nbytes)
"""


def test_no_copy_of_the_samples_is_made():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    # The outputs, twice, take 2/64 of the samples.
    assert float(done.stdout) < 0.2, done.stdout


def test_a_model_reads_misaligned_and_swapped_arrays_right():
    x = numpy.random.RandomState(0).uniform(size=(7, 3)).astype("f4")
    network = fenchel.Network.from_arrays([numpy.eye(3), numpy.eye(3)], [numpy.zeros(3)] * 2)
    raw = numpy.frombuffer(b"x" + x.tobytes(), numpy.uint8)[1:]
    misaligned = raw.view("f4").reshape(7, 3)
    for other in (misaligned, x.astype(">f4"), numpy.asfortranarray(x), x.tolist()):
        assert (network.infer(other) == x).all()
