"""Axis arguments: negative axes, one axis or several, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from tiza.errors import ShapeError


def normalize_axis(axis: int, rank: int) -> int:
    """Return `axis` counted from the front.

    Raises:
        ShapeError: there is no such axis.

    Example:
        >>> normalize_axis(-1, 3)
        2
    """
    if not -rank <= index(axis) < rank:
        raise ShapeError(f"axis: got {axis}, expected -{rank} to {rank - 1} for a value with {rank} axes.")
    return index(axis) % rank


def normalize_axes(axes: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Return `axes` counted from the front, in order; None means all.

    Raises:
        ShapeError: there is no such axis, or one is named twice.
    """
    if axes is None:
        return tuple(range(rank))
    listed = tuple(axes) if isinstance(axes, Sequence) else (axes,)
    normal = tuple(normalize_axis(axis, rank) for axis in listed)
    if len(set(normal)) != len(normal):
        raise ShapeError(f"axes: {listed} names an axis twice; name each once.")
    return tuple(sorted(normal))


def without_axes(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Return `shape` with `axes` removed."""
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)
