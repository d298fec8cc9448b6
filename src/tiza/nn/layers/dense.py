"""Dense: every output from every input."""

from __future__ import annotations

from collections.abc import Collection

from tiza.errors import ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import shape_text, switch, whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.layers.activation import activated
from tiza.nn.regularizers import Regularizer, regularizer


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
        kernel_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `units` is not a whole number of at least 1.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((784,)), tz.layers.Dense(30)]).count_params()
        23550
    """

    supports_masking = True

    examples = (
        LayerExample({"units": 4}, ((2, 3),)),
        LayerExample({"units": 4, "activation": "tanh"}),
        LayerExample({"units": 1, "use_bias": False}),
    )

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.units = whole_number("Dense: units", units)
        self.activation = find_activation(activation)
        self.use_bias = switch("Dense", "use_bias", use_bias)
        self.kernel_initializer = initializer(kernel_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)
        self.bias_regularizer = regularizer(bias_regularizer)
        self.name = name
        self.trainable = trainable

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        if inputs.rank < 2:
            raise ShapeError(
                f"got inputs of shape {shape_text(inputs.shape)}, expected (batch, features); flatten or "
                "reshape."
            )
        shape = (inputs.shape[-1], self.units)
        kernel = Weight("kernel", shape, self.kernel_initializer, regularizer=self.kernel_regularizer)
        bias = Weight("bias", (self.units,), self.bias_initializer, regularizer=self.bias_regularizer)
        return (kernel, bias) if self.use_bias else (kernel,)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(x W + b)."""
        z = inputs @ context["kernel"]
        if self.use_bias:
            z = z + context["bias"]
        return activated(mark(z, Role.PRE_ACTIVATION), self.activation)
