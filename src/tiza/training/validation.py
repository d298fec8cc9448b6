"""Validation data of a fit: where they come from, and after which epochs they are measured."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from numbers import Real

from tiza.errors import DataError, ModelError
from tiza.nn.checks import whole_number
from tiza.nn.targets import check_finite
from tiza.training.trainer import Data


@dataclass(frozen=True, slots=True)
class Frequency:
    """After which epochs something is done: each `every`-th, or those with the given numbers, from 1.

    Example:
        >>> [epoch for epoch in range(6) if Frequency.of(2).is_due(epoch)]
        [1, 3, 5]
        >>> [epoch for epoch in range(6) if Frequency.of([1, 4]).is_due(epoch)]
        [0, 3]
    """

    every: int = 1
    numbers: frozenset[int] | None = None

    @staticmethod
    def of(wanted: object) -> Frequency:
        """Return what `validation_freq` asks for.

        Raises:
            ModelError: it is neither a whole number of at least 1 nor a list of them.
        """
        if isinstance(wanted, Collection) and not isinstance(wanted, str | bytes):
            if not wanted:
                raise ModelError(f"validation_freq: got {wanted!r}, expected the numbers of some epochs.")
            return Frequency(numbers=frozenset(whole_number("validation_freq", one) for one in wanted))
        return Frequency(whole_number("validation_freq", wanted))

    def is_due(self, epoch: int) -> bool:
        """Whether it is due after an epoch, counted from 0."""
        if self.numbers is not None:
            return epoch + 1 in self.numbers
        return (epoch + 1) % self.every == 0


@dataclass(frozen=True, slots=True)
class Validation:
    """What is measured at the end of epochs.

    Attributes:
        data: the validation data.
        batch_size: samples at once.
        steps: batches that are measured; None for all.
        frequency: after which epochs.
    """

    data: Data
    batch_size: int
    steps: int | None
    frequency: Frequency


def held_out(data: Data, fraction: object) -> tuple[Data, Data]:
    """Return the first part of the rows, for training, and the last, a fraction of them, for validation.

    As Keras: before rows are shuffled, `floor(n (1 - fraction))` for training.

    Raises:
        ModelError: the fraction is no number from 0 to below 1.
        DataError: a part would be empty, or a number of the last part is not finite.
    """
    share = float(fraction) if isinstance(fraction, Real) and not isinstance(fraction, bool) else math.nan
    if not 0.0 < share < 1.0:
        raise ModelError(f"validation_split: got {fraction!r}, expected a number from 0 to below 1.")
    first = math.floor(data.samples * (1.0 - share))
    if not 0 < first < data.samples:
        raise DataError(
            f"validation_split: got {fraction!r} for {data.samples} samples, which leaves {first} for "
            "training; give more samples or another fraction."
        )
    last = data.part(slice(first, None))
    for one in last.features:
        check_finite(f"x (rows from {first}, which validation_split holds out)", one)
    return data.part(slice(0, first)), last
