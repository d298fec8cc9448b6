"""Codes for classes: one-hot and binary codes, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.data.arguments import whole
from tiza.data.checking import as_numbers
from tiza.errors import DataError
from tiza.nn.targets import check_whole_labels, first_index

Array = np.ndarray[Any, Any]

MOST_BITS = 53
"""Bits of a binary code: whole numbers of that many bits are exact in float64."""


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


def from_one_hot(codes: object) -> Array:
    """Return the labels of one-hot codes: `(samples, classes)` -> `(samples,)`, int64.

    Raises:
        DataError: a code does not hold a single 1 among zeros.

    Example:
        >>> from_one_hot([[1, 0, 0], [0, 0, 1]])
        array([0, 2])
    """
    array = _codes(codes)
    ones = np.equal(array, 1).sum(axis=-1)
    wrong = (ones != 1) | (np.equal(array, 0).sum(axis=-1) != array.shape[-1] - 1)
    if wrong.any():
        at = first_index(wrong)
        raise DataError(
            f"codes: got {array[at].tolist()} at {at}, expected one 1 among zeros; for probabilities the "
            "likeliest class is codes.argmax(axis=-1)."
        )
    labels: Array = array.argmax(axis=-1)
    return labels


def binary_codes(labels: object, bits: int | None = None, dtype: str = "float32") -> Array:
    """Return the binary digits of each label, the lowest first: `(samples,)` -> `(samples, bits)`.

    label = sum over k of code[k] * 2**k. Four bits tell ten digits apart, where one-hot takes ten numbers.

    Args:
        labels: whole numbers from 0.
        bits: how many digits; as many as the largest label needs if None.
        dtype: of the result.

    Raises:
        DataError: a label is not whole, below 0, or has more digits than `bits`.

    Example:
        >>> binary_codes([3, 4], bits=4)
        array([[1., 1., 0., 0.],
               [0., 0., 1., 0.]], dtype=float32)
    """
    array = as_numbers("labels", labels)
    needed = max(int(array.max()), 1).bit_length()
    count = whole("bits", needed if bits is None else bits, below=MOST_BITS + 1)
    check_whole_labels(array, 2**count)
    digits: Array = (array.astype("int64")[..., None] >> np.arange(count)) & 1
    return digits.astype(dtype)


def from_binary_codes(codes: object) -> Array:
    """Return the labels of binary codes, lowest digit first: `(samples, bits)` -> `(samples,)`, int64.

    Raises:
        DataError: a digit is neither 0 nor 1.

    Example:
        >>> from_binary_codes([[1, 1, 0, 0], [0, 0, 1, 0]])
        array([3, 4])
    """
    array = _codes(codes)
    whole("bits", array.shape[-1], below=MOST_BITS + 1)
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        at = first_index(wrong)
        raise DataError(
            f"codes: got {array[at]} at {at}, expected digits 0 and 1; for outputs of sigmoid units give "
            "codes > 0.5."
        )
    labels: Array = array.astype("int64") @ (1 << np.arange(array.shape[-1], dtype="int64"))
    return labels


def _codes(codes: object) -> Array:
    array = as_numbers("codes", codes)
    if array.ndim < 2:
        raise DataError(f"codes: got shape {array.shape}, expected (samples, digits); give one code a row.")
    return array
