"""Padded sequences, against Keras and by hand; the set that has to be remembered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from tiza.errors import DataError

SIDES = st.sampled_from(["pre", "post"])


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(any),
    features=st.integers(0, 3),
    maxlen=st.none() | st.integers(1, 8),
    padding=SIDES,
    truncating=SIDES,
)
def test_padding_by_hand(
    lengths: list[int], features: int, maxlen: int | None, padding: str, truncating: str
) -> None:
    inner = (features,) if features else ()
    sequences = [np.arange(1.0, 1 + n * max(features, 1)).reshape(n, *inner) for n in lengths]
    found = tz.data.pad_sequences(sequences, maxlen, "float64", padding, truncating, value=-1.0)
    steps = maxlen or max(lengths)
    assert found.shape == (len(lengths), steps, *inner)
    for line, values in zip(found, sequences, strict=True):
        kept = (
            values[len(values) - steps :] if truncating == "pre" and len(values) > steps else values[:steps]
        )
        filling = np.full((steps - len(kept), *inner), -1.0)
        expected = np.concatenate([filling, kept] if padding == "pre" else [kept, filling])
        np.testing.assert_array_equal(line, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "got \\[\\], expected a list with a sequence for each sample"),
        (("abc",), "expected a list"),
        (([[1, 2], 3],), "sequence 1: got 3, expected numbers"),
        (([[1], ["a"]],), "sequence 1"),
        (([[[1, 2]], [[1, 2, 3]]],), r"sequence 1 has steps of shape \(3,\), the ones before \(2,\)"),
        (([[], []],), "every sequence is empty"),
        (([[1]], 0), "maxlen: got 0"),
        (([[1]], None, "text"), "dtype: got 'text'"),
        (([[1]], None, "int32", "left"), "padding: got 'left', expected 'pre' or 'post'"),
        (([[1]], None, "int32", "pre", "middle"), "truncating: got 'middle'"),
        (([[1]], None, "int32", "pre", "pre", 0.5), "value: got 0.5, which int32 does not hold"),
        (([[1], [2, 0.5]],), r"sequence 1: got 0.5 at step 1, which int32 does not hold; dtype='float32'"),
        (([[[1, 2], [3, np.nan]]],), "sequence 0: got nan at step 1, which int32 does not hold"),
        (([[2**40, 1]],), "sequence 0: got 1099511627776 at step 0, which int32 does not hold; give another"),
        (([[300], [-1]], None, "uint8"), "sequence 0: got 300 at step 0, which uint8"),
        (([[1], [-1]], None, "uint8"), "sequence 1: got -1 at step 0, which uint8"),
        (([[2**24 + 1]], None, "float32"), "got 16777217 at step 0, which float32"),
        (([[2**53 + 1]], None, "float64"), "got 9007199254740993 at step 0, which float64"),
        (([[1e300]], None, "float32"), r"got 1e\+300 at step 0, which float32"),
        (([[2, 1]], None, "bool"), "got 2 at step 0, which bool"),
    ],
)
def test_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        tz.data.pad_sequences(*arguments)


@given(values=st.lists(st.floats(allow_nan=False), min_size=1), kind=st.sampled_from(["float64", "float32"]))
def test_floats_are_rounded_and_nothing_else_is_lost(values: list[float], kind: str) -> None:
    array = np.array(values)
    with np.errstate(over="ignore"):
        expected = array.astype(kind)
    if np.array_equal(np.isfinite(expected), np.isfinite(array)):
        np.testing.assert_array_equal(tz.data.pad_sequences([values], dtype=kind)[0], expected)
    else:
        with pytest.raises(DataError, match=kind):
            tz.data.pad_sequences([values], dtype=kind)


@pytest.mark.peers
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [None, 2, 9])
def test_padding_is_that_of_keras(maxlen: int | None, truncating: str, padding: str, keras: Any) -> None:
    sequences = [[1, 2, 3, 4], [], [5], [6, 7]]
    options: dict[str, Any] = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": 9}
    ours = tz.data.pad_sequences(sequences, **options)
    theirs = keras.utils.pad_sequences(sequences, **options)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_the_latch_tells_the_class_first() -> None:
    x, y = tz.datasets.latch(samples=40, length=30)
    assert x.shape == (40, 30, 1)
    np.testing.assert_array_equal(np.sign(x[:, 0, 0]), np.where(y == 1, 1, -1))
    assert 0.15 < x[:, 1:].std() < 0.25
    larger, _ = tz.datasets.latch(samples=60, length=30)
    np.testing.assert_array_equal(x, larger[:40])
    assert (x[:, 1:] != tz.datasets.latch(samples=40, length=30, seed=1).features[:, 1:]).any()
    with pytest.raises(DataError, match="length: got 0"):
        tz.datasets.latch(length=0)
