"""Signals and images made larger by whole factors."""

from __future__ import annotations

from collections.abc import Collection

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.checks import whole_number
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.nn.layers.spatial import PerAxis, channels_last, check_positions, per_axis
from tiza.nn.registry import find, is_text
from tiza.ops.resampling import INTERPOLATIONS, interpolate, repeat

NEAREST = "nearest"


class UpSampling1D(Layer):
    """Every step `size` times, one behind another.

    Shapes: x `(batch, steps, channels)`, result `(batch, size * steps, channels)`.

    Raises:
        ModelError: `size` is not a whole number of at least 1.
        ShapeError: the inputs are not `(batch, steps, channels)`.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((2, 1)), tz.layers.UpSampling1D(2), tz.layers.Flatten()])
        >>> model.predict([[[1.0], [5.0]]])
        array([[1., 1., 5., 5.]], dtype=float32)
    """

    examples = (LayerExample({"size": 3}, ((2, 2),)),)

    def __init__(
        self, size: int = 2, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        self.size = whole_number("UpSampling1D: size", size)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the steps repeated."""
        check_positions("UpSampling1D", inputs.shape, 1)
        return repeat(inputs, self.size, 1)


class UpSampling2D(Layer):
    """Images made larger: every pixel repeated, or new ones interpolated between the old.

    Shapes: x `(batch, height, width, channels)`, result `(batch, size[0] * height, size[1] * width,
    channels)`. Pixels stand at the centres of their cells.

    Args:
        size: factors of height and width, or one for both.
        data_format: None or `channels_last`.
        interpolation: `nearest` repeats; `bilinear`, `bicubic` (Keys, 1981), `lanczos3` and `lanczos5`
            weigh the neighbours.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `size` is not made of whole numbers of at least 1, or `data_format` is another.
        NameNotFoundError: there is no such interpolation.
        ShapeError: the inputs are not `(batch, height, width, channels)`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((14, 14, 8)), tz.layers.UpSampling2D()]).output_shape
        (None, 28, 28, 8)
    """

    examples = (
        LayerExample({"size": (1, 3)}, ((2, 2, 1),)),
        LayerExample({"size": 2, "interpolation": "bilinear"}, ((3, 2, 2),)),
        LayerExample({"size": (3, 2), "interpolation": "bicubic"}, ((3, 4, 1),)),
        LayerExample({"size": (2, 3), "interpolation": "lanczos5"}, ((4, 6, 1),)),
    )

    def __init__(
        self,
        size: PerAxis = (2, 2),
        data_format: str | None = None,
        interpolation: str = NEAREST,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        word = interpolation.lower() if is_text(interpolation) else interpolation
        known = (NEAREST, *INTERPOLATIONS)
        self.size = per_axis("UpSampling2D", "size", size, 2)
        self.data_format = channels_last("UpSampling2D", data_format)
        self.interpolation = find("UpSampling2D: interpolation", word, {one: one for one in known})
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the larger images."""
        check_positions("UpSampling2D", inputs.shape, 2)
        x = inputs
        for axis, factor in enumerate(self.size, start=1):
            x = self._longer(x, factor, axis)
        return x if self.interpolation == NEAREST else mark(x, Role.ACTIVATION, note="up_sampling2d")

    def _longer(self, x: Tensor, factor: int, axis: int) -> Tensor:
        if self.interpolation == NEAREST:
            return repeat(x, factor, axis)
        return interpolate(x, factor, axis, self.interpolation)
