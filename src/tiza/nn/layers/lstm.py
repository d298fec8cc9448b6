"""LSTM: a cell state that gates write to, forget and read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.activations import ActivationFunction
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import switch
from tiza.nn.initializers import Initializer, Ones
from tiza.nn.layer import Context, LayerExample
from tiza.nn.layers.recurrent import SEQUENCES, Recurrent, States, columns, gate, masked_product
from tiza.nn.regularizers import Regularizer
from tiza.ops.layout import concatenate
from tiza.ops.random import Key


@dataclass(frozen=True)
class UnitForgetBias(Initializer):
    """First values of an LSTM's bias: 1 for the forget gate, those of `of` for the others.

    Source: Jozefowicz, Zaremba and Sutskever (2015).
    """

    of: Initializer

    def values(self, shape: Sequence[int], dtype: object, key: Key) -> Tensor:
        """Return the bias, gates in the order i f g o."""
        units = shape[0] // 4
        return concatenate(
            [
                self.of.values((units,), dtype, key.fold_in(0)),
                Ones().values((units,), dtype, key),
                self.of.values((2 * units,), dtype, key.fold_in(1)),
            ]
        )


class LSTM(Recurrent):
    """Long short-term memory: c_t = f c_(t-1) + i g, h_t = o tanh(c_t).

    Each gate is made of the sequence and of the state: i = s(x_t W_i + h_(t-1) U_i + b_i), likewise f and
    o; the candidate is g = tanh(x_t W_g + h_(t-1) U_g + b_g). s is the sigmoid.

    Shapes: x `(batch, time, features)`, kernel W `(features, 4 units)`, recurrent kernel U `(units, 4
    units)`, bias b `(4 units,)`, columns in the order i f g o (g is Keras' c); result `(batch, units)`, or
    `(batch, time, units)` with `return_sequences`. Hochreiter and Schmidhuber (1997); Gers, Schmidhuber and
    Cummins (2000).

    Args:
        units: numbers in each of both states.
        activation: name or function, in place of both tanh.
        recurrent_activation: name or function, in place of s.
        use_bias: whether there is b.
        kernel_initializer: first values of W.
        recurrent_initializer: first values of U.
        bias_initializer: first values of b.
        unit_forget_bias: begin with a bias of 1 for the forget gate.
        kernel_regularizer: penalty on W that is added to the loss.
        recurrent_regularizer: penalty on U.
        bias_regularizer: penalty on b.
        dropout: share of the inputs left out in training, the same ones at all steps.
        recurrent_dropout: share of the state left out before U, the same ones at all steps.
        seed: another number draws other dropout masks; None goes by the model's seed alone.
        return_sequences: whether the outputs of all steps are given, not the last alone.
        return_state: whether the last states are given too: `output, h, c = layer(x)`.
        go_backwards: read the sequence from its end; outputs come in the order in which they are computed.
        stateful: begin a batch with the states that the batch before left, until `model.reset_states()`.
            Needs `tz.Input(shape, batch_size=...)`; every batch then has so many samples.
        unroll: for Keras' sake; the loop is compiled once, whatever its length, and numbers do not change.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `units` is not a whole number of at least 1, a rate is below 0, or 1 or more.
        ShapeError: inputs are no sequences, or a mask or a state has another shape.

    Example:
        >>> import tiza as tz
        >>> tz.Sequential([tz.Input((28, 28)), tz.layers.LSTM(128)]).count_params()
        80384
    """

    gates = 4
    states = ("h", "c")
    examples = (
        *SEQUENCES,
        LayerExample({"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid"}, ((4, 3),)),
        LayerExample({"units": 3, "unit_forget_bias": False, "bias_initializer": "ones"}, ((4, 3),)),
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
        unit_forget_bias: bool = True,
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
        self.unit_forget_bias = switch("LSTM", "unit_forget_bias", unit_forget_bias)

    @property
    def first_bias(self) -> Initializer:
        """First values of the bias."""
        return UnitForgetBias(self.bias_initializer) if self.unit_forget_bias else self.bias_initializer

    def step(
        self, entry: Tensor, states: States, dropout: Sequence[Tensor], context: Context
    ) -> tuple[Tensor, ...]:
        """Return h_t and c_t."""
        h, c = states
        z = entry + masked_product(h, dropout, context["recurrent_kernel"])
        entering = columns(z, self.gates)
        i = gate(entering[0], "i", self.recurrent_activation)
        f = gate(entering[1], "f", self.recurrent_activation)
        g = gate(entering[2], "g", self.activation)
        o = gate(entering[3], "o", self.recurrent_activation)
        # before h reads it, so that its derivative is that by both ways; at a masked step it is not yet c
        new_c = mark(f * c + i * g, Role.ACTIVATION, "c" if context.mask is None else "new_c")
        return o * self.activation(new_c), new_c
