"""Threefry-2x32-20 against Random123's known answers and against a version in Python integers."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiza.engines.reference.threefry import threefry2x32

ONES = 0xFFFFFFFF
# (key, counter, words), from kat_vectors in Random123.
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((ONES, ONES), (ONES, ONES), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]
words = st.integers(0, ONES)


@pytest.fixture(params=["numpy", "jax.numpy"])
def xp(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def scalar_threefry(key0: int, key1: int, counter0: int, counter1: int) -> tuple[int, int]:
    """The cipher written out with Python integers, one line a quarter, as the paper tabulates it."""
    key2 = 0x1BD11BDA ^ key0 ^ key1
    a, b = (counter0 + key0) & ONES, (counter1 + key1) & ONES
    quarters = [
        ((13, 15, 26, 6), key1, key2 + 1),
        ((17, 29, 16, 24), key2, key0 + 2),
        ((13, 15, 26, 6), key0, key1 + 3),
        ((17, 29, 16, 24), key1, key2 + 4),
        ((13, 15, 26, 6), key2, key0 + 5),
    ]
    for rotations, first, second in quarters:
        for places in rotations:
            a = (a + b) & ONES
            b = (((b << places) | (b >> (32 - places))) & ONES) ^ a
        a, b = (a + first) & ONES, (b + second) & ONES
    return a, b


@pytest.mark.parametrize(("key", "counter", "expected"), KNOWN_ANSWERS)
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.filterwarnings("error")
def test_known_answers(
    xp: Any, key: tuple[int, int], counter: tuple[int, int], expected: tuple[int, int], shape: tuple[int, ...]
) -> None:
    inputs = (xp.asarray(np.full(shape, word, np.uint32)) for word in (*key, *counter))
    for word, value in zip(threefry2x32(xp, *inputs), expected, strict=True):
        assert (word.shape, word.dtype) == (shape, np.uint32)
        assert np.all(np.asarray(word) == value)


@pytest.mark.filterwarnings("error")
@given(words, words, words, words)
def test_agrees_with_python_integers(key0: int, key1: int, counter0: int, counter1: int) -> None:
    scalars = [np.uint32(word) for word in (key0, key1, counter0, counter1)]
    result = threefry2x32(np, *scalars)
    assert tuple(map(int, result)) == scalar_threefry(key0, key1, counter0, counter1)


@pytest.mark.filterwarnings("error")
def test_arguments_broadcast(xp: Any) -> None:
    keys = np.array([[7], [ONES]], np.uint32)
    counters = np.arange(5, dtype=np.uint32)
    first, second = threefry2x32(xp, *map(xp.asarray, (keys, np.uint32(3), counters, np.uint32(0))))
    expected = [[scalar_threefry(k, 3, c, 0) for c in counters.tolist()] for k in keys[:, 0].tolist()]
    np.testing.assert_array_equal(np.stack([first, second], axis=-1), expected)


def test_inputs_are_left_alone() -> None:
    inputs = [np.arange(4, dtype=np.uint32) + offset for offset in range(4)]
    before = [array.copy() for array in inputs]
    threefry2x32(np, *inputs)
    np.testing.assert_array_equal(inputs, before)


def test_no_counters_give_no_words() -> None:
    zero = np.uint32(0)
    first, second = threefry2x32(np, zero, zero, np.zeros((0, 3), np.uint32), zero)
    assert first.shape == second.shape == (0, 3)


@pytest.mark.parametrize("wrong", [1, np.int64(1), np.arange(3, dtype=np.int32), np.float32(1)])
def test_other_types_are_refused(wrong: Any) -> None:
    zero = np.uint32(0)
    with pytest.raises(TypeError, match=r"counter0 must be uint32, not .*astype"):
        threefry2x32(np, zero, zero, wrong, zero)


def test_bits_are_balanced() -> None:
    zero = np.uint32(0)
    result = np.stack(threefry2x32(np, np.uint32(42), zero, np.arange(1 << 16, dtype=np.uint32), zero))
    ones = np.unpackbits(result.view(np.uint8)).mean()
    deviation = 0.5 / np.sqrt(result.size * 32)
    assert abs(ones - 0.5) < 4 * deviation


def test_compiled_by_jax_gives_the_same_bits() -> None:
    jax = pytest.importorskip("jax")
    inputs = [np.arange(100, dtype=np.uint32) * np.uint32(2654435761 + place) for place in range(4)]
    compiled = jax.jit(lambda *arrays: threefry2x32(jax.numpy, *arrays))(*inputs)
    np.testing.assert_array_equal(np.asarray(compiled), threefry2x32(np, *inputs))
