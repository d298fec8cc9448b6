"""Checking what a model is given: numbers, shapes, lengths, and bringing numbers to one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from tiza.errors import DataError
from tiza.graph.tensor_type import DType, Shape
from tiza.nn.targets import check_finite, converted, first_index

Array = np.ndarray[Any, Any]


def numbers(name: str, values: object) -> Array:
    """Return `values` as an array of numbers, which may not be finite.

    Raises:
        DataError: they are not numbers, or there are none.
    """
    _check_no_mask(name, values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{name}: got rows that do not make an array{_unequal(values, error)}") from None
    if array.dtype.kind not in "buif":
        raise DataError(
            f"{name}: got dtype {array.dtype}, expected numbers; encode texts and categories as numbers."
        )
    if array.ndim == 0 or array.shape[0] == 0:
        raise DataError(f"{name}: got shape {array.shape}, which holds no sample; give at least one.")
    if array.size == 0:
        axis = array.shape.index(0)
        raise DataError(
            f"{name}: got shape {array.shape}, whose samples hold nothing: axis {axis} has size 0; give at "
            "least one step or feature."
        )
    return array


def _unequal(values: object, error: ValueError) -> str:
    """Return why samples do not make an array: the first that is unlike the one before it."""
    try:
        shapes = [np.shape(one) for one in values]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return f" ({error}); give rows of equal length."
    at = next((at for at in range(1, len(shapes)) if shapes[at] != shapes[at - 1]), 0)
    if not at:
        return f" ({error}); give rows of equal length."
    remedy = "give samples of one shape"
    if shapes[at][1:] == shapes[at - 1][1:]:
        remedy += ": tz.data.pad_sequences makes sequences equally long"
    return f": sample {at - 1} has shape {shapes[at - 1]}, sample {at} {shapes[at]}; {remedy}."


def _check_no_mask(name: str, values: object) -> None:
    """Check that nothing is masked: what lies below a mask is no number of the user's.

    Raises:
        DataError: something is; the first is named.
    """
    if isinstance(values, np.ma.MaskedArray) and (masked := np.ma.getmaskarray(values)).any():
        raise DataError(
            f"{name}: {np.count_nonzero(masked)} of {masked.size} numbers are masked, the first at "
            f"{first_index(masked)}; fill them ({name}.filled(...)), or leave out the samples that have them."
        )


def as_numbers(name: str, values: object) -> Array:
    """Return `values` as an array of finite numbers.

    Raises:
        DataError: they are not numbers, there are none, or one is not finite.
    """
    array = numbers(name, values)
    if array.dtype.kind == "f":
        check_finite(name, array)
    return array


def shaped_features(values: object, sample_shape: Shape, dtype: DType, name: str = "x") -> Array:
    """Return features as `(samples, *sample_shape)`; uint8 stays, the rest becomes `dtype`.

    Numbers that are `dtype` already are not looked at: who reads them sees whether they are finite.

    Raises:
        DataError: not numbers, empty, another shape, or not finite when brought to `dtype`.
    """
    array = _of_shape(values, sample_shape, name)
    if array.dtype in (np.dtype("uint8"), dtype):
        return array
    return converted(name, as_numbers(name, array), dtype)


def _of_shape(values: object, sample_shape: Shape, name: str) -> Array:
    """Return numbers as `(samples, *sample_shape)`.

    Raises:
        DataError: not numbers, empty, or another shape.
    """
    array = numbers(name, values)
    if array.shape[1:] == sample_shape:
        return array
    if sample_shape == (1,) and array.ndim == 1:
        return array[:, None]
    sample = f"{name}[None]" if isinstance(values, np.ndarray) else f"[{name}]"
    raise DataError(_shape_message(name, array.shape, sample_shape, sample))


def checked_ids(values: object, sample_shape: Shape, below: int, layer: str, name: str = "x") -> Array:
    """Return ids as `(samples, *sample_shape)`, int32.

    Raises:
        DataError: not numbers, empty, another shape, not whole, below 0, or not below `below`; the first
            such id is named.

    Example:
        >>> checked_ids([[0.0, 2.0]], (2,), 3, "embedding")
        array([[0, 2]], dtype=int32)
    """
    array = _of_shape(values, sample_shape, name)
    # not a number is not whole either
    wrong = (array != np.floor(array)) | (array < 0) | (array >= below)
    if wrong.any():
        at = first_index(wrong)
        raise DataError(
            f"{name}: got the id {array[at]} at {at}, expected whole numbers from 0 to {below - 1}: layer "
            f"{layer!r} has {below} of them; change the data, or its input_dim."
        )
    return array.astype(np.int32)


def checked_features(values: object, sample_shape: Shape, dtype: DType, name: str = "x") -> Array:
    """Return features as `shaped_features` does, all of them finite.

    Raises:
        DataError: not numbers, not finite, empty, or another shape.
    """
    return as_numbers(name, shaped_features(values, sample_shape, dtype, name))


def _shape_message(name: str, shape: Shape, sample_shape: Shape, as_batch: str) -> str:
    expected = ", ".join(map(str, ("n", *sample_shape)))
    if shape == sample_shape:
        remedy = f"that is one sample; give {as_batch} for a batch of one."
    elif shape[1:] == (sample_shape[-1], *sample_shape[:-1]) and len(sample_shape) > 1:
        remedy = f"the last axis stands first in each sample; move it: np.moveaxis({name}, 1, -1)."
    elif sorted(shape[1:]) == sorted(sample_shape):
        remedy = "the axes stand in another order; bring them into this one with np.transpose."
    elif np.prod(shape[1:]) == np.prod(sample_shape):
        remedy = f"reshape it: {name}.reshape(({', '.join(map(str, (-1, *sample_shape)))}))."
    else:
        remedy = "change the data or the model's Input."
    return f"{name}: got shape {shape}, expected ({expected}); {remedy}"


def check_lengths(**arrays: Array | None) -> int:
    """Return the number of samples.

    Raises:
        DataError: the arrays do not hold equally many.
    """
    lengths = {name: array.shape[0] for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(f"numbers of samples differ: {listed}; expected one target a sample.")
    return int(next(iter(lengths.values())))


def checked_sample_weight(values: object | None, samples: int, dtype: DType) -> Array | None:
    """Return sample weights as `(samples,)`, none below 0.

    Raises:
        DataError: another shape or length, or a negative weight.
    """
    if values is None:
        return None
    weights = converted("sample_weight", as_numbers("sample_weight", values), dtype)
    if weights.shape != (samples,):
        raise DataError(f"sample_weight: got shape {weights.shape}, expected ({samples},), one a sample.")
    below = np.less(weights, 0)
    if below.any():
        at = first_index(below)
        raise DataError(f"sample_weight: got {weights[at]} at {at}, expected none below 0.")
    return weights
