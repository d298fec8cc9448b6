"""Clipping: gradients kept from growing without limit; a direction is kept where a norm is clipped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from tiza.graph.tensor import Tensor
from tiza.ops.composite import clip
from tiza.ops.elementwise import add, maximum, sqrt
from tiza.ops.reduction import sum as total


def squared_norm(gradient: Tensor) -> Tensor:
    """Return the sum of squares of a gradient's elements, a scalar."""
    return total(gradient * gradient)


def norm_of(squared_norms: Sequence[Tensor]) -> Tensor:
    """Return the norm of several gradients together: sqrt(sum of their squared norms)."""
    return sqrt(reduce(add, squared_norms))


def clipped_by_norm(gradient: Tensor, norm: Tensor, limit: float) -> Tensor:
    """Return g limit / max(norm, limit): the gradient as it is while its norm is within the limit."""
    return gradient * (limit / maximum(norm, limit))


def clipped_by_value(gradient: Tensor, limit: float) -> Tensor:
    """Return every element brought into [-limit, limit]."""
    return clip(gradient, -limit, limit)
