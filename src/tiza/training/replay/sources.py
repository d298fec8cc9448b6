"""Where the data of a step come from again: a copy of few, a weak reference to many and what tells them."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from tiza.errors import DataError, ModelError
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]

MOST_COPIED = 2**20
"""Bytes of features and targets that are copied at most; of more, somebody else keeps them."""

MOST_HASHED = 2**16
"""Bytes of an array that its digest is made of: all of them, or rows that lie equally far apart."""

HEAD = 4096
"""Bytes that are compared first."""

FEW_PARTS = 64
"""A list of more parts is a list of numbers, not of arrays."""


@dataclass(frozen=True, slots=True)
class Given:
    """What training was given, as it was given.

    Attributes:
        x: features.
        y: targets.
        held_out: the fraction of the last rows that were not trained on.
    """

    x: object
    y: object
    held_out: float = 0.0


Prepare: TypeAlias = Callable[[Given], Data]
"""Makes of what a user gives the features and targets that steps read."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Few data, copied: whatever becomes of those that training was given."""

    data: Data
    held_out: float

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(one.nbytes for one in self.data.blocks)

    def again(self, given: Given | None, prepare: Prepare) -> Data:
        """Return the data.

        Raises:
            DataError: others are given.
        """
        if given is not None:
            found = prepare(replace(given, held_out=self.held_out))
            for name, one, expected in zip(names_of(found), _arrays(found), _arrays(self.data), strict=True):
                _check_same(name, one, expected)
        return self.data

    def is_same(self, other: Source | None) -> bool:
        """Whether another has the same data."""
        return (
            isinstance(other, Copied)
            and len(self.data.blocks) == len(other.data.blocks)
            and self.held_out == other.held_out
            and all(map(_same_bits, self.data.blocks, other.data.blocks))
        )


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells an array from another.

    Attributes:
        shape: its shape.
        dtype: its dtype.
        digest: BLAKE2b of its bytes, or of those of some rows.
    """

    shape: tuple[int, ...]
    dtype: str
    digest: bytes

    @staticmethod
    def of(array: Array) -> Fingerprint:
        """Return an array's fingerprint: of a large one, of rows that lie equally far apart."""
        rows = len(array)
        count = max(1, min(rows, MOST_HASHED * rows // max(array.nbytes, 1)))
        chosen = array if count == rows else array[np.linspace(0, rows - 1, count).astype("int64")]
        digest = hashlib.blake2b(np.ascontiguousarray(chosen).tobytes(), digest_size=16).digest()
        return Fingerprint(array.shape, str(array.dtype), digest)


@dataclass(frozen=True, slots=True)
class Referenced:
    """Many data, which somebody else keeps.

    Attributes:
        x: gives the features as training was given them; None if they are gone.
        y: the same of the targets.
        held_out: the fraction of the last rows that were not trained on.
        fingerprints: of each array that steps read.
        weights: a copy of the weights of samples.
    """

    x: Callable[[], Any]
    y: Callable[[], Any]
    held_out: float
    fingerprints: tuple[Fingerprint, ...]
    weights: Array | None

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return 0 if self.weights is None else self.weights.nbytes

    def again(self, given: Given | None, prepare: Prepare) -> Data:
        """Return the data, as far as fingerprints tell.

        Raises:
            ModelError: they are gone, and no others are given.
            DataError: they have changed, or others are given.
        """
        x, y = (self.x(), self.y()) if given is None else (given.x, given.y)
        if x is None or y is None:
            name = "x" if x is None else "y"
            raise ModelError(
                f"the {name} that it was trained on is no longer there, and was too large for a copy; pass "
                "the same x and y again: model.replay(step, x, y)."
            )
        data = prepare(Given(x, y, self.held_out))
        for name, one, expected in zip(names_of(data), _arrays(data), self.fingerprints, strict=True):
            _check_known(name, one, expected)
        return replace(data, weights=self.weights)

    def is_same(self, other: Source | None) -> bool:
        """Whether another has the same data."""
        return (
            isinstance(other, Referenced)
            and self.x() is other.x()
            and self.y() is other.y()
            and (self.held_out, self.fingerprints) == (other.held_out, other.fingerprints)
            and (self.weights is None) == (other.weights is None)
            and (self.weights is None or other.weights is None or _same_bits(self.weights, other.weights))
        )


@dataclass(frozen=True, slots=True)
class Lost:
    """Data of steps that cannot be taken again, and why."""

    reason: str
    nbytes: int = 0

    def again(self, given: Given | None, prepare: Prepare) -> Data:
        """Refuse.

        Raises:
            ModelError: always.
        """
        raise ModelError(self.reason)

    def is_same(self, other: Source | None) -> bool:
        """Whether another is lost for the same reason."""
        return self == other


Source: TypeAlias = Copied | Referenced | Lost


def source_of(data: Data, given: Given, room: int = MOST_COPIED) -> Source:
    """Return where the data of a training come from again; what is copied has `room` bytes."""
    if sum(one.nbytes for one in _arrays(data)) <= min(room, MOST_COPIED):
        features, targets = (tuple(map(_copy, arrays)) for arrays in (data.features, data.targets))
        return Copied(Data(features, targets, _copied_weights(data)), given.held_out)
    prints = tuple(map(Fingerprint.of, _arrays(data)))
    return Referenced(reference(given.x), reference(given.y), given.held_out, prints, _copied_weights(data))


def reference(value: object) -> Callable[[], Any]:
    """Return what gives a value as long as somebody else keeps it, and None afterwards.

    Lists and dictionaries of arrays are made anew of their parts; of numbers they are not referred to.

    Example:
        >>> x = np.zeros(3)
        >>> found = reference(x)
        >>> found() is x
        True
        >>> del x
        >>> print(found())
        None
    """
    if isinstance(value, list | tuple | dict):
        if len(value) > FEW_PARTS:
            return _nothing
        parts = {
            key: reference(one)
            for key, one in (value.items() if isinstance(value, dict) else enumerate(value))
        }
        return _Parts(isinstance(value, dict), parts)
    try:
        return weakref.ref(value)
    except TypeError:
        return _nothing


def _nothing() -> None:
    """Return None: what nobody else keeps."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """References to the parts of a list or a dictionary."""

    named: bool
    parts: Mapping[Any, Callable[[], Any]]

    def __call__(self) -> Any:
        """Return the parts together, or None if one is gone."""
        found = {key: one() for key, one in self.parts.items()}
        if any(one is None for one in found.values()):
            return None
        return found if self.named else list(found.values())


def names_of(data: Data) -> list[str]:
    """Return what errors call features and targets."""
    return [
        name if len(arrays) == 1 else f"{name}[{number}]"
        for name, arrays in (("x", data.features), ("y", data.targets))
        for number in range(len(arrays))
    ]


def _arrays(data: Data) -> tuple[Array, ...]:
    return (*data.features, *data.targets)


def _copy(array: Array) -> Array:
    return np.array(array, order="C")


def _copied_weights(data: Data) -> Array | None:
    return None if data.weights is None else _copy(data.weights)


def _same_bits(one: Array, other: Array) -> bool:
    if (one.shape, one.dtype) != (other.shape, other.dtype):
        return False
    ours, theirs = (each.reshape(-1).view("uint8") for each in (one, other))
    # what differs mostly does so at once
    return all(np.array_equal(ours[part], theirs[part]) for part in (slice(0, HEAD), slice(HEAD, None)))


def _check_form(name: str, found: Array, shape: tuple[int, ...], dtype: str) -> None:
    if found.shape != shape:
        raise DataError(f"{name}: got shape {found.shape}, but the step was trained on one of {shape}.")
    if str(found.dtype) != dtype:
        raise DataError(f"{name}: got dtype {found.dtype}, but the step was trained on {dtype}.")


def _check_same(name: str, found: Array, expected: Array) -> None:
    """Check data against a copy of those that were trained on."""
    _check_form(name, found, expected.shape, str(expected.dtype))
    # not by value: 0 and -0 are two
    ours, theirs = (
        one.reshape(-1).view("uint8").reshape(one.size, one.itemsize) for one in (_copy(found), expected)
    )
    differs = (ours != theirs).any(axis=1)
    if differs.any():
        at = tuple(int(one) for one in np.unravel_index(int(differs.argmax()), expected.shape))
        raise DataError(
            f"{name}: got {found[at]!s} at {at}, but the step was trained on {expected[at]!s} there; leave x "
            "and y out: the model has a copy of those."
        )


def _check_known(name: str, found: Array, expected: Fingerprint) -> None:
    """Check data against a fingerprint of those that were trained on."""
    _check_form(name, found, expected.shape, expected.dtype)
    if Fingerprint.of(found) != expected:
        raise DataError(
            f"{name}: its contents are others than those that the step was trained on; pass the data as they "
            "were: model.replay(step, x, y)."
        )
