"""Checks that any primitive has to pass, as plain functions: planted faults can be shown to fail them."""

from __future__ import annotations

import ast
import math
import operator
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mpmath
import numpy as np

from tiza.calculus.emission import zeros_of
from tiza.calculus.forward import tangents
from tiza.calculus.reverse import gradients
from tiza.engines.reference.array_rules import ARRAY_RULES
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.access import Apply, Body, FirstPresent, Literal, Position, Value, element_read
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.primitive import Example, NoDerivative, Primitive, Structural, access_rule, primitives
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import BOOLEAN, FLOAT_DTYPES, TensorType, TupleType
from tiza.ops.reduction import sum as total
from tiza.ops.scan import ITEM

Array = Any


def cases() -> Iterator[tuple[Primitive, Example]]:
    """Yield every primitive with each of its examples."""
    for primitive in primitives():
        for example in primitive.examples:
            yield primitive, example


def case_name(value: object) -> str:
    if isinstance(value, Primitive):
        return value.name
    assert isinstance(value, Example)
    attributes = {name: one for name, one in value.attributes.items() if not isinstance(one, Graph)}
    return ",".join([*(repr(one.type) for one in value.operands), *map(str, attributes.values())]).replace(
        "\n", ""
    )


def generator(primitive: Primitive, example: Example) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32((primitive.name + case_name(example)).encode()))


def draw(primitive: Primitive, example: Example) -> list[Array]:
    """Return random operands for an example."""
    source = generator(primitive, example)
    arrays = []
    for operand in example.operands:
        shape, dtype = operand.type.shape, operand.type.dtype
        if dtype in FLOAT_DTYPES:
            arrays.append(source.uniform(operand.low, operand.high, shape).astype(dtype))
        else:
            arrays.append(source.integers(int(operand.low), int(operand.high), shape).astype(dtype))
    return arrays


def graph_of(
    primitive: Primitive, example: Example, operand_types: Sequence[TensorType] | None = None
) -> Graph:
    """Return the graph of one application; the outputs of a loop are its items."""
    types = operand_types or [operand.type for operand in example.operands]
    inputs = tuple(input_node(f"x{at}", type_) for at, type_ in enumerate(types))
    type_ = primitive.infer(tuple(types), example.attributes)
    node = Node(primitive, inputs, example.attributes, type_)
    if not isinstance(type_, TupleType):
        return Graph(inputs, (node,))
    items = [Node(ITEM, (node,), {"position": at}, one) for at, one in enumerate(type_.items)]
    return Graph(inputs, tuple(items))


# values


def check_type(primitive: Primitive, example: Example) -> None:
    """The inferred type is the type of the value."""
    graph = graph_of(primitive, example)
    for node, value in zip(graph.outputs, evaluate_graph(graph, draw(primitive, example)), strict=True):
        assert (value.shape, value.dtype) == (node.tensor_type.shape, node.tensor_type.dtype)


def slow_value(node: Node, arrays: Sequence[Array]) -> Array:
    """Return the value of `node`, element by element, from its access rule alone."""
    rule = access_rule(node)
    result = np.empty(node.tensor_type.shape, node.tensor_type.dtype)
    assert tuple(axis.size for axis in rule.parallel) == result.shape

    def read(position: int, point: Sequence[int]) -> Any:
        at = element_read(rule.reads[position], point, arrays[position].shape, arrays)
        return None if at is None else arrays[position][at]

    def body(part: Body, point: tuple[int, ...]) -> Any:
        match part:
            case Value(operand):
                element = read(operand, point)
                return 0 if element is None else element
            case FirstPresent(operands):
                present = [one for one in (read(operand, point) for operand in operands) if one is not None]
                assert present
                return present[0]
            case Position(axis):
                return point[axis]
            case Literal():
                return node.attributes["value"][point]
            case Apply(primitive, arguments):
                elements = [np.asarray(body(one, point)) for one in arguments]
                return ARRAY_RULES[primitive.name](np, node)(*elements)

    for index in np.ndindex(result.shape):
        elements = [body(rule.body, point) for point in rule.points(index)]
        match rule.reduction:
            case "":
                (result[index],) = elements
            case "sum":
                result[index] = math.fsum(elements)
            case "max":
                result[index] = max(elements)
            case "argmax":
                result[index] = elements.index(max(elements))
    return result


def check_access(primitive: Primitive, example: Example) -> None:
    """The reference engine's value is the one that the access rule describes."""
    graph = graph_of(primitive, example)
    arrays = draw(primitive, example)
    (value,) = evaluate_graph(graph, arrays)
    np.testing.assert_allclose(value, slow_value(graph.outputs[0], arrays), rtol=1e-12, atol=1e-12)


# formulas

DIGITS = 700
"""Enough for 1 + x with the smallest x."""

