"""What a lesson is: a slide's example with its numbers, what is wrong with it, and its notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from tiza.blackboard.board import Blackboard
from tiza.blackboard.notations import Profile, notation
from tiza.blackboard.slides import SlideLine, SlideRow, Verdict, Worksheet, slide_rows
from tiza.errors import ModelError, NameNotFoundError
from tiza.graph.primitive import unknown_name
from tiza.language import use_language
from tiza.lessons.calculation import Calculation
from tiza.lessons.course import Course
from tiza.lessons.network import Nested, Network, Row
from tiza.lessons.worked_calculation import calculation_board
from tiza.lessons.worksheets import calculation_worksheet, network_worksheet, printed_value
from tiza.models.model import Model

Subject: TypeAlias = Network | Calculation | None
Table: TypeAlias = tuple[str, str]
"""A heading and columns of text, in the current language."""


@dataclass(frozen=True)
class SlideValue:
    """A number of a slide.

    Attributes:
        name: what it is called.
        printed: as it is printed: a decimal number, or a formula such as `2*c`; empty if only words are.
        verdict: what it is expected to be.
        note: what is to be said about it, to be translated; `{own}`, `{exact}`, `{changed}` and `{plain}`
            stand for what the slide's own numbers give, the exact number, what comes out with the change, and
            the exact number in the course's own convention.
        against: the number that it is compared with, where the course's convention is not the usual one.
        changed: other values of given numbers, with which the slide's result comes out.
    """

    name: str
    printed: str = ""
    verdict: Verdict | None = None
    note: str = ""
    against: str = ""
    changed: Mapping[str, float] = field(default_factory=dict)


class Kind(StrEnum):
    """What is to be said about something that a slide states in words."""

    CORRECTION = "correction"
    CONVENTION = "convention"
    NOT_GIVEN = "not given"
    PICTURED = "pictured"


@dataclass(frozen=True)
class Statement:
    """Something that a slide says and that needs care.

    Attributes:
        said: what it says, in short, to be translated.
        right: what holds, to be translated.
        kind: whether it is wrong, one convention among several, cannot be recomputed, or is a picture
            that the lesson has numbers of its own for.
    """

    said: str
    right: str
    kind: Kind = Kind.CORRECTION


@dataclass(frozen=True)
class Lesson:
    """An example of a course.

    Attributes:
        name: what it is asked for by.
        course: where it comes from.
        title: what it shows, to be translated.
        introduction: a few sentences, to be translated.
        subject: a network, a calculation, or None where there is only something to be said.
        own_names: target, such as `dense.kernel[0,0]`, by the name that the slide gives a number.
        formulas: further numbers, by formulas of those before them; one may replace a number of the network
            by how the slide computes it.
        values: the slide's numbers, in its order.
        statements: what it says and needs care.
        target: the number that is explained if no other is asked for.
        update: whether it is explained up to its new value.
        measured: makes the table below the calculation, each time that it is shown.
    """

    name: str
    course: Course
    title: str
    introduction: str
    subject: Subject = None
    own_names: Mapping[str, str] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    values: tuple[SlideValue, ...] = ()
    statements: tuple[Statement, ...] = ()
    target: str = ""
    update: bool = False
    measured: Callable[[Lesson], Table] | None = None

    @property
    def network(self) -> Network:
        """The network.

        Raises:
            ModelError: the lesson has none.
        """
        if not isinstance(self.subject, Network):
            raise ModelError(
                f"lesson {self.name!r} has no network; `tiza lesson list` tells which lessons have one."
            )
        return self.subject

    def model(self) -> Model:
        """Return the network with the slide's weights and the course's conventions, a new one each time.

        Raises:
            ModelError: the lesson has no network.
        """
        return self.network.model()

    @property
    def x(self) -> tuple[Nested, ...]:
        """The inputs, `(samples, *input_shape)`."""
        return self.network.x

    @property
    def y(self) -> tuple[Row, ...]:
        """The targets, `(samples, outputs)`."""
        return self.network.y

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Target by name: the slide's names, their derivatives as `dE/dw1`, and new weights as `w1'`.

        In a calculation a number's target is its own name.
        """
        if not isinstance(self.subject, Network):
            return {name: name for name in self.sheet.elements} if self.subject else {}
        loss = self.course.loss
        found = dict(self.own_names)
        for name, target in self.own_names.items():
            if _is_weight(target, self.network):
                found[f"{name}'"] = f"new {target}"
            if _is_weight(target, self.network) or _is_unit(target, self.network):
                found[f"d{loss}/d{name}"] = f"grad {target}"
        return found

    def explain(
        self,
        target: str = "",
        language: str | None = None,
        *,
        update: bool | None = None,
        digits: int = 4,
        learning_rate: float | None = None,
        profile: Profile = None,
    ) -> Blackboard:
        """Return where a number of the network or the calculation comes from, in the course's notation.

        Args:
            target: a number by the slide's name or by the network's; the lesson's own if it is empty.
            language: `"en"` or `"es"`; None is the language in force when the board is shown.
            update: whether a weight is followed to its new value; None is as the slide does.
            digits: significant digits of the answer.
            learning_rate: the rate of the step; None is the slide's.
            profile: another notation; the slide's names stay, but for those of numbers that it names itself.

        Raises:
            ModelError: the lesson has no numbers, or an update is asked of what is no weight.
            NameNotFoundError: there is no such number; near names are listed.
        """
        asked = target or self.target
        writing = notation(self.course.notation if profile is None else profile)
        if self._is_calculated(asked):
            if update or learning_rate is not None:
                raise ModelError(
                    f"update: {asked} is no weight of a network and has no new value; leave update and "
                    "learning_rate out."
                )
            lines = self._calculated(asked, not target)
            return self._with_measured(calculation_board(self, lines, writing, digits, language), language)
        model = self.model()
        if learning_rate is not None:
            model.learning_rate = learning_rate
        own = {_in_letters(name): one for name, one in self.own_names.items()}
        board = model.explain(
            self.x,
            self.y,
            _in_letters(asked) if asked in self.names else asked,
            update=self.update and f"{asked}'" in self.names if update is None else update,
            digits=digits,
            language=language,
            profile=replace(writing, names={**own, **writing.names}),  # of two names the last is written
        )
        return self._with_measured(board, language)

    def _with_measured(self, board: Blackboard, language: str | None) -> Blackboard:
        """Return a board with the lesson's own table below its lines, if it has one."""
        if self.measured is None:
            return board
        with use_language(language) if language else nullcontext():
            return board.with_table(*self.measured(self))

    def _is_calculated(self, target: str) -> bool:
        """Return whether a number is worked out by formulas of the slide, not by a network."""
        own = target in self.formulas and target not in self.names
        return isinstance(self.subject, Calculation) or (isinstance(self.subject, Network) and own)

    def _calculated(self, target: str, whole: bool) -> list[str]:
        """Return the numbers that lead to one; of a whole calculation, all its lines.

        Raises:
            NameNotFoundError: there is no such number; near names are listed.
        """
        elements = self.sheet.elements
        if target not in elements:
            raise NameNotFoundError(unknown_name("target", target, elements))
        lines = self.subject.lines if isinstance(self.subject, Calculation) and whole else ()
        return [*(one for one in lines if one != target), target]

    @cached_property
    def sheet(self) -> Worksheet:
        """The lesson's numbers by name, with formulas and exact values.

        Raises:
            ModelError: the lesson has none.
        """
        if isinstance(self.subject, Calculation):
            return calculation_worksheet(self.subject, self.formulas)
        wanted = self._wanted()
        named = {name: target for name, target in self.names.items() if name in wanted}
        return network_worksheet(self.model(), self.x, self.y, named, self.formulas)

    def _wanted(self) -> set[str]:
        """Return the names that values and formulas may use: all but derivatives that nobody prints."""
        written = " ".join((*self.formulas.values(), *(one.printed for one in self.values)))
        printed = {one.name for one in self.values}
        return {name for name in self.names if name in self.own_names or name in printed or name in written}

    @cached_property
    def lines(self) -> tuple[SlideLine, ...]:
        """The slide's numbers as lines that can be judged."""
        return tuple(self._line(one) for one in self.values)

    @cached_property
    def rows(self) -> tuple[SlideRow, ...]:
        """The slide's numbers, judged."""
        return slide_rows(self.sheet, self.lines) if self.values else ()

    def slide_sheet(self) -> str:
        """Return the numbers and formulas that the slide prints as a student's sheet: lines `name = value`.

        Example:
            >>> from tiza.lessons.catalogue import find_lesson
            >>> print(find_lesson("neurona-sigmoide").slide_sheet())
            z = 7
            y = 0.999
        """
        return "\n".join(
            f"{one.name} = {re.sub(r'[{}]', '', one.printed)}" for one in self.values if one.printed
        )

    def count(self, verdict: Verdict) -> int:
        """Return how many of the slide's numbers are expected to be that."""
        return sum(one.verdict is verdict for one in self.values)

    def stated(self, kind: Kind) -> int:
        """Return how many of the slide's statements are of that kind."""
        return sum(one.kind is kind for one in self.statements)

    def _line(self, value: SlideValue) -> SlideLine:
        elements = self.sheet.elements
        number, decimals = printed_value(value.printed, self.sheet) if value.printed else (None, None)
        changed = {elements[name]: Decimal(str(one)) for name, one in value.changed.items()}
        against = elements[value.against] if value.against else None
        return SlideLine(value.name, elements[value.name], value.printed, number, decimals, against, changed)


def _in_letters(name: str) -> str:
    """Return a name as pages write it."""
    return name.replace("yhat", "ŷ")


def _is_weight(target: str, network: Network) -> bool:
    kind = target.partition("[")[0].rpartition(".")[2]
    return kind in network.trained


def _is_unit(target: str, network: Network) -> bool:
    """Return whether a number is one of a unit that the error passes; that of a softmax goes to z at once."""
    layer, _, kind = target.partition("[")[0].rpartition(".")
    counted = re.search(r"_(\d+)$", layer)
    number = int(counted[1]) if counted else 0
    return kind in _UNITS or (kind == "a" and network.layers[number].activation != "softmax")


_UNITS = frozenset({"z", "h", "c"})
"""What the error passes at any layer: sums, and the states of a recurrent one."""
