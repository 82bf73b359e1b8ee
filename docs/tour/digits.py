"""Trains docs/tour/digits.safetensors with PyTorch: a perceptron 64-32-10 on 1,000 of Fenchel's digits.

    pip install torch safetensors numpy
    python docs/tour/digits.py
"""

import gzip
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file

here = Path(__file__).parent
with gzip.open(here / "../../host/data/digits.csv.gz", "rt") as file:
    table = torch.tensor(numpy.loadtxt(file, delimiter=",", dtype="f4")[:1000])
x, y = table[:, :64] / 16, table[:, 64].long()
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
optimiser = torch.optim.Adam(net.parameters(), 0.01)
for _ in range(200):
    optimiser.zero_grad()
    torch.nn.functional.cross_entropy(net(x), y).backward()
    optimiser.step()
save_file(net.state_dict(), here / "digits.safetensors")
