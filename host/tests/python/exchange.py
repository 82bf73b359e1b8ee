"""Round trips with the real packages: numpy, safetensors, onnx with onnxruntime, scikit-learn by skl2onnx, and
PyTorch if it is there.

    pip install numpy safetensors onnx onnxruntime scikit-learn skl2onnx torch
    python host/tests/python/exchange.py target/release/fenchel

`cargo xtask test` runs it without PyTorch. Trains on digits, then compares outputs on 100 test samples, as
largest absolute difference; fails beyond 1e-6 of the largest output.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
import safetensors.numpy

FENCHEL = Path(sys.argv[1]).resolve()
CASES = Path(__file__).resolve().parent.parent / "cases/convert"
SAMPLES = 100


def fenchel(folder, *arguments):
    done = subprocess.run([FENCHEL, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def outputs(folder, model):
    lines = fenchel(folder, "infer", model, "--data", "points.csv", "--split", "train", "--json").splitlines()
    return numpy.array([json.loads(line)["outputs"] for line in lines])


def forward(weights, x):
    names = sorted({name.split(".")[0] for name in weights}, key=int)
    for name in names:
        x = x @ weights[f"{name}.weight"].astype("f8").T + weights[f"{name}.bias"]
        if name != names[-1]:
            x = numpy.maximum(x, 0)
    return x


def gemm_model(weights, matmul):
    """The chain in ONNX, as Gemm, or as MatMul and Add."""
    nodes, tensors, value = [], [], "x"
    names = sorted({name.split(".")[0] for name in weights}, key=int)
    for name in names:
        w, b = weights[f"{name}.weight"], weights[f"{name}.bias"]
        tensors.append(onnx.numpy_helper.from_array(w.T.copy() if matmul else w, f"w{name}"))
        tensors.append(onnx.numpy_helper.from_array(b, f"b{name}"))
        if matmul:
            nodes.append(onnx.helper.make_node("MatMul", [value, f"w{name}"], [f"m{name}"]))
            nodes.append(onnx.helper.make_node("Add", [f"m{name}", f"b{name}"], [f"a{name}"]))
        else:
            nodes.append(onnx.helper.make_node("Gemm", [value, f"w{name}", f"b{name}"], [f"a{name}"], transB=1))
        value = f"a{name}"
        if name != names[-1]:
            nodes.append(onnx.helper.make_node("Relu", [value], [f"z{name}"]))
            value = f"z{name}"
    f32 = onnx.TensorProto.FLOAT
    inputs = [onnx.helper.make_tensor_value_info("x", f32, ["n", weights[f"{names[0]}.weight"].shape[1]])]
    results = [onnx.helper.make_tensor_value_info(value, f32, ["n", weights[f"{names[-1]}.weight"].shape[0]])]
    graph = onnx.helper.make_graph(nodes, "mlp", inputs, results, tensors)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def check(what, own, reference, tolerance=1e-6):
    difference = numpy.abs(own - reference).max() / numpy.abs(reference).max()
    print(f"{what:24} {difference:.1e} of the largest output")
    assert difference <= tolerance, what


def rows_of(folder, model, x):
    """The model's outputs for the rows of x, in their order, and its labels."""
    rows = [",".join([*(repr(float(v)) for v in row), str(i % 10)]) for i, row in enumerate(x)]
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    weights = json.loads(fenchel(folder, "inspect", model, "--weights", "--json"))
    scaling = weights["scaling"]
    z = (x.astype("f8") - scaling["offset"]) * numpy.array(scaling["factor"])
    for block in weights["blocks"][1:]:
        z = z @ numpy.array(block["weights"]).T + block["bias"]
        z = numpy.maximum(z, 0) if block["activation"] == "relu" else z
    return z, [weights["class_names"][k] for k in z.argmax(1)]


