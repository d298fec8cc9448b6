"""Convolutions by minimal filtering: values, threads, where they are taken, memory of a strip, faults."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tiza as tz
from native_checks import targets
from native_convolutions import convolution_graph
from native_training import check_same_state, trained
from tiza.engines.engine import Samples
from tiza.engines.native import fast_convolutions, library, scheduling, sequence, session, strips, tiles
from tiza.engines.native.fast_convolutions import FILTERING
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.minimal_filtering import Matrix, numbers
from tiza.engines.native.pace import ThreadPace
from tiza.engines.native.program import NativeProgram
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.errors import NonFiniteError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape, TensorType, as_dtype
from tiza.ops.convolution import convolution
from tiza.ops.layout import pad

Array = Any
TARGETS = list(targets().values())
POINTS = FILTERING.size**2

TOLERANCE = 1e-5
"""Error as a share of the largest value. Rounding is relative to what stands at the points, which is larger
than a small output: 2e-6 was the most for normal numbers and 128 channels."""


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "read_code", lambda key: None)
    monkeypatch.setattr(library, "write_code", lambda key, code: None)
    monkeypatch.setattr(library, "_LIBRARIES", {})


def in_double(graph: Graph, inputs: list[Array]) -> list[Array]:
    """Return the outputs of a graph of one convolution and its gradients, in float64."""
    wide = [
        input_node(f"x{at}", one.tensor_type.with_dtype(as_dtype("float64")))
        for at, one in enumerate(graph.inputs)
    ]
    copies: dict[Node, Node] = dict(zip(graph.inputs, wide, strict=True))
    for node in graph.nodes:
        if node not in copies:
            operands = tuple(copies[one] for one in node.inputs)
            type_ = node.tensor_type.with_dtype(as_dtype("float64"))
            copies[node] = Node(node.primitive, operands, node.attributes, type_, node.provenance)
    outputs = tuple(copies[one] for one in graph.outputs)
    return evaluate_graph(Graph(tuple(wide), outputs), [one.astype("float64") for one in inputs])


def errors(graph: Graph, inputs: list[Array], found: list[Array]) -> list[float]:
    """Return the largest error of each output, as a share of the output's largest value."""
    pairs = zip(found, in_double(graph, inputs), strict=True)
    return [float(np.abs(one - exact).max() / np.abs(exact).max()) for one, exact in pairs]


def products_at_points(program: NativeProgram) -> int:
    """Return how many kernels are one product for each point."""
    products = [one for one in program.schedule.kernels if isinstance(one, Kernel) and one.reduced]
    return sum(POINTS in one.shape or POINTS * one.samples.count in one.shape for one in products)


def compiled(
    x: Shape, kernel: Shape, target: int = 0, **options: Any
) -> tuple[Graph, list[Array], NativeProgram]:
    """Return a convolution with its gradients, inputs for it, and the program."""
    graph, inputs = convolution_graph(x, kernel, 0, **options)
    return graph, inputs, NativeProgram(graph, samples=Samples(x[0], x[0]), target=TARGETS[target])


@settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(
    st.sampled_from([16, 17, 31]),
    st.tuples(st.sampled_from([10, 13, 14]), st.sampled_from([10, 13, 14])),
    st.sampled_from([(32, 33), (64, 32), (40, 72)]),
    st.sampled_from(["valid", "same"]),
    st.integers(0, len(TARGETS) - 1),
)
def test_values_and_bits_on_any_number_of_threads(
    samples: int, lengths: tuple[int, int], channels: tuple[int, int], padding: str, target: int
) -> None:
    shapes = (samples, *lengths, channels[0]), (3, 3, *channels)
    graph, inputs, program = compiled(*shapes, target=target, padding=padding)
    assert products_at_points(program) == 4
    found = program.run(inputs)
    for threads in (2, 3):
        for one, again in zip(found, program.run(inputs, threads), strict=True):
            assert one.tobytes() == again.tobytes()
    assert max(errors(graph, inputs, found)) < TOLERANCE


SHAPES = (16, 13, 13, 32), (3, 3, 32, 64)


def test_a_convolution_and_both_gradients_are_taken() -> None:
    """What the three read is taken to the points once: images, cotangent and kernel."""
    graph, inputs, program = compiled(*SHAPES)
    # the kernel there, the three products
    assert products_at_points(program) == 4
    assert max(errors(graph, inputs, program.run(inputs))) < TOLERANCE
    parts = [node for node in program.schedule.stored if node.tensor_type.shape[1:4] == (POINTS, 3, 3)]
    # of images, cotangent, and what is given back
    assert len(parts) == 3


