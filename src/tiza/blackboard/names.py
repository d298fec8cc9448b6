"""What quantities are called on a page and by who asks for them, from provenance alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tiza.blackboard.expressions import Element
from tiza.blackboard.notation import DEFAULT, Notation, kept_of
from tiza.blackboard.symbols import Symbol, symbol_of
from tiza.graph.node import Node
from tiza.graph.provenance import Provenance, Role

_NEW = "′"
_COUNTED = re.compile(r"_?\d+$")
_SCALARS = ("learning_rate", "initial_learning_rate", "iterations")
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


def spoken_names(name: str, notation: Notation = DEFAULT) -> tuple[str, ...]:
    """Return how a quantity may be asked for, without Greek letters: `dense.delta`, `grad dense.kernel`.

    Example:
        >>> spoken_names("∂L/∂dense.kernel"), spoken_names("dense.kernel′")
        (('grad dense.kernel',), ('new dense.kernel',))
        >>> spoken_names("lstm.δ[t=2]")
        ('lstm.delta[t=2]', 'grad lstm.z[t=2]')
    """
    if match := re.fullmatch(r"(.*)(\[t=\d+\])", name):
        return tuple(f"{one}{match[2]}" for one in spoken_names(match[1], notation))
    if name.startswith(f"∂{notation.loss}/∂"):
        return tuple(
            f"grad {one}" for one in spoken_names(name.removeprefix(f"∂{notation.loss}/∂"), notation)
        )
    if name.endswith(_NEW):
        return tuple(f"new {one}" for one in spoken_names(name.removesuffix(_NEW), notation))
    if name == notation.loss:
        return ("loss",)
    for scalar in _SCALARS:
        if name == notation.letter(scalar):
            return (scalar,)
    if match := re.fullmatch(r"(.*)δ(\w*)", name):
        plain, layer = match.groups()
        before = f"{plain}{notation.letter('z')}{layer}"
        return (f"{plain}delta{layer}", f"grad {before}")
    return (name,)


def normal_name(asked: str, notation: Notation = DEFAULT) -> str:
    """Return a name as it was typed in the form of `spoken_names`.

    Example:
        >>> normal_name(" dL/d dense.kernel"), normal_name("dense.δ")
        ('grad dense.kernel', 'dense.delta')
    """
    text = re.sub(r"\s+", " ", asked.strip())
    letters = "|".join({"L", "E", "C", "loss", re.escape(notation.loss)})
    text = re.sub(rf"^(?:grad(?:ient)? |[∂d] ?(?:{letters}) ?/ ?[∂d] ?)", "grad ", text)
    text = text.replace("δ", "delta")
    if text.endswith(("′", "'")):
        text = f"new {text[:-1]}"
    elif text.endswith(("_new", " new")):
        text = f"new {text[:-4]}"
    for scalar in _SCALARS:
        if text == notation.letter(scalar):
            return scalar
    return "loss" if text == notation.loss else text


@dataclass(frozen=True)
class Names:
    """Names of the quantities of one graph.

    Attributes:
        of: how each node that has a name is written, without an index; no two are the same.
        rows: samples of the batch; the index of a single sample is left out.
        nodes: node by the name it may be asked for, in the network's own words.
        notation: how names are written.
        spoken: node by the name it may be asked for in the notation's words.
        single: name of each element that has one of its own, such as w1.
        lines: name of each unnamed element that has a line of its own.
    """

    of: Mapping[Node, Symbol]
    rows: int
    nodes: Mapping[str, Node]
    notation: Notation = DEFAULT
    spoken: Mapping[str, Node] = field(default_factory=dict)
    single: Mapping[Element, str] = field(default_factory=dict)
    lines: Mapping[Element, str] = field(default_factory=dict)

    def element(self, element: Element) -> str:
        """Return the name of one number, such as `dense.z[2]`."""
        return str(self.symbol(element))

    def symbol(self, element: Element) -> Symbol:
        """Return how one number is written."""
        if element in self.lines:
            return Symbol(self.lines[element])
        named = self._single(element)
        if named is not None:
            return named
        index = self.shown_index(element.node, element.index)
        return replace(self.of[element.node], index=self.notation.index(index, is_of_weight(element.node)))

    def _single(self, element: Element) -> Symbol | None:
        """Return a name such as w1, or one made of it: ∂L/∂w1, w1′."""
        if not self.single:
            return None
        if element in self.single:
            return symbol_of(self.single[element])
        known = element.node.provenance
        about = self.about(element)
        inner = None if about is None else self._single(about)
        if inner is None or inner.over or inner.mark:
            return None
        if known.role is Role.GRADIENT:
            return replace(inner, over=known.name or self.notation.loss)
        if known.role is Role.UPDATE and known.name in ("", "new"):
            return replace(inner, mark=_NEW)
        mark = _NEW if self.of[element.node].mark else ""
        return kept_of(inner, self.notation.letter(known.name), mark)

    def at_any_step(self, nodes: Sequence[Node]) -> Symbol:
        """Return how a quantity of a recurrence is written, whatever the step.

        Where its numbers have names such as h1 and h2, it is h.

        Args:
            nodes: the quantity at each step.
        """
        own = [
            self._single(Element(one, (0,) * len(one.tensor_type.shape)))
            for one in nodes
            if math.prod(one.tensor_type.shape) == 1
        ]
        letters = {None if one is None else replace(one, base=_COUNTED.sub("", one.base)) for one in own}
        if len(own) == len(nodes) and len(letters) == 1 and (letter := letters.pop()) and letter.base:
            return letter
        return replace(self.of[nodes[0]], time="")

    def about(self, element: Element) -> Element | None:
        """Return the number that a derivative, a slot or an update is about, if it is one of these."""
        of = element.node.provenance.of
        if of is None:
            return None
        node = self._by_provenance.get((of, element.node.type))
        return None if node is None else Element(node, element.index)

    @cached_property
    def _by_provenance(self) -> dict[tuple[Provenance, object], Node]:
        return {(one.provenance, one.type): one for one in reversed(list(self.of))}

    def derived(self, element: Element, role: Role) -> Element | None:
        """Return the gradient or the new value of a number, if the graph has it."""
        node = self._derived.get((element.node.provenance, role))
        return None if node is None else Element(node, element.index)

    @cached_property
    def _derived(self) -> dict[tuple[Provenance, Role], Node]:
        """Return the gradients and the new values, by what they are about."""
        plain = {Role.GRADIENT: ("",), Role.UPDATE: ("", "new")}
        return {
            (one.provenance.of, one.provenance.role): one
            for one in reversed(list(self.of))
            if one.provenance.of is not None and one.provenance.name in plain.get(one.provenance.role, ())
        }

    def shown_index(self, node: Node, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return an index without the sample where there is only one."""
        return index[1:] if self.rows == 1 and has_samples(node, self.rows) else index


