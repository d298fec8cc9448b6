"""Convolution and pooling with their gradients: values, threads, zeros left out, sums in portions."""

from __future__ import annotations

from random import Random
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tiza as tz
from native_checks import compare, targets
from native_convolutions import convolution_graph, pooling_graph, random_convolution
from native_training import check_same_state, trained
from tiza.engines.engine import Samples
from tiza.engines.native import contractions, library, merging, scheduling, sequence, session, strips, tiling
from tiza.engines.native.affine import Affine, Counter, Element, Quotient, counter, quotient, row_major
from tiza.engines.native.code import index
from tiza.engines.native.expression import Condition, bounds_where
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.pace import ThreadPace
from tiza.engines.native.preparation import prepare
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.tiling import tile_of
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.errors import NonFiniteError
from tiza.graph.graph import Graph
from tiza.graph.node import rebuild
from tiza.graph.tensor import Tensor
from tiza.ops.elementwise import tanh
from tiza.ops.layout import OVERLAP_ADD
from tiza.ops.pooling import average_pooling, max_pooling

Array = Any
SOURCES = st.randoms(use_true_random=False)
TARGETS = list(targets().values())
ACCEPTED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "read_code", lambda key: None)
    monkeypatch.setattr(library, "write_code", lambda key, code: None)
    monkeypatch.setattr(library, "_LIBRARIES", {})


