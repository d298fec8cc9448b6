"""The mistakes that students make, each as a change of a formula: a table from kind to rule.

A rule knows formulas and roles, never a particular network. Kinds are ranked: of several that give the same
number, one that says more is likelier.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum, StrEnum
from itertools import combinations, pairwise

from tiza.blackboard.expressions import (
    ONE,
    Call,
    Element,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Reference,
    Sum,
    Truth,
    add,
    divide,
    multiply,
    negative,
    number,
    power,
    references,
    walk,
)
from tiza.graph.node import Node
from tiza.graph.provenance import Role
from tiza.sheets.conventions import Conventions
from tiza.sheets.formulas import Calculation
from tiza.sheets.rewriting import factors, rewritten, rewritten_everywhere, terms, with_references
from tiza.sheets.window_mistakes import is_windowed, max_for_mean, mean_for_max, mirrored


class Mistake(StrEnum):
    """What may have gone wrong."""

    DERIVATIVE_FORGOTTEN = "derivative forgotten"
    DERIVATIVE_ELSEWHERE = "derivative at the wrong point"
    DERIVATIVE_TOO_MANY = "one derivative too many"
    OTHER_DERIVATIVE = "derivative of another activation"
    ACTIVATION_FORGOTTEN = "activation forgotten"
    FUNCTION_FORGOTTEN = "function forgotten"
    OTHER_ACTIVATION = "another activation"
    BIAS_FORGOTTEN = "bias forgotten"
    OTHER_BIAS = "bias of another unit"
    UPDATED_WEIGHT = "updated weight used"
    TRANSPOSED = "weights transposed"
    SWAPPED = "inputs swapped"
    NEIGHBOUR = "another index"
    MIRRORED = "kernel mirrored"
    MEAN_FOR_MAX = "mean for max"
    MAX_FOR_MEAN = "max for mean"
    ASCENDING = "ascending"
    RATE_FORGOTTEN = "learning rate forgotten"
    ONLY_THE_CHANGE = "only the change"
    SIGN = "wrong sign"
    SIGN_OF_TERM = "wrong sign of a term"
    SIGN_INSIDE = "wrong sign in the exponent"
    LOG10 = "log10 for ln"
    DEGREES = "degrees for radians"
    SUM_FOR_MEAN = "sum for mean"
    MEAN_FOR_SUM = "mean for sum"
    FACTOR_FORGOTTEN = "factor forgotten"
    FACTOR_TOO_MANY = "factor too many"
    QUANTITY_FORGOTTEN = "factor of the chain forgotten"
    PLUS_FOR_TIMES = "plus for times"
    PATH_FORGOTTEN = "path forgotten"
    TERM_FORGOTTEN = "term forgotten"
    ONE_PLACE_ONLY = "one place only"
    MOMENTUM_FORGOTTEN = "momentum forgotten"
    SQUARE_FORGOTTEN = "square forgotten"
    NOT_NORMALISED = "not normalised"
    STOPPED_EARLY = "stopped early"
    POWER_OF_TEN = "power of ten"
    DIGIT = "digit copied wrong"
    COPIED = "a given number copied wrong"
    MISCALCULATED = "formula worked out wrong"


class Rank(IntEnum):
    """How much a cause explains; the lower, the likelier."""

    TYPICAL = 0
    POSSIBLE = 1
    DECIMAL_SIGN = 2
    DIGITS = 3
    GIVEN = 4


@dataclass(frozen=True)
class Slip:
    """One mistake, made at one place or wherever it can be made.

    Attributes:
        mistake: its kind.
        rank: how much it explains.
        site: the quantity whose formula it changes.
        replaced: the changed formulas.
        about: what it is about: the factor that is missing, the term with the wrong sign.
        partly: whether it is made in one place, though who does not know a rule makes it in several.
    """

    mistake: Mistake
    rank: Rank
    site: Element
    replaced: Mapping[Element, Expression]
    about: Expression | None = None
    partly: bool = False


Changed = Iterator[tuple[Expression, Expression | None]]
"""Changed formulas, each with what it is about."""


@dataclass(frozen=True)
class Place:
    """A formula in which a mistake may have been made.

    Attributes:
        calculation: what it is part of.
        element: the quantity.
        formula: how it is computed.
    """

    calculation: Calculation
    element: Element
    formula: Expression

    @property
    def role(self) -> Role:
        """What the quantity is."""
        return self.element.node.provenance.role

    @property
    def is_delta(self) -> bool:
        """Whether it is the derivative by a pre-activation."""
        of = self.element.node.provenance.of
        return self.role is Role.GRADIENT and of is not None and of.role is Role.PRE_ACTIVATION

    @property
    def is_own_derivative(self) -> bool:
        """Whether it is a derivative that is no quantity of the step: of an output by a weight."""
        return self.role is Role.GRADIENT and self.element in self.calculation.world.formulas.own

    @property
    def is_update(self) -> bool:
        """Whether it is a new weight, or what the optimizer keeps."""
        return self.role in (Role.UPDATE, Role.SLOT)

    @property
    def is_forward(self) -> bool:
        """Whether it lies before the loss."""
        return self.role in (Role.PRE_ACTIVATION, Role.ACTIVATION, Role.INTERMEDIATE)

    def named(self, role: Role, index: tuple[int, ...], layer: str) -> Element | None:
        """Return the number of a layer that has a role, of a recurrence the one at the same step."""
        time = self.element.node.provenance.time
        for node in self.calculation.world.formulas.names.of:
            known = node.provenance
            if known.time != time or known.of is not None or known.name:
                continue
            if known.role is role and known.layer == layer:
                element = Element(node, index)
                shape = node.tensor_type.shape
                if shape == self.element.node.tensor_type.shape and len(index) == len(shape):
                    return element if self.calculation.world.formulas.exists(element) else None
        return None


def _role(element: Element) -> Role:
    return element.node.provenance.role


def _only(expression: Expression, *roles: Role) -> bool:
    """Return whether an expression names quantities of these roles, and no others."""
    named = references(expression)
    return bool(named) and all(_role(one) in roles for one in named)


# the chain rule


def _own_derivative(place: Place) -> tuple[list[Expression], list[Expression]]:
    return activation_derivative(place.element.node.provenance.layer, place.formula)


def activation_derivative(layer: str, delta: Expression) -> tuple[list[Expression], list[Expression]]:
    """Return the factors of a delta that are the derivative of its layer's activation, and the others."""
    own: list[Expression] = []
    others: list[Expression] = []
    for one in factors(delta):
        named = references(one)
        mine = named and all(
            of.node.provenance.layer == layer and _role(of) in (Role.ACTIVATION, Role.PRE_ACTIVATION)
            for of in named
        )
        (own if mine or isinstance(one, Truth) else others).append(one)
    return own, others


