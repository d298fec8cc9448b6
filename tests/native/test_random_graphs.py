"""Random graphs over every primitive, and gradients of them, against the reference."""

from __future__ import annotations

from random import Random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from figures import record_figure
from native_checks import Compared, compare, targets
from native_graphs import random_case, random_gradient
from tiza.engines.native import scheduling
from tiza.engines.native.program import NativeProgram
from tiza.graph.graph import Graph

SOURCES = st.randoms(use_true_random=False)
TARGETS = list(targets().values())
ACCEPTED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


def check(graph: Graph, inputs: list[Any], which: int) -> Compared:
    """Check values, that inputs stay as they are, and that more threads give the same bits."""
    kept = [one.copy() for one in inputs]
    # half of the graphs are cut up between threads, though they are small
    with mock.patch.object(scheduling, "WORTH_SHARING", 0 if which % 2 else scheduling.WORTH_SHARING):
        program = NativeProgram(graph, target=TARGETS[which % len(TARGETS)])
    found = program.run(inputs)
    for one, again in zip(found, program.run(inputs, threads=2 + which % 3), strict=True):
        assert one.tobytes() == again.tobytes()
    for one, copy in zip(inputs, kept, strict=True):
        np.testing.assert_array_equal(one, copy)
    return compare(graph, inputs, found)


@settings(ACCEPTED, max_examples=200)
@given(SOURCES)
def test_random_graphs(source: Random) -> None:
    graph, inputs = random_case(source)
    check(graph, inputs, source.randrange(6))


@settings(ACCEPTED, max_examples=40)
@given(SOURCES)
def test_random_gradients(source: Random) -> None:
    made = random_gradient(source)
    if made is not None:
        check(*made, source.randrange(6))


@pytest.mark.slow
def test_many_random_graphs() -> None:
    total, wrong, ran = Compared(), [], 0
    for seed in range(5000):
        made = (random_gradient if seed % 5 == 4 else random_case)(Random(seed))
        if made is None:
            continue
        ran += 1
        try:
            total.add(check(*made, seed))
        except AssertionError as error:
            wrong.append((seed, str(error)))
    record_figure(
        "native engine against the reference: random graphs and gradients that differ",
        promised="0",
        measured=f"{len(wrong)} of {ran}",
        note=f"{total.elements} elements, {total.undecided} of them left out: rounding decides them",
    )
    assert not wrong, wrong[:3]
    assert total.undecided < 0.02 * total.elements
