"""Features scaled by fixed numbers: given ones, or mean and variance of data seen before training."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tiza.errors import DataError, ModelError, ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, constant, mark
from tiza.graph.tensor_type import FLOAT_DTYPES, DType, Shape, TensorType
from tiza.nn.checks import finite_number, switch
from tiza.nn.initializers import Constant, Values
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.layers.axes import along, checked_axes, feature_axes
from tiza.nn.targets import check_finite
from tiza.ops.elementwise import maximum, sqrt

Array = np.ndarray[Any, Any]

SMALLEST_DEVIATION = 1e-7
"""Keras' epsilon: a feature that does not vary is divided by this."""


class Rescaling(Layer):
    """Inputs scaled and shifted: a = scale x + offset.

    Such as scale = 1/255 for pixels; integers become floats.

    Raises:
        ModelError: `scale` or `offset` is no finite number.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((1,)), tz.layers.Rescaling(0.5, offset=1.0)]).predict([[4]])
        array([[3.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample({"scale": 1 / 255}),
        LayerExample({"scale": 2.0, "offset": -1.0}, ((2, 3),)),
    )

    def __init__(
        self,
        scale: float,
        offset: float = 0.0,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.scale = finite_number("Rescaling", "scale", scale)
        self.offset = finite_number("Rescaling", "offset", offset)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return scale x + offset."""
        if inputs.dtype not in FLOAT_DTYPES:
            raise ShapeError(
                f"got {inputs.dtype}, expected a float; a network casts its inputs before its layers."
            )
        scaled = inputs * self.scale
        return mark(scaled + self.offset if self.offset else scaled, Role.ACTIVATION, note="rescaling")


class Normalization(Layer):
    """Features of mean 0 and variance 1: a = (x - mean) / max(sqrt(variance), 1e-7).

    Mean and variance are given, or found in data by `adapt`; until then they are 0 and 1. What `adapt`
    found is state, `mean` and `variance`, which moves with the model's weights (Keras keeps a count
    besides).

    Args:
        axis: the axis, or axes, whose places have a mean of their own, counted with the batch as 0; None
            gives one mean for everything.
        mean: the mean, a number or one for each place.
        variance: the variance, of the shape of `mean`.
        invert: undo it instead: a = mean + x max(sqrt(variance), 1e-7).
        name: name of the layer.
        trainable: as in every layer; nothing is trained.

    Raises:
        ModelError: mean and variance are not given together in one shape, or `axis` is that of the batch,
            or none.
        DataError: a mean or variance is not finite, or a variance negative.
        ShapeError: mean and variance do not fit the inputs.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Normalization()
        >>> layer.adapt([[1.0, 10.0], [3.0, 30.0]])
        >>> tz.Sequential([tz.Input((2,)), layer]).predict([[3.0, 20.0]])
        array([[1., 0.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample({"mean": 0.5, "variance": 2.0}),
        LayerExample({"mean": [1.0, 2.0, 3.0], "variance": [1.0, 0.25, 4.0]}, ((2, 3),)),
        LayerExample({"axis": 1, "mean": [1.0, 2.0], "variance": [3.0, 4.0], "invert": True}, ((2, 3),)),
        LayerExample({"axis": None, "mean": 2.0, "variance": 4.0}, ((2, 3),)),
    )

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Values | None = None,
        variance: Values | None = None,
        invert: bool = False,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        given = [np.shape(one) for one in (mean, variance) if one is not None]
        if len(given) == 1 or len(set(given)) > 1:
            raise ModelError(
                f"Normalization: got mean={mean!r} and variance={variance!r}, expected both in one shape, "
                "or neither and adapt(data)."
            )
        self.axis = None if axis is None else checked_axes("Normalization: axis", axis)
        self.invert = switch("Normalization", "invert", invert)
        self.name = name
        self.trainable = trainable
        self.given = None if mean is None or variance is None else _given(mean, variance)
        self._adapted: tuple[Array, Array] | None = None
        self._placed = False

    @property
    def mean(self) -> Array | None:
        """The mean that was given; None if it is state."""
        return None if self.given is None else self.given[0]

    @property
    def variance(self) -> Array | None:
        """The variance that was given; None if it is state."""
        return None if self.given is None else self.given[1]

    def adapt(self, data: object) -> None:
        """Take mean and variance (divided by n) from `data`, `(samples, ...)`.

        Raises:
            DataError: there are no samples, or a number is not finite; nothing is changed.
            ModelError: mean and variance were given, or the layer is in a model already, whose state they
                are then.
        """
        if self.given is not None:
            raise ModelError("Normalization: mean and variance were given; leave them out to adapt to data.")
        if self._placed:
            raise ModelError(
                "Normalization: the layer is in a model already, which holds its mean and variance; adapt it "
                "before, or set them by model.set_weights."
            )
        array = _numbers(data)
        if not array.size or not array.ndim:
            raise DataError(f"data: got shape {array.shape}, expected (samples, ...) with some samples.")
        check_finite("data", array)
        axes = self._axes(array.ndim)
        over = tuple(one for one in range(array.ndim) if one not in axes)
        self._adapted = np.mean(array, axis=over), np.var(array, axis=over)

    def restore(self, center: Array, variance: Array) -> None:
        """Take mean and variance that were found before: those of a model that comes from a file."""
        self._adapted = center, variance

    def _axes(self, rank: int) -> tuple[int, ...]:
        return () if self.axis is None else feature_axes("Normalization", self.axis, rank)

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return mean and variance, unless they were given."""
        self._placed = True
        shape = tuple(inputs.shape[one] for one in self._axes(inputs.rank))
        if self.given is not None:
            _check_fit(self.given[0].shape, shape)
            return ()
        center, variance = self._adapted or (np.zeros(()), np.ones(()))
        _check_fit(center.shape, shape)
        first = {"mean": center, "variance": variance}
        return tuple(
            Weight(name, shape, Constant(value), Role.STATE, trainable=False) for name, value in first.items()
        )

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the normalized input."""
        center, variance = self._statistics(inputs.dtype, context)
        axes, rank = self._axes(inputs.ndim), inputs.ndim
        deviation = maximum(sqrt(variance), SMALLEST_DEVIATION)
        if center.ndim == len(axes):
            center, deviation = along(center, axes, rank), along(deviation, axes, rank)
        value = center + inputs * deviation if self.invert else (inputs - center) / deviation
        return mark(value, Role.ACTIVATION, note="normalization")

    def _statistics(self, dtype: DType, context: Context) -> tuple[Tensor, Tensor]:
        if self.given is None:
            return context["mean"], context["variance"]
        center, variance = (constant(one, dtype) for one in self.given)
        return center, variance


def _given(mean: Values, variance: Values) -> tuple[Array, Array]:
    """Return mean and variance as arrays.

    Raises:
        DataError: a number is not finite, or a variance negative.
    """
    center, spread = _numbers(mean), _numbers(variance)
    check_finite("Normalization: mean", center)
    check_finite("Normalization: variance", spread)
    if (spread < 0.0).any():
        raise DataError(f"Normalization: got variance={variance!r:.60}, expected none below 0.")
    return center, spread


def _numbers(value: object) -> Array:
    try:
        return np.asarray(value, dtype="float64")
    except (TypeError, ValueError) as error:
        raise DataError(f"Normalization: got {value!r:.60}, expected numbers ({error}).") from None


def _check_fit(found: Shape, expected: Shape) -> None:
    if found not in ((), expected):
        raise ShapeError(f"Normalization: mean and variance have shape {found}, the features {expected}.")
