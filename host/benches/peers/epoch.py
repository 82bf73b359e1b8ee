"""Seconds of one back-propagation epoch in PyTorch, on one CPU thread: the peer of `fenchel bench`.

The same network (784-256-256-10, ReLU, squared error), 5,000 random samples of MNIST's shape or the first
5,000 in a folder of IDX files, batches of 50 in random order, Adam at 1e-3. Needs torch. Prints one JSON
object: the median of the rounds.

    python3 host/benches/peers/epoch.py [ROUNDS [FOLDER]]
"""

import gzip
import json
import statistics
import sys
import time
from pathlib import Path

import torch

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SAMPLES, BATCH = 5000, 50

torch.set_num_threads(1)
torch.manual_seed(0)
if len(sys.argv) > 2:

    def values(name, header, each):
        contents = gzip.decompress((Path(sys.argv[2]) / f"train-{name}-ubyte.gz").read_bytes())
        return torch.frombuffer(bytearray(contents[header : header + SAMPLES * each]), dtype=torch.uint8)

    inputs = values("images-idx3", 16, 784).view(SAMPLES, 784).float() / 255
    labels = values("labels-idx1", 8, 1).long()
else:
    inputs = torch.rand(SAMPLES, 784) * (torch.rand(SAMPLES, 784) < 0.2)
    labels = torch.arange(SAMPLES) % 10
targets = torch.nn.functional.one_hot(labels, 10).float()


def timed(fused):
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 256),
        torch.nn.ReLU(),
        torch.nn.Linear(256, 256),
        torch.nn.ReLU(),
        torch.nn.Linear(256, 10),
    )
    options = {"fused": True} if fused else {}
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, **options)

    def epoch():
        for indices in torch.randperm(SAMPLES).split(BATCH):
            optimiser.zero_grad(set_to_none=True)
            outputs = model(inputs[indices])
            loss = 0.5 * ((outputs - targets[indices]) ** 2).sum(1).mean()
            loss.backward()
            optimiser.step()

    epoch()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


report = {"torch": torch.__version__, "epoch_seconds": timed(False)}
# Moments of weights without gradient become subnormal, which is slow, unless they are flushed to 0.
torch.set_flush_denormal(True)
report["epoch_seconds_flushed"] = timed(False)
try:
    report["epoch_seconds_fused_adam"] = timed(True)
except (RuntimeError, TypeError) as error:
    report["fused_adam"] = str(error)
print(json.dumps(report))
