"""GRU: one state, a gate that updates it and one that resets it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tiza.graph.tensor import Tensor
from tiza.nn.activations import ActivationFunction
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import switch
from tiza.nn.initializers import Initializer
from tiza.nn.layer import Context, LayerExample
from tiza.nn.layers.recurrent import SEQUENCES, Recurrent, States, columns, gate, masked_product
from tiza.nn.regularizers import Regularizer
from tiza.ops.layout import slice_axis


class GRU(Recurrent):
    """Gated recurrent unit: h_t = z h_(t-1) + (1 - z) n.

    The gates are made of the sequence and of the state: z = s(x_t W_z + h_(t-1) U_z + b_z), likewise the
    reset gate r; s is the sigmoid. The candidate is n = tanh(x_t W_n + b_n + r (h_(t-1) U_n + b'_n)), or,
    without `reset_after`, n = tanh(x_t W_n + b_n + (r h_(t-1)) U_n).

    Shapes: x `(batch, time, features)`, kernel W `(features, 3 units)`, recurrent kernel U
    `(units, 3 units)`, bias `(2, 3 units)`: b in the first row, b' in the second; without `reset_after` b
    alone, `(3 units,)`. Columns in the order z r n (n is Keras' h). Result `(batch, units)`, or
    `(batch, time, units)` with `return_sequences`. Cho et al. (2014).

    Args:
        units: numbers in the state.
        activation: name or function, in place of tanh.
        recurrent_activation: name or function, in place of s.
        use_bias: whether there is a bias.
        kernel_initializer: first values of W.
        recurrent_initializer: first values of U.
        bias_initializer: first values of the bias.
        kernel_regularizer: penalty on W that is added to the loss.
        recurrent_regularizer: penalty on U.
        bias_regularizer: penalty on the bias.
        dropout: share of the inputs left out in training, the same ones at all steps.
        recurrent_dropout: share of the state left out before U, the same ones at all steps.
        seed: another number draws other dropout masks; None goes by the model's seed alone.
        return_sequences: whether the outputs of all steps are given, not the last alone.
        return_state: whether the last state is given too: `output, h = layer(x)`.
        go_backwards: read the sequence from its end; outputs come in the order in which they are computed.
        stateful: begin a batch with the state that the batch before left, until `model.reset_states()`. Needs
            `tz.Input(shape, batch_size=...)`; every batch then has so many samples.
        unroll: for Keras' sake; the loop is compiled once, whatever its length, and numbers do not change.
        reset_after: whether the reset gate is applied after the product with U_n, not before it.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `units` is not a whole number of at least 1, a rate is below 0, or 1 or more.
        ShapeError: inputs are no sequences, or a mask or a state has another shape.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((100, 8)), tz.layers.GRU(32)]).count_params()
        4032
    """

    gates = 3
    examples = (
        *SEQUENCES,
        LayerExample({"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid"}, ((4, 3),)),
        LayerExample({"units": 3, "reset_after": False}, ((4, 3),)),
        LayerExample({"units": 3, "reset_after": False, "use_bias": False}, ((4, 2),)),
        LayerExample({"units": 3, "reset_after": False, "recurrent_dropout": 0.3}, ((4, 2),)),
    )

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        recurrent_activation: str | ActivationFunction | None = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        recurrent_initializer: str | Initializer = "orthogonal",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        recurrent_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        super().__init__(
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            name=name,
            trainable=trainable,
        )
        self.recurrent_activation = find_activation(recurrent_activation)
        self.reset_after = switch("GRU", "reset_after", reset_after)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the bias: a row for the inputs, and one for the state if the reset gate comes after."""
        columns_ = (self.gates * self.units,)
        return (2, *columns_) if self.reset_after else columns_

    def input_bias(self, context: Context) -> Tensor:
        """Return the row that is added before the loop."""
        return context["bias"][0] if self.reset_after else context["bias"]

    def step(
        self, entry: Tensor, states: States, dropout: Sequence[Tensor], context: Context
    ) -> tuple[Tensor, ...]:
        """Return h_t."""
        (h,) = states
        x_z, x_r, x_n = columns(entry, self.gates)
        if self.reset_after:
            product = masked_product(h, dropout, context["recurrent_kernel"])
            if self.use_bias:
                product = product + context["bias"][1]
            h_z, h_r, h_n = columns(product, self.gates)
            z = gate(x_z + h_z, "z", self.recurrent_activation)
            r = gate(x_r + h_r, "r", self.recurrent_activation)
            n = gate(x_n + r * h_n, "n", self.activation)
        else:
            split = 2 * self.units
            first = slice_axis(context["recurrent_kernel"], 1, 0, split)
            second = slice_axis(context["recurrent_kernel"], 1, split, split + self.units)
            h_z, h_r = columns(masked_product(h, dropout[:2], first), 2)
            z = gate(x_z + h_z, "z", self.recurrent_activation)
            r = gate(x_r + h_r, "r", self.recurrent_activation)
            n = gate(x_n + masked_product(r * h, dropout[2:], second), "n", self.activation)
        return (z * h + (1.0 - z) * n,)
