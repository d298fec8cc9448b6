"""The whole solution of an exercise on one blackboard, written as a textbook writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from tiza.blackboard.decimals import exact, significant
from tiza.blackboard.derivation import section_of
from tiza.blackboard.explanation import LOSS_DIGITS
from tiza.blackboard.expressions import Element, references
from tiza.blackboard.names import Names
from tiza.blackboard.steps import Definition, Page, Section, Step
from tiza.blackboard.working import given_number, worked_numbers
from tiza.exercises.problem import Problem
from tiza.graph.provenance import Role


def solution_page(problem: Problem, digits: int, loss_after: float | None = None) -> Page:
    """Return the lines that lead to everything that is asked for.

    Args:
        problem: the problem.
        digits: significant digits; the lines have two more, or more where needed.
        loss_after: the loss with all new weights, where those are asked for.
    """
    definitions = sorted(_definitions(problem), key=lambda one: one.section)
    values = problem.formulas.values
    numbers, working = worked_numbers(definitions, values, digits, problem.asked, problem.subject.stored)
    own = {one.element for one in definitions}
    used = dict.fromkeys(one for line in definitions for one in references(line.expression))
    given = tuple(one for one in used if one not in own)
    data = tuple(_data(problem, given))
    for one in data:
        numbers.setdefault(one, given_number(problem.value(one), working, problem.subject.stored))
    steps = (Step(at, one, numbers[one.element], one.remarks) for at, one in enumerate(definitions, 1))
    root = problem.asked[-1]
    loss = problem.subject.loss
    is_step = loss_after is not None and loss is not None
    if is_step:
        assert loss is not None
        root = Element(loss, ())
    return Page(
        names=_with_own_lines(problem.names, definitions),
        numbers=numbers,
        asked=root,
        root=root,
        gradient=None,
        is_step=is_step,
        exact_answer=exact(problem.value(root)),
        digits=digits,
        working=working,
        samples=1,
        loss="",
        data=data,
        features=0,
        path=(),
        steps=tuple(steps),
        given=given,
        check=None,
        loss_before=_loss(problem.value(root)) if is_step else None,
        loss_after=_loss(loss_after) if loss_after is not None and is_step else None,
    )


def _data(problem: Problem, given: Sequence[Element]) -> Iterator[Element]:
    """Yield the features, and what else the lines use besides weights."""
    used = {one.node for one in given}
    for node in problem.subject.graph.inputs:
        role = node.provenance.role
        if role is Role.INPUT or (node in used and role in (Role.TARGET, Role.SCALAR)):
            yield from (Element(node, tuple(index)) for index in np.ndindex(node.tensor_type.shape))


def _loss(value: float) -> Decimal:
    return significant(exact(value), LOSS_DIGITS)


def _definitions(problem: Problem) -> Iterator[Definition]:
    seen: set[Element] = set()
    for asked in problem.asked:
        for element, expression in problem.world.calculation(asked).steps.items():
            if element not in seen:
                seen.add(element)
                yield Definition(element, _section(problem, element), expression)


def _section(problem: Problem, element: Element) -> Section:
    """Return the part where a quantity is worked out; one without a name belongs to what it is made of."""
    if element.node in problem.names.of:
        return section_of(element.node.provenance)
    used = problem.world.references(element)
    return max((_section(problem, one) for one in used), default=Section.FORWARD)


def _with_own_lines(names: Names, definitions: list[Definition]) -> Names:
    unnamed = [one.element for one in definitions if one.element.node not in names.of]
    return replace(names, lines={one: f"S{at}" for at, one in enumerate(unnamed, 1)})
