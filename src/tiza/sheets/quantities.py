"""What the names of a sheet stand for: quantities of the step, and steps that a student made of them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from tiza.blackboard.arithmetic import value_of_expression
from tiza.blackboard.expressions import (
    ONE,
    Element,
    Expression,
    Reference,
    add,
    multiply,
    negative,
    references,
)
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor_type import tensor_type
from tiza.sheets.formula_reading import (
    FormulaError,
    WrittenFormula,
    function_of,
    read_formula,
)
from tiza.sheets.formulas import Formulas, World
from tiza.sheets.mistakes import activation_derivative
from tiza.sheets.naming import Naming, UnknownNameError, normal
from tiza.sheets.numbers import NumberError, read_number
from tiza.sheets.own_formulas import formula_key
from tiza.sheets.partial import NoDerivativeError, chained, slope_at, slope_of
from tiza.sheets.tolerance import slack

MOST_OWN_STEPS = 200
"""Steps of his own that a student may define."""

_UNITS = (Role.ACTIVATION, Role.PRE_ACTIVATION)
_ANY_FUNCTION = frozenset(("f", "g", "φ", "phi", "σ", "sigma"))
"""Letters that stand for whatever activation a unit has."""
_PARTIAL = re.compile(r"[∂d]\s*_?(?P<top>[^/]+?)\s*/\s*[∂d]\s*_?(?P<by>.+)")
_SLOPE = re.compile(r"(?P<function>[^\W\d]\w*)\s*['′’]\s*\(\s*(?P<of>[^()]+?)\s*\)")
_ERROR = re.compile(r"(?:e|err|error)_?(?P<n>\d*)")


class Quantities:
    """The quantities of a step by name; what is none of them but a formula of them is defined as one.

    Args:
        formulas: the step.
        naming: what its quantities are called.

    Attributes:
        written: the numbers that the sheet has given so far.
    """

    def __init__(self, formulas: Formulas, naming: Naming) -> None:
        self._formulas = formulas
        self._naming = naming
        self._own: dict[str, Element] = {}
        self._by_formula: dict[Hashable, Element] = {}
        self.written: dict[Element, float] = {}

    @property
    def naming(self) -> Naming:
        """What everything is called, the student's own steps too."""
        if not self._own:
            return self._naming
        nodes = {one.node for one in self._own.values()}
        return replace(
            self._naming,
            elements={**self._naming.elements, **self._own},
            exists=self._naming.exists | nodes,
        )

    def element(self, name: str, chain: Sequence[str] = (), value: float = 0.0) -> Element:
        """Return what a line is about.

        Args:
            name: what stands before its first sign of equality: a name, or a formula.
            chain: formulas between the first sign and the last.
            value: the number that is given to it.

        Raises:
            UnknownNameError: it is nothing that is known.
        """
        found = self.known(name)
        if found is not None:
            return found
        own = () if _ERROR.fullmatch(normal(name)) else (name,)
        for text in (*own, *chain):
            expression = self._expression(text)
            if expression is not None:
                return self._defined(name, expression)
        for error in self._errors(name):
            if value_of_expression(error, self._formulas.exact) * value >= 0:  # which is taken from which
                return self._defined(name, error)
        raise UnknownNameError(*self._naming.near(normal(name)))

    def known(self, name: str) -> Element | None:
        """Return the quantity of a name; None if there is none."""
        own = self._own.get(normal(name))
        if own is not None:
            return own
        found = self._naming.find(name)
        if found is not None:
            return found
        slope = None if self._is_full else self._slope(name)
        if slope is None:
            return None
        element = self._defined(name, slope, Role.GRADIENT)
        self._go_on_with(name, element)
        return element

    def formula(self, text: str) -> WrittenFormula:
        """Return a formula of the sheet, in its likeliest reading.

        Raises:
            FormulaError: it is none.
        """
        for one in self.readings(text):
            return one
        raise FormulaError

    def readings(self, text: str) -> Iterator[WrittenFormula]:
        """Yield the ways to read a formula, the likeliest first: e may be Euler's number, or the error."""
        odd = {
            name: one
            for name, one in {**self._naming.by_alias, **self._own}.items()
            if "(" in name and not _SLOPE.fullmatch(name)
        }
        for meaning in self._meanings_of_e(text):
            with contextlib.suppress(FormulaError):
                yield read_formula(
                    text, partial(self._known_with_e, meaning), self.known, odd, meaning is None
                )

    def _meanings_of_e(self, text: str) -> Iterator[Element | None]:
        """Yield what e may be in a formula; None is Euler's number."""
        if re.search(r"(?<![^\W\d½¼])e(?![^\W⁰¹²³⁴⁵⁶⁷⁸⁹])", text) is None:
            yield self.known("e")
            return
        power = re.search(r"(?<![^\W\d½¼])e\s*(?:\^|\*\*|[⁰¹³⁴⁵⁶⁷⁸⁹⁻])", text.replace("e^2", ""))
        if power is not None:
            yield None
        known = self.known("e")
        if known is not None:
            yield known
        else:
            yield from (self._made_of(one, "e") for one in self._errors("e"))
        if power is None:
            yield None

    def _known_with_e(self, meaning: Element | None, name: str) -> Element | None:
        return meaning if name == "e" else self.known(name)

    @property
    def _is_full(self) -> bool:
        return len(self._by_formula) >= MOST_OWN_STEPS

    def _expression(self, text: str) -> Expression | None:
        """Return a formula that names something."""
        if self._is_full:
            return None
        try:
            expression = self.formula(text).expression()
        except FormulaError:
            return None
        return expression if references(expression) else None

    def _defined(self, name: str, expression: Expression, role: Role = Role.INTERMEDIATE) -> Element:
        """Return the quantity that a formula is; another one of the same formula if there is one."""
        if isinstance(expression, Reference):
            return expression.element
        element = self._own[normal(name)] = self._made_of(expression, name, role)
        return element

    def _made_of(self, expression: Expression, name: str, role: Role = Role.INTERMEDIATE) -> Element:
        key = formula_key(expression)
        if key not in self._by_formula:
            node = input_node(name, tensor_type(0.0), _provenance(name, references(expression), role))
            element = self._by_formula[key] = Element(node, ())
            self._formulas.define(element, expression)
        return self._by_formula[key]

    # derivatives that are no quantities of the step

    def _slope(self, name: str) -> Expression | None:
        """Return f'(z), f'(0.8), or the derivative of a quantity by one that it is computed from."""
        if (slope := _SLOPE.fullmatch(name.strip())) is not None:
            by = self.known(slope["of"])
            if by is None:
                return self._slope_at(slope["function"], slope["of"])
            return self._slope_of_activation(by)
        if (derivative := _PARTIAL.fullmatch(name.strip())) is not None:
            top, by = self.known(derivative["top"]), self.known(derivative["by"])
            return None if top is None or by is None else self._derivative(top, by)
        return None

    def _go_on_with(self, name: str, derivative: Element) -> None:
        """Let the loss's derivative follow from a student's own: dE/dw1 from dE/dŷ·dŷ/dw1."""
        match = _PARTIAL.fullmatch(name.strip())
        if match is None or derivative not in self._formulas.own:
            return
        top, by = self.known(match["top"]), self.known(match["by"])
        if top is None or by is None or self._is_unit(top, by):
            return
        outer, whole = (self._naming.derived(Role.GRADIENT, one) for one in (top, by))
        if outer is None or whole is None or not all(map(self._formulas.exists, (outer, whole))):
            return
        product = multiply(Reference(outer), Reference(derivative))
        exact = self._formulas.exact(whole)
        if exact and abs(value_of_expression(product, self._formulas.exact) - exact) <= slack(exact):
            self._formulas.products[whole] = product

    def _slope_at(self, function: str, text: str) -> Expression | None:
        """Return the derivative of a function at a number: of the unit whose sum it is, if it is one."""
        try:
            at = read_number(text).value
        except NumberError:
            return None
        for z in self._sums_of(at):
            if self._is_activation(function, z):
                return self._slope_of_activation(z)
        return slope_at(function, at)

    def _sums_of(self, at: float) -> Iterator[Element]:
        """Yield the sums that are a number, as they were written or else are, of units with an activation."""
        for node in self._formulas.names.of:
            if node.provenance.role is not Role.PRE_ACTIVATION or node not in self._naming.exists:
                continue
            for index in np.ndindex(node.tensor_type.shape):
                z = Element(node, tuple(map(int, index)))
                number = self.written.get(z, self._formulas.exact(z))
                if abs(number - at) <= slack(at) and self._beside(z, Role.ACTIVATION) is not None:
                    yield z

    def _is_activation(self, function: str, z: Element) -> bool:
        """Return whether a unit's activation is called so: by a letter for any function, or as it is."""
        a = self._beside(z, Role.ACTIVATION)
        if a is None or function in _ANY_FUNCTION:
            return a is not None
        world = self._formulas.with_numbers({}, self._formulas.ways[0])
        return world.definition(a) == function_of(function, Reference(z))

    def _slope_of_activation(self, z: Element) -> Expression | None:
        known = z.node.provenance
        if known.role is not Role.PRE_ACTIVATION:
            return None
        a = self._beside(z, Role.ACTIVATION)
        return ONE if a is None else self._derivative(a, z)

    def _beside(self, element: Element, role: Role) -> Element | None:
        """Return the number of the same unit that has another role."""
        known = element.node.provenance
        for node in self._formulas.names.of:
            other = node.provenance
            if (other.role, other.layer, other.name) == (
                role,
                known.layer,
                "",
            ) and node.type == element.node.type:
                return Element(node, element.index)
        return None

    def _derivative(self, top: Element, by: Element) -> Expression | None:
        """Return the derivative of a quantity by one that its formula names, or by one further back."""
        for way in self._formulas.ways:
            world = self._formulas.with_numbers({}, way)
            try:
                return self._partial(world, top, by) or chained(
                    top, by, world.references, partial(self._partial, world)
                )
            except NoDerivativeError:
                continue
        return None

    def _partial(self, world: World, top: Element, by: Element) -> Expression | None:
        """Return the derivative of a quantity by one that its formula names; None if it does not.

        Raises:
            NoDerivativeError: it is not known.
        """
        if self._is_unit(top, by):
            delta = self._naming.derived(Role.GRADIENT, by)
            formula = None if delta is None else world.definition(delta)
            own = [] if formula is None else activation_derivative(by.node.provenance.layer, formula)[0]
            if own:
                return multiply(*own)
        definition = world.definition(top)
        if definition is None or by not in references(definition):
            return None
        return slope_of(top, definition, by)

    @staticmethod
    def _is_unit(top: Element, by: Element) -> bool:
        """Return whether two numbers are the output of a unit and its sum."""
        a, z = top.node.provenance, by.node.provenance
        return (a.role, z.role) == _UNITS and a.layer == z.layer and top.index == by.index

    def _errors(self, name: str) -> Iterator[Expression]:
        """Yield what e may be: output less target, or the other way round."""
        match = _ERROR.fullmatch(normal(name))
        output = self._naming.output_of(match["n"]) if match is not None else None
        if output is None:
            return
        for node in self._formulas.names.of:
            if node.provenance.role is Role.TARGET and node.type == output.node.type:
                missed = (Reference(output), Reference(Element(node, output.index)))
                yield add(missed[0], negative(missed[1]))
                yield add(missed[1], negative(missed[0]))


def _provenance(name: str, made_of: Sequence[Element], role: Role) -> Provenance:
    """Return what a student's own step is: what it is made of tells, else its role."""
    known = [one.node.provenance for one in made_of]
    layers = {one.layer for one in known}
    if len(layers) == 1 and all(one.role in _UNITS for one in known):
        return Provenance(layer=layers.pop(), role=Role.ACTIVATION, name=name)
    of_target = role is Role.INTERMEDIATE and any(one.role is Role.TARGET for one in known)
    return Provenance(role=Role.TARGET if of_target else role, name=name)
