"""Explaining one number of a network: from what a student asks for to the whole worked solution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from tiza.blackboard.board import Blackboard
from tiza.blackboard.checking import difference_check
from tiza.blackboard.decimals import exact, significant
from tiza.blackboard.derivation import MOST_LINES, MOST_LINES_THROUGH_TIME, Derivation, derive
from tiza.blackboard.expressions import Element, Expression, Number, references
from tiza.blackboard.names import Names, in_notation
from tiza.blackboard.notation import DEFAULT, Notation
from tiza.blackboard.question import Question, new_weights, read_question
from tiza.blackboard.rounding import checked_decimals, rounded_table
from tiza.blackboard.setting import Setting, setting_of
from tiza.blackboard.steps import Definition, Numbers, Page, Remark, Section, Step
from tiza.blackboard.targets import named_numbers
from tiza.blackboard.teaching import lessons_of
from tiza.blackboard.textbook import short_textbook_formulas
from tiza.blackboard.through_time import through_time
from tiza.blackboard.working import given_number, leading_digits_agree, worked_numbers
from tiza.errors import EvaluationError
from tiza.graph.node import Node, topological_order
from tiza.graph.provenance import Role
from tiza.language import current_language, translate_plural, use_language
from tiza.nn.checks import whole_number
from tiza.training.state import State
from tiza.training.trainer import Data, Trainer

FEW_NUMBERS = 8
"""Data of more numbers are not listed."""
MOST_ASKED_DIGITS = 10
MOST_LINES_OF_A_STEP = 1000
"""Lines of the page of a whole step."""
LOSS_DIGITS = 12
"""Digits of the losses before and after a change, which may differ little."""


def explain(
    trainer: Trainer,
    state: State,
    data: Data,
    target: str,
    update: bool = False,
    digits: int = 4,
    learning_rate: float | None = None,
    notation: Notation = DEFAULT,
    language: str | None = None,
    slide: int | None = None,
) -> Blackboard:
    """Return where a number comes from.

    Args:
        trainer: network, loss and optimizer.
        state: weights and what else training keeps.
        data: the batch.
        target: a quantity and an index, such as `dense_1.kernel[3,2]`, `dense.z[0]`, `dense.delta[0]`;
            or `loss`.
        update: for a weight, go on to its new value after one step of the optimizer.
        digits: significant digits of the answer, from 1 to 10; the lines have two more, or more if needed.
        learning_rate: the rate of that step; None is the optimizer's.
        notation: how quantities are written, and may be asked for.
        language: the language to show it in; None is the one in force when it is shown.
        slide: decimals that every line is rounded to in a table of what that costs; None is no such table.

    Raises:
        NameNotFoundError: there is no such quantity; near ones are suggested.
        ShapeError: the index is missing or out of range.
        ModelError: `update` is asked of what is no trained weight, or `digits` is out of range.
        EvaluationError: a number that the answer needs is nan.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential(
        ...     [tz.Input((1,)), tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
        ... )
        >>> model.compile(tz.optimizers.SGD(0.1), "quadratic")
        >>> print(model.explain([2.0], [1.0], "dense.z[0]", language="en"))
        What is dense.z[0]?    dense.z[0] = 2
        ...
        1. Forward
         [1] dense.z[0] = x[0]·dense.kernel[0,0] = 2·1 = 2
    """
    rate = trainer.optimizer.initial_learning_rate if learning_rate is None else learning_rate
    setting = setting_of(trainer, state, data, rate)
    page, values = worked_page(setting, target, update, digits, notation)
    board = Blackboard(page, language)
    if slide is None:
        return board
    decimals = checked_decimals(slide)
    with use_language(language or current_language()):
        heading = translate_plural(
            "If every line is rounded to {count} decimal: what it costs",
            "If every line is rounded to {count} decimals: what it costs",
            decimals,
        )
        return board.with_table(heading, rounded_table(page, values, decimals))


def explanation(
    setting: Setting, target: str, update: bool, digits: int, notation: Notation = DEFAULT
) -> Page:
    """Return the worked solution as records; `explain` says what the arguments are."""
    return worked_page(setting, target, update, digits, notation)[0]


def worked_page(
    setting: Setting, target: str, update: bool, digits: int, notation: Notation
) -> tuple[Page, Mapping[Node, Any]]:
    """Return the worked solution, and the value of every node that it was made from."""
    digits = whole_number("digits", digits, below=MOST_ASKED_DIGITS + 1)
    names = named_numbers(in_notation(setting.plan.names, notation))
    loss = Element(setting.plan.loss_node, ())
    question = read_question(target, update, names, loss)
    if question.is_step:
        values = setting.record(setting.plan.step.outputs)
        roots, most = [loss, *new_weights(names, values)], MOST_LINES_OF_A_STEP
    else:
        roots, most = question.roots(loss), MOST_LINES
        values = setting.record([*(one.node for one in roots), *setting.plan.outputs])
    derivation = _lines(roots, values, most, short_textbook_formulas(loss.node, names.of, values))
    if not setting.plan.names.rows:
        derivation = _as_value(derivation)
    return _page(setting, names, question, values, derivation, digits), values


def _lines(
    roots: Sequence[Element], values: Mapping[Node, Any], most: int, textbook: Mapping[Element, Expression]
) -> Derivation:
    """Return the lines that an answer needs; a few steps of a recurrence may have more than other pages."""
    if any(node.provenance.time is not None for node in values):
        whole = derive(roots, values, max(most, MOST_LINES_THROUGH_TIME), textbook)
        if len(whole.definitions) < MOST_LINES_THROUGH_TIME:
            return whole
    return derive(roots, values, most, textbook)


def _page(
    setting: Setting,
    names: Names,
    question: Question,
    values: Mapping[Node, Any],
    derivation: Derivation,
    digits: int,
) -> Page:
    names = _with_own_lines(names, derivation.definitions)
    _check_numbers(names, derivation.definitions, values)
    strict = [one for one in (question.root, question.gradient) if one is not None]
    numbers, working = worked_numbers(derivation.definitions, values, digits, strict, setting.stored)
    data = _data(setting, derivation.definitions)
    for one in (question.asked, question.root, *data):
        numbers.setdefault(one, given_number(_float(values, one), working, setting.stored))
    loss = Element(setting.plan.loss_node, ())
    gradient = question.gradient
    weight = _weight(question, names)
    return Page(
        names=names,
        numbers=numbers,
        asked=question.asked,
        root=question.root,
        gradient=gradient,
        is_step=question.is_step,
        exact_answer=exact(_float(values, question.root)),
        digits=digits,
        working=working,
        samples=names.rows,
        loss=loss.node.provenance.note if _reaches_loss(derivation.definitions) else "",
        data=data,
        features=_features(setting),
        path=_path(derivation.on_path, names.about(gradient), loss.node) if gradient else (),
        through_time=through_time(loss.node, gradient, derivation.on_path, names, values, digits),
        steps=_steps(derivation.definitions, numbers, values, digits, not question.is_step),
        given=_given(derivation.definitions),
        check=None
        if weight is None or gradient is None
        else difference_check(setting, weight, _float(values, weight), _float(values, gradient)),
        loss_before=_loss_text(_float(values, loss)) if question.is_update or question.is_step else None,
        loss_after=_loss_after(setting, question, values),
        differs_in_use=setting.plan.differs_in_use,
    )


def _check_numbers(names: Names, definitions: Sequence[Definition], values: Mapping[Node, Any]) -> None:
    """Check that every line has a number, which may be infinite.

    Raises:
        EvaluationError: one has none, such as 0/0; it is named.
    """
    for one in definitions:
        if math.isnan(_float(values, one.element)):
            raise EvaluationError(
                f"{names.symbol(one.element)} is no number (nan), such as 0/0 or ∞ − ∞; ask for what it is "
                "made of, or change the data or the weights."
            )


def _as_value(derivation: Derivation) -> Derivation:
    """Return the lines of a function: what is derived is its value, no loss."""
    lines = (
        replace(one, section=Section.FORWARD) if one.section is Section.LOSS else one
        for one in derivation.definitions
    )
    return replace(derivation, definitions=tuple(lines))


def _float(values: Mapping[Node, Any], element: Element) -> float:
    return float(values[element.node][element.index])


def _with_own_lines(names: Names, definitions: Sequence[Definition]) -> Names:
    """Return names that have one for each unnamed line, too: S1, S2 ..."""
    lines = [one.element for one in definitions]
    used = [one for definition in definitions for one in references(definition.expression)]
    unnamed = [one for one in dict.fromkeys((*lines, *used)) if one.node not in names.of]
    return replace(names, lines={one: f"S{at}" for at, one in enumerate(unnamed, 1)})


def _weight(question: Question, names: Names) -> Element | None:
    """Return the weight that the question is about, if it is about one."""
    if question.asked.node.provenance.role is Role.PARAMETER:
        return question.asked
    return None if question.gradient is None else names.about(question.gradient)


def _steps(
    definitions: Sequence[Definition],
    numbers: Numbers,
    values: Mapping[Node, Any],
    digits: int,
    teaches: bool,
) -> tuple[Step, ...]:
    steps = []
    for at, definition in enumerate(definitions, 1):
        printed = numbers[definition.element]
        remarks = [*definition.remarks, *(lessons_of(definition) if teaches else ())]
        value = _float(values, definition.element)
        vanishes = not printed.value and not printed.exact
        if vanishes or not leading_digits_agree(printed.value, value, digits):
            remarks.append(Remark("float64", Number(significant(exact(value), digits))))
        steps.append(Step(at, definition, printed, tuple(dict.fromkeys(remarks))))
    return tuple(steps)


def _given(definitions: Sequence[Definition]) -> tuple[Element, ...]:
    own = {one.element for one in definitions}
    used = dict.fromkeys(one for line in definitions for one in references(line.expression))
    return tuple(one for one in used if one not in own)


def _data(setting: Setting, definitions: Sequence[Definition]) -> tuple[Element, ...]:
    """Return the features, and the targets and scalars that the lines use, where they are few numbers."""
    used = {one.node for line in definitions for one in references(line.expression)}
    targets = _reaches_loss(definitions)
    listed: list[Element] = []
    inputs = sorted(setting.plan.step.inputs, key=lambda node: node.provenance.role is Role.STATE)
    for node in inputs:
        role = node.provenance.role
        shown = (
            role is Role.INPUT
            or (role is Role.TARGET and targets)
            or (role is Role.SCALAR and node in used)
            or (role is Role.STATE and not node.provenance.layer and node in used)
        )
        if shown and node.tensor_type.size <= FEW_NUMBERS:
            listed.extend(Element(node, tuple(index)) for index in np.ndindex(node.tensor_type.shape))
    return tuple(listed)


def _reaches_loss(definitions: Sequence[Definition]) -> bool:
    """Return whether lines work the loss, or what it depends on."""
    return any(line.section in (Section.LOSS, Section.BACKWARD) for line in definitions)


def _features(setting: Setting) -> int:
    """Return how many numbers a sample has; 0 if there are no samples."""
    rows = setting.plan.names.rows
    if not rows:
        return 0
    features = (one for one in setting.plan.step.inputs if one.provenance.role is Role.INPUT)
    return next(features).tensor_type.size // rows


def _path(on_path: Sequence[Element], start: Element | None, loss: Node) -> tuple[tuple[Element, ...], ...]:
    """Return what lies on the way from `start` to the loss, elements of one quantity together."""
    if start is None:
        return ()
    reached = {start.node: 0}
    for at, node in enumerate(topological_order((loss,)), 1):
        if not reached.keys().isdisjoint(node.inputs):
            reached[node] = at
    groups: dict[Node, list[Element]] = {}
    for element in on_path:
        if element == start or (element.node in reached and element.node is not start.node):
            groups.setdefault(element.node, []).append(element)
    return tuple(tuple(groups[node]) for node in sorted(groups, key=lambda node: reached[node]))


def _loss_text(loss: float) -> Decimal:
    return significant(exact(loss), LOSS_DIGITS)


def _loss_after(setting: Setting, question: Question, values: Mapping[Node, Any]) -> Decimal | None:
    """Return the loss if only the weight in question takes its new value."""
    if question.is_step:
        return _loss_text(setting.loss_after_step())
    if not question.is_update:
        return None
    asked = question.asked
    return _loss_text(setting.loss_with(asked.node, asked.index, _float(values, question.root)))