def onnx_case(folder, case):
    """A graph of tests/cases: the imported weights give onnxruntime's outputs."""
    fenchel(folder, "import", case, "-o", "case.fenchel")
    session = onnxruntime.InferenceSession(case, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    half = "float16" in wanted.type
    x = numpy.random.default_rng(1).normal(size=(40, *wanted.shape[1:])).astype("f2" if half else "f4")
    reference = session.run(None, {wanted.name: x})[0].astype("f8")
    own, _ = rows_of(folder, "case.fenchel", x.reshape(len(x), -1))
    if case.name.startswith("softmax"):
        own = numpy.exp(own - own.max(1, keepdims=True))
        own /= own.sum(1, keepdims=True)
    # onnxruntime computes in half precision what is stored in it.
    check(case.name, own, reference, 5e-3 if half else 1e-6)


def scikit_learn(folder):
    """Pipelines of scikit-learn: every label is theirs."""
    import warnings

    from skl2onnx import to_onnx
    from sklearn.datasets import load_breast_cancer, load_wine
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    warnings.filterwarnings("ignore")
    for load in [load_wine, load_breast_cancer]:
        for scaler in [StandardScaler(), MinMaxScaler()]:
            x, y = load(return_X_y=True)
            x = x.astype("f4")
            names = numpy.array([f"class {chr(97 + k)}" for k in y])
            pipe = make_pipeline(scaler, MLPClassifier((16, 8), max_iter=200, random_state=0)).fit(x, names)
            (folder / "pipe.onnx").write_bytes(to_onnx(pipe, x[:1]).SerializeToString())
            fenchel(folder, "import", "pipe.onnx", "-o", "pipe.fenchel")
            _, labels = rows_of(folder, "pipe.fenchel", x)
            same = sum(a == b for a, b in zip(labels, pipe.predict(x)))
            print(f"{load.__name__}, {type(scaler).__name__}: {same} of {len(x)} labels as scikit-learn's")
            assert same == len(x)


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    fenchel(folder, "train", "--layers", "48,24", "--quiet", "--out", "run")
    x = numpy.random.default_rng(0).random((SAMPLES + 20, 64)).astype("f4").astype("f8")
    # The label is the last column; ten of each so that every split has all classes.
    rows = [",".join([*(repr(float(v)) for v in row), str(i % 10)]) for i, row in enumerate(x)]
    (folder / "points.csv").write_text("\n".join(rows) + "\n")
    for form in ["safetensors", "npz"]:
        fenchel(folder, "export", "run", "-o", f"w.{form}", "--format", form)
    weights = safetensors.numpy.load_file(folder / "w.safetensors")
    archive = numpy.load(folder / "w.npz")
    assert sorted(archive) == sorted(weights)
    assert all((archive[name] == weights[name]).all() for name in weights)
    print("numpy and safetensors read the same weights")

    safetensors.numpy.save_file(weights, folder / "again.safetensors")
    numpy.savez(folder / "again.npz", **weights)
    (folder / "gemm.onnx").write_bytes(gemm_model(weights, False))
    (folder / "matmul.onnx").write_bytes(gemm_model(weights, True))
    for file in ["again.safetensors", "again.npz", "gemm.onnx", "matmul.onnx"]:
        fenchel(folder, "import", file, "-o", "back.fenchel")
        own = outputs(folder, "back.fenchel")
        # The rows that the train split took, in its order, are told by the inputs' own outputs.
        reference = forward(weights, x)
        if file.endswith("onnx"):
            session = onnxruntime.InferenceSession(folder / file, providers=["CPUExecutionProvider"])
            reference = session.run(None, {"x": x.astype("f4")})[0].astype("f8")
        order = [numpy.abs(reference - row).sum(1).argmin() for row in own]
        assert len(set(order)) == len(own) >= 60
        check(file, own, reference[order])

    for case in sorted(CASES.glob("*.onnx")):
        if not case.name.startswith(("flatten", "skl")):
            onnx_case(folder, case)
    scikit_learn(folder)

    try:
        import torch
        from safetensors.torch import load_file, save_file
    except ImportError:
        print("PyTorch isn't here: left out")
    else:
        net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
        save_file(net.state_dict(), folder / "torch.safetensors")
        fenchel(folder, "import", "torch.safetensors", "-o", "torch.fenchel")
        with torch.no_grad():
            reference = net.double()(torch.tensor(x)).numpy()
        own = outputs(folder, "torch.fenchel")
        order = [numpy.abs(reference - row).sum(1).argmin() for row in own]
        check("PyTorch, out", own, reference[order])
        fenchel(folder, "export", "torch.fenchel", "-o", "back.safetensors", "--format", "safetensors")
        net.float().load_state_dict(load_file(folder / "back.safetensors"))
        print("PyTorch loads what fenchel exports")
