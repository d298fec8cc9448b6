"""Constants that follow from shapes: how large they may be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiza.errors import ShapeError

MOST_ELEMENTS = 2**26
"""More would fill the memory while a graph is only drawn, as that of a file is when it is loaded."""


def check_constant_size(name: str, shape: Sequence[int]) -> None:
    """Check that a constant of this shape can be made.

    Raises:
        ShapeError: it has too many elements.

    Example:
        >>> check_constant_size("max_pooling", (28, 28))
    """
    if math.prod(shape) > MOST_ELEMENTS:
        raise ShapeError(
            f"{name}: got {' x '.join(map(str, shape))} places, expected at most {MOST_ELEMENTS} in all; "
            "make the input smaller before."
        )
