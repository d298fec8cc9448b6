"""Random graphs over every primitive of the registry: random attributes, odd shapes, values used again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

import numpy as np

from native_checks import attribute_choices, is_supported, replaced
from primitive_checks import cases, graph_of
from tiza.calculus.reverse import gradients
from tiza.calculus.simplification import simplify
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.errors import EvaluationError, TizaError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.primitive import Example, Operand, Primitive
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import BOOLEAN, FLOAT_DTYPES, TensorType, TupleType, ValueType, as_dtype
from tiza.ops.elementwise import maximum, minimum, sigmoid
from tiza.ops.layout import broadcast, reshape, slice_axis
from tiza.ops.reduction import sum as total
from tiza.ops.scan import ITEM

Array = Any
SIZES = (1, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 0)
LARGEST = 4000
FLOATS = tuple(map(str, FLOAT_DTYPES))
OTHERS = ("int32", "int64", "uint8", "uint32", "bool")


@cache
def vocabulary() -> tuple[tuple[Primitive, tuple[Example, ...]], ...]:
    """Return every primitive that the engine runs, with its examples."""
    found: dict[Primitive, list[Example]] = {}
    for primitive, example in cases():
        if is_supported(graph_of(primitive, example)):
            found.setdefault(primitive, []).append(example)
    return tuple((primitive, tuple(examples)) for primitive, examples in found.items())


def random_case(source: Random) -> tuple[Graph, list[Array]]:
    """Return a random graph, a plan as engines get it or not simplified, and inputs for it."""
    graph, inputs = random_graph(source)
    return (simplify(graph).graph if source.randrange(2) else graph), inputs


def random_graph(source: Random) -> tuple[Graph, list[Array]]:
    """Return a random graph with several outputs, and inputs for which the reference has values."""
    while True:
        graph, inputs = _random_graph(source)
        try:
            evaluate_graph(graph, inputs)
        except EvaluationError:
            # an index outside its axis
            continue
        return graph, inputs


def _random_graph(source: Random) -> tuple[Graph, list[Array]]:
    dtype = source.choice(FLOATS)
    inputs = tuple(_random_input(source, dtype, number) for number in range(source.randrange(1, 4)))
    nodes: list[Node] = list(inputs)
    for _ in range(source.randrange(1, 11)):
        nodes.extend(_random_node(source, nodes, dtype))
    outputs = [source.choice(nodes) for _ in range(source.randrange(1, 4))]
    outputs.append(nodes[-1])
    if not source.randrange(8):
        outputs.append(constant(np.arange(source.randrange(4), dtype=dtype)).node)
    return Graph(inputs, tuple(outputs)), [_random_array(source, node.tensor_type) for node in inputs]


def random_gradient(source: Random) -> tuple[Graph, list[Array]] | None:
    """Return a random scalar function with its gradient by its inputs, and inputs; None if there is none."""
    graph, inputs = random_graph(source)
    generator = np.random.default_rng(source.randrange(2**32))
    parts = [Tensor(node) for node in dict.fromkeys(graph.outputs) if node.tensor_type.is_float]
    terms = [
        total((part * constant(generator.normal(size=part.shape), part.dtype)).astype("float64"))
        for part in parts
    ]
    wrt = [node for node in graph.inputs if node.tensor_type.is_float]
    if not terms or not wrt:
        return None
    value, found = gradients(sum(terms[1:], start=terms[0]).node, wrt, constant(1.0))
    outputs = (value, *(one.node for one in found if one is not None))
    made = Graph(graph.inputs, outputs)
    return (simplify(made).graph if source.randrange(2) else made), inputs


def _random_shape(source: Random) -> tuple[int, ...]:
    while True:
        # the first sizes are common, no elements are rare
        shape = tuple(source.choice(SIZES) for _ in range(source.randrange(4)))
        if math.prod(shape) <= LARGEST and (0 not in shape or not source.randrange(3)):
            return shape


def _random_input(source: Random, dtype: str, number: int) -> Node:
    chosen = source.choice((dtype,) * 6 + OTHERS)
    return input_node(f"x{number}", TensorType(_random_shape(source), as_dtype(chosen)))


def _random_array(source: Random, type_: TensorType) -> Array:
    generator = np.random.default_rng(source.randrange(2**32))
    if type_.is_float:
        return np.asarray(generator.normal(size=type_.shape)).astype(type_.dtype)
    low, high = (0, 2) if type_.dtype == BOOLEAN else (0 if type_.dtype.kind == "u" else -100, 100)
    return np.asarray(generator.integers(low, high, type_.shape)).astype(type_.dtype)


def _random_node(source: Random, nodes: Sequence[Node], dtype: str) -> list[Node]:
    """Return an application of a random primitive to values there are; none if it does not fit."""
    primitive, examples = source.choice(vocabulary())
    for attempt in range(10):
        example = source.choice(examples)
        # the last attempt takes the example as it is
        changed = _changed(source, primitive, example, nodes, dtype) if attempt < 9 else example
        try:
            operands = tuple(_fitted(source, nodes, primitive, one) for one in changed.operands)
            type_ = primitive.infer(tuple(one.tensor_type for one in operands), changed.attributes)
        except (TizaError, ValueError, TypeError, IndexError):
            continue
        if max((one.size for one in _items(type_)), default=0) > LARGEST:
            continue
        node = Node(primitive, operands, changed.attributes, type_)
        if _has_a_value(node):
            return _values_of(node)
    return []


def _items(type_: ValueType) -> tuple[TensorType, ...]:
    return type_.items if isinstance(type_, TupleType) else (type_,)


def _values_of(node: Node) -> list[Node]:
    """Return the items of a loop, or the node itself."""
    if not isinstance(node.type, TupleType):
        return [node]
    return [Node(ITEM, (node,), {"position": at}, one) for at, one in enumerate(node.type.items)]


def _has_a_value(node: Node) -> bool:
    """Return whether the reference accepts the attributes."""
    inputs = tuple(input_node("x", one.type) for one in node.inputs)
    arrays = [np.zeros(one.tensor_type.shape, one.tensor_type.dtype) for one in node.inputs]
    try:
        renewed = Node(node.primitive, inputs, node.attributes, node.type)
        evaluate_graph(Graph(inputs, tuple(_values_of(renewed))), arrays)
    except (TizaError, ValueError, TypeError, IndexError):
        return False
    return True


def _changed(
    source: Random, primitive: Primitive, example: Example, nodes: Sequence[Node], dtype: str
) -> Example:
    """Return the example with other sizes, other attributes and this float dtype, perhaps misfits."""
    operands = tuple(_with_dtype(one, dtype) for one in example.operands)
    attributes = dict(example.attributes)
    if primitive.is_elementwise:
        shape = source.choice(nodes).tensor_type.shape if source.randrange(8) else _random_shape(source)
        operands = tuple(Operand(one.type.with_shape(shape), one.low, one.high) for one in operands)
    sizes = sorted({size for one in operands for size in one.type.shape})
    for old in () if primitive.is_elementwise else sizes:
        if source.randrange(3):
            continue
        new = source.choice(SIZES)
        moved = tuple(
            Operand(
                one.type.with_shape(replaced(one.type.shape, old, new)),
                one.low,
                new if one.high == old and not one.type.is_float else one.high,
            )
            for one in operands
        )
        choices = list(attribute_choices(Example(operands, attributes), moved, old, new))
        operands, attributes = moved, source.choice(choices)
    for name, value in attributes.items():
        if not source.randrange(4):
            attributes[name] = _nudged(source, value)
    return Example(operands, attributes)


def _with_dtype(operand: Operand, dtype: str) -> Operand:
    if not operand.type.is_float:
        return operand
    return Operand(operand.type.with_dtype(dtype), operand.low, operand.high)


def _nudged(source: Random, value: Any) -> Any:
    """Return whole numbers a little off, tuples shuffled; other values as they are."""
    if type(value) is int:
        return max(value + source.randrange(-1, 2), 0)
    if isinstance(value, tuple) and value and not source.randrange(3):
        return tuple(source.sample(value, len(value)))
    if isinstance(value, tuple):
        return tuple(_nudged(source, one) for one in value)
    return value


def _fitted(source: Random, nodes: Sequence[Node], primitive: Primitive, operand: Operand) -> Node:
    """Return a value there is, converted to the type of the operand and brought into its interval."""
    type_ = operand.type
    alike = [node for node in nodes if node.type == type_]
    same_shape = [node for node in nodes if node.tensor_type.shape == type_.shape]
    value = Tensor(source.choice(alike or same_shape or nodes))
    if value.dtype != type_.dtype:
        value = _converted(value, type_)
    if value.shape != type_.shape:
        value = _reshaped(value, type_.shape)
    if type_.is_float:
        # a function of part of the line, a result that is no float, and now and then any other
        everywhere = all(low == -math.inf and high == math.inf for low, high in primitive.domain)
        if not everywhere or "dtype" in primitive.attributes or not source.randrange(3):
            value = sigmoid(value) * (operand.high - operand.low) + operand.low
    elif type_.dtype != BOOLEAN:
        value = minimum(maximum(value, int(operand.low)), max(int(operand.high) - 1, int(operand.low)))
    return value.node


def _converted(value: Tensor, type_: TensorType) -> Tensor:
    if value.type.is_float and not type_.is_float:
        # what is no number has no integer
        value = sigmoid(value) * 7.0
    return value.astype(type_.dtype)


def _reshaped(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    wanted = math.prod(shape)
    if value.size == 0 and wanted:
        return constant(np.ones(shape), value.dtype)
    flat = reshape(value, (-1,)) if value.size else value.reshape((0,))
    times = -(-wanted // max(flat.size, 1))
    if times > 1:
        flat = broadcast(flat, (times, flat.size), (1,)).reshape((-1,))
    return reshape(slice_axis(flat, 0, 0, wanted) if flat.size > wanted else flat, shape)