def _derivative_forgotten(place: Place) -> Changed:
    own, others = _own_derivative(place) if place.is_delta else _slopes_on_the_way(place)
    if own and any(references(one) for one in others):
        yield multiply(*others), multiply(*own)


def _slopes_on_the_way(place: Place) -> tuple[list[Expression], list[Expression]]:
    """Return the factors of a student's own derivative that are those of activations, and the others."""
    own: list[Expression] = []
    others: list[Expression] = []
    if place.is_own_derivative:
        steps = place.calculation.world.formulas.own
        for one in factors(place.formula):
            is_quantity = isinstance(one, Reference) and one.element not in steps
            is_slope = not is_quantity and _only(one, Role.ACTIVATION, Role.PRE_ACTIVATION)
            (own if is_slope else others).append(one)
    return own, others


def _derivative_elsewhere(place: Place) -> Changed:
    """The derivative at z where it is written with a, or at a where it takes z."""
    if not place.is_delta:
        return
    own, others = _own_derivative(place)
    if not own or not any(references(one) for one in others):
        return
    derivative = multiply(*own)
    other_role = {Role.ACTIVATION: Role.PRE_ACTIVATION, Role.PRE_ACTIVATION: Role.ACTIVATION}

    def moved(element: Element) -> Expression:
        other = place.named(other_role[_role(element)], element.index, element.node.provenance.layer)
        return Reference(element if other is None else other)

    def twice(element: Element) -> Expression:
        """Return the activation of the activation: f'(a) where f' is written with f."""
        formula = place.calculation.world.definition(element)
        if formula is None or _role(element) is not Role.ACTIVATION:
            return Reference(element)
        return with_references(
            formula, lambda one: Reference(element) if _role(one) is Role.PRE_ACTIVATION else Reference(one)
        )

    for change in (moved, twice):
        changed = with_references(derivative, change)
        if changed != derivative:
            yield multiply(*others, changed), derivative