def check(graph: Graph, inputs: list[Array], which: int, samples: int = 1) -> NativeProgram:
    """Check values against the reference, and that one to three threads give the same bits."""
    with mock.patch.object(scheduling, "WORTH_SHARING", 0 if which % 2 else scheduling.WORTH_SHARING):
        program = NativeProgram(
            graph, samples=Samples(samples, samples), target=TARGETS[which // 2 % len(TARGETS)]
        )
    found = program.run(inputs)
    for threads in (2, 3):
        for one, again in zip(found, program.run(inputs, threads), strict=True):
            assert one.tobytes() == again.tobytes()
    compare(graph, inputs, found)
    return program


@pytest.mark.slow
@settings(ACCEPTED, max_examples=40)
@given(SOURCES)
def test_random_convolutions(source: Random) -> None:
    _, graph, inputs = random_convolution(source)
    check(graph, inputs, source.randrange(6))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_random_convolutions(part: int) -> None:
    for seed in range(100 * part, 100 * (part + 1)):
        _, graph, inputs = random_convolution(Random(seed))
        check(graph, inputs, seed)


@settings(ACCEPTED, max_examples=40)
@given(SOURCES)
def test_overlap_adds_in_another_form_have_the_same_values(source: Random) -> None:
    """On the reference engine: the plan that is compiled, and the graph as it was written."""
    _, graph, inputs = random_convolution(source)
    compare(graph, inputs, evaluate_graph(prepare(graph), inputs))


def test_no_windows_stand_in_memory() -> None:
    """The gradient for the input is a product over the kernel's places, not a sum of every window's share."""
    graph, inputs = convolution_graph((2, 9, 9, 4), (3, 3, 4, 16), 0)
    assert any(node.primitive is OVERLAP_ADD for node in graph.nodes)
    program = check(graph, inputs, 1)
    assert not any(node.primitive is OVERLAP_ADD for node in program.graph.nodes)
    largest = max(node.tensor_type.size for node in (*graph.inputs, *graph.outputs))
    assert max(node.tensor_type.size for node in program.schedule.stored) == largest


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("width", [5, 11, 13, 30])
def test_zeros_around_are_left_out_of_the_loops(width: int, padding: str) -> None:
    """All three products are made in blocks; rows at the edges are told from those between."""
    graph, inputs = convolution_graph((3, 6, width, 4), (3, 3, 4, 16), width, padding=padding)
    program = check(graph, inputs, 0)
    products = [kernel for kernel in program.schedule.kernels if isinstance(kernel, Kernel) and kernel.head]
    tiles = [tile_of(kernel, program.target) for kernel in products]
    assert None not in tiles
    assert any(tile.edges and any(tile.limits) for tile in tiles if tile)


def planted(fault: str) -> Any:
    """Return a fault in the loops at the edges."""
    if fault == "rows outside count":
        return mock.patch.object(contractions, "holds", return_value=True)
    if fault == "turns outside count":
        return mock.patch.object(
            contractions,
            "_turns",
            lambda writer, tile, point, reduced: (index(0), writer.terms(len(reduced))),
        )
    return mock.patch.object(contractions, "is_inside", return_value=True)


@pytest.mark.parametrize("fault", ["rows outside count", "turns outside count", "all rows are inside"])
def test_planted_faults_at_the_edges_are_found(fault: str) -> None:
    graph, inputs = convolution_graph((2, 6, 30, 4), (3, 3, 4, 16), 0, padding="same")
    with planted(fault), pytest.raises(AssertionError):
        compare(graph, inputs, NativeProgram(graph).run(inputs))


@pytest.fixture
def small_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that keeps next to nothing near."""
    monkeypatch.setattr(tiling, "IN_CACHE", 3000)
    monkeypatch.setattr(tiling, "LONG_ROW", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("small_cache")
@pytest.mark.parametrize("samples", [2, 5, 7])
@pytest.mark.parametrize("filters", [3, 17, 33])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_sums_over_samples_in_portions(samples: int, filters: int, padding: str) -> None:
    graph, inputs = convolution_graph((samples, 9, 7, 8), (3, 2, 8, filters), samples, padding=padding)
    program = check(graph, inputs, 1 + 2 * (filters % 3), samples)
    portions = [kernel.portion for kernel in program.schedule.kernels if isinstance(kernel, Kernel)]
    assert max(portions) in range(1, samples)


@pytest.mark.usefixtures("small_cache")
def test_a_portion_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, inputs = convolution_graph((7, 9, 7, 8), (3, 2, 8, 17), 0)
    with mock.patch.object(scheduling, "WORTH_SHARING", 0):
        monkeypatch.setattr("tiza.engines.native.emission.KernelWriter.keep", lambda writer, point: None)
        program = NativeProgram(graph, samples=Samples(7, 7))
    with pytest.raises(AssertionError):
        compare(graph, inputs, program.run(inputs))


class AllThreads(ThreadPace):
    """All threads, always."""

    def begin(self) -> None:
        """Take all."""
        self.threads = self.most


LAYERS = [
    tz.Input((9, 9, 4)),
    tz.layers.Conv2D(20, 3, activation="relu"),
    tz.layers.MaxPooling2D(2),
    tz.layers.Conv2D(5, 2, padding="same", activation="tanh"),
    tz.layers.Flatten(),
    tz.layers.Dense(3),
]


def images() -> tuple[Array, Array]:
    source = np.random.default_rng(0)
    return source.normal(size=(27, 9, 9, 4)).astype("float32"), source.normal(size=(27, 3)).astype("float32")


@pytest.fixture
def every_step_on_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ThreadPace", AllThreads)
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    monkeypatch.setattr(strips, "LARGE_SAMPLE", 1)
    monkeypatch.setattr(strips, "NEAR", 20000)


@pytest.mark.usefixtures("small_cache", "every_step_on_all_threads")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_gives_the_same_bits_on_any_number_of_threads(
    optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights are written over, rows brought ahead, the last batch is smaller; strips and portions."""
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        model, _ = trained("native", LAYERS, "float32", optimizer, "mse", images(), epochs=2, batch_size=8)
        found.append([value.tobytes() for value in model.state.values()])
    assert found[1:] == found[:1] * 2
    expected, _ = trained("reference", LAYERS, "float32", optimizer, "mse", images(), epochs=2, batch_size=8)
    check_same_state(model, expected, 1e-4)


@pytest.mark.slow
@pytest.mark.usefixtures("every_step_on_all_threads")
def test_kernels_of_large_samples_run_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that reads what a strip writes runs after it; where it does not, what is trained is wrong."""
    made: list[Any] = []

    def kept(*parts: Any) -> Any:
        made.append(strips.in_strips(*parts))
        return made[-1]

    monkeypatch.setattr(sequence, "in_strips", kept)
    expected, _ = trained("reference", LAYERS, "float32", "sgd", "mse", images(), epochs=2, batch_size=8)

    def check_trained() -> None:
        monkeypatch.setattr(library, "_LIBRARIES", {})
        model, _ = trained("native", LAYERS, "float32", "sgd", "mse", images(), epochs=2, batch_size=8)
        check_same_state(model, expected, 1e-4)

    check_trained()
    found = [one for order in made for one in order if isinstance(one, strips.Strip)]
    assert max(len(one.kernels) for one in found) > 2
    assert min(one.samples for one in found) < 8
    monkeypatch.setattr(strips, "_is_apart", lambda *parts: True)
    with pytest.raises((AssertionError, NonFiniteError)):
        check_trained()


# whole numbers divided while code is written


@st.composite
def places(draw: Any) -> tuple[Affine, tuple[int, ...]]:
    """Return a sum of counters and the sizes of their loops."""
    sizes = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    value = Affine((), draw(st.integers(0, 8)))
    for axis in range(len(sizes)):
        value = value + counter(axis).times(draw(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 12, 24])))
    return value, sizes


def value_at(value: Affine, point: tuple[int, ...]) -> int:
    total = value.constant
    for symbol, factor in value.terms:
        assert not isinstance(symbol, Element)
        if isinstance(symbol, Counter):
            total += factor * point[symbol.axis]
        elif isinstance(symbol, Quotient):
            one = value_at(symbol.value, point) // symbol.divisor
            total += factor * (one % symbol.modulus if symbol.modulus else one)
    return total


@settings(deadline=None)
@given(places(), st.sampled_from([1, 2, 3, 4, 6, 8, 12]), st.sampled_from([0, 1, 2, 3, 4, 6]))
def test_quotients_are_what_division_gives(
    place: tuple[Affine, tuple[int, ...]], divisor: int, modulus: int
) -> None:
    value, sizes = place
    found = quotient(value, divisor, modulus, sizes)
    for point in np.ndindex(*sizes):
        exact = value_at(value, point) // divisor
        assert value_at(found, point) == (exact % modulus if modulus else exact)


def test_axes_that_are_split_or_joined_are_seen_through() -> None:
    """(v, c) of 10 x 64 as an element of 5 x 2 x 64: v is halved, c stays, no division moves with it."""
    whole = counter(0).times(64) + counter(1)
    assert quotient(whole, 64, 0, (10, 64)) == counter(0)
    assert quotient(whole, 1, 64, (10, 64)) == counter(1)
    halved = quotient(whole, 128, 0, (10, 64))
    assert halved == Affine(((Quotient(counter(0), 2), 1),))


@settings(deadline=None)
@given(places(), places(), st.integers(1, 12), st.sampled_from([-3, 0, 1, 8]))
def test_bounds_where_a_condition_holds_are_kept(
    place: tuple[Affine, tuple[int, ...]],
    other: tuple[Affine, tuple[int, ...]],
    limit: int,
    times: int,
) -> None:
    """Of a sum with a multiple of what the condition bounds in it."""
    sizes = max(place[1], other[1], key=len)
    inside = other[0].plus(-4)
    value = place[0] + inside.times(times)
    low, high = bounds_where(value, [Condition("inside", inside, limit)], sizes)
    for point in np.ndindex(*sizes):
        if 0 <= value_at(inside, point) < limit:
            assert low <= value_at(value, point) <= high


def test_rows_of_padded_images_are_a_thread_s_own() -> None:
    """A convolution with zeros around waits for no other thread: it reads no row but its own."""
    graph, inputs = convolution_graph((8, 9, 7, 4), (3, 3, 4, 16), 0, padding="same")
    inner = Graph(graph.inputs, (graph.outputs[0],))
    x = inner.inputs[0]
    twice = Graph(inner.inputs, rebuild(inner.outputs, {x: tanh(Tensor(x)).node})[0])
    program = check(twice, inputs, 1, 8)
    assert len(program.schedule.kernels) == 2
    assert len(program.schedule.phases) == 1


@pytest.mark.parametrize("window", [(2, 2), (3, 2), (4, 1)])
@pytest.mark.parametrize("kind", [max_pooling, average_pooling])
def test_the_way_back_through_windows_side_by_side(kind: Any, window: tuple[int, int]) -> None:
    shape = (3, 3 * window[0], 4 * window[1], 17)
    graph, inputs = pooling_graph(kind, shape, window)
    program = check(graph, inputs, 1, 3)
    split = tuple(one for one in window if one > 1)
    shapes = [one.shape for one in program.schedule.kernels if isinstance(one, Kernel) and one.head is None]
    assert (3, 3, 4, *split, 17) in shapes


def test_windows_of_which_a_part_is_left_are_not_split() -> None:
    graph, inputs = pooling_graph(max_pooling, (3, 7, 9, 17), (2, 2))
    program = check(graph, inputs, 1, 3)
    assert all(len(one.shape) <= 4 for one in program.schedule.kernels if isinstance(one, Kernel))


def test_a_window_in_another_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        merging,
        "row_major",
        lambda indices, shape: row_major([*indices[:1], indices[2], indices[1], indices[3]], shape),
    )
    graph, inputs = pooling_graph(max_pooling, (3, 8, 8, 17), (2, 2))
    with pytest.raises(AssertionError):
        check(graph, inputs, 1, 3)
