"""Read a model file, by docs/format.md alone.

    python docs/read_model.py model.fenchel

prints it as one JSON object; `read` returns the same as a dict whose arrays are lists.
"""

import json
import struct
import sys
import zlib


class Refused(Exception):
    """The file isn't as the page says."""


def require(fits, what):
    if not fits:
        raise Refused(what)


class Fields:
    def __init__(self, file, at):
        self.file, self.at = file, at

    def bytes(self, n):
        require(self.at + n <= len(self.file), f"a file of more than {self.at + n} bytes")
        self.at += n
        return self.file[self.at - n : self.at]

    def tag(self, choices):
        tag = self.bytes(1)[0]
        require(tag < len(choices), f"a tag below {len(choices)} at {self.at}")
        return choices[tag]

    def number(self):
        return struct.unpack("<I", self.bytes(4))[0]

    def float(self):
        (value,) = struct.unpack("<f", self.bytes(4))
        require(abs(value) < float("inf"), f"a finite value at {self.at}")
        return value

    def text(self):
        return self.bytes(self.number()).decode()

    def names(self):
        return self.text().split("\n")

    def optional(self, read):
        return read() if self.tag([False, True]) else None

    def array(self, form, n):
        """n values of a struct form, after zeros up to a multiple of 16."""
        require(not any(self.bytes(-self.at % 16)), f"zeros before {self.at}")
        return list(struct.unpack(f"<{n}{form}", self.bytes(n * struct.calcsize(form))))

    def floats(self, n):
        values = self.array("f", n)
        require(all(abs(value) < float("inf") for value in values), f"finite values before {self.at}")
        return values


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def weights(fields, precision, rows, columns):
    """W as a list of rows."""
    padded = (rows + 7) // 8 * 8
    scales = fields.floats(padded) if precision == "int8" else [1.0] * padded
    values = fields.array({"f32": "f", "f16": "e", "int8": "b"}[precision], padded * columns)
    at = lambda i, j: values[8 * columns * (i // 8) + 8 * j + i % 8]
    beyond = [at(i, j) for i in range(rows, padded) for j in range(columns)]
    if precision == "int8":
        beyond += scales[rows:]
    require(all(value == 0 for value in beyond), "zeros beyond a matrix's last row")
    return [[f32(scales[i] * at(i, j)) for j in range(columns)] for i in range(rows)]


def read(file):
    require(file[:4] == b"FNCL", "a file that begins with FNCL")
    require(file[4] == 3, f"format version 3, not {file[4]}")
    require(file[5] == 0 and file[6] < 2 and file[7] == 0, "strict f32, and original samples or none")
    require(struct.unpack("<I", file[8:12])[0] == len(file), "a whole file")
    require(struct.unpack("<I", file[-4:])[0] == zlib.crc32(file[:-4]), "the file's CRC-32")
    fields = Fields(file[:-4], 12)
    model = {}

    def training():
        result = {
            "objective": fields.tag(["backprop", "arovr", "arovr-ab", "rovr", "rovr-ab"]),
            "attack": fields.tag(["targeted", "untargeted", "none"]),
            "alpha": fields.float(),
            "beta": fields.float(),
        }
        names = fields.tag([[], ["std"], ["probability", "magnitude"]])
        result["perturbation"] = {name: fields.float() for name in names}
        result["seed"] = struct.unpack("<Q", fields.bytes(8))[0]
        result["epoch"] = fields.number()
        return result

    def shape():
        units, height, width = fields.number(), fields.number(), fields.number()
        require(height * width > 0 and units % (height * width) == 0, "a whole number of channels")
        return {"units": units, "shape": [units // (height * width), height, width]}

    def block():
        result = shape()
        result["activation"] = fields.tag(["linear", "relu", "clip", "simplex"])
        if result["activation"] == "clip":
            result["low"], result["high"] = fields.float(), fields.float()
        result["potential"] = fields.tag(["fenchel-young", "quadratic", "elementwise"])
        fields.tag(["one a unit"])
        fields.tag(["one a unit"])
        return result

    def task(outputs):
        kind = fields.tag(["classification", "regression", "reconstruction"])
        result = {"kind": kind}
        several = lambda *names: {name: fields.float() for name in names}
        if kind == "classification":
            result["classes"] = fields.names()
            result["rejection"] = fields.optional(lambda: several("margin", "coverage", "accuracy"))
            result["temperature"] = fields.optional(fields.float)
        elif kind == "regression":
            result["targets"] = fields.names()
        else:
            result["threshold"] = fields.optional(lambda: several("score", "quantile"))
        return result

    model["training"] = training()
    model["data"] = {"name": fields.text(), "samples": fields.number()}
    model["data"]["sha256"] = fields.optional(lambda: fields.bytes(32).hex())
    entry = shape()
    entry["names"] = fields.optional(fields.names)
    factors = fields.number()
    bounded = fields.tag([False, True])
    model["input"] = entry
    model["blocks"] = [block() for _ in range(fields.number())]
    units = [entry["units"]] + [block["units"] for block in model["blocks"]]
    model["task"] = task(units[-1])
    model["connections"] = [
        {
            "from": fields.bytes(1)[0],
            "to": fields.bytes(1)[0],
            "kind": fields.tag(["dense"]),
            "precision": fields.tag(["f32", "f16", "int8"]),
        }
        for _ in range(fields.number())
    ]
    for c in model["connections"]:
        c["weights"] = weights(fields, c["precision"], units[c["to"]], units[c["from"]])
    above = sum(units[1:])
    model["biases"], model["gammas"] = fields.floats(above), fields.floats(above)
    entry["offsets"], entry["factors"] = fields.floats(factors), fields.floats(factors)
    if bounded:
        entry["low"], entry["high"] = fields.floats(factors), fields.floats(factors)
    if model["task"]["kind"] == "regression":
        model["task"]["offsets"] = fields.floats(units[-1])
        model["task"]["factors"] = fields.floats(units[-1])
    if file[6]:
        fields.array("B", 0)
        count, form = fields.number(), fields.number()
        require(count > 0 and form < 2, "original samples of bytes or floats")
        require(model["task"]["kind"] == "classification", "original samples of a classifier")
        values = [lambda n: fields.array("B", n), fields.floats][form](count * units[0])
        model["originals"] = {"values": values, "labels": fields.array("B", count)}
        require(all(label < units[-1] for label in model["originals"]["labels"]), "classes of the model")
    require(fields.at == len(fields.file), "nothing after the arrays")
    return model


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        try:
            json.dump(read(file.read()), sys.stdout)
        except Refused as error:
            sys.exit(f"{sys.argv[1]}: expected {error}")