def _other_derivative(place: Place) -> Changed:
    """h·(1 − h) for a unit of tanh, 1 − h² for one of the logistic function."""
    of = place.element.node.provenance.of
    if not place.is_delta or of is None:
        return
    own, others = _own_derivative(place)
    output = place.named(Role.ACTIVATION, place.element.index, of.layer)
    if own and output is not None and any(references(one) for one in others):
        h = Reference(output)
        for other in (multiply(h, add(ONE, negative(h))), add(ONE, negative(power(h, number(2))))):
            if multiply(*own) != other:
                yield multiply(*others, other), other


def _derivative_too_many(place: Place) -> Changed:
    """A delta of cross-entropy times the derivative that has cancelled."""
    of = place.element.node.provenance.of
    if not place.is_delta or of is None:
        return
    own, others = _own_derivative(place)
    if own and any(_role(one) is Role.GRADIENT for other in others for one in references(other)):
        return
    output = place.named(Role.ACTIVATION, place.element.index, of.layer)
    if output is not None and output in place.calculation.world.formulas.textbook_outputs:
        a = Reference(output)
        derivative = multiply(a, add(ONE, negative(a)))
        yield multiply(place.formula, derivative), derivative


def _path_forgotten(place: Place) -> Changed:
    if place.role is Role.GRADIENT and not place.is_delta and len(terms(place.formula)) > 1:
        yield from _without_a_term(place.formula)


def _one_place_only(place: Place) -> Changed:
    """The gradient of a weight that works several times: what one step, or one position, adds."""
    of = place.element.node.provenance.of
    inner = terms(place.formula)
    if place.role is Role.GRADIENT and of is not None and of.role is Role.PARAMETER and len(inner) > 2:
        for one in inner:
            yield one, one


def _without_a_term(expression: Expression) -> Changed:
    inner = terms(expression)
    for at, one in enumerate(inner):
        yield add(*inner[:at], *inner[at + 1 :]), one


def _quantity_forgotten(place: Place) -> Changed:
    """A weight, an input or what came back is missing from the products of the chain."""
    if place.role is not Role.GRADIENT or place.is_delta:
        return
    inner = terms(place.formula)
    for node in dict.fromkeys(one.node for one in references(place.formula)):
        named = [[one for one in references(term) if one.node is node] for term in inner]
        if all(len(one) == 1 and len(references(term)) > 1 for one, term in zip(named, inner, strict=True)):
            changed = add(*(_without_factor(term, one[0]) for term, one in zip(inner, named, strict=True)))
            yield changed, add(*(Reference(one[0]) for one in named))


def _without_factor(term: Expression, element: Element) -> Expression:
    return multiply(*(one for one in factors(term) if one != Reference(element)))


# forward


def _bias_forgotten(place: Place) -> Changed:
    if place.is_forward:
        for one in terms(place.formula):
            if isinstance(one, Reference) and _role(one.element) is Role.PARAMETER:
                others = [other for other in terms(place.formula) if other is not one]
                if others:
                    yield add(*others), one


