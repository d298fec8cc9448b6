"""The formula of every quantity of a step, as it is with the numbers that a student wrote.

A formula takes the branch that his numbers take: which units of a ReLU are on, which output is the largest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expansion import EVERY_TERM, Expander
from tiza.blackboard.expressions import Element, Expression, references
from tiza.blackboard.names import is_quantity
from tiza.blackboard.textbook import textbook_formulas
from tiza.engines.reference.program import Program, compile_graph
from tiza.graph.graph import Graph
from tiza.graph.node import INPUT, Node, topological_order
from tiza.graph.primitive import access_rule
from tiza.graph.provenance import Role
from tiza.graph.tensor_type import TensorType
from tiza.sheets.conventions import Conventions, conventions
from tiza.sheets.own_formulas import OwnStep, OwnSteps
from tiza.sheets.subject import Subject

Given = Mapping[Element, float]
Definitions = Mapping[Element, Expression]


LONGEST_SUM = 60
"""Terms; a quantity that adds up more is taken as it is, as long as nothing that it uses is written."""

LONGEST_WITH_ZEROS = 27
"""Terms of a sum in which those that are 0 may be mistaken, too: a window of 3×3 with three channels."""
LONGEST_UNDIVIDED = 60
"""Numbers and names; a formula of more has steps without a name, such as the sum without its bias."""


@lru_cache(maxsize=4)
def _program_of(graph: Graph) -> Program:
    """Return the program that keeps every value; numbers are tried on one graph thousands of times."""
    return compile_graph(graph, keep=True)


class Formulas:
    """The formulas of one step.

    Args:
        subject: the graph, with its numbers.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.names = subject.names
        self._program = _program_of(subject.graph)
        self._inputs = [_as_written(one, subject.stored) for one in subject.numbers]
        self._forms: dict[bytes, Form] = {}
        self.own: dict[Element, OwnStep] = {}
        self.products: dict[Element, Expression] = {}
        self.values = self._record({})
        self.textbook = (
            {} if subject.loss is None else textbook_formulas(subject.loss, self.names.of, self.values)
        )

    @cached_property
    def textbook_outputs(self) -> frozenset[Element]:
        """The outputs whose derivative cancels against that of the loss."""
        return frozenset(
            one
            for element, formula in self.textbook.items()
            if element.node.provenance.role is Role.GRADIENT
            for one in references(formula)
            if one.node.provenance.role is Role.ACTIVATION
        )

    @cached_property
    def new_weights(self) -> Mapping[Node, Node]:
        """The new value of each weight."""
        weights = {one.provenance: one for one in self.names.of if one.provenance.role is Role.PARAMETER}
        return {
            weights[one.provenance.of]: one
            for one in self.names.of
            if one.provenance.role is Role.UPDATE and one.provenance.name in ("", "new")
            if one.provenance.of in weights
        }

    @cached_property
    def seed(self) -> Node | None:
        """The derivative of the loss by itself."""
        loss = self.subject.loss
        known = (one for one in self.names.of if one.provenance.role is Role.GRADIENT)
        return next((one for one in known if loss and one.provenance.of == loss.provenance), None)

    @cached_property
    def conventions(self) -> Conventions:
        """The factors that the loss has."""
        loss = self.subject.loss
        note = "" if loss is None else loss.provenance.note
        return conventions(note, self.names.rows, self.subject.units)

    @property
    def ways(self) -> tuple[Definitions, ...]:
        """The formulas that count instead of the graph's: of textbooks, none, of a student's own chains."""
        plain = (self.textbook, {}) if self.textbook else ({},)
        return (*plain, {**self.textbook, **self.products}) if self.products else plain

    def exact(self, element: Element) -> float:
        """Return the number that follows from the data alone."""
        if element in self.own:
            return value_of_expression(self.own[element].formula, self.exact)
        return float(self.values[element.node][element.index])

    def exists(self, element: Element) -> bool:
        """Return whether the step computes `element`, or takes it."""
        return element.node in self.values

    def define(self, element: Element, formula: Expression) -> None:
        """Add a step that a student wrote down himself: no quantity of the graph, but made of them."""
        self.own[element] = OwnStep(element, formula)

    def with_numbers(self, given: Given, instead: Definitions = MappingProxyType({})) -> World:
        """Return the formulas as they are where some quantities have the numbers that are given."""
        values = self._record(given)
        signature = _signature(values)
        if signature not in self._forms:
            expander = Expander(
                values, set(), EVERY_TERM, whole_terms=LONGEST_WITH_ZEROS, long_size=LONGEST_UNDIVIDED
            )
            self._forms[signature] = Form(expander)
        return World(self, self._forms[signature], given, instead)

    @cached_property
    def _long(self) -> frozenset[Node]:
        """The quantities whose formula adds up more than anybody writes down."""
        longest: dict[Node, int] = {}
        for node in self._nodes:
            inner = [longest[one] for one in node.inputs if not is_quantity(one)]
            longest[node] = max([summands(node), *inner], default=0)
        return frozenset(one for one, count in longest.items() if is_quantity(one) and count > LONGEST_SUM)

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return topological_order(tuple(self.values))

    def long_and_given(self, given: Given) -> frozenset[Node]:
        """Return the quantities of long formulas that follow from the data alone, whatever else is given."""
        if not self._long:
            return frozenset()
        nodes = {one.node for one in given}
        after: set[Node] = set()
        for node in self._nodes:
            if any(one in nodes or one in after for one in node.inputs):
                after.add(node)
        return self._long - after

    def _record(self, given: Given) -> dict[Node, Any]:
        """Return the value of every node, each computed from what is given where something is."""
        changes: dict[int, list[Element]] = {}
        for element in given.keys() - self.own.keys():
            changes.setdefault(self._program.slots[element.node], []).append(element)
        values = list(self._program.constants)
        for slot, value in zip(self._program.inputs, self._inputs, strict=True):
            values[slot] = _changed(value, changes.get(slot, ()), given)
        with np.errstate(all="ignore"):
            for one in self._program.instructions:
                value = one.function(*(values[slot] for slot in one.operands))
                values[one.target] = _changed(value, changes.get(one.target, ()), given)
        return {node: values[slot] for node, slot in self._program.slots.items()}


