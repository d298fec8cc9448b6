"""Evaluating graphs and traced values, once, with every value on request."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from tiza.engines.reference.program import Program, checked_input, compile_graph, execute, run_program
from tiza.errors import EvaluationError
from tiza.graph.graph import Graph
from tiza.graph.node import Node
from tiza.graph.structure import flatten, unflatten
from tiza.graph.tensor import Tensor

_PROGRAMS: weakref.WeakKeyDictionary[Graph, Program] = weakref.WeakKeyDictionary()


def evaluate(computation: Any, *inputs: object) -> Any:
    """Return the value of a graph for `inputs`, or of traced constants.

    Args:
        computation: a `Graph`, or traced values (nested in tuples, lists, dictionaries) that need no input.
        inputs: one value an input of the graph.

    Returns:
        Arrays; a float64, int32 or boolean without axes is a Python number.

    Raises:
        EvaluationError: an input has another shape or dtype, or their number differs.

    Example:
        >>> import tiza as tz
        >>> tz.evaluate(tz.trace(lambda x, y: x * y, 2.0, 3.0), 4.0, 5.0)
        20.0
    """
    if isinstance(computation, Graph):
        results = [python_number(one) for one in evaluate_graph(computation, inputs)]
        return results[0] if len(results) == 1 else tuple(results)
    if inputs:
        raise EvaluationError(f"inputs: got {len(inputs)}, expected none for {computation!r}; pass a graph.")
    leaves, structure = flatten(computation)
    tensors = [one for one in leaves if isinstance(one, Tensor)]
    values = iter(evaluate_graph(Graph((), tuple(one.node for one in tensors)), ()))
    return unflatten(
        structure, [python_number(next(values)) if isinstance(one, Tensor) else one for one in leaves]
    )


def evaluate_graph(graph: Graph, inputs: Sequence[object]) -> list[Any]:
    """Return the outputs of `graph` as arrays of their own."""
    if len(inputs) != len(graph.inputs):
        raise EvaluationError(f"inputs: got {len(inputs)}, expected {len(graph.inputs)}.")
    program = _PROGRAMS.get(graph)
    if program is None:
        program = _PROGRAMS[graph] = compile_graph(graph)
    arrays = [
        checked_input(value, node.tensor_type, str(node.attributes["name"]))
        for value, node in zip(inputs, graph.inputs, strict=True)
    ]
    return own_arrays(run_program(program, arrays), arrays)


def record(graph: Graph, inputs: Sequence[Any]) -> dict[Node, Any]:
    """Return the value of every node of `graph` for `inputs`.

    Example:
        >>> import tiza as tz
        >>> graph = tz.trace(lambda x: (x + 1.0) * 2.0, 3.0)
        >>> sorted(float(value) for value in record(graph, [3.0]).values())
        [1.0, 2.0, 3.0, 4.0, 8.0]
    """
    program = compile_graph(graph, keep=True)
    arrays = [
        checked_input(value, node.tensor_type, str(node.attributes["name"]))
        for value, node in zip(inputs, graph.inputs, strict=True)
    ]
    values = execute(program, arrays)
    return {node: values[slot] for node, slot in program.slots.items()}


def own_arrays(values: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """Return `values` as arrays that can be written to: none shares memory with another or with `inputs`."""
    taken = {id(one) for one in inputs}
    own = []
    for value in values:
        array = np.asarray(value)
        if id(array) in taken or not (array.flags.writeable and array.flags.owndata):
            array = array.copy()
        taken.add(id(array))
        own.append(array)
    return own


def python_number(value: Any) -> Any:
    """Return a value without axes as a Python number where that keeps its dtype."""
    if value.ndim == 0 and value.dtype in ("float64", "int32", "bool"):
        return value.item()
    return value
