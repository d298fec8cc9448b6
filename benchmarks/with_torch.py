"""The tasks in PyTorch, eager: data in memory, batches taken by a permutation, no DataLoader.

`python with_torch.py fused` takes the fused form of the optimizers, which is not the default.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from tasks import Task, samples
from worker import serve

ACTIVATIONS: dict[str, Callable[[], Any]] = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU, "tanh": nn.Tanh}


def quadratic(outputs: Any, targets: Any) -> Any:
    """Return the quadratic cost: half the sum of squares, mean over the batch."""
    return 0.5 * (outputs - targets).square().sum(dim=1).mean()


def make_network(of: Task) -> Any:
    """Return the network of a task; the cross-entropies take logits, which is faster."""
    layers: list[Any] = []
    for inputs, units in zip(of.sizes, of.sizes[1:], strict=False):
        layers += [nn.Linear(inputs, units), ACTIVATIONS[of.hidden]()]
    layers.pop()
    return nn.Sequential(*layers, nn.Sigmoid()) if of.loss == "quadratic" else nn.Sequential(*layers)


class WithTorch:
    """A task in PyTorch."""

    def __init__(self, of: Task, fused: bool = False) -> None:
        torch.manual_seed(0)
        self.task = of
        data = samples(of)
        self.x, self.test_x = torch.tensor(data.x), torch.tensor(data.test_x)
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
        with torch.no_grad():
            outputs = self.network(self._scaled(self.test_x))
        guesses = outputs[:, 0] > 0 if self.task.loss == "binary" else outputs.argmax(dim=1)
        return float((guesses == self.test_y).float().mean())


if __name__ == "__main__":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    serve(lambda of: WithTorch(of, fused="fused" in sys.argv[1:]))
