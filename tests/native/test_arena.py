"""Arenas: aligned, one's own while in use, taken again afterwards."""

import itertools
import unittest.mock
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza.engines.native import arena as arenas
from tiza.engines.native.arena import ALIGNMENT, Arena


@pytest.fixture(autouse=True)
def nothing_spare() -> Iterator[None]:
    """Begin with no arena given back, and leave none of the test's."""
    arenas._spare.clear()
    yield
    arenas._spare.clear()


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=5))
def test_arenas_in_use_stand_apart(sizes: list[int]) -> None:
    """Each begins at a multiple of 64 bytes, and none stands in another."""
    used = [Arena(size) for size in sizes]
    spans = sorted((one.address, one.address + size) for one, size in zip(used, sizes, strict=True))
    assert all(one.address % ALIGNMENT == 0 for one in used)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


def test_what_is_given_back_is_taken_again() -> None:
    """A smaller or equal arena stands where the last one stood; a larger one finds room of its own."""
    addresses = [Arena(size).address for size in (1 << 20, 1 << 19, 1 << 20)]
    assert len(set(addresses)) == 1
    assert [one.nbytes for one in arenas._spare] == [(1 << 20) + ALIGNMENT]
    larger = Arena(1 << 21)
    assert not arenas._spare
    del larger
    assert [one.nbytes for one in arenas._spare] == [(1 << 21) + ALIGNMENT]


def test_a_very_large_one_is_not_kept() -> None:
    """What is larger than the limit goes back to the system."""
    with unittest.mock.patch.object(arenas, "MOST_KEPT", 1 << 10):
        Arena(1 << 11)
        assert not arenas._spare


def test_what_was_there_before_changes_nothing() -> None:
    """Two networks in turn give the same numbers on memory full of NaN as on their own."""
    x = np.random.default_rng(0).normal(size=(300, 10, 10, 3)).astype("float32")
    y = np.arange(300) % 4

    def results() -> list[np.ndarray]:
        model = tz.Sequential(
            [
                tz.Input((10, 10, 3)),
                tz.layers.Conv2D(8, 3, activation="relu"),
                tz.layers.MaxPooling2D(2),
                tz.layers.Flatten(),
                tz.layers.Dense(4, "softmax"),
            ],
            seed=1,
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=128, epochs=2, verbose=0)
        return [model.predict(x), *model.get_weights()]

    expected = results()
    arenas._spare[0][:] = 255
    for found, right in zip(results(), expected, strict=True):
        np.testing.assert_array_equal(found, right)
