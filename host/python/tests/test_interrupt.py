"""Ctrl-C and callbacks end a training and keep it; other threads run meanwhile."""

import os
import signal
import threading
import time

import pytest

import fenchel


def long_training(**arguments):
    settings = {"network": {"layers": [32]}, "optimiser": {"epochs": 100_000}}
    return fenchel.train("digits", settings=settings, **arguments)


def after_first_epoch(work):
    begun = threading.Event()

    def wait():
        if begun.wait(120):
            work()

    threading.Thread(target=wait, daemon=True).start()
    return lambda epoch: begun.set()


def test_ctrl_c_keeps_the_best_model():
    press = after_first_epoch(lambda: os.kill(os.getpid(), signal.SIGINT))
    training = long_training(callback=press)
    assert training.interrupted and 1 <= training.epochs < 100_000
    x, y = fenchel.Dataset.load("digits").test
    assert (training.model.answers(x)["label"] == y).mean() > 0.3


def test_ctrl_c_before_the_first_epoch_is_raised():
    x = [[0.1 * n, n % 7] for n in range(2000)] * 40
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        settings = {"network": {"layers": [2000, 2000]}, "optimiser": {"batch": 50}}
        fenchel.train(x, [n % 2 for n in range(80_000)], settings=settings)


def test_an_estimator_warns_and_keeps_the_model():
    x, y = fenchel.Dataset.load("digits").train
    timer = threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.warns(UserWarning, match="interrupted"):
        estimator = fenchel.FenchelClassifier((8,), max_iter=100_000).fit(x, y)
    assert estimator.score(x, y) > 0.3


def test_ctrl_c_in_the_fit_to_all_samples_keeps_the_best_model():
    x, y = fenchel.Dataset.load("digits").train
    # One epoch, and then as many steps on all samples, of a network that takes seconds.
    settings = {"network": {"layers": [2000, 2000]}, "optimiser": {"epochs": 1, "batch": 8}}
    press = after_first_epoch(lambda: (time.sleep(0.5), os.kill(os.getpid(), signal.SIGINT)))
    training = fenchel.train(x, y, settings=settings, callback=press)
    assert training.interrupted and training.epochs == 1
    assert training.model.infer(x).shape == (len(x), 10)


def test_a_callback_ends_it_and_its_errors_are_raised():
    training = long_training(callback=lambda epoch: epoch["epoch"] == 2)
    assert training.interrupted and training.epochs == 2 and len(training.history) == 2
    with pytest.raises(ZeroDivisionError):
        long_training(callback=lambda epoch: 1 / 0)


def test_other_threads_run_while_it_trains():
    counted = [0, True]

    def count():
        while counted[1]:
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    fenchel.FenchelClassifier((64, 64), max_iter=20).fit(*fenchel.Dataset.load("digits").train)
    during = counted[0] - before
    counted[1] = False
    thread.join()
    assert during > 20, "the GIL was held"
