"""Zeros added around signals and images, and margins cut off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from tiza.errors import ModelError, ShapeError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import Shape
from tiza.nn.checks import whole_number
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.nn.layers.spatial import AXES, channels_last, check_positions
from tiza.nn.registry import is_text
from tiza.ops.layout import slice_axis
from tiza.ops.padding import padded

Pair: TypeAlias = int | Sequence[int]
Margins: TypeAlias = int | Sequence[Pair]

_SIDES = (("top", "bottom"), ("left", "right"))


def _pair(owner: str, name: str, value: Pair) -> tuple[int, int]:
    """Return how much before and after; one number counts for both.

    Raises:
        ModelError: it is neither a whole number of at least 0 nor two of them.
    """
    if not isinstance(value, Sequence) or is_text(value):
        both = whole_number(f"{owner}: {name}", value, 0)
        return both, both
    if len(value) != 2:
        raise ModelError(f"{owner}: got {name}={value!r}, expected a whole number or (before, after).")
    before, after = (whole_number(f"{owner}: {name}", one, 0) for one in value)
    return before, after


def _pairs(owner: str, name: str, value: Margins) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how much before and after along height and width, as Keras reads it.

    Raises:
        ModelError: it is neither a whole number of at least 0, nor two, nor two pairs.
    """
    if not isinstance(value, Sequence) or is_text(value):
        all_sides = whole_number(f"{owner}: {name}", value, 0)
        return (all_sides, all_sides), (all_sides, all_sides)
    if len(value) != 2:
        raise ModelError(
            f"{owner}: got {name}={value!r}, expected a whole number, (height, width), or "
            f"({', '.join(f'({one}, {other})' for one, other in _SIDES)})."
        )
    height, width = (_pair(owner, name, one) for one in value)
    return height, width


def _cut(owner: str, x: Tensor, cropping: Sequence[tuple[int, int]]) -> Tensor:
    """Return x, `(batch, *positions, channels)`, without the margins.

    Raises:
        ShapeError: nothing is left.
    """
    check_positions(owner, x.shape, len(cropping))
    _check_rest(owner, x.shape, cropping)
    for axis, (before, after) in enumerate(cropping, start=1):
        x = slice_axis(x, axis, before, x.shape[axis] - after)
    return x


def _check_rest(owner: str, inputs: Shape, cropping: Sequence[tuple[int, int]]) -> None:
    for axis, size, (before, after) in zip(AXES[len(cropping)], inputs[1:-1], cropping, strict=True):
        if before + after >= size:
            raise ShapeError(
                f"{owner}: got samples of shape {inputs[1:]} and cropping {before} before and {after} after "
                f"along {axis}, expected something to be left of {size}."
            )


class ZeroPadding1D(Layer):
    """Zeros before and after the steps.

    Shapes: x `(batch, steps, channels)`, result `(batch, before + steps + after, channels)`.

    Args:
        padding: how many, one number for both sides or (before, after).
        data_format: None or `channels_last`.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `padding` is not made of whole numbers of at least 0, or `data_format` is another.
        ShapeError: the inputs are not `(batch, steps, channels)`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((5, 2)), tz.layers.ZeroPadding1D((1, 2))]).output_shape
        (None, 8, 2)
    """

    examples = (
        LayerExample({}, ((3, 2),)),
        LayerExample({"padding": (0, 2)}, ((3, 2),)),
    )

    def __init__(
        self,
        padding: Pair = 1,
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.padding = _pair("ZeroPadding1D", "padding", padding)
        self.data_format = channels_last("ZeroPadding1D", data_format)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the steps with zeros."""
        check_positions("ZeroPadding1D", inputs.shape, 1)
        return padded(inputs, (self.padding,))


class ZeroPadding2D(Layer):
    """Zeros around an image.

    Shapes: x `(batch, height, width, channels)`, result `(batch, top + height + bottom, left + width + right,
    channels)`.

    Args:
        padding: how many, one number, (height, width), or ((top, bottom), (left, right)).
        data_format: None or `channels_last`.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `padding` is not made of whole numbers of at least 0, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((28, 28, 1)), tz.layers.ZeroPadding2D(2)]).output_shape
        (None, 32, 32, 1)
    """

    examples = (
        LayerExample({}, ((2, 3, 2),)),
        LayerExample({"padding": (0, 2)}, ((2, 3, 1),)),
        LayerExample({"padding": ((1, 0), (0, 3))}, ((2, 2, 2),)),
    )

    def __init__(
        self,
        padding: Margins = (1, 1),
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.padding = _pairs("ZeroPadding2D", "padding", padding)
        self.data_format = channels_last("ZeroPadding2D", data_format)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the images with zeros around."""
        check_positions("ZeroPadding2D", inputs.shape, 2)
        return padded(inputs, self.padding)


class Cropping1D(Layer):
    """The steps without the first and the last ones.

    Shapes: x `(batch, steps, channels)`, result `(batch, steps - before - after, channels)`.

    Args:
        cropping: how many, one number for both sides or (before, after).
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `cropping` is not made of whole numbers of at least 0.
        ShapeError: the inputs are not `(batch, steps, channels)`, or nothing is left.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((5, 2)), tz.layers.Cropping1D((0, 1))]).output_shape
        (None, 4, 2)
    """

    examples = (
        LayerExample({}, ((5, 2),)),
        LayerExample({"cropping": (2, 0)}, ((4, 2),)),
    )

    def __init__(
        self,
        cropping: Pair = (1, 1),
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.cropping = _pair("Cropping1D", "cropping", cropping)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the steps that are left."""
        return _cut("Cropping1D", inputs, (self.cropping,))


class Cropping2D(Layer):
    """An image without its margins.

    Shapes: x `(batch, height, width, channels)`, result `(batch, height - top - bottom, width - left - right,
    channels)`.

    Args:
        cropping: how much, one number, (height, width), or ((top, bottom), (left, right)).
        data_format: None or `channels_last`.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `cropping` is not made of whole numbers of at least 0, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or nothing is left.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((32, 32, 3)), tz.layers.Cropping2D(2)]).output_shape
        (None, 28, 28, 3)
    """

    examples = (
        LayerExample({}, ((2, 3, 2),)),
        LayerExample({"cropping": ((1, 0), (0, 2))}, ((3, 4, 2),)),
        LayerExample({"cropping": (0, 1)}, ((2, 4, 1),)),
    )

    def __init__(
        self,
        cropping: Margins = ((0, 0), (0, 0)),
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.cropping = _pairs("Cropping2D", "cropping", cropping)
        self.data_format = channels_last("Cropping2D", data_format)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return what is left of the images."""
        return _cut("Cropping2D", inputs, self.cropping)
