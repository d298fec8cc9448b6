"""An exercise: what is given, what is asked for, the right answers, and what mistakes would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from tiza.blackboard.board import Blackboard
from tiza.blackboard.expressions import Element
from tiza.blackboard.symbols import Symbol
from tiza.errors import ModelError
from tiza.exercises.making import Made, Template, made, places, template_of
from tiza.exercises.naming import typed_name
from tiza.exercises.parts import COUNT, STEPS
from tiza.exercises.problem import Array, Numbers, Problem
from tiza.exercises.request import Code, Request, read_code
from tiza.exercises.separation import Confusion, WrongNumber, rounded
from tiza.exercises.solution import solution_page
from tiza.exercises.step_problem import StepTemplate
from tiza.language import translate
from tiza.models.model import Model
from tiza.sheets.subject import Subject

MOST_VARIANTS = 200
_DIGITS_OF_COUNTS = 10


@dataclass(frozen=True)
class Answer:
    """A quantity that is asked for.

    Attributes:
        element: the quantity.
        symbol: how it is written.
        typed: how it can be typed: `dE/dw1`.
        value: the right number, rounded as the exercise asks.
    """

    element: Element
    symbol: Symbol
    typed: str
    value: Decimal


@dataclass(frozen=True)
class Exercise:
    """An exercise with its solution.

    Attributes:
        request: kind, network, parts and seed.
        variant: which one of the set it is, from 1.

    Example:
        >>> from tiza.exercises.request import requested
        >>> one = exercise(requested("forward", "2-2-1", seed=1), 1)
        >>> one.code
        'forward 2-2-1 tanh seed 1 variant 1 draw ...'
        >>> [answer.typed for answer in one.answers]
        ['z1', 'h1', 'z2', 'h2', 'yhat']
    """

    request: Request
    variant: int
    template: Template = field(repr=False, compare=False)
    made: Made = field(repr=False, compare=False)

    @property
    def code(self) -> str:
        """The text that it is found by again."""
        return str(Code(self.request, self.variant, self.made.draw))

    @property
    def kind(self) -> str:
        """What is asked for: `forward`, `backward`, `update`, `loss` or `count`."""
        return self.request.kind

    @property
    def seed(self) -> int:
        """What the numbers are drawn from."""
        return self.request.seed

    @property
    def problem(self) -> Problem:
        """The computation with its numbers."""
        return self.made.problem

    @property
    def numbers(self) -> Numbers:
        """The given numbers by name."""
        return self.made.numbers

    # the network

    @property
    def x(self) -> Array:
        """The inputs, `(1, in_features)`.

        Raises:
            ModelError: the exercise has no network.
        """
        return self._step_number("x")

    @property
    def y(self) -> Array:
        """The targets, `(1, outputs)`; raises as `x`."""
        return self._step_number("y")

    @property
    def learning_rate(self) -> float:
        """The rate of the step; raises as `x`."""
        return float(self._step_number("learning_rate"))

    @property
    def weights(self) -> Mapping[str, Array]:
        """Weights and biases by path; raises as `x`."""
        paths = self._steps.model.weight_paths
        return {path: self.numbers[path] for path in paths}

    def model(self) -> Model:
        """Return the network, compiled, with these weights; raises as `x`."""
        return self._steps.model_with(self.numbers)

    # what a sheet is judged against: `tz.check` takes an exercise as it takes a model

    @property
    def name(self) -> str:
        """The code, by which a sheet names it."""
        return self.code

    @property
    def naming(self) -> Mapping[str, str]:
        """Target by name, such as `w1` -> `dense.kernel[0,0]`; empty where there is no network."""
        return self.problem.naming

    def subject(self, data: Mapping[str, Any], learning_rate: float | None) -> Subject:
        """Return what the sheet is about.

        Raises:
            ModelError: the sheet gives data of its own.
        """
        given = [*data, *(["learning rate"] if learning_rate is not None else [])]
        if given:
            raise ModelError(
                f"{' and '.join(given)}: the exercise {self.name!r} has numbers of its own; "
                "leave them out of the header."
            )
        return self.problem.subject

    @property
    def _steps(self) -> StepTemplate:
        if not isinstance(self.template, StepTemplate):
            raise self._no_network()
        return self.template

    def _no_network(self) -> ModelError:
        return ModelError(
            f"exercise: {self.code!r} has no network with weights; the kinds {', '.join(STEPS)} have."
        )

    def _step_number(self, name: str) -> Array:
        if self.kind not in STEPS:
            raise self._no_network()
        return self.numbers[name]

    # answers

    @property
    def decimals(self) -> int:
        """Places that answers are rounded to."""
        return places(self.request)[0]

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """What is asked for, with the right numbers."""
        names = self.problem.names
        return tuple(
            Answer(
                element,
                names.symbol(element),
                typed_name(names.element(element)),
                rounded(self.problem.value(element), self.decimals),
            )
            for element in self.problem.asked
        )

    @cached_property
    def solution(self) -> Blackboard:
        """The lines that lead to all answers."""
        digits = _DIGITS_OF_COUNTS if self.kind == COUNT else self.decimals
        whole = isinstance(self.template, StepTemplate) and self.template.is_whole_step
        loss_after = self.problem.loss_after if whole else None
        return Blackboard(solution_page(self.problem, digits, loss_after))

    @property
    def wrong(self) -> tuple[WrongNumber, ...]:
        """What common mistakes give, each made where all numbers before are right."""
        return self.made.wrong

    @property
    def separated(self) -> int:
        """How many kinds of mistake give a number of their own."""
        confused = {one for pair in self.made.confusions for one in pair.mistakes}
        return len({one for wrong in self.wrong for one in wrong.mistakes} - confused)

    @property
    def confusions(self) -> tuple[Confusion, ...]:
        """Pairs of numbers that are equal by chance; none in nearly all exercises."""
        return self.made.confusions

    def sheet(self) -> str:
        """Return the right answers as a sheet that `tiza check` reads."""
        lines = [f"{one.typed} = {typed_number(one.value)}" for one in self.answers]
        return "\n".join((self.header, *lines)) + "\n"

    def blank_sheet(self) -> str:
        """Return the sheet that a student fills in."""
        lines = [f"{one.typed} = " for one in self.answers]
        return "\n".join((self.header, *lines)) + "\n"

    @property
    def header(self) -> str:
        """The first line of a sheet, in the current language: what `tiza check` finds the exercise by."""
        return translate("net = {code}", code=self.code)


def typed_number(value: Decimal) -> str:
    """Return a number as it is typed, with all the decimals that are asked for."""
    return f"{value:f}"


def exercise(request: Request, variant: int) -> Exercise:
    """Return one exercise: the same request and variant give the same numbers.

    Raises:
        ModelError: no numbers that are good to work with were found.
    """
    template = template_of(request)
    return Exercise(request, variant, template, made(template, Code(request, variant)))


def exercises(request: Request, count: int = 1) -> tuple[Exercise, ...]:
    """Return so many variants, all of them different.

    Raises:
        ModelError: `count` is out of range, or no numbers that are good to work with were found.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_VARIANTS:
        raise ModelError(f"count: got {count!r}, expected a whole number from 1 to {MOST_VARIANTS}.")
    template = template_of(request)
    return tuple(
        Exercise(request, variant, template, made(template, Code(request, variant)))
        for variant in range(1, count + 1)
    )


def exercise_of_code(code: str) -> Exercise:
    """Return the exercise of a code such as `forward 2-2-1 tanh seed 1 variant 7 draw 3`.

    With its draw a code gives the same numbers though more mistakes may be known by then.

    Raises:
        ModelError: it is no code, or something in it does not fit.
        NameNotFoundError: a name in it is not known.
    """
    found = read_code(code)
    template = template_of(found.request)
    return Exercise(found.request, found.variant, template, made(template, found))
