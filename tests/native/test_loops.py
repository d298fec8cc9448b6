"""Loops over time: right values, the same bits on any number of threads, meetings only where needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tiza as tz
from figures import record_figure
from native_checks import targets
from native_guards import GuardedProgram, run_guarded
from native_loops import check, gru, loops_of, lstm, random_loop, weights, with_gradient
from tiza import ops
from tiza.calculus.simplification import simplify
from tiza.engines.native import scheduling, tiling
from tiza.engines.native.affine import Affine
from tiza.engines.native.kernels import Kernel, Loop, Place, Sharing
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.node import Node
from tiza.ops.contraction import CONTRACT
from tiza.ops.layout import TRANSPOSE

Array = np.ndarray[Any, Any]
TARGETS = list(targets().values())


def compiled(graph: Graph, target: Target = TARGETS[0], everything: bool = True) -> NativeProgram:
    """Return a program that is shared between threads, however small it is, if `everything` is."""
    with mock.patch.object(scheduling, "WORTH_SHARING", 0 if everything else scheduling.WORTH_SHARING):
        return NativeProgram(graph, target=target)


@pytest.fixture(autouse=True)
def _code_is_kept_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path))


SHAPES = [(5, 9, 3, 16), (1, 4, 2, 5), (3, 1, 4, 33), (4, 33, 1, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "target",
    [
        pytest.param(one, id=one.name, marks=[pytest.mark.slow] if number else [])
        for number, one in enumerate(TARGETS)
    ],
)
@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("layer", ["lstm", "lstm reversed", "gru", "gru masked"])
def test_recurrent_layers_and_their_gradients(layer: str, sizes: tuple[int, ...], target: Target) -> None:
    steps, batch, features, units = sizes
    inputs = weights(3 if "gru" in layer else 4, steps, batch, features, units, "float32")
    if layer == "gru masked":
        mask = np.random.default_rng(0).random((steps, batch, 1)) < 0.6
        graph = with_gradient(lambda *a: gru(*a[:4], mask=a[4]), [*inputs, mask])
        inputs = [*inputs, mask]
    elif layer == "gru":
        graph = with_gradient(gru, inputs)
    else:
        graph = with_gradient(lambda *a: lstm(*a, reverse=layer.endswith("reversed")), inputs)
    check(compiled(graph, target), inputs)


@pytest.mark.slow
@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(st.randoms(use_true_random=False))
def test_random_loops(source: Random) -> None:
    graph, inputs = random_loop(source)
    check(compiled(graph, source.choice(TARGETS), bool(source.randrange(4))), inputs)


@pytest.mark.slow
def test_many_random_loops() -> None:
    wrong, shared = [], dict.fromkeys(Sharing, 0)
    for seed in range(1000):
        graph, inputs = random_loop(Random(seed))
        program = compiled(graph, TARGETS[seed % len(TARGETS)], bool(seed % 4))
        for one in loops_of(program):
            shared[one.sharing] += 1
        try:
            check(program, inputs)
        except AssertionError as error:
            wrong.append((seed, str(error)))
    record_figure(
        "native engine against the reference: random loops that differ",
        promised="0",
        measured=f"{len(wrong)} of 1000",
        note=", ".join(f"{one.value}: {count}" for one, count in shared.items()),
    )
    assert not wrong, wrong[:3]
    assert min(shared.values()) > 50


def plan_of(function: Any, *arrays: Array) -> Graph:
    """Return the plan of a function of arrays."""
    return simplify(tz.trace(function, *arrays)).graph


def averaging(x: Any, u: Any) -> Any:
    """Every row of a state depends on all rows of the state before."""
    return ops.scan(lambda h, e: (ops.tanh(h.mean(axis=0) @ u + e), h), x[0], x)


def turning(x: Any, u: Any) -> Any:
    """Every row of a state depends on another row of the state before."""
    return ops.scan(lambda h, e: (ops.tanh(ops.flip(h, 0) * u[0] + e), h), x[0], x)


def states(steps: int, batch: int, units: int) -> list[Array]:
    """Return entries and a kernel."""
    source = np.random.default_rng(0)
    return [source.normal(size=(steps, batch, units)), source.normal(size=(units, units)) * 0.3]


def meetings(program: NativeProgram) -> int:
    """Return in how many places of the code threads meet."""
    return program.code.count('call void @"barrier"')


def test_threads_do_not_meet_in_a_recurrent_layer() -> None:
    """Forth and back, each thread runs all steps on rows of its own."""
    program = compiled(with_gradient(last_of_lstm, weights(4, 6, 32, 5, 16, "float32"), alone=True))
    assert [one.sharing for one in loops_of(program)] == [Sharing.ROWS] * 2
    assert meetings(program) == len(program.schedule.phases) - 1


@pytest.mark.parametrize("function", [averaging, turning])
def test_threads_meet_where_rows_mix(function: Any) -> None:
    inputs = states(20, 40, 24)
    program = compiled(plan_of(function, *inputs))
    (loop,) = loops_of(program)
    assert loop.sharing is Sharing.TOGETHER
    assert meetings(program) == len(program.schedule.phases) - 1 + len(loop.body.phases)
    check(program, inputs)
    (short,) = loops_of(NativeProgram(plan_of(function, *inputs)))
    assert short.sharing is Sharing.ALONE


def last_of_lstm(*arrays: Any) -> Any:
    """Return the last state alone."""
    return lstm(*arrays)[1][0]


def is_wrong(graph: Graph, inputs: list[Array]) -> bool:
    """Return whether some runs on several threads, in memory full of bytes, differ from the reference."""
    expected = evaluate_graph(graph, inputs)
    for at_end in (True, False) * 5:
        found = run_guarded(GuardedProgram(graph, threads=3), inputs, at_end)
        if not all(np.allclose(one, right) for one, right in zip(found, expected, strict=True)):
            return True
    return False


def joining(x: Any, u: Any) -> Any:
    """A state made of two parts side by side."""

    def step(h: Any, e: Any) -> tuple[Any, Any]:
        new = ops.concatenate([ops.tanh(h @ u[:, :7] + e[:, :7]), e[:, 7:] * h[:, 7:]], 1)
        return new, h

    return ops.scan(step, x[0], x)


def _parts_at_the_start(nodes: Sequence[Node]) -> dict[Node, Place]:
    return {one: Place(place.buffer, Affine(place.at.terms)) for one, place in parts_of(nodes).items()}


parts_of = scheduling._parts_of
FAULTS: dict[str, tuple[Any, str, Any]] = {
    "threads do not meet": (scheduling, "needs_no_meeting", lambda *_: True),
    "the first state is not kept": (Loop, "first_places", []),
    "parts begin where the whole does": (scheduling, "_parts_of", _parts_at_the_start),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inputs = states(20, 400, 24)
    graphs = [plan_of(one, *inputs) for one in (averaging, joining)]
    assert not any(is_wrong(graph, inputs) for graph in graphs)
    monkeypatch.setattr(*FAULTS[fault])
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path / "faulty"))
    assert any(is_wrong(graph, inputs) for graph in graphs)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=[one.name for one in TARGETS])
def test_long_sums_over_steps_are_made_in_portions(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients of kernels: no row of a sum is taken up twice, whatever thread makes it."""
    monkeypatch.setattr(tiling, "FAR", 0)
    monkeypatch.setattr(tiling, "LONG_PORTION", 7)
    monkeypatch.setattr(tiling, "IN_CACHE", 0)
    inputs = weights(3, 11, 5, 30, 43, "float32")
    program = compiled(with_gradient(gru, inputs), target)
    long = [one for one in program.schedule.kernels if isinstance(one, Kernel) and one.portion]
    assert len([one for one in long if one.reduced == (55,)]) >= 2
    check(program, inputs)


