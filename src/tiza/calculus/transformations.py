"""Derivatives of plain functions, under JAX's names: grad, value_and_grad, jvp, vjp, hessian."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tiza.calculus.emission import zeros_of
from tiza.calculus.forward import tangents
from tiza.calculus.reverse import cotangents, gradients, prepare
from tiza.calculus.stabilization import stabilize
from tiza.engines.reference.evaluation import evaluate_graph, python_number
from tiza.errors import DerivativeError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node
from tiza.graph.structure import flatten, unflatten
from tiza.graph.tensor import Tensor, as_tensor, constant, is_python_scalar, located
from tiza.graph.tracing import Traced, inline, trace_function
from tiza.ops.layout import iota, reshape, stack

Function = Callable[..., Any]


def _as_number(leaf: Any) -> Any:
    """Return Python numbers as floats: a derivative needs a point that can move."""
    return float(leaf) if is_python_scalar(leaf) else leaf


def _with_floats(arguments: Sequence[Any], positions: Sequence[int]) -> tuple[Any, ...]:
    converted = list(arguments)
    for position in positions:
        leaves, structure = flatten(converted[position])
        converted[position] = unflatten(structure, [_as_number(leaf) for leaf in leaves])
    return tuple(converted)


def run_or_inline(graph: Graph, leaves: Sequence[Any]) -> list[Any]:
    """Return the outputs of `graph`: numbers if all `leaves` are, traced values if one is."""
    if not any(isinstance(leaf, Tensor) for leaf in leaves) and not graph.free_inputs:
        return [python_number(one) for one in evaluate_graph(graph, leaves)]
    operands = [
        as_tensor(leaf, node.tensor_type.dtype) for leaf, node in zip(leaves, graph.inputs, strict=True)
    ]
    return list(inline(graph, operands))


def _positions(argnums: int | Sequence[int], count: int) -> tuple[int, ...]:
    listed = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for position in listed:
        if not -count <= position < count:
            raise DerivativeError(
                f"argnums: got {position}, expected 0 to {count - 1} for {count} arguments."
            )
    return tuple(position % count for position in listed)


def _leaf_spans(arguments: Sequence[Any]) -> list[range]:
    spans, start = [], 0
    for argument in arguments:
        count = flatten(argument)[1].leaves
        spans.append(range(start, start + count))
        start += count
    return spans


def _check_float(nodes: Sequence[Node], what: str) -> None:
    for node in nodes:
        if not node.tensor_type.is_float:
            raise DerivativeError(
                located(
                    f"{what} {node.attributes.get('name', '')!r} is {node.type!r}, expected a float dtype; "
                    "convert it with .astype('float64')."
                )
            )


def _scalar_output(traced: Traced) -> Node:
    outputs = traced.graph.outputs
    if len(outputs) != 1 or outputs[0].tensor_type.shape != ():
        shapes = ", ".join(repr(node.type) for node in outputs)
        raise DerivativeError(
            located(
                f"grad: the function returns {shapes}, expected one number without axes; "
                "sum it, or use tz.vjp."
            )
        )
    _check_float(outputs, "the function's result")
    return outputs[0]


_GRADIENT_GRAPHS: weakref.WeakKeyDictionary[Graph, dict[tuple[int, ...], Graph]] = weakref.WeakKeyDictionary()


def gradient_graph(traced: Traced, wrt: tuple[int, ...]) -> Graph:
    """Return the graph of the function's value and of its gradients with respect to the inputs at `wrt`."""
    known = _GRADIENT_GRAPHS.setdefault(traced.graph, {})
    if wrt not in known:
        (output,) = stabilize((_scalar_output(traced),))
        inputs = [traced.graph.inputs[at] for at in wrt]
        _check_float(inputs, "argument")
        value, found = gradients(output, inputs, constant(1, output.tensor_type.dtype), "f")
        parts = [
            (one if one is not None else zeros_of(node)).node for one, node in zip(found, inputs, strict=True)
        ]
        known[wrt] = Graph(traced.graph.inputs, (value, *parts))
    return known[wrt]


