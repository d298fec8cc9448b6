"""Tracing: a plain Python function, run once on traced values, becomes a graph."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CellType, FunctionType
from typing import Any

from tiza.errors import DTypeError, ShapeError, TraceError
from tiza.graph.graph import Graph
from tiza.graph.node import Node, input_node, rebuild
from tiza.graph.structure import Structure, flatten, leaf_names, unflatten
from tiza.graph.tensor import Tensor, as_tensor, located
from tiza.graph.tensor_type import TensorType, tensor_type


@dataclass(frozen=True, slots=True)
class Traced:
    """A function as a graph, with the nesting of its arguments and of its result."""

    graph: Graph
    arguments: Structure
    result: Structure

    def result_of(self, leaves: Sequence[Any]) -> Any:
        """Return the outputs' values nested as the function returned them."""
        return unflatten(self.result, leaves)


def type_of(value: object) -> TensorType:
    """Return the type of an argument: a type itself, a traced value, an array or a number."""
    if isinstance(value, TensorType):
        return value
    if isinstance(value, Tensor):
        return value.type
    return tensor_type(value)


def argument_names(function: Callable[..., Any], arguments: Sequence[Any]) -> list[str]:
    """Return a name for each leaf of the positional arguments, from the function's signature."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = []
    for position, argument in enumerate(arguments):
        names.extend(leaf_names(flatten(argument)[1], _parameter_name(parameters, position)))
    return names


def _parameter_name(parameters: list[inspect.Parameter], position: int) -> str:
    if position < len(parameters) and parameters[position].kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameters[position].name
    variadic = [one for one in parameters if one.kind is inspect.Parameter.VAR_POSITIONAL]
    if variadic:
        return f"{variadic[0].name}[{position - parameters.index(variadic[0])}]"
    return f"argument{position}"


def trace_function(function: Callable[..., Any], arguments: Sequence[Any]) -> Traced:
    """Return `function` traced on values of these types, from the cache if it was traced so before.

    The cache is keyed by the function object, the numbers and texts in its closure, and the arguments' types:
    a function must not change what it computes through globals or objects between two calls.
    """
    leaves, structure = flatten(tuple(arguments))
    signature = (structure, tuple(type_of(leaf) for leaf in leaves), _captured(function))
    known = _traces_of(function)
    if signature not in known:
        known[signature] = _trace(function, arguments, structure, signature[1])
    return known[signature]


_TRACES: weakref.WeakKeyDictionary[Callable[..., Any], dict[Any, Traced]] = weakref.WeakKeyDictionary()


def _traces_of(function: Callable[..., Any]) -> dict[Any, Traced]:
    # an object of a class of its own may change, or equal another: only plain functions are remembered
    return _TRACES.setdefault(function, {}) if isinstance(function, FunctionType) else {}


def _captured(function: Callable[..., Any]) -> tuple[object, ...]:
    """Return the numbers and texts that a function's closure holds now; others make another function."""
    cells = getattr(function, "__closure__", None) or ()
    return tuple(_content(cell) for cell in cells)


def _content(cell: CellType) -> object:
    try:
        content: object = cell.cell_contents
    except ValueError:
        return None
    return (type(content), content) if isinstance(content, bool | int | float | str) else None


def _trace(
    function: Callable[..., Any], arguments: Sequence[Any], structure: Structure, types: Sequence[TensorType]
) -> Traced:
    names = argument_names(function, arguments)
    inputs = tuple(input_node(name, type_) for name, type_ in zip(names, types, strict=True))
    result = function(*unflatten(structure, [Tensor(node) for node in inputs]))
    outputs, result_structure = flatten(result)
    return Traced(Graph(inputs, tuple(_output(one) for one in outputs)), structure, result_structure)


def _output(value: Any) -> Node:
    try:
        return as_tensor(value).node
    except (TypeError, ValueError) as error:
        raise TraceError(
            f"the traced function returned {value!r}, expected traced values or numbers (nested in tuples, "
            f"lists or dictionaries): {error}"
        ) from None


def trace(function: Callable[..., Any], *arguments: Any) -> Graph:
    """Return the graph of `function` for arguments of these types.

    Args:
        function: a plain function made of operators, NumPy functions and `tz.ops`.
        arguments: numbers, arrays or `TensorType`s; only their shapes and dtypes matter.

    Raises:
        TraceError: the function needs a number while it is traced, for example in an `if`.

    Example:
        >>> import tiza as tz
        >>> tz.trace(lambda x: tz.ops.exp(x), 1.0).outputs[0]
        <exp float64[]>
    """
    return trace_function(function, arguments).graph


def inline(graph: Graph, arguments: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return the outputs of `graph` with `arguments` in place of its inputs.

    Raises:
        ShapeError: an argument has another shape than its input.
        DTypeError: an argument has another dtype than its input.
    """
    for node, value in zip(graph.inputs, arguments, strict=True):
        if value.type != node.type:
            wrong = ShapeError if value.shape != node.tensor_type.shape else DTypeError
            raise wrong(
                located(
                    f"input {node.attributes['name']!r}: got {value.type!r}, expected {node.type!r}; "
                    "convert or reshape it, or trace the function again for this type."
                )
            )
    replacements = {node: value.node for node, value in zip(graph.inputs, arguments, strict=True)}
    outputs, _ = rebuild(graph.outputs, replacements)
    return tuple(Tensor(node) for node in outputs)
