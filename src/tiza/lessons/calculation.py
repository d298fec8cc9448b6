"""A slide's calculation without a network, as data: given numbers, and a formula a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tiza.blackboard.expressions import Element
from tiza.calculus.emission import renamed
from tiza.calculus.expression import parse_expression
from tiza.calculus.reverse import cotangents
from tiza.errors import NameNotFoundError
from tiza.graph.node import Node, input_node
from tiza.graph.primitive import unknown_name
from tiza.graph.provenance import Provenance, Role
from tiza.graph.tensor import Tensor, constant
from tiza.graph.tensor_type import tensor_type

_BRACED = re.compile(r"\{([^{}]+)\}")
_NUMBER = tensor_type(0.0)


@dataclass(frozen=True)
class Calculation:
    """Given numbers, and lines that are computed from them and from one another.

    Attributes:
        given: number by name.
        lines: formula by name, in order; a name that is none in formulas stands in braces: `{dL/dy}`.
        derived: the line whose derivatives by the given numbers are quantities too; empty if none is.
        letter: the letter that those derivatives have: `f` for df/dx1.
    """

    given: Mapping[str, float]
    lines: Mapping[str, str]
    derived: str = ""
    letter: str = "f"


def formula_with(text: str, named: Mapping[str, Element]) -> Tensor:
    """Return a formula applied to numbers of a graph.

    Raises:
        ExpressionError: it is no formula.
        NameNotFoundError: it has a name that is not known.
    """
    braced: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        return braced.setdefault(match[1], f"braced{len(braced) + 1}")

    expression = parse_expression(_BRACED.sub(plain, text))
    own = {short: name for name, short in braced.items()}
    return expression(*(_tensor(own.get(name, name), named) for name in expression.names))


def _tensor(name: str, named: Mapping[str, Element]) -> Tensor:
    if name not in named:
        raise NameNotFoundError(unknown_name("formula", name, named))
    element = named[name]
    whole = Tensor(element.node)
    return whole[element.index] if element.index else whole


def with_formulas(named: Mapping[str, Element], formulas: Mapping[str, str]) -> dict[str, Element]:
    """Return numbers by name, with those that formulas make of them; a formula may use those before it."""
    found = dict(named)
    for name, text in formulas.items():
        line = renamed(formula_with(text, found), Provenance(role=Role.ACTIVATION, name=name))
        found[name] = Element(line.node, ())
    return found


def elements_of(calculation: Calculation) -> tuple[tuple[Node, ...], dict[str, Element]]:
    """Return the inputs of a calculation's graph, and its numbers by name, derivatives too."""
    inputs = {
        name: input_node(name, _NUMBER, Provenance(role=Role.INPUT, name=name)) for name in calculation.given
    }
    named = with_formulas({name: Element(node, ()) for name, node in inputs.items()}, calculation.lines)
    if calculation.derived:
        output = named[calculation.derived].node
        slopes = cotangents((output,), (constant(1.0),), tuple(inputs.values()))
        for name, slope in zip(inputs, slopes, strict=True):
            if slope is not None:
                named[f"d{calculation.letter}/d{name}"] = Element(slope.node, ())
    return tuple(inputs.values()), named
