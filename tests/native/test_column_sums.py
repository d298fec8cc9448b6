"""Column sums beside products: values, the same bits on any number of threads, only of the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiza as tz
from native_checks import compare, targets
from native_convolutions import convolution_graph
from native_guards import FILL, WAYS, GuardedNumPy, GuardedProgram, run_guarded
from tiza.engines.native import column_sums, sample_sums, scheduling, tiling
from tiza.engines.native import program as native_program
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target
from tiza.graph.graph import Graph
from tiza.graph.tensor import Tensor
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]
TARGETS = list(targets().values())


@pytest.fixture(autouse=True)
def _everything_is_far_and_shared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path))
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setattr(column_sums, "FAR", 0)
    monkeypatch.setattr(sample_sums, "LARGE_SAMPLE", 2**40)


def drawn(*shapes: tuple[int, ...]) -> list[Array]:
    """Return random numbers."""
    source = np.random.default_rng([size for shape in shapes for size in shape])
    return [source.normal(size=shape).astype("float32") for shape in shapes]


def dense_gradients(x: Any, cotangent: Any, kernel: Any, bias: Any) -> tuple[Any, Any]:
    """Return a kernel and a bias after a step."""
    return kernel - 0.1 * (x.T @ cotangent), bias - 0.1 * total(cotangent, axis=0)


def dense_case(rows: int, features: int, units: int) -> tuple[Graph, list[Array]]:
    """Return the graph of such a step, and inputs."""
    inputs = drawn((rows, features), (rows, units), (features, units), (units,))
    return tz.trace(dense_gradients, *inputs), inputs


def sums_beside(program: NativeProgram) -> int:
    """Return how many sums are made beside products."""
    kernels = [one for one in program.schedule.kernels if isinstance(one, Kernel)]
    return sum(one.beside is not None for one in kernels)


def check(program: NativeProgram, inputs: list[Array]) -> None:
    """Check values, and that more threads give the same bits."""
    found = program.run(inputs)
    for threads in (2, 3):
        for one, again in zip(found, program.run(inputs, threads), strict=True):
            assert one.tobytes() == again.tobytes()
    compare(program.graph, inputs, found)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(2, 40),
    st.integers(2, 40),
    st.sampled_from([2, 3, 10, 16, 17, 33, 64, 80]),
    st.sampled_from(TARGETS),
)
def test_the_gradient_of_a_bias_is_made_beside_that_of_its_kernel(
    rows: int, features: int, units: int, target: Target
) -> None:
    graph, inputs = dense_case(rows, features, units)
    program = NativeProgram(graph, target=target)
    assert sums_beside(program) == 1
    check(program, inputs)


@pytest.mark.parametrize("rows", [700, 1025])
def test_it_is_made_in_the_portions_of_the_product(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "FAR", 0)
    monkeypatch.setattr(tiling, "IN_CACHE", 0)
    graph, inputs = dense_case(rows, 30, 80)
    program = NativeProgram(graph)
    (product,) = (one for one in program.schedule.kernels if isinstance(one, Kernel) and one.beside)
    assert 0 < product.portion < rows
    check(program, inputs)


@pytest.mark.parametrize("features", [5, 8, 20, 40])
def test_only_the_thread_that_has_the_first_row_makes_it(
    features: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads whose parts are empty write nothing, so that no two add to the same memory."""
    inputs = drawn((19, features), (19, 33))
    program = NativeProgram(tz.trace(lambda x, d: (x.T @ d, total(d, axis=0)), *inputs))
    assert sums_beside(program) == 1
    makers = []
    for threads in range(1, 9):
        wrote = []
        for number in range(threads):

            def alone(function: Any, arguments: tuple[int, ...], count: int, number: int = number) -> None:
                # the meetings of a single thread wait for nobody
                table, shared, tasks = arguments
                line = program.tasks(count).shape[1] * program.tasks(count).itemsize
                function(table, shared, tasks + number * line, 0, 1)

            monkeypatch.setattr(native_program, "call_on_threads", alone)
            monkeypatch.setattr(native_program, "np", GuardedNumPy(True))
            _, sums = program.run(inputs, threads)
            wrote.append(not (sums.view("uint8") == FILL).all())
        makers.append(sum(wrote))
    assert makers == [1] * 8


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("filters", [5, 64])
def test_every_position_counts_where_the_product_leaves_zeros_out(padding: str, filters: int) -> None:
    graph, inputs = convolution_graph((6, 9, 8, 4), (3, 3, 4, filters), 0, padding=padding)
    bias = total(Tensor(graph.inputs[-1]), axis=(0, 1, 2)) * 0.5
    program = NativeProgram(Graph(graph.inputs, (*graph.outputs, bias.node)))
    assert sums_beside(program) == 1
    check(program, inputs)


def test_a_sum_that_nothing_follows_is_made_there_too() -> None:
    inputs = drawn((19, 6), (19, 33))
    program = NativeProgram(tz.trace(lambda x, d: (x.T @ d, total(d, axis=0)), *inputs))
    assert sums_beside(program) == 1
    assert sum(one.head is not None for one in program.schedule.kernels if isinstance(one, Kernel)) == 1
    check(program, inputs)


def test_nothing_is_read_or_written_outside() -> None:
    graph, inputs = dense_case(37, 13, 35)
    for at_end, threads in WAYS:
        program = GuardedProgram(graph, threads=threads)
        assert sums_beside(program) == 1
        compare(program.graph, inputs, run_guarded(program, inputs, at_end))


def test_a_product_of_what_the_sum_makes_comes_after_it() -> None:
    def scaled(x: Any, cotangent: Any) -> tuple[Any, Any]:
        sums = total(cotangent, axis=0)
        return (x * total(sums * sums)).T @ cotangent, sums + 1.0

    inputs = drawn((19, 6), (19, 33))
    program = NativeProgram(tz.trace(scaled, *inputs))
    assert sums_beside(program) == 0
    check(program, inputs)


def of_some_rows(x: Any, cotangent: Any) -> tuple[Any, Any]:
    """Return a product that reads all rows but the last, and the sum of all."""
    return x[:-1].T @ cotangent[:-1], total(cotangent, axis=0) + 1.0


def test_a_product_of_some_rows_sums_no_others() -> None:
    inputs = drawn((19, 6), (19, 33))
    program = NativeProgram(tz.trace(of_some_rows, *inputs))
    assert sums_beside(program) == 0
    check(program, inputs)


def test_a_sum_beside_a_product_of_some_rows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_sums, "_is_every_row", lambda *_: True)
    inputs = drawn((19, 6), (19, 33))
    program = NativeProgram(tz.trace(of_some_rows, *inputs))
    assert sums_beside(program) == 1
    with pytest.raises(AssertionError):
        check(program, inputs)