def has_samples(node: Node, rows: int) -> bool:
    """Return whether the first axis of a quantity is the sample."""
    shape = node.tensor_type.shape
    return bool(shape) and shape[0] == rows and origin(node.provenance).role not in _ONE_FOR_ALL_SAMPLES


def is_of_weight(node: Node) -> bool:
    """Return whether a quantity is a weight, or a derivative, a slot or an update of one."""
    return origin(node.provenance).role is Role.PARAMETER


def names_of(nodes: Iterable[Node], rows: int, notation: Notation = DEFAULT) -> Names:
    """Return the names of the quantities among `nodes`; a second one of the same name is numbered."""
    known = [node for node in nodes if is_quantity(node)]
    own = _written(known, DEFAULT)
    nodes_of = {one: node for node, symbol in own.items() for one in spoken_names(str(symbol))}
    for name, node in list(nodes_of.items()):
        if name.endswith(".z"):
            # what a linear layer gives is its z
            nodes_of.setdefault(f"{name.removesuffix('.z')}.a", node)
    names = Names(own, rows, nodes_of)
    return names if notation == DEFAULT else in_notation(names, notation)


def in_notation(names: Names, notation: Notation) -> Names:
    """Return the same quantities under the names of a notation, but for its names of single numbers."""
    written = _written(list(names.of), notation)
    spoken = {one: node for node, name in written.items() for one in spoken_names(str(name), notation)}
    return replace(names, of=written, notation=notation, spoken=spoken)


def _written(known: list[Node], notation: Notation) -> dict[Node, Symbol]:
    slots = frozenset(one.provenance.name for one in known if one.provenance.role is Role.SLOT)
    layers = _numbers_of_layers(known)
    output = _output(known, layers)
    names: dict[Node, Symbol] = {}
    times: dict[Symbol, int] = {}
    for node in known:
        name = notation.symbol(node.provenance, slots, layers, output)
        times[name] = times.get(name, 0) + 1
        names[node] = name if times[name] == 1 else _numbered(name, times[name])
    return names


def _numbered(name: Symbol, time: int) -> Symbol:
    """Return the name of what is there once more, as a layer that is applied twice has it: δ_2, δ1_2."""
    if name.layer:
        return replace(name, layer=f"{name.layer}_{time}")
    return replace(name, base=f"{name.base}_{time}")


def _numbers_of_layers(known: list[Node]) -> dict[str, int]:
    """Return the number of every layer that has weights, in the order in which they are applied."""
    weighted = {one.provenance.layer for one in known if one.provenance.role is Role.PARAMETER}
    applied = [one.provenance.layer for one in known if one.provenance.role is Role.PRE_ACTIVATION]
    return {layer: at for at, layer in enumerate(dict.fromkeys(one for one in applied if one in weighted), 1)}


def _output(known: list[Node], layers: Mapping[str, int]) -> str:
    """Return the label of what the last layer with weights gives."""
    if not layers:
        return ""
    last = list(layers)[-1]
    roles = (Role.ACTIVATION, Role.PRE_ACTIVATION)
    labels = {
        one.provenance.role: one.provenance.label
        for one in known
        if one.provenance.layer == last and not one.provenance.name
    }
    return next((labels[role] for role in roles if role in labels), "")
