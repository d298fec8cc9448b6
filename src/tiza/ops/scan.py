"""Scan: a body graph run once a time step, its carries handed from step to step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tiza.errors import DTypeError, ShapeError, TraceError
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, Node, input_node, rebuild, topological_order
from tiza.graph.primitive import Attributes, Example, Operand, Primitive, Structural, register
from tiza.graph.structure import flatten, unflatten
from tiza.graph.tensor import Tensor, apply, as_tensor, is_python_scalar, operation, tensor_type_of
from tiza.graph.tensor_type import FLOAT_DTYPES, DType, TensorType, TupleType, ValueType, as_dtype
from tiza.ops.elementwise import tanh
from tiza.ops.layout import BROADCAST

Part = TypeVar("Part")


def _scan_type(types: tuple[TensorType, ...], attributes: Attributes) -> TupleType:
    """Operands: carries, sequences (time first), constants. Items: last carries, stacked outputs."""
    body, carries, sequences, length = (
        attributes[name] for name in ("body", "carries", "sequences", "length")
    )
    expected = [one.type for one in body.inputs]
    if len(types) != len(expected):
        raise ShapeError(f"got {len(types)} operands, but the body takes {len(expected)}.")
    for position, type_ in enumerate(types):
        wanted = expected[position]
        if carries <= position < carries + sequences:
            wanted = wanted.with_shape((length, *wanted.shape))
        if type_ != wanted:
            raise ShapeError(f"operand {position} is {type_!r}, but the body takes {wanted!r}.")
    results = [one.type for one in body.outputs]
    for position in range(carries):
        if results[position] != expected[position]:
            raise ShapeError(
                f"carry {position} enters a step as {expected[position]!r} and leaves it as "
                f"{results[position]!r}; return it with the shape and dtype it came with."
            )
    stacked = tuple(one.with_shape((length, *one.shape)) for one in results[carries:])
    return TupleType((*results[:carries], *stacked))


def _example_body() -> Graph:
    matrix = as_dtype("float64")
    state = input_node("state", TensorType((2,), matrix))
    entry = input_node("entry", TensorType((2,), matrix))
    weight = input_node("weight", TensorType((2, 2), matrix))
    new = tanh(Tensor(state) @ Tensor(weight) + Tensor(entry))
    return Graph((state, entry, weight), (new.node, (new * new).node))


def _operand(*shape: int) -> Operand:
    return Operand(TensorType(shape, as_dtype("float64")))


SCAN = register(
    Primitive(
        "scan",
        _scan_type,
        Structural(),
        None,
        ("body", "carries", "sequences", "length", "reverse"),
        examples=tuple(
            Example(
                (_operand(2), _operand(3, 2), _operand(2, 2)),
                {"body": _example_body(), "carries": 1, "sequences": 1, "length": 3, "reverse": reverse},
            )
            for reverse in (False, True)
        ),
    )
)


@dataclass(frozen=True, slots=True)
class ScanParts:
    """The parts of a scan by name."""

    node: Node

    @property
    def body(self) -> Graph:
        """What one step computes."""
        body: Graph = self.node.attributes["body"]
        return body

    @property
    def carries(self) -> int:
        """Number of carries."""
        return int(self.node.attributes["carries"])

    @property
    def sequences(self) -> int:
        """Number of sequences."""
        return int(self.node.attributes["sequences"])

    @property
    def length(self) -> int:
        """Number of steps."""
        return int(self.node.attributes["length"])

    @property
    def reverse(self) -> bool:
        """Whether time runs from the last entry to the first."""
        return bool(self.node.attributes["reverse"])

    def split(self, operands: Sequence[Part]) -> tuple[list[Part], list[Part], list[Part]]:
        """Return carries, sequences and constants of a list in the operands' order."""
        first, second = self.carries, self.carries + self.sequences
        return list(operands[:first]), list(operands[first:second]), list(operands[second:])


def _item_type(types: tuple[ValueType, ...], attributes: Attributes) -> TensorType:
    source = types[0]
    if not isinstance(source, TupleType):
        raise DTypeError(f"operand is {source!r}, expected the result of a scan.")
    item: TensorType = source.items[attributes["position"]]
    return item


ITEM = register(Primitive("item", _item_type, Structural(), None, ("position",)))


def scan_items(
    operands: Sequence[Tensor], body: Graph, carries: int, sequences: int, length: int, reverse: bool
) -> tuple[Tensor, ...]:
    """Return the items of a scan node: last carries, then stacked outputs."""
    loop = apply(
        SCAN,
        operands,
        body=body,
        carries=carries,
        sequences=sequences,
        length=length,
        reverse=reverse,
    )
    assert isinstance(loop.node.type, TupleType)
    return tuple(apply(ITEM, (loop,), position=position) for position in range(len(loop.node.type.items)))