@pytest.mark.parametrize(
    ("x", "kernel", "options"),
    [
        ((16, 13, 13, 32), (3, 3, 32, 64), {"strides": 2}),
        ((16, 13, 13, 32), (3, 3, 32, 64), {"dilations": 2}),
        ((16, 13, 13, 64), (3, 3, 32, 64), {"groups": 2}),
        ((16, 13, 13, 32), (5, 3, 32, 64), {}),
        ((16, 13, 32), (3, 32, 64), {}),
        ((16, 13, 13, 1), (3, 3, 1, 32), {}),
        ((16, 8, 13, 32), (3, 3, 32, 64), {}),
        ((2, 13, 13, 32), (3, 3, 32, 64), {}),
        ((16, 13, 13, 128), (3, 3, 128, 128), {}),
    ],
)
def test_others_are_left_as_they_are(x: Shape, kernel: Shape, options: dict[str, Any]) -> None:
    _, _, program = compiled(x, kernel, **options)
    assert not products_at_points(program)


def test_programs_for_unknown_samples_are_left_as_they_are() -> None:
    """Without strips, what stands at the points would go through memory."""
    graph, _ = convolution_graph(*SHAPES, 0)
    assert not products_at_points(NativeProgram(graph))


def test_two_paddings_of_the_same_images_are_told_apart() -> None:
    single = as_dtype("float32")
    x, kernel = (
        input_node(name, TensorType(shape, single)) for name, shape in zip("xk", SHAPES, strict=True)
    )
    both = [convolution(Tensor(x), Tensor(kernel), padding=padding).node for padding in ("valid", "same")]
    graph = Graph((x, kernel), tuple(both))
    source = np.random.default_rng(0)
    inputs = [source.normal(size=one.tensor_type.shape).astype("float32") for one in graph.inputs]
    program = NativeProgram(graph, samples=Samples(16, 16))
    assert products_at_points(program) == 3
    assert max(errors(graph, inputs, program.run(inputs))) < TOLERANCE


def planted(fault: str) -> Any:
    """Return a fault in what is taken to the points or back."""
    if fault == "factors":

        def off(matrix: Matrix) -> Array:
            found = numbers(matrix)
            found[1, 1] *= 1.01
            return found

        return mock.patch.object(fast_convolutions, "numbers", off)
    if fault == "padding":
        return mock.patch.object(
            fast_convolutions,
            "in_tiles",
            lambda image, axes, before, size: tiles.in_tiles(image, axes, (0, 0), size),
        )
    if fault == "overlap":
        # every share is that of the first tile's place
        return mock.patch.object(
            tiles, "_moved", lambda value, by: pad(value, ((0, 0), (0, 1), (0, 1), (0, 0)))
        )
    return mock.patch.object(
        fast_convolutions,
        "side_by_side",
        lambda places, lengths: tiles.side_by_side(list(zip(*places, strict=True)), lengths),
    )


@pytest.mark.parametrize("fault", ["factors", "padding", "overlap", "rows for columns"])
def test_planted_faults_are_found(fault: str) -> None:
    with planted(fault):
        graph, inputs, program = compiled(*SHAPES, padding="same")
        assert max(errors(graph, inputs, program.run(inputs))) > 10 * TOLERANCE


# what stands in memory for one strip only


class AllThreads(ThreadPace):
    """All threads, always."""

    def begin(self) -> None:
        """Take all."""
        self.threads = self.most


LAYERS = [
    tz.Input((12, 12, 32)),
    tz.layers.Conv2D(32, 3, padding="same", activation="relu"),
    tz.layers.Conv2D(40, 3, activation="relu"),
    tz.layers.MaxPooling2D(2),
    tz.layers.Flatten(),
    tz.layers.Dense(3),
]


def images() -> tuple[Array, Array]:
    source = np.random.default_rng(0)
    return source.normal(size=(41, 12, 12, 32)).astype("float32"), source.normal(size=(41, 3)).astype(
        "float32"
    )


@pytest.fixture
def every_step_on_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ThreadPace", AllThreads)
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)


def train(engine: str) -> Any:
    """Return a model after some steps, the last of each epoch smaller."""
    model, _ = trained(engine, LAYERS, "float32", "adam", "mse", images(), epochs=2, batch_size=16)
    return model


@pytest.mark.usefixtures("every_step_on_all_threads")
def test_training_gives_the_same_bits_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a strip passes on stands in the same place for all its samples, each thread's in its own."""
    made: list[list[Node]] = []

    def kept(*parts: Any) -> list[Node]:
        made.append(strips.handed_on(*parts))
        return made[-1]

    monkeypatch.setattr(sequence, "handed_on", kept)
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        model = train("native")
        found.append([value.tobytes() for value in model.state.values()])
    assert found[1:] == found[:1] * 2
    assert sum(map(len, made)) > 4
    check_same_state(model, train("reference"), 1e-3)


@pytest.mark.usefixtures("every_step_on_all_threads")
def test_what_is_read_elsewhere_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """If all that a strip writes is passed over, what is trained is wrong."""
    expected = train("reference")
    monkeypatch.setattr(
        sequence,
        "handed_on",
        lambda strip, kernels, outputs: [node for kernel in strip.kernels for node in kernel.written],
    )
    with pytest.raises((AssertionError, NonFiniteError)):
        check_same_state(train("native"), expected, 1e-3)
