"""Outputs and targets whose loss is asked for, as a student gets them."""

from __future__ import annotations

from collections.abc import Iterator

from tiza.blackboard.markup import Markup
from tiza.exercises.blocks import Block, Paragraph, Table
from tiza.exercises.exercise import Exercise
from tiza.exercises.loss_problem import LossTemplate
from tiza.exercises.parts import LOSSES
from tiza.exercises.writing import equation, loss_formula, number_of
from tiza.language import translatable


def loss_statement(exercise: Exercise, template: LossTemplate, markup: Markup) -> Iterator[Block]:
    """Yield the samples, and how the loss of one is worked out."""
    names = exercise.problem.names
    elements = exercise.problem.subject.elements

    def symbol(name: str) -> str:
        return markup.symbol(names.symbol(elements[name]))

    rows = []
    for own, outputs, targets in zip(template.own, template.outputs, template.targets, strict=True):
        cells = [markup.inline(symbol(own))]
        for name in (*outputs, *targets):
            value = number_of(float(exercise.numbers[name]), markup)
            cells.append(markup.inline(equation(markup, symbol(name), value)))
        rows.append(tuple(cells))
    head = [markup.sentence(translatable("loss of the sample"))]
    outputs_head = [markup.sentence(translatable("output")) for _ in range(template.units)]
    targets_head = [markup.sentence(translatable("target")) for _ in range(template.units)]
    yield Table((*head, *outputs_head, *targets_head), tuple(rows))
    pairs = [
        (elements[output], elements[target])
        for output, target in zip(template.outputs[0], template.targets[0], strict=True)
    ]
    written = loss_formula(exercise.request, pairs, names.symbol, markup)
    told = translatable("Loss of the first sample: {formula}. {all}")
    mean = translatable("The loss of all is their mean.")
    added = translatable("The loss of all is their sum.")
    yield Paragraph(
        markup.sentence(
            told,
            formula=markup.inline(equation(markup, symbol(template.own[0]), written)),
            all=markup.sentence(added if LOSSES[exercise.request.loss].adds else mean),
        )
    )
