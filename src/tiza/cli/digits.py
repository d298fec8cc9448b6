"""The digits for the command line: data, a network for them, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from tiza.cli.output import plain_table, show_table
from tiza.data.datasets import mnist
from tiza.data.encoding import one_hot
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.nn.layer import Layer
from tiza.nn.layers import Dense, Flatten, Input, Rescaling
from tiza.nn.losses import loss as find_loss
from tiza.nn.targets import LABELS

Array = np.ndarray[Any, Any]
CLASSES = 10


@dataclass(frozen=True, slots=True)
class Digits:
    """Images `(samples, 28, 28)` of uint8 and labels, for training and for testing."""

    images: Array
    labels: Array
    test_images: Array
    test_labels: Array


def load_digits() -> Digits:
    """Return MNIST."""
    (images, labels), (test_images, test_labels) = mnist.load_data()
    return Digits(images, labels, test_images, test_labels)


def digit_network(
    hidden: Sequence[int], activation: str, output: str, seed: int, dtype: str = "float32"
) -> Sequential:
    """Return 28x28 pixels, scaled to 0..1, through hidden layers to ten outputs."""
    layers: list[Input | Layer] = [Input((28, 28)), Flatten(), Rescaling(1 / 255)]
    layers += [Dense(units, activation=activation) for units in hidden]
    layers.append(Dense(CLASSES, activation=output))
    return Sequential([*layers], seed=seed, dtype=dtype, name="mnist")


def targets_for(loss: str, labels: Array) -> Array:
    """Return labels as the loss reads them: whole numbers, or one-hot."""
    if find_loss(loss).statement.targets is LABELS:
        return labels
    return one_hot(labels, CLASSES)


def confusion_matrix(labels: Array, predicted: Array) -> Array:
    """Return how often each true digit (row) was taken for each digit (column)."""
    counts = np.zeros((CLASSES, CLASSES), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def show_confusion(console: Console, counts: Array) -> None:
    """Print the confusion matrix, with the share of each digit that was right."""
    console.print(translate("Rows: what it is. Columns: what the network says."))
    table = plain_table([""], [*map(str, range(CLASSES)), translate("right")], gap=1)
    for digit, row in enumerate(counts):
        cells = (_cell(int(count), digit == column) for column, count in enumerate(row))
        table.add_row(str(digit), *cells, f"{100 * row[digit] / max(row.sum(), 1):.1f} %")
    show_table(table)


def _cell(count: int, right: bool) -> str:
    if right:
        return f"[bold]{count}[/bold]"
    return str(count) if count else "·"