def _other_bias(place: Place) -> Changed:
    """The bias of the unit that follows; of two units, biases swapped."""
    if not place.is_forward:
        return
    for one in terms(place.formula):
        if isinstance(one, Reference) and _role(one.element) is Role.PARAMETER:
            element = one.element
            size = element.node.tensor_type.size
            if len(element.index) == 1 and size > 1:
                other = Reference(Element(element.node, ((element.index[0] + 1) % size,)))
                yield add(*(other if of is one else of for of in terms(place.formula))), Sum((one, other))


def _term_forgotten(place: Place) -> Changed:
    inner = terms(place.formula)
    if len(inner) > 1 and place.role in (Role.PRE_ACTIVATION, Role.LOSS):
        for changed, one in _without_a_term(place.formula):
            if not isinstance(one, Reference):
                yield changed, one


def _activation_forgotten(place: Place) -> Changed:
    z = _argument(place)
    if z is not None and place.formula != Reference(z):
        yield Reference(z), None


def _argument(place: Place) -> Element | None:
    """Return the pre-activation that an activation is taken of; a gate has one of its own."""
    if place.role is not Role.ACTIVATION:
        return None
    own = place.named(Role.PRE_ACTIVATION, place.element.index, place.element.node.provenance.layer)
    taken = references(place.formula)
    if own is None and len(taken) == 1 and _role(taken[0]) is Role.PRE_ACTIVATION:
        return taken[0]
    return own


def _function_forgotten(place: Place) -> Changed:
    """A function within a formula: h = o·c for o·tanh(c)."""
    if (place.is_forward or place.role is Role.GRADIENT) and not _is_applied(place.formula):
        for part in dict.fromkeys(filter(_is_applied, walk(place.formula))):
            yield _with_argument_alone(place.formula, part), part


def _with_argument_alone(formula: Expression, applied: Expression) -> Expression:
    (taken,) = references(applied)
    return rewritten_everywhere(formula, lambda one: [Reference(taken)] if one == applied else [])


def _is_applied(expression: Expression) -> bool:
    """Return whether an expression is an activation function of one quantity."""
    taken = references(expression)
    return len(taken) == 1 and expression in _activations_at(Reference(taken[0]))


def _activations_at(at: Expression) -> tuple[Expression, ...]:
    return (
        Call("tanh", (at,)),
        divide(ONE, add(ONE, Call("exp", (negative(at),)))),
        Call("max", (number(0), at)),
    )


def _other_activation(place: Place) -> Changed:
    z = _argument(place)
    if z is None or len(references(place.formula)) != 1:
        return
    for one in _activations_at(Reference(z)):
        if one != place.formula:
            yield one, one


def _not_normalised(place: Place) -> Changed:
    formula = place.formula
    if place.role is Role.ACTIVATION and isinstance(formula, Quotient) and references(formula.numerator):
        yield formula.numerator, formula.denominator


# functions


def _log10(place: Place) -> Changed:
    yield (
        rewritten_everywhere(
            place.formula,
            lambda one: (
                [Call("log10", one.arguments)] if isinstance(one, Call) and one.function == "log" else []
            ),
        ),
        None,
    )


_DEGREE = number(math.pi / 180)


def _degrees(place: Place) -> Changed:
    def rule(one: Expression) -> list[Expression]:
        match one:
            case Call("sin" | "cos" as function, (argument,)):
                return [Call(function, (multiply(_DEGREE, argument),))]
            case Call("arctan", _):
                return [divide(one, _DEGREE)]
        return []

    yield rewritten_everywhere(place.formula, rule), None


def _sign_inside(place: Place) -> Changed:
    def rule(one: Expression) -> list[Expression]:
        if isinstance(one, Call) and one.function == "exp":
            return [Call("exp", (negative(one.arguments[0]),))]
        return []

    if len(references(place.formula)) == 1:
        yield rewritten_everywhere(place.formula, rule), None


