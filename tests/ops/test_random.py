"""Random numbers: the same key gives the same bits, and the bits have the right distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tiza as tz
from tiza.errors import DTypeError
from tiza.ops import random

MANY = 40_000


def bits(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(tz.evaluate(random.bits(random.key(seed), shape)))


def test_a_key_determines_its_bits() -> None:
    np.testing.assert_array_equal(bits(7, (5, 3)), bits(7, (5, 3)))
    assert (bits(7, (5, 3)) != bits(8, (5, 3))).any()
    assert (bits(7, (5, 3)) != bits(7 + 2**32, (5, 3))).any()
    assert len(np.unique(bits(7, (100, 100)))) > 9980


def test_rows_do_not_depend_on_the_size_of_the_batch() -> None:
    np.testing.assert_array_equal(bits(1, (7, 3))[:4], bits(1, (4, 3)))
    np.testing.assert_array_equal(bits(1, (7, 2, 3))[:4], bits(1, (4, 2, 3)))
    assert bits(1, (0, 3)).shape == (0, 3)
    assert int(bits(1, ())) == int(bits(1, (1,))[0])


def test_sub_streams_differ() -> None:
    key = random.key(3)
    streams = [
        key,
        key.fold_in(0),
        key.fold_in(1),
        key.fold_in(0, 1),
        key.fold_in_text("a"),
        key.fold_in_text("b"),
    ]
    drawn = [tuple(np.asarray(tz.evaluate(random.bits(one, (4,)))).tolist()) for one in streams]
    assert len(set(drawn)) == len(drawn)
    step = tz.trace(lambda n: random.bits(random.key(3).fold_in(n), (4,)), 1)
    assert tuple(np.asarray(tz.evaluate(step, 1)).tolist()) == drawn[2]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seeds_are_checked(seed: int) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        random.key(seed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.3, 0.3), (1.0, 2.0), (1e6, 1e6 + 1)])
def test_uniform(dtype: str, low: float, high: float) -> None:
    value = tz.evaluate(random.uniform(random.key(5), (MANY,), low, high, dtype))
    assert value.dtype == dtype
    assert (value >= low).all()
    assert (value < high).all()
    width = high - low
    precision = float(np.spacing(np.array(high, dtype)))
    assert (
        abs(value.astype("float64").mean() - (low + high) / 2) < 4 * width / math.sqrt(12 * MANY) + precision
    )
    if precision < 1e-3 * width:
        counts = np.histogram(value, 20, (low, high))[0]
        chi = float(((counts - MANY / 20) ** 2 / (MANY / 20)).sum())
        assert chi < 43.8  # 19 degrees of freedom, one in a thousand


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal(dtype: str) -> None:
    value = tz.evaluate(random.normal(random.key(6), (MANY,), mean=2.0, stddev=0.5, dtype=dtype))
    assert value.dtype == dtype
    assert np.isfinite(value).all()
    standard = (value.astype("float64") - 2.0) / 0.5
    for power, expected, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((standard**power).mean() - expected) < 4 * math.sqrt(spread / MANY)


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 0.9, 1.0, 1.5])
def test_bernoulli(probability: float) -> None:
    value = np.asarray(tz.evaluate(random.bernoulli(random.key(4), probability, (MANY,))))
    assert value.dtype == bool
    assert value.shape == (MANY,)
    expected = min(probability, 1.0)
    assert abs(value.mean() - expected) <= 4 * math.sqrt(expected * (1 - expected) / MANY)


def test_bernoulli_needs_a_probability() -> None:
    with pytest.raises(DTypeError, match="does not fit"):
        random.bernoulli(random.key(4), -0.1, (3,))
