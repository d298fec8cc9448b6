"""Explaining one number of a network: from what a student asks for to the whole worked solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from tiza.blackboard.checking import difference_check
from tiza.blackboard.decimals import exact, number_text, significant
from tiza.blackboard.derivation import Derivation, about_weight, derive, section_of
from tiza.blackboard.expressions import Element, references
from tiza.blackboard.names import Names, quantity_name
from tiza.blackboard.setting import Setting, setting_of
from tiza.blackboard.steps import Definition, Given, Note, Page, Remark, Section, Step
from tiza.blackboard.targets import parse_target
from tiza.blackboard.text import expression_in_names, expression_in_numbers, page_text
from tiza.blackboard.working import Numbers, given_number, leading_digits_agree, worked_numbers
from tiza.errors import ModelError
from tiza.graph.node import Node
from tiza.graph.provenance import Role
from tiza.training.state import State
from tiza.training.trainer import Data, Trainer

FEW_NUMBERS = 8
"""Data of more numbers are not listed."""
MOST_ASKED_DIGITS = 10
LOSS_DIGITS = 12
"""Digits of the losses before and after a change, which may differ little."""


@dataclass(frozen=True)
class Question:
    """What is to be explained.

    Attributes:
        asked: the number that was asked for.
        root: the number whose line answers: the new weight, a gradient, or what was asked.
        gradient: the derivative of the loss with respect to the weight, where the question is about one.
    """

    asked: Element
    root: Element
    gradient: Element | None = None

    @property
    def is_update(self) -> bool:
        """Whether the answer is a weight's new value."""
        return self.root not in (self.asked, self.gradient)


def explain(
    trainer: Trainer,
    state: State,
    data: Data,
    target: str,
    update: bool = False,
    digits: int = 4,
    learning_rate: float | None = None,
) -> str:
    """Return where a number comes from, as text in the current language.

    Args:
        trainer: network, loss and optimizer.
        state: weights and what else training keeps.
        data: the batch.
        target: a quantity and an index, such as `dense_1.kernel[3,2]`, `dense.z[0]`, `dense.delta[0]`;
            or `loss`.
        update: for a weight, go on to its new value after one step of the optimizer.
        digits: significant digits of the answer, from 1 to 10; the lines have two more, or more if needed.
        learning_rate: the rate of that step; None is the optimizer's.

    Raises:
        NameNotFoundError: there is no such quantity; near ones are suggested.
        ShapeError: the index is missing or out of range.
        ModelError: `update` is asked of what is no trained weight, or `digits` is out of range.

    Example:
        >>> import tiza as tz
        >>> from tiza.language import use_language
        >>> model = tz.Sequential(
        ...     [tz.Input((1,)), tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")]
        ... )
        >>> model.compile(tz.optimizers.SGD(0.1), "quadratic")
        >>> with use_language("en"):
        ...     print(model.explain([2.0], [1.0], "dense.z[0]"))
        What is dense.z[0]?    dense.z[0] = 2
        ...
        1. Forward
         [1] dense.z[0] = x[0]·dense.kernel[0,0] = 2·1 = 2
    """
    rate = trainer.optimizer.initial_learning_rate if learning_rate is None else learning_rate
    return page_text(explanation(trainer, state, data, target, update, digits, rate))


