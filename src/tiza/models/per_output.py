"""What `compile` is told of outputs: one thing for the only output, a list, or a dictionary by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tiza.errors import ModelError
from tiza.nn.checks import check_hyperparameter
from tiza.nn.losses import Loss
from tiza.nn.losses import loss as find_loss
from tiza.nn.metrics import Metric, distinct
from tiza.nn.metrics import metric as find_metric

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class PerOutput(Generic[Part]):
    """One part an output.

    Attributes:
        parts: the parts: a list in the order of outputs, or by the outputs' names.
        missing: what outputs get that are not named; None if all must be.
    """

    parts: tuple[Part, ...] | Mapping[str, Part]
    missing: Part | None = None

    def of(self, what: str, names: Sequence[str]) -> tuple[Part, ...]:
        """Return the part of each output.

        Raises:
            ModelError: their number differs, or a name is not that of an output.
        """
        listed = ", ".join(repr(name) for name in names)
        if not isinstance(self.parts, Mapping):
            if len(self.parts) == len(names):
                return self.parts
            if not self.parts and self.missing is not None:
                return (self.missing,) * len(names)
            raise ModelError(
                f"{what}: got {len(self.parts)}, expected {len(names)}, one an output: {listed}; give a "
                "list, or a dictionary by these names."
            )
        unknown = [name for name in self.parts if name not in names]
        absent = [name for name in names if name not in self.parts and self.missing is None]
        if unknown or absent:
            wrong = f"the name {unknown[0]!r}" if unknown else f"nothing for {absent[0]!r}"
            raise ModelError(f"{what}: got {wrong}, expected the names of the outputs: {listed}.")
        found: tuple[Any, ...] = tuple(self.parts.get(name, self.missing) for name in names)
        return found


def given_losses(given: object) -> PerOutput[Loss]:
    """Return the losses that a user gives."""
    if isinstance(given, Mapping):
        return PerOutput({name: find_loss(one) for name, one in given.items()})
    if isinstance(given, list | tuple):
        return PerOutput(tuple(find_loss(one) for one in given))
    return PerOutput((find_loss(given),))


def given_metrics(given: object) -> PerOutput[tuple[Metric, ...]]:
    """Return the metrics that a user gives: a list for the only output, or lists by output.

    Raises:
        ModelError: it is no list.
    """
    if given is None:
        return PerOutput((), ())
    if isinstance(given, Mapping):
        return PerOutput({name: _metrics(one) for name, one in given.items()}, ())
    if not isinstance(given, list | tuple):
        raise ModelError(f"metrics: got {given!r}, expected a list, such as [{given!r}].")
    if given and all(isinstance(one, list | tuple) or one is None for one in given):
        return PerOutput(tuple(_metrics(one) for one in given))
    return PerOutput((_metrics(given),) if given else (), ())


def _metrics(given: Any) -> tuple[Metric, ...]:
    several = given if isinstance(given, list | tuple) else [] if given is None else [given]
    return distinct(find_metric(one) for one in several)


def given_loss_weights(given: object) -> PerOutput[float]:
    """Return how much each loss counts.

    Raises:
        ModelError: it is neither a list nor a dictionary of numbers of at least 0.
    """
    if given is None:
        return PerOutput((), 1.0)
    if isinstance(given, Mapping):
        return PerOutput({name: _weight(one) for name, one in given.items()}, 1.0)
    if isinstance(given, list | tuple):
        return PerOutput(tuple(_weight(one) for one in given))
    raise ModelError(f"loss_weights: got {given!r}, expected a list, one number an output, or a dictionary.")


def _weight(given: Any) -> float:
    check_hyperparameter("compile", "loss_weights", given, 0.0, float("inf"))
    return float(given)
