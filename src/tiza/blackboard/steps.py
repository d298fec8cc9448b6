"""The worked solution as records: what a page says, apart from how it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from tiza.blackboard.expressions import Element, Expression


class Section(IntEnum):
    """The parts of a worked solution, in order."""

    FORWARD = 1
    LOSS = 2
    BACKWARD = 3
    UPDATE = 4


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be said beside a line.

    Attributes:
        kind: which sentence, a key of the table in `text`.
        expression: what it is about, before it is written.
        text: a word that the graph itself carries.
    """

    kind: str
    expression: Expression | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark with the page's names and numbers.

    Attributes:
        kind: which sentence, a key of the table in `text`.
        what: what it is about.
    """

    kind: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """How one quantity is computed from others, before there are numbers.

    Attributes:
        element: the quantity.
        section: where its line belongs.
        expression: its formula.
        shortened: whether terms of its sum are left out, as a `Rest`.
        remarks: what is said beside it.
    """

    element: Element
    section: Section
    expression: Expression
    shortened: bool = False
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered line.

    Attributes:
        number: its number, from 1.
        quantity: name and index, as printed.
        definition: what it was made from.
        formula: the formula in names.
        substitution: the same in printed numbers; empty where it would only repeat the result.
        terms: for a shortened sum, its terms to common decimals, the rest last; else empty.
        result: the number that later lines use.
        exact: whether the result is the substitution's exact value.
        notes: what is said beside it.
    """

    number: int
    quantity: str
    definition: Definition
    formula: str
    substitution: str
    terms: tuple[Decimal, ...]
    result: Decimal
    exact: bool
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A number that a page takes as it is: data, a weight, a unit that is not on the path."""

    quantity: str
    element: Element
    value: Decimal
    exact: bool


@dataclass(frozen=True, slots=True)
class Check:
    """The gradient once more, as a difference quotient of the loss: independent of the derivation.

    Attributes:
        quantity: the weight.
        step: how far the weight is moved to each side.
        above: the loss with the weight moved up, as printed.
        below: the same moved down.
        quotient: (above - below) / (2 step).
        agrees: whether it is the gradient, as far as a quotient can tell.
    """

    quantity: str
    step: Decimal
    above: Decimal
    below: Decimal
    quotient: Decimal
    agrees: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A whole worked solution.

    Attributes:
        quantity: name of what was asked for.
        answer: the printed value of the number whose line answers.
        answer_exact: whether it is exact.
        old: for an update, the printed weight before; else None.
        gradient: name and printed value of the derivative of the loss, where the answer has one.
        exact_answer: the answer from the unrounded numbers.
        digits: digits that were asked for.
        working: digits that the lines are worked with.
        samples: samples in the batch.
        loss: name of the loss; empty if it has none.
        data: features, targets and scalars, where they are few.
        features: how many numbers a sample has.
        path: names from the weight to the loss, one tuple an arrow.
        steps: the lines.
        given: what the lines take as it is, in the order of use.
        check: the difference quotient, if the target is a weight.
        loss_before: the loss as printed.
        loss_after: the loss if only this weight is changed, if it is.
    """

    quantity: str
    answer: Decimal
    answer_exact: bool
    old: Decimal | None
    gradient: tuple[str, Decimal] | None
    exact_answer: Decimal
    digits: int
    working: int
    samples: int
    loss: str
    data: tuple[Given, ...]
    features: int
    path: tuple[tuple[str, ...], ...]
    steps: tuple[Step, ...]
    given: tuple[Given, ...]
    check: Check | None
    loss_before: Decimal | None
    loss_after: Decimal | None