def explanation(
    trainer: Trainer, state: State, data: Data, target: str, update: bool, digits: int, learning_rate: float
) -> Page:
    """Return the worked solution as records; `explain` says what the arguments are."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_ASKED_DIGITS:
        raise ModelError(f"digits: got {digits!r}, expected a whole number from 1 to {MOST_ASKED_DIGITS}.")
    setting = setting_of(trainer, state, data, learning_rate)
    question = read_question(target, update, setting.plan.names)
    roots = [question.root]
    if question.gradient is not None:
        roots.append(question.gradient)
    if section_of(question.root.node.provenance) >= Section.BACKWARD or about_weight(
        question.asked.node.provenance
    ):
        roots.append(Element(setting.plan.loss_node, ()))
    roots = list(dict.fromkeys(roots))
    values = setting.record([one.node for one in roots])
    derivation = derive(roots, values)
    return _page(setting, question, values, derivation, digits)


def read_question(target: str, update: bool, names: Names) -> Question:
    """Return what is asked for: a weight is explained by its gradient, or by its update.

    Raises:
        ModelError: `update` is asked of what is no trained weight.
    """
    asked = parse_target(target, names)
    about = asked.node.provenance
    if about.role is Role.UPDATE and about.of is not None and about.name == "new":
        weight = next(node for node in names.of if node.provenance == about.of)
        asked, about, update = Element(weight, asked.index), about.of, True
    if about.role is not Role.PARAMETER:
        if update:
            raise ModelError(
                f"update: {names.element(asked)} is no weight and has no new value; "
                "ask for a weight, such as dense.kernel[0,0], or leave update out."
            )
        return Question(asked, asked, asked if about.role is Role.GRADIENT and about_weight(about) else None)
    name = quantity_name(about)
    slope, new = names.nodes.get(f"grad {name}"), names.nodes.get(f"new {name}")
    gradient = None if slope is None else Element(slope, asked.index)
    if not update:
        return Question(asked, gradient or asked, gradient)
    if new is None:
        raise ModelError(f"update: {name} is not trained, so it has no new value; leave update out.")
    return Question(asked, Element(new, asked.index), gradient)


def _page(
    setting: Setting, question: Question, values: Mapping[Node, Any], derivation: Derivation, digits: int
) -> Page:
    names = _with_own_lines(setting.plan.names, derivation.definitions)
    strict = [one for one in (question.root, question.gradient) if one is not None]
    numbers, working = worked_numbers(derivation.definitions, values, digits, strict, setting.stored)
    for one in (question.asked, question.root):
        numbers.setdefault(one, given_number(_float(values, one), working, setting.stored))
    steps = _steps(names, derivation.definitions, numbers, values, digits)
    loss = Element(setting.plan.loss_node, ())
    answer = numbers[question.root]
    gradient = question.gradient
    weight = _weight(question, names)
    return Page(
        quantity=names.element(question.asked),
        answer=answer.value,
        answer_exact=answer.exact,
        old=numbers[question.asked].value if question.is_update else None,
        gradient=(names.element(gradient), numbers[gradient].value) if gradient else None,
        exact_answer=exact(_float(values, question.root)),
        digits=digits,
        working=working,
        samples=names.rows,
        loss=loss.node.provenance.note,
        data=_data(setting, names, derivation.definitions, values, working),
        features=_features(setting),
        path=_path(names, derivation.on_path) if gradient else (),
        steps=steps,
        given=_given(names, derivation.definitions, numbers),
        check=None
        if weight is None or gradient is None
        else difference_check(
            setting, weight, names.element(weight), _float(values, weight), _float(values, gradient)
        ),
        loss_before=_loss_text(_float(values, loss)) if question.is_update else None,
        loss_after=_loss_after(setting, question, values),
    )


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
    asked = question.asked
    if asked.node.provenance.role is Role.PARAMETER:
        return asked
    if question.gradient is None:
        return None
    of = question.gradient.node.provenance.of
    return next((Element(node, asked.index) for node in names.of if node.provenance == of), None)


def _steps(
    names: Names,
    definitions: Sequence[Definition],
    numbers: Numbers,
    values: Mapping[Node, Any],
    digits: int,
) -> tuple[Step, ...]:
    steps = []
    for at, definition in enumerate(definitions, 1):
        printed = numbers[definition.element]
        notes = [_note(one, names) for one in definition.remarks]
        value = _float(values, definition.element)
        if not leading_digits_agree(printed.value, value, digits):
            notes.append(Note("float64", number_text(significant(exact(value), digits))))
        steps.append(
            Step(
                at,
                names.element(definition.element),
                definition,
                expression_in_names(definition.expression, names),
                expression_in_numbers(definition.expression, numbers),
                printed.terms,
                printed.value,
                printed.exact,
                tuple(dict.fromkeys(notes)),
            )
        )
    return tuple(steps)


def _note(remark: Remark, names: Names) -> Note:
    if remark.expression is None:
        return Note(remark.kind, remark.text)
    return Note(remark.kind, expression_in_names(remark.expression, names))


def _given(names: Names, definitions: Sequence[Definition], numbers: Numbers) -> tuple[Given, ...]:
    own = {one.element for one in definitions}
    used = dict.fromkeys(one for line in definitions for one in references(line.expression))
    return tuple(
        Given(names.element(one), one, numbers[one].value, numbers[one].exact)
        for one in used
        if one not in own
    )


def _data(
    setting: Setting,
    names: Names,
    definitions: Sequence[Definition],
    values: Mapping[Node, Any],
    working: int,
) -> tuple[Given, ...]:
    """Return the features, and the targets and scalars that the lines use, where they are few numbers."""
    used = {one.node for line in definitions for one in references(line.expression)}
    targets = any(line.section >= Section.LOSS for line in definitions)
    listed = []
    for node in setting.plan.step.inputs:
        role = node.provenance.role
        shown = (
            role is Role.INPUT or (role is Role.TARGET and targets) or (role is Role.SCALAR and node in used)
        )
        if shown and node.tensor_type.size <= FEW_NUMBERS:
            for index in np.ndindex(node.tensor_type.shape):
                element = Element(node, tuple(index))
                printed = given_number(_float(values, element), working, setting.stored)
                listed.append(Given(names.of[node], element, printed.value, printed.exact))
    return tuple(listed)


def _features(setting: Setting) -> int:
    return next(
        one.tensor_type.size // one.tensor_type.shape[0]
        for one in setting.plan.step.inputs
        if one.provenance.role is Role.INPUT
    )


def _path(names: Names, on_path: Sequence[Element]) -> tuple[tuple[str, ...], ...]:
    """Return the names on the way from the weight to the loss, those of one quantity together."""
    groups: dict[Node, list[str]] = {}
    for element in on_path:
        groups.setdefault(element.node, []).append(names.element(element))
    return tuple(tuple(group) for group in groups.values())


def _loss_text(loss: float) -> Decimal:
    return significant(exact(loss), LOSS_DIGITS)


def _loss_after(setting: Setting, question: Question, values: Mapping[Node, Any]) -> Decimal | None:
    """Return the loss if only the weight in question takes its new value."""
    if not question.is_update:
        return None
    asked = question.asked
    return _loss_text(setting.loss_with(asked.node, asked.index, _float(values, question.root)))
