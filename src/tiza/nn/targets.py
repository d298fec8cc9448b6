"""Targets: the kinds that losses take, and checking what a user gives against them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.errors import DataError
from tiza.graph.tensor_type import DType, TensorType, as_dtype

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


LARGEST_ERROR_OF_SUM = 1e-2
"""How far probabilities may be from adding up to 1: rounding, in float16 too."""


def check_probabilities(targets: Array) -> None:
    """Check that targets lie between 0 and 1.

    Raises:
        DataError: one does not; the first is named.
    """
    outside = (targets < 0) | (targets > 1)
    if outside.any():
        at = first_index(outside)
        raise DataError(
            f"y: got {targets[at]} at {at}, expected probabilities from 0 to 1; two classes are 0 and 1, "
            "more of them go with one softmax unit each and sparse_categorical_crossentropy, a quantity with "
            "mean_squared_error."
        )


def check_classes(targets: Array) -> None:
    """Check that targets, the last axis being the class, are probabilities that add up to 1.

    Raises:
        DataError: they do not; the first sample is named.
    """
    check_probabilities(targets)
    sums = targets.sum(axis=-1, dtype="float64")
    wrong = np.abs(sums - 1.0) > LARGEST_ERROR_OF_SUM
    if wrong.any():
        at = first_index(wrong)
        raise DataError(
            f"y: got probabilities at {at} that add up to {sums[at]:g}, expected 1: one class a sample; "
            "several classes at once go with sigmoid and binary_crossentropy, samples that are not to count "
            "with sample_weight 0."
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


def check_non_negative(targets: Array) -> None:
    """Check that no target is negative.

    Raises:
        DataError: one is; the first is named.
    """
    if (targets < 0).any():
        at = first_index(targets < 0)
        raise DataError(
            f"y: got {targets[at]} at {at}, expected numbers from 0 on; shift the targets, or use "
            "mean_squared_error, which takes any."
        )


def check_signs(targets: Array) -> None:
    """Check that targets are -1 and 1, or 0 and 1.

    Raises:
        DataError: one is something else (it is named), or all three occur.
    """
    outside = (targets != -1) & (targets != 0) & (targets != 1)
    if outside.any():
        at = first_index(outside)
        raise DataError(
            f"y: got {targets[at]} at {at}, expected -1 and 1, or 0 and 1; encode the two classes."
        )
    if (targets == 0).any() and (targets == -1).any():
        at = first_index(targets == 0)
        raise DataError(
            f"y: got 0 at {at} and -1 elsewhere, expected -1 and 1, or 0 and 1; one must stand for no."
        )


def check_nothing(targets: Array) -> None:
    """Take any finite numbers."""


def as_expected(targets: Array, expected: TensorType, remedy: str) -> Array:
    """Return targets in the sample shape and dtype of `expected`; errors name indices of what was given."""
    shape = fitted_shape(targets, expected.shape[1:], remedy).shape
    return converted("y", targets, expected.dtype).reshape(shape)


@dataclass(frozen=True, slots=True)
class TargetKind:
    """What a loss takes as targets.

    Attributes:
        name: what it is called.
        description: what it is, in words.
        remedy: what to do when the shape is another.
        check: raises a DataError where values do not fit.
    """

    name: str
    description: str
    remedy: str
    check: Callable[[Array], None] = check_nothing

    def type_for(self, outputs: TensorType) -> TensorType:
        """Return the type of targets for outputs of a type: theirs."""
        return outputs

    def remedy_for(self, targets: Array, outputs: TensorType) -> str:
        """Return what to do when the shape is another: outputs may have kept the axes of the features.

        Example:
            >>> print(LABELS.remedy_for(np.zeros(5), TensorType((5, 28, 10), as_dtype("float32"))))
            the output is (28, 10) a sample; for one target a sample put Flatten() before the Dense layers.
        """
        if outputs.rank > 2 and targets.shape[1:] in ((), (1,), outputs.shape[-1:]):
            sample = ", ".join(map(str, outputs.shape[1:]))
            return (
                f"the output is ({sample}) a sample; for one target a sample put Flatten() before the Dense "
                "layers."
            )
        return self.remedy

    def checked(self, targets: Array, outputs: TensorType) -> Array:
        """Return what the user gives as the array that the loss reads.

        Raises:
            DataError: shape or values do not fit.
        """
        fitted = as_expected(targets, outputs, self.remedy_for(targets, outputs))
        self.check(targets)
        return fitted


@dataclass(frozen=True, slots=True)
class LabelKind(TargetKind):
    """Whole labels: one fewer axis than the outputs, whose last axis is the class."""

    def type_for(self, outputs: TensorType) -> TensorType:
        """Return int32 labels."""
        return TensorType(outputs.shape[:-1], as_dtype("int32"))

    def checked(self, targets: Array, outputs: TensorType) -> Array:
        """Return whole labels as int32.

        Raises:
            DataError: shape or values do not fit.
        """
        fitted = fitted_shape(targets, outputs.shape[1:-1], self.remedy_for(targets, outputs))
        check_whole_labels(targets, outputs.shape[-1])
        return fitted.astype("int32")  # whole and small, as was checked


NUMBERS = TargetKind(
    "numbers",
    "numbers, shaped as the output",
    "encode labels with tz.data.one_hot, or change the number of units of the last layer.",
)
NON_NEGATIVE = TargetKind(
    "non-negative numbers",
    "numbers from 0 on, shaped as the output",
    "give one number a unit, or change the number of units of the last layer.",
    check_non_negative,
)
PROBABILITIES = TargetKind(
    "probabilities",
    "0 to 1, shaped as the output",
    "give one column a unit (tz.data.one_hot for classes), or use one sigmoid unit for two classes, or "
    "softmax with sparse_categorical_crossentropy for whole labels.",
    check_probabilities,
)
CLASSES = TargetKind(
    "classes",
    "one-hot, or probabilities of classes, shaped as the output",
    "use sparse_categorical_crossentropy for whole labels, or encode them with tz.data.one_hot.",
    check_classes,
)
SIGNS = TargetKind(
    "signs",
    "-1 and 1, or 0 and 1, shaped as the output",
    "give one column a unit, or change the number of units of the last layer.",
    check_signs,
)
LABELS = LabelKind(
    "labels",
    "whole labels, one a sample",
    "give one whole label a sample, or use categorical_crossentropy for one-hot targets.",
)
