"""Axes of a layer's inputs: counted with the batch as 0, and never the batch itself."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.errors import ModelError
from tiza.graph.tensor import Tensor
from tiza.nn.checks import whole_number
from tiza.ops.layout import reshape

MOST_AXES = 64
"""Axes that an array may have."""


def feature_axes(owner: str, axis: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """Return axes of inputs of a rank, in order, counted from the front.

    Raises:
        ModelError: one is that of the batch, or there is none such, or one is given twice.

    Example:
        >>> feature_axes("LayerNormalization", -1, 3)
        (2,)
    """
    given = tuple(axis) if isinstance(axis, Sequence) else (axis,)
    found = tuple(sorted(whole_number(f"{owner}: axis", one, -rank, below=rank) % rank for one in given))
    if 0 in found or len(set(found)) != len(found):
        raise ModelError(
            f"{owner}: got axis={axis!r} for inputs with {rank} axes, expected different axes from 1 to "
            f"{rank - 1}, or negative ones; axis 0 is the batch."
        )
    return found


def checked_axes(name: str, axis: int | Sequence[int]) -> int | tuple[int, ...]:
    """Return an axis, or several, before the rank of the inputs is known.

    Raises:
        ModelError: one is no whole number.
    """
    if not isinstance(axis, Sequence) or isinstance(axis, str):
        return whole_number(name, axis, -MOST_AXES)
    return tuple(whole_number(name, one, -MOST_AXES) for one in axis)


def along(values: Tensor, axes: Sequence[int], rank: int) -> Tensor:
    """Return `values`, one for each place along `axes`, so that they are broadcast over the others."""
    if tuple(axes) == tuple(range(rank - len(axes), rank)):
        return values
    size_of = dict(zip(axes, values.shape, strict=True))
    return reshape(values, tuple(size_of.get(one, 1) for one in range(rank)))
