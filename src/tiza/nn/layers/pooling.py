"""Pooling layers: the largest or the mean value of every window, or of all positions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import ClassVar

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.checks import switch
from tiza.nn.layer import Context, Layer, LayerExample, snake_case
from tiza.nn.layers.spatial import (
    PerAxis,
    channels_last,
    check_fit,
    check_positions,
    checked_padding,
    per_axis,
)
from tiza.ops.elementwise import where
from tiza.ops.layout import expand_dims
from tiza.ops.pooling import average_pooling, max_pooling
from tiza.ops.reduction import max as maximum_over
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total

_LINES = (
    LayerExample({"pool_size": 2, "strides": 3}, ((7, 2),)),
    LayerExample({"pool_size": (4,), "strides": 2, "padding": "same"}, ((7, 2),)),
)
_IMAGES = (
    LayerExample({"pool_size": 2}, ((5, 6, 2),)),
    LayerExample({"pool_size": (3, 2), "strides": (2, 1)}, ((6, 4, 2),)),
    LayerExample({"pool_size": (2, 4), "strides": (3, 2), "padding": "same"}, ((5, 5, 1),)),
)


class _Pooling(Layer):
    """What poolings of windows share."""

    axes: ClassVar[int]
    """Axes between batch and channels."""

    def __init__(
        self,
        pool_size: PerAxis,
        strides: PerAxis | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        owner = type(self).__name__
        self.pool_size = per_axis(owner, "pool_size", pool_size, self.axes)
        self.strides = self.pool_size if strides is None else per_axis(owner, "strides", strides, self.axes)
        self.padding = checked_padding(owner, padding, ("valid", "same"))
        self.data_format = channels_last(owner, data_format)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return one value for each window and channel."""
        owner = type(self).__name__
        check_positions(owner, inputs.shape, self.axes)
        check_fit(owner, "pool_size", inputs.shape, self.pool_size, self.padding)
        return mark(self.pooled(inputs), Role.ACTIVATION, note=snake_case(owner))

    @abstractmethod
    def pooled(self, x: Tensor) -> Tensor:
        """Return one value for each window and channel."""


class _MaxPooling(_Pooling):
    def pooled(self, x: Tensor) -> Tensor:
        """Return the largest value of each window."""
        return max_pooling(x, self.pool_size, self.strides, self.padding)


class _AveragePooling(_Pooling):
    def pooled(self, x: Tensor) -> Tensor:
        """Return the mean of each window."""
        return average_pooling(x, self.pool_size, self.strides, self.padding)


class MaxPooling1D(_MaxPooling):
    """The largest value of every window: a[p,c] = max over i of x[p s + i, c].

    The gradient goes to the first maximum. Shapes: x `(batch, steps, channels)`, result `(batch, positions,
    channels)`; s is `strides`.

    Args:
        pool_size: steps in a window.
        strides: from one window to the next; None for `pool_size`.
        padding: `valid`, or `same`: ceil(steps / s) windows; what is added is never the largest.
        data_format: None or `channels_last`.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: a number is not a whole one of at least 1, or `data_format` is another.
        ShapeError: the inputs are not `(batch, steps, channels)`, or the window does not fit into them.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((4, 1)), tz.layers.MaxPooling1D(2), tz.layers.Flatten()])
        >>> model.predict([[[1.0], [5.0], [2.0], [3.0]]])
        array([[5., 3.]], dtype=float32)
    """

    axes = 1
    examples = (LayerExample({}, ((7, 2),)), *_LINES)

    def __init__(
        self,
        pool_size: PerAxis = 2,
        strides: PerAxis | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            pool_size=pool_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            name=name,
            trainable=trainable,
        )


class MaxPooling2D(_MaxPooling):
    """The largest value of every window: a[p,q,c] = max over i, j of x[p s + i, q s + j, c].

    The gradient goes to the first maximum. Shapes: x `(batch, height, width, channels)`, result `(batch,
    positions, positions, channels)`; s is `strides`.

    Args:
        pool_size: height and width of a window.
        strides: from one window to the next; None for `pool_size`.
        padding: `valid`, or `same`: ceil(size / s) windows an axis; what is added is never the largest.
        data_format: None or `channels_last`.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: a number is not a whole one of at least 1, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or the window does not fit.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((26, 26, 32)), tz.layers.MaxPooling2D()]).output_shape
        (None, 13, 13, 32)
    """

    axes = 2
    examples = _IMAGES

    def __init__(
        self,
        pool_size: PerAxis = (2, 2),
        strides: PerAxis | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            pool_size=pool_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            name=name,
            trainable=trainable,
        )


