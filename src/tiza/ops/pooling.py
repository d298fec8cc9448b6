"""Pooling: the largest or the mean value of every window, channel by channel."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from tiza.errors import ShapeError
from tiza.graph.tensor import Tensor, TensorLike, as_tensor, constant, operation
from tiza.ops.constants import check_constant_size
from tiza.ops.convolution import PER_AXIS, each_axis
from tiza.ops.elementwise import where
from tiza.ops.layout import windows
from tiza.ops.padding import Widths, padded, padding_widths
from tiza.ops.reduction import max as maximum_over
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, np.dtype[np.float64]]


@operation
def max_pooling(
    x: TensorLike, sizes: PER_AXIS, strides: PER_AXIS | None = None, padding: str = "valid"
) -> Tensor:
    """Return the largest of every window: y[b,p,q,c] = max over i, j of x[b, p s + i, q s + j, c].

    The gradient goes to the first maximum of a window. What `same` padding adds is never the largest.

    Shapes: x `(batch, height, width, channels)`, or `(batch, steps, channels)`; result
    `(batch, positions, ..., channels)`.

    Args:
        x: the signals or images, channels last.
        sizes: of the window, one number or one an axis.
        strides: from one window to the next; None for the sizes, so that windows do not overlap.
        padding: `valid`, or `same`, with which there are ceil(size / stride) windows an axis.

    Raises:
        ShapeError: x has neither 3 nor 4 axes, a window does not fit, or there are too many places.
        NameNotFoundError: there is no such padding.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.max_pooling([[[1.0], [5.0], [2.0], [3.0]]], 2)).ravel()
        array([5., 3.])
    """
    value = as_tensor(x)
    window, steps, widths = _sliding(value, sizes, strides, padding)
    return maximum_over(_seen(_surrounded(value, widths), window, steps), _places(value))


@operation
def average_pooling(
    x: TensorLike, sizes: PER_AXIS, strides: PER_AXIS | None = None, padding: str = "valid"
) -> Tensor:
    """Return the mean of every window: y[b,p,q,c] = mean over i, j of x[b, p s + i, q s + j, c].

    What `same` padding adds is not counted. Shapes, arguments and errors are those of `max_pooling`.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.ops.average_pooling([[[1.0], [5.0], [3.0]]], 2, padding="same")).ravel()
        array([3., 3.])
    """
    value = as_tensor(x)
    window, steps, widths = _sliding(value, sizes, strides, padding)
    seen = _seen(padded(value, widths), window, steps)
    if not any(map(sum, widths)):
        return mean(seen, _places(value))
    check_constant_size("average_pooling", seen.shape[1 : value.ndim - 1])
    counts = reduce(
        np.multiply.outer,
        [_counts(*one) for one in zip(value.shape[1:-1], window, steps, widths, strict=True)],
    )
    return total(seen, _places(value)) / constant(counts[..., None], value.dtype)


def _sliding(
    x: Tensor, sizes: PER_AXIS, strides: PER_AXIS | None, padding: str
) -> tuple[tuple[int, ...], tuple[int, ...], Widths]:
    """Return sizes, strides and padding of every axis between batch and channels."""
    if x.ndim not in (3, 4):
        raise ShapeError(
            f"got shape {x.shape}, expected (batch, steps, channels) or (batch, height, width, channels)."
        )
    axes = x.ndim - 2
    window = each_axis("sizes", sizes, axes)
    steps = window if strides is None else each_axis("strides", strides, axes)
    return window, steps, padding_widths(padding, x.shape[1:-1], window, steps, (1,) * axes)


def _seen(x: Tensor, window: tuple[int, ...], strides: tuple[int, ...]) -> Tensor:
    return windows(x, range(1, x.ndim - 1), window, strides)


def _places(x: Tensor) -> tuple[int, ...]:
    """Return the axes of the places within a window, in the view of windows."""
    return tuple(range(x.ndim, 2 * x.ndim - 2))


def _surrounded(x: Tensor, widths: Widths) -> Tensor:
    """Return x with -inf before and after its axes, which is no maximum."""
    if not any(map(sum, widths)):
        return x
    around = padded(x, widths)
    check_constant_size("max_pooling", around.shape[1:-1])
    inside = np.pad(np.ones(x.shape[1:-1], "bool"), widths)
    return where(constant(inside[..., None]), around, -math.inf)


def _counts(size: int, window: int, stride: int, widths: tuple[int, int]) -> Array:
    """Return how many places of each window are not padding."""
    before, after = widths
    starts = np.arange(-before, size + after - window + 1, stride)
    return (np.minimum(starts + window, size) - np.maximum(starts, 0)).astype("float64")
