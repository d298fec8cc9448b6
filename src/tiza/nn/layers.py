"""Layers with Keras' names, arguments and weight layouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiza.errors import ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import FLOAT_DTYPES, Shape, TensorType
from tiza.nn.activations import ActivationFunction, activation_name
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context as Context
from tiza.nn.layer import Layer as Layer
from tiza.nn.layer import Weight as Weight
from tiza.ops.elementwise import identity


@dataclass(frozen=True, init=False)
class Input:
    """Shape of one sample, without the batch; a number of features stands for `(features,)`.

    Raises:
        ModelError: a size is not a whole number of at least 1.

    Example:
        >>> Input((784,)).shape
        (784,)
    """

    shape: Shape

    def __init__(self, shape: int | Sequence[int]) -> None:
        sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
        object.__setattr__(self, "shape", tuple(whole_number("Input: shape", size) for size in sizes))


def activated(z: Tensor, function: ActivationFunction) -> Tensor:
    """Return `function(z)` as the activation `a`; the identity leaves z as it is."""
    if function is identity:
        return z
    return mark(function(z), Role.ACTIVATION, note=activation_name(function))


class Dense(Layer):
    """Every output from every input: a = f(x W + b).

    Shapes: x `(batch, in_features)`, kernel W `(in_features, units)`, bias b `(units,)`, result
    `(batch, units)`; further axes between batch and features are kept.

    Args:
        units: number of outputs.
        activation: name or function; None leaves z = x W + b.
        use_bias: whether there is a bias.
        kernel_initializer: first values of W.
        bias_initializer: first values of b.
        name: name of the layer.

    Raises:
        ModelError: `units` is not a whole number of at least 1.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((784,)), tz.layers.Dense(30)]).count_params()
        23550
    """

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        name: str | None = None,
    ) -> None:
        self.units = whole_number("Dense: units", units)
        self.activation = find_activation(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializer(kernel_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.name = name

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        if inputs.rank < 2:
            raise ShapeError(
                f"got inputs of shape {inputs.shape}, expected (batch, features); flatten or reshape."
            )
        kernel = Weight("kernel", (inputs.shape[-1], self.units), self.kernel_initializer)
        bias = Weight("bias", (self.units,), self.bias_initializer)
        return (kernel, bias) if self.use_bias else (kernel,)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(x W + b)."""
        z = inputs @ context["kernel"]
        if self.use_bias:
            z = z + context["bias"]
        return activated(mark(z, Role.PRE_ACTIVATION), self.activation)


class Activation(Layer):
    """An activation as a layer of its own.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2,)), tz.layers.Activation("relu")]).predict([[-1.0, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation: str | ActivationFunction, name: str | None = None) -> None:
        self.activation = find_activation(activation)
        self.name = name

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(x)."""
        return activated(inputs, self.activation)


class Rescaling(Layer):
    """x scale + offset, such as scale = 1/255 for pixels; integers become floats.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((1,)), tz.layers.Rescaling(0.5, offset=1.0)]).predict([[4]])
        array([[3.]], dtype=float32)
    """

    def __init__(self, scale: float, offset: float = 0.0, name: str | None = None) -> None:
        self.scale = float(scale)
        self.offset = float(offset)
        self.name = name

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return x scale + offset."""
        if inputs.dtype not in FLOAT_DTYPES:
            raise ShapeError(
                f"got {inputs.dtype}, expected a float; a network casts its inputs before its layers."
            )
        scaled = inputs * self.scale
        return mark(scaled + self.offset if self.offset else scaled, Role.ACTIVATION, note="rescaling")


class Reshape(Layer):
    """The elements of each sample in another shape.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((2, 3)), tz.layers.Reshape((6,))]).output_shape
        (None, 6)
    """

    def __init__(self, target_shape: Sequence[int], name: str | None = None) -> None:
        self.target_shape = tuple(target_shape)
        self.name = name

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the samples reshaped."""
        return inputs.reshape((inputs.shape[0], *self.target_shape))


class Flatten(Layer):
    """Each sample as one vector.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((28, 28)), tz.layers.Flatten()]).output_shape
        (None, 784)
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the samples as vectors, `(batch, features)`."""
        return inputs.reshape((inputs.shape[0], inputs.size // inputs.shape[0]))