class AveragePooling1D(_AveragePooling):
    """The mean of every window: a[p,c] = mean over i of x[p s + i, c].

    What `same` padding adds is not counted. Shapes, arguments and errors are those of `MaxPooling1D`.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((4, 1)), tz.layers.AveragePooling1D(2), tz.layers.Flatten()])
        >>> model.predict([[[1.0], [5.0], [2.0], [3.0]]])
        array([[3. , 2.5]], dtype=float32)
    """

    axes = 1
    examples = _LINES


class AveragePooling2D(_AveragePooling):
    """The mean of every window: a[p,q,c] = mean over i, j of x[p s + i, q s + j, c].

    What `same` padding adds is not counted. Shapes, arguments and errors are those of `MaxPooling2D`.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((5, 5, 3)), tz.layers.AveragePooling2D(2, padding="same")]).output_shape
        (None, 3, 3, 3)
    """

    axes = 2
    examples = _IMAGES


class _GlobalPooling(Layer):
    """What poolings of all positions share."""

    axes: ClassVar[int]
    """Axes between batch and channels."""

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        owner = type(self).__name__
        self.data_format = channels_last(owner, data_format)
        self.keepdims = switch(owner, "keepdims", keepdims)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return one value for each channel."""
        owner = type(self).__name__
        check_positions(owner, inputs.shape, self.axes)
        value = self.pooled(inputs, tuple(range(1, self.axes + 1)), context.mask)
        return mark(value, Role.ACTIVATION, note=snake_case(owner))

    @abstractmethod
    def pooled(self, x: Tensor, positions: tuple[int, ...], mask: Tensor | None) -> Tensor:
        """Return one value for each channel; `mask` tells which steps count."""


class _GlobalMaxPooling(_GlobalPooling):
    def pooled(self, x: Tensor, positions: tuple[int, ...], mask: Tensor | None) -> Tensor:
        """Return the largest values; as in Keras, no mask is read."""
        return maximum_over(x, positions, keepdims=self.keepdims)


_STEPS = (LayerExample({"keepdims": True}, ((4, 2),)),)
_PIXELS = (LayerExample({}, ((3, 4, 2),)),)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The largest value of each channel: a[c] = max over p of x[p,c].

    Shapes: x `(batch, steps, channels)`, result `(batch, channels)`, or `(batch, 1, channels)` with
    `keepdims`.

    Raises:
        ShapeError: the inputs have other axes.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2, 2)), tz.layers.GlobalMaxPooling1D()]).predict(
        ...     [[[1.0, 2.0], [3.0, 0.0]]]
        ... )
        array([[3., 2.]], dtype=float32)
    """

    axes = 1
    examples = _STEPS


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The largest value of each channel: a[c] = max over p, q of x[p,q,c].

    Shapes: x `(batch, height, width, channels)`, result `(batch, channels)`, or `(batch, 1, 1, channels)`
    with `keepdims`.

    Raises:
        ShapeError: the inputs have other axes.
    """

    axes = 2
    examples = _PIXELS


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel: a[c] = mean over p of x[p,c].

    Where a mask came with the steps, only those that count are averaged; of none, the mean is 0 (Keras gives
    nan). Shapes: x `(batch, steps, channels)`, result `(batch, channels)`, or `(batch, 1, channels)` with
    `keepdims`.

    Raises:
        ShapeError: the inputs have other axes.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.GlobalAveragePooling1D()
        >>> tz.Sequential([tz.Input((2, 2)), layer]).predict([[[1.0, 2.0], [3.0, 0.0]]])
        array([[2., 1.]], dtype=float32)
    """

    axes = 1
    examples = (*_STEPS, LayerExample({}, ((5, 2),), masked=True))

    def pooled(self, x: Tensor, positions: tuple[int, ...], mask: Tensor | None) -> Tensor:
        """Return the means over the steps that count."""
        if mask is None:
            return mean(x, positions, keepdims=self.keepdims)
        counted = expand_dims(mask, -1)
        summed = total(where(counted, x, 0.0), positions, keepdims=self.keepdims)
        count = total(counted.astype(x.dtype), positions, keepdims=self.keepdims)
        return summed / where(count == 0.0, 1.0, count)


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel: a[c] = mean over p, q of x[p,q,c].

    Shapes: x `(batch, height, width, channels)`, result `(batch, channels)`, or `(batch, 1, 1, channels)`
    with `keepdims`.

    Raises:
        ShapeError: the inputs have other axes.
    """

    axes = 2
    examples = _PIXELS

    def pooled(self, x: Tensor, positions: tuple[int, ...], mask: Tensor | None) -> Tensor:
        """Return the means."""
        return mean(x, positions, keepdims=self.keepdims)
