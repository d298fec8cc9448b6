"""Sequences of different lengths as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tiza.data.arguments import whole
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

_SIDES = ("pre", "post")


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: object = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> Array:
    """Return sequences of different lengths as one array, filled up with `value`.

    Shapes: sequences `(time,)` give `(samples, maxlen)`, sequences `(time, features)` give
    `(samples, maxlen, features)`. `Embedding(mask_zero=True)` and `Masking(value)` then skip what was filled.
    Arguments and defaults are those of Keras' function of this name.

    Args:
        sequences: one a sample, each a list of numbers, or an array with time first.
        maxlen: steps of the result; None takes the longest sequence's.
        dtype: of the result.
        padding: whether what is missing is filled in `pre` (before) or `post` (after) a sequence.
        truncating: whether a sequence longer than `maxlen` loses its first steps (`pre`) or its last
            (`post`).
        value: what is filled in.

    Raises:
        DataError: there are no sequences, one is no sequence of numbers, their steps differ in shape, or
            `dtype` does not hold a number.

    Example:
        >>> import tiza as tz
        >>> tz.data.pad_sequences([[1, 2, 3], [4]])
        array([[1, 2, 3],
               [0, 0, 4]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in _SIDES:
            raise DataError(f"pad_sequences: {name}: got {side!r}, expected 'pre' or 'post'.")
    arrays = _arrays(sequences)
    steps = max(map(len, arrays)) if maxlen is None else whole("pad_sequences: maxlen", maxlen)
    kind = _checked_dtype(dtype)
    _check_fits(value, kind)
    for number, values in enumerate(arrays):
        _check_held(number, values, kind)
    result = np.full((len(arrays), steps, *arrays[0].shape[1:]), value, kind)
    for line, values in zip(result, arrays, strict=True):
        kept = values[max(len(values) - steps, 0) :] if truncating == "pre" else values[:steps]
        if not len(kept):
            continue
        place = slice(steps - len(kept), steps) if padding == "pre" else slice(len(kept))
        line[place] = kept
    return result


def _arrays(sequences: Sequence[Any]) -> list[Array]:
    if isinstance(sequences, str | bytes) or not hasattr(sequences, "__len__") or not len(sequences):
        raise DataError(
            f"pad_sequences: sequences: got {sequences!r:.60}, expected a list with a sequence for each "
            "sample."
        )
    arrays: list[Array] = []
    shape: tuple[int, ...] | None = None
    for number, one in enumerate(sequences):
        values = _numbers(number, one)
        if len(values):
            shape = values.shape[1:] if shape is None else shape
            if values.shape[1:] != shape:
                raise DataError(
                    f"pad_sequences: sequence {number} has steps of shape {values.shape[1:]}, the ones "
                    f"before {shape}; expected one shape."
                )
        arrays.append(values)
    if shape is None:
        raise DataError("pad_sequences: every sequence is empty; give at least one step.")
    return [values if len(values) else np.zeros((0, *shape)) for values in arrays]


def _numbers(number: int, sequence: Any) -> Array:
    try:
        values = np.asarray(sequence)
    except ValueError:
        values = np.asarray(None)
    if values.ndim < 1 or (values.size and values.dtype.kind not in "biuf"):
        raise DataError(
            f"pad_sequences: sequence {number}: got {sequence!r:.60}, expected numbers, one for each step, "
            "or as many features for each."
        )
    return values


def _checked_dtype(dtype: object) -> np.dtype[Any]:
    try:
        kind = np.dtype(dtype)  # type: ignore[call-overload]  # what is no dtype raises
    except TypeError:
        kind = np.dtype("O")
    if kind.kind not in "biuf":
        raise DataError(f"pad_sequences: dtype: got {dtype!r}, expected that of numbers, such as 'int32'.")
    checked: np.dtype[Any] = kind
    return checked


def _check_fits(value: object, kind: np.dtype[Any]) -> None:
    try:
        same = bool(np.asarray(value).astype(kind) == value)
    except (TypeError, ValueError):
        same = False
    if not same and value == value:
        raise DataError(
            f"pad_sequences: value: got {value!r}, which {kind} does not hold; give another dtype."
        )


def _check_held(number: int, values: Array, kind: np.dtype[Any]) -> None:
    """Check that nothing of a sequence is lost in `kind`; floats may be rounded to floats."""
    with np.errstate(all="ignore"):
        held = values.astype(kind)
        if kind.kind == "f" and values.dtype.kind == "f":
            lost = np.isfinite(values) & ~np.isfinite(held)
        else:
            lost = held != values
            # whole numbers of the largest size are compared as floats, which do not tell neighbours apart
            lost |= held.astype(values.dtype) != values
    if lost.any():
        at = tuple(int(one) for one in np.argwhere(lost)[0])
        remedy = "dtype='float32' holds fractions" if values.dtype.kind == "f" else "give another dtype"
        raise DataError(
            f"pad_sequences: sequence {number}: got {values[at]} at step {at[0]}, which {kind} does not "
            f"hold; {remedy}."
        )
