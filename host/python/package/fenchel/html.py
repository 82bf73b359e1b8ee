"""Tables that a notebook shows for models and runs."""

from __future__ import annotations

from html import escape
from typing import Any, Iterable, Sequence


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; every text is escaped."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div><b>{escape(title)}</b><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def model(model: Any) -> str:
    """Return a model's blocks and sizes."""
    about = model.description
    rows = [
        (block["block"], block["units"], block.get("activation", "input"), block.get("potential", ""))
        for block in about["blocks"]
    ]
    names = about.get("target_names") or about["class_names"]
    named = f" ({', '.join(names[:10])}{', …' if len(names) > 10 else ''})" if names else ""
    title = f"Fenchel model: {model.task}{named}, {about['macs']} multiply-adds, {about['file_bytes']} bytes"
    return table(title, ("block", "units", "activation", "potential"), rows)


def training(run: Any) -> str:
    """Return the first, the best and the last epoch of a training."""
    chosen = [epoch for epoch in run.history if not epoch["pretraining"]]
    best = [epoch for epoch in chosen if epoch["epoch"] == run.best_epoch]
    rows = [
        (epoch["epoch"], f"{epoch['validation_accuracy']:.4f}", f"{epoch['validation_loss']:.5f}")
        for epoch in chosen[:1] + best + chosen[-1:]
    ]
    ended = ", interrupted" if run.interrupted else ""
    title = f"Fenchel training: {run.epochs} epochs{ended}, best {run.best_epoch}"
    return table(title, ("epoch", "validation score", "validation loss"), rows)


def relaxation(relaxation: Any) -> str:
    """Return how the first samples ended in both problems."""
    rows = [
        (name, index, problem["status"][index], problem["sweeps"][index], f"{problem['residual'][index]:.1e}")
        for name, problem in (("first", relaxation.first), ("second", relaxation.second))
        for index in range(min(len(problem["status"]), 5))
    ]
    title = f"Relaxation: {relaxation.options['objective']}, {len(relaxation.first['status'])} samples"
    return table(title, ("problem", "sample", "status", "sweeps", "residual"), rows)
