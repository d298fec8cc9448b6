"""What a student reads: the task, the problem with its numbers, room for the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tiza.blackboard.markup import Markup
from tiza.blackboard.symbols import Symbol
from tiza.exercises.blocks import Block, Code, Fields, Heading, Paragraph, Picture
from tiza.exercises.exercise import Exercise
from tiza.exercises.loss_problem import LossTemplate
from tiza.exercises.loss_statement import loss_statement
from tiza.exercises.parts import BACKWARD, COUNT, FORWARD, KINDS, LOSS, UPDATE
from tiza.exercises.step_problem import StepTemplate
from tiza.exercises.step_statement import step_statement
from tiza.language import translatable, translate

MOST_DRAWN_UNITS = 6
"""Where a layer has more units, layers are drawn as their numbers of units."""

_TASKS: Mapping[str, str] = {
    FORWARD: translatable(
        "Work out the output of this network, layer by layer: first the sum of each unit, then its "
        "activation."
    ),
    BACKWARD: translatable(
        "Work out the derivatives of {loss} with respect to all weights and biases: first forward, then back "
        "from the output."
    ),
    UPDATE: translatable(
        "Do one training step: forward, back, and at the end the new weights. All gradients come first; no "
        "weight changes before."
    ),
    LOSS: translatable("Work out the loss of each sample, and from these the loss {loss} of all of them."),
    COUNT: translatable(
        "How many parameters does this network have? Write down the sum for each layer: its weights and "
        "its biases."
    ),
}
_LAST_LAYER = translatable(
    "Do one training step with {optimizer}, for the weights of the last layer only: forward, back to these "
    "weights, and at the end their new values."
)


def statement(exercise: Exercise, markup: Markup, blank: bool = True) -> Iterator[Block]:
    """Yield the blocks of an exercise as a student gets it.

    Args:
        exercise: the exercise.
        markup: the format.
        blank: leave room for a name, for the answers, and say how they are handed in.
    """
    yield Heading(title(exercise, markup), 1)
    if blank:
        yield Fields((markup.sentence(translatable("Name")), markup.sentence(translatable("Date"))))
    yield Paragraph(_task(exercise, markup))
    yield from _given(exercise, markup)
    yield Paragraph(_rounding(exercise, markup))
    if blank:
        yield Heading(markup.sentence(translatable("Answers")))
        yield Fields(tuple(markup.inline(markup.symbol(one.symbol)) for one in exercise.answers))
        told = translatable(
            "To have it checked, hand in a text file that begins so, with a line of this kind for each "
            "answer:"
        )
        yield Paragraph(markup.sentence(told), soft=True)
        yield Code(f"{exercise.header}\n{exercise.answers[0].typed} = …")


def title(exercise: Exercise, markup: Markup) -> str:
    """Return an exercise's title."""
    return markup.sentence(
        translatable("Exercise {variant}: {kind}"),
        variant=str(exercise.variant),
        kind=markup.sentence(KINDS[exercise.kind]),
    )


def _task(exercise: Exercise, markup: Markup) -> str:
    template = exercise.template
    if isinstance(template, StepTemplate) and exercise.kind == UPDATE and not template.is_whole_step:
        return markup.sentence(_LAST_LAYER, optimizer=exercise.request.optimizer)
    loss = Symbol(exercise.problem.names.notation.loss)
    parts = {"loss": markup.inline(markup.symbol(loss))} if exercise.kind in (BACKWARD, LOSS) else {}
    return markup.sentence(_TASKS[exercise.kind], **parts)


def _rounding(exercise: Exercise, markup: Markup) -> str:
    if exercise.kind == COUNT:
        return markup.sentence(translatable("Show how each number comes about."))
    return markup.sentence(
        translatable(
            "Show how each number comes about, go on with all digits, and round what you write to {decimals} "
            "decimals."
        ),
        decimals=str(exercise.decimals),
    )


def _given(exercise: Exercise, markup: Markup) -> Iterator[Block]:
    match exercise.template:
        case StepTemplate() as template:
            yield from step_statement(exercise, template, markup)
        case LossTemplate() as template:
            yield from loss_statement(exercise, template, markup)
        case _:
            yield _picture_of_sizes(exercise)
            yield Paragraph(_counted(exercise, markup))


def _counted(exercise: Exercise, markup: Markup) -> str:
    """Return what is counted, and by which names."""
    told = markup.sentence(translatable("Layers are dense, and every unit after the inputs has a bias."))
    if len(exercise.answers) == 1:
        return told
    names = [markup.inline(markup.symbol(one.symbol)) for one in exercise.answers]
    further = translatable(
        "{first} counts the parameters between the inputs and the layer after them, and so on; {last} counts "
        "all."
    )
    return f"{told} {markup.sentence(further, first=names[0], last=names[-1])}"


def _picture_of_sizes(exercise: Exercise) -> Picture:
    sizes = [int(exercise.numbers[name]) for name in sorted(exercise.numbers)]
    few = max(sizes) <= MOST_DRAWN_UNITS
    layers = tuple(("",) * size if few else (str(size),) for size in sizes)
    told = translate("{sizes} units from input to output", sizes=" → ".join(map(str, sizes)))
    return Picture(layers, (), told)
