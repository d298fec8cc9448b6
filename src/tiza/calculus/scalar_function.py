"""A function of numbers at a point: its graph, the order of its operations, its values and derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from tiza.calculus.expression import Expression, parse_expression
from tiza.calculus.forward import tangents
from tiza.calculus.notation import formula_of, number_text, operand_text
from tiza.calculus.reverse import cotangents
from tiza.engines.reference.evaluation import evaluate_graph, record
from tiza.errors import EvaluationError
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT, Node, topological_order
from tiza.graph.tensor import constant
from tiza.graph.tensor_type import TensorType
from tiza.graph.tracing import argument_names, trace
from tiza.ops.elementwise import POWER

Point: TypeAlias = Mapping[str, float] | Sequence[float]
FunctionLike: TypeAlias = str | Expression | Callable[..., Any]

_COPIES = ("identity", "cast", "broadcast", "reshape", "transpose")
"""Primitives that compute nothing on a number."""


class DomainError(EvaluationError):
    """A point where an operation of the function, or its derivative, is not a finite real number.

    Attributes:
        operation: the operation with its operands' numbers, such as `ln(-1)`.
        value: what float64 makes of it: inf, -inf or nan.
        of_derivative: whether the operation itself is finite and its derivative is not.
    """

    def __init__(self, operation: str, value: float, of_derivative: bool = False) -> None:
        self.operation = operation
        self.value = value
        self.of_derivative = of_derivative
        what = f"the derivative of {operation}" if of_derivative else operation
        fault = "is not a real number" if math.isnan(value) else "is not finite in float64"
        super().__init__(f"{what} {fault}; choose another point.")


def operations_of(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return the nodes that compute: neither inputs, constants nor copies."""
    idle = (INPUT, CONSTANT)
    return tuple(one for one in nodes if one.primitive not in idle and one.primitive.name not in _COPIES)


