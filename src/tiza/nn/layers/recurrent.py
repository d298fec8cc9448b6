"""What SimpleRNN, LSTM and GRU share: one product for the whole sequence, then a loop over time.

The input's product with the kernel, and the bias, are computed for all steps at once, before the loop:
`(time, batch, gates units)`. `ops.scan` carries the state and reads one time slice of that product a step.
The loop is compiled once, whatever the length, so `unroll` changes nothing.

Provenance, below the layer's path; what is in the loop gets its time step when the loop is unrolled:

| quantity | role | name | layers |
|---|---|---|---|
| the sum that enters the activation | z | (none) | SimpleRNN |
| the sum that enters a gate | z | `z_i`, `z_f`, `z_g`, `z_o`; `z_z`, `z_r`, `z_n` | LSTM; GRU |
| gates and candidates | a | `i`, `f`, `g`, `o`; `z`, `r`, `n` | LSTM (g is the candidate); GRU (n is it) |
| the cell state, the state | a | `c`; `h` | LSTM; all |
| the cell state of a step before its mask is looked at | a | `new_c` | LSTM, masked |
| the last states, where they are returned | a | `last_h`, `last_c` | all; LSTM |
| what the layer gives, `(batch, ...)` | a | (none) | all |
| kept states, where the layer is stateful | state | `state_h`, `state_c` | all; LSTM |

The note of a gate is its activation; that of a state at a masked step is `mask`: it is the one before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from tiza.errors import ModelError, ShapeError
from tiza.graph.provenance import Role, current_provenance
from tiza.graph.tensor import Tensor, constant, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.activations import ActivationFunction, activation_name
from tiza.nn.activations import activation as find_activation
from tiza.nn.checks import check_hyperparameter, shape_text, switch, whole_number
from tiza.nn.connection import Symbol, connect, results_of
from tiza.nn.initializers import Initializer, Zeros, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight, checked_mask, masked, snake_case
from tiza.nn.layers.noise import checked_seed, drawing_key
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.elementwise import cast, where
from tiza.ops.layout import broadcast_to, concatenate, flip, reshape, slice_axis, transpose
from tiza.ops.random import Key, bernoulli
from tiza.ops.scan import scan

States = tuple[Tensor, ...]

SEQUENCES = (
    LayerExample({"units": 4}, ((5, 3),)),
    LayerExample({"units": 3, "return_sequences": True}, ((5, 2),)),
    LayerExample({"units": 2, "return_sequences": True, "return_state": True}, ((4, 3),)),
    LayerExample({"units": 3, "return_state": True, "use_bias": False}, ((1, 2),)),
    LayerExample({"units": 3, "go_backwards": True}, ((4, 3),)),
    LayerExample({"units": 3, "go_backwards": True, "return_sequences": True}, ((4, 3),)),
    LayerExample({"units": 2, "activation": "relu", "unroll": True}, ((3, 3),)),
    LayerExample({"units": 3}, ((5, 3),), masked=True),
    LayerExample({"units": 3, "return_sequences": True, "return_state": True}, ((5, 3),), masked=True),
    LayerExample({"units": 3, "go_backwards": True, "return_sequences": True}, ((5, 3),), masked=True),
    LayerExample({"units": 3, "dropout": 0.4, "seed": 5}, ((4, 3),)),
    LayerExample({"units": 3, "dropout": 0.2, "recurrent_dropout": 0.3}, ((4, 3),)),
)
"""Arguments that all of them are tried with."""


class Recurrent(Layer):
    """A layer that goes through a sequence step by step and keeps a state."""

    gates: ClassVar[int] = 1
    """Blocks of columns of the kernel."""

    states: ClassVar[tuple[str, ...]] = ("h",)
    """Names of what is carried from step to step; what the layer gives comes first."""

    supports_masking = True

    def __init__(
        self,
        *,
        units: int,
        activation: str | ActivationFunction | None,
        use_bias: bool,
        kernel_initializer: str | Initializer,
        recurrent_initializer: str | Initializer,
        bias_initializer: str | Initializer,
        kernel_regularizer: str | Regularizer | None,
        recurrent_regularizer: str | Regularizer | None,
        bias_regularizer: str | Regularizer | None,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        name: str | None,
        trainable: bool | Collection[str],
    ) -> None:
        owner = type(self).__name__
        self.units = whole_number(f"{owner}: units", units)
        self.activation = find_activation(activation)
        self.use_bias = switch(owner, "use_bias", use_bias)
        self.kernel_initializer = initializer(kernel_initializer)
        self.recurrent_initializer = initializer(recurrent_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)
        self.recurrent_regularizer = regularizer(recurrent_regularizer)
        self.bias_regularizer = regularizer(bias_regularizer)
        check_hyperparameter(owner, "dropout", dropout, 0.0, 1.0)
        check_hyperparameter(owner, "recurrent_dropout", recurrent_dropout, 0.0, 1.0)
        self.dropout = float(dropout)
        self.recurrent_dropout = float(recurrent_dropout)
        self.seed = checked_seed(owner, seed)
        self.return_sequences = switch(owner, "return_sequences", return_sequences)
        self.return_state = switch(owner, "return_state", return_state)
        self.go_backwards = switch(owner, "go_backwards", go_backwards)
        self.stateful = switch(owner, "stateful", stateful)
        self.unroll = switch(owner, "unroll", unroll)
        self.name = name
        self.trainable = trainable

    def __call__(
        self,
        inputs: Any,
        initial_state: Symbol | Sequence[Symbol] | None = None,
        mask: object = None,
    ) -> Any:
        """Return what the layer gives for a sequence; a list, if it returns its states too.

        Args:
            inputs: `(time, features)` a sample.
            initial_state: the state before the first step, `(units,)` a sample; a list of h and c for LSTM.
            mask: which steps count, `(time,)` a sample: 0 for those that do not.

        Raises:
            ModelError: there are more or fewer states than the layer has.
        """
        symbol = masked(type(self).__name__, inputs, mask)
        if initial_state is None:
            return results_of(connect(self, symbol))
        given = list(initial_state) if isinstance(initial_state, list | tuple) else [initial_state]
        if len(given) != len(self.states):
            raise ModelError(
                f"{type(self).__name__}: got {len(given)} initial states, expected {len(self.states)}: "
                f"{', '.join(self.states)}."
            )
        return results_of(connect(self, [symbol, *given]))

    @property
    def results(self) -> int:
        """One, and the states if they are returned."""
        return 1 + len(self.states) * self.return_state

    @property
    def keeps_state(self) -> bool:
        """Whether states survive batches."""
        return self.stateful

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the bias."""
        return (self.gates * self.units,)

    @property
    def first_bias(self) -> Initializer:
        """First values of the bias."""
        return self.bias_initializer

    def weights(self, inputs: TensorType | Sequence[TensorType]) -> tuple[Weight, ...]:
        """Return kernel, recurrent kernel and bias, and the states that are kept."""
        sequences, *_ = inputs if isinstance(inputs, Sequence) else (inputs,)
        check_sequences(type(self).__name__, sequences.shape)
        columns = self.gates * self.units
        found = [
            Weight(
                "kernel",
                (sequences.shape[2], columns),
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
            ),
            Weight(
                "recurrent_kernel",
                (self.units, columns),
                self.recurrent_initializer,
                regularizer=self.recurrent_regularizer,
            ),
        ]
        if self.use_bias:
            found.append(Weight("bias", self.bias_shape, self.first_bias, regularizer=self.bias_regularizer))
        if self.stateful:
            shape = (sequences.shape[0], self.units)
            found += [Weight(f"state_{one}", shape, Zeros(), Role.STATE, False) for one in self.states]
        return tuple(found)

    def call(self, inputs: Tensor | Sequence[Tensor], context: Context) -> Tensor | tuple[Tensor, ...]:
        """Return the last output, or all, `(batch, time, units)`, and the states if they are asked for."""
        sequences, *given = (inputs,) if isinstance(inputs, Tensor) else inputs
        owner = type(self).__name__
        check_sequences(owner, sequences.shape)
        mask = checked_mask(owner, context.mask, sequences.shape[:2])
        outputs, last = self.run(sequences, self._first_states(sequences, given, context), mask, context)
        if self.stateful:
            for name, value in zip(self.states, last, strict=True):
                context.update(f"state_{name}", value)
        result = mark(last[0] if outputs is None else outputs, Role.ACTIVATION, note=snake_case(owner))
        if not self.return_state:
            return result
        named = [
            mark(one, Role.ACTIVATION, f"last_{name}") for name, one in zip(self.states, last, strict=True)
        ]
        return (result, *named)

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return the mask of the sequence for the outputs of all steps."""
        return (context.mask,) if self.return_sequences else ()

    def run(
        self, sequences: Tensor, initial: States, mask: Tensor | None, context: Context
    ) -> tuple[Tensor | None, States]:
        """Return the outputs of all steps, if they are asked for, as they are computed, and the last states.

        Shapes: sequences `(batch, time, features)`, states `(batch, units)`, mask `(batch, time)`, outputs
        `(batch, time, units)`.
        """
        inputs = transpose(sequences, (1, 0, 2))
        key = drawing_key(context, self.seed)
        by_input, by_state = self._dropout_masks(key, inputs, initial[0])
        entries = masked_product(inputs, by_input, context["kernel"])
        if self.use_bias:
            entries = entries + self.input_bias(context)
        counted = None if mask is None else reshape(transpose(mask, (1, 0)), (*inputs.shape[:2], 1))

        def step(states: States, entry: tuple[Tensor, ...]) -> tuple[States, Tensor | None]:
            new = self.step(entry[0], states, by_state, context)
            named = tuple(
                self._carried(name, one, old, entry[1:])
                for name, one, old in zip(self.states, new, states, strict=True)
            )
            return named, named[0] if self.return_sequences else None

        sequences_read = (entries,) if counted is None else (entries, counted)
        last, outputs = scan(step, initial, sequences_read, reverse=self.go_backwards)
        if not self.return_sequences:
            return None, last
        return transpose(flip(outputs, 0) if self.go_backwards else outputs, (1, 0, 2)), last

    @abstractmethod
    def step(
        self, entry: Tensor, states: States, dropout: Sequence[Tensor], context: Context
    ) -> tuple[Tensor, ...]:
        """Return the states after a step.

        Args:
            entry: the input's product with the kernel, `(batch, gates units)`, bias added.
            states: the states before it.
            dropout: what the state is multiplied with before the recurrent kernel is; nothing, or one a gate.
            context: the weights.
        """

    @property
    def note(self) -> str:
        """How the state comes about, if that is an activation."""
        return ""

    def input_bias(self, context: Context) -> Tensor:
        """Return the bias that is added before the loop."""
        return context["bias"]

    def _carried(self, name: str, new: Tensor, old: Tensor, counted: Sequence[Tensor]) -> Tensor:
        """Return a state after a step, named; where the step is masked, that before it."""
        if not counted:
            known = new.node.provenance
            return new if known.name == name else mark(new, Role.ACTIVATION, name, note=self.note)
        held = where(broadcast_to(counted[0], new.shape), new, old)
        return mark(held, Role.ACTIVATION, name, note="mask")

    def _first_states(self, sequences: Tensor, given: Sequence[Tensor], context: Context) -> States:
        """Return the states before the first step: those given, those kept, or zeros."""
        shape = (sequences.shape[0], self.units)
        if given and len(given) != len(self.states):
            raise ShapeError(
                f"{type(self).__name__}: got {len(given)} initial states, expected {len(self.states)}: "
                f"{', '.join(self.states)}."
            )
        for name, one in zip(self.states, given, strict=False):
            if one.shape != shape:
                raise ShapeError(
                    f"{type(self).__name__}: initial_state {name}: got samples of shape {one.shape[1:]}, "
                    f"expected ({self.units},), one number a unit."
                )
        if given:
            return tuple(given)
        if not self.stateful:
            zeros = broadcast_to(constant(0.0, sequences.dtype), shape)
            return (zeros,) * len(self.states)
        kept = tuple(context[f"state_{name}"] for name in self.states)
        if kept[0].shape != shape:
            size, path = kept[0].shape[0], current_provenance().layer
            raise ShapeError(
                f"layer {path!r} ({type(self).__name__}): got a batch of {shape[0]}, but it is stateful with "
                f"a batch of {size}; give batch_size={size} and a number of samples that {size} divides."
            )
        return kept

    def _dropout_masks(
        self, key: Key | None, inputs: Tensor, state: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return what inputs and state are multiplied with, the same at all steps; nothing without dropout.

        As Keras: with `recurrent_dropout`, every gate has masks of its own.
        """
        if key is None:
            return [], []
        count = self.gates if self.recurrent_dropout else 1
        return (
            _masks(key.fold_in_text("dropout"), self.dropout, count, inputs[0]),
            _masks(key.fold_in_text("recurrent_dropout"), self.recurrent_dropout, count, state),
        )


