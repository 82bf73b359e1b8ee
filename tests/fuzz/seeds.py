"""Seeds of the readers of other programs' files, written by the programs' own packages.

    pip install numpy safetensors onnx
    python tests/fuzz/seeds.py
"""

import io
import json
import struct
from pathlib import Path

import numpy
import onnx
import safetensors.numpy

CORPUS = Path(__file__).parent / "corpus"
random = numpy.random.default_rng(0)


def seed(reader, name, contents):
    folder = CORPUS / reader
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(contents)


def npz(compressed=False, **arrays):
    file = io.BytesIO()
    (numpy.savez_compressed if compressed else numpy.savez)(file, **arrays)
    return file.getvalue()


def layers(kind="f4"):
    """A perceptron 4-3-2."""
    shapes = {"0.weight": (3, 4), "0.bias": (3,), "2.weight": (2, 3), "2.bias": (2,)}
    return {name: random.normal(size=shape).astype(kind) for name, shape in shapes.items()}


seed("npz", "valid-f32", npz(**layers()))
seed("npz", "valid-f64-deflated", npz(True, **layers("f8")))
seed("npz", "valid-without-bias", npz(weight=random.normal(size=(2, 4)).astype("f4")))
seed("npz", "refused-cut", npz(**layers())[:500])
seed("npz", "refused-bomb", npz(True, weight=numpy.zeros((1 << 11, 1 << 11), "f4")))
seed("npz", "valid-fortran", npz(weight=numpy.asfortranarray(random.normal(size=(2, 4)))))
seed("npz", "refused-records", npz(weight=numpy.zeros(3, [("a", "f4"), ("b", "f4")])))
seed("npz", "refused-complex", npz(weight=numpy.zeros((2, 2), "c8")))
seed("npz", "refused-not-finite", npz(weight=numpy.full((2, 2), numpy.nan, "f4")))
seed("npz", "refused-name", npz(**{"<b>\x1b[31mbold": numpy.zeros((2, 2), "f4")}))
seed("npz", "refused-chain", npz(**{**layers(), "2.weight": numpy.zeros((2, 5), "f4")}))
huge = npz(weight=numpy.zeros((2, 4), "f4")).replace(b"(2, 4), }", b"(99999999999, 99999999999), }"[:9])
seed("npz", "refused-huge", huge)


def tensors(header, data=bytes(16)):
    header = json.dumps(header).encode()
    return struct.pack("<Q", len(header)) + header + data


def one(shape, offsets, kind="F32"):
    return {"0.weight": {"dtype": kind, "shape": shape, "data_offsets": offsets}}


seed("safetensors", "valid-f32", safetensors.numpy.save(layers()))
seed("safetensors", "valid-f16", safetensors.numpy.save(layers("f2"), {"format": "pt"}))
seed("safetensors", "valid-f64", safetensors.numpy.save(layers("f8")))
seed("safetensors", "valid-one", tensors(one([2, 2], [0, 16])))
seed("safetensors", "refused-cut", safetensors.numpy.save(layers())[:-5])
seed("safetensors", "refused-outside", tensors(one([2, 2], [0, 4096])))
seed("safetensors", "refused-backwards", tensors(one([2, 2], [16, 0])))
seed("safetensors", "refused-huge", tensors(one([1 << 40, 1 << 40], [0, 16])))
seed("safetensors", "refused-integers", tensors(one([2, 2], [0, 16], "I32")))
seed("safetensors", "refused-header-length", b"\xff" * 7 + b"\x7f{" + bytes(8))
seed("safetensors", "refused-not-finite", tensors(one([2, 2], [0, 16]), b"\xff" * 16))
escapes = {"\x1b[31m<b>.weight": one([1, 4], [0, 16], "F32")["0.weight"]}
seed("safetensors", "refused-name", tensors({**escapes, "odd": {"dtype": "F32", "shape": [0], "data_offsets": [16, 16]}}))


