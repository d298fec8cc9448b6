"""Transposed convolution: images made larger, each pixel spreading a kernel around itself."""

from __future__ import annotations

from collections.abc import Collection

from tiza.errors import ModelError, ShapeError
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction
from tiza.nn.checks import whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, LayerExample, Weight
from tiza.nn.layers.filtering import Filtering
from tiza.nn.layers.spatial import AXES, PerAxis, check_positions, per_axis
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.transposed_convolution import kept_range, transposed_convolution


class Conv2DTranspose(Filtering):
    """Each pixel spreads a kernel: a = f(z), z[p s + i d, q s + j d, o] = sum x[p,q,c] W[i,j,o,c] + b[o].

    The sum goes over c and over all that meet at a place: what a convolution's way back does. Shapes: x
    `(batch, height, width, channels)`, kernel W `(*kernel_size, filters, channels)`, bias b `(filters,)`,
    result `(batch, larger height, larger width, filters)`; s is `strides`, d `dilation_rate`. Dumoulin and
    Visin (2016).

    Args:
        filters: number of outputs at each place.
        kernel_size: height and width of the patch that each pixel reaches.
        strides: from the patch of a pixel to that of the next.
        padding: `valid` keeps every place that is reached; `same` keeps size times s.
        output_padding: places more at the end than the fewest that an axis can have, below `strides`; None
            is Keras' own choice.
        data_format: None or `channels_last`.
        dilation_rate: from one place of a patch to the next.
        activation: name or function; None leaves z.
        use_bias: whether there is a bias.
        kernel_initializer: first values of W.
        bias_initializer: first values of b.
        kernel_regularizer: penalty on W that is added to the loss.
        bias_regularizer: penalty on b.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: a number is not a whole one, `output_padding` is not below `strides`, strides and dilation
            are both above 1, or `data_format` is another.
        ShapeError: the inputs are not `(batch, height, width, channels)`, or nothing would be kept.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Conv2DTranspose(8, 3, strides=2, padding="same")
        >>> tz.Sequential([tz.Input((7, 7, 16)), layer]).output_shape
        (None, 14, 14, 8)
    """

    examples = (
        LayerExample({"filters": 3, "kernel_size": 3}, ((3, 4, 2),)),
        LayerExample({"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}, ((3, 2, 2),)),
        LayerExample({"filters": 2, "kernel_size": 2, "strides": 3, "activation": "relu"}, ((2, 3, 1),)),
        LayerExample(
            {"filters": 2, "kernel_size": (2, 3), "strides": (3, 2), "padding": "same"}, ((2, 3, 1),)
        ),
        LayerExample(
            {"filters": 1, "kernel_size": (4, 3), "strides": 3, "padding": "same", "output_padding": (2, 0)},
            ((3, 3, 2),),
        ),
        LayerExample({"filters": 2, "kernel_size": 2, "dilation_rate": (2, 3)}, ((2, 2, 2),)),
        LayerExample({"filters": 2, "kernel_size": 1, "strides": 2, "padding": "same"}, ((2, 2, 2),)),
    )

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        strides: PerAxis = (1, 1),
        padding: str = "valid",
        output_padding: PerAxis | None = None,
        data_format: str | None = None,
        dilation_rate: PerAxis = (1, 1),
        activation: str | ActivationFunction | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            name=name,
            trainable=trainable,
        )
        self.filters = whole_number("Conv2DTranspose: filters", filters)
        self.output_padding = self._checked_output_padding(output_padding)
        self.kernel_initializer = initializer(kernel_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)

    def _checked_output_padding(self, given: PerAxis | None) -> tuple[int, ...] | None:
        if given is None:
            return None
        more = per_axis("Conv2DTranspose", "output_padding", given, 2, low=0)
        if any(one >= stride for one, stride in zip(more, self.strides, strict=True)):
            raise ModelError(
                f"Conv2DTranspose: got output_padding={given!r} and strides={self.strides}, expected "
                "output_padding below strides along each axis."
            )
        return more

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return kernel and bias."""
        check_positions("Conv2DTranspose", inputs.shape, 2)
        self._check_kept(inputs.shape[1:-1])
        shape = (*self.kernel_size, self.filters, inputs.shape[-1])
        kernel = Weight("kernel", shape, self.kernel_initializer, regularizer=self.kernel_regularizer)
        return self.with_bias(kernel, channels=self.filters)

    def _check_kept(self, sizes: tuple[int, ...]) -> None:
        more = self.output_padding or (None, None)
        rows = zip(AXES[2], sizes, self.kernel_size, self.strides, self.dilation_rate, more, strict=True)
        for axis, *one in rows:
            _, start, stop = kept_range(self.padding, *one)
            if stop <= start:
                raise ShapeError(
                    f"Conv2DTranspose: got samples of {sizes[0]} x {sizes[1]} pixels, of which "
                    f"padding='same' with output_padding={self.output_padding} keeps nothing along {axis}; "
                    "expected a larger output_padding, or None."
                )

    def filtered(self, inputs: Tensor, context: Context) -> Tensor:
        """Return what all pixels spread."""
        return transposed_convolution(
            inputs, context["kernel"], self.strides, self.padding, self.output_padding, self.dilation_rate
        )
