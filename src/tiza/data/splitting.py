"""Splitting rows: into training and test rows, into folds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.data.arguments import seed_of, whole
from tiza.data.labels import class_values
from tiza.data.random import Stream
from tiza.data.tables.table import Table
from tiza.errors import DataError

Array = np.ndarray[Any, Any]

TEST_SIZE = 0.25
"""Fraction of rows that are test rows, unless told otherwise."""


def train_test_split(
    *arrays: object,
    test_size: float | None = None,
    train_size: float | None = None,
    random_state: int = 0,
    shuffle: bool = True,
    stratify: object | None = None,
) -> list[Any]:
    """Return the training rows and the test rows of each array: `[x_train, x_test, y_train, y_test, ...]`.

    Arguments and numbers of rows are those of scikit-learn's function, the chosen rows are not: they follow
    from `random_state` alone, on every machine.

    Args:
        arrays: arrays, lists or tables with equally many rows.
        test_size: how many test rows: a fraction between 0 and 1 (rounded up) or a whole number; what
            `train_size` leaves if None, or a quarter.
        train_size: how many training rows: a fraction (rounded down) or a whole number; what `test_size`
            leaves if None.
        random_state: the seed; the same one gives the same rows.
        shuffle: whether rows are chosen at random; the first are for training otherwise.
        stratify: a class for each row; both parts hold the classes in the proportions of the whole.

    Returns:
        Two parts for each array: tables for tables, new arrays for anything else.

    Raises:
        DataError: no array, numbers of rows that differ, sizes that leave a part empty or ask for too many
            rows, a class of a single row.

    Example:
        >>> x_train, x_test, y_train, y_test = train_test_split(
        ...     np.arange(16).reshape(8, 2), [0, 0, 0, 0, 1, 1, 1, 1], stratify=[0, 0, 0, 0, 1, 1, 1, 1]
        ... )
        >>> x_train.shape, x_test.shape, sorted(y_test.tolist())
        ((6, 2), (2, 2), [0, 1])
    """
    parts = [one if isinstance(one, Table) else _rows_of(place, one) for place, one in enumerate(arrays)]
    total = _common_length(parts)
    train, test = _sizes(total, test_size, train_size)
    stream = Stream.of(seed_of(random_state, "random_state"), "train_test_split")
    if not shuffle:
        if stratify is not None:
            raise DataError("stratify: got classes with shuffle=False; rows in order cannot be stratified.")
        chosen = np.arange(train), np.arange(train, train + test)
    elif stratify is None:
        order = stream.permutation(total)
        chosen = order[test : test + train], order[:test]
    else:
        chosen = _stratified(_classes_of(stratify, total, "stratify"), train, test, stream)
    return [part[rows] for part in parts for rows in chosen]


def _rows_of(place: int, values: object) -> Array:
    if hasattr(values, "columns"):
        raise DataError(
            f"array {place}: got a {type(values).__name__}; read it with tz.data.read_table first: the parts "
            "of a table are tables, which keep the names of the columns."
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"array {place}: got rows that do not make an array ({error}).") from None
    if array.ndim == 0:
        raise DataError(f"array {place}: got {values!r}, expected rows.")
    return array


def _common_length(parts: list[Any]) -> int:
    lengths = [len(part) for part in parts]
    if not lengths:
        raise DataError("arrays: got none, expected at least one, such as train_test_split(x, y).")
    if len(set(lengths)) > 1:
        raise DataError(f"arrays: got {', '.join(map(str, lengths))} rows, expected equally many in each.")
    return lengths[0]


def _sizes(total: int, test_size: float | None, train_size: float | None) -> tuple[int, int]:
    """Return the numbers of training and of test rows."""
    if test_size is None and train_size is None:
        test_size = TEST_SIZE
    test = _size("test_size", test_size, total, math.ceil)
    train = _size("train_size", train_size, total, math.floor)
    for name, size in (("test_size", test), ("train_size", train)):
        if size is not None and size > total:
            raise DataError(f"{name}: got {size} rows, expected at most {total}, as many as there are.")
    test = total - (train or 0) if test is None else test
    train = total - test if train is None else train
    if train + test > total:
        raise DataError(
            f"train_size, test_size: got {train} and {test} rows, expected at most {total} together, as many "
            "as there are."
        )
    if train < 1 or test < 1:
        raise DataError(
            f"train_size, test_size: got {train} and {test} rows of {total}, expected at least 1 in each "
            "part; give other sizes, or more rows."
        )
    return train, test


def _size(name: str, size: float | None, total: int, rounded: Any) -> int | None:
    if size is None:
        return None
    if isinstance(size, float | np.floating):
        if not 0.0 < size < 1.0:
            raise DataError(
                f"{name}: got {size}, expected a fraction between 0 and 1, or a whole number of rows."
            )
        return int(rounded(float(size) * total))
    return whole(name, size)


def _classes_of(values: object, total: int, name: str) -> Array:
    """Return the number of the class of each row, numbered as they first appear, `(rows,)`."""
    classes = class_values(values, name)
    if len(classes) != total:
        raise DataError(f"{name}: got {len(classes)} classes for {total} rows, expected one a row.")
    _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
    places: Array = np.argsort(np.argsort(first))[inverse]
    return places


def _stratified(classes: Array, train: int, test: int, stream: Stream) -> tuple[Array, Array]:
    counts = np.bincount(classes)
    if counts.min() < 2:
        row = int(np.flatnonzero(classes == counts.argmin())[0])
        raise DataError(
            f"stratify: got a class with a single row, row {row}; expected at least 2 of each, one for each "
            "part; drop the class or join it with another."
        )
    for name, size in (("train_size", train), ("test_size", test)):
        if size < len(counts):
            raise DataError(
                f"{name}: got {size} rows for {len(counts)} classes, expected at least one a class."
            )
    for_training = proportional(counts, train)
    for_test = proportional(counts - for_training, test)
    order = stream.permutation(len(classes))
    of_row = classes[order]
    place = np.empty_like(order)
    for one, count in enumerate(counts):
        place[of_row == one] = np.arange(count)
    is_training = place < for_training[of_row]
    is_test = ~is_training & (place < (for_training + for_test)[of_row])
    return order[is_training], order[is_test]


def proportional(counts: Array, drawn: int) -> Array:
    """Return how many of `drawn` rows each class gets: its share, rounded so that the sum is `drawn`.

    Shares are rounded down; the classes with the largest remainders get one more, the first of equal ones
    first.

    Example:
        >>> proportional(np.array([5, 3, 2]), 4).tolist()
        [2, 1, 1]
    """
    shares = drawn * counts
    whole_shares, remainders = np.divmod(shares, counts.sum())
    missing = drawn - int(whole_shares.sum())
    more = np.argsort(-remainders, kind="stable")[:missing]
    whole_shares[more] += 1
    given: Array = whole_shares
    return given


@dataclass(frozen=True, slots=True)
class KFold:
    """Rows in `n_splits` folds; each is the test part once, the others the training part.

    Arguments and folds are those of scikit-learn's class; shuffled rows are another order.

    Args:
        n_splits: the number of folds.
        shuffle: whether rows are shuffled first.
        random_state: the seed of the order.

    Raises:
        DataError: fewer than 2 folds, or more folds than rows.

    Example:
        >>> [(train.tolist(), test.tolist()) for train, test in KFold(2).split([10, 20, 30])]
        [([2], [0, 1]), ([0, 1], [2])]
    """

    n_splits: int = 5
    shuffle: bool = False
    random_state: int = 0

    def __post_init__(self) -> None:
        whole("n_splits", self.n_splits, 2)
        seed_of(self.random_state, "random_state")

    def split(self, x: Any, y: object | None = None) -> Iterator[tuple[Array, Array]]:
        """Yield the training rows and the test rows of each fold, as increasing whole numbers.

        Args:
            x: what has as many rows as are split.
            y: not needed here.

        Raises:
            DataError: there are fewer rows than folds.
        """
        return _parts(self._folds(_length(x, self.n_splits), y))

    def _folds(self, rows: int, y: object | None) -> Array:
        """Return the fold of each row."""
        sizes = np.full(self.n_splits, rows // self.n_splits)
        sizes[: rows % self.n_splits] += 1
        folds = np.repeat(np.arange(self.n_splits), sizes)
        return folds[_inverse(self._order(rows))] if self.shuffle else folds

    def _order(self, rows: int, of: int = 0) -> Array:
        return Stream.of(self.random_state, "folds").fold_in(of).permutation(rows)


@dataclass(frozen=True, slots=True)
class StratifiedKFold(KFold):
    """Folds as `KFold`, each with the classes in the proportions of the whole.

    Example:
        >>> folds = StratifiedKFold(2).split([0, 0, 0, 0], y=["a", "a", "b", "b"])
        >>> [test.tolist() for _, test in folds]
        [[0, 2], [1, 3]]
    """

    def _folds(self, rows: int, y: object | None) -> Array:
        if y is None:
            raise DataError("y: got None, expected the class of each row; give split(x, y).")
        classes = _classes_of(y, rows, "y")
        counts = np.bincount(classes)
        if counts.max() < self.n_splits:
            raise DataError(
                f"n_splits: got {self.n_splits}, but no class has more than {counts.max()} rows; use fewer "
                "folds."
            )
        # dealt like cards: the rows sorted by class go to the folds in turn
        dealt = np.arange(rows) % self.n_splits
        folds = np.empty(rows, "int64")
        for one, cards in enumerate(np.split(dealt, np.cumsum(counts)[:-1])):
            own = np.sort(cards)
            folds[classes == one] = own[self._order(len(own), one)] if self.shuffle else own
        return folds


def _length(x: Any, folds: int) -> int:
    try:
        rows = len(x)
    except TypeError:
        raise DataError(f"x: got {x!r}, expected what has rows: an array, a list, a table.") from None
    if rows < folds:
        raise DataError(f"n_splits: got {folds} for {rows} rows, expected at most one fold a row.")
    return rows


def _parts(folds: Array) -> Iterator[tuple[Array, Array]]:
    for one in range(int(folds.max()) + 1):
        yield np.flatnonzero(folds != one), np.flatnonzero(folds == one)


def _inverse(order: Array) -> Array:
    places: Array = np.argsort(order)
    return places
