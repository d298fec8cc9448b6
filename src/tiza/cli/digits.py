"""The digits for the command line: data, a network for them, and what is shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape

from tiza.cli.output import plain_table, show_table
from tiza.data.datasets import mnist
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.nn.layer import Layer
from tiza.nn.layers import Dense, Flatten, Input, Rescaling

Array = np.ndarray[Any, Any]
CLASSES = 10
DIGITS = tuple(map(str, range(CLASSES)))


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


def digit_front() -> tuple[Input | Layer, ...]:
    """Return what brings 28x28 pixels to 784 numbers from 0 to 1."""
    return Input((28, 28)), Flatten(), Rescaling(1 / 255)


def digit_network(hidden: Sequence[int], seed: int) -> Sequential:
    """Return pixels through hidden layers with relu to ten probabilities."""
    between = [Dense(units, activation="relu") for units in hidden]
    last = Dense(CLASSES, activation="softmax")
    return Sequential([*digit_front(), *between, last], seed=seed, name="mnist")


def confusion_matrix(labels: Array, predicted: Array, classes: int = CLASSES) -> Array:
    """Return how often each true class (row) was taken for each class (column)."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def show_confusion(console: Console, counts: Array, names: Sequence[str] = DIGITS) -> None:
    """Print the confusion matrix, with the share of each class that was right."""
    console.print(translate("Rows: what it is. Columns: what the network says."))
    table = plain_table([""], [*map(escape, names), translate("right")], gap=1)
    for own, (name, row) in enumerate(zip(names, counts, strict=True)):
        cells = (_cell(int(count), own == column) for column, count in enumerate(row))
        table.add_row(escape(name), *cells, f"{100 * row[own] / max(row.sum(), 1):.1f} %")
    show_table(table)


def _cell(count: int, right: bool) -> str:
    if right:
        return f"[bold]{count}[/bold]"
    return str(count) if count else "·"
