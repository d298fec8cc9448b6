"""What a metric is: numbers a sample whose sums over an epoch make one number, and not trained on.

Samples count as `sample_weight` says, as Keras' `weighted_metrics`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tiza.errors import ModelError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses.base import Loss, over_samples, per_sample
from tiza.nn.targets import LabelKind
from tiza.ops.reduction import sum as total

Array = np.ndarray[Any, Any]
MetricFunction: TypeAlias = Callable[[Tensor, Tensor], Tensor]


class Metric(ABC):
    """A number that is measured besides the loss.

    A metric of your own is a plain function of targets and outputs, whose mean over samples is told, or a
    class that says which numbers of a sample are added up, and what the sums make:

    Example:
        >>> import numpy as np
        >>> import tiza as tz
        >>> class RelativeError(tz.metrics.Metric):
        ...     name = "relative_error"
        ...
        ...     def parts(self, outputs):
        ...         return ("error", "size")
        ...
        ...     def call(self, targets, outputs):
        ...         both = (abs(targets - outputs), abs(targets))
        ...         return tz.ops.concatenate(both, 1)
        ...
        ...     def result(self, sums, weight):
        ...         return sums[0] / sums[1]
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
        >>> model.compile("sgd", "mse", [RelativeError()])
        >>> model.evaluate([[1.0], [2.0]], [2.0, 4.0], return_dict=True)["relative_error"]
        0.5
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in the history."""

    @abstractmethod
    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the numbers of each sample, `(batch,)` or `(batch, parts)`."""

    def parts(self, outputs: TensorType) -> tuple[str, ...]:
        """Return the names of a sample's numbers for outputs of a type; of a single one it is empty."""
        return ("",)

    def result(self, sums: Array, weight: float) -> float | Array:
        """Return what weighted sums over samples, `(parts,)`, and the sum of weights make: their mean.

        An array stands for several numbers, such as one a class.
        """
        return float(sums[0]) / (weight or 1.0)

    def sums(self, targets: Tensor, outputs: Tensor, weight: Tensor | None) -> tuple[Tensor, ...]:
        """Return the weighted sum over a batch of each part, scalars.

        Raises:
            ModelError: `call` does not give a number a sample for each part.
        """
        names = self.parts(outputs.type)
        values = self.call(targets, outputs)
        rows = outputs.shape[0]
        expected = {(rows, len(names)), *([(rows,)] if len(names) == 1 else [])}
        if not isinstance(values, Tensor) or values.shape not in expected:
            raise ModelError(
                f"metric {self.name!r}: its call gave {values!r}, expected shape {max(expected, key=len)} "
                f"for {len(names)} parts; do not add over the batch."
            )
        if len(names) == 1:
            single = values.reshape((rows,))
            counted = single if weight is None else single * weight.astype(single.dtype)
            return (mark(total(counted), Role.METRIC, self.name),)
        counted = values if weight is None else values * weight.astype(values.dtype).reshape((rows, 1))
        together = total(counted, 0)
        return tuple(
            mark(together[place], Role.METRIC, f"{self.name}.{part}") for place, part in enumerate(names)
        )

    def measured(self, sums: Array, weight: float) -> dict[str, float]:
        """Return the metric's numbers by name: one, or `name[0]`, `name[1]` ... for an array."""
        found = self.result(sums, weight)
        if isinstance(found, float):
            return {self.name: float(found)}
        values = np.asarray(found, dtype="float64")
        if values.size == 1:
            return {self.name: float(values.reshape(-1)[0])}
        return {f"{self.name}[{place}]": float(one) for place, one in enumerate(values.reshape(-1))}


@dataclass(frozen=True)
class MeanMetric(Metric):
    """The mean over samples of what a function of targets and outputs gives.

    Attributes:
        function: `(targets, outputs)` -> a number or more a sample, `(batch, ...)`.
    """

    function: MetricFunction
    name: str = "metric"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the function's value, averaged over all axes but the batch."""
        values = per_sample(f"metric {self.name!r}", self.function(targets, outputs), outputs)
        return over_samples(values.astype(outputs.dtype))


@dataclass(frozen=True)
class LossMetric(Metric):
    """A loss that is measured and not trained on."""

    loss: Loss
    name: str = "loss_of_outputs"

    def call(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Return the loss of each sample."""
        kind = self.loss.statement.targets
        wanted = self.loss.target_type(outputs.type, targets.type)
        if isinstance(kind, LabelKind):
            targets = as_labels(self.name, targets, outputs)
        elif targets.shape != wanted.shape:
            raise misfit(self.name, targets, outputs)
        return self.loss.call(targets, outputs)

    def result(self, sums: Array, weight: float) -> float:
        """Return the mean, or the sum if that is the loss's reduction."""
        return self.loss.over_batch.epoch(float(sums[0]), weight)


def misfit(name: str, targets: Tensor, outputs: Tensor) -> ModelError:
    """Return the error for targets that would be repeated along the output, such as `(n,)` to `(n, n)`."""
    return ModelError(
        f"metric {name!r}: got targets of shape {targets.shape} for outputs {outputs.shape}, expected "
        "equal shapes; use 'accuracy', which follows the targets, or encode labels with tz.data.one_hot."
    )


def as_labels(name: str, targets: Tensor, outputs: Tensor) -> Tensor:
    """Return labels `(batch, ...)` as int32; they may stand in a column, `(batch, ..., 1)`.

    Raises:
        ModelError: there is not one label a sample.
    """
    if targets.shape == (*outputs.shape[:-1], 1):
        targets = targets.reshape(outputs.shape[:-1])
    if targets.shape != outputs.shape[:-1]:
        raise ModelError(
            f"metric {name!r}: got targets of shape {targets.shape} for outputs "
            f"{outputs.shape}, expected one label a sample; use 'categorical_accuracy' for one-hot targets."
        )
    return targets.astype("int32")


def are_labels(targets: TensorType, outputs: TensorType) -> bool:
    """Return whether targets are whole labels of the classes that outputs have a column for."""
    in_column = targets.rank == outputs.rank and targets.shape[-1] == 1 < outputs.shape[-1]
    return targets.rank < outputs.rank or in_column


def distinct(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return metrics whose names differ from one another and from `loss` and `penalty`.

    Raises:
        ModelError: a name stands for two numbers.
    """
    chosen = tuple(metrics)
    taken = {"loss", "penalty"}
    for one in chosen:
        if one.name in taken:
            raise ModelError(
                f"metrics: the name {one.name!r} stands for two numbers; give one another name (name=... of "
                "an object, or the name of the function)."
            )
        taken.add(one.name)
    return chosen