def evaluation_order(outputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return the operations below `outputs`, level by level.

    Inputs and constants have level 0, an operation one more than the highest of its operands. Within a
    level the order is that of the text, so ln(x1) + x1*x2 - sin(x2) is computed as ln, product, sine, sum,
    difference.
    """
    levels: dict[Node, int] = {}
    for node in topological_order(outputs):
        levels[node] = 1 + max((levels[one] for one in node.inputs), default=-1)
    return tuple(
        sorted((one for one in levels if one.primitive not in (INPUT, CONSTANT)), key=levels.__getitem__)
    )


@dataclass(frozen=True, eq=False)
class ScalarFunction:
    """A graph from numbers to one number, at a point.

    Attributes:
        text: the formula, or the Python function's name.
        graph: what is computed.
        names: the inputs' names.
        point: the inputs' values.
    """

    text: str
    graph: Graph
    names: tuple[str, ...]
    point: tuple[float, ...]

    @property
    def output(self) -> Node:
        """The node of the function's value."""
        return self.graph.outputs[0]

    @cached_property
    def order(self) -> tuple[Node, ...]:
        """The operations, in evaluation order."""
        return evaluation_order(self.graph.outputs)

    @cached_property
    def values(self) -> dict[Node, float]:
        """The value of every node at the point."""
        return {node: _as_number(value) for node, value in record(self.graph, self.point).items()}

    @property
    def value(self) -> float:
        """The function's value at the point."""
        return self.values[self.output]

    def at(self, point: Sequence[float]) -> float:
        """Return the function's value at another point, nan or inf where it has none."""
        return float(evaluate_graph(self.graph, tuple(map(float, point)))[0])

    def tangent_graph(self, position: int, wanted: Sequence[Node]) -> Graph:
        """Return the graph of forward mode: the tangents of `wanted` as input `position` moves by 1."""
        seed = constant(1.0)
        found = tangents(wanted, {self.graph.inputs[position]: seed})
        return Graph(
            self.graph.inputs, tuple((one if one is not None else constant(0.0)).node for one in found)
        )

    def adjoint_graph(self, wanted: Sequence[Node]) -> Graph:
        """Return the graph of reverse mode: the cotangents of `wanted` when that of the output is 1."""
        found = cotangents((self.output,), (constant(1.0),), wanted, "f")
        return Graph(
            self.graph.inputs, tuple((one if one is not None else constant(0.0)).node for one in found)
        )

    def numbers(self, graph: Graph) -> tuple[float, ...]:
        """Return the outputs of one of these graphs at the point."""
        return tuple(_as_number(value) for value in evaluate_graph(graph, self.point))

    @cached_property
    def adjoints(self) -> dict[Node, float]:
        """The derivative of the function with respect to every float node, from one pass of reverse mode."""
        wanted = [one for one in (*self.graph.inputs, *self.order) if one.tensor_type.is_float]
        return dict(zip(wanted, self.numbers(self.adjoint_graph(wanted)), strict=True))

    def check(self) -> ScalarFunction:
        """Return self.

        Raises:
            DomainError: a value or a derivative at the point is not a finite real number.
        """
        for node in self.order:
            if not math.isfinite(self.values[node]):
                raise DomainError(self._computed(node), self.values[node])
            if self._is_power_of_nothing(node):
                raise DomainError(self._computed(node), math.nan, of_derivative=True)
        for node in reversed(self.order):
            for one in node.inputs:
                if not math.isfinite(self.adjoints.get(one, 0.0)):
                    raise DomainError(self._computed(node), self.adjoints[one], of_derivative=True)
        return self

    def _is_power_of_nothing(self, node: Node) -> bool:
        """Return whether the derivative of a power needs the logarithm of a base that is not above 0."""
        if node.primitive is not POWER:
            return False
        base, exponent = node.inputs
        varying = any(one.primitive is INPUT for one in topological_order((exponent,)))
        return varying and self.values[base] <= 0.0

    def _computed(self, node: Node) -> str:
        return formula_of(
            node, [operand_text(number_text(self.values[one], 6)) for one in node.inputs], spoken=False
        )


def _as_number(value: Any) -> float:
    return float(value)


def scalar_function(function: FunctionLike, at: Point) -> ScalarFunction:
    """Return `function` as a graph of numbers, with the point.

    Args:
        function: a formula's text, an `Expression`, or a Python function of numbers that returns one.
        at: name -> number, or the numbers in the order of the names.

    Raises:
        ExpressionError: the text is not a formula.
        EvaluationError: a name is missing or unknown, a number is not finite, or the function is not one
            from numbers to a number.
    """
    if isinstance(function, str):
        function = parse_expression(function)
    names = _names(function, at)
    point = _point(names, at)
    graph = trace(function, *point)
    if len(graph.inputs) != len(point) or len(graph.outputs) != 1:
        raise EvaluationError(f"function: it returns {len(graph.outputs)} values, expected one number.")
    _check_scalar(graph)
    text = function.text if isinstance(function, Expression) else getattr(function, "__name__", "f")
    return ScalarFunction(text, graph, names, point)


def _names(function: Expression | Callable[..., Any], at: Point) -> tuple[str, ...]:
    if isinstance(function, Expression):
        return function.names
    # a function of any number of arguments has as many as the point has numbers
    return tuple(argument_names(function, [0.0] * len(at)))


def _point(names: Sequence[str], at: Point) -> tuple[float, ...]:
    if isinstance(at, Mapping):
        missing = [name for name in names if name not in at]
        unknown = [name for name in at if name not in names]
        if missing or unknown:
            got = ", ".join(map(str, at)) or "no names"
            raise EvaluationError(f"at: got {got}, expected {', '.join(names) or 'no names'}.")
        at = [at[name] for name in names]
    if len(at) != len(names):
        raise EvaluationError(
            f"at: got {len(at)} numbers, expected {len(names)} ({', '.join(names) or 'no names'})."
        )
    point = tuple(map(float, at))
    for name, value in zip(names, point, strict=True):
        if not math.isfinite(value):
            raise EvaluationError(f"at: got {name} = {value}, expected a finite number.")
    return point


def _check_scalar(graph: Graph) -> None:
    for node in graph.nodes:
        known = node.primitive.is_elementwise or node.primitive in (INPUT, CONSTANT)
        copied = node.primitive.name in _COPIES
        if not isinstance(node.type, TensorType) or node.type.shape != () or not (known or copied):
            raise EvaluationError(f"function: it computes {node!r}, expected operations on single numbers.")
    output = graph.outputs[0]
    if not output.tensor_type.is_float:
        raise EvaluationError(f"function: it returns {output!r}, expected a float.")
