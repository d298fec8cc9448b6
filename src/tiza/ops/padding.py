"""Padding: how much stands before and after an axis so that windows fit, in Keras' words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from tiza.errors import NameNotFoundError
from tiza.graph.primitive import unknown_name
from tiza.graph.tensor import Tensor
from tiza.ops.layout import pad

Widths: TypeAlias = tuple[tuple[int, int], ...]
"""Places before and after, an axis."""


def extent(window: int, dilation: int) -> int:
    """Return how many places a window reaches over.

    Example:
        >>> extent(3, dilation=2)
        5
    """
    return (window - 1) * dilation + 1


def _valid(size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    return 0, 0


def _same(size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    positions = -(-size // stride)
    missing = max((positions - 1) * stride + extent(window, dilation) - size, 0)
    # the odd one stands behind
    return missing // 2, missing - missing // 2


def _causal(size: int, window: int, stride: int, dilation: int) -> tuple[int, int]:
    return extent(window, dilation) - 1, 0


PADDINGS: dict[str, Callable[[int, int, int, int], tuple[int, int]]] = {
    "valid": _valid,
    "same": _same,
    "causal": _causal,
}
"""Places before and after an axis of a size, for a window with its stride and dilation."""


def padding_widths(
    padding: str,
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> Widths:
    """Return how much is added before and after each axis.

    `valid` adds nothing; `same` so much that there are ceil(size / stride) windows, evenly, the odd place
    behind; `causal` all before, so that no window reaches beyond its own position.

    Raises:
        NameNotFoundError: there is no such padding.

    Example:
        >>> padding_widths("same", sizes=[28, 5], windows=[3, 2], strides=[1, 2], dilations=[1, 1])
        ((1, 1), (0, 1))
    """
    if padding not in PADDINGS:
        raise NameNotFoundError(unknown_name("padding", padding, PADDINGS))
    rule = PADDINGS[padding]
    return tuple(rule(*one) for one in zip(sizes, windows, strides, dilations, strict=True))


def padded(x: Tensor, widths: Widths) -> Tensor:
    """Return x, `(batch, ..., channels)`, with zeros before and after the axes between the two."""
    if not any(sum(one) for one in widths):
        return x
    return pad(x, ((0, 0), *widths, (0, 0)))
