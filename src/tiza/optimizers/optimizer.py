"""What an optimizer is: an update rule with slots, on traced values."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from tiza.errors import ModelError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.checks import check_switches
from tiza.optimizers.clipping import clipped_by_norm, clipped_by_value, norm_of, squared_norm
from tiza.optimizers.hyperparameters import (
    NOT_NEGATIVE,
    POSITIVE,
    Interval,
    check_number,
    check_numbers,
)
from tiza.optimizers.schedules.schedule import LearningRateSchedule

CLIPPINGS = ("clipnorm", "clipvalue", "global_clipnorm")


@dataclass(frozen=True, slots=True)
class Progress:
    """What an update may read besides the parameter.

    Attributes:
        learning_rate: the rate of this step.
        step: number of this step, from 1, in the parameters' dtype.
        gradient_norm: norm of all gradients together, for optimizers that clip by it.
    """

    learning_rate: Tensor
    step: Tensor
    gradient_norm: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """An array that a rule keeps for each weight.

    Attributes:
        name: such as `m`.
        initial: its first value, everywhere.
        scalar: whether it is one number, not an array of the weight's shape.
    """

    name: str
    initial: float = 0.0
    scalar: bool = False


def _refuse_change(self: object, name: str, _value: object) -> NoReturn:
    remedy = "make a new optimizer and compile the model with it"
    if name == "learning_rate":
        remedy = "set model.learning_rate = ..., or take optimizer.with_learning_rate(...)"
    raise ModelError(f"{type(self).__name__}: {name} cannot be set, an optimizer stays what it is; {remedy}.")


class _Unchangeable(ABCMeta):
    """Classes whose objects refuse to be changed, with the remedy; dataclasses name none when frozen."""

    def __setattr__(cls, name: str, value: object) -> None:
        # what `dataclass(frozen=True)` puts into each class of rules
        super().__setattr__(name, _refuse_change if name == "__setattr__" else value)


@dataclass(frozen=True)
class Optimizer(metaclass=_Unchangeable):
    """An update rule.

    A step first clips the gradient, then decays the weight, w <- w - weight_decay learning_rate w (apart
    from the gradient, as Loshchilov and Hutter, 2019), then updates. All but the rate is given by keyword.

    Attributes:
        learning_rate: the rate to start with, or a schedule.
        weight_decay: part of each weight, times the rate, that is taken off each step.
        clipnorm: largest norm of each weight's gradient.
        clipvalue: largest size of each element of a gradient.
        global_clipnorm: largest norm of all gradients together. One of the three at most.

    Raises:
        ModelError: a hyperparameter is out of range, or two ways of clipping are given.
    """

    learning_rate: float | LearningRateSchedule
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    slots: ClassVar[tuple[str, ...]] = ()
    """Names of what the rule may keep for each weight."""
    allowed: ClassVar[Mapping[str, Interval]] = {}
    """Which numbers the rule's own hyperparameters may be."""
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Arguments, other than the defaults, that show all that the rule can do."""

    def __post_init__(self) -> None:
        if not isinstance(self.learning_rate, LearningRateSchedule):
            check_numbers(self, {"learning_rate": NOT_NEGATIVE})
        limits = {"weight_decay": NOT_NEGATIVE, **dict.fromkeys(CLIPPINGS, POSITIVE)}
        given = {name: limit for name, limit in limits.items() if getattr(self, name) is not None}
        check_numbers(self, {**given, **self.allowed})
        check_switches(self)
        clippings = [name for name in CLIPPINGS if name in given]
        if len(clippings) > 1:
            raise ModelError(f"{type(self).__name__}: got {' and '.join(clippings)}, expected one of them.")

    @abstractmethod
    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and the new slots."""

    def kept_slots(self) -> tuple[Slot, ...]:
        """Return what is kept for each weight: zeros of its shape for each of `slots`, unless overridden."""
        return tuple(Slot(name) for name in self.slots)

    def step(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the new parameter and slots of one step: clip, decay, update."""
        clipped = self._clipped(gradient, progress)
        return self.update(self._decayed(parameter, progress), clipped, slots, progress)

    def _clipped(self, gradient: Tensor, progress: Progress) -> Tensor:
        if self.clipnorm is not None:
            norm = term(norm_of([squared_norm(gradient)]), "norm")
            return term(clipped_by_norm(gradient, norm, self.clipnorm), "clipped")
        if self.global_clipnorm is not None and progress.gradient_norm is not None:
            return term(clipped_by_norm(gradient, progress.gradient_norm, self.global_clipnorm), "clipped")
        if self.clipvalue is not None:
            return term(clipped_by_value(gradient, self.clipvalue), "clipped")
        return gradient

    def _decayed(self, parameter: Tensor, progress: Progress) -> Tensor:
        if self.weight_decay is None:
            return parameter
        return term(parameter - parameter * self.weight_decay * progress.learning_rate, "decayed")

    @property
    def initial_learning_rate(self) -> float:
        """The rate, or the one that the schedule starts from: a run-time input of each step."""
        rate = self.learning_rate
        return rate.initial if isinstance(rate, LearningRateSchedule) else float(rate)

    @property
    def is_scheduled(self) -> bool:
        """Whether the rate follows a schedule."""
        return isinstance(self.learning_rate, LearningRateSchedule)

    def with_learning_rate(self, rate: float) -> Self:
        """Return the same optimizer with another rate; a schedule stays and starts from it.

        Raises:
            ModelError: it is no number of at least 0.

        Example:
            >>> from tiza.optimizers.sgd import SGD
            >>> SGD(0.1).with_learning_rate(0.2).learning_rate
            0.2
        """
        check_number(type(self).__name__, "learning_rate", rate, NOT_NEGATIVE)
        known = self.learning_rate
        if isinstance(known, LearningRateSchedule):
            return replace(self, learning_rate=known.with_initial(rate))
        return replace(self, learning_rate=rate)

    def check_rate_fits(self, dtype: object) -> None:
        """Check that the rate is a number of the dtype that a network computes in.

        Raises:
            ModelError: it is too large.
        """
        rate, largest = self.initial_learning_rate, float(np.finfo(str(dtype)).max)
        if rate > largest:
            raise ModelError(
                f"{type(self).__name__}: got learning_rate={rate!r}, which is too large for {dtype}; "
                f"expected at most {largest:g}."
            )

    def rate_at(self, initial: Tensor, completed: Tensor) -> Tensor:
        """Return the rate of the step after `completed` steps; without a schedule it is `initial`.

        Args:
            initial: the rate, or the one that the schedule starts from.
            completed: number of steps done, in the dtype of the rate.
        """
        if not isinstance(self.learning_rate, LearningRateSchedule):
            return initial
        return mark(self.learning_rate.rate(initial, completed), Role.SCALAR, "learning_rate")


def term(value: Tensor, name: str) -> Tensor:
    """Return one term of an update under the name that explanations use."""
    return mark(value, Role.UPDATE, name)
