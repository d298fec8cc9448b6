"""Bidirectional: a recurrent layer that reads a sequence from both ends."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tiza.errors import ModelError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.nn.connection import Symbol, connect, results_of
from tiza.nn.layer import Context, Layer, LayerExample, Weight, masked
from tiza.nn.layers.gru import GRU
from tiza.nn.layers.lstm import LSTM
from tiza.nn.layers.recurrent import Recurrent
from tiza.nn.layers.simple_rnn import SimpleRNN
from tiza.nn.layers.wrapping import called_within, weights_within
from tiza.nn.registry import find
from tiza.ops.elementwise import where
from tiza.ops.layout import broadcast_to, concatenate, flip, reshape

MERGERS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "concat": lambda forward, backward: concatenate([forward, backward], -1),
        "sum": lambda forward, backward: forward + backward,
        "mul": lambda forward, backward: forward * backward,
        "ave": lambda forward, backward: (forward + backward) / 2.0,
    }
)
"""What becomes of the outputs of both, by Keras' names."""


class Bidirectional(Layer):
    """A recurrent layer twice, once from each end of the sequence, and both outputs merged.

    Both have weights of their own, below `forward_...` and `backward_...`. Outputs of all steps stand in
    the order of the sequence; at masked steps they are 0. Schuster and Paliwal (1997).

    Args:
        layer: the recurrent layer; it serves as a pattern, and stays as it is.
        merge_mode: `concat` (one behind the other), `sum`, `mul`, `ave` (their mean); None gives both apart.
        backward_layer: the layer that reads from the end, if it is another one.
        name: name of this layer.
        trainable: whether the weights are trained, or the names of those that are.

    Raises:
        ModelError: `layer` is not recurrent, or both layers do not go together.
        NameNotFoundError: there is no such merge mode.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((5, 3)), tz.layers.Bidirectional(tz.layers.GRU(4))])
        >>> model.output_shape
        (None, 8)
    """

    supports_masking = True

    examples = (
        LayerExample({"layer": SimpleRNN(3)}, ((4, 2),)),
        LayerExample({"layer": LSTM(2, return_sequences=True)}, ((4, 3),)),
        LayerExample({"layer": GRU(2, return_sequences=True), "merge_mode": "sum"}, ((4, 3),), masked=True),
        LayerExample({"layer": LSTM(2), "merge_mode": "ave"}, ((4, 3),), masked=True),
        LayerExample(
            {"layer": GRU(2, return_sequences=True, return_state=True), "merge_mode": "mul"}, ((4, 3),)
        ),
        LayerExample({"layer": LSTM(2, return_state=True), "merge_mode": None}, ((3, 2),)),
        LayerExample(
            {"layer": SimpleRNN(2, return_sequences=True), "merge_mode": None}, ((3, 2),), masked=True
        ),
        LayerExample({"layer": SimpleRNN(2), "backward_layer": GRU(2, go_backwards=True)}, ((3, 2),)),
        LayerExample({"layer": LSTM(2)}, ((3, 2), (2,), (2,), (2,), (2,))),
    )

    def __init__(
        self,
        layer: Recurrent,
        merge_mode: str | None = "concat",
        backward_layer: Recurrent | None = None,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        for what, one in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(one, Recurrent) and (one is not None or what == "layer"):
                raise ModelError(
                    f"Bidirectional: got {what}={one!r:.80}, expected a recurrent layer, such as LSTM(10)."
                )
        if merge_mode is not None:
            find("merge_mode", merge_mode, MERGERS)
        self.layer = layer
        self.merge_mode = merge_mode
        self.backward_layer = backward_layer
        self.forward = _named(copy.copy(layer), "forward")
        self.backward = _named(_turned(layer), "backward") if backward_layer is None else backward_layer
        _check_together(self.forward, self.backward)
        self.name = name
        self.trainable = trainable

    def __call__(
        self,
        inputs: Any,
        initial_state: Sequence[Symbol] | None = None,
        mask: object = None,
    ) -> Any:
        """Return what both layers give for a sequence; a list, if that is several values.

        Args:
            inputs: `(time, features)` a sample.
            initial_state: the states before the first step, those of the forward layer first.
            mask: which steps count, `(time,)` a sample: 0 for those that do not.

        Raises:
            ModelError: there are more or fewer states than the layers have.
        """
        symbol = masked(type(self).__name__, inputs, mask)
        if initial_state is None:
            return results_of(connect(self, symbol))
        given = list(initial_state) if isinstance(initial_state, list | tuple) else [initial_state]
        count = len(self.forward.states) + len(self.backward.states)
        if len(given) != count:
            raise ModelError(
                f"Bidirectional: got {len(given)} initial states, expected {count}: those of the forward "
                "layer, then those of the backward layer."
            )
        return results_of(connect(self, [symbol, *given]))

    @property
    def results(self) -> int:
        """One output, or two that are not merged, and the states if they are returned."""
        states = (self.forward.results - 1) + (self.backward.results - 1)
        return (2 if self.merge_mode is None else 1) + states

    @property
    def keeps_state(self) -> bool:
        """Whether states survive batches."""
        return self.layer.stateful

    def weights(self, inputs: TensorType | Sequence[TensorType]) -> tuple[Weight, ...]:
        """Return the weights of the forward layer, then those of the backward layer."""
        sequences, *_ = inputs if isinstance(inputs, Sequence) else (inputs,)
        return tuple(
            weight
            for one in (self.forward, self.backward)
            for weight in weights_within(one, one.base_name, sequences)
        )

    def call(self, inputs: Tensor | Sequence[Tensor], context: Context) -> Tensor | tuple[Tensor, ...]:
        """Return both outputs merged, and the states of both if they are asked for."""
        sequences, *given = (inputs,) if isinstance(inputs, Tensor) else inputs
        split = len(self.forward.states)
        forward, *states = self._one_way(self.forward, sequences, given[:split], context)
        backward, *more = self._one_way(self.backward, sequences, given[split:], context)
        if self.layer.return_sequences:
            backward = flip(backward, 1)
            if context.mask is not None:
                forward, backward = (_zero_where_masked(one, context.mask) for one in (forward, backward))
        if self.merge_mode is None:
            return (forward, backward, *states, *more)
        merged = mark(MERGERS[self.merge_mode](forward, backward), Role.ACTIVATION, note="bidirectional")
        return (merged, *states, *more) if states else merged

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return the mask of the inputs for outputs of all steps."""
        outputs = 2 if self.merge_mode is None else 1
        return (context.mask,) * outputs if self.layer.return_sequences else ()

    def _one_way(
        self, layer: Recurrent, sequences: Tensor, given: Sequence[Tensor], context: Context
    ) -> tuple[Tensor, ...]:
        inputs = (sequences, *given) if given else sequences
        return called_within(layer, layer.base_name, inputs, context, (context.mask,))


def _named(layer: Recurrent, way: str) -> Recurrent:
    """Return the layer under a name that says which way it goes."""
    layer.name = f"{way}_{layer.base_name.removeprefix(f'{way}_')}"
    return layer


def _turned(layer: Recurrent) -> Recurrent:
    """Return a layer like another one that goes backwards."""
    other = copy.copy(layer)
    other.go_backwards = True
    return other


def _check_together(forward: Recurrent, backward: Recurrent) -> None:
    """Check that two layers go opposite ways and give the same kinds of values.

    Raises:
        ModelError: they do not.
    """
    if forward.go_backwards or not backward.go_backwards:
        wrong = "layer" if forward.go_backwards else "backward_layer"
        raise ModelError(
            f"Bidirectional: got {wrong} with go_backwards={wrong == 'layer'}, expected a layer that goes "
            "forwards and a backward_layer that goes backwards."
        )
    for name in ("return_sequences", "return_state", "stateful"):
        if getattr(forward, name) != getattr(backward, name):
            raise ModelError(
                f"Bidirectional: got {name}={getattr(forward, name)} for layer and {getattr(backward, name)} "
                "for backward_layer, expected the same."
            )
    if forward.base_name == backward.base_name:
        raise ModelError(
            f"Bidirectional: both layers are called {forward.base_name!r}; give them different names."
        )


def _zero_where_masked(outputs: Tensor, mask: Tensor) -> Tensor:
    return where(broadcast_to(reshape(mask, (*mask.shape, 1)), outputs.shape), outputs, 0.0)
