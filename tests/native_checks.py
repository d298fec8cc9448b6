"""The native engine against the reference: variants of examples, comparison with rounding noise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from primitive_checks import draw, graph_of
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target, host_target
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.engines.reference.program import array_function
from tiza.errors import EvaluationError
from tiza.graph.access import Value
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, Node
from tiza.graph.primitive import Example, Operand, Primitive, access_rule
from tiza.graph.tensor_type import DTYPES, FLOAT_DTYPES, TupleType, as_dtype

Array = Any
SIZES = (0, 1, 15, 16, 17, 33)
SHAPES = ((), (0,), (1,), (15,), (17,), (2, 0), (1, 33), (2, 3, 16))


def targets() -> dict[str, Target]:
    """Return this processor as it is, and with narrower vectors, by name."""
    every = [host_target(limit) for limit in ("", "avx2", "generic")]
    return {one.name: one for one in every}


def is_supported(graph: Graph) -> bool:
    """Return whether the engine runs `graph`; it says so by an EvaluationError of its own."""
    try:
        NativeProgram(graph)
    except EvaluationError:
        return False
    return True


# variants of an example


def variants(primitive: Primitive, example: Example) -> list[Example]:
    """Return the example with other dtypes, and with other shapes, as far as the primitive accepts them."""
    found: dict[str, Example] = {}
    for one in (example, *_with_other_dtypes(example)):
        for other in (one, *_with_other_shapes(primitive, one)):
            name = repr(([operand.type for operand in other.operands], dict(other.attributes)))
            if name not in found and is_accepted(primitive, other):
                found[name] = other
    return list(found.values())


def is_accepted(primitive: Primitive, example: Example) -> bool:
    """Return whether the type rule takes the operands and the reference has a value for them."""
    try:
        evaluate_graph(graph_of(primitive, example), draw(primitive, example))
    except (ValueError, TypeError, IndexError, ZeroDivisionError):
        return False
    return True


def _with_other_dtypes(example: Example) -> Iterator[Example]:
    for old in dict.fromkeys(operand.type.dtype for operand in example.operands):
        for new in DTYPES:
            if new != old:
                operands = [_of_dtype(one, new) if one.type.dtype == old else one for one in example.operands]
                yield Example(tuple(operands), example.attributes)
    for name, value in example.attributes.items():
        if isinstance(value, np.dtype):
            for new in DTYPES:
                yield Example(example.operands, {**example.attributes, name: new})


def _of_dtype(operand: Operand, dtype: Any) -> Operand:
    low, high = operand.low, operand.high
    if dtype not in FLOAT_DTYPES:
        # small numbers fit everywhere, as bits to shift by too
        least, most = (0, 2) if dtype == as_dtype("bool") else (0 if dtype.kind == "u" else -5, 7)
        low, high = max(math.ceil(low), least), min(math.floor(high), most)
    return Operand(operand.type.with_dtype(dtype), low, max(high, low + 1))


def _with_other_shapes(primitive: Primitive, example: Example) -> Iterator[Example]:
    if primitive.is_elementwise:
        for shape in SHAPES:
            yield Example(tuple(_of_shape(one, shape) for one in example.operands), example.attributes)
        return
    for old in sorted({size for operand in example.operands for size in operand.type.shape}):
        for new in SIZES:
            operands = tuple(
                Operand(
                    one.type.with_shape(replaced(one.type.shape, old, new)),
                    one.low,
                    new if one.high == old and one.type.dtype not in FLOAT_DTYPES else one.high,
                )
                for one in example.operands
            )
            yield from (Example(operands, one) for one in attribute_choices(example, operands, old, new))


def _of_shape(operand: Operand, shape: tuple[int, ...]) -> Operand:
    return Operand(operand.type.with_shape(shape), operand.low, operand.high)


def replaced(value: Any, old: int, new: int) -> Any:
    """Return `value` with the number `old` replaced wherever it stands."""
    if isinstance(value, tuple):
        return tuple(replaced(one, old, new) for one in value)
    return new if type(value) is int and value == old else value


def attribute_choices(
    example: Example, operands: Sequence[Operand], old: int, new: int
) -> Iterator[dict[str, Any]]:
    """Yield attributes that may fit where `new` stands for `old`: kept, replaced, other shapes."""
    choices = []
    for value in example.attributes.values():
        own = [value]
        if replaced(value, old, new) != value if isinstance(value, int | tuple) else False:
            own.append(replaced(value, old, new))
        sizes = isinstance(value, tuple) and all(type(one) is int for one in value)
        if sizes and operands and math.prod(value) == math.prod(example.operands[0].type.shape):
            shape = operands[0].type.shape
            own.extend([shape[::-1], (math.prod(shape),), (1, *shape), (*shape, 1)])
        choices.append(own)
    for chosen in itertools.product(*choices):
        yield dict(zip(example.attributes, chosen, strict=True))


def joint_graph(primitive: Primitive, examples: Sequence[Example]) -> tuple[Graph, list[Array]]:
    """Return one graph of an application to each example, and inputs for it."""
    graphs = [graph_of(primitive, one) for one in examples]
    inputs = tuple(node for graph in graphs for node in graph.inputs)
    outputs = tuple(node for graph in graphs for node in graph.outputs)
    return Graph(inputs, outputs), [array for one in examples for array in draw(primitive, one)]


def check_close(found: Array, expected: Array, what: str = "") -> None:
    """Check dtype, shape and values: whole numbers exactly, floats to rounding."""
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    if expected.dtype not in FLOAT_DTYPES:
        np.testing.assert_array_equal(found, expected, err_msg=what)
        return
    rtol = 1e-12 if expected.dtype.itemsize == 8 else 2e-6
    finite = np.abs(expected[np.isfinite(expected)])
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol * finite.max(initial=0.0), err_msg=what)


# comparison where rounding may decide


@dataclass(slots=True)
class Compared:
    """How many elements were compared, and how many of them rounding alone may change."""

    elements: int = 0
    undecided: int = 0

    def add(self, other: Compared) -> None:
        """Count what another comparison compared."""
        self.elements += other.elements
        self.undecided += other.undecided


NOISY_RUNS = 4
TIMES_THE_NOISE = 30.0


def compare(graph: Graph, inputs: Sequence[Array], found: Sequence[Array]) -> Compared:
    """Check outputs against the reference; the tolerance is what rounding every value anew changes.

    Rounding that decides between two equal numbers does so one way in half of the runs, and makes two close
    ones equal in few: what differs after some is looked at again after many.
    """
    try:
        return _compare(graph, inputs, found, NOISY_RUNS)
    except AssertionError:
        return _compare(graph, inputs, found, 64 * NOISY_RUNS)


def _compare(graph: Graph, inputs: Sequence[Array], found: Sequence[Array], runs: int) -> Compared:
    expected = evaluate_graph(graph, inputs)
    noisy = [[np.asarray(one) for one in noisy_values(graph, inputs, seed)] for seed in range(runs)]
    compared = Compared()
    for position, (one, right) in enumerate(zip(found, expected, strict=True)):
        others = [run[position] for run in noisy]
        assert (one.shape, one.dtype) == (right.shape, right.dtype), f"{one!r} instead of {right!r}"
        same = np.logical_and.reduce([_same_kind(right, other) for other in others])
        compared.elements += right.size
        compared.undecided += int(right.size - same.sum())
        if right.dtype not in FLOAT_DTYPES:
            np.testing.assert_array_equal(one[same], right[same], err_msg=f"output {position}")
            continue
        _check_floats(one[same], right[same], [other[same] for other in others], f"output {position}")
    return compared


def _same_kind(one: Array, other: Array) -> Array:
    """Return where two arrays agree: whole numbers in value, floats in being finite, infinite or NaN."""
    if one.dtype not in FLOAT_DTYPES:
        return np.asarray(one == other)
    kinds = [(np.isnan(array), np.isposinf(array), np.isneginf(array)) for array in (one, other)]
    return np.logical_and.reduce([np.asarray(a == b) for a, b in zip(*kinds, strict=True)])


def _check_floats(found: Array, right: Array, others: Sequence[Array], what: str) -> None:
    assert _same_kind(found, right).all(), f"{what}: NaN or infinity elsewhere: {found} instead of {right}"
    finite = np.isfinite(right)
    limits = np.finfo(right.dtype)
    exact = right[finite].astype("float64")
    spread = np.max([np.abs(one[finite].astype("float64") - exact) for one in others], axis=0, initial=0.0)
    tolerance = TIMES_THE_NOISE * (spread + 4 * limits.eps * np.abs(exact) + 1e3 * float(limits.tiny))
    error = np.abs(found[finite].astype("float64") - exact)
    off = error > tolerance
    assert not off.any(), (
        f"{what}: {found[finite][off][:4]} instead of {right[finite][off][:4]} ({tolerance[off][:4]})"
    )


def noisy_values(graph: Graph, inputs: Sequence[Array], seed: int) -> list[Array]:
    """Return outputs with every computed float, and every input, off by some units of its last place.

    Numbers too small for the processor's fast arithmetic count as zero.
    """
    source = np.random.default_rng(seed)
    values: dict[Node, Array] = {
        node: _off(one, source) for node, one in zip(graph.inputs, inputs, strict=True)
    }
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            if node in values:
                continue
            value = array_function(node)(*(values[one] for one in node.inputs))
            exact = isinstance(node.type, TupleType) or _only_moves(node)
            values[node] = value if exact else _off(np.asarray(value), source)
    return [values[node] for node in graph.outputs]


def _only_moves(node: Node) -> bool:
    if node.primitive is CONSTANT:
        return True
    if node.primitive.access is None:
        # an item of a loop, in whose steps values were rounded
        return False
    rule = access_rule(node)
    return isinstance(rule.body, Value) and not rule.reduction


def _off(value: Array, source: np.random.Generator) -> Array:
    if value.dtype not in FLOAT_DTYPES:
        return value
    limits = np.finfo(value.dtype)
    with np.errstate(all="ignore"):
        factor = 1.0 + 4.0 * limits.eps * source.uniform(-1.0, 1.0, value.shape)
        moved = np.asarray((value * factor).astype(value.dtype))
        return np.where(np.abs(moved) < limits.tiny, moved * 0, moved)
