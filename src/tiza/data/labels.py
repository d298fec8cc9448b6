"""Labels: classes named by any values, numbered from 0, and back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.data.fitting import Fitter
from tiza.errors import DataError
from tiza.nn.targets import check_finite, check_whole_labels, first_index

Array = np.ndarray[Any, Any]


def class_values(values: object, name: str = "y") -> Array:
    """Return values that name classes, `(samples,)`: texts, numbers or booleans.

    Raises:
        DataError: none, a gap, texts mixed with numbers, or more than one value a sample.
    """
    array = np.asarray(values)
    if array.dtype.kind in "OUS" and not isinstance(values, np.ndarray):
        # asarray would write numbers among texts as texts
        array = np.asarray(values, dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not array.size:
        raise DataError(f"{name}: got shape {array.shape}, expected (samples,), the class of each sample.")
    if array.dtype.kind == "O":
        array = _unboxed(array, name)
    if array.dtype.kind not in "biufU":
        raise DataError(f"{name}: got dtype {array.dtype}, expected texts, whole numbers or booleans.")
    if array.dtype.kind == "f":
        check_finite(name, array)
    return array


def _unboxed(array: Array, name: str) -> Array:
    kinds = {_kind(value) for value in array.tolist()}
    if len(kinds) > 1 or None in kinds:
        wrong = np.array(
            [_kind(value) != _kind(array[0]) or _kind(value) is None for value in array.tolist()]
        )
        (at,) = first_index(wrong)
        raise DataError(
            f"{name}: got {array[at]!r} at {at} beside {array[0]!r}, expected texts, or numbers, or "
            "booleans; fill or drop gaps, and write all classes in one way."
        )
    return np.array(array.tolist())


def _kind(value: object) -> type | None:
    return next((kind for kind in (bool, str, int, float) if isinstance(value, kind)), None)


@dataclass(frozen=True, slots=True)
class LabelEncoding:
    """Classes and their numbers.

    Attributes:
        classes: the classes; the place of each is its label.
    """

    classes: tuple[Hashable, ...]

    def transform(self, values: object) -> Array:
        """Return the label of each value: `(samples,)`, int64.

        Raises:
            DataError: a value is not one of the classes.
        """
        array = class_values(values)
        places = {value: place for place, value in enumerate(self.classes)}
        labels = np.array([places.get(value, -1) for value in array.tolist()], "int64")
        if (labels < 0).any():
            (at,) = first_index(labels < 0)
            raise DataError(
                f"y: got {array[at].item()!r} at {at}, expected one of {_listed(self.classes)}; fit the "
                "labels on all the classes there are."
            )
        return labels

    def inverse_transform(self, labels: object) -> Array:
        """Return the class of each label, `(samples,)`.

        Raises:
            DataError: a label is not whole, or there is no class of that number.
        """
        array = np.asarray(labels)
        if array.dtype.kind not in "biuf":
            raise DataError(f"labels: got dtype {array.dtype}, expected whole numbers from 0.")
        if array.dtype.kind == "f":
            check_finite("labels", array)
        check_whole_labels(array, len(self.classes))
        names: Array = np.array(self.classes)[array.astype("int64")]
        return names


@dataclass(frozen=True, slots=True)
class LabelEncoder(Fitter):
    """Numbers classes from 0, in the order of their values.

    `fit` returns a new `LabelEncoding` and changes nothing, unlike scikit-learn's, whose numbers are the
    same.

    Example:
        >>> labels = LabelEncoder().fit(["dog", "cat", "dog"])
        >>> labels.classes, labels.transform(["dog", "cat"]).tolist()
        (('cat', 'dog'), [1, 0])
        >>> labels.inverse_transform([0, 1]).tolist()
        ['cat', 'dog']
    """

    def fit(self, values: object) -> LabelEncoding:
        """Return the encoding whose classes are the distinct values, sorted.

        Raises:
            DataError: `values` do not name classes.
        """
        return LabelEncoding(tuple(np.unique(class_values(values)).tolist()))


def class_weights(y: object, class_weight: str = "balanced") -> dict[Any, float]:
    """Return the weight of each class that makes rare classes count as much as frequent ones.

    weight[c] = samples / (classes * samples of class c), as scikit-learn's `compute_class_weight`. Every
    class then weighs samples / classes together, and all samples weigh as many as they are.

    Args:
        y: the class of each sample, `(samples,)`.
        class_weight: `balanced`, the only rule there is.

    Raises:
        DataError: `y` does not name classes, or the rule is another.

    Example:
        >>> class_weights([0, 0, 0, 1])
        {0: 0.6666666666666666, 1: 2.0}
    """
    if class_weight != "balanced":
        raise DataError(
            f"class_weight: got {class_weight!r}, expected 'balanced'; other weights are a dictionary that "
            "you write, such as {0: 1.0, 1: 3.0}."
        )
    classes, counts = np.unique(class_values(y), return_counts=True)
    weights = counts.sum() / (len(classes) * counts)
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def _listed(classes: tuple[Hashable, ...], most: int = 10) -> str:
    shown = ", ".join(repr(one) for one in classes[:most])
    return shown if len(classes) <= most else f"{shown} and {len(classes) - most} more"
