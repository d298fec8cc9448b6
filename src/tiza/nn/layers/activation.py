"""Activations as layers of their own; PReLU learns its slopes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tiza.errors import ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction, activation_name, elu, leaky_relu
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import check_hyperparameter, finite_number, shape_text, whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.layers.axes import MOST_AXES, checked_axes, feature_axes
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.composite import relu, softmax
from tiza.ops.elementwise import identity, minimum, where

FAR_BELOW = -1e9
"""What masked inputs of a softmax count as: Keras' number."""


def activated(z: Tensor, function: ActivationFunction) -> Tensor:
    """Return `function(z)` as the activation `a`; the identity leaves z as it is."""
    if function is identity:
        return z
    return mark(function(z), Role.ACTIVATION, note=activation_name(function))


class Activation(Layer):
    """An activation as a layer of its own: a = f(x).

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.Activation("relu")]).predict([[-1.0, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample({"activation": "tanh"}, ((2, 3),)),
        LayerExample({"activation": "softmax"}, ((2, 3),)),
    )

    def __init__(
        self,
        activation: str | ActivationFunction,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.activation = find_activation(activation)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(x)."""
        return activated(inputs, self.activation)


class ReLU(Layer):
    """The positive part: a = max(0, x).

    With other arguments, a = x where x > threshold, at most max_value; else negative_slope (x - threshold).

    Raises:
        ModelError: an argument is negative.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((3,)), tz.layers.ReLU(max_value=6)]).predict([[-1.0, 2.0, 9.0]])
        array([[0., 2., 6.]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample(),
        LayerExample({"max_value": 0.5}),
        LayerExample({"max_value": 1.5, "negative_slope": 0.25, "threshold": 0.5}, ((2, 3),)),
        LayerExample({"threshold": 0.5}),
    )

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        if max_value is not None:
            check_hyperparameter("ReLU", "max_value", max_value, 0.0, math.inf)
        check_hyperparameter("ReLU", "negative_slope", negative_slope, 0.0, math.inf)
        check_hyperparameter("ReLU", "threshold", threshold, 0.0, math.inf)
        self.max_value = None if max_value is None else float(max_value)
        self.negative_slope = float(negative_slope)
        self.threshold = float(threshold)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the positive part."""
        return mark(self._limited(self._rectified(inputs)), Role.ACTIVATION, note="relu")

    def _rectified(self, x: Tensor) -> Tensor:
        if not self.negative_slope and not self.threshold:
            return relu(x)
        below = self.negative_slope * (x - self.threshold) if self.negative_slope else 0.0
        return where(x > self.threshold, x, below)

    def _limited(self, x: Tensor) -> Tensor:
        return x if self.max_value is None else minimum(self.max_value, x)


