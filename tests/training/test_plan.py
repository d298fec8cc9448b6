"""Plans and programs: simplifying, writing over dead operands and skipping repeats change no bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings

import tiza as tz
from random_graphs import graphs
from tiza.calculus.simplification import simplify
from tiza.engines.reference.evaluation import record
from tiza.engines.reference.program import compile_graph, run_program
from tiza.graph.graph import Graph
from tiza.graph.verification import verify
from tiza.training.trainer import Data

Case = tuple[Graph, list[np.ndarray[Any, Any]]]


def check_run(graph: Graph, expected: list[Any], inputs: list[Any]) -> None:
    """Check outputs bit for bit, twice, and that neither inputs nor earlier outputs are written to."""
    copies = [one.copy() for one in inputs]
    program = compile_graph(graph)
    first = run_program(program, inputs)
    held = [np.array(one) for one in first]
    for found in (first, run_program(program, inputs), held):
        for one, value in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, value)
            assert np.asarray(one).dtype == np.asarray(value).dtype
    for one, copy in zip(inputs, copies, strict=True):
        np.testing.assert_array_equal(one, copy)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_running_a_program(case: Case) -> None:
    graph, inputs = case
    values = record(graph, inputs)
    check_run(graph, [values[node] for node in graph.outputs], inputs)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_simplifying(case: Case) -> None:
    graph, inputs = case
    plan = simplify(graph)
    verify(plan.graph)
    values = record(graph, inputs)
    planned = record(plan.graph, inputs)
    check_run(plan.graph, [values[node] for node in graph.outputs], inputs)
    assert plan.graph.inputs == graph.inputs
    for node, stands_for in plan.origin.items():
        if stands_for in planned and node in values:
            np.testing.assert_array_equal(values[node], planned[stands_for])
        assert node.type == stands_for.type


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_simplifying_twice_changes_nothing_more(case: Case) -> None:
    once = simplify(case[0]).graph
    assert len(simplify(once).graph.nodes) == len(once.nodes)


def test_a_training_step_has_a_sound_plan() -> None:
    model = tz.Sequential(
        [tz.Input((5,)), tz.layers.Dense(4, activation="relu"), tz.layers.Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(0)
    data = Data((generator.normal(size=(6, 5)).astype("float32"),), (np.array([0, 1, 2, 0, 1, 2], "int32"),))
    graph = model.trainer.graph(data.batch(6))
    verify(graph)
    plan = simplify(graph)
    verify(plan.graph)
    assert len(plan.graph.nodes) < 0.8 * len(graph.nodes)
    state = [model.state[one.path] for one in model.trainer.entries]
    inputs = [*state, *data.blocks, np.float32(0.01)]
    values = record(graph, inputs)
    check_run(plan.graph, [values[node] for node in graph.outputs], [np.asarray(one) for one in inputs])


def test_outputs_that_are_inputs_or_each_other() -> None:
    def computation(x: tz.Tensor) -> list[tz.Tensor]:
        doubled = x * 2.0
        return [x, doubled, doubled, doubled.reshape((4, 3)), doubled + 1.0, -(doubled + 1.0)]

    x = np.arange(12.0).reshape(3, 4)
    graph = tz.trace(computation, x)
    check_run(graph, [x, 2 * x, 2 * x, (2 * x).reshape(4, 3), 2 * x + 1, -(2 * x + 1)], [x])
