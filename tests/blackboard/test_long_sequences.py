"""What a page of a long sequence takes grows with its length, not with the square of it."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import tiza as tz

LENGTHS = (50, 100, 200)
LARGEST_GROWTH = 2.3
"""A doubled length may add so many times what the doubling before it added; of squares that is 4."""


def explained(time: int) -> None:
    """Explain a weight that each of so many steps uses."""
    model = tz.Sequential([tz.Input((time, 1)), tz.layers.SimpleRNN(1, name="cell"), tz.layers.Dense(1)])
    model.compile(tz.optimizers.SGD(0.1), "quadratic")
    model.explain(np.full((1, time, 1), 0.1), [[1.0]], "cell.recurrent_kernel[0,0]")


def calls(time: int) -> int:
    """Return how many functions are called."""
    count = 0

    def called(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        explained(time)
    finally:
        sys.setprofile(before)
    return count


def most_bytes(time: int) -> int:
    """Return the memory that is held at once."""
    gc.collect()
    tracemalloc.start()
    try:
        explained(time)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("work", [calls, most_bytes])
def test_work_grows_with_the_length(work: Callable[[int], int]) -> None:
    explained(3)  # what is made once for all pages
    first, second = (after - before for before, after in pairwise(map(work, LENGTHS)))
    assert second < LARGEST_GROWTH * first
