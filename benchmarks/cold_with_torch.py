"""From nothing to 97 % of MNIST's test digits in PyTorch; prints epochs and accuracy."""
# mypy: disable-error-code="import-not-found"

import os

import torch
from torch import nn
from torch.nn import functional

from tasks import read_idx

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(0)
x, test_x = (
    torch.tensor(read_idx(f"{name}-images-idx3-ubyte.gz", 16)).view(-1, 784).float() / 255
    for name in ("train", "t10k")
)
y, test_y = (torch.tensor(read_idx(f"{name}-labels-idx1-ubyte.gz", 8)).long() for name in ("train", "t10k"))
network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(network.parameters())
epochs, accuracy = 0, 0.0
while accuracy < 0.97:
    for chosen in torch.randperm(len(x)).split(128):
        optimizer.zero_grad()
        functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = float((network(test_x).argmax(dim=1) == test_y).float().mean())
    epochs += 1
print(f"{epochs} epochs, {100 * accuracy:.2f} %")