def _square_forgotten(place: Place) -> Changed:
    def rule(one: Expression) -> list[Expression]:
        return [one.base] if isinstance(one, Power) and one.exponent == Number(Decimal(2)) else []

    yield rewritten_everywhere(place.formula, rule), None
    for changed in rewritten(place.formula, rule):
        yield changed, None


def _plus_for_times(place: Place) -> Changed:
    def rule(one: Expression) -> Iterator[Expression]:
        if isinstance(one, Product):
            named = [of for of in one.factors if references(of) and not isinstance(of, Truth)]
            for first, second in combinations(named, 2):
                if set(references(first)) == set(references(second)):
                    continue  # a and 1 - a: nobody adds the two parts of one derivative
                rest = [factor for factor in one.factors if factor is not first and factor is not second]
                yield Product((*rest, Sum((first, second)))) if rest else Sum((first, second))

    if place.is_delta:
        own, others = _own_derivative(place)
        if own and others and not any(isinstance(one, Truth) for one in own):
            yield Sum((multiply(*others), multiply(*own))), None
    for changed in rewritten(place.formula, rule):
        yield changed, None
    if place.role is Role.GRADIENT and isinstance(place.formula, Sum):
        yield add(*(next(iter(rule(one)), one) for one in place.formula.terms)), None


# indices


def _transposed(place: Place) -> Changed:
    def turned(element: Element) -> Expression:
        shape = element.node.tensor_type.shape
        if _role(element) is not Role.PARAMETER or len(shape) != 2:
            return Reference(element)
        row, column = element.index
        return Reference(
            Element(element.node, (column, row)) if column < shape[0] and row < shape[1] else element
        )

    yield with_references(place.formula, turned), None


def _swapped(place: Place) -> Changed:
    named = [one for one in references(place.formula) if _role(one) is not Role.PARAMETER]
    few = len(named) <= _MOST_NEIGHBOURS and not is_windowed(place.element.node)
    pairs = combinations(named, 2) if few else pairwise(named)
    for first, second in pairs:
        if first.node is second.node:
            swap = {first: second, second: first}

            def swapped(element: Element, swap: dict[Element, Element] = swap) -> Expression:
                return Reference(swap.get(element, element))

            yield with_references(place.formula, swapped), Sum((Reference(first), Reference(second)))


def _neighbour(place: Place) -> Changed:
    """The inputs, weights or deltas of a unit beside."""
    if place.role is not Role.GRADIENT or place.is_delta:
        return
    named = references(place.formula)
    for node in dict.fromkeys(one.node for one in named):
        shape = node.tensor_type.shape
        axes = range(len(shape)) if node.provenance.role is Role.PARAMETER else range(len(shape))[-1:]
        for axis in axes:
            used = {one.index[axis] for one in named if one.node is node}
            if len(used) == 1 and shape[axis] <= _MOST_NEIGHBOURS:
                for at in set(range(shape[axis])) - used:
                    yield _beside(place.formula, node, axis, at)


_MOST_NEIGHBOURS = 12


def _beside(formula: Expression, node: Node, axis: int, at: int) -> tuple[Expression, Expression]:
    """Return a formula with another index along an axis of a quantity, and the numbers that it exchanges."""

    def moved(one: Element) -> Element:
        return Element(node, (*one.index[:axis], at, *one.index[axis + 1 :])) if one.node is node else one

    first = next(one for one in references(formula) if one.node is node)
    changed = with_references(formula, lambda one: Reference(moved(one)))
    return changed, Sum((Reference(first), Reference(moved(first))))


def _mirrored(place: Place) -> Changed:
    if place.is_forward and is_windowed(place.element.node):
        yield mirrored(place.formula), None