def _as_written(value: Any, stored: Any) -> Any:
    """Return data or weights as they are written down: float32's 0.1 is 0.1."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or np.dtype(stored) == array.dtype:
        return array
    narrow = array.astype(stored)
    if not np.array_equal(narrow.astype(array.dtype), array):
        return array
    return np.array([float(str(one)) for one in narrow.ravel()], dtype=array.dtype).reshape(array.shape)


def _changed(value: Any, elements: list[Element] | tuple[()], given: Given) -> Any:
    if not elements:
        return value
    changed = np.array(value)
    for one in elements:
        changed[one.index] = given[one]
    return changed


def summands(node: Node) -> int:
    """Return how many terms the elements of a node add up."""
    rule = access_rule(node) if node.primitive.access is not None and node.primitive is not INPUT else None
    if rule is None or rule.reduction != "sum" or not node.tensor_type.size:
        return 0
    return sum(1 for _ in rule.points((0,) * len(node.tensor_type.shape)))


def _signature(values: Mapping[Node, Any]) -> bytes:
    """Return what the form of the formulas hangs on: what is 0, what holds, what is largest."""
    parts = []
    for node, value in values.items():
        if not isinstance(node.type, TensorType):
            continue
        array = np.asarray(value)
        parts.append(np.packbits(array == 0).tobytes())
        if node.primitive.name in ("max", "reduce_max", "argmax"):
            parts.append(np.asarray(node.inputs and np.argmax(values[node.inputs[0]])).tobytes())
    return b"".join(parts)


class Form:
    """The formulas of one branch: those that are the same whatever else the numbers are.

    Args:
        expander: makes the formulas.
    """

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._definitions: dict[Element, Expression | None] = {}
        self._references: dict[Element, list[Element]] = {}

    def definition(self, element: Element) -> Expression | None:
        """Return how `element` is computed; None for what is taken as it is."""
        if element.node.primitive is INPUT:
            return None
        if element not in self._definitions:
            expanded = self._expander.formula(element)
            self._definitions[element] = None if expanded is None else expanded.expression
        return self._definitions[element]

    def references(self, element: Element) -> list[Element]:
        """Return what the formula of `element` names; nothing where there is none."""
        if element.node.primitive is INPUT:
            return []
        if element not in self._references:
            definition = self.definition(element)
            self._references[element] = [] if definition is None else references(definition)
        return self._references[element]


class World:
    """The formulas with one student's numbers: whatever he did not write is computed from what he wrote.

    Args:
        formulas: the step.
        form: the formulas.
        given: the numbers that he wrote.
        instead: formulas that count instead of the graph's.
    """

    def __init__(self, formulas: Formulas, form: Form, given: Given, instead: Definitions) -> None:
        self.formulas = formulas
        self.given = given
        self._form = form
        self._instead = instead
        self._long_and_given = formulas.long_and_given(given)
        self._own_steps = OwnSteps(step for one, step in formulas.own.items() if one in given)
        self._with_own_steps: dict[Element, Expression | None] = {}
        self._values: dict[Element, float] = {}

    def taking(self, given: Given) -> World:
        """Return the same formulas, in which other quantities are taken from the student."""
        return World(self.formulas, self._form, given, self._instead)

    def value(self, element: Element) -> float:
        """Return the number of a quantity, which is computed even if it is given."""
        definition = self.definition(element)
        if definition is None:
            return self.formulas.exact(element)
        return value_of_expression(definition, self.number)

    def number(self, element: Element) -> float:
        """Return the number of a quantity: that which is given, if one is."""
        if element not in self._values:
            if element in self.given:
                self._values[element] = self.given[element]
            else:
                known = self.is_long_and_given(element)
                self._values[element] = self.formulas.exact(element) if known else self.value(element)
        return self._values[element]

    def is_long_and_given(self, element: Element) -> bool:
        """Return whether a quantity follows from the data alone by a formula that nobody writes down."""
        return element.node in self._long_and_given and element not in self._instead

    def references(self, element: Element) -> list[Element]:
        """Return what the formula of `element` names; nothing where there is none."""
        if self._own_steps or element in self._instead or element in self.formulas.own:
            definition = self.definition(element)
            return [] if definition is None else references(definition)
        return self._form.references(element)

    def definition(self, element: Element) -> Expression | None:
        """Return how `element` is computed; None for what is taken as it is."""
        if not self._own_steps:
            return self._plain_definition(element)
        if element not in self._with_own_steps:
            definition = self._plain_definition(element)
            self._with_own_steps[element] = definition and self._own_steps.named_in(definition, element)
        return self._with_own_steps[element]

    def _plain_definition(self, element: Element) -> Expression | None:
        if element in self.formulas.own:
            return self.formulas.own[element].formula
        instead = self._instead.get(element)
        return self._form.definition(element) if instead is None else instead

    def calculation(self, root: Element) -> Calculation:
        """Return how `root` follows from what is given and from what the student wrote before."""
        return Calculation(self, root)


class Calculation:
    """One quantity, computed from the numbers that a student wrote and from what is given.

    Attributes:
        root: the quantity.
        steps: the definitions that it needs and that the student did not write, each after those it uses.
        written: the quantities that it takes from his sheet.
        leaves: the data and weights that it takes.
        long: the quantities that it takes as they follow from the data, because their formulas are too long.
    """

    def __init__(self, world: World, root: Element) -> None:
        self.root = root
        self.world = world
        self.steps: dict[Element, Expression] = {}
        self.written: list[Element] = []
        self.leaves: list[Element] = []
        self.long: list[Element] = []
        self._order(root)

    @cached_property
    def expected(self) -> float:
        """The number that follows."""
        return self._base[self.root]

    @cached_property
    def _base(self) -> dict[Element, float]:
        """The number of everything on the way."""
        exact, given = self.world.formulas.exact, self.world.given
        base = {one: exact(one) for one in (*self.leaves, *self.long)}
        base |= {one: given[one] for one in self.written}
        base[self.root] = self._number(self.root, {}, {}, {}, set(), base)
        return base

    def _order(self, root: Element) -> None:
        seen: set[Element] = set()
        stack = [(root, False)]
        while stack:
            element, ready = stack.pop()
            definition = self._taken_or_defined(element)
            if definition is None:
                continue
            if ready:
                self.steps[element] = definition
            elif element not in seen:
                seen.add(element)
                stack.append((element, True))
                for one in self.world.references(element):
                    if self._taken_or_defined(one) is not None:
                        stack.append((one, False))
                    elif one not in seen:
                        seen.add(one)
                        self._taken(one).append(one)

    def _taken(self, element: Element) -> list[Element]:
        """Return the list in which something that is taken belongs."""
        if element in self.world.given:
            return self.written
        return self.long if self.world.is_long_and_given(element) else self.leaves

    def _taken_or_defined(self, element: Element) -> Expression | None:
        """Return the definition of what is to be computed; None for what is taken."""
        if element != self.root and (element in self.world.given or self.world.is_long_and_given(element)):
            return None
        return self.world.definition(element)

    @cached_property
    def _dependents(self) -> dict[Element, set[Element]]:
        """Return for each step and each written quantity the steps that change when it does."""
        followed = {*self.steps, *self.written}
        found: dict[Element, set[Element]] = {one: set() for one in followed}
        for element in reversed(self.steps):
            found[element].add(element)
            for one in self.world.references(element):
                if one in followed:
                    found[one] |= found[element]
        return found

    def value(
        self, replaced: Definitions | None = None, changed: Given | None = None, of: Element | None = None
    ) -> float:
        """Return the value of the root, or of another step, with other definitions or numbers for some."""
        replaced, changed = replaced or {}, changed or {}
        stale: set[Element] = set()
        for one in (*replaced, *changed):
            stale |= self._dependents.get(one) or self.steps.keys()
            stale.add(one)
        return self._run(replaced, changed, self._base, stale, of)

    def _run(
        self,
        replaced: Definitions,
        changed: Given,
        known: Mapping[Element, float],
        stale: set[Element],
        of: Element | None = None,
    ) -> float:
        """Return a number; what is known and not stale is not computed again."""
        made: dict[Element, float] = {}
        return self._number(self.root if of is None else of, replaced, changed, known, stale, made)

    def _number(
        self,
        root: Element,
        replaced: Definitions,
        changed: Given,
        known: Mapping[Element, float],
        stale: set[Element],
        made: dict[Element, float],
    ) -> float:
        def value(element: Element) -> float:
            if element in made:
                return made[element]
            if element in known and element not in stale:
                return known[element]
            if element in changed:
                return changed[element]
            definition = replaced.get(element) or self._taken_or_defined(element)
            if definition is None:
                own = element in self.world.given and element != self.root
                return self.world.given[element] if own else self.world.formulas.exact(element)
            made[element] = math.nan  # what would lead back to itself
            made[element] = found = value_of_expression(definition, value)
            return found

        return value(root)

    def value_of(self, element: Element) -> float:
        """Return the number that a quantity has in this calculation."""
        return self._run({}, {}, self._base, set(), element)
