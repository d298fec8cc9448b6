"""The tasks in PyTorch, eager: data in memory, batches taken by a permutation, no DataLoader.

`python with_torch.py fused` takes the fused form of the optimizers, which is not the default.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from tasks import FILTERS, Task, samples
from worker import serve

ACTIVATIONS: dict[str, Callable[[], Any]] = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU, "tanh": nn.Tanh}


def quadratic(outputs: Any, targets: Any) -> Any:
    """Return the quadratic cost: half the sum of squares, mean over the batch."""
    return 0.5 * (outputs - targets).square().sum(dim=1).mean()


CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class LastState(nn.Module):  # type: ignore[misc]  # PyTorch is untyped here
    """A recurrent layer that gives its last state."""

    def __init__(self, of: Task) -> None:
        super().__init__()
        self.layer = CELLS[of.cell](*of.sizes[:2], batch_first=True)

    def forward(self, x: Any) -> Any:
        """Return the state after the last step, one row a sequence."""
        _, last = self.layer(x)
        return (last[0] if isinstance(last, tuple) else last)[0]


def _image_layers(of: Task) -> list[Any]:
    layers: list[Any] = []
    for channels, filters in pairwise((1, *FILTERS)):
        layers += [nn.Conv2d(channels, filters, 3), ACTIVATIONS[of.hidden](), nn.MaxPool2d(2)]
    return [*layers, nn.Flatten(), nn.Dropout(0.5)]


def make_network(of: Task) -> Any:
    """Return the network of a task; the cross-entropies take logits, which is faster."""
    layers: list[Any] = _image_layers(of) if of.images else []
    if of.cell:
        layers.append(LastState(of))
    sizes = of.sizes[1:] if of.cell else of.sizes
    for inputs, units in pairwise(sizes):
        layers += [nn.Linear(inputs, units), ACTIVATIONS[of.hidden]()]
    layers.pop()
    return nn.Sequential(*layers, nn.Sigmoid()) if of.loss == "quadratic" else nn.Sequential(*layers)


class WithTorch:
    """A task in PyTorch."""

    def __init__(self, of: Task, fused: bool = False) -> None:
        torch.manual_seed(0)
        self.task = of
        data = samples(of)
        self.x, self.test_x = (self._channels_first(torch.tensor(one)) for one in (data.x, data.test_x))
        self.test_y = torch.tensor(data.test_y)
        self.loss, self.y = self._loss_and_targets(data)
        self.network = make_network(of)
        rule = torch.optim.SGD if of.optimizer == "sgd" else torch.optim.Adam
        self.optimizer = rule(self.network.parameters(), lr=of.rate, fused=True if fused else None)

    def _loss_and_targets(self, data: Any) -> tuple[Callable[[Any, Any], Any], Any]:
        if self.task.loss == "quadratic":
            return quadratic, torch.tensor(data.one_hot)
        if self.task.loss == "binary":
            return functional.binary_cross_entropy_with_logits, torch.tensor(data.y)[:, None].float()
        return functional.cross_entropy, torch.tensor(data.y).long()

    def _channels_first(self, x: Any) -> Any:
        return x.permute(0, 3, 1, 2).contiguous() if self.task.images else x

    def _scaled(self, x: Any) -> Any:
        return x.float() / 255 if self.task.data == "bytes" else x

    def train(self, epochs: int) -> None:
        """Train."""
        network, optimizer, loss = self.network, self.optimizer, self.loss
        for _ in range(epochs):
            for x, y in self._batches():
                optimizer.zero_grad()
                loss(network(self._scaled(x)), y).backward()
                optimizer.step()

    def _batches(self) -> Any:
        x, y, batch = self.x, self.y, self.task.batch
        if not self.task.shuffle:
            return zip(x.split(batch), y.split(batch), strict=True)
        return ((x[chosen], y[chosen]) for chosen in torch.randperm(len(x)).split(batch))

    def accuracy(self) -> float:
        """Return the share of test samples that are right."""
        self.network.eval()
        with torch.no_grad():
            outputs = self.network(self._scaled(self.test_x))
        self.network.train()
        guesses = outputs[:, 0] > 0 if self.task.loss == "binary" else outputs.argmax(dim=1)
        return float((guesses == self.test_y).float().mean())


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    serve(lambda of: WithTorch(of, fused="fused" in sys.argv[1:]))
