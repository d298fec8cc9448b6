"""Splitting and batching: every row once, sizes, proportions, and what cannot be split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tiza as tz
from tiza.data.random import Stream
from tiza.data.splitting import proportional
from tiza.errors import DataError

CLASSES = st.lists(st.integers(0, 3), min_size=2, max_size=60)


@given(st.integers(2, 100), st.floats(0.01, 0.99), st.booleans(), st.integers(0, 2**64 - 1))
def test_every_row_is_in_one_part(rows: int, size: float, shuffle: bool, seed: int) -> None:
    assume(np.ceil(size * rows) < rows)
    x = np.arange(rows)
    parts = tz.data.train_test_split(x, x * 10, test_size=size, shuffle=shuffle, random_state=seed)
    assert sorted([*parts[0], *parts[1]]) == x.tolist()
    assert len(parts[1]) == int(np.ceil(size * rows))
    for of_x, of_y in zip(parts[:2], parts[2:], strict=True):
        np.testing.assert_array_equal(of_x * 10, of_y)
    if not shuffle:
        np.testing.assert_array_equal(np.concatenate(parts[:2]), x)


def test_a_row_in_both_parts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stream, "permutation", lambda self, rows: np.arange(rows) // 2)
    with pytest.raises(AssertionError):
        test_every_row_is_in_one_part()


@given(st.lists(st.integers(2, 20), min_size=2, max_size=4), st.floats(0.3, 0.6), st.randoms())
def test_both_parts_have_the_proportions(counts: list[int], size: float, random: Any) -> None:
    y = [one for one, count in enumerate(counts) for _ in range(count)]
    random.shuffle(y)
    test = int(np.ceil(size * len(y)))
    assume(len(counts) <= min(test, len(y) - test))
    x_train, x_test = tz.data.train_test_split(np.arange(len(y)), test_size=size, stratify=y)
    assert sorted([*x_train, *x_test]) == list(range(len(y)))
    for part in (x_train, x_test):
        found = np.array([np.count_nonzero(np.array(y)[part] == one) for one in np.unique(y)])
        assert np.abs(found - len(part) * np.array(counts) / len(y)).max() < 2


def test_the_seed_decides() -> None:
    x = np.arange(50)
    first, again, other = (tz.data.train_test_split(x, random_state=seed)[1].tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_lists_and_tables() -> None:
    table = tz.data.read_table({"name": ["a", "b", "c", "d"], "x": [1, 2, 3, 4]})
    *parts, y_train, y_test = tz.data.train_test_split(table, [1, 2, 3, 4], test_size=1)
    for part, y in zip(parts, (y_train, y_test), strict=True):
        assert isinstance(part, tz.data.Table)
        assert part.column("x").texts == [str(one) for one in y]


@pytest.mark.parametrize(
    ("arrays", "arguments", "complaint"),
    [
        ((), {}, "got none"),
        (([1, 2], [1]), {}, "2, 1 rows"),
        (([1],), {}, "0 and 1 rows of 1"),
        ((range(10),), {"test_size": 10}, "0 and 10 rows"),
        ((range(10),), {"test_size": 11}, "at most 10"),
        ((range(10),), {"test_size": 0}, "whole number of at least 1"),
        ((range(10),), {"test_size": 1.0}, "fraction between 0 and 1"),
        ((range(10),), {"test_size": 0.6, "train_size": 0.6}, "at most 10 together"),
        ((range(10),), {"test_size": "half"}, "whole number"),
        ((range(10),), {"random_state": None}, "random_state"),
        ((range(10),), {"stratify": [0] * 9}, "9 classes for 10 rows"),
        ((range(10),), {"stratify": [0] * 9 + [1]}, "single row, row 9"),
        ((range(10),), {"stratify": [0, 1] * 5, "shuffle": False}, "shuffle=False"),
        (
            (range(10),),
            {"stratify": [0, 1, 2, 3, 4] * 2, "test_size": 3},
            "test_size: got 3 rows for 5 classes",
        ),
        ((3,), {}, "expected rows"),
    ],
)
def test_what_cannot_be_split(arrays: Any, arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        tz.data.train_test_split(*arrays, **arguments)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.floats(0, 1))
def test_shares(counts: list[int], part: float) -> None:
    assume(sum(counts) > 0)
    drawn = int(part * sum(counts))
    given_ = proportional(np.array(counts), drawn)
    assert given_.sum() == drawn
    assert (given_ >= 0).all()
    assert (given_ <= counts).all()
    assert np.abs(given_ - np.array(counts) * drawn / sum(counts)).max() < 1


@given(CLASSES, st.integers(2, 6), st.booleans())
def test_folds(y: list[int], folds: int, shuffle: bool) -> None:
    assume(len(y) >= folds)
    kinds: list[Any] = [tz.data.KFold(folds, shuffle)]
    if max(np.bincount(y)) >= folds:
        kinds.append(tz.data.StratifiedKFold(folds, shuffle))
    for kind in kinds:
        parts = list(kind.split(y, y))
        assert len(parts) == folds
        assert sorted(np.concatenate([test for _, test in parts])) == list(range(len(y)))
        sizes = [len(test) for _, test in parts]
        assert max(sizes) - min(sizes) <= 1
        for train, test in parts:
            assert sorted([*train, *test]) == list(range(len(y)))
            if kind is not kinds[0]:
                for one in set(y):
                    share = sum(y[row] == one for row in test)
                    assert abs(share - y.count(one) / folds) < 1


def test_what_cannot_be_folded() -> None:
    with pytest.raises(DataError, match="n_splits: got 1"):
        tz.data.KFold(1)
    with pytest.raises(DataError, match="got 5 for 4 rows"):
        tz.data.KFold(5).split(range(4))
    with pytest.raises(DataError, match="x: got 4, expected what has rows"):
        tz.data.KFold(2).split(4)
    with pytest.raises(DataError, match="y: got None"):
        tz.data.StratifiedKFold(2).split(range(4))
    with pytest.raises(DataError, match="more than 1 rows"):
        tz.data.StratifiedKFold(2).split(range(3), ["a", "b", "c"])


@given(st.integers(1, 50), st.integers(1, 60), st.booleans())
def test_batches_read_every_row_once(rows: int, size: int, shuffle: bool) -> None:
    x = np.arange(rows, dtype="float32")[:, None]
    found = list(tz.data.batches(x, x[:, 0] * 2, size, shuffle))
    assert [len(one) for one, _ in found] == [size] * (rows // size) + [rows % size] * (rows % size > 0)
    read = np.concatenate([one for one, _ in found])
    assert sorted(read[:, 0]) == list(range(rows))
    np.testing.assert_array_equal(np.concatenate([two for _, two in found]), read[:, 0] * 2)
    assert shuffle or read[:, 0].tolist() == list(range(rows))
    assert [len(one) for one in tz.data.batches(x)] == [1] * (-(-rows // 32))


def test_bad_batches_are_refused_at_once() -> None:
    for arguments, complaint in (
        (([1.0], [1, 2]), "numbers of samples differ"),
        ((["a"],), "dtype"),
        (([1.0], None, 0), "batch_size: got 0"),
        (([1.0], None, 1, True, -1), "seed: got -1"),
    ):
        with pytest.raises(DataError, match=complaint):
            tz.data.batches(*arguments)


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize("seed", [0, 2**63])
def test_fit_reads_these_batches(engine: str, seed: int) -> None:
    """Two epochs of fit, and the same by hand: the weights agree."""
    x, y = tz.datasets.noisy_sine(50)
    models = []
    for _ in range(2):
        model = tz.Sequential(
            [tz.Input((1,)), tz.layers.Dense(3, activation="tanh"), tz.layers.Dense(1)], seed=seed
        )
        model.compile("sgd", "mse", engine=engine)
        models.append(model)
    models[0].fit(x, y, batch_size=8, epochs=2, verbose=0)
    for iteration in (0, 7):
        for some_x, some_y in tz.data.batches(x, y, 8, seed=seed, iteration=iteration):
            models[1].fit(some_x, some_y, shuffle=False, verbose=0)
    for ours, by_hand in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(ours, by_hand, rtol=1e-5, atol=1e-6)
