"""Numbers, equations and formulas of an exercise in a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tiza.blackboard.decimals import exact, significant
from tiza.blackboard.expressions import Element, Expression, Reference, Rest, Truth
from tiza.blackboard.markup import Markup
from tiza.blackboard.symbols import Symbol
from tiza.blackboard.writing import Leaf, write
from tiza.exercises.parts import LOSSES
from tiza.exercises.request import Request

GIVEN_DIGITS = 12


def listed(equations: Sequence[str], markup: Markup) -> str:
    """Return formulas side by side, each but the last with a comma that stays with it."""
    comma = markup.operator(",").strip()
    return " ".join((*(markup.inline(one + comma) for one in equations[:-1]), markup.inline(equations[-1])))


def number_of(value: float, markup: Markup) -> str:
    """Return a given number as it is written."""
    return markup.number(significant(exact(value), GIVEN_DIGITS))


def equation(markup: Markup, name: str, value: str) -> str:
    """Return an equation as a formula."""
    return f"{name}{markup.operator('=')}{value}"


def formula(expression: Expression, markup: Markup, symbols: Mapping[Element, Symbol]) -> str:
    """Return a formula in a format."""

    def leaf(one: Reference | Rest | Truth) -> Leaf:
        assert isinstance(one, Reference)
        symbol = symbols[one.element]
        return Leaf(markup.symbol(symbol), derivative=bool(symbol.over))

    return write(expression, leaf, markup)


def loss_formula(
    request: Request,
    pairs: list[tuple[Element, Element]],
    symbol: Callable[[Element], Symbol],
    markup: Markup,
) -> str:
    """Return the formula of a loss for one sample.

    Args:
        request: which loss.
        pairs: output and target of each unit.
        symbol: how a quantity is written.
        markup: the format.
    """
    expression = LOSSES[request.loss].formula([(Reference(p), Reference(t)) for p, t in pairs])
    symbols = {one: symbol(one) for pair in pairs for one in pair}
    return formula(expression, markup, symbols)


def answer_number(value: Decimal, markup: Markup) -> str:
    """Return an answer with all the decimals that are asked for."""
    return markup.padded(value)
