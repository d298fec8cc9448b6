"""Which quantity a student means by `w1'`, `dE/dw1`, `ŷ`; and what it is called when he is answered."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names, in_notation
from tiza.blackboard.notation import DEFAULT, Notation
from tiza.blackboard.targets import parse_target
from tiza.errors import TizaError
from tiza.graph.node import Node
from tiza.graph.provenance import Provenance, Role

_LOSS_WORDS = ("E", "J", "C", "L", "loss", "coste", "costo", "error", "perdida", "pérdida", "cost")
_OUTPUT_WORDS = ("ŷ", "yhat", "y_hat", "y^", "ypred", "y_pred", "output", "salida")
_LOSS = "|".join(_LOSS_WORDS)
_DERIVATIVE = re.compile(
    rf"(?:[∂dD]\s*_?(?:{_LOSS})\s*[/_]\s*[∂dD]\s*_?|grad(?:iente?)?(?:\s+de)?\s+|∇\s*_?)(?P<of>.+)"
)
_NEW = re.compile(
    r"(?:(?:new|nuev[oa])[\s_]+(?P<after>.+)|(?P<before>.+?)(?:\s*['′’´]|[\s_]+(?:new|nuev[oa]|updated|actualizad[oa])|\^?\+|\(t\+1\)|\(1\)|\^1|\^\(1\)|¹))"
)
_ROLES = {
    **dict.fromkeys(("δ", "delta"), Role.GRADIENT),
    **dict.fromkeys(("net", "neta", "in", "sum", "suma", "σ", "z"), Role.PRE_ACTIVATION),
    **dict.fromkeys(("out", "sal"), Role.ACTIVATION),
}
"""What the beginning of a unit's name says; the lower letter of Σ, a sum, is σ."""
_OF_UNIT = re.compile(
    r"(?P<what>δ|[Dd]elta|neta?|in|suma?|Σ|z|out|sal)[\s_]*(?:\(\s*)?(?P<unit>\w*?)(?:\s*\))?"
)
_LONGEST_NAME = 120
_NEAR_NAMES = 3


class UnknownNameError(ValueError):
    """A name that fits no quantity; the arguments are the near ones."""