def graph(nodes, constants, output="y", inputs=("x",)):
    info = onnx.helper.make_tensor_value_info
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    inputs = [info(name, onnx.TensorProto.FLOAT, ["n", 4]) for name in inputs]
    outputs = [info(output, onnx.TensorProto.FLOAT, ["n", 2])]
    model = onnx.helper.make_graph(nodes, "mlp", inputs, outputs, tensors)
    return onnx.helper.make_model(model, ir_version=8).SerializeToString()


node = onnx.helper.make_node
weights = layers()
a, b, c, d = (weights[name] for name in weights)
gemm = [
    node("Gemm", ["x", "a", "b"], ["h"], transB=1),
    node("Relu", ["h"], ["z"]),
    node("Gemm", ["z", "c", "d"], ["y"], transB=1),
]
matmul = [node("MatMul", ["x", "a"], ["h"]), node("Add", ["b", "h"], ["y"])]
valid = graph(gemm, {"a": a, "b": b, "c": c, "d": d})
seed("onnx", "valid-gemm", valid)
seed("onnx", "valid-matmul", graph(matmul, {"a": a.T.copy(), "b": b}))
seed("onnx", "valid-double", graph(matmul, {"a": a.T.astype("f8"), "b": b.astype("f8")}))
seed("onnx", "refused-cut", valid[: len(valid) // 2])
seed("onnx", "refused-convolution", graph([node("Conv", ["x", "a"], ["y"])], {"a": a}))
seed("onnx", "refused-name", graph([node("<b>\x1b[31m", ["x", "a"], ["y"])], {"a": a}))
seed("onnx", "refused-two-inputs", graph(gemm, {"a": a, "b": b, "c": c, "d": d}, inputs=("x", "x2")))
seed("onnx", "valid-alpha", graph([node("Gemm", ["x", "a", "b"], ["y"], transB=1, alpha=2.0)], {"a": a, "b": b}))
seed("onnx", "refused-chain", graph(gemm, {"a": a, "b": b, "c": c.T.copy(), "d": d}))
seed("onnx", "valid-integers", graph(matmul, {"a": numpy.ones((4, 3), "i8"), "b": b}))
seed("onnx", "refused-text", b"not a network")

pixels = random.integers(0, 256, (20, 2, 3), numpy.uint8)
labels = numpy.arange(20) % 3
split = {"x_train": pixels[:12] / 255, "y_train": labels[:12], "x_test": pixels[12:] / 255, "y_test": labels[12:]}
seed("samples", "valid-bytes", npz(True, x=pixels, y=labels))
seed("samples", "valid-split", npz(**split))
seed("samples", "valid-column", npz(X=pixels.astype("i2"), y=labels.astype("u1")[:, None]))
seed("samples", "refused-cut", npz(x=pixels, y=labels)[:300])
seed("samples", "refused-bomb", npz(True, x=numpy.zeros((1 << 11, 1 << 12), "u1"), y=numpy.zeros(1 << 11, "u1")))
seed("samples", "valid-labels", npz(x=pixels, y=labels - 1))
seed("samples", "valid-large-label", npz(x=pixels, y=labels * 1000))
seed("samples", "refused-float-labels", npz(x=pixels, y=labels / 2))
seed("samples", "refused-few-labels", npz(x=pixels, y=labels[:-1]))
seed("samples", "refused-not-finite", npz(x=numpy.full((20, 2), numpy.inf), y=labels))
seed("samples", "refused-names", npz(**{"<b>\x1b[31m": pixels, "y": labels}))
seed("samples", "refused-other-shape", npz(**{**split, "x_test": pixels[12:, :1] / 255}))
seed("samples", "refused-scalars", npz(x=numpy.float32(1), y=numpy.int64(1)))
seed("samples", "refused-no-values", npz(x=numpy.zeros((2, 0)), y=labels[:2]))
