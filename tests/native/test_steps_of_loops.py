"""Steps of loops: inputs' products inside, zeros at the start left out, what comes soon asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from native_checks import targets
from native_guards import GuardedProgram, run_guarded
from native_loops import check, gru, loops_of, lstm, random_loop, weights, with_gradient
from tiza import ops
from tiza.engines.engine import ANY_SAMPLES, Samples
from tiza.engines.native import in_loops, input_products, loop_steps, scheduling, sequence, zero_states
from tiza.engines.native.kernels import Kernel, Loop
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.ops.contraction import CONTRACT
from tiza.ops.layout import CONCATENATE

Array = np.ndarray[Any, Any]
TARGETS = list(targets().values())
STEPS, BATCH, FEATURES, UNITS = 7, 9, 3, 20


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let small loops take every form that large ones take."""
    for module in (in_loops, loop_steps, zero_states):
        monkeypatch.setattr(module, "LARGE_PRODUCT", 0)
    for module in (in_loops, input_products):
        monkeypatch.setattr(module, "FAR", 0)
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path))


def simple(x: Any, w: Any, u: Any, b: Any, first: Any = None, reverse: bool = False) -> tuple[Any, Any]:
    """Return all states and the last one of a plain recurrent layer, from `first` or from zeros."""
    entries = ops.einsum("tbi,ik->tbk", x, w) + b
    zeros = ops.broadcast_to(ops.constant(0.0, x.dtype), (x.shape[1], u.shape[0]))

    def step(h: Any, entry: Any) -> tuple[Any, Any]:
        new = ops.tanh(entry + h @ u)
        return new, new

    last, states = ops.scan(step, zeros if first is None else first, entries, reverse=reverse)
    return states, last


def last_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of which only the last state is asked for."""

    def last(*arrays: Any) -> Any:
        found = function(*arrays)[1]
        return found[0] if isinstance(found, tuple) else found

    return last


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "plain": (1, simple),
    "plain reversed": (1, lambda *a: simple(*a, reverse=True)),
    "lstm": (4, lstm),
    "lstm reversed": (4, lambda *a: lstm(*a, reverse=True)),
    "gru": (3, gru),
    "last of plain": (1, last_alone(simple)),
    "last of lstm": (4, last_alone(lstm)),
}


def program_of(name: str, target: Target = TARGETS[0]) -> tuple[NativeProgram, list[Array]]:
    """Return the program of a layer and its gradient, and inputs."""
    gates, function = FUNCTIONS[name]
    inputs = weights(gates, STEPS, BATCH, FEATURES, UNITS, "float32")
    graph = with_gradient(function, inputs, alone=name.startswith("last"))
    return NativeProgram(graph, samples=Samples(BATCH, BATCH), target=target), inputs


def kernels_of(loop: Loop) -> list[Kernel]:
    return [kernel for kernel in loop.body.kernels if isinstance(kernel, Kernel)]


@pytest.mark.parametrize("target", TARGETS, ids=[one.name for one in TARGETS])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_layers_and_their_gradients(name: str, target: Target) -> None:
    check(*program_of(name, target))


def test_large_loops_take_every_form() -> None:
    """One product a step of inputs and states, shorter in the first; on the way back none in the last."""
    program, _ = program_of("last of lstm")
    forth, back = loops_of(program)
    (product,) = (one for one in forth.body.graph.nodes if one.primitive is CONTRACT)
    assert product.inputs[0].primitive is CONCATENATE
    assert [one.in_loop.first_terms for one in kernels_of(forth) if one.head] == [FEATURES]
    for loop, many in ((forth, 8), (back, 7)):
        (asking,) = (one for one in kernels_of(loop) if one.in_loop.soon)
        assert len(asking.in_loop.soon) == many
        assert asking.head is not None
    # what a step touches in its course, and what the next one does before it multiplies
    assert [{steps for _, steps in one.in_loop.soon} for one in kernels_of(forth) if one.head] == [{0, 1}]
    assert [{steps for _, steps in one.in_loop.soon} for one in kernels_of(back) if one.head] == [{1}]
    assert [one.head is not None for one in loop_steps.needless_at_last(back)] == [True]
    assert not loop_steps.needless_at_last(forth)
    reduced = [one.reduced for one in program.schedule.kernels if isinstance(one, Kernel) and one.head]
    assert ((STEPS - 1) * BATCH,) in reduced


def test_small_loops_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    program, _ = program_of("last of lstm")
    assert all(
        not one.in_loop.soon and one.in_loop.first_terms is None
        for loop in loops_of(program)
        for one in kernels_of(loop)
    )
    assert not any(node.primitive is CONCATENATE for node in loops_of(program)[0].parts.body.nodes)


@pytest.mark.parametrize("name", ["plain", "plain reversed"])
def test_states_that_begin_as_something_else(name: str) -> None:
    """Nothing is left out of the first step if its states are given."""
    inputs = weights(1, STEPS, BATCH, FEATURES, UNITS, "float32")
    first = np.random.default_rng(1).normal(size=(BATCH, UNITS)).astype("float32")
    graph = with_gradient(lambda *a: simple(*a, reverse=name.endswith("reversed")), [*inputs, first])
    program = NativeProgram(graph, samples=Samples(BATCH, BATCH))
    assert all(one.in_loop.first_terms is None for loop in loops_of(program) for one in kernels_of(loop))
    check(program, [*inputs, first])


def test_a_single_step() -> None:
    inputs = weights(4, 1, BATCH, FEATURES, UNITS, "float32")
    check(NativeProgram(with_gradient(lstm, inputs), samples=Samples(BATCH, BATCH)), inputs)


@pytest.mark.parametrize("seed", range(25))
def test_random_loops(seed: int) -> None:
    graph, inputs = random_loop(Random(seed))
    check(NativeProgram(graph, target=TARGETS[seed % len(TARGETS)]), inputs)


@pytest.mark.slow
def test_many_random_loops() -> None:
    for seed in range(25, 300):
        graph, inputs = random_loop(Random(seed))
        samples = Samples(*2 * inputs[0].shape[:1]) if seed % 3 else ANY_SAMPLES
        check(NativeProgram(graph, target=TARGETS[seed % len(TARGETS)], samples=samples), inputs)


def is_wrong(graph: Graph, inputs: list[Array]) -> bool:
    """Return whether a run in memory full of bytes differs from the reference."""
    found = run_guarded(GuardedProgram(graph, threads=2, samples=Samples(BATCH, BATCH)), inputs, True)
    expected = evaluate_graph(graph, inputs)
    return not all(np.allclose(one, right, atol=1e-4) for one, right in zip(found, expected, strict=True))


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "every state begins as zeros": (in_loops, "is_zero", lambda _: True),
    "the gradient leaves out a first step that counts": (zero_states, "is_zero", lambda _: True),
    "a product that is read is not made": (sequence, "needless_at_last", lambda loop: kernels_of(loop)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inputs = weights(1, STEPS, BATCH, FEATURES, UNITS, "float32")
    first = np.random.default_rng(1).normal(size=(BATCH, UNITS)).astype("float32")
    graph = with_gradient(last_alone(simple), [*inputs, first], alone=True)
    assert not is_wrong(graph, [*inputs, first])
    monkeypatch.setattr(*FAULTS[fault])
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path / "faulty"))
    assert is_wrong(graph, [*inputs, first])
