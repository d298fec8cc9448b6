"""Which lines an answer needs, and in what order they stand: from the answer back to what is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expansion import Expander
from tiza.blackboard.expressions import Element, Expression, Sum, references
from tiza.blackboard.names import is_quantity, origin
from tiza.blackboard.steps import Definition, Remark, Section
from tiza.graph.node import INPUT, Node
from tiza.graph.provenance import Provenance, Role

MOST_LINES = 50
"""Lines of a page; what would come after is taken as given."""
MOST_LINES_THROUGH_TIME = 100
"""Lines of a page of a recurrence, if they leave nothing out: a few steps by hand have so many."""
LINES_OF_A_UNIT = 2
"""Lines that a unit takes, about: its sum and what the activation makes of it."""
LINES_FOR_UNITS_BESIDE = 20
"""Units that a shortened sum shows have lines of their own only while a page has at most so many."""
LENGTH_WITH_ALL_WAYS = 50
"""Where all shown ways back from the loss would be longer, only the one that adds most is followed."""
LENGTH_OF_A_SHORTENED_SUM = 4
"""Lines of text that a long sum takes, about: names, numbers, terms and total."""

_SECTIONS = {
    Role.LOSS: Section.LOSS,
    Role.PENALTY: Section.LOSS,
    Role.TARGET: Section.LOSS,
    Role.SAMPLE_WEIGHT: Section.LOSS,
    Role.GRADIENT: Section.BACKWARD,
    Role.UPDATE: Section.UPDATE,
    Role.SLOT: Section.UPDATE,
    Role.SCALAR: Section.UPDATE,
}


@dataclass(frozen=True)
class Derivation:
    """The lines of a page in order, and the elements on the way from a weight to the loss."""

    definitions: tuple[Definition, ...]
    on_path: tuple[Element, ...]


def derive(
    roots: Sequence[Element],
    values: Mapping[Node, Any],
    most: int = MOST_LINES,
    textbook: Mapping[Element, Expression] = MappingProxyType({}),
) -> Derivation:
    """Return the lines that `roots` need.

    Args:
        roots: what is to be worked out.
        values: value of every node.
        most: lines at most; what would come after is taken as given.
        textbook: formulas that are written instead of the graph's; their numbers are the same.
    """
    found = _Search(values, most, textbook).derive(roots)
    length = sum(LENGTH_OF_A_SHORTENED_SUM if one.shortened else 1 for one in found.definitions)
    if length <= LENGTH_WITH_ALL_WAYS or most > MOST_LINES:
        return found
    return _Search(values, most, textbook, follows_largest=True).derive(roots)


class _Search:
    """A search from the answer, what leads to the loss first."""

    def __init__(
        self,
        values: Mapping[Node, Any],
        most: int,
        textbook: Mapping[Element, Expression],
        follows_largest: bool = False,
    ) -> None:
        self._most = most
        self._follows_largest = follows_largest
        self._textbook = textbook
        self._on_path: set[Element] = set()
        self._order: list[Element] = []
        self._expander = Expander(values, self._on_path, textbook=textbook)
        self._found: dict[Element, Definition] = {}
        self._by_provenance = {node.provenance: node for node in values if is_quantity(node)}

    def derive(self, roots: Sequence[Element]) -> Derivation:
        backward = [one for one in roots if _is_backward(one)]
        waiting = self._settle([*backward, *(one for one in roots if one not in backward)])
        while waiting:  # units that shortened sums show: all of one generation, or none
            if len(self._found) + LINES_OF_A_UNIT * len(waiting) > LINES_FOR_UNITS_BESIDE:
                break
            waiting = self._settle(waiting)
        ordered = self._in_order(roots)
        return Derivation(tuple(ordered), tuple(self._order))

    def _settle(self, wanted: Sequence[Element]) -> list[Element]:
        """Find the lines for `wanted` and all they require; return what is only shown beside."""
        beside: dict[Element, None] = {}
        later: list[Element] = []
        queue = list(wanted)
        while queue or later:
            element = queue.pop(0) if queue else later.pop(0)
            if element in self._found or element.node.primitive is INPUT or len(self._found) >= self._most:
                continue
            definition = self._define(element)
            if definition is None:
                continue
            followed = self._followed(definition)
            if followed is not None:
                definition = replace(definition, remarks=(*definition.remarks, Remark("followed", followed)))
            self._found[element] = definition
            ways = references(followed or definition.expression)
            for one in references(definition.expression):
                if not self._is_required(one, definition, ways):
                    beside[one] = None
                elif _is_backward(one):
                    queue.append(one)
                else:  # after the way back is known, so that shortened sums show what lies on it
                    later.append(one)
        return [one for one in beside if one not in self._found and one.node.primitive is not INPUT]

    def _followed(self, definition: Definition) -> Expression | None:
        """Return the term of a shortened sum of ways back that is followed; None if all that it shows are."""
        if not self._follows_largest or not definition.shortened or not _is_backward(definition.element):
            return None
        terms = definition.expression.terms if isinstance(definition.expression, Sum) else ()
        ways = [one for one in terms if any(map(_is_backward, references(one)))]
        value_of = self._expander.value
        return max(ways, key=lambda one: abs(value_of_expression(one, value_of)), default=None)

    def _is_required(self, element: Element, definition: Definition, ways: Sequence[Element]) -> bool:
        return (
            not definition.shortened
            or (_is_backward(element) and element in ways)
            or element in self._on_path
            or not is_quantity(element.node)
        )

    def _define(self, element: Element) -> Definition | None:
        self._note_path(element)
        if element in self._textbook:
            expression = self._textbook[element]
            section = self._section(element, references(expression))
            said = (Remark("cancels"),) if _is_backward(element) else ()
            return Definition(element, section, expression, remarks=said)
        expanded = self._expander.formula(element)
        if expanded is None:
            return None
        section = self._section(element, references(expanded.expression))
        return Definition(element, section, expanded.expression, expanded.shortened, expanded.remarks)

    def _note_path(self, element: Element) -> None:
        """Note the quantity that a derivative is taken with respect to: it lies on the path."""
        known = element.node.provenance
        if known.role is not Role.GRADIENT or known.of is None:
            return
        about = self._by_provenance.get(known.of)
        if about is not None and about.type == element.node.type:
            passed = Element(about, element.index)
            if passed not in self._on_path:
                self._on_path.add(passed)
                self._order.append(passed)

    def _section(self, element: Element, used: Sequence[Element]) -> Section:
        if is_quantity(element.node):
            return section_of(element.node.provenance)
        return max((self._section_used(one) for one in used), default=Section.FORWARD)

    def _section_used(self, element: Element) -> Section:
        if element in self._found:
            return self._found[element].section
        if is_quantity(element.node):
            return section_of(element.node.provenance)
        expanded = self._expander.formula(element)
        return self._section(element, references(expanded.expression)) if expanded else Section.FORWARD

    def _in_order(self, roots: Sequence[Element]) -> list[Definition]:
        """Return the lines by section, each after those it uses."""
        ordered: dict[Element, Definition] = {}
        stack = [(one, False) for one in reversed(roots)]
        while stack:
            element, ready = stack.pop()
            if element in ordered or element not in self._found:
                continue
            definition = self._found[element]
            if ready:
                ordered[element] = definition
            else:
                stack.append((element, True))
                stack.extend((one, False) for one in reversed(references(definition.expression)))
        return sorted(_beside_their_use(list(ordered.values())), key=lambda one: one.section)


def _beside_their_use(ordered: Sequence[Definition]) -> list[Definition]:
    """Return lines, each after those it uses, unnamed ones in the first part of the page that uses them."""
    first_use: dict[Element, Section] = {}
    placed: list[Definition] = []
    for definition in reversed(ordered):
        element = definition.element
        if not is_quantity(element.node) and element in first_use:
            definition = replace(definition, section=first_use[element])
        placed.append(definition)
        for one in references(definition.expression):
            first_use[one] = min(definition.section, first_use.get(one, definition.section))
    return placed[::-1]


def section_of(known: Provenance) -> Section:
    """Return the part of a page where a quantity is worked out."""
    if known.role is Role.STATE and not known.layer:
        return Section.UPDATE
    return _SECTIONS.get(known.role, Section.FORWARD)


def _is_backward(element: Element) -> bool:
    return section_of(element.node.provenance) >= Section.BACKWARD


def about_weight(known: Provenance) -> bool:
    """Return whether a quantity is a weight, or a derivative or an update of one."""
    return origin(known).role is Role.PARAMETER
