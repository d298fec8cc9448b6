"""Codes for classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.data.checking import as_numbers
from tiza.nn.targets import check_whole_labels

Array = np.ndarray[Any, Any]


def one_hot(labels: object, classes: int | None = None, dtype: str = "float32") -> Array:
    """Return a vector a label with a 1 at its place: `(samples,)` -> `(samples, classes)`.

    Args:
        labels: whole numbers from 0.
        classes: how many there are; the largest label plus 1 if None.
        dtype: of the result.

    Raises:
        DataError: a label is not whole, or not below `classes`.

    Example:
        >>> one_hot([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    array = as_numbers("labels", labels)
    count = int(array.max()) + 1 if classes is None else classes
    check_whole_labels(array, count)
    codes: Array = np.equal(array[..., None], np.arange(count))
    return codes.astype(dtype)