@dataclass(frozen=True)
class Naming:
    """What a sheet may call the quantities of a step.

    Attributes:
        names: the step's own names.
        aliases: the course's or the student's names -> targets, such as `w1` -> `dense.kernel[0,0]`.
        loss_node: the loss, if there is one.
        exists: nodes that have a value.
        elements: further quantities by name.
        notation: how the course writes.
    """

    names: Names
    aliases: Mapping[str, str]
    loss_node: Node | None
    exists: frozenset[Node]
    elements: Mapping[str, Element] = field(default_factory=dict)
    notation: Notation = DEFAULT

    def find(self, text: str) -> Element | None:
        """Return the quantity that a student calls `text`; None if there is none."""
        name = normal(text)
        if len(name) > _LONGEST_NAME:
            return None
        for one in (name, *_other_spellings(name), *self._in_other_case(name)):
            found = self._found(one)
            if found is not None and found.node in self.exists:
                return found
        return None

    def _in_other_case(self, name: str) -> Iterator[str]:
        """Yield the exercise's name that differs in capitals alone, if there is only one: `H1` for `h1`."""
        same = [one for one in self.by_alias if one.casefold() == name.casefold()]
        if len(same) == 1 and len(name) > 1:
            yield same[0]

    def _found(self, name: str) -> Element | None:
        if name in self.by_alias:
            return self.by_alias[name]
        if re.match("δ|delta", name) and self.aliases and (delta := self._of_unit(name)) is not None:
            return delta  # of a unit that the exercise names, not of a layer
        for names in (self._spoken, self.names):
            if (plain := _parsed(name, names)) is not None:
                return plain
        if (derivative := _DERIVATIVE.fullmatch(name)) is not None:
            return self.derived(Role.GRADIENT, self._found(derivative["of"].strip()))
        if (new := _NEW.fullmatch(name)) is not None:
            updated = self.derived(Role.UPDATE, self._found((new["after"] or new["before"]).strip()))
            if updated is not None:
                return updated
        if name in _LOSS_WORDS and self.loss_node is not None and not self._indexed(name):
            return Element(self.loss_node, ())
        return self._output(name) or self._of_unit(name)

    @cached_property
    def _spoken(self) -> Names:
        """The quantities in the words of the course's notation."""
        return self.names if self.notation == DEFAULT else in_notation(self.names, self.notation)

    def derived(self, role: Role, of: Element | None) -> Element | None:
        """Return the gradient or the new value of a quantity."""
        if of is None:
            return None
        for node in self.names.of:
            known = node.provenance
            plain = known.name in (("", "new") if role is Role.UPDATE else ("",))
            if known.role is role and plain and known.of == of.node.provenance and node.type == of.node.type:
                return Element(node, of.index)
        return None

    def _output(self, name: str) -> Element | None:
        """Return an output by its usual names: `ŷ`, `ŷ2`, `ŷ[1]`."""
        match = re.fullmatch(
            rf"(?:{'|'.join(map(re.escape, _OUTPUT_WORDS))})_?(?P<n>[0-9]*)(?:\[(?P<i>[0-9]+)\])?", name
        )
        if match is None:
            return None
        return self.output_of(str(int(match["i"]) + 1) if match["i"] else match["n"])

    def output_of(self, count: str) -> Element | None:
        """Return an output, counted from 1; the only one if no count is given."""
        if self.output is None or (not count and self.output.tensor_type.size > 1):
            return None
        size, at = self.output.tensor_type.size, int(count or 1) - 1
        if self.names.rows > 1 or not 0 <= at < size:
            return None
        index = np.unravel_index(at, self.output.tensor_type.shape)
        return Element(self.output, tuple(int(one) for one in index))

    def _of_unit(self, name: str) -> Element | None:
        """Return sum, output or delta of a unit: `net_h1`, `out_h1`, `δ1`; `δ` is the only output's."""
        match = _OF_UNIT.fullmatch(name)
        if match is None:
            return None
        unit = self._unit(match["unit"]) if match["unit"] else self.output_of("")
        role = _ROLES[match["what"].lower()]
        if unit is None or role is Role.ACTIVATION:
            return unit and (self._of_layer(unit, role) or unit)  # a unit without activation gives its sum
        z = self._of_layer(unit, Role.PRE_ACTIVATION)
        return z if role is Role.PRE_ACTIVATION else self.derived(Role.GRADIENT, z)

    def _unit(self, name: str) -> Element | None:
        """Return a number of a unit by its name, or by that of a sum that ends like it."""
        roles = (Role.PRE_ACTIVATION, Role.ACTIVATION)
        units = {one: of for one, of in self.by_alias.items() if of.node.provenance.role in roles}
        if name in units:
            return units[name]
        sums = [
            of
            for one, of in units.items()
            if of.node.provenance.role is Role.PRE_ACTIVATION
            and re.fullmatch(rf"[^\W\d]+_?{re.escape(name)}", one)
        ]
        return sums[0] if len(set(sums)) == 1 else None

    def _of_layer(self, unit: Element, role: Role) -> Element | None:
        """Return the number of a unit that has a role."""
        known = unit.node.provenance
        for node in self.names.of:
            other = node.provenance
            if (other.role, other.layer, other.name) == (
                role,
                known.layer,
                "",
            ) and node.type == unit.node.type:
                return Element(node, unit.index)
        return None

    @cached_property
    def output(self) -> Node | None:
        """The network's output: the last activation, or what it is made from where it is linear."""
        roles = (Role.PRE_ACTIVATION, Role.ACTIVATION)
        units = [one for one in self.names.of if one in self.exists and one.provenance.role in roles]
        if not units:
            return None
        last = [one for one in units if one.provenance.layer == units[-1].provenance.layer]
        return max(last, key=lambda one: roles.index(one.provenance.role))

    @cached_property
    def by_alias(self) -> Mapping[str, Element]:
        """The element of each alias that fits this step."""
        found = {normal(name): element for name, element in self.elements.items()}
        for alias, target in self.aliases.items():
            element = _parsed(target, self.names)
            if element is not None and normal(alias) not in found:
                found[normal(alias)] = element
        return found

    @cached_property
    def _alias_of(self) -> Mapping[Element, str]:
        return {element: alias for alias, element in reversed(list(self.by_alias.items()))}

    def is_named(self, element: Element) -> bool:
        """Return whether a quantity is called something; a part of a long formula is not."""
        return element in self._alias_of or element in self._spoken.lines or element.node in self._spoken.of

    def shown(self, element: Element) -> str:
        """Return what a quantity is called in an answer: by its alias, or as explanations call it."""
        if element in self._alias_of:
            return pretty(self._alias_of[element])
        if not self.is_named(element):
            return "…"
        known = element.node.provenance
        of = known.of
        if of is not None and known.role in (Role.GRADIENT, Role.UPDATE):
            inner = self._alias_of_quantity(of, element.index)
            if inner and known.role is Role.GRADIENT:
                return f"∂{self.loss_name}/∂{pretty(inner)}"
            if inner and known.name in ("", "new"):
                return f"{pretty(inner)}′"
        return self._spoken.element(element)

    def _alias_of_quantity(self, of: Provenance, index: tuple[int, ...]) -> str:
        for element, alias in self._alias_of.items():
            if element.node.provenance == of and element.index == index:
                return alias
        return ""

    @property
    def loss_name(self) -> str:
        """What the loss is called."""
        if self.loss_node is None:
            return "L"
        return self._alias_of.get(Element(self.loss_node, ()), "L")

    def near(self, name: str) -> Iterator[str]:
        """Return the names nearest to one that fits nothing."""
        known = [*self.by_alias, *self.names.nodes]
        if indexed := self._indexed(name):
            return iter(indexed[:_NEAR_NAMES])
        near = difflib.get_close_matches(name, known, n=_NEAR_NAMES, cutoff=0.5)
        return iter((near or self._units or known)[:_NEAR_NAMES])

    def _indexed(self, name: str) -> list[str]:
        """Return the exercise's names that are this one with an index: Y(0,1)."""
        return [one for one in self.by_alias if re.match(rf"{re.escape(name)}[(\[]", one)]

    @property
    def _units(self) -> list[str]:
        """The exercise's names of what units add up and give."""
        roles = (Role.PRE_ACTIVATION, Role.ACTIVATION)
        return [
            one for one, of in self.by_alias.items() if of.node.provenance.role in roles and "/" not in one
        ]


