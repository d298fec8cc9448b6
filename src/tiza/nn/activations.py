"""Activations: functions from what a unit receives to what it sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tiza.graph.tensor import Tensor
from tiza.nn.registry import find
from tiza.ops.composite import relu, softmax
from tiza.ops.elementwise import identity, sigmoid, tanh

ActivationFunction: TypeAlias = Callable[[Tensor], Tensor]

ACTIVATIONS: dict[str, ActivationFunction] = {
    "identity": identity,
    "linear": identity,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": tanh,
}


def activation(name_or_function: str | ActivationFunction | None) -> ActivationFunction:
    """Return an activation by name, or the function itself; None is the identity.

    Raises:
        NameNotFoundError: no activation has that name.

    Example:
        >>> activation("relu").__name__
        'relu'
    """
    if name_or_function is None:
        return identity
    if callable(name_or_function):
        return name_or_function
    return find("activation", name_or_function, ACTIVATIONS)


def activation_name(function: ActivationFunction) -> str:
    """Return the name of an activation."""
    return getattr(function, "__name__", type(function).__name__)
