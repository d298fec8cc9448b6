"""The vocabulary: operations on traced values, under NumPy's names.

Example:
    >>> import tiza as tz
    >>> tz.evaluate(tz.ops.softmax([0.0, 0.0]))
    array([0.5, 0.5])
"""

from tiza.graph.tensor import OPERATIONS, constant
from tiza.ops import (
    composite,
    contraction,
    convolution,
    elementwise,
    indexing,
    layout,
    pooling,
    reduction,
    resampling,
    scan,
    transposed_convolution,
)

_ROOMS = (
    composite,
    contraction,
    convolution,
    elementwise,
    indexing,
    layout,
    pooling,
    reduction,
    resampling,
    scan,
    transposed_convolution,
)

globals().update(OPERATIONS)
__all__ = ["constant", *sorted(OPERATIONS)]
