"""Reads and writes PyTorch's modules; PyTorch is imported only where one is written."""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy

LEFT_OUT = ("Dropout", "Flatten", "Identity")


def layers(module: Any) -> Tuple[List[numpy.ndarray], List[numpy.ndarray], List[str]]:
    """Return the weights, biases and activations of the Linear layers in a module, lowest first."""
    weights: List[numpy.ndarray] = []
    biases: List[numpy.ndarray] = []
    activations: List[str] = []
    for part in _leaves(module):
        kind = type(part).__name__
        if kind == "Linear":
            weights.append(_array(part.weight))
            biases.append(numpy.zeros(len(weights[-1]), "f4") if part.bias is None else _array(part.bias))
            activations.append("linear")
        elif kind not in LEFT_OUT:
            if not weights or activations[-1] != "linear":
                raise ValueError(f"module: expected an activation after a Linear layer, got {kind}")
            activations[-1] = _activation(part, kind)
    if not weights:
        raise ValueError(f"module: expected a Sequential of Linear layers, got {type(module).__name__}")
    return weights, biases, activations


def _leaves(module: Any) -> List[Any]:
    """Return the layers of nested Sequentials in order."""
    if type(module).__name__ != "Sequential":
        return [module]
    return [leaf for part in module for leaf in _leaves(part)]


def _activation(part: Any, kind: str) -> str:
    if kind == "ReLU":
        return "relu"
    if kind in ("Hardtanh", "ReLU6"):
        return f"clip:{float(part.min_val)}:{float(part.max_val)}"
    expected = "Linear, ReLU, ReLU6, Hardtanh, Dropout, Flatten or Identity in a Sequential"
    raise ValueError(f"module: expected {expected}, got {kind}")


def _array(tensor: Any) -> numpy.ndarray:
    # Not tensor.numpy(), which fails where PyTorch was built for another NumPy.
    return numpy.array(tensor.detach().cpu().tolist(), "f4")


def sequential(network: Any) -> Any:
    """Return a chain of blocks as a Sequential on raw inputs, with outputs in the targets' unit."""
    import torch

    blocks = network.description["blocks"]
    if any(end != start + 1 for start, end in network.weights):
        raise ValueError("network: expected a chain of blocks, got skip connections")
    parts: List[Any] = []
    offsets, factors = (
        numpy.repeat(values.astype("f8"), network.n_inputs // len(values)) for values in network.scaling
    )
    for k, (weights, biases) in enumerate(zip(network.weights.values(), network.biases), start=1):
        weights, biases = weights.astype("f8"), biases.astype("f8")
        if k == 1:
            weights, biases = weights * factors, biases - weights @ (factors * offsets)
        activation = blocks[k]["activation"]
        if k == len(blocks) - 1:
            weights, biases = _restored(network, weights, biases, activation)
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights.tolist()))
            linear.bias.copy_(torch.tensor(biases.tolist()))
        parts += [linear, *_module(torch, activation)]
    return torch.nn.Sequential(*parts)


def _restored(network: Any, weights: numpy.ndarray, biases: numpy.ndarray, activation: str) -> Any:
    """Return the last layer with outputs in the targets' own unit."""
    scaling = network.description.get("target_scaling")
    if scaling is None:
        return weights, biases
    offset, factor = (numpy.asarray(scaling[name], "f8").reshape(-1) for name in ("offset", "factor"))
    if not (offset == 0).all() or not (factor == 1).all():
        if activation != "linear":
            raise ValueError("network: expected a linear output of scaled targets")
        spread = numpy.divide(1.0, factor, out=numpy.zeros_like(factor), where=factor != 0)
        return weights * spread[:, None], biases * spread + offset
    return weights, biases


def _module(torch: Any, activation: str) -> List[Any]:
    if activation == "linear":
        return []
    if activation == "relu":
        return [torch.nn.ReLU()]
    if activation.startswith("clip:"):
        low, high = (float(bound) for bound in activation.split(":")[1:])
        return [torch.nn.Hardtanh(low, high)]
    raise ValueError(f"network: expected relu, linear or clip, got {activation}, which has no module in PyTorch")
