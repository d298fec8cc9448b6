"""Random streams: the bits of `ops.random`, uniform and normal numbers, orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza.data.random import Stream
from tiza.engines.reference.engine import ReferenceEngine
from tiza.ops import random as traced
from tiza.training.order import shuffled_orders

SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS, st.text(max_size=5), st.integers(1, 5), st.integers(1, 5))
def test_the_bits_are_those_of_graphs(seed: int, name: str, rows: int, places: int) -> None:
    key = traced.key(seed).fold_in_text(name)
    found = Stream.of(seed, name).bits(rows, places)
    for word in (0, 1):
        np.testing.assert_array_equal(found[word], tz.evaluate(traced.bits(key, (rows, places), word)))


@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
def test_a_longer_stream_begins_with_the_shorter(seed: int, rows: int, more: int) -> None:
    stream = Stream.of(seed, "name")
    for numbers in (stream.uniform, stream.normal):
        np.testing.assert_array_equal(numbers(rows, 2), numbers(rows + more, 2)[:rows])


@given(SEEDS, st.integers(0, 1000), st.integers(1, 300))
def test_orders_are_those_of_training(seed: int, iteration: int, rows: int) -> None:
    expected = shuffled_orders(seed, np.array([iteration]), rows, ReferenceEngine())[0]
    found = Stream.of(seed, "order").fold_in(iteration).permutation(rows)
    np.testing.assert_array_equal(found, expected)


def test_names_and_seeds_tell_streams_apart() -> None:
    streams = [Stream.of(seed, name) for seed in (0, 1, 2**32, 2**63) for name in ("", "a", "b")]
    assert len({tuple(one.uniform(3)[:, 0]) for one in streams}) == len(streams)


def test_moments() -> None:
    uniform, normal = Stream.of(0, "moments").uniform(20_000), Stream.of(0, "moments").normal(20_000)
    assert uniform.min() >= 0.0
    assert uniform.max() < 1.0
    assert uniform.mean() == pytest.approx(0.5, abs=0.01)
    assert normal.mean() == pytest.approx(0.0, abs=0.03)
    assert normal.std() == pytest.approx(1.0, abs=0.02)
