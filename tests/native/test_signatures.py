"""Programs that differ in their number of rows are one code; those that differ in anything else are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiza as tz
from native_checks import compare, variants
from primitive_checks import graph_of
from tiza.calculus.simplification import simplify
from tiza.engines.engine import RUN_ONCE, Samples, StepLayout
from tiza.engines.native import scheduling, signature
from tiza.engines.native.engine import NativeEngine
from tiza.engines.native.program import NativeProgram, program_code
from tiza.graph.graph import Graph
from tiza.graph.primitive import Example, Primitive, primitives
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.models.model import Model
from tiza.training.state import values_in_order
from tiza.training.step import Batch

USUAL = 40


@pytest.fixture(autouse=True)
def _all_programs_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setenv("TIZA_CACHE", str(Path(__file__) / "none"))


def described(graph: Graph, layout: StepLayout = RUN_ONCE, rows: int = 1) -> tuple[str, str]:
    """Return signature and code of a graph laid out for the usual number of rows."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        # the code is compared, not run
        patch.setattr("tiza.engines.native.program.library", lambda *_: _NoCode())
        patch.setattr("tiza.engines.native.program.code_key", lambda text, target: found.append(text) or text)
        program = NativeProgram(graph, layout, Samples(rows, USUAL))
    return found[0], program_code(program.schedule, program.target)


class _NoCode:
    def function(self, *_: Any) -> None:
        """Stand for a function."""


def clashes(some: Iterable[Primitive]) -> Iterator[Primitive]:
    """Yield operations with two codes under one signature, on operands of many shapes and types."""
    codes: dict[str, str] = {}
    for primitive in some:
        for example in [one for first in primitive.examples[:2] for one in variants(primitive, first)[:25]]:
            text, code = described(graph_of(primitive, example), rows=rows_of(example))
            if codes.setdefault(text, code) != code:
                yield primitive


def rows_of(example: Example) -> int:
    """Return the first size of the first operand that has one."""
    shapes = [operand.type.shape for operand in example.operands]
    return next((shape[0] for shape in shapes if shape), 1)


PRIMITIVES = [one for one in primitives() if one.examples]


def test_one_signature_is_one_code() -> None:
    assert not list(clashes(PRIMITIVES))


@pytest.mark.parametrize("left_out", ["primitive", "attributes", "terms"])
def test_a_signature_that_leaves_something_out_is_caught(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        signature, "fields", lambda value: [one for one in fields(value) if one.name != left_out]
    )
    assert next(clashes(PRIMITIVES), None) is not None


def model_of(dtype: str, optimizer: str, loss: str) -> Model:
    """Return a network in which the number of rows makes numbers, sums and copies."""
    layers = [tz.Input((20,)), tz.layers.Dense(17, "tanh"), tz.layers.Dense(3, "softmax")]
    model = tz.Sequential(layers, dtype=dtype, seed=1)
    model.compile(optimizer, loss, ["accuracy"])
    return model


def step_program(model: Model, rows: int, usual: int, threads: int = 1) -> NativeProgram:
    """Return the program of a training step."""
    dtype = model.network.dtype
    batch = Batch((TensorType((rows, 20), dtype),), (TensorType((rows,), as_dtype("int32")),), weighted=True)
    step = simplify(model.trainer.graph(batch)).graph
    program: NativeProgram = NativeEngine(threads).compile(
        step, model.trainer.layout(batch), Samples(rows, usual)
    )
    return program


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_batches_of_any_number_of_rows_share_the_code_and_have_their_own_values(
    dtype: str, optimizer: str
) -> None:
    model = model_of(dtype, optimizer, "sparse_categorical_crossentropy")
    usual = step_program(model, USUAL, USUAL)
    source = np.random.default_rng(0)
    for rows in (5, 16, 33, 39, 100):
        program = step_program(model, rows, USUAL)
        assert program.library is usual.library
        x, y = source.normal(size=(rows, 20)).astype(dtype), source.integers(0, 3, rows).astype("int32")
        weights, rate = source.random(rows).astype(dtype), np.asarray(0.1, dtype)
        inputs = [*values_in_order(model.trainer.entries, model.state), x, y, weights, rate]
        expected = step_program(model, rows, rows).run(inputs)
        for threads in (1, 3):
            found = program.run(inputs, threads)
            assert [one.tobytes() for one in found] == [one.tobytes() for one in expected]
        compare(program.graph, inputs, expected)


def test_a_fit_with_a_remainder_and_any_prediction_are_one_code_each() -> None:
    model = model_of("float32", "adam", "sparse_categorical_crossentropy")
    source = np.random.default_rng(0)
    x, y = source.normal(size=(1000, 20)).astype("float32"), source.integers(0, 3, 1000)
    model.fit(x, y, batch_size=USUAL - 2, epochs=2, verbose=0)
    assert len({id(one.library) for one in model.trainer._programs.values()}) == 1
    outputs = [model.predict(x[:rows]) for rows in (100, 999, 1000)]
    assert len({id(one.library) for one in model._programs.values()}) == 1
    for one in outputs:
        np.testing.assert_array_equal(one, outputs[-1][: len(one)])


def test_a_program_for_one_thread_is_written_for_its_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 10**9)
    model = model_of("float32", "sgd", "sparse_categorical_crossentropy")
    assert step_program(model, 5, USUAL).library is not step_program(model, USUAL, USUAL).library
