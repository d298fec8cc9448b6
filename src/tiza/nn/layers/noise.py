"""Noise while training: dropout and Gaussian noise; neither does anything else at any other time."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tiza.errors import ModelError, ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import Shape
from tiza.nn.checks import check_hyperparameter, whole_number
from tiza.nn.layer import Context, Layer, LayerExample
from tiza.ops.elementwise import where
from tiza.ops.layout import broadcast_to
from tiza.ops.random import Key, bernoulli, normal


def checked_seed(owner: str, seed: int | None) -> int | None:
    """Return a seed.

    Raises:
        ModelError: it is no whole number from 0 to 2**64 - 1.
    """
    return None if seed is None else whole_number(f"{owner}: seed", seed, 0, below=2**64)


def drawing_key(context: Context, seed: int | None) -> Key | None:
    """Return the key that a layer draws with, or None if it does not draw: outside of training steps."""
    if not context.training or context.key is None:
        return None
    return context.key if seed is None else context.key.fold_in(seed % 2**32, seed // 2**32)


def dropped(x: Tensor, rate: float, mask_shape: Shape, key: Key | None) -> Tensor:
    """Return x with a share left out by a mask of `mask_shape`, and the rest scaled up; without a key, x."""
    if key is None or not rate:
        return x
    mask = mark(bernoulli(key, 1.0 - rate, mask_shape), Role.RANDOM, "mask")
    scaled = x / (1.0 - rate)
    return mark(where(broadcast_to(mask, x.shape), scaled, 0.0), Role.ACTIVATION, note="dropout")


def _checked_noise_shape(given: Sequence[int | None] | None) -> tuple[int | None, ...] | None:
    if given is None:
        return None
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ModelError(
            f"Dropout: got noise_shape={given!r}, expected a size an axis, or None for the input's."
        )
    return tuple(None if one is None else whole_number("Dropout: noise_shape", one) for one in given)


class Dropout(Layer):
    """Units left out by chance while training: a = m x / (1 - rate), m = 0 with probability `rate`, else 1.

    Every step draws a mask m of its own, for every sample. What is left is scaled up, so that the mean
    stays, and nothing is to be done when the network is used. Srivastava et al. (2014). The gradients of
    `model.loss_and_gradients` are those without a mask.

    Args:
        rate: the share that is left out, from 0 to below 1.
        noise_shape: shape of the mask with the batch, where it is to be shared along axes of size 1; None
            in it stands for the input's own size.
        seed: another number draws other masks; None goes by the model's seed alone.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `rate` is below 0, or 1 or more.
        ShapeError: `noise_shape` does not fit the inputs.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.Dropout(0.5)]).predict([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample({"rate": 0.25}),
        LayerExample({"rate": 0.5, "noise_shape": (None, 1, None), "seed": 3}, ((2, 3),)),
        LayerExample({"rate": 0.0}),
    )

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("Dropout", "rate", rate, 0.0, 1.0)
        self.rate = float(rate)
        self.noise_shape = _checked_noise_shape(noise_shape)
        self.seed = checked_seed("Dropout", seed)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the masked and scaled input in training, else the input."""
        key = drawing_key(context, self.seed)
        return dropped(inputs, self.rate, self._mask_shape(inputs.shape), key)

    def _mask_shape(self, inputs: Shape) -> Shape:
        if self.noise_shape is None:
            return inputs
        shape = tuple(
            own if size is None else size for size, own in zip(self.noise_shape, inputs, strict=False)
        )
        fits = all(one in (1, own) for one, own in zip(shape, inputs, strict=False))
        if len(self.noise_shape) != len(inputs) or not fits:
            raise ShapeError(
                f"Dropout: got noise_shape={self.noise_shape} for inputs {inputs}, expected as many sizes, "
                "each None, 1 or the input's; None for the batch."
            )
        return shape


class GaussianNoise(Layer):
    """Normally distributed noise added while training: a = x + e, e from N(0, stddev^2).

    Args:
        stddev: standard deviation of the noise.
        seed: another number draws other noise; None goes by the model's seed alone.
        name: name of the layer.
        trainable: as in every layer; there are no weights.

    Raises:
        ModelError: `stddev` is negative.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.GaussianNoise(0.1)]).predict([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    supports_masking = True

    examples = (LayerExample({"stddev": 0.5}), LayerExample({"stddev": 0.1, "seed": 3}, ((2, 3),)))

    def __init__(
        self,
        stddev: float,
        seed: int | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("GaussianNoise", "stddev", stddev, 0.0, math.inf)
        self.stddev = float(stddev)
        self.seed = checked_seed("GaussianNoise", seed)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the input with noise in training, else the input."""
        key = drawing_key(context, self.seed)
        if key is None or not self.stddev:
            return inputs
        drawn = normal(key, inputs.shape, 0.0, self.stddev, inputs.dtype)
        return mark(inputs + mark(drawn, Role.RANDOM, "noise"), Role.ACTIVATION, note="gaussian_noise")
