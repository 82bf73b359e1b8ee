"""Seconds of one back-propagation epoch in PyTorch, on one CPU thread: the peer of `fenchel bench`.

The same network (784-256-256-10, ReLU, squared error), 5,000 random samples of MNIST's shape, batches
of 50 in random order, Adam at 1e-3. Needs torch. Prints one JSON object.

    python3 host/benches/peers/epoch.py [ROUNDS]
"""

import json
import statistics
import sys
import time

import torch

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SAMPLES, BATCH = 5000, 50

torch.set_num_threads(1)
torch.manual_seed(0)
inputs = torch.rand(SAMPLES, 784) * (torch.rand(SAMPLES, 784) < 0.2)
targets = torch.nn.functional.one_hot(torch.arange(SAMPLES) % 10, 10).float()


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
try:
    report["epoch_seconds_fused_adam"] = timed(True)
except (RuntimeError, TypeError) as error:
    report["fused_adam"] = str(error)
print(json.dumps(report))
