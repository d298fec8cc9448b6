"""Exercises made: candidates are drawn from the seed, and the first that separates the causes is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Protocol

from tiza.data.random import Stream
from tiza.errors import ModelError
from tiza.exercises.count_problem import CountTemplate
from tiza.exercises.drawing import Draw
from tiza.exercises.loss_problem import LossTemplate
from tiza.exercises.parts import COUNT, LOSS
from tiza.exercises.problem import Numbers, Problem
from tiza.exercises.request import MOST_DRAWN, Code, Request
from tiza.exercises.separation import APART, Confusion, Separation, WrongNumber
from tiza.exercises.step_problem import StepTemplate

MOST_TRIED = 300
"""Friendly ones whose mistakes are worked out."""
_MANY = 10**6


class Template(Protocol):
    """A problem without its numbers."""

    def draw(self, draw: Draw, variant: int, attempt: int) -> Numbers:
        """Return numbers; each attempt at a variant has others."""

    def problem(self, numbers: Numbers) -> Problem:
        """Return the problem with its numbers."""

    def beside(self, numbers: Numbers, draw: Draw) -> Problem:
        """Return the problem with every number moved a little."""

    def is_friendly(self, problem: Problem) -> bool:
        """Return whether the numbers are good to work with."""


@dataclass(frozen=True)
class Made:
    """A problem that was found.

    Attributes:
        draw: which candidate it is.
        numbers: its numbers.
        problem: it.
        separation: what common mistakes give.
    """

    draw: int
    numbers: Numbers
    problem: Problem
    separation: Separation

    @cached_property
    def wrong(self) -> tuple[WrongNumber, ...]:
        """What common mistakes give."""
        return self.separation.wrong_numbers()

    @cached_property
    def confusions(self) -> tuple[Confusion, ...]:
        """The numbers that chance has made equal, where no candidate was without."""
        return tuple(self.separation.confusions())


def made(template: Template, code: Code) -> Made:
    """Return the problem of a code.

    Raises:
        ModelError: no candidate has numbers that are good to work with.
    """
    request = code.request
    stream = Stream.of(request.seed, request.code).fold_in(code.variant % 2**32)
    if code.draw is not None:
        return _candidate(template, code, stream, code.draw)
    best, fewest, tried = None, _MANY, 0
    for draw in range(MOST_DRAWN):
        candidate = _candidate(template, code, stream, draw)
        if not template.is_friendly(candidate.problem):
            continue
        confusions = sum(1 for _ in islice(candidate.separation.confusions(), fewest))
        if confusions < fewest:
            fewest, best = confusions, candidate
        tried += 1
        if not fewest or tried == MOST_TRIED:
            break
    if best is None:
        raise ModelError(
            f"net: no numbers that are good to work with were found for {code.request.code}; "
            "take a smaller network, another activation or more decimals."
        )
    return best


def _candidate(template: Template, code: Code, stream: Stream, draw: int) -> Made:
    numbers = template.draw(Draw(stream.fold_in(0, draw)), code.variant, draw)
    problem = template.problem(numbers)
    beside = _beside(template, numbers, stream.fold_in(1, draw))
    return Made(draw, numbers, problem, Separation(problem, beside, *places(code.request)))


def places(request: Request) -> tuple[int, int]:
    """Return the decimals that answers are rounded to, and how far apart two numbers have to be."""
    return (0, 1) if request.kind == COUNT else (request.decimals, APART)


def _beside(template: Template, numbers: Numbers, stream: Stream) -> Callable[[], Problem]:
    return lambda: template.beside(numbers, Draw(stream))


def template_of(request: Request) -> Template:
    """Return the problem that is asked for, without its numbers."""
    if request.kind == LOSS:
        return LossTemplate(request)
    if request.kind == COUNT:
        return CountTemplate(request)
    return StepTemplate(request)
