"""Convolutions that look at each channel by itself, and then, if separable, at all channels of a pixel."""

from __future__ import annotations

from collections.abc import Collection

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import switch, whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.layers.activation import activated
from tiza.nn.layers.spatial import (
    PerAxis,
    channels_last,
    check_fit,
    check_not_both,
    check_positions,
    checked_padding,
    per_axis,
)
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.convolution import convolution, depthwise_convolution

PADDINGS = ("valid", "same")


class DepthwiseConv2D(Layer):
    """Kernels for each channel alone: a = f(z), z[p,q,(c,m)] = sum x[p s + i d, q s + j d, c] W[i,j,c,m] + b.

    The sum goes over i and j. Shapes: x `(batch, height, width, channels)`, kernel W `(*kernel_size,
    channels, depth_multiplier)`, bias b `(channels * depth_multiplier,)`, result `(batch, positions,
    positions, channels * depth_multiplier)`; s is `strides`, d `dilation_rate`.

    Args:
        kernel_size: height and width of the patch that each output sees.
        strides: from one position to the next.
        padding: `valid`, or `same` with zeros around: ceil(size / s) positions an axis.
        depth_multiplier: kernels for each channel.
        data_format: None or `channels_last`.
        dilation_rate: from one place that is seen to the next.
        activation: name or function; None leaves z.
        use_bias: whether there is a bias.
        depthwise_initializer: first values of W.
        bias_initializer: first values of b.
        depthwise_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, strides and dilation are both above 1, or
            `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or the kernel does not fit.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((28, 28, 3)), tz.layers.DepthwiseConv2D(3, depth_multiplier=2)])
        >>> model.output_shape, model.count_params()
        ((None, 26, 26, 6), 60)
    """

    examples = (
        LayerExample({"kernel_size": (2, 3), "depth_multiplier": 3, "activation": "relu"}, ((4, 5, 2),)),
        LayerExample({"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}, ((5, 6, 2),)),
        LayerExample({"kernel_size": 2, "dilation_rate": (2, 1), "depth_multiplier": 2}, ((5, 4, 3),)),
    )

    def __init__(
        self,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        owner = "DepthwiseConv2D"
        self.kernel_size = per_axis(owner, "kernel_size", kernel_size, 2)
        self.strides = per_axis(owner, "strides", strides, 2)
        self.padding = checked_padding(owner, padding, PADDINGS)
        self.depth_multiplier = whole_number(f"{owner}: depth_multiplier", depth_multiplier)
        self.data_format = channels_last(owner, data_format)
        self.dilation_rate = per_axis(owner, "dilation_rate", dilation_rate, 2)
        self.activation = find_activation(activation)
        self.use_bias = switch(owner, "use_bias", use_bias)
        self.depthwise_initializer = initializer(depthwise_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.depthwise_regularizer = regularizer(depthwise_regularizer)
        self.bias_regularizer = regularizer(bias_regularizer)
        self.name = name
        self.trainable = trainable
        check_not_both(owner, self.strides, self.dilation_rate)

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        check_positions("DepthwiseConv2D", inputs.shape, 2)
        check_fit(
            "DepthwiseConv2D", "kernel_size", inputs.shape, self.kernel_size, self.padding, self.dilation_rate
        )
        channels = inputs.shape[-1]
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        outputs = (channels * self.depth_multiplier,)
        kernel = Weight("kernel", shape, self.depthwise_initializer, regularizer=self.depthwise_regularizer)
        bias = Weight("bias", outputs, self.bias_initializer, regularizer=self.bias_regularizer)
        return (kernel, bias) if self.use_bias else (kernel,)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(z)."""
        z = depthwise_convolution(inputs, context["kernel"], self.strides, self.padding, self.dilation_rate)
        if self.use_bias:
            z = z + context["bias"]
        return activated(mark(z, Role.PRE_ACTIVATION), self.activation)


class SeparableConv2D(Layer):
    """Each channel's patches by themselves, then every pixel's channels together: a = f(u V + b).

    u[p,q,(c,m)] = sum over i, j of x[p s + i d, q s + j d, c] U[i,j,c,m]. Shapes: x `(batch, height, width,
    channels)`, depthwise kernel U `(*kernel_size, channels, depth_multiplier)`, pointwise kernel V `(1, 1,
    channels * depth_multiplier, filters)`, bias b `(filters,)`, result `(batch, positions, positions,
    filters)`; s is `strides`, d `dilation_rate`. Chollet (2017).

    Args:
        filters: number of outputs at each position.
        kernel_size: height and width of the patch that each channel is seen in.
        strides: from one position to the next.
        padding: `valid`, or `same` with zeros around: ceil(size / s) positions an axis.
        data_format: None or `channels_last`.
        dilation_rate: from one place that is seen to the next.
        depth_multiplier: kernels for each channel.
        activation: name or function; None leaves u V + b.
        use_bias: whether there is a bias.
        depthwise_initializer: first values of U.
        pointwise_initializer: first values of V.
        bias_initializer: first values of b.
        depthwise_regularizer: penalty on U that is added to the loss.
        pointwise_regularizer: penalty on V.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one of at least 1, strides and dilation are both above 1, or
            `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or the kernel does not fit.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((28, 28, 3)), tz.layers.SeparableConv2D(8, 3)])
        >>> model.output_shape, model.count_params()
        ((None, 26, 26, 8), 59)
    """

    examples = (
        LayerExample(
            {"filters": 4, "kernel_size": (2, 3), "depth_multiplier": 2, "activation": "relu"}, ((4, 5, 2),)
        ),
        LayerExample(
            {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same", "use_bias": False}, ((5, 4, 3),)
        ),
        LayerExample({"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, ((4, 4, 2),)),
    )

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        depth_multiplier: int = 1,
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        pointwise_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
        pointwise_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        owner = "SeparableConv2D"
        self.filters = whole_number(f"{owner}: filters", filters)
        self.kernel_size = per_axis(owner, "kernel_size", kernel_size, 2)
        self.strides = per_axis(owner, "strides", strides, 2)
        self.padding = checked_padding(owner, padding, PADDINGS)
        self.data_format = channels_last(owner, data_format)
        self.dilation_rate = per_axis(owner, "dilation_rate", dilation_rate, 2)
        self.depth_multiplier = whole_number(f"{owner}: depth_multiplier", depth_multiplier)
        self.activation = find_activation(activation)
        self.use_bias = switch(owner, "use_bias", use_bias)
        self.depthwise_initializer = initializer(depthwise_initializer)
        self.pointwise_initializer = initializer(pointwise_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.depthwise_regularizer = regularizer(depthwise_regularizer)
        self.pointwise_regularizer = regularizer(pointwise_regularizer)
        self.bias_regularizer = regularizer(bias_regularizer)
        self.name = name
        self.trainable = trainable
        check_not_both(owner, self.strides, self.dilation_rate)

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return both kernels and the bias."""
        check_positions("SeparableConv2D", inputs.shape, 2)
        check_fit(
            "SeparableConv2D", "kernel_size", inputs.shape, self.kernel_size, self.padding, self.dilation_rate
        )
        channels = inputs.shape[-1]
        depthwise = Weight(
            "depthwise_kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
        )
        pointwise = Weight(
            "pointwise_kernel",
            (1, 1, channels * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
        )
        bias = Weight("bias", (self.filters,), self.bias_initializer, regularizer=self.bias_regularizer)
        return (depthwise, pointwise, bias) if self.use_bias else (depthwise, pointwise)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return f(u V + b)."""
        seen = depthwise_convolution(
            inputs, context["depthwise_kernel"], self.strides, self.padding, self.dilation_rate
        )
        z = convolution(mark(seen, Role.ACTIVATION, "depthwise"), context["pointwise_kernel"])
        if self.use_bias:
            z = z + context["bias"]
        return activated(mark(z, Role.PRE_ACTIVATION), self.activation)
