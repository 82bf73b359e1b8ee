"""Trains a network as the command does, to the same bits."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from . import _arrays, _native, html, plots
from .dataset import Dataset
from .model import Model

Callback = Callable[[Dict[str, Any]], Any]


class Training:
    """The results of a training: ``model`` (the best), ``history`` (a dict an epoch), ``best_epoch``, ``epochs``,
    ``interrupted`` (by Ctrl-C or the callback) and ``settings`` (all of them, in TOML, as ``fenchel train --config``
    takes them)."""

    def __init__(self, native: _native.Training) -> None:
        self.model = Model(native.model)
        self.history: List[Dict[str, Any]] = native.history
        self.best_epoch: int = native.best_epoch
        self.epochs: int = native.epochs
        self.interrupted: bool = native.interrupted
        self.settings: str = native.settings

    def frame(self) -> Any:
        """Return the history as a pandas DataFrame with a row for each epoch."""
        import pandas

        return pandas.DataFrame(self.history)

    def plot(self, axes: Any = None) -> Any:
        """Draw the validation score over the epochs, by matplotlib; return the axes."""
        return plots.history(self, axes)

    def __repr__(self) -> str:
        ended = ", interrupted" if self.interrupted else ""
        return f"<fenchel.Training of {self.epochs} epochs{ended}, best {self.best_epoch}>"

    def _repr_html_(self) -> str:
        return html.training(self)


def train(
    data: Any = "digits",
    y: Any = None,
    *,
    task: str = "classify",
    objective: str = "arovr-g",
    preset: Optional[str] = None,
    settings: Optional[Dict[str, Dict[str, Any]]] = None,
    callback: Optional[Callback] = None,
    progress: bool = False,
) -> Training:
    """Train on a data set, and return the results.

    ``data`` is a :class:`Dataset`, the name of one, a file's path, or samples X with y. ``settings`` replaces the
    command's defaults, grouped as in a run's settings.toml, for example
    ``{"seed": 1, "network": {"layers": [16]}, "optimiser": {"epochs": 5}}``. After each epoch ``callback`` is called
    with what was measured, a dict as in the run's log; if it returns True, the training ends. Ctrl-C ends it too, and
    keeps the best model so far. ``progress`` shows a bar, if tqdm is installed.
    """
    task = _arrays.word(task, "task")
    if isinstance(data, Dataset):
        dataset = data
    elif y is None and (isinstance(data, str) or hasattr(data, "__fspath__")):
        dataset = Dataset.load(data, task=task)
    else:
        dataset = Dataset.of_arrays(data, y, task=task)
    if settings is not None and not isinstance(settings, dict):
        raise ValueError(f"settings: expected a dict of groups, got {type(settings).__name__}")
    if callback is not None and not callable(callback):
        raise ValueError(f"callback: expected a function of a dict, got {callback!r}")
    objective = _arrays.word(objective, "objective")
    preset = None if preset is None else _arrays.word(preset, "preset")
    bar = _bar() if progress else None
    called = _both(callback, bar)
    try:
        return Training(_native.train(dataset._native, objective, preset, settings or {}, called))
    finally:
        if bar is not None:
            bar.close()


def _bar() -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(unit="epoch")


def _both(callback: Optional[Callback], bar: Any) -> Optional[Callback]:
    """Return a callback that moves the bar, if there is one."""
    if bar is None:
        return callback

    def called(epoch: Dict[str, Any]) -> Any:
        bar.update()
        bar.set_postfix(validation=f"{epoch['validation_accuracy']:.4f}")
        return callback(epoch) if callback is not None else False

    return called
