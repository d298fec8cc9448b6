"""Course 003's equations of backpropagation, as they stand on its slides, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def sigma(z: Array) -> Array:
    """Return the sigmoid."""
    value: Array = 1.0 / (1.0 + np.exp(-z))
    return value


def gradients_of_the_course(
    x: Array, y: Array, kernels: Sequence[Array], biases: Sequence[Array]
) -> list[Array]:
    """Return dC/dW and dC/db of each layer for one sample, C = 1/2 |y' - y|^2.

    X_i = sigma(X_{i-1} W^i + b^i); delta^L = (y' - y) o sigma'(z^L); delta^l = (delta^{l+1} (W^{l+1})^T) o
    sigma'(z^l); dC/db_j = delta_j; dC/dw_jk = a_j delta_k.
    """
    sent = [x]
    for kernel, bias in zip(kernels, biases, strict=True):
        sent.append(sigma(sent[-1] @ kernel + bias))
    delta = (sent[-1] - y) * sent[-1] * (1.0 - sent[-1])
    found: list[Array] = []
    for layer in reversed(range(len(kernels))):
        found = [np.outer(sent[layer], delta), delta, *found]
        delta = (delta @ kernels[layer].T) * sent[layer] * (1.0 - sent[layer])
    return found