_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.USub: operator.neg,
    ast.Invert: lambda x: not x if isinstance(x, bool) else ~x,
    ast.Eq: operator.eq,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def _threefry(key0: int, key1: int, counter0: int, counter1: int) -> tuple[int, int]:
    """Threefry-2x32-20, written from the paper with Python's whole numbers."""
    mask = 2**32 - 1
    keys = (key0, key1, key0 ^ key1 ^ 0x1BD11BDA)
    a, b = (counter0 + key0) & mask, (counter1 + key1) & mask
    for done, places in enumerate((13, 15, 26, 6, 17, 29, 16, 24) * 2 + (13, 15, 26, 6), start=1):
        a = (a + b) & mask
        b = (((b << places) | (b >> (32 - places))) & mask) ^ a
        if done % 4 == 0:
            a = (a + keys[done // 4 % 3]) & mask
            b = (b + keys[(done // 4 + 1) % 3] + done // 4) & mask
    return a, b


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "floor": mpmath.floor,
    "max": max,
    "min": min,
    "sqrt": mpmath.sqrt,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "arctan": mpmath.atan,
    "tanh": mpmath.tanh,
    "erf": mpmath.erf,
    "threefry2x32": _threefry,
}


def formula_value(formula: str, operands: Sequence[Any]) -> Any:
    """Return the value of a formula in x, y, z, w, exactly or in high precision."""
    names = dict(zip("xyzw", operands, strict=False))

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=number):
                return mpmath.mpf(number)
            case ast.Name(id=name):
                return names[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATORS[type(op)](value(operand))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _OPERATORS[type(op)](value(left), value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return value(body) if value(test) else value(orelse)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return _FUNCTIONS[name](*map(value, arguments))
        raise AssertionError(f"formula {formula!r} holds {ast.dump(node)}")

    return value(ast.parse(formula, mode="eval").body)


def exact_operand(element: Any) -> Any:
    """Return one array element as a Python or mpmath number of the same value."""
    if isinstance(element, np.bool_ | np.integer):
        return element.item()
    return mpmath.mpf(float(element))


def exact(primitive: Primitive, example: Example, elements: Sequence[Any], dtype: Any) -> Any:
    """Return what the formula gives for one element, rounded or wrapped to `dtype`."""
    with mpmath.workdps(DIGITS):
        found = formula_value(primitive.formula, [exact_operand(one) for one in elements])
        if isinstance(found, tuple):
            found = found[example.attributes["word"]]
        if dtype in FLOAT_DTYPES:
            return float(found)
    whole = bool(found) if dtype == BOOLEAN else int(found)
    return np.array(whole & (2 ** (8 * dtype.itemsize) - 1)).astype(dtype) if dtype != BOOLEAN else whole


def check_points(
    primitive: Primitive, example: Example, arrays: Sequence[Array], ulps: float, tiny: float = 0.0
) -> None:
    """The value at some points is that of the formula, within `ulps` units of the last place."""
    types = [TensorType(array.shape, array.dtype) for array in arrays]
    graph = graph_of(primitive, example, types)
    (value,) = evaluate_graph(graph, list(arrays))
    dtype = graph.outputs[0].tensor_type.dtype
    assert value.dtype == dtype
    expected = np.array(
        [
            exact(primitive, example, elements, dtype)
            for elements in zip(*(array.ravel() for array in arrays), strict=True)
        ]
    ).reshape(value.shape)
    if dtype not in FLOAT_DTYPES:
        np.testing.assert_array_equal(value, expected)
        return
    with np.errstate(over="ignore"):
        rounded = expected.astype(dtype)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(value[~finite], rounded[~finite])
    error = np.abs(value[finite].astype("float64") - expected[finite])
    with np.errstate(over="ignore"):
        worst = error / np.maximum(np.spacing(np.abs(rounded[finite])).astype("float64"), tiny)
    assert (worst <= ulps).all(), (
        f"{worst.max()} ulp at {[array[finite][worst.argmax()] for array in arrays]}"
    )


def check_formula(primitive: Primitive, example: Example) -> None:
    """The value at random operands is that of the formula."""
    check_points(primitive, example, draw(primitive, example), 8)


# derivatives

STEP = 2.0**-8
EXEMPT_REASONS = {
    "integer": "its operands or its result are integers or booleans",
    "constant": "it has no operands",
    "stopped": "it stops the gradient",
}


def exemption(primitive: Primitive, example: Example) -> str:
    """Return why an example has no derivative to check; empty if it has one."""
    graph = graph_of(primitive, example)
    if not example.operands:
        return "constant"
    floats = [node.tensor_type.is_float for node in (*graph.inputs, *graph.outputs)]
    if not any(floats[: len(graph.inputs)]) or not any(floats[len(graph.inputs) :]):
        return "integer"
    return "stopped" if isinstance(primitive.derivative, NoDerivative) else ""


def is_exempt_rightly(primitive: Primitive, reason: str) -> bool:
    """Return whether an exemption is one of those that are allowed."""
    if reason == "stopped":
        return isinstance(primitive.derivative, NoDerivative) and primitive.name == "stop_gradient"
    return reason in EXEMPT_REASONS


class Level:
    """A scalar function of an example's float operands: weighted outputs, or a weighted gradient of such."""

    def __init__(
        self, graph: Graph, scalar: Tensor, arrays: Sequence[Array], source: np.random.Generator
    ) -> None:
        self.inputs, self.scalar, self.arrays, self.source = graph.inputs, scalar, list(arrays), source
        self.moving = [node for node in graph.inputs if node.tensor_type.is_float]
        ready, found = gradients(scalar.node, self.moving, constant(1.0))
        self.parts = [
            one if one is not None else zeros_of(at) for one, at in zip(found, self.moving, strict=True)
        ]
        self.graph = Graph(graph.inputs, (ready, *(one.node for one in self.parts)))

    def next(self) -> Level:
        """Return the level of the next order: this one's gradient, weighted at random."""
        return Level(self.graph, weighted(self.parts, self.source), self.arrays, self.source)

    def value(self, arrays: Sequence[Array]) -> float:
        return float(evaluate_graph(Graph(self.inputs, (self.scalar.node,)), list(arrays))[0])

    def gradient(self) -> list[Array]:
        return list(evaluate_graph(self.graph, self.arrays)[1:])

    def tangent(self, directions: Sequence[Array]) -> float:
        given = {node: constant(one) for node, one in zip(self.moving, directions, strict=True)}
        (found,) = tangents((self.scalar.node,), given)
        return (
            0.0 if found is None else float(evaluate_graph(Graph(self.inputs, (found.node,)), self.arrays)[0])
        )

    def difference(self, directions: Sequence[Array]) -> float:
        """Return the derivative in a direction by central differences, extrapolated twice (Richardson)."""
        program = Graph(self.inputs, (self.scalar.node,))

        def slope(step: float) -> float:
            sides = []
            for sign in (1.0, -1.0):
                moves = iter(directions)
                moved = [
                    array + (sign * step) * next(moves) if node.tensor_type.is_float else array
                    for node, array in zip(self.inputs, self.arrays, strict=True)
                ]
                arrays = [one.astype(array.dtype) for one, array in zip(moved, self.arrays, strict=True)]
                sides.append(float(evaluate_graph(program, arrays)[0]))
            return (sides[0] - sides[1]) / (2.0 * step)

        coarse, middle, fine = slope(STEP), slope(STEP / 2), slope(STEP / 4)
        once = (4.0 * middle - coarse) / 3.0, (4.0 * fine - middle) / 3.0
        return (16.0 * once[1] - once[0]) / 15.0


def weighted(parts: Sequence[Tensor], source: np.random.Generator) -> Tensor:
    """Return a random combination of all elements of `parts`, as one float64."""
    terms = [
        total(part.astype("float64") * constant(source.normal(size=part.shape)))
        for part in parts
        if part.dtype in FLOAT_DTYPES
    ]
    return sum(terms[1:], start=terms[0])


def first_level(primitive: Primitive, example: Example) -> Level:
    graph = graph_of(primitive, example)
    source = generator(primitive, example)
    scalar = weighted([Tensor(node) for node in graph.outputs], source)
    return Level(graph, scalar, draw(primitive, example), source)


def check_level(level: Level) -> None:
    """Forward and reverse mode agree with each other and with differences."""
    gradient = level.gradient()
    shapes = [(node.tensor_type.shape, node.tensor_type.dtype) for node in level.moving]
    assert [(one.shape, one.dtype) for one in gradient] == shapes
    single = any(dtype == np.dtype("float32") for _, dtype in shapes)
    scale = max(1.0, *(float(np.abs(one).max(initial=0.0)) for one in gradient))
    for _ in range(2):
        directions = [level.source.normal(size=shape).astype(dtype) for shape, dtype in shapes]
        product = sum(float((a * b).sum()) for a, b in zip(gradient, directions, strict=True))
        np.testing.assert_allclose(
            level.tangent(directions), product, rtol=1e-10 if not single else 1e-5, atol=1e-10 * scale
        )
    units: list[list[Array]] = []
    for at, (shape, _) in enumerate(shapes):
        for index in np.ndindex(shape):
            unit = [np.zeros(other, dtype) for other, dtype in shapes]
            unit[at][index] = 1.0
            units.append(unit)
    flat = np.concatenate([one.ravel() for one in gradient]) if gradient else np.zeros(0)
    differences = np.array([level.difference(unit) for unit in units])
    tolerance = 1e-6 if not single else 1e-3
    np.testing.assert_allclose(flat, differences, rtol=tolerance, atol=tolerance * scale * 0.1)


def check_derivative(primitive: Primitive, example: Example, order: int = 1) -> None:
    """The derivative of this order is right, in forward and in reverse mode."""
    level = first_level(primitive, example)
    for _ in range(order - 1):
        level = level.next()
    check_level(level)


def has_formula(primitive: Primitive) -> bool:
    return bool(primitive.formula)


def has_access(primitive: Primitive) -> bool:
    return not isinstance(primitive.derivative, Structural)
