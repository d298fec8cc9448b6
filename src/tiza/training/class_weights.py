"""Weights of classes as weights of samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tiza.errors import DataError, ModelError
from tiza.nn.checks import check_hyperparameter, whole_number
from tiza.nn.network import Network
from tiza.nn.targets import first_index
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]

BALANCED = "balanced"


def with_class_weight(data: Data, class_weight: object, network: Network) -> Data:
    """Return data whose samples count as their classes do.

    Args:
        data: data without weights of samples.
        class_weight: a weight by number of class, 1 for classes that are not there; or `balanced`, which is
            n / (classes count), as scikit-learn's.
        network: what is trained: one unit stands for two classes, more for a class each.

    Raises:
        ModelError: it is neither, a class is none of the network's, a weight is negative, or samples have
            weights.
        DataError: the targets are no classes.
    """
    if data.weights is not None:
        raise ModelError(
            "class_weight: got sample_weight too, expected one of them; multiply the weights of the samples "
            "by those of their classes."
        )
    if len(data.targets) > 1:
        raise ModelError(
            "class_weight: the model has several outputs, expected one; use sample_weight instead."
        )
    classes = classes_of(data.targets[0])
    if isinstance(class_weight, str) and class_weight == BALANCED:
        by_class = balanced(classes)
    elif isinstance(class_weight, Mapping):
        count = max(network.output.shape[-1], 2)
        by_class = {_class_number(one, count): _weight(one, weight) for one, weight in class_weight.items()}
    else:
        raise ModelError(
            f"class_weight: got {class_weight!r}, expected weights by number of class, such as "
            "{0: 1.0, 1: 2.5}, or 'balanced'."
        )
    weights = np.ones(len(classes), np.dtype(str(network.dtype)))
    for one, weight in by_class.items():
        weights[classes == one] = weight
    return replace(data, weights=weights)


def balanced(classes: Array) -> dict[int, float]:
    """Return weights that make every class count the same: n / (classes count).

    Example:
        >>> balanced(np.array([0, 0, 0, 1]))
        {0: 0.6666666666666666, 1: 2.0}
    """
    found, counts = np.unique(classes, return_counts=True)
    return {
        int(one): len(classes) / (len(found) * int(count)) for one, count in zip(found, counts, strict=True)
    }


def classes_of(targets: Array) -> Array:
    """Return the class of each sample: its label, the largest of its codes, or its rounded probability.

    Raises:
        DataError: a target is below 0 or has more than one code a sample.

    Example:
        >>> (
        ...     classes_of(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist(),
        ...     classes_of(np.array([[0.0], [1.0]])).tolist(),
        ... )
        ([1, 0], [0, 1])
    """
    if targets.ndim > 2:
        raise DataError(f"class_weight: got targets of shape {targets.shape}, expected one class a sample.")
    if targets.ndim == 2 and targets.shape[1] > 1:
        largest: Array = targets.argmax(axis=1)
        return largest
    labels: Array = np.rint(targets.reshape(-1)).astype("int64")
    if (labels < 0).any():
        at = first_index(labels < 0)
        raise DataError(
            f"class_weight: got target {targets.reshape(-1)[at]} at {at}, expected classes from 0."
        )
    return labels


def _class_number(value: object, count: int) -> int:
    return whole_number("class_weight: class", value, 0, below=count)


def _weight(one: object, weight: object) -> float:
    check_hyperparameter("class_weight", f"{{{one}: weight}}", weight, 0.0, float("inf"))
    return float(weight)  # type: ignore[arg-type]  # known to be one
