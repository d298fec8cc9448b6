"""From one number of a graph to its formula: access rules say what it reads, primitives what they do with it.

Quantities with names are named; what lies between is written out. Transposes, repeats and slices become
indices, sums become terms; of a choice only the branch taken is written, of a maximum the element that it is.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from tiza.blackboard.expressions import (
    ZERO,
    Element,
    Expression,
    Number,
    Reference,
    Relation,
    Rest,
    Sum,
    Truth,
    add,
    call,
    number,
    references,
    size,
)
from tiza.blackboard.formulas import expression_of, is_choice, is_readable
from tiza.blackboard.names import is_quantity
from tiza.blackboard.steps import Remark
from tiza.blackboard.summands import summands
from tiza.graph.access import (
    AccessRule,
    Apply,
    Body,
    FirstPresent,
    Index,
    Literal,
    Lookup,
    Position,
    Read,
    Value,
    element_read,
)
from tiza.graph.node import INPUT, Node
from tiza.graph.primitive import access_rule
from tiza.graph.provenance import Role
from tiza.graph.tensor_type import BOOLEAN
from tiza.ops.elementwise import EQUAL
from tiza.ops.layout import BROADCAST
from tiza.ops.reduction import ARGMAX

WRITTEN_TERMS = 8
"""A sum of more terms than these is shortened."""
LARGEST_TERMS = 4
"""Terms that a shortened sum shows, the ones on the path besides."""
EVERY_TERM = sys.maxsize
"""Terms that a sum shows which is not to be shortened."""
INLINE_TERMS = 2
"""A sum of more terms, inside another formula, has a line of its own."""
LONG_SIZE = 18
"""A line that writes more numbers is taken apart, as far as it has parts."""
INLINE_DEPTH = 30
"""Unnamed nodes that are written into one another; one further down has a line of its own."""

Point = tuple[int, ...]


@dataclass(frozen=True)
class _Layout:
    """What a line writes out.

    Attributes:
        joins_sums: whether a sum among the terms of a sum is written out there.
        inline_size: an unnamed formula that writes more numbers has a line of its own.
        written: formulas of unnamed elements so far, with what is to be said beside them.
    """

    joins_sums: bool
    inline_size: int
    written: dict[Element, tuple[Expression, tuple[Remark, ...]]] = field(default_factory=dict, compare=False)


@dataclass
class _Line:
    """What is learned while one line's formula is put together."""

    shortened: bool = False
    remarks: list[Remark] = field(default_factory=list)
    uses: Counter[Element] = field(default_factory=Counter)


@dataclass(frozen=True)
class Expanded:
    """The formula of one quantity."""

    expression: Expression
    shortened: bool
    remarks: tuple[Remark, ...]