class LeakyReLU(Layer):
    """The positive part and a little of the negative: a = x where x > 0, else negative_slope x.

    Raises:
        ModelError: `negative_slope` is negative.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.LeakyReLU(0.5)]).predict([[-1.0, 2.0]])
        array([[-0.5,  2. ]], dtype=float32)
    """

    supports_masking = True

    examples = (LayerExample(), LayerExample({"negative_slope": 0.0}), LayerExample({"negative_slope": 0.01}))

    def __init__(
        self,
        negative_slope: float = 0.3,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        check_hyperparameter("LeakyReLU", "negative_slope", negative_slope, 0.0, math.inf)
        self.negative_slope = float(negative_slope)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the rectified input."""
        return mark(leaky_relu(inputs, self.negative_slope), Role.ACTIVATION, note="leaky_relu")


class PReLU(Layer):
    """The positive part and a learned share of the negative: a = max(0, x) + alpha min(0, x).

    Shapes: x `(batch, ...)`, alpha as one sample, with 1 for each of `shared_axes`. He, Zhang, Ren and Sun
    (2015).

    Args:
        alpha_initializer: first values of alpha.
        alpha_regularizer: penalty on alpha that is added to the loss.
        shared_axes: axes, counted with the batch as 0, along which all units share one alpha.
        name: name of the layer.
        trainable: whether alpha is trained.

    Raises:
        ShapeError: a shared axis is none of the sample's.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.PReLU(alpha_initializer=tz.initializers.Constant(0.25))
        >>> tz.Sequential([tz.Input((2,)), layer]).predict([[-1.0, 2.0]])
        array([[-0.25,  2.  ]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample(),
        LayerExample({"shared_axes": [1]}, ((2, 3),)),
        LayerExample({"shared_axes": (1, 2), "alpha_initializer": "ones"}, ((2, 3),)),
    )

    def __init__(
        self,
        alpha_initializer: str | Initializer = "zeros",
        alpha_regularizer: str | Regularizer | None = None,
        shared_axes: int | Sequence[int] | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.alpha_initializer = initializer(alpha_initializer)
        self.alpha_regularizer = regularizer(alpha_regularizer)
        given = () if shared_axes is None else checked_axes("PReLU: shared_axes", shared_axes)
        self.shared_axes = given if isinstance(given, tuple) else (given,)
        self.name = name
        self.trainable = trainable

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return alpha."""
        wrong = [axis for axis in self.shared_axes if not 1 <= axis < inputs.rank]
        if wrong:
            raise ShapeError(
                f"PReLU: got shared_axes={self.shared_axes}, expected axes from 1 to {inputs.rank - 1}."
            )
        shape = tuple(
            1 if axis in self.shared_axes else size for axis, size in enumerate(inputs.shape) if axis
        )
        return (Weight("alpha", shape, self.alpha_initializer, regularizer=self.alpha_regularizer),)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the rectified input."""
        value = relu(inputs) + context["alpha"] * minimum(0.0, inputs)
        return mark(value, Role.ACTIVATION, note="prelu")


class ELU(Layer):
    """The positive part and a smooth end below: a = x where x > 0, else alpha (exp(x) - 1).

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.ELU()]).predict([[-1.0, 2.0]])
        array([[-0.6321,  2.    ]], dtype=float32)
    """

    supports_masking = True

    examples = (LayerExample(), LayerExample({"alpha": 0.5}, ((2, 3),)))

    def __init__(
        self, alpha: float = 1.0, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        self.alpha = finite_number("ELU", "alpha", alpha)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return elu(x)."""
        return mark(elu(inputs, self.alpha), Role.ACTIVATION, note="elu")


class Softmax(Layer):
    """Shares that add up to 1: a_j = exp(x_j) / sum over k of exp(x_k), along `axis`.

    Inputs that a mask leaves out have share 0.

    Raises:
        ModelError: `axis` is that of the batch, or none.
        ShapeError: a mask has another shape than the inputs.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.Softmax()]).predict([[1.0, 1.0]])
        array([[0.5, 0.5]], dtype=float32)
    """

    supports_masking = True

    examples = (
        LayerExample(),
        LayerExample({"axis": 1}, ((2, 3),)),
        LayerExample({}, ((6,),), masked=True),
    )

    def __init__(
        self, axis: int = -1, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        self.axis = whole_number("Softmax: axis", axis, -MOST_AXES)
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return softmax(x)."""
        (axis,) = feature_axes("Softmax", self.axis, inputs.ndim)
        # a note names what the loss may rely on: shares over the last axis
        note = "softmax" if axis == inputs.ndim - 1 else f"softmax over axis {axis}"
        if context.mask is None:
            return mark(softmax(inputs, axis), Role.ACTIVATION, note=note)
        if context.mask.shape != inputs.shape:
            raise ShapeError(
                f"Softmax: got a mask of shape {shape_text(context.mask.shape)} for inputs of shape "
                f"{shape_text(inputs.shape)}, expected one entry each; Activation('softmax') hands it on."
            )
        shares = softmax(where(context.mask, inputs, FAR_BELOW), axis)
        return mark(where(context.mask, shares, 0.0), Role.ACTIVATION, note="masked softmax")
