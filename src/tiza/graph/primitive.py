"""A primitive: one record that states everything Tiza knows of one operation, and the registry of all."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from tiza.errors import AttributeNameError, NameNotFoundError
from tiza.graph.access import AccessRule, Apply, Axis, Value, identity_read
from tiza.graph.tensor_type import TensorType, ValueType

if TYPE_CHECKING:
    from tiza.graph.node import Node
    from tiza.graph.tensor import Tensor

Attributes: TypeAlias = Mapping[str, Any]
TypeRule: TypeAlias = Callable[[tuple[Any, ...], Attributes], ValueType]
AccessRuleMaker: TypeAlias = Callable[[tuple[TensorType, ...], Attributes, TensorType], AccessRule]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """Derivative of an elementwise primitive: one partial an operand.

    A partial takes the operands and the result, `(*operands, result)`, and returns the partial
    derivative, a number where it is constant; None where the operand has no derivative (conditions).
    """

    partials: tuple[Callable[..., Tensor | float] | None, ...]


@dataclass(frozen=True, slots=True)
class Linear:
    """Derivative of a primitive that is linear: how a cotangent goes back to each operand.

    Attributes:
        transpose: `(cotangent, node, position)` -> cotangent of the operand at that position.
        operands: positions of the linear operands; None means all.
        jointly: linear in all of them at once (concatenation) rather than in each (a product).
    """

    transpose: Callable[[Tensor, Node, int], Tensor]
    operands: tuple[int, ...] | None = None
    jointly: bool = False


@dataclass(frozen=True, slots=True)
class Linearized:
    """Derivative stated as the tangent alone, `(node, tangents)` -> tangent, made of linear primitives.

    `tangents` holds None for an operand that does not vary. Reverse mode transposes what it emits.
    """

    tangent: Callable[[Node, tuple[Tensor | None, ...]], Tensor]


@dataclass(frozen=True, slots=True)
class Structural:
    """Derivative made by a pass of its own in calculus (scan and its items)."""


@dataclass(frozen=True, slots=True)
class NoDerivative:
    """The derivative is zero or does not exist; the reason is told to whoever asks."""

    reason: str


Derivative: TypeAlias = Elementwise | Linear | Linearized | Structural | NoDerivative


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand of an example: its type and the interval its elements are drawn from."""

    type: TensorType
    low: float = -2.0
    high: float = 2.0


@dataclass(frozen=True, slots=True)
class Example:
    """Operands and attributes that a primitive accepts; tests draw values from them."""

    operands: tuple[Operand, ...]
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One operation of the vocabulary.

    Attributes:
        name: the field's name for it.
        infer: types of the operands and attributes -> type of the result; raises on misfit.
        derivative: how it is differentiated.
        access: which elements it reads; None only for structural primitives.
        attributes: names of the attributes it takes, all required.
        formula: for elementwise primitives, the result in terms of operands x, y, z.
        domain: for elementwise primitives, the interval of each operand where it is defined.
        examples: operands that tests use.
    """

    name: str
    infer: TypeRule
    derivative: Derivative
    access: AccessRuleMaker | None
    attributes: tuple[str, ...] = ()
    formula: str = ""
    domain: tuple[tuple[float, float], ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def is_elementwise(self) -> bool:
        """Whether each output element depends on the operands' elements at the same place only."""
        return self.access is elementwise_access

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def elementwise_access(
    operands: tuple[TensorType, ...], attributes: Attributes, result: TensorType
) -> AccessRule:
    """Return the access rule of an elementwise primitive; `access_rule` fills in its body's primitive."""
    read = identity_read(result.rank)
    return AccessRule(tuple(Axis(size) for size in result.shape), (read,) * len(operands), Value(0))


def access_rule(node: Node) -> AccessRule:
    """Return the access rule of `node`.

    Raises:
        NameNotFoundError: the primitive is structural (scan); unroll it to read its elements.
    """
    primitive = node.primitive
    if primitive.access is None:
        raise NameNotFoundError(
            f"{primitive.name} has no access rule of its own; unroll it with tiza.calculus.unroll."
        )
    operands = tuple(one.tensor_type for one in node.inputs)
    rule = primitive.access(operands, node.attributes, node.tensor_type)
    if primitive.is_elementwise:
        body = Apply(primitive, tuple(Value(position) for position in range(len(operands))))
        return AccessRule(rule.axes, rule.reads, body)
    return rule


_REGISTRY: dict[str, Primitive] = {}


def register(primitive: Primitive) -> Primitive:
    """Add `primitive` to the vocabulary and return it.

    Raises:
        ValueError: the name is taken.
    """
    if primitive.name in _REGISTRY:
        raise ValueError(f"primitive {primitive.name!r} is registered already; choose another name.")
    _REGISTRY[primitive.name] = primitive
    return primitive


def find_primitive(name: str) -> Primitive:
    """Return the registered primitive called `name`.

    Raises:
        NameNotFoundError: there is none; the nearest names are suggested.
    """
    try:
        return _REGISTRY[name]
    except KeyError:
        raise NameNotFoundError(unknown_name("primitive", name, _REGISTRY)) from None


def primitives() -> Iterator[Primitive]:
    """Yield every registered primitive, in order of registration."""
    yield from tuple(_REGISTRY.values())


LISTED_NAMES = 40
"""Names that a message lists; of more, only so many are."""


def unknown_name(kind: str, name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """Return the message for a name that is not among `known`, with the nearest ones."""
    near = difflib.get_close_matches(str(name), list(dict.fromkeys(known)), n=3, cutoff=0.5)
    listed = sorted(set(known))
    more = f", … ({len(listed)})" if len(listed) > LISTED_NAMES else ""
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"known: {', '.join(listed[:LISTED_NAMES])}{more}."
    )
    return f"{kind}: unknown name {name!r}; {hint}"


def checked_attributes(primitive: Primitive, attributes: Attributes) -> Attributes:
    """Return `attributes` frozen, after checking that they are those the primitive takes.

    Raises:
        AttributeNameError: one is unknown or missing.
    """
    for name in attributes:
        if name not in primitive.attributes:
            message = unknown_name(f"attribute of {primitive.name}", name, primitive.attributes)
            raise AttributeNameError(message)
    for name in primitive.attributes:
        if name not in attributes:
            raise AttributeNameError(f"{primitive.name}: attribute {name!r} is missing; give {name}=...")
    return MappingProxyType(dict(attributes))
