"""Sums of a few samples: values, the same bits on any number of threads, one code for any number of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiza as tz
from native_checks import compare, targets
from native_convolutions import activated_graph
from native_guards import WAYS, GuardedProgram, run_guarded
from tiza.engines.engine import Samples
from tiza.engines.native import fetching, partial_sums, scheduling, strips
from tiza.engines.native.emission import KernelWriter
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.partial_sums import GROUP
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.strips import Strip, handed_on, in_strips
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import Word, task_places, tasks_of
from tiza.graph.graph import Graph

Array = np.ndarray[Any, Any]
TARGETS = list(targets().values())
KERNEL = (3, 2, 2, 5)


@pytest.fixture(autouse=True)
def _every_sample_is_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIZA_CACHE", str(tmp_path))
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setattr(partial_sums, "LARGE_SAMPLE", 0)
    monkeypatch.setattr(strips, "LARGE_SAMPLE", 0)
    monkeypatch.setattr(strips, "NEAR", 2**12)


def summed_in_groups(program: NativeProgram) -> list[Kernel]:
    """Return the kernels that make partial sums."""
    return [one for one in program.schedule.kernels if isinstance(one, Kernel) and one.group]


def check(program: NativeProgram, inputs: list[Array]) -> None:
    """Check values, and that more threads give the same bits."""
    found = program.run(inputs)
    for threads in (2, 3, 5):
        for one, again in zip(found, program.run(inputs, threads), strict=True):
            assert one.tobytes() == again.tobytes()
    compare(program.graph, inputs, found)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(2 * GROUP, 5 * GROUP),
    st.sampled_from([5, 9]),
    st.sampled_from([1, 3]),
    st.sampled_from([2, 16, 33]),
    st.sampled_from(["valid", "same"]),
    st.sampled_from(TARGETS),
)
def test_the_gradient_of_a_kernel_is_made_of_sums_of_a_few_samples(
    samples: int, length: int, channels: int, filters: int, padding: str, target: Target
) -> None:
    kernel = (3, 3, channels, filters)
    graph, inputs = activated_graph((samples, length, 6, channels), kernel, samples, padding=padding)
    program = NativeProgram(graph, samples=Samples(samples, samples), target=target)
    assert summed_in_groups(program)
    check(program, inputs)


def activated(samples: int) -> tuple[Graph, list[Array]]:
    """Return the graph of a convolution whose gradient is made where it is summed, and inputs."""
    return activated_graph((samples, 7, 6, 2), KERNEL, samples, padding="same")


def test_what_is_summed_is_handed_on_within_a_strip() -> None:
    graph, _ = activated(19)
    value, _, of_kernel = graph.outputs
    program = NativeProgram(Graph(graph.inputs, (value, of_kernel)), samples=Samples(19, 19))
    plan = program.schedule
    (summing,) = summed_in_groups(program)
    found = [in_strips(phase, program.target, plan.samples, plan.overwritten, None) for phase in plan.phases]
    (strip,) = (one for phase in found for one in phase if isinstance(one, Strip) and summing in one.kernels)
    cotangent = max((load.buffer for load in summing.loads), key=lambda node: len(node.inputs))
    assert cotangent in handed_on(strip, plan.kernels, plan.graph.outputs)


def test_few_samples_are_summed_at_once() -> None:
    graph, inputs = activated(2 * GROUP - 1)
    program = NativeProgram(graph, samples=Samples(2 * GROUP - 1, 2 * GROUP - 1))
    assert not summed_in_groups(program)
    check(program, inputs)


def test_large_sums_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_sums, "MOST_BYTES", 4 * int(np.prod(KERNEL)) - 1)
    graph, inputs = activated(19)
    program = NativeProgram(graph, samples=Samples(19, 19))
    assert not summed_in_groups(program)
    check(program, inputs)


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 8])
def test_threads_take_whole_groups(threads: int) -> None:
    graph, _ = activated(19)
    program = NativeProgram(graph, samples=Samples(19, 19))
    (summing,) = summed_in_groups(program)
    tasks = tasks_of(program.schedule, program.target, threads)
    start = task_places(program.schedule)[0][id(summing)]
    assert not (tasks[:, start + Word.FIRST] % GROUP).any()
    ends = tasks[:, start + Word.UNTIL]
    assert ends[-1] == 19
    assert not (ends[:-1] % GROUP).any()


@pytest.mark.parametrize("rows", [1, 3, 4, 11, 16, 27])
def test_batches_of_any_number_of_rows_are_one_code(rows: int) -> None:
    usual, _ = activated(16)
    whole = NativeProgram(usual, samples=Samples(16, 16))
    graph, inputs = activated(rows)
    program = NativeProgram(graph, samples=Samples(rows, 16))
    assert (program.library is whole.library) == (rows > 3)
    check(program, inputs)


def test_another_kernel_brings_the_next_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WORTH_FETCHING", 0)
    model = tz.Sequential(
        [tz.Input((9, 9, 1)), tz.layers.Conv2D(5, 3), tz.layers.Flatten(), tz.layers.Dense(2)], seed=1
    )
    model.compile("sgd", "mse")
    model.fit(np.ones((16, 9, 9, 1)), np.ones((16, 2)), batch_size=16, verbose=0)
    (program,) = model.trainer._programs.values()
    assert isinstance(program, NativeProgram)
    assert program.ahead is not None
    assert summed_in_groups(program)
    assert not program.ahead.kernel.group


def test_nothing_is_read_or_written_outside() -> None:
    graph, inputs = activated(19)
    for at_end, threads in WAYS:
        program = GuardedProgram(graph, threads=threads, samples=Samples(19, 19))
        assert summed_in_groups(program)
        compare(program.graph, inputs, run_guarded(program, inputs, at_end))


def test_sums_in_one_place_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KernelWriter, "go_to_sum", lambda writer, number: None)
    graph, inputs = activated(19)
    program = NativeProgram(graph, samples=Samples(19, 19))
    with pytest.raises(AssertionError):
        check(program, inputs)


def test_a_part_of_a_group_that_begins_anew_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tiza.engines.native.contractions._begins",
        lambda writer, sample: writer.builder.icmp_signed("==", sample, sample),
    )
    graph, inputs = activated(19)
    program = NativeProgram(graph, samples=Samples(19, 19))
    with pytest.raises(AssertionError):
        check(program, inputs)
