"""Normalization by statistics of the batch or of each sample, then scaled and shifted by learned weights."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Sequence

from tiza.errors import ShapeError
from tiza.graph.provenance import Role, current_provenance
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import Shape, TensorType
from tiza.nn.checks import check_hyperparameter, shape_text, switch, whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.layers.axes import MOST_AXES, along, checked_axes, feature_axes
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.elementwise import cast, sqrt, where
from tiza.ops.layout import broadcast_to, expand_dims
from tiza.ops.reduction import mean
from tiza.ops.reduction import sum as total


class _ScaledAndShifted(Layer):
    """What both normalizations share: the axes that gamma and beta run along, and these two weights."""

    axis: int | Sequence[int]
    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initializer
    gamma_initializer: Initializer
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None

    def axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes that gamma and beta run along."""
        return feature_axes(type(self).__name__, self.axis, rank)

    def shape_of_weights(self, inputs: TensorType) -> Shape:
        """Return the shape of gamma and beta."""
        return tuple(inputs.shape[one] for one in self.axes(inputs.rank))

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return gamma and beta, as far as the layer has them."""
        shape = self.shape_of_weights(inputs)
        gamma = Weight("gamma", shape, self.gamma_initializer, regularizer=self.gamma_regularizer)
        beta = Weight("beta", shape, self.beta_initializer, regularizer=self.beta_regularizer)
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def normalized(self, inputs: Tensor, center: Tensor, variance: Tensor, context: Context) -> Tensor:
        """Return gamma (x - center) / sqrt(variance + epsilon) + beta."""
        axes, rank = self.axes(inputs.ndim), inputs.ndim
        value = (inputs - center) / sqrt(variance + self.epsilon)
        if self.scale:
            value = value * along(context["gamma"], axes, rank)
        if self.center:
            value = value + along(context["beta"], axes, rank)
        return mark(value, Role.PRE_ACTIVATION)


class BatchNormalization(_ScaledAndShifted):
    """Each feature over the batch: z = gamma (x - mean) / sqrt(variance + epsilon) + beta.

    In training, mean and variance (divided by n) are those of the batch, over every axis but `axis`, and
    the moving ones follow: moving = momentum moving + (1 - momentum) batch. When the network is used, or
    the layer is not trainable, the moving ones take their place. Ioffe and Szegedy (2015).

    Shapes: x `(batch, ...)`; gamma, beta, moving_mean and moving_variance `(features,)`, the size of
    `axis`. The moving ones are state: training updates them without a gradient.

    A batch of one sample, with one number a feature, has variance 0 and equals its mean: in training the
    result is beta whatever the input is. A warning says so.

    Args:
        axis: the axis of the features, counted with the batch as 0.
        momentum: how much of the moving values stays in each step.
        epsilon: added to the variance.
        center: whether there is beta.
        scale: whether there is gamma.
        beta_initializer: first values of beta.
        gamma_initializer: first values of gamma.
        moving_mean_initializer: first values of the moving mean.
        moving_variance_initializer: first values of the moving variance.
        beta_regularizer: penalty on beta that is added to the loss.
        gamma_regularizer: penalty on gamma.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `momentum` is below 0 or above 1, `epsilon` negative, or `axis` that of the batch, or
            none.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((3,)), tz.layers.BatchNormalization()])
        >>> model.weight_paths[:2], model.weight_paths[2:]
        (['batch_normalization.gamma', 'batch_normalization.beta'],
         ['batch_normalization.moving_mean', 'batch_normalization.moving_variance'])
    """

    supports_masking = True

    examples = (
        LayerExample(),
        LayerExample({"momentum": 0.5, "epsilon": 0.1}, ((2, 3),)),
        LayerExample({"axis": 1, "scale": False}, ((2, 3),)),
        LayerExample({"center": False, "moving_variance_initializer": "zeros"}),
        LayerExample({"center": False, "scale": False}),
        LayerExample({"momentum": 0.5}, ((4, 3),), masked=True),
    )

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        moving_mean_initializer: str | Initializer = "zeros",
        moving_variance_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("BatchNormalization", "momentum", momentum, 0.0, math.nextafter(1.0, 2.0))
        check_hyperparameter("BatchNormalization", "epsilon", epsilon, 0.0, math.inf)
        self.axis = whole_number("BatchNormalization: axis", axis, -MOST_AXES)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center = switch("BatchNormalization", "center", center)
        self.scale = switch("BatchNormalization", "scale", scale)
        self.beta_initializer = initializer(beta_initializer)
        self.gamma_initializer = initializer(gamma_initializer)
        self.moving_mean_initializer = initializer(moving_mean_initializer)
        self.moving_variance_initializer = initializer(moving_variance_initializer)
        self.beta_regularizer = regularizer(beta_regularizer)
        self.gamma_regularizer = regularizer(gamma_regularizer)
        self.name = name
        self.trainable = trainable

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return gamma, beta, moving_mean and moving_variance."""
        shape = self.shape_of_weights(inputs)
        moving = (
            ("moving_mean", self.moving_mean_initializer),
            ("moving_variance", self.moving_variance_initializer),
        )
        states = (Weight(name, shape, first, Role.STATE, trainable=False) for name, first in moving)
        return (*super().weights(inputs), *states)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the normalized input."""
        axes, rank = self.axes(inputs.ndim), inputs.ndim
        if context.training and self.trainable:
            center, variance = self._statistics(inputs, context.mask)
            for name, new in (("moving_mean", center), ("moving_variance", variance)):
                context.update(name, context[name] * self.momentum + new * (1.0 - self.momentum))
        else:
            center, variance = context["moving_mean"], context["moving_variance"]
        return self.normalized(inputs, along(center, axes, rank), along(variance, axes, rank), context)

    def _statistics(self, inputs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return mean and variance of each feature over the steps of the batch that count, `(features,)`."""
        (axis,) = self.axes(inputs.ndim)
        over = tuple(one for one in range(inputs.ndim) if one != axis)
        if mask is not None:
            return self._masked_statistics(inputs, mask, over)
        if inputs.size == inputs.shape[axis]:
            _warn_of_one(current_provenance().layer)
        center = mark(mean(inputs, over), Role.STATE, "mean")
        distance = inputs - along(center, (axis,), inputs.ndim)
        return center, mark(mean(distance * distance, over), Role.STATE, "variance")

    def _masked_statistics(
        self, inputs: Tensor, mask: Tensor, over: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        if mask.shape != inputs.shape[:-1]:
            raise ShapeError(
                f"BatchNormalization: got a mask of shape {shape_text(mask.shape)}, expected "
                f"{shape_text(inputs.shape[:-1])}: True for each step that counts."
            )
        counted = broadcast_to(expand_dims(mask, -1), inputs.shape)
        count = total(cast(counted, inputs.dtype), over) + MASKED_EPSILON
        axes = self.axes(inputs.ndim)
        center = mark(total(where(counted, inputs, 0.0), over) / count, Role.STATE, "mean")
        distance = where(counted, inputs - along(center, axes, inputs.ndim), 0.0)
        return center, mark(total(distance * distance, over) / count, Role.STATE, "variance")


MASKED_EPSILON = 1e-7
"""Added to the number of steps that count, as Keras does."""


def _warn_of_one(path: str) -> None:
    warnings.warn(
        f"{path or 'BatchNormalization'}: a training batch of one sample has variance 0, so the result is "
        "beta whatever the input is, and nothing before the layer learns from it. Take a batch_size that "
        "leaves no batch of one sample, or LayerNormalization.",
        stacklevel=2,
    )


class LayerNormalization(_ScaledAndShifted):
    """Each sample by itself: z = gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Mean and variance (divided by n) are taken over `axis` for each sample, in training and after it alike.
    Ba, Kiros and Hinton (2016).

    Shapes: x `(batch, ...)`; gamma and beta have the sizes of `axis`.

    Args:
        axis: the axis, or axes, that are normalized together, counted with the batch as 0.
        epsilon: added to the variance.
        center: whether there is beta.
        scale: whether there is gamma.
        beta_initializer: first values of beta.
        gamma_initializer: first values of gamma.
        beta_regularizer: penalty on beta that is added to the loss.
        gamma_regularizer: penalty on gamma.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `epsilon` is negative, or `axis` that of the batch, or none.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.LayerNormalization()]).predict([[1.0, 201.0]])
        array([[-1.,  1.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample(),
        LayerExample({"axis": (1, 2), "epsilon": 0.1}, ((2, 3),)),
        LayerExample({"axis": 1, "scale": False}, ((2, 3),)),
        LayerExample({"center": False}),
    )

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("LayerNormalization", "epsilon", epsilon, 0.0, math.inf)
        self.axis = checked_axes("LayerNormalization: axis", axis)
        self.epsilon = float(epsilon)
        self.center = switch("LayerNormalization", "center", center)
        self.scale = switch("LayerNormalization", "scale", scale)
        self.beta_initializer = initializer(beta_initializer)
        self.gamma_initializer = initializer(gamma_initializer)
        self.beta_regularizer = regularizer(beta_regularizer)
        self.gamma_regularizer = regularizer(gamma_regularizer)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the normalized input."""
        axes = self.axes(inputs.ndim)
        center = mark(mean(inputs, axes, keepdims=True), Role.ACTIVATION, "mean")
        distance = inputs - center
        variance = mark(mean(distance * distance, axes, keepdims=True), Role.ACTIVATION, "variance")
        return self.normalized(inputs, center, variance, context)
