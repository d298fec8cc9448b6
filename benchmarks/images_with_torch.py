"""From nothing to 99 % of MNIST's test digits in PyTorch, by task C's network; prints epochs and accuracy."""
# mypy: disable-error-code="import-not-found"

import os
from dataclasses import replace

import torch
from torch.nn import functional

from tasks import samples, task
from with_torch import make_network

EPOCHS, RATE = 5, 0.006

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(0)
of = replace(task("C"), rows=0)
digits = samples(of)
x, test_x = (torch.tensor(one).permute(0, 3, 1, 2).contiguous() for one in (digits.x, digits.test_x))
y, test_y = (torch.tensor(one).long() for one in (digits.y, digits.test_y))
network = make_network(of)
steps = EPOCHS * -(-len(x) // of.batch)
optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
epochs, accuracy = 0, 0.0
while accuracy < 0.99 and epochs < EPOCHS:
    network.train()
    for chosen in torch.randperm(len(x)).split(of.batch):
        optimizer.zero_grad()
        functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
        optimizer.step()
        falling.step()
    network.eval()
    with torch.no_grad():
        guesses = torch.cat([network(images).argmax(dim=1) for images in test_x.split(1000)])
    accuracy = float((guesses == test_y).float().mean())
    epochs += 1
print(f"{epochs} epochs, {100 * accuracy:.2f} %")
