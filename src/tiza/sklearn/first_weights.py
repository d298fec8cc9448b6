"""First weights as scikit-learn draws them, so that a `random_state` starts the same network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LOGISTIC = ("logistic", "sigmoid")


def first_weights(
    sizes: Sequence[int], activation: object, random_state: np.random.RandomState
) -> list[tuple[Array, Array]]:
    """Return kernel and bias of each layer: U(-limit, limit), limit = sqrt(c / (fan_in + fan_out)).

    c is 6, and 2 for logistic units; biases have the limit of their kernel. Glorot and Bengio (2010).

    Args:
        sizes: numbers of units, inputs first.
        activation: of the hidden layers.
        random_state: what is drawn from, each kernel before its bias.

    Example:
        >>> ((kernel, bias),) = first_weights([2, 3], "relu", np.random.RandomState(0))
        >>> kernel.shape, bias.shape
        ((2, 3), (3,))
    """
    scale = 2.0 if isinstance(activation, str) and activation in LOGISTIC else 6.0
    drawn = []
    for fan_in, fan_out in pairwise(sizes):
        limit = math.sqrt(scale / (fan_in + fan_out))
        kernel = random_state.uniform(-limit, limit, (fan_in, fan_out))
        drawn.append((kernel, random_state.uniform(-limit, limit, fan_out)))
    return drawn
