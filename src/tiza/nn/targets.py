"""Checking targets against what a loss expects: shape, labels, probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.errors import DataError
from tiza.graph.tensor_type import DType

Array = np.ndarray[Any, Any]


def first_index(bad: Array) -> tuple[int, ...]:
    """Return the first index where `bad` holds."""
    return tuple(int(one) for one in np.argwhere(bad)[0])


def check_finite(name: str, array: Array) -> None:
    """Check that every number is finite.

    Raises:
        DataError: one is not; the first is named.
    """
    finite = np.isfinite(array)
    if not finite.all():
        at = first_index(~finite)
        count = int(array.size - np.count_nonzero(finite))
        raise DataError(
            f"{name}: got {array[at]} at {at} ({count} of {array.size} numbers are not finite; shape "
            f"{array.shape}, {array.dtype}), expected finite numbers; fill or drop the gaps."
        )


def converted(name: str, array: Array, dtype: DType) -> Array:
    """Return finite numbers in another dtype.

    Raises:
        DataError: one is too large for it; the first is named.
    """
    with np.errstate(over="ignore"):
        new = array.astype(dtype)
    too_large = ~np.isfinite(new)
    if too_large.any():
        at = first_index(too_large)
        raise DataError(
            f"{name}: got {array[at]} at {at} ({array.dtype}), which is too large for {dtype}; scale the "
            "numbers, or use dtype='float64'."
        )
    return new


def check_whole_labels(targets: Array, classes: int) -> None:
    """Check that targets are whole numbers from 0 to `classes` - 1.

    Raises:
        DataError: one is not; the first is named.
    """
    if targets.dtype.kind == "f" and (fractions := targets != np.floor(targets)).any():
        at = first_index(fractions)
        raise DataError(
            f"y: got {targets[at]} at {at}, expected whole labels 0 to {classes - 1}; "
            "round them, or use mean_squared_error for a quantity."
        )
    outside = (targets < 0) | (targets >= classes)
    if outside.any():
        at = first_index(outside)
        raise DataError(
            f"y: got label {targets[at]} at {at}, expected 0 to {classes - 1} for {classes} classes; "
            "number the classes from 0, or give the last layer more units."
        )


def check_probabilities(targets: Array) -> None:
    """Check that targets lie between 0 and 1.

    Raises:
        DataError: one does not; the first is named.
    """
    outside = (targets < 0) | (targets > 1)
    if outside.any():
        at = first_index(outside)
        raise DataError(
            f"y: got {targets[at]} at {at}, expected probabilities from 0 to 1; "
            "encode classes as 0 and 1 (tz.data.one_hot), or scale the targets."
        )


def fitted_shape(targets: Array, expected: tuple[int, ...], remedy: str) -> Array:
    """Return targets with the shape `(batch, *expected)`; `(n,)` stands for `(n, 1)`, never for `(n, n)`.

    Raises:
        DataError: the shape is another.
    """
    if targets.shape[1:] == expected:
        return targets
    if expected == (1,) and targets.ndim == 1:
        return targets[:, None]
    if expected == () and targets.shape[1:] == (1,):
        return targets[:, 0]
    wanted = ", ".join(map(str, ("n", *expected))) + ("" if expected else ",")
    raise DataError(f"y: got shape {targets.shape}, expected ({wanted}); {remedy}")