class Expander:
    """Makes formulas from a graph and its values.

    Args:
        values: value of every node.
        on_path: elements that a shortened sum shows in any case; it may grow between two calls.
        largest_terms: how many terms a shortened sum shows, the ones on the path besides.
        textbook: formulas that are written instead of the graph's; their numbers are the same.
        whole_terms: terms up to which a sum is written whole, those that are 0 as well.
        long_size: a formula that writes more numbers is taken apart, as far as it has parts.
    """

    def __init__(
        self,
        values: Mapping[Node, Any],
        on_path: set[Element],
        largest_terms: int = LARGEST_TERMS,
        textbook: Mapping[Element, Expression] = MappingProxyType({}),
        whole_terms: int = WRITTEN_TERMS,
        long_size: int = LONG_SIZE,
    ) -> None:
        self.values = values
        self.on_path = on_path
        self._largest_terms = largest_terms
        self._whole_terms = whole_terms
        self._long_size = long_size
        self._textbook = textbook
        self._joined: dict[Node, tuple[int | None, Sequence[int]]] = {}
        self._added: dict[Element, dict[Point, float]] = {}
        self._rules: dict[Node, AccessRule | None] = {}
        self._layouts = (_Layout(True, 10), _Layout(False, 10), _Layout(False, 5))
        self._layout = self._layouts[0]
        self._own_line: set[Element] = set()
        self._by_formula: dict[Expression, Element] = {}
        self._depth = 0
        self._line = _Line()

    def formula(self, element: Element) -> Expanded | None:
        """Return how `element` is computed; None where its primitive does not say (a loop), or by chance."""
        if self._rule(element.node) is None or element.node.primitive is INPUT or _is_drawn(element.node):
            return None
        for layout in self._layouts:
            self._line, self._layout = _Line(), layout
            expression = self._inline(element, additive=True)
            if size(expression) <= self._long_size:
                break
            self._part_repeated()
        remarks = tuple(_told_once(self._line.remarks))
        return Expanded(expression, self._line.shortened, remarks)

    def _part_repeated(self) -> None:
        """Give what a line writes out several times a line of its own."""
        repeated = [one for one, uses in self._line.uses.items() if uses > 1]
        for element in repeated:
            expression, _ = self._layout.written[element]
            if size(expression) > 1:
                self._own_line.add(self._by_formula.setdefault(expression, element))
        for layout in self._layouts:
            layout.written.clear()

    def value(self, element: Element) -> float:
        """Return the recorded number."""
        return float(self.values[element.node][element.index])

    def _rule(self, node: Node) -> AccessRule | None:
        if node not in self._rules:
            self._rules[node] = access_rule(node) if node.primitive.access is not None else None
        return self._rules[node]

    @cached_property
    def _constant(self) -> set[Node]:
        """Nodes that depend on no input."""
        constant: set[Node] = set()
        for node in self.values:
            if node.primitive is not INPUT and all(one in constant for one in node.inputs):
                constant.add(node)
        return constant

    def _operand(self, element: Element, additive: bool) -> Expression:
        """Return how another line writes `element`: its name, or its formula if it has none."""
        node = element.node
        if node in self._constant:
            return self._inline(element, additive=False)
        named = is_quantity(node) or node.primitive is INPUT
        if named or element in self._own_line or self._is_opaque(node):
            return self._taken(element) if not named and self._is_opaque(node) else Reference(element)
        if not additive and element in self._layout.written:
            expression, remarks = self._layout.written[element]
            self._line.uses[element] += 1
            self._line.remarks.extend(remarks)
            return expression
        if self._depth > INLINE_DEPTH:
            return self._with_own_line(element)
        return self._unnamed(element, additive)

    def _is_opaque(self, node: Node) -> bool:
        return self._rule(node) is None or not is_readable(node.primitive.formula)

    def _taken(self, element: Element) -> Expression:
        """Return what no formula explains: a number of a loop, or random bits."""
        if isinstance(element.node.type, tuple):
            return ZERO
        return number(self.value(element))

    def _unnamed(self, element: Element, additive: bool) -> Expression:
        if element in self._textbook:
            return self._from_textbook(element)
        joined = additive and self._layout.joins_sums
        terms = 0 if joined else len(self._terms(element))
        if terms > INLINE_TERMS:
            return self._mean_of_named(element, terms) or self._with_own_line(element)
        self._depth += 1
        said = len(self._line.remarks)
        expression = self._inline(element, additive)
        self._depth -= 1
        if not additive:
            if expression in self._by_formula:
                del self._line.remarks[said:]
                return Reference(self._by_formula[expression])
            if size(expression) > self._layout.inline_size:
                del self._line.remarks[said:]
                return self._with_own_line(element)
            self._layout.written[element] = expression, tuple(self._line.remarks[said:])
            self._line.uses[element] += 1
        return expression

    def _from_textbook(self, element: Element) -> Expression:
        expression = self._textbook[element]
        if size(expression) <= self._layout.inline_size:
            return expression
        self._own_line.add(element)
        return Reference(element)

    def _mean_of_named(self, element: Element, terms: int) -> Expression | None:
        """Return a few named numbers, added, if that is what a line divides or multiplies as a whole."""
        if self._depth or terms > self._whole_terms:
            return None
        said = len(self._line.remarks)
        expression = self._inline(element, additive=False)
        del self._line.remarks[said:]
        named = isinstance(expression, Sum) and all(isinstance(one, Reference) for one in expression.terms)
        return expression if named else None

    def _with_own_line(self, element: Element) -> Expression:
        """Return a reference to an unnamed element, or its formula if that is a mere number or name."""
        outer, depth = self._line, self._depth
        self._line, self._depth = _Line(), 0
        expression = self._inline(element, additive=True)
        shortened = self._line.shortened
        self._line, self._depth = outer, depth
        if isinstance(expression, Number | Reference):
            return expression
        known = element if shortened else self._by_formula.setdefault(expression, element)
        self._own_line.add(known)
        return Reference(known)

    def _terms(self, element: Element) -> Mapping[Point, float]:
        """Return the points that a sum adds up and what each adds, but for zeros; none if it is no sum."""
        rule = self._rule(element.node)
        if rule is None or rule.reduction != "sum":
            return {}
        if element not in self._added:
            numbers = self._numbers(element, rule)
            self._added[element] = {point: one for point, one in numbers.items() if one}
        return self._added[element]

    def _numbers(self, element: Element, rule: AccessRule) -> dict[Point, float]:
        """Return what each point of a reduction adds to it, or offers it."""
        node = element.node
        points = list(rule.points(element.index))
        if len(points) > WRITTEN_TERMS:
            together = summands(rule, element.index, [self.values[one] for one in node.inputs])
            if together is not None:
                return dict(zip(points, together.tolist(), strict=True))
        return {point: self._number(node, rule.body, point) for point in points}

    # one element

    def _inline(self, element: Element, additive: bool) -> Expression:
        node = element.node
        rule = self._rule(node)
        assert rule is not None
        if node.provenance.note and not is_quantity(node):
            self._line.remarks.append(Remark("note", text=node.provenance.note))
        if rule.reduction:
            expression = _REDUCTIONS[rule.reduction](self, element, additive)
        else:
            expression = self._body(node, rule.body, element.index, additive)
        if node.tensor_type.dtype == BOOLEAN:
            return self._truth(element, expression)
        return expression

    def _truth(self, element: Element, condition: Expression) -> Expression:
        """Return 0 or 1; a condition on what is not data is shown."""
        holds = bool(self.values[element.node][element.index])
        if isinstance(condition, Truth) and condition.holds is holds:
            return condition
        about = references(condition)
        if all(one.node.primitive is INPUT for one in about):
            return Number(number(int(holds)).value)
        truth = Truth(condition, holds)
        self._line.remarks.append(Remark("holds" if holds else "fails", condition))
        return truth

    def _body(self, node: Node, body: Body, point: Point, additive: bool) -> Expression:
        match body:
            case Value(operand):
                read = self._read(node, operand, point)
                return ZERO if read is None else self._operand(read, additive)
            case FirstPresent(operands):
                present = self._present(node, operands, point)
                return ZERO if present is None else self._operand(present, additive)
            case Position(axis):
                return number(point[axis])
            case Literal():
                return number(float(np.asarray(self.values[node])[point]))
            case Apply(primitive, arguments):
                formula = primitive.formula
                if is_choice(formula):
                    return self._branch(node, arguments, point, additive)
                return expression_of(
                    formula,
                    lambda position, inside: self._body(node, arguments[position], point, inside),
                    additive,
                )

    def _branch(self, node: Node, arguments: tuple[Body, ...], point: Point, additive: bool) -> Expression:
        """Return the branch that is taken, and remark why if that hangs on more than data."""
        condition = arguments[0]
        assert isinstance(condition, Value)
        asked = self._read(node, condition.operand, point)
        holds = asked is not None and bool(self.values[asked.node][asked.index])
        if node.provenance.note == "mask":
            self._line.remarks += [] if holds else [Remark("masked")]
        elif asked is not None:
            self._say_why(asked, holds)
        return self._body(node, arguments[1 if holds else 2], point, additive)

    def _say_why(self, asked: Element, holds: bool) -> None:
        """Remark on what decides a branch, if all of that has a name."""
        if self._asks_for_largest(asked):
            self._line.remarks.append(Remark("chosen" if holds else "not chosen"))
            return
        kept = len(self._line.remarks)
        why = self._operand(asked, False)
        del self._line.remarks[kept:]
        if not all(is_quantity(one.node) or one.node.primitive is INPUT for one in references(why)):
            return
        if isinstance(why, Truth):
            taken = "branch taken" if why.holds else "branch not taken"
            self._line.remarks.append(Remark(taken, why.condition))
        elif isinstance(why, Reference):  # a mask
            drawn = Relation("=", (why, number(int(holds))))
            self._line.remarks.append(Remark("branch taken", drawn))

    def _asks_for_largest(self, asked: Element) -> bool:
        """Return whether a condition is that a number is the first maximum of its group."""
        node = asked.node
        while node.primitive is not EQUAL and len(node.inputs) == 1:
            (node,) = node.inputs
        if node.primitive is not EQUAL:
            return False
        repeated = (one.inputs[0] if one.primitive is BROADCAST else one for one in node.inputs)
        return any(one.primitive is ARGMAX for one in repeated)

    def _present(self, node: Node, operands: Sequence[int], point: Point) -> Element | None:
        """Return what the first operand that has something there has, of many without a search."""
        axis, starts = self._parts(node, operands)
        if axis is not None:
            return self._read(node, operands[bisect_right(starts, point[axis]) - 1], point)
        present = (self._read(node, operand, point) for operand in operands)
        return next((read for read in present if read is not None), None)

    def _parts(self, node: Node, operands: Sequence[int]) -> tuple[int | None, Sequence[int]]:
        """Return the axis along which operands follow one another, and where each begins; no axis if none."""
        if node not in self._joined:
            rule = self._rule(node)
            assert rule is not None
            self._joined[node] = _following([rule.reads[one] for one in operands])
        return self._joined[node]

    def _read(self, node: Node, operand: int, point: Point) -> Element | None:
        rule = self._rule(node)
        assert rule is not None
        return self._element_read(node, rule.reads[operand], operand, point)

    def _element_read(self, node: Node, read: Read, operand: int, point: Point) -> Element | None:
        source = node.inputs[operand]
        looked_up = [self.values[one] for one in node.inputs] if _looks_up(read) else ()
        index = element_read(read, point, source.tensor_type.shape, looked_up)
        return None if index is None else Element(source, index)

    # reductions

    def _number(self, node: Node, body: Body, point: Point) -> float:
        match body:
            case Value(operand):
                read = self._read(node, operand, point)
                return 0.0 if read is None else float(self.values[read.node][read.index])
            case Apply(_, arguments):  # the products of a contraction are the only ones that are summed
                return float(np.prod([self._number(node, one, point) for one in arguments]))
        raise ValueError(f"{node.primitive.name}: a reduction of {body!r} is not known.")

    def _sum(self, element: Element, additive: bool) -> Expression:
        node = element.node
        rule = self._rule(node)
        assert rule is not None
        if math.prod(axis.size for axis in rule.reduced) <= self._whole_terms:
            return add(
                *(self._body(node, rule.body, point, additive) for point in rule.points(element.index))
            )
        points = self._terms(element)
        if not points:
            first, *others = rule.points(element.index)
            self._line.remarks.append(Remark("zeros", number(len(others))))
            return self._body(node, rule.body, first, False)
        shown = self._shown(node, points) if len(points) > WRITTEN_TERMS else list(points)
        terms = [self._body(node, rule.body, point, additive) for point in shown]
        if len(shown) < len(points):
            self._line.shortened = True
            terms.append(Rest(len(points) - len(shown)))
        elif zeros := self._zeros(node, rule, set(rule.points(element.index)).difference(points)):
            self._line.remarks.append(Remark("zero") if zeros == 1 else Remark("zeros", number(zeros)))
        return add(*terms)

    def _zeros(self, node: Node, rule: AccessRule, left_out: set[Point]) -> int:
        """Return how many terms happen to be 0, those apart that are 0 by the choice of a branch."""
        if not isinstance(rule.body, Value):
            return len(left_out)
        kept = len(self._line.remarks)
        count = sum(self._body(node, rule.body, point, False) != ZERO for point in left_out)
        del self._line.remarks[kept:]
        return count

    def _shown(self, node: Node, points: Mapping[Point, float]) -> list[Point]:
        """Return the largest terms and those on the path, in their order."""
        by_size = sorted(points, key=lambda point: -abs(points[point]))
        chosen = set(by_size[: self._largest_terms])
        path = {one.node for one in self.on_path}
        operands = [at for at, one in enumerate(node.inputs) if _begins_in(one, path)]
        chosen.update(point for point in points if self._is_on_path(node, operands, point))
        return [point for point in points if point in chosen]

    def _is_on_path(self, node: Node, operands: Sequence[int], point: Point) -> bool:
        reads = (self._read(node, operand, point) for operand in operands)
        return any(self._leads_to_path(read) for read in reads if read is not None)

    def _leads_to_path(self, element: Element) -> bool:
        """Return whether a term begins with what is on the path; what else it reads may stand in all."""
        first: Element | None = element
        while first is not None and not (is_quantity(first.node) or first.node.primitive is INPUT):
            first = self._first_read(first)
        return first in self.on_path

    def _first_read(self, element: Element) -> Element | None:
        """Return what the formula of an unnamed element names first."""
        rule = self._rule(element.node)
        if rule is None:
            return None
        point = next(iter(rule.points(element.index))) if rule.reduction else element.index
        return self._first_operand(element.node, rule.body, point)

    def _first_operand(self, node: Node, body: Body, point: Point) -> Element | None:
        match body:
            case Value(operand):
                read = self._read(node, operand, point)
                return None if read is None or read.node in self._constant else read
            case FirstPresent(operands):
                return self._present(node, operands, point)
            case Apply(primitive, arguments):
                used = arguments[1:] if is_choice(primitive.formula) else arguments
                found = (self._first_operand(node, one, point) for one in used)
                return next((read for read in found if read is not None), None)
        return None

    def _largest(self, element: Element, additive: bool) -> Expression:
        node = element.node
        rule = self._rule(node)
        assert rule is not None
        sizes = self._numbers(element, rule)
        present = [point for point, size in sizes.items() if size > -math.inf] or list(sizes)
        point = max(present, key=sizes.__getitem__)
        expression = self._body(node, rule.body, point, additive)
        if len(present) == 1:
            return expression
        tied = sum(sizes[one] == sizes[point] for one in present) > 1
        self._line.remarks.append(Remark("first of the largest" if tied else "largest", expression))
        if not additive or len(present) > self._whole_terms:
            return expression
        return call("max", *(self._body(node, rule.body, one, False) for one in present))

    def _whole(self, element: Element, _additive: bool) -> Expression:
        return number(self.value(element))


