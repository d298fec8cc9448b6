"""Dropout of whole channels, for positions whose neighbours hold almost the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from tiza.graph.tensor import Tensor
from tiza.nn.checks import check_hyperparameter
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.nn.layers.noise import checked_seed, drawing_key, dropped
from tiza.nn.layers.spatial import channels_last, check_positions


class _SpatialDropout(Layer):
    """One mask for all positions."""

    axes: ClassVar[int]
    """Axes between batch and channels."""

    supports_masking = True

    rate: float
    seed: int | None

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the masked and scaled input in training, else the input."""
        check_positions(type(self).__name__, inputs.shape, self.axes)
        key = drawing_key(context, self.seed)
        batch, *_, channels = inputs.shape
        return dropped(inputs, self.rate, (batch, *(1,) * self.axes, channels), key)


class SpatialDropout1D(_SpatialDropout):
    """Whole channels left out by chance while training: a = m x / (1 - rate), one m for all steps.

    Shapes: x `(batch, steps, channels)`. Tompson et al. (2015).

    Args:
        rate: the share of channels that is left out, from 0 to below 1.
        seed: another number draws other masks; None goes by the model's seed alone.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `rate` is below 0, or 1 or more.
        ShapeError: the inputs are not `(batch, steps, channels)`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((5, 2)), tz.layers.SpatialDropout1D(0.5)]).output_shape
        (None, 5, 2)
    """

    axes = 1
    examples = (LayerExample({"rate": 0.5, "seed": 3}, ((4, 6),)),)

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("SpatialDropout1D", "rate", rate, 0.0, 1.0)
        self.rate = float(rate)
        self.seed = checked_seed("SpatialDropout1D", seed)
        self.name = name
        self.trainable = trainable


class SpatialDropout2D(_SpatialDropout):
    """Whole channels left out by chance while training: a = m x / (1 - rate), one m for all pixels.

    Shapes: x `(batch, height, width, channels)`. Tompson et al. (2015).

    Args:
        rate: the share of channels that is left out, from 0 to below 1.
        data_format: None or `channels_last`.
        seed: another number draws other masks; None goes by the model's seed alone.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `rate` is below 0, or 1 or more, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((5, 5, 2)), tz.layers.SpatialDropout2D(0.5)]).output_shape
        (None, 5, 5, 2)
    """

    axes = 2
    examples = (LayerExample({"rate": 0.25}, ((3, 2, 6),)),)

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("SpatialDropout2D", "rate", rate, 0.0, 1.0)
        self.rate = float(rate)
        self.data_format = channels_last("SpatialDropout2D", data_format)
        self.seed = checked_seed("SpatialDropout2D", seed)
        self.name = name
        self.trainable = trainable
