"""Programs: a graph as a list of array calls, each result dropped after its last use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.reference.array_rules import ARRAY_RULES
from tiza.engines.reference.memory import operand_written_over, operands_needed
from tiza.errors import EvaluationError, NameNotFoundError
from tiza.graph.graph import Graph
from tiza.graph.node import INPUT, Node
from tiza.graph.tensor import is_python_scalar, scalar_fits
from tiza.graph.tensor_type import TensorType, TupleType

Array = Any
Values = list[Any]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One array call: `values[target] = function(*values[operands])`, then the dead are dropped."""

    function: Callable[..., Array]
    operands: tuple[int, ...]
    target: int
    dead: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A graph ready to run on the reference engine; it does not hold the graph, whose lifetime is its own.

    Attributes:
        constants: values known before running, by slot; None elsewhere.
        instructions: the calls, in order.
        inputs: slot of each input.
        outputs: slot of each output.
        slots: slot of each node.
    """

    constants: tuple[Any, ...]
    instructions: tuple[Instruction, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    slots: dict[Node, int]


def compile_graph(graph: Graph, keep: bool = False) -> Program:
    """Return `graph` as a program.

    Args:
        graph: what to compute.
        keep: keep every value to the end, so that it can be read.

    Raises:
        TraceError: the graph uses a value of another trace.
    """
    graph.check_closed()
    operands_of = {node: node.inputs if keep else operands_needed(node) for node in graph.nodes}
    nodes = _nodes_to_run(graph, operands_of)
    slots = {node: slot for slot, node in enumerate(nodes)}
    readers: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in nodes:
        for one in operands_of.get(node, ()):
            readers[one].append(node)
    constants: Values = [None] * len(nodes)
    instructions = []
    for node in nodes:
        operands = operands_of.get(node, ())
        if node.primitive is INPUT:
            continue
        if not operands:
            constants[slots[node]] = array_function(node)()
            continue
        dying = [] if keep else _dying(node, operands, readers, graph.outputs)
        function = array_function(node)
        over = operand_written_over(node, operands, dying, readers)
        if over is not None and isinstance(function, np.ufunc):
            function = _in_place(function, over)
        sources, dead = (tuple(slots[one] for one in some) for some in (operands, dying))
        instructions.append(Instruction(function, sources, slots[node], dead))
    inputs = tuple(slots[node] for node in graph.inputs)
    outputs = tuple(slots[node] for node in graph.outputs)
    return Program(tuple(constants), tuple(instructions), inputs, outputs, slots)


def _nodes_to_run(graph: Graph, operands_of: Mapping[Node, Sequence[Node]]) -> list[Node]:
    """Return the inputs and what the outputs need, in order."""
    needed = {*graph.inputs, *graph.outputs}
    for node in reversed(graph.nodes):
        if node in needed:
            needed.update(operands_of[node])
    return [node for node in dict.fromkeys((*graph.inputs, *graph.nodes)) if node in needed]


def _dying(
    node: Node,
    operands: Sequence[Node],
    readers: Mapping[Node, Sequence[Node]],
    outputs: Sequence[Node],
) -> list[Node]:
    """Return the operands that `node` is the last to read, but for outputs and constants."""
    last = [one for one in dict.fromkeys(operands) if readers[one][-1] is node]
    return [one for one in last if one not in outputs and one.inputs]


def _in_place(function: Callable[..., Array], position: int) -> Callable[..., Array]:
    """Return `function` writing its result over the operand at `position`."""
    return lambda *arrays: function(*arrays, out=arrays[position])


def array_function(node: Node) -> Callable[..., Array]:
    """Return the function from operand arrays to the array of `node`."""
    name = node.primitive.name
    if name in _STRUCTURAL_RULES:
        return _STRUCTURAL_RULES[name](node)
    if name not in ARRAY_RULES:
        raise NameNotFoundError(
            f"the reference engine has no rule for primitive {name!r}; add it to ARRAY_RULES."
        )
    return ARRAY_RULES[name](np, node)


def run_program(program: Program, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of `program` for `inputs`, whose types must be those of the graph."""
    values = execute(program, inputs)
    return [values[slot] for slot in program.outputs]


def execute(program: Program, inputs: Sequence[Array]) -> Values:
    """Return the values of all slots after running; dropped ones are None."""
    values = list(program.constants)
    for slot, value in zip(program.inputs, inputs, strict=True):
        values[slot] = value
    with np.errstate(all="ignore"):
        for instruction in program.instructions:
            operands = [values[slot] for slot in instruction.operands]
            values[instruction.target] = instruction.function(*operands)
            for slot in instruction.dead:
                values[slot] = None
    return values


def _item(node: Node) -> Callable[..., Array]:
    position = node.attributes["position"]
    return lambda items: items[position]


def _gather(node: Node) -> Callable[..., Array]:
    rule = ARRAY_RULES["gather"](np, node)
    size = node.inputs[0].tensor_type.shape[node.attributes["axis"]]
    layer = node.provenance.layer

    def gather(source: Array, indices: Array) -> Array:
        check_indices(indices, size, layer)
        return rule(source, indices)

    return gather


def check_indices(indices: Array, size: int, layer: str = "") -> None:
    """Check that every index is from 0 to `size` - 1; `layer` reads them.

    Raises:
        EvaluationError: one is not; the first is named.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        bad = np.argwhere((np.asarray(indices) < 0) | (np.asarray(indices) >= size))[0]
        at = tuple(int(one) for one in bad)
        owner = f"layer {layer!r}: " if layer else ""
        raise EvaluationError(f"{owner}indices: got {int(indices[at])} at {at}, expected 0 to {size - 1}.")


def _scatter_add(node: Node) -> Callable[..., Array]:
    rule = ARRAY_RULES["scatter_add"](np, node)

    def scatter_add(updates: Array, indices: Array) -> Array:
        check_indices(indices, node.attributes["size"], node.provenance.layer)
        return rule(updates, indices)

    return scatter_add


def _scan(node: Node) -> Callable[..., Array]:
    carries, sequences, length = (node.attributes[name] for name in ("carries", "sequences", "length"))
    program = compile_graph(node.attributes["body"])
    steps = range(length - 1, -1, -1) if node.attributes["reverse"] else range(length)
    assert isinstance(node.type, TupleType)
    stacked_types = node.type.items[carries:]

    def scan(*operands: Array) -> tuple[Array, ...]:
        carry = list(operands[:carries])
        entries, constants = operands[carries : carries + sequences], operands[carries + sequences :]
        stacked = [np.empty(one.shape, one.dtype) for one in stacked_types]
        for step in steps:
            results = run_program(program, [*carry, *(entry[step] for entry in entries), *constants])
            carry = results[:carries]
            for target, value in zip(stacked, results[carries:], strict=True):
                target[step] = value
        return (*carry, *stacked)

    return scan


_STRUCTURAL_RULES: dict[str, Callable[[Node], Callable[..., Array]]] = {
    "scan": _scan,
    "item": _item,
    "gather": _gather,
    "scatter_add": _scatter_add,
}


def checked_input(value: object, type_: TensorType, name: str) -> Array:
    """Return `value` as the array that an input of this type takes.

    Raises:
        EvaluationError: shape or dtype differ.
    """
    fits = is_python_scalar(value) and scalar_fits(value, type_.dtype)
    array = np.asarray(value, dtype=type_.dtype if fits else None)
    if array.shape != type_.shape or array.dtype != type_.dtype:
        raise EvaluationError(
            f"input {name!r}: got {array.dtype}{list(array.shape)}, expected {type_!r}; "
            "convert or reshape it, or trace the function again for this type."
        )
    return array
