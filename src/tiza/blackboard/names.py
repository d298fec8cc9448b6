"""What quantities are called on a page and by who asks for them, from provenance alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tiza.blackboard.expressions import Element
from tiza.graph.node import Node
from tiza.graph.provenance import Provenance, Role

LOSS = "L"
_SCALARS = {"learning_rate": "η"}
_NEW = "′"
_ONE_FOR_ALL_SAMPLES = {Role.PARAMETER, Role.STATE, Role.SLOT, Role.SCALAR, Role.LOSS, Role.PENALTY}
"""Roles of quantities that have no batch axis."""


def origin(known: Provenance) -> Provenance:
    """Return the quantity that a chain of derivatives, slots and updates is about."""
    while known.of is not None:
        known = known.of
    return known


def is_quantity(node: Node) -> bool:
    """Return whether readers know `node` by a name; one summand of a gradient is only on the way to one."""
    return node.provenance.is_named and not node.provenance.path


def quantity_name(known: Provenance, slots: frozenset[str] = frozenset()) -> str:
    """Return the name of a quantity on the page.

    Args:
        known: what the quantity is.
        slots: names of the optimizer's slots; the new value of one is primed.

    Example:
        >>> z = Provenance("dense", Role.PRE_ACTIVATION)
        >>> quantity_name(z), quantity_name(Provenance("dense", Role.GRADIENT, of=z))
        ('dense.z', 'dense.δ')
    """
    at_time = f"@{known.time}" if known.time is not None else ""
    if known.role is Role.LOSS:
        return LOSS if known.name in ("", "loss") else known.name
    if known.role is Role.SCALAR:
        return _SCALARS.get(known.name, known.label)
    if known.role is Role.GRADIENT and known.of is not None:
        if known.of.role is Role.PRE_ACTIVATION and not known.name:
            return f"{known.layer}.δ{at_time}" if known.layer else f"δ{at_time}"
        return f"∂{known.name or LOSS}/∂{quantity_name(known.of, slots)}"
    if known.role is Role.UPDATE and known.of is not None:
        about = quantity_name(known.of, slots)
        if known.name in ("", "new"):
            return f"{about}{_NEW}"
        return f"{about}.{known.name}{_NEW if known.name in slots else ''}{at_time}"
    return known.label


def spoken_names(name: str) -> tuple[str, ...]:
    """Return how a quantity may be asked for, without Greek letters: `dense.delta`, `grad dense.kernel`.

    Example:
        >>> spoken_names("∂L/∂dense.kernel"), spoken_names("dense.kernel′")
        (('grad dense.kernel',), ('new dense.kernel',))
    """
    if name.startswith(f"∂{LOSS}/∂"):
        return tuple(f"grad {one}" for one in spoken_names(name.removeprefix(f"∂{LOSS}/∂")))
    if name.endswith(_NEW):
        return tuple(f"new {one}" for one in spoken_names(name.removesuffix(_NEW)))
    for scalar, symbol in _SCALARS.items():
        if name == symbol:
            return (scalar,)
    if name == LOSS:
        return ("loss",)
    if name.endswith("δ"):
        plain = name.removesuffix("δ")
        return (f"{plain}delta", f"grad {plain}z")
    return (name,)


def normal_name(asked: str) -> str:
    """Return a name as it was typed in the form of `spoken_names`.

    Example:
        >>> normal_name(" dL/d dense.kernel"), normal_name("dense.δ")
        ('grad dense.kernel', 'dense.delta')
    """
    text = re.sub(r"\s+", " ", asked.strip())
    text = re.sub(r"^(?:grad(?:ient)? |[∂d] ?(?:L|E|loss) ?/ ?[∂d] ?)", "grad ", text)
    text = text.replace("δ", "delta")
    if text.endswith(("′", "'")):
        text = f"new {text[:-1]}"
    return "loss" if text == LOSS else text


@dataclass(frozen=True)
class Names:
    """Names of the quantities of one graph.

    Attributes:
        of: name of each node that has one; no two share it.
        rows: samples of the batch; the index of a single sample is left out.
        nodes: node by the name it may be asked for.
        lines: name of each unnamed element that has a line of its own.
    """

    of: Mapping[Node, str]
    rows: int
    nodes: Mapping[str, Node]
    lines: Mapping[Element, str] = field(default_factory=dict)

    def element(self, element: Element) -> str:
        """Return the name of one number, such as `dense.z[2]`."""
        if element in self.lines:
            return self.lines[element]
        index = self.shown_index(element.node, element.index)
        return self.of[element.node] + (f"[{','.join(map(str, index))}]" if index else "")

    def shown_index(self, node: Node, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return an index without the sample where there is only one."""
        return index[1:] if self.rows == 1 and has_samples(node, self.rows) else index


def has_samples(node: Node, rows: int) -> bool:
    """Return whether the first axis of a quantity is the sample."""
    shape = node.tensor_type.shape
    return bool(shape) and shape[0] == rows and origin(node.provenance).role not in _ONE_FOR_ALL_SAMPLES


def names_of(nodes: Iterable[Node], rows: int) -> Names:
    """Return the names of the quantities among `nodes`; a second one of the same name is numbered."""
    known = [node for node in nodes if is_quantity(node)]
    slots = frozenset(one.provenance.name for one in known if one.provenance.role is Role.SLOT)
    names: dict[Node, str] = {}
    times: dict[str, int] = {}
    for node in known:
        name = quantity_name(node.provenance, slots)
        times[name] = times.get(name, 0) + 1
        names[node] = name if times[name] == 1 else f"{name}_{times[name]}"
    spoken = {one: node for node, name in names.items() for one in spoken_names(name)}
    return Names(names, rows, spoken)