_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def _other_spellings(name: str) -> Iterator[str]:
    """Yield a name as it is typed without lowered digits: `h_1`, `h₁` and `h_{1}` are `h1`."""
    plain = re.sub(r"(?<=[^\W\d_])_?\{(\w+)\}", r"\1", name.translate(_LOWERED))
    if plain != name:
        yield plain
    joined = re.sub(r"(?<=[^\W\d_])_(?=\d)", "", plain)
    if joined not in (name, plain):
        yield joined


def _parsed(name: str, names: Names) -> Element | None:
    try:
        return parse_target(name, names)
    except TizaError:
        return None


def normal(text: str) -> str:
    """Return a name with its accents composed and its spaces single."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text.strip()))


def pretty(name: str) -> str:
    """Return a name with the signs of mathematics: dE/dw1 as ∂E/∂w1, yhat as ŷ.

    Example:
        >>> pretty("dE/dw1"), pretty("yhat"), pretty("w1'")
        ('∂E/∂w1', 'ŷ', 'w1′')
    """
    if (match := re.fullmatch(r"d(\w+)/d(.+)", name)) is not None:
        return f"∂{pretty(match[1])}/∂{pretty(match[2])}"
    return "ŷ" if name in ("yhat", "y_hat", "y_pred") else name.replace("'", "′")