def test_code_does_not_grow_with_the_length_and_memory_grows_with_it_evenly() -> None:
    programs = [
        compiled(with_gradient(gru, weights(3, steps, 4, 2, 8, "float32"))) for steps in (50, 100, 150)
    ]
    assert len({len(one.code.splitlines()) for one in programs}) == 1
    bytes_ = [one.arena_bytes for one in programs]
    assert bytes_[2] - bytes_[1] == bytes_[1] - bytes_[0] > 0


def test_a_thousand_steps() -> None:
    inputs = weights(4, 1000, 3, 2, 8, "float64")
    graph = with_gradient(lstm, inputs)
    for one, right in zip(compiled(graph).run(inputs, 2), evaluate_graph(graph, inputs), strict=True):
        np.testing.assert_allclose(one, right, rtol=1e-9, atol=1e-9 * np.abs(right).max())


def products_in(graph: Graph) -> list[str]:
    return [node.primitive.name for node in graph.nodes if node.primitive is CONTRACT]


def test_a_step_computes_only_what_changes_and_keeps_only_what_is_read() -> None:
    """One product a step each way; the gradients of kernels, outside, are one product each over all steps."""
    program = compiled(with_gradient(last_of_lstm, weights(4, 6, 32, 5, 16, "float32"), alone=True))
    forth, back = loops_of(program)
    for loop in (forth, back):
        assert len(products_in(loop.parts.body)) == 1
        assert len(loop.body.kernels) == 2
        assert not any(node.primitive is TRANSPOSE for node in loop.parts.body.nodes)
    # i f g o, tanh of c, h and c as they enter
    assert len(forth.stack_of) == 7
    assert next(iter(back.stack_of.values())).tensor_type.shape == (6, 32, 64)
    assert len(back.stack_of) == 1
    # entries and three gradients: of the input, its kernel and the recurrent kernel
    assert len(products_in(program.graph)) == 4
