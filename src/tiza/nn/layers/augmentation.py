"""Images moved and turned by chance while training; nothing happens to them at any other time."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Collection, Sequence
from numbers import Real

from tiza.errors import ModelError, ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.checks import finite_number, shape_text
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.nn.layers.noise import checked_seed, drawing_key
from tiza.nn.registry import find
from tiza.ops.elementwise import cos, sin
from tiza.ops.layout import broadcast_to, iota, reshape
from tiza.ops.random import Key, uniform
from tiza.ops.sampling import FILLINGS, bilinear_pixels, nearest_pixels

Range = float | Sequence[float]

_INTERPOLATIONS = {"nearest": nearest_pixels, "bilinear": bilinear_pixels}


def _checked_range(owner: str, name: str, factor: Range) -> tuple[float, float]:
    """Return lower and upper limit; one number stands for -factor to factor."""
    pair = factor if isinstance(factor, Sequence) and not isinstance(factor, str) else None
    if pair is None:
        size = finite_number(owner, name, factor)
        low, high = -size, size
    elif len(pair) == 2 and all(isinstance(one, Real) for one in pair):
        low, high = (finite_number(owner, name, one) for one in pair)
    else:
        low, high = math.inf, -math.inf
    if not -1.0 <= low <= high <= 1.0:
        raise ModelError(
            f"{owner}: got {name}={factor!r}, expected a number from 0 to 1, or a lower and an upper limit "
            "from -1 to 1."
        )
    return low, high


class _Moved(Layer):
    """What layers that move the pixels of an image have in common."""

    def __init__(
        self,
        fill_mode: str,
        interpolation: str,
        seed: int | None,
        fill_value: float,
        name: str | None,
        trainable: bool | Collection[str],
    ) -> None:
        owner = type(self).__name__
        find("fill_mode", fill_mode, FILLINGS)
        find("interpolation", interpolation, _INTERPOLATIONS)
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.seed = checked_seed(owner, seed)
        self.fill_value = finite_number(owner, "fill_value", fill_value)
        self.name = name
        self.trainable = trainable

    @abstractmethod
    def places(self, rows: Tensor, columns: Tensor, key: Key) -> tuple[Tensor, Tensor]:
        """Return the rows and columns that each pixel is read at, all `(batch, height, width)`."""

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the images moved in training, else as they are."""
        if inputs.ndim != 4:
            raise ShapeError(
                f"got inputs of shape {shape_text(inputs.shape)}, expected (batch, height, width, channels); "
                "add the axis of channels with Reshape((height, width, 1)) or x[..., None]."
            )
        key = drawing_key(context, self.seed)
        if key is None:
            return inputs
        shape = inputs.shape[:3]
        rows, columns = (iota(shape, axis, inputs.dtype) for axis in (1, 2))
        places = self.places(rows, columns, key)
        moved = _INTERPOLATIONS[self.interpolation](inputs, *places, self.fill_mode, self.fill_value)
        return mark(moved, Role.ACTIVATION, note=self.base_name)


def _each(drawn: Tensor, like: Tensor) -> Tensor:
    """Return one number a sample, `(batch,)`, for all pixels of it."""
    return broadcast_to(reshape(drawn, (drawn.shape[0], 1, 1)), like.shape)


class RandomTranslation(_Moved):
    """Images shifted by chance while training, each sample by shifts of its own.

    A shift is a share of the image's height or width, spread evenly over a range; positive ones go down and
    to the right.

    Shapes: `(batch, height, width, channels)`, before and after.

    Args:
        height_factor: shift downwards, as a share of the height: lower and upper limit, or one number f for
            -f to f.
        width_factor: shift to the right, as a share of the width.
        fill_mode: what stands where the image has gone: `reflect`, `nearest`, `wrap`, or `constant` for
            `fill_value`.
        interpolation: `bilinear`, or `nearest`.
        seed: another number draws other shifts; None goes by the model's seed alone.
        fill_value: what `constant` fills with.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: a factor is out of [-1, 1], or a name is not known.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.RandomTranslation(0.1, 0.1, fill_mode="constant")
        >>> tz.Sequential([tz.Input((2, 2, 1)), layer]).predict([[[[1.0], [2.0]], [[3.0], [4.0]]]]).ravel()
        array([1., 2., 3., 4.], dtype=float32)
    """

    examples = tuple(
        LayerExample(arguments, ((5, 4, 2),))
        for arguments in (
            {"height_factor": 0.5, "width_factor": (-0.25, 0.75)},
            {
                "height_factor": 0.5,
                "width_factor": 0.5,
                "fill_mode": "constant",
                "fill_value": 0.5,
                "seed": 3,
            },
            {"height_factor": 1.0, "width_factor": 1.0, "fill_mode": "wrap", "interpolation": "nearest"},
            {"height_factor": 0.75, "width_factor": 0.0, "fill_mode": "nearest"},
        )
    )

    def __init__(
        self,
        height_factor: Range,
        width_factor: Range,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, name, trainable)
        self.height_factor = _checked_range("RandomTranslation", "height_factor", height_factor)
        self.width_factor = _checked_range("RandomTranslation", "width_factor", width_factor)

    def places(self, rows: Tensor, columns: Tensor, key: Key) -> tuple[Tensor, Tensor]:
        """Return rows and columns, less the shifts."""
        batch, height, width = rows.shape

        def shift(stream: int, limits: tuple[float, float], size: int) -> Tensor:
            share = uniform(key.fold_in(stream), (batch,), *limits, rows.dtype)
            return _each(mark(share * float(size), Role.RANDOM, "shift"), rows)

        return (
            rows - shift(0, self.height_factor, height),
            columns - shift(1, self.width_factor, width),
        )


class RandomRotation(_Moved):
    """Images turned about their middle by chance while training, each sample by an angle of its own.

    An angle is a share of a whole turn, spread evenly over a range; positive ones turn counter-clockwise.

    Shapes: `(batch, height, width, channels)`, before and after.

    Args:
        factor: share of a whole turn: lower and upper limit, or one number f for -f to f.
        fill_mode: what stands where the image has gone, as in RandomTranslation.
        interpolation: `bilinear`, or `nearest`.
        seed: another number draws other angles; None goes by the model's seed alone.
        fill_value: what `constant` fills with.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `factor` is out of [-1, 1], or a name is not known.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.RandomRotation(0.05)
        >>> tz.Sequential([tz.Input((1, 2, 1)), layer]).predict([[[[1.0], [2.0]]]]).ravel()
        array([1., 2.], dtype=float32)
    """

    examples = tuple(
        LayerExample(arguments, ((5, 4, 2),))
        for arguments in (
            {"factor": 0.3},
            {"factor": (0.1, 0.4), "fill_mode": "constant", "seed": 3},
            {"factor": 1.0, "interpolation": "nearest", "fill_mode": "nearest"},
        )
    )

    def __init__(
        self,
        factor: Range,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, name, trainable)
        self.factor = _checked_range("RandomRotation", "factor", factor)

    def places(self, rows: Tensor, columns: Tensor, key: Key) -> tuple[Tensor, Tensor]:
        """Return rows and columns turned back about the middle."""
        batch, height, width = rows.shape
        turn = uniform(key, (batch,), *self.factor, rows.dtype)
        angle = mark(turn * (2.0 * math.pi), Role.RANDOM, "angle")
        cosine, sine = _each(cos(angle), rows), _each(sin(angle), rows)
        down, right = rows - (height - 1) / 2, columns - (width - 1) / 2
        return (
            sine * right + cosine * down + (height - 1) / 2,
            cosine * right - sine * down + (width - 1) / 2,
        )
