"""Composites: functions made of primitives; they have no derivative or access rule of their own."""

from __future__ import annotations

import math

from tiza.graph.tensor import Tensor, TensorLike, as_tensor, constant, operation
from tiza.ops.axes import normalize_axis
from tiza.ops.elementwise import exp, expm1, log, maximum, minimum, negative, stop_gradient, where
from tiza.ops.layout import broadcast_to, squeeze
from tiza.ops.reduction import max as maximum_over
from tiza.ops.reduction import sum as total


@operation
def relu(x: TensorLike) -> Tensor:
    """Return max(0, x); its derivative at 0 is 0."""
    return maximum(0, x)


@operation
def clip(x: TensorLike, low: TensorLike | None = None, high: TensorLike | None = None) -> Tensor:
    """Return x limited to [low, high]; None is no limit. At a limit the gradient goes to x."""
    from_below = as_tensor(x) if low is None else maximum(x, low)
    return from_below if high is None else minimum(from_below, high)


def _shifted(x: Tensor, axis: int) -> Tensor:
    """Return x minus its maximum, which changes no softmax and keeps exp from overflowing."""
    return x - stop_gradient(maximum_over(x, axis, keepdims=True))


@operation
def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Return exp(x) / sum exp(x) along `axis`."""
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim)
    powers = exp(_shifted(value, at))
    return powers / total(powers, at, keepdims=True)


@operation
def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Return x - log sum exp(x) along `axis`, which is the logarithm of softmax."""
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim)
    shifted = _shifted(value, at)
    return shifted - log(total(exp(shifted), at, keepdims=True))


@operation
def logsumexp(x: TensorLike, axis: int = -1) -> Tensor:
    """Return log sum exp(x) along `axis`."""
    value = as_tensor(x)
    at = normalize_axis(axis, value.ndim)
    largest = stop_gradient(maximum_over(value, at, keepdims=True))
    # an infinite maximum would be subtracted from itself
    shift = where(abs(largest) == math.inf, 0.0, largest)
    return squeeze(log(total(exp(value - shift), at, keepdims=True)) + shift, at)


@operation
def xlogy(x: TensorLike, y: TensorLike) -> Tensor:
    """Return x log(y), and 0 where x is 0 whatever y is; there both derivatives are 0, too."""
    weight = as_tensor(x)
    absent = weight == 0.0
    return weight * log(where(absent, 1.0, y))


@operation
def zeros_like(x: TensorLike) -> Tensor:
    """Return zeros of the shape and dtype of x."""
    value = as_tensor(x)
    return broadcast_to(constant(0, value.dtype), value.shape)


@operation
def ones_like(x: TensorLike) -> Tensor:
    """Return ones of the shape and dtype of x."""
    value = as_tensor(x)
    return broadcast_to(constant(1, value.dtype), value.shape)


@operation
def sinh(x: TensorLike) -> Tensor:
    """Return the hyperbolic sine of x, accurate near 0."""
    return (expm1(x) - expm1(negative(x))) / 2.0


@operation
def cosh(x: TensorLike) -> Tensor:
    """Return the hyperbolic cosine of x."""
    return (exp(x) + exp(negative(x))) / 2.0