@operation
def scan(
    step: Callable[[Any, Any], tuple[Any, Any]],
    initial: Any,
    sequences: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Return the last carry and the stacked outputs of `carry, output = step(carry, entry)` over time.

    Args:
        step: the body, traced once. Values of the surrounding trace become constants of the loop.
        initial: carry before the first step, nested as `step` takes it; Python floats take the dtype of the
            other floats.
        sequences: arrays with time as first axis, nested as `step` takes an entry; None for none.
        length: number of steps; needed only without sequences.
        reverse: run from the last entry to the first; outputs stay in the order of the entries.

    Raises:
        ShapeError: lengths differ, or a carry changes its shape.
        TraceError: the length cannot be known.

    Example:
        >>> import tiza as tz
        >>> total, running = tz.ops.scan(lambda s, x: (s + x, s + x), 0.0, [1.0, 2.0, 3.0])
        >>> tz.evaluate(running)
        array([1., 3., 6.])
    """
    carry_leaves, carry_structure = flatten(initial)
    entry_leaves, entry_structure = flatten(
        sequences if not _is_list_of_numbers(sequences) else as_tensor(sequences)
    )
    like = _float_dtype((*carry_leaves, *entry_leaves))
    carried = [as_tensor(one, like if isinstance(one, float) else None) for one in carry_leaves]
    entries = [as_tensor(one) for one in entry_leaves]
    steps = _length(entries, length)
    inputs = [input_node(f"carry{at}", one.type) for at, one in enumerate(carried)]
    inputs += [input_node(f"entry{at}", one.type.with_shape(one.shape[1:])) for at, one in enumerate(entries)]
    tensors = [Tensor(node) for node in inputs]
    new_carry, output = step(
        unflatten(carry_structure, tensors[: len(carried)]),
        unflatten(entry_structure, tensors[len(carried) :]),
    )
    new_leaves, new_structure = flatten(new_carry)
    if new_structure != carry_structure:
        raise TraceError("scan: the step must return its carry nested as it received it.")
    output_leaves, output_structure = flatten(output)
    results = [
        *(as_tensor(one, old.dtype).node for one, old in zip(new_leaves, carried, strict=True)),
        *(as_tensor(one, like if isinstance(one, float) else None).node for one in output_leaves),
    ]
    body, constants = closed_body(inputs, results)
    items = scan_items(
        (*carried, *entries, *map(Tensor, constants)), body, len(carried), len(entries), steps, reverse
    )
    last = unflatten(carry_structure, items[: len(carried)])
    return last, unflatten(output_structure, items[len(carried) :])


def _float_dtype(leaves: Sequence[Any]) -> DType | None:
    """Return the dtype of the first float among `leaves` that is not a Python number."""
    dtypes = [tensor_type_of(one).dtype for one in leaves if not is_python_scalar(one)]
    return next((dtype for dtype in dtypes if dtype in FLOAT_DTYPES), None)


def _is_list_of_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, int | float) for one in value)


def _length(entries: Sequence[Tensor], length: int | None) -> int:
    lengths = {one.shape[0] if one.shape else None for one in entries}
    if length is not None:
        lengths.add(length)
    if len(lengths) != 1 or None in lengths:
        raise TraceError(
            f"scan: the sequences have lengths {sorted(map(str, lengths))}, expected one; give length=."
        )
    (steps,) = lengths
    assert steps is not None
    return steps


def closed_body(inputs: Sequence[Node], outputs: Sequence[Node]) -> tuple[Graph, tuple[Node, ...]]:
    """Return a body graph whose outer values are further inputs, and those outer values.

    Outer values are the nodes that do not depend on `inputs`: they are computed once, before the loop.
    """
    own = set(inputs)
    varying: set[Node] = set(own)
    order = topological_order(outputs)
    for node in order:
        if any(one in varying for one in node.inputs):
            varying.add(node)
    outer = _outer_values(order, outputs, varying)
    stand_ins = {
        node: input_node(f"constant{at}", node.type, node.provenance) for at, node in enumerate(outer)
    }
    renewed, _ = rebuild(outputs, stand_ins)
    return Graph((*inputs, *stand_ins.values()), renewed), tuple(outer)


def _outer_values(order: Sequence[Node], outputs: Sequence[Node], varying: set[Node]) -> list[Node]:
    pending = [one for node in order if node in varying for one in node.inputs] + list(outputs)
    outer: dict[Node, None] = {}
    for node in pending:
        if node.primitive is BROADCAST and node not in varying:
            # it is repeated in the loop: its gradient is then a sum over time, not a sum that is carried
            pending.append(node.inputs[0])
        elif node not in varying and not is_number(node):
            outer[node] = None
    return list(outer)


def is_number(node: Node) -> bool:
    """Return whether the node is a constant number, or one repeated: better in a loop than handed to it."""
    while node.primitive is not CONSTANT and len(node.inputs) == 1:
        node = node.inputs[0]
    return node.primitive is CONSTANT and node.tensor_type.size == 1
