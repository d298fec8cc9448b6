"""The warning where `accuracy` is asked for and the targets are quantities, of which it says little."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tiza.nn.metrics.accuracies import FittingAccuracy
from tiza.nn.targets import NON_NEGATIVE, NUMBERS
from tiza.training.step import Objective, output_activations
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]

OF_CLASSES = ("sigmoid", "softmax")
"""Activations whose outputs are shares of classes, whatever the loss."""

YES_AND_NO = ((0.0, 1.0), (-1.0, 1.0))
"""What stands for no and for yes."""


def warn_of_accuracy_of_quantities(objective: Objective, data: Data, stacklevel: int = 2) -> None:
    """Warn, on behalf of who called the caller, where accuracy compares quantities."""
    names = objective.network.output_names
    for name, targets, found in zip(names, data.targets, _are_quantities(objective, data), strict=True):
        if not found:
            continue
        where = f" of output {name!r}" if len(names) > 1 else ""
        agreeing = (
            "have their largest number at the same place"
            if targets.shape[-1] > 1
            else "lie on the same side of 0.5"
        )
        warnings.warn(
            f"metrics: got 'accuracy' for targets{where} that are quantities, expected classes: it counts "
            f"how often output and target {agreeing}, not how near they are; use 'mae' or 'r2_score'.",
            stacklevel=stacklevel + 1,
        )


def _are_quantities(objective: Objective, data: Data) -> list[bool]:
    network = objective.network
    return [
        any(isinstance(one, FittingAccuracy) for one in metrics)
        and loss.statement.targets in (NUMBERS, NON_NEGATIVE)
        and activation not in OF_CLASSES
        and targets.shape[1:] == outputs.shape[1:]
        and not _are_classes(targets)
        for metrics, loss, activation, targets, outputs in zip(
            objective.metrics,
            objective.losses,
            output_activations(network),
            data.targets,
            network.outputs,
            strict=True,
        )
    ]


def _are_classes(targets: Array) -> bool:
    """Whether targets say yes or no, or, with several a sample, which is the largest by two numbers."""
    values = np.unique(targets)
    if targets.shape[-1] > 1:
        return len(values) <= 2
    return any(set(values.tolist()) <= set(pair) for pair in YES_AND_NO)