def _mean_for_max(place: Place) -> Changed:
    if place.is_forward:
        for changed in mean_for_max(place.formula):
            yield changed, None


def _max_for_mean(place: Place) -> Changed:
    """Of a layer only what it gives: a mean within a normalization is nobody's maximum."""
    if place.is_forward and (place.role is Role.ACTIVATION or not place.element.node.provenance.layer):
        for changed in max_for_mean(place.formula):
            yield changed, None


def _updated_weight(place: Place) -> Changed:
    """A gradient or an output taken with weights that the step has already changed."""
    if place.role is not Role.GRADIENT:
        return
    new_of = place.calculation.world.formulas.new_weights

    def updated(element: Element) -> Expression:
        new = new_of.get(element.node)
        return Reference(element if new is None else Element(new, element.index))

    yield with_references(place.formula, updated), None


# signs, factors and steps


def _sign(place: Place) -> Changed:
    yield negative(place.formula), None


def _sign_of_term(place: Place) -> Changed:
    inner = terms(place.formula)
    if len(inner) > 1 and not place.is_update:
        for at, one in enumerate(inner):
            yield add(*inner[:at], negative(one), *inner[at + 1 :]), one


def _ascending(place: Place) -> Changed:
    inner = terms(place.formula)
    if place.is_update and len(inner) > 1:
        for at, one in enumerate(inner):
            if any(
                _role(of) in (Role.SCALAR, Role.GRADIENT) or _role(of) is Role.UPDATE
                for of in references(one)
            ):
                yield add(*inner[:at], negative(one), *inner[at + 1 :]), one


def _rate_forgotten(place: Place) -> Changed:
    if place.is_update:

        def rule(one: Expression) -> Iterator[Expression]:
            if isinstance(one, Product):
                rest = [of for of in one.factors if not _only(of, Role.SCALAR)]
                if len(rest) < len(one.factors):
                    yield multiply(*rest)

        for changed in rewritten(place.formula, rule):
            yield changed, None


def _momentum_forgotten(place: Place) -> Changed:
    inner = terms(place.formula)
    if place.is_update and len(inner) > 1:
        for changed, one in _without_a_term(place.formula):
            assert one is not None
            if any(_role(of) in (Role.SLOT, Role.STATE) for of in references(one)):
                yield changed, one


def _only_the_change(place: Place) -> Changed:
    if place.role is Role.UPDATE and place.element == place.calculation.root:
        inner = terms(place.formula)
        kept = [one for one in inner if not _only(one, Role.PARAMETER)]
        if kept and len(kept) < len(inner):
            yield add(*kept), None
            yield negative(add(*kept)), None


def _constants(place: Place) -> Iterator[tuple[Decimal, Expression]]:
    """Yield each constant factor of a formula or of one of its terms, with the formula without it."""
    yield from _direct_constants(place.formula)
    if isinstance(place.formula, Sum):
        inner = place.formula.terms
        for at, one in enumerate(inner):
            for amount, without in _direct_constants(one):
                yield amount, add(*inner[:at], without, *inner[at + 1 :])


def _direct_constants(expression: Expression) -> Iterator[tuple[Decimal, Expression]]:
    match expression:
        case Negative(inner):
            for amount, without in _direct_constants(inner):
                yield amount, negative(without)
        case Product((Number(value), *others)):
            yield value, multiply(*others)
        case Quotient(top, bottom):
            for amount, without in _direct_constants(top):
                yield amount, divide(without, bottom)
            if isinstance(bottom, Number):
                yield 1 / bottom.value, top


def _conventions(place: Place) -> Conventions | None:
    """Return what a loss's own factors are, where it is computed or is differentiated first."""
    targets = any(_role(one) is Role.TARGET for one in references(place.formula))
    if place.role is Role.LOSS or (place.role is Role.GRADIENT and targets):
        return place.calculation.world.formulas.conventions
    return None


