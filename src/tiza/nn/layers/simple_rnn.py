"""SimpleRNN: the output of a step enters the next one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.nn.activations import ActivationFunction, activation_name
from tiza.nn.initializers import Initializer
from tiza.nn.layer import Context
from tiza.nn.layers.recurrent import SEQUENCES, Recurrent, States, masked_product
from tiza.nn.regularizers import Regularizer


class SimpleRNN(Recurrent):
    """A state that every step adds to: h_t = f(x_t W + h_(t-1) U + b), h_0 = 0.

    Shapes: x `(batch, time, features)`, kernel W `(features, units)`, recurrent kernel U `(units, units)`,
    bias b `(units,)`, result `(batch, units)`, or `(batch, time, units)` with `return_sequences`. Elman
    (1990).

    Args:
        units: numbers in the state.
        activation: name or function f; None leaves the sum.
        use_bias: whether there is b.
        kernel_initializer: first values of W.
        recurrent_initializer: first values of U.
        bias_initializer: first values of b.
        kernel_regularizer: penalty on W that is added to the loss.
        recurrent_regularizer: penalty on U.
        bias_regularizer: penalty on b.
        dropout: share of the inputs left out in training, the same ones at all steps.
        recurrent_dropout: share of the state left out before U, the same ones at all steps.
        return_sequences: whether the outputs of all steps are given, not the last alone.
        return_state: whether the last state is given too: `output, h = layer(x)`.
        go_backwards: read the sequence from its end; outputs come in the order in which they are computed.
        stateful: begin a batch with the state that the batch before left, until `model.reset_states()`. Needs
            `tz.Input(shape, batch_size=...)`; every batch then has so many samples.
        unroll: for Keras' sake; the loop is compiled once, whatever its length, and numbers do not change.
        seed: another number draws other dropout masks; None goes by the model's seed alone.
        name: name of the layer.
        trainable: whether its weights are trained, or the names of those that are.

    Raises:
        ModelError: `units` is not a whole number of at least 1, a rate is below 0, or 1 or more.
        ShapeError: inputs are no sequences, or a mask or a state has another shape.

    Example:
        >>> import tiza as tz
        >>> rnn = tz.layers.SimpleRNN(1, None, kernel_initializer="ones", recurrent_initializer="ones")
        >>> tz.Sequential([tz.Input((3, 1)), rnn]).predict([[[1.0], [2.0], [3.0]]])
        array([[6.]], dtype=float32)
    """

    examples = SEQUENCES

    def __init__(
        self,
        units: int,
        activation: str | ActivationFunction | None = "tanh",
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        recurrent_initializer: str | Initializer = "orthogonal",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        recurrent_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
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

    @property
    def note(self) -> str:
        """The activation."""
        return activation_name(self.activation)

    def step(
        self, entry: Tensor, states: States, dropout: Sequence[Tensor], context: Context
    ) -> tuple[Tensor, ...]:
        """Return h_t = f(x_t W + b + h_(t-1) U)."""
        z = entry + masked_product(states[0], dropout, context["recurrent_kernel"])
        return (self.activation(mark(z, Role.PRE_ACTIVATION)),)
