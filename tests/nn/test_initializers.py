"""Initializers: distributions, shapes, keys."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.errors import ModelError, NameNotFoundError
from tiza.nn.initializers import INITIALIZERS, Drawn, Initializer, fans
from tiza.ops import random

Array = np.ndarray[Any, Any]
SHAPE = (100, 200)
SCALES = {"he": 2 / 100, "lecun": 1 / 100, "glorot": 2 / 300, "variance": 1 / 100}
DRAWN = sorted(name for name, one in INITIALIZERS.items() if isinstance(one, Drawn) and name != "orthogonal")


def drawn(one: Initializer, shape: tuple[int, ...] = SHAPE, seed: int = 0, dtype: str = "float64") -> Array:
    return np.asarray(tz.evaluate(one.values(shape, dtype, random.key(seed))))


def expected_spread(name: str) -> tuple[float, float]:
    """Return standard deviation and largest size, from the name and the papers' rules."""
    kind = name.split("_")[0]
    deviation = math.sqrt(SCALES[kind]) if kind in SCALES else 0.05
    if name in ("normal", "random_normal"):
        return 0.05, math.inf
    if name in ("uniform", "random_uniform"):
        return 0.05 / math.sqrt(3), 0.05
    if name == "truncated_normal":
        return 0.05 * 0.8796256610342398, 0.1
    if name.endswith("uniform"):
        return deviation, deviation * math.sqrt(3)
    return deviation, 2 * deviation / 0.8796256610342398


@pytest.mark.parametrize("name", DRAWN)
def test_spread(name: str) -> None:
    values = drawn(INITIALIZERS[name])
    deviation, largest = expected_spread(name)
    # 20 000 draws: mean within 5 standard errors, deviation within 3 %
    assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
    assert abs(values.std() / deviation - 1) < 0.03
    if largest < math.inf:
        assert 0.99 * largest < np.abs(values).max() <= largest * (1 + 1e-12)


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_same_key_same_values(name: str) -> None:
    one = INITIALIZERS[name]
    for dtype in ("float32", "float64"):
        values = drawn(one, (5, 4), dtype=dtype)
        assert (values.dtype, values.shape) == (dtype, (5, 4))
        assert np.isfinite(values).all()
        np.testing.assert_array_equal(values, drawn(one, (5, 4), dtype=dtype))
        if isinstance(one, Drawn):
            assert (values != drawn(one, (5, 4), 1, dtype)).all()


@pytest.mark.parametrize("name", sorted(name for name, one in INITIALIZERS.items() if isinstance(one, Drawn)))
def test_a_seed_of_its_own(name: str) -> None:
    kind: Any = type(INITIALIZERS[name])
    with_seed = kind(seed=7)
    np.testing.assert_array_equal(drawn(with_seed, seed=0), drawn(with_seed, seed=1))
    assert (drawn(kind(seed=8)) != drawn(with_seed)).any()
    with pytest.raises(ModelError, match=r"seed: got -1"):
        kind(seed=-1)


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_dense_takes_it_by_name(name: str) -> None:
    layer = tz.layers.Dense(4, kernel_initializer=name)
    kernel = tz.Sequential([tz.Input((3,)), layer]).get_weights()[0]
    assert (kernel.shape, kernel.dtype) == ((3, 4), "float32")


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (3, 2, 5), (2, 2, 3, 4)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = drawn(tz.initializers.Orthogonal(gain=3.0), shape).reshape(-1, shape[-1]) / 3.0
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(tall.T @ tall, np.eye(tall.shape[1]), atol=1e-13)


def test_orthogonal_matrices_are_not_only_rotations() -> None:
    signs = {np.sign(np.linalg.det(drawn(tz.initializers.Orthogonal(), (3, 3), seed))) for seed in range(20)}
    assert signs == {-1.0, 1.0}


def test_truncated_normal_has_the_right_shape() -> None:
    values = np.sort(drawn(tz.initializers.TruncatedNormal(stddev=1.0), (200, 200)).ravel())
    inside = math.erf(math.sqrt(2))
    expected = np.array([(math.erf(one / math.sqrt(2)) / inside + 1) / 2 for one in values])
    # Kolmogorov and Smirnov's distance; 1.63 / sqrt(n) is exceeded once in a hundred times
    assert np.abs(expected - (np.arange(values.size) + 0.5) / values.size).max() < 1.63 / math.sqrt(
        values.size
    )


def test_constants() -> None:
    ones = tz.initializers
    assert (drawn(ones.Zeros()) == 0).all()
    assert (drawn(ones.Ones()) == 1).all()
    assert (drawn(ones.Constant(2.5)) == 2.5).all()
    np.testing.assert_array_equal(drawn(ones.Constant([1.0, 2.0]), (3, 2)), [[1, 2]] * 3)
    np.testing.assert_array_equal(drawn(ones.Identity(2.0), (2, 3)), 2 * np.eye(2, 3))
    assert ones.Constant(np.ones(2)) == ones.Constant([1.0, 1.0]) != ones.Constant(1.0)
    assert ones.Zeros() == ones.Zeros()
    assert hash(ones.Constant([1.0])) == hash(ones.Constant([1.0]))


def test_variance_scaling() -> None:
    for mode, fan in (("fan_in", 100), ("fan_out", 200), ("fan_avg", 150)):
        for distribution in ("truncated_normal", "untruncated_normal", "uniform", "normal"):
            one = tz.initializers.VarianceScaling(3.0, mode, distribution)
            assert abs(drawn(one).std() / math.sqrt(3.0 / fan) - 1) < 0.03
    assert repr(tz.initializers.HeNormal(3)) == "HeNormal(seed=3)"


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: tz.initializers.VarianceScaling(0.0), ModelError, "scale=0.0"),
    (lambda: tz.initializers.VarianceScaling(mode="fan_im"), NameNotFoundError, "did you mean 'fan_in'"),
    (lambda: tz.initializers.VarianceScaling(distribution="beta"), NameNotFoundError, "'beta'"),
    (lambda: tz.initializers.RandomNormal(stddev=-1), ModelError, "stddev=-1"),
    (lambda: tz.initializers.RandomUniform(1.0, 1.0), ModelError, "minval below maxval"),
    (lambda: drawn(tz.initializers.Identity(), (3,)), ModelError, "two axes"),
    (lambda: drawn(tz.initializers.Orthogonal(), (3,)), ModelError, "two axes or more"),
]


@pytest.mark.parametrize(("make", "kind", "words"), BAD, ids=[re.sub(r"\W", "", words) for *_, words in BAD])
def test_bad_arguments(make: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


def test_fans_count_the_window() -> None:
    assert [fans(shape) for shape in ((), (7,), (3, 4), (5, 5, 3, 4))] == [(1, 1), (7, 7), (3, 4), (75, 100)]