def _sum_for_mean(place: Place) -> Changed:
    known = _conventions(place)
    for count in () if known is None else known.means:
        yield multiply(number(count), place.formula), number(count)


def _mean_for_sum(place: Place) -> Changed:
    known = _conventions(place)
    for count in () if known is None else known.sums:
        yield divide(place.formula, number(count)), number(count)


def _factor_forgotten(place: Place) -> Changed:
    known = _conventions(place)
    if known is not None and known.known:
        factor = known.factor if place.role is Role.LOSS else known.slope
        if factor != 1:
            yield divide(place.formula, number(factor)), number(factor)
    elif not place.is_update:
        for amount, without in _constants(place):
            yield without, Number(amount)


def _factor_too_many(place: Place) -> Changed:
    known = _conventions(place)
    if known is not None:
        own = {known.factor if place.role is Role.LOSS else known.slope}
        if not known.known:
            own = {float(abs(amount)) for amount, _ in _constants(place)}
        for one in (2.0, 0.5):
            if 1 / one not in own:
                yield multiply(number(one), place.formula), number(one)


def _stopped_early(place: Place) -> Changed:
    """The value of something on the way in place of the whole."""
    if place.element != place.calculation.root:
        return
    if place.role is Role.GRADIENT or place.is_update:
        calculation = place.calculation
        passed = {place.element, *(references(place.formula) if place.is_delta else ())}
        seed = calculation.world.formulas.seed
        for one in (*reversed(calculation.steps), *calculation.written):
            if one not in passed and _role(one) is Role.GRADIENT and one.node is not seed:
                yield Reference(one), Reference(one)


def _power_of_ten(place: Place) -> Changed:
    if place.element == place.calculation.root:
        for power in (1, -1, 2, -2, 3, -3):
            yield multiply(Number(Decimal(1).scaleb(power)), place.formula), number(10.0**power)


Make = Callable[[Place], Changed]

RULES: tuple[tuple[Mistake, Rank, Make], ...] = (
    (Mistake.DERIVATIVE_FORGOTTEN, Rank.TYPICAL, _derivative_forgotten),
    (Mistake.DERIVATIVE_ELSEWHERE, Rank.TYPICAL, _derivative_elsewhere),
    (Mistake.DERIVATIVE_TOO_MANY, Rank.TYPICAL, _derivative_too_many),
    (Mistake.ACTIVATION_FORGOTTEN, Rank.TYPICAL, _activation_forgotten),
    (Mistake.FUNCTION_FORGOTTEN, Rank.TYPICAL, _function_forgotten),
    (Mistake.BIAS_FORGOTTEN, Rank.TYPICAL, _bias_forgotten),
    (Mistake.OTHER_BIAS, Rank.TYPICAL, _other_bias),
    (Mistake.UPDATED_WEIGHT, Rank.TYPICAL, _updated_weight),
    (Mistake.TRANSPOSED, Rank.TYPICAL, _transposed),
    (Mistake.SWAPPED, Rank.TYPICAL, _swapped),
    (Mistake.MIRRORED, Rank.TYPICAL, _mirrored),
    (Mistake.MEAN_FOR_MAX, Rank.TYPICAL, _mean_for_max),
    (Mistake.MAX_FOR_MEAN, Rank.TYPICAL, _max_for_mean),
    (Mistake.ASCENDING, Rank.TYPICAL, _ascending),
    (Mistake.RATE_FORGOTTEN, Rank.TYPICAL, _rate_forgotten),
    (Mistake.MOMENTUM_FORGOTTEN, Rank.TYPICAL, _momentum_forgotten),
    (Mistake.SIGN, Rank.TYPICAL, _sign),
    (Mistake.LOG10, Rank.TYPICAL, _log10),
    (Mistake.DEGREES, Rank.TYPICAL, _degrees),
    (Mistake.SUM_FOR_MEAN, Rank.TYPICAL, _sum_for_mean),
    (Mistake.FACTOR_FORGOTTEN, Rank.TYPICAL, _factor_forgotten),
    (Mistake.PLUS_FOR_TIMES, Rank.TYPICAL, _plus_for_times),
    (Mistake.PATH_FORGOTTEN, Rank.TYPICAL, _path_forgotten),
    (Mistake.ONE_PLACE_ONLY, Rank.TYPICAL, _one_place_only),
    (Mistake.SQUARE_FORGOTTEN, Rank.TYPICAL, _square_forgotten),
    (Mistake.OTHER_DERIVATIVE, Rank.POSSIBLE, _other_derivative),
    (Mistake.STOPPED_EARLY, Rank.POSSIBLE, _stopped_early),
    (Mistake.ONLY_THE_CHANGE, Rank.POSSIBLE, _only_the_change),
    (Mistake.SIGN_OF_TERM, Rank.POSSIBLE, _sign_of_term),
    (Mistake.SIGN_INSIDE, Rank.POSSIBLE, _sign_inside),
    (Mistake.MEAN_FOR_SUM, Rank.POSSIBLE, _mean_for_sum),
    (Mistake.FACTOR_TOO_MANY, Rank.POSSIBLE, _factor_too_many),
    (Mistake.QUANTITY_FORGOTTEN, Rank.POSSIBLE, _quantity_forgotten),
    (Mistake.TERM_FORGOTTEN, Rank.POSSIBLE, _term_forgotten),
    (Mistake.NOT_NORMALISED, Rank.POSSIBLE, _not_normalised),
    (Mistake.OTHER_ACTIVATION, Rank.POSSIBLE, _other_activation),
    (Mistake.NEIGHBOUR, Rank.POSSIBLE, _neighbour),
    (Mistake.POWER_OF_TEN, Rank.DECIMAL_SIGN, _power_of_ten),
)
"""Every mistake that changes a formula, the likelier first."""

