"""The worked solution as records: what a page says, apart from how it is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from tiza.blackboard.expressions import Element, Expression
from tiza.blackboard.names import Names
from tiza.graph.node import Node
from tiza.graph.provenance import Role


class Section(IntEnum):
    """The parts of a worked solution, in order; one without a network has a calculation alone."""

    CALCULATION = 0
    FORWARD = 1
    LOSS = 2
    BACKWARD = 3
    UPDATE = 4


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be said beside a line.

    Attributes:
        kind: which sentence, a key of the table in `sentences`.
        expression: what it is about.
        text: a word that the graph itself carries.
    """

    kind: str
    expression: Expression | None = None
    text: str = ""


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
class Printed:
    """A number as the page has it.

    Attributes:
        value: the number.
        exact: whether it is what it stands for, not rounded.
        terms: for a shortened sum, its terms to common decimals, the rest last; else empty.
    """

    value: Decimal
    exact: bool
    terms: tuple[Decimal, ...] = ()


Numbers = dict[Element, Printed]


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered line.

    Attributes:
        number: its number, from 1.
        definition: the quantity and its formula.
        printed: the number that later lines use; for a shortened sum, its terms to common decimals.
        remarks: what is said beside it.
    """

    number: int
    definition: Definition
    printed: Printed
    remarks: tuple[Remark, ...] = ()

    @property
    def element(self) -> Element:
        """The quantity."""
        return self.definition.element


@dataclass(frozen=True, slots=True)
class Check:
    """The gradient once more, as a difference quotient of the loss: independent of the derivation.

    Attributes:
        weight: what is moved.
        step: how far it is moved to each side.
        above: the loss with the weight moved up, as printed.
        below: the same moved down.
        quotient: (above - below) / (2 step).
        agrees: whether it is the gradient, as far as a quotient can tell.
    """

    weight: Element
    step: Decimal
    above: Decimal
    below: Decimal
    quotient: Decimal
    agrees: bool


@dataclass(frozen=True, slots=True)
class Column:
    """How large the derivative by a state is, step by step, from where it begins to come back.

    Attributes:
        states: the state's derivative at each step, in the order in which it comes back.
        sizes: the length of the derivative's vector, as printed; one a row.
        factors: each size divided by the one above it, as printed; None in the first row and below 0.
        product: the product of the factors, as printed; None if one is missing.
    """

    states: tuple[Node, ...]
    sizes: tuple[Decimal, ...]
    factors: tuple[Decimal | None, ...]
    product: Decimal | None


@dataclass(frozen=True, slots=True)
class ThroughTime:
    """A table, one row a step, from the step where the derivative begins to come back.

    Attributes:
        steps: the first and the last step of each row, counted from 0.
        columns: one a state.
        added: what the steps of each row add to the derivative that was asked for; empty if none was.
        besides: what does not belong to a step, such as a penalty.
        total: the sum of all of it.
    """

    steps: tuple[tuple[int, int], ...]
    columns: tuple[Column, ...]
    added: tuple[Decimal, ...] = ()
    besides: Decimal = Decimal(0)
    total: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Page:
    """A whole worked solution, apart from language and format.

    Attributes:
        names: how quantities are written.
        numbers: printed number of every quantity that is on the page.
        asked: what was asked for.
        root: the quantity whose line answers: a new weight, a gradient, or what was asked.
        gradient: the derivative of the loss by what the question is about, where there is one.
        is_step: whether all new weights were asked for.
        exact_answer: the answer from the unrounded numbers.
        digits: digits that were asked for.
        working: digits that the lines are worked with.
        samples: samples in the batch.
        loss: name of the loss; empty if no line works it, nor what it depends on.
        data: features, targets and scalars, where they are few.
        features: how many numbers a sample has.
        path: from the weight to the loss, one tuple an arrow.
        steps: the lines.
        given: what the lines take as it is, in the order of use.
        check: the difference quotient, if the target is a weight.
        loss_before: the loss as printed.
        loss_after: the loss if only this weight is changed, if it is.
        through_time: what comes back to each step of a recurrence, where something does.
        differs_in_use: whether a step of training computes otherwise than `predict`.
    """

    names: Names
    numbers: Numbers
    asked: Element
    root: Element
    gradient: Element | None
    is_step: bool
    exact_answer: Decimal
    digits: int
    working: int
    samples: int
    loss: str
    data: tuple[Element, ...]
    features: int
    path: tuple[tuple[Element, ...], ...]
    steps: tuple[Step, ...]
    given: tuple[Element, ...]
    check: Check | None
    loss_before: Decimal | None
    loss_after: Decimal | None
    through_time: ThroughTime | None = None
    differs_in_use: bool = False

    @property
    def is_update(self) -> bool:
        """Whether the answer is a weight's new value."""
        return self.root not in (self.asked, self.gradient)

    @property
    def is_weight_without_gradient(self) -> bool:
        """Whether the answer is a weight's value, since the step derives the loss by others only."""
        return self.asked.node.provenance.role is Role.PARAMETER and self.gradient is None

    @property
    def is_trained(self) -> bool:
        """Whether a step gives what is asked for a new value."""
        return self.names.derived(self.asked, Role.UPDATE) is not None
