"""Resampling: an axis made longer by a whole factor, by repetition or by interpolation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tiza.errors import NameNotFoundError, ShapeError
from tiza.graph.primitive import unknown_name
from tiza.graph.tensor import Tensor, TensorLike, as_tensor, constant, operation
from tiza.ops.axes import normalize_axis
from tiza.ops.constants import check_constant_size
from tiza.ops.contraction import contract
from tiza.ops.layout import broadcast, reshape

Array = np.ndarray[Any, np.dtype[np.float64]]


@operation
def repeat(x: TensorLike, repeats: int, axis: int) -> Tensor:
    """Return every element `repeats` times, one behind another, along `axis`.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.repeat([1.0, 2.0], 2, axis=0))
        array([1., 1., 2., 2.])
    """
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim)
    if repeats < 1:
        raise ShapeError(f"repeat: got repeats={repeats}, expected at least 1.")
    before, after = value.shape[: at + 1], value.shape[at + 1 :]
    kept = (*range(at + 1), *range(at + 2, value.ndim + 1))
    longer = broadcast(value, (*before, repeats, *after), kept) if repeats > 1 else value
    return reshape(longer, (*value.shape[:at], value.shape[at] * repeats, *after))


def _linear(distance: Array) -> Array:
    return np.maximum(0.0, 1.0 - distance)


def _cubic(distance: Array) -> Array:
    """Keys (1981), a = -1/2."""
    near = (1.5 * distance - 2.5) * distance * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return np.where(distance < 1.0, near, np.where(distance < 2.0, far, 0.0))


def _lanczos(radius: int) -> Callable[[Array], Array]:
    def weight(distance: Array) -> Array:
        inside = np.sinc(distance) * np.sinc(distance / radius)
        return np.where(distance <= radius, inside, 0.0)

    return weight


INTERPOLATIONS: dict[str, Callable[[Array], Array]] = {
    "bilinear": _linear,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
"""How much an element counts at a distance, before the weights of a new element are made to add up to 1."""


def interpolation_weights(size: int, factor: int, interpolation: str) -> Array:
    """Return how much each element counts for each new one, `(size * factor, size)`.

    Elements stand at the centres of their cells: new element p is at (p + 1/2) / factor - 1/2. Beyond the
    ends there is nothing, and what is left of the weights adds up to 1.

    Raises:
        NameNotFoundError: there is no such interpolation.
        ShapeError: there are too many weights.

    Example:
        >>> interpolation_weights(2, 2, "bilinear")
        array([[1.  , 0.  ],
               [0.75, 0.25],
               [0.25, 0.75],
               [0.  , 1.  ]])
    """
    if interpolation not in INTERPOLATIONS:
        raise NameNotFoundError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    check_constant_size("interpolate", (size * factor, size))
    places = (np.arange(size * factor) + 0.5) / factor - 0.5
    weights = INTERPOLATIONS[interpolation](np.abs(places[:, None] - np.arange(size)))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


@operation
def interpolate(x: TensorLike, factor: int, axis: int, interpolation: str = "bilinear") -> Tensor:
    """Return x with `factor` times as many elements along `axis`: y[p] = sum over i of w[p,i] x[i].

    Raises:
        NameNotFoundError: there is no such interpolation.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.interpolate([0.0, 4.0], 2, axis=0))
        array([0., 1., 3., 4.])
    """
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim)
    if factor < 1:
        raise ShapeError(f"interpolate: got factor={factor}, expected at least 1.")
    weights = constant(interpolation_weights(value.shape[at], factor, interpolation), value.dtype)
    labels = "abcdefgh"[: value.ndim]
    result = f"{labels[:at]}p{labels[at + 1 :]}"
    return contract(weights, value, f"p{labels[at]}", labels, result)
