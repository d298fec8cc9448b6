"""Worksheets of lessons: the numbers of a network or a calculation by the slide's names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from tiza.blackboard.decimals import exact
from tiza.blackboard.slides import Worksheet
from tiza.blackboard.targets import parse_target
from tiza.engines.reference.evaluation import record
from tiza.graph.graph import Graph
from tiza.graph.node import INPUT, topological_order
from tiza.lessons.calculation import Calculation, elements_of, formula_with, with_formulas
from tiza.lessons.network import Nested, Row
from tiza.models.model import Model

_DECIMAL = re.compile(r"-?\d*\.?\d+")


def network_worksheet(
    model: Model,
    x: Sequence[Nested],
    y: Sequence[Row],
    targets: Mapping[str, str],
    formulas: Mapping[str, str],
) -> Worksheet:
    """Return the numbers of one step of a network by name.

    Args:
        model: the network.
        x: inputs, `(samples, *input_shape)`.
        y: targets, `(samples, outputs)`.
        targets: target, such as `dense.z[0]`, by name.
        formulas: formula of further numbers, by name.

    Raises:
        NameNotFoundError: the network has no such number.
    """
    setting = model.setting(np.array(x), np.array(y))
    named = {name: parse_target(target, setting.plan.names) for name, target in targets.items()}
    elements = with_formulas(named, formulas)
    return Worksheet(elements, setting.record(tuple(dict.fromkeys(one.node for one in elements.values()))))


def calculation_worksheet(calculation: Calculation, formulas: Mapping[str, str]) -> Worksheet:
    """Return the numbers of a calculation by name."""
    inputs, named = elements_of(calculation)
    elements = with_formulas(named, formulas)
    outputs = tuple(dict.fromkeys(one.node for one in elements.values()))
    given = [np.asarray(one, "float64") for one in calculation.given.values()]
    return Worksheet(elements, record(Graph(inputs, outputs), given))


def printed_value(text: str, sheet: Worksheet) -> tuple[Decimal, int | None]:
    """Return a printed number and its decimals; of a formula its value and None."""
    if _DECIMAL.fullmatch(text):
        number = Decimal(text)
        return number, max(0, -int(number.as_tuple().exponent))
    line = formula_with(text, sheet.elements)
    inputs = tuple(one for one in topological_order((line.node,)) if one.primitive is INPUT)
    values = record(Graph(inputs, (line.node,)), [sheet.values[one] for one in inputs])
    return exact(float(np.asarray(values[line.node]))), None