def value_and_grad(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives `(value, gradient)` of a scalar function, in reverse mode.

    Args:
        function: returns one float without axes.
        argnums: position of the argument to differentiate with respect to, or several.

    Raises:
        DerivativeError: the result is not one float, or the argument is not a float.

    Example:
        >>> import tiza as tz
        >>> tz.value_and_grad(lambda x: x * x)(3.0)
        (9.0, 6.0)
    """

    @functools.wraps(function)
    def differentiated(*arguments: Any) -> tuple[Any, Any]:
        positions = _positions(argnums, len(arguments))
        given = _with_floats(arguments, positions)
        traced = trace_function(function, given)
        spans = _leaf_spans(given)
        wrt = tuple(at for position in positions for at in spans[position])
        value, *parts = run_or_inline(gradient_graph(traced, wrt), flatten(given)[0])
        taken = iter(parts)
        nested = [
            unflatten(flatten(given[position])[1], [next(taken) for _ in spans[position]])
            for position in positions
        ]
        return value, nested[0] if isinstance(argnums, int) else tuple(nested)

    return differentiated


def grad(function: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the gradient of a scalar function, in reverse mode.

    Args:
        function: returns one float without axes.
        argnums: position of the argument to differentiate with respect to, or several.

    Raises:
        DerivativeError: the result is not one float, or the argument is not a float.

    Example:
        >>> import numpy as np
        >>> import tiza as tz
        >>> dx1, dx2 = tz.grad(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), argnums=(0, 1))(2, 5)
        >>> round(dx1, 7), round(dx2, 7)
        (5.5, 1.7163378)
    """
    both = value_and_grad(function, argnums)

    @functools.wraps(function)
    def differentiated(*arguments: Any) -> Any:
        return both(*arguments)[1]

    return differentiated


def jvp(function: Function, primals: Sequence[Any], tangents_in: Sequence[Any]) -> tuple[Any, Any]:
    """Return `(value, tangent)`: the derivative of `function` at `primals` in the direction of the tangents.

    Example:
        >>> import tiza as tz
        >>> tz.jvp(lambda x: x * x, (3.0,), (1.0,))
        (9.0, 6.0)
    """
    given, moves = (_with_floats(tuple(one), range(len(one))) for one in (primals, tangents_in))
    traced = trace_function(function, given)
    leaves, directions = flatten(given)[0], flatten(moves)[0]
    graph = _tangent_graph(traced, len(directions))
    results = run_or_inline(graph, [*leaves, *directions])
    half = len(results) // 2
    return traced.result_of(results[:half]), traced.result_of(results[half:])


_TANGENT_GRAPHS: weakref.WeakKeyDictionary[Graph, Graph] = weakref.WeakKeyDictionary()


def _tangent_graph(traced: Traced, count: int) -> Graph:
    graph = traced.graph
    if count != len(graph.inputs):
        raise DerivativeError(
            located(f"tangents: got {count} values, expected {len(graph.inputs)}, nested as the primals.")
        )
    if graph not in _TANGENT_GRAPHS:
        _check_float(graph.inputs, "primal")
        from_inputs = {node: _tangent_input(node) for node in graph.inputs}
        found = tangents(graph.outputs, {node: Tensor(seed) for node, seed in from_inputs.items()})
        moved = [
            (one if one is not None else zeros_of(node)).node
            for one, node in zip(found, graph.outputs, strict=True)
        ]
        _TANGENT_GRAPHS[graph] = Graph((*graph.inputs, *from_inputs.values()), (*graph.outputs, *moved))
    return _TANGENT_GRAPHS[graph]


def _tangent_input(node: Node) -> Node:
    return input_node(f"tangent of {node.attributes['name']}", node.type)


def vjp(function: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return `(value, pullback)`; the pullback turns a cotangent of the value into cotangents of the primals.

    Example:
        >>> import tiza as tz
        >>> value, pullback = tz.vjp(lambda x, y: x * y, 3.0, 4.0)
        >>> pullback(1.0)
        (4.0, 3.0)
    """
    given = _with_floats(primals, range(len(primals)))
    traced = trace_function(function, given)
    leaves, structure = flatten(given)
    _check_float(traced.graph.inputs, "primal")
    value = run_or_inline(traced.graph, leaves)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = flatten(cotangent)[0]
        if len(seeds) != len(traced.graph.outputs):
            expected = f"expected {len(traced.graph.outputs)}, nested as the result."
            raise DerivativeError(located(f"cotangent: got {len(seeds)} values, {expected}"))
        given_back = [
            seed for seed, node in zip(seeds, traced.graph.outputs, strict=True) if node.tensor_type.is_float
        ]
        results = run_or_inline(_cotangent_graph(traced.graph), [*leaves, *given_back])
        nested: tuple[Any, ...] = unflatten(structure, results)
        return nested

    return traced.result_of(value), pullback


_COTANGENT_GRAPHS: weakref.WeakKeyDictionary[Graph, Graph] = weakref.WeakKeyDictionary()


def _cotangent_graph(graph: Graph) -> Graph:
    """Return the graph from inputs and cotangents of the float outputs to cotangents of the inputs."""
    if graph not in _COTANGENT_GRAPHS:
        floats = [node for node in graph.outputs if node.tensor_type.is_float]
        seeds = [input_node(f"cotangent{at}", node.type) for at, node in enumerate(floats)]
        outputs = prepare(floats, graph.inputs)
        found = cotangents(outputs, [Tensor(seed) for seed in seeds], graph.inputs, "f")
        parts = [
            (one if one is not None else zeros_of(node)).node
            for one, node in zip(found, graph.inputs, strict=True)
        ]
        _COTANGENT_GRAPHS[graph] = Graph((*graph.inputs, *seeds), tuple(parts))
    return _COTANGENT_GRAPHS[graph]


def hessian(function: Function, argnums: int = 0) -> Function:
    """Return a function that gives the second derivatives of a scalar function, forward over reverse.

    The result has the argument's shape twice: `(*shape, *shape)`.

    Example:
        >>> import tiza as tz
        >>> tz.hessian(lambda x: tz.ops.sum(x**3))([1.0, 2.0])
        array([[ 6.,  0.],
               [ 0., 12.]])
    """
    gradient = grad(function, argnums)

    @functools.wraps(function)
    def second(*arguments: Any) -> Any:
        position = _positions(argnums, len(arguments))[0]
        given = list(_with_floats(arguments, (position,)))
        if type(given[position]) is list:
            given[position] = np.asarray(given[position], dtype="float64")
        if flatten(given[position])[1].leaves != 1:
            raise DerivativeError(
                "hessian: the argument holds several values, expected one array; join them."
            )
        traced = trace_function(gradient, given)
        graph = _hessian_graph(traced, _leaf_spans(given)[position][0])
        return run_or_inline(graph, flatten(tuple(given))[0])[0]

    return second


_HESSIAN_GRAPHS: weakref.WeakKeyDictionary[Graph, dict[int, Graph]] = weakref.WeakKeyDictionary()


def _hessian_graph(traced: Traced, at: int) -> Graph:
    """Return the graph whose output holds the gradient's tangent for every unit direction of input `at`."""
    known = _HESSIAN_GRAPHS.setdefault(traced.graph, {})
    if at not in known:
        known[at] = Graph(traced.graph.inputs, (_second_derivatives(traced, at).node,))
    return known[at]


def _second_derivatives(traced: Traced, at: int) -> Tensor:
    node = traced.graph.inputs[at]
    shape, size = node.tensor_type.shape, node.tensor_type.size
    places = reshape(iota((size,)), shape)
    columns = []
    for row in range(size):
        direction = (places == row).astype(node.tensor_type.dtype)
        (found,) = tangents(traced.graph.outputs, {node: direction})
        columns.append(found if found is not None else zeros_of(traced.graph.outputs[0]))
    joined = stack(columns) if columns else zeros_of(node)
    return reshape(joined, (*shape, *shape))