def _masks(key: Key, rate: float, count: int, like: Tensor) -> list[Tensor]:
    if not rate:
        return []
    drawn = [bernoulli(key.fold_in(gate), 1.0 - rate, like.shape) for gate in range(count)]
    return [cast(mark(one, Role.RANDOM, "mask"), like.dtype) / (1.0 - rate) for one in drawn]


def masked_product(x: Tensor, masks: Sequence[Tensor], kernel: Tensor) -> Tensor:
    """Return x kernel, where the part of each gate reads x times a mask of its own.

    With one mask all gates share it; with none x is read as it is.
    """
    if not masks:
        return x @ kernel
    width = kernel.shape[1] // len(masks)
    parts = [
        (x * one) @ slice_axis(kernel, 1, gate * width, (gate + 1) * width) for gate, one in enumerate(masks)
    ]
    return concatenate(parts, -1)


def gate(z: Tensor, name: str, function: ActivationFunction) -> Tensor:
    """Return a gate, or a candidate, from the sum that enters it; both are named."""
    entering = mark(z, Role.PRE_ACTIVATION, f"z_{name}")
    return mark(function(entering), Role.ACTIVATION, name, note=activation_name(function))


def columns(z: Tensor, count: int) -> list[Tensor]:
    """Return the blocks of the last axis, one a gate.

    Example:
        >>> import tiza as tz
        >>> [one.shape for one in columns(tz.ops.constant([[1.0, 2.0, 3.0, 4.0]]), 2)]
        [(1, 2), (1, 2)]
    """
    width = z.shape[-1] // count
    return [slice_axis(z, z.ndim - 1, at * width, (at + 1) * width) for at in range(count)]


def check_sequences(owner: str, shape: tuple[int, ...]) -> None:
    """Check that inputs are sequences.

    Raises:
        ShapeError: they have another number of axes, or no step.
    """
    sample = shape[1:]
    if len(sample) != 2:
        if len(sample) == 1:
            remedy = (
                "a recurrent layer before it gives all steps with return_sequences=True; of "
                f"{sample[0]} numbers tz.layers.Reshape(({sample[0]}, 1)) makes {sample[0]} steps of one "
                "feature, x[..., None] does so with the data."
            )
        else:
            remedy = "tz.layers.TimeDistributed(tz.layers.Flatten()) makes one vector of every step."
        raise ShapeError(
            f"{owner}: got inputs of shape {shape_text(shape)}, expected (batch, time, features); {remedy}"
        )
    if not sample[0]:
        raise ShapeError(f"{owner}: got a sequence of length 0, expected at least one step.")