def _begins_in(node: Node, path: Collection[Node]) -> bool:
    """Return whether the formula of a node may begin with one of the path: itself, or what it is made of.

    It is looked for when asked: kept for each node, what that begins with would grow with time squared.
    """
    waiting, seen = [node], {node}
    while waiting:
        one = waiting.pop()
        if one in path:
            return True
        if not is_quantity(one):
            waiting.extend(inner for inner in one.inputs if inner not in seen)
            seen.update(one.inputs)
    return False


def _following(reads: Sequence[Read]) -> tuple[int | None, Sequence[int]]:
    """Return the axis along which operands follow one another, and where each begins; no axis if none."""
    for indices in zip(*(one.indices for one in reads), strict=True):
        starts = [-one.constant if isinstance(one, Index) else 0 for one in indices]
        if len(set(starts)) > 1:
            first = indices[0]
            axis = first.axis if isinstance(first, Index) else None
            return (axis, starts) if starts == sorted(starts) else (None, ())
    return None, ()


def _looks_up(read: Read) -> bool:
    """Return whether a read goes by the values of operands."""
    return bool(read.equal) or Lookup in map(type, read.indices)


def _told_once(remarks: Sequence[Remark]) -> list[Remark]:
    """Return remarks without what another of them makes idle: what is chosen once is chosen."""
    told = dict.fromkeys(remarks)
    if Remark("chosen") in told:
        told.pop(Remark("not chosen"), None)
    return list(told)


def _is_drawn(node: Node) -> bool:
    """Return whether a quantity comes about by chance: a mask, noise."""
    return is_quantity(node) and node.provenance.role is Role.RANDOM


_REDUCTIONS: dict[str, Callable[[Expander, Element, bool], Expression]] = {
    "sum": Expander._sum,
    "max": Expander._largest,
    "argmax": Expander._whole,
}
