"""Programs: a graph as a list of array calls, each result dropped after its last use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.reference.array_rules import ARRAY_RULES
from tiza.errors import EvaluationError, NameNotFoundError
from tiza.graph.graph import Graph
from tiza.graph.node import INPUT, Node
from tiza.graph.tensor_type import TensorType

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
    """A graph ready to run on the reference engine.

    Attributes:
        graph: what it computes.
        constants: values known before running, by slot; None elsewhere.
        instructions: the calls, in order.
        inputs: slot of each input.
        outputs: slot of each output.
        slots: slot of each node.
    """

    graph: Graph
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
    nodes = [*dict.fromkeys((*graph.inputs, *graph.nodes))]
    slots = {node: slot for slot, node in enumerate(nodes)}
    outputs = tuple(slots[node] for node in graph.outputs)
    last_use = _last_uses(nodes, slots)
    constants: Values = [None] * len(nodes)
    instructions = []
    for node in nodes:
        if node.primitive is INPUT:
            continue
        function = array_function(node)
        if not node.inputs:
            constants[slots[node]] = function()
            continue
        operands = tuple(slots[one] for one in node.inputs)
        dead = () if keep else _dead(operands, last_use, slots[node], outputs, constants)
        instructions.append(Instruction(function, operands, slots[node], dead))
    inputs = tuple(slots[node] for node in graph.inputs)
    return Program(graph, tuple(constants), tuple(instructions), inputs, outputs, slots)


def _last_uses(nodes: Sequence[Node], slots: dict[Node, int]) -> dict[int, int]:
    last: dict[int, int] = {}
    for node in nodes:
        for one in node.inputs:
            last[slots[one]] = slots[node]
    return last


def _dead(
    operands: tuple[int, ...],
    last_use: dict[int, int],
    slot: int,
    outputs: tuple[int, ...],
    constants: Values,
) -> tuple[int, ...]:
    return tuple(
        {one for one in operands if last_use[one] == slot and one not in outputs and constants[one] is None}
    )


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
    axis = node.attributes["axis"]
    size = node.inputs[0].tensor_type.shape[axis]

    def gather(source: Array, indices: Array) -> Array:
        check_indices(indices, size)
        return np.take(source, indices, axis=axis)

    return gather


def check_indices(indices: Array, size: int) -> None:
    """Check that every index is from 0 to `size` - 1.

    Raises:
        EvaluationError: one is not; the first is named.
    """
    if indices.size and (indices.min() < 0 or indices.max() >= size):
        bad = np.argwhere((np.asarray(indices) < 0) | (np.asarray(indices) >= size))[0]
        at = tuple(int(one) for one in bad)
        raise EvaluationError(f"indices: got {int(indices[at])} at {at}, expected 0 to {size - 1}.")


def _scatter_add(node: Node) -> Callable[..., Array]:
    rule = ARRAY_RULES["scatter_add"](np, node)

    def scatter_add(updates: Array, indices: Array) -> Array:
        check_indices(indices, node.attributes["size"])
        return rule(updates, indices)

    return scatter_add


def _scan(node: Node) -> Callable[..., Array]:
    carries, sequences, length = (node.attributes[name] for name in ("carries", "sequences", "length"))
    program = compile_graph(node.attributes["body"])
    steps = range(length - 1, -1, -1) if node.attributes["reverse"] else range(length)
    stacked_types = node.type.items[carries:]  # type: ignore[union-attr]

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
    array = np.asarray(value)
    if isinstance(value, bool | int | float):
        array = np.asarray(value, dtype=type_.dtype)
    if array.shape != type_.shape or array.dtype != type_.dtype:
        raise EvaluationError(
            f"input {name!r}: got {array.dtype}{list(array.shape)}, expected {type_!r}; "
            "convert or reshape it, or trace the function again for this type."
        )
    return array