_WHEREVER = frozenset(
    (
        Mistake.DERIVATIVE_FORGOTTEN,
        Mistake.DERIVATIVE_ELSEWHERE,
        Mistake.OTHER_DERIVATIVE,
        Mistake.BIAS_FORGOTTEN,
        Mistake.OTHER_BIAS,
        Mistake.ACTIVATION_FORGOTTEN,
        Mistake.FUNCTION_FORGOTTEN,
        Mistake.UPDATED_WEIGHT,
        Mistake.TRANSPOSED,
        Mistake.MIRRORED,
        Mistake.MEAN_FOR_MAX,
        Mistake.MAX_FOR_MEAN,
        Mistake.LOG10,
        Mistake.DEGREES,
        Mistake.SQUARE_FORGOTTEN,
    )
)
"""Mistakes of who does not know a rule: made wherever they can be made."""

MOST_PLACES = 80
"""Steps on the way to one number in which mistakes are looked for, the nearest first."""
_LONGEST_FORMULA = 60


def slips(calculation: Calculation) -> Iterator[Slip]:
    """Yield every mistake that may have been made on the way to a number, in any of the steps not written."""
    nearest = reversed(calculation.steps)
    short = (one for one in nearest if len(calculation.world.references(one)) <= _LONGEST_FORMULA)
    places = [Place(calculation, one, calculation.steps[one]) for one in itertools.islice(short, MOST_PLACES)]
    for mistake, rank, rule in RULES:
        found, tried = [], []
        for place in places:
            made = [
                Slip(mistake, rank, place.element, {place.element: changed}, about)
                for changed, about in rule(place)
                if changed != place.formula
            ]
            tried += made
            found += made[:1]
        partly = mistake in _WHEREVER and len(found) > 1
        yield from (replace(one, partly=True) if partly else one for one in tried)
        if partly:
            everywhere = {one.site: one.replaced[one.site] for one in found}
            yield Slip(mistake, rank, found[0].site, everywhere, found[0].about)
