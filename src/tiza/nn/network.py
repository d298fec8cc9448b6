"""A network: layers with their paths, the weights they need, and the order in which they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tiza.errors import ModelError, ShapeError, TizaError
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance, Role, layer_scope
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import BOOLEAN, FLOAT_DTYPES, DType, Shape, TensorType, as_dtype
from tiza.nn.connection import Connection, Input, Result, Scope, Symbol, call_of, connect, in_order
from tiza.nn.layer import Context, Layer, Weight, as_layer
from tiza.nn.layer_order import layers_in_order
from tiza.ops.elementwise import cast
from tiza.ops.random import Key

INTEGERS = as_dtype("int32")
"""What ids are."""

TRIAL_BATCH = 3
"""Samples that layers are tried with when they are placed: more than one, so that a lost batch is noticed."""


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with its path and its weights.

    Attributes:
        path: its path, such as `dense_1`, or `encoder.dense` in a model within the model.
        layer: the layer.
        weights: the weights it needs.
        outputs: type of what it gives first (with a batch as the network was placed with).
        scopes: the models it is a part of, outermost first.
    """

    path: str
    layer: Layer
    weights: tuple[Weight, ...]
    outputs: TensorType
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One use of a layer.

    Attributes:
        place: number of the layer.
        operands: numbers of the values it takes: the network's inputs come first, then what calls give.
        joined: whether it takes them as a tuple.
        number: which of the layer's calls this is, from 0.
        results: numbers of the values it gives.
    """

    place: int
    operands: tuple[int, ...]
    joined: bool
    number: int
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """What a network gives.

    Attributes:
        outputs: its outputs.
        masks: which steps of each output count; None where all do.
        updates: new values of the state that layers updated, by path.
    """

    outputs: tuple[Tensor, ...]
    masks: tuple[Tensor | None, ...]
    updates: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Ids:
    """What an input may hold that is read as ids: whole numbers from 0 on.

    Attributes:
        below: how many ids there are.
        layer: path of the layer that reads them.
    """

    below: int
    layer: str


@dataclass(frozen=True, slots=True)
class Network:
    """Layers and the order in which they are called, with shapes known.

    Attributes:
        layers: the layers, placed.
        calls: their uses, in an order in which they can run.
        dtype: dtype of weights and computation.
        sample_shapes: shape of one sample of each input.
        results: numbers of the values that are given out.
        outputs: their types for a batch of `placed_rows`.
        drawing: inputs and outputs that it was drawn with.
        ids: what each input may hold that is read as ids; None for those that are read as numbers.
        batch_size: samples of every batch, if an input says so.
    """

    layers: tuple[PlacedLayer, ...]
    calls: tuple[LayerCall, ...]
    dtype: DType
    sample_shapes: tuple[Shape, ...]
    results: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    drawing: tuple[tuple[Input, ...], tuple[Symbol, ...]]
    ids: tuple[Ids | None, ...]
    batch_size: int | None = None

    @property
    def placed_rows(self) -> int:
        """Samples of the batch that `outputs` are stated for."""
        return self.batch_size or TRIAL_BATCH

    @property
    def output_names(self) -> tuple[str, ...]:
        """Name of each output: the path of the layer that gives it."""
        givers = {number: call for call in self.calls for number in call.results}
        names: list[str] = []
        for number, one in enumerate(self.results):
            name = self.layers[givers[one].place].path if one in givers else f"input_{one}"
            names.append(name if name not in names else f"{name}_output_{number}")
        return tuple(names)

    def input_types(self, rows: int) -> tuple[TensorType, ...]:
        """Return the types of the inputs for a batch of so many samples: int32 where they are read as ids."""
        return tuple(
            TensorType((rows, *shape), self.dtype if ids is None else INTEGERS)
            for shape, ids in zip(self.sample_shapes, self.ids, strict=True)
        )

    @property
    def kept_states(self) -> tuple[str, ...]:
        """Paths of the states that survive batches, in use as in training."""
        return tuple(
            f"{one.path}.{weight.name}"
            for one in self.layers
            if one.layer.keeps_state
            for weight in one.weights
            if weight.role is Role.STATE
        )

    @property
    def input_names(self) -> tuple[str, ...]:
        """Name of each input: its own, or `input`, `input_1`, ..."""
        inputs, _ = self.drawing
        return tuple(
            one.name or (f"input_{number}" if number else "input") for number, one in enumerate(inputs)
        )

    def with_dtype(self, dtype: object) -> Network:
        """Return the same network computed in another dtype."""
        return network_of(*self.drawing, dtype)

    @property
    def sample_shape(self) -> Shape:
        """Shape of one sample of the first input."""
        return self.sample_shapes[0]

    @property
    def output(self) -> TensorType:
        """Type of the first output."""
        return self.outputs[0]

    @property
    def is_penalized(self) -> bool:
        """Whether there is a penalty on a weight."""
        return any(weight.regularizer is not None for weight in self.weights().values())

    def weights(self) -> dict[str, Weight]:
        """Return every weight by its path, `layer.name`, in order."""
        return {f"{one.path}.{weight.name}": weight for one in self.layers for weight in one.weights}

    def call(
        self, inputs: Tensor, values: Mapping[str, Tensor], training: bool = False, key: Key | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the first output for the only input, and updates, as `call_all`."""
        passed = self.call_all((inputs,), values, training, key)
        return passed.outputs[0], passed.updates

    def call_all(
        self,
        inputs: Sequence[Tensor],
        values: Mapping[str, Tensor],
        training: bool = False,
        key: Key | None = None,
    ) -> Passed:
        """Return the outputs, their masks, and the new values of the state that layers updated.

        Args:
            inputs: each `(batch, *sample_shape)`; integers and booleans become the network's dtype, but where
                they are read as ids.
            values: weights by path.
            training: whether this is part of a training step.
            key: random key of the step.
        """
        updates: dict[str, Tensor] = {}
        found = [one if one.dtype == self.dtype else cast(one, self.dtype) for one in inputs]
        masks: list[Tensor | None] = [None] * len(inputs)
        for call in self.calls:
            layer = self.layers[call.place]
            paths = {weight.name: f"{layer.path}.{weight.name}" for weight in layer.weights}
            # a layer that is called again goes on from the state that it has left
            own = {name: updates.get(path, values[path]) for name, path in paths.items()}
            context = Context(
                own,
                training,
                _key_of(key, layer.path, call.number),
                masks=tuple(masks[one] for one in call.operands),
            )
            known = found if layer.layer.vocabulary is None else [*inputs, *found[len(inputs) :]]
            operands = tuple(known[one] for one in call.operands)
            with layer_scope(layer.path, call.number):
                given, own_masks = _call(layer.path, layer.layer, operands, call.joined, context)
            found += given
            masks += own_masks
            updates.update({paths[name]: value for name, value in context.updates.items()})
        return Passed(
            tuple(found[one] for one in self.results), tuple(masks[one] for one in self.results), updates
        )


def _key_of(key: Key | None, path: str, number: int) -> Key | None:
    """Return the key of a call; that of a layer's only call has no number."""
    if key is None:
        return None
    own = key.fold_in_text(path)
    return own.fold_in(number) if number else own


def build_network(
    parts: Sequence[Layer | Callable[[Tensor], Tensor]],
    sample_shape: Shape,
    dtype: object,
    batch_size: int | None = None,
) -> Network:
    """Return the layers placed behind one another for samples of `sample_shape`.

    Raises:
        ModelError: two layers do not fit (both are named), or one gives several values.
    """
    first = Input(checked_sample_shape(sample_shape), batch_size=batch_size)
    last: Symbol = first
    for part in parts:
        last = behind(last, as_layer(part))
    return network_of((first,), (last,), dtype)


def behind(last: Symbol, layer: Layer) -> Symbol:
    """Return what a layer gives for a symbol, where one layer stands behind another.

    Raises:
        ModelError: it gives several values.
    """
    if layer.results > 1:
        raise ModelError(
            f"layer {layer.base_name!r} ({type(layer).__name__}): it gives {layer.results} values, and the "
            "layer behind it takes one; join layers by calling them, and make a tz.Model."
        )
    return connect(layer, last)


def network_of(inputs: Sequence[Input], outputs: Sequence[Symbol], dtype: object) -> Network:
    """Return the network that leads from inputs to outputs.

    Raises:
        ModelError: layers do not fit (they are named), or an output needs an input that is not given.
    """
    number = as_dtype(dtype)
    if number not in FLOAT_DTYPES:
        raise ModelError(f"dtype: got {number}, expected float32 or float64.")
    symbols = in_order(outputs)
    _check_inputs(inputs, symbols)
    _check_outputs(outputs)
    drawn = [one for one in symbols if isinstance(one, Connection)]
    first_uses: dict[int, Connection] = {}
    for one in drawn:
        first_uses.setdefault(id(one.layer), one)
    owners = [first_uses[id(layer)] for layer in layers_in_order(outputs)]
    places = {id(one.layer): place for place, one in enumerate(owners)}
    paths = connection_paths(owners)
    batch_size = _fixed_batch(inputs)
    builder = _Placing(number, list(inputs), batch_size)
    for one in drawn:
        place = places[id(one.layer)]
        builder.add(one, place, paths[place])
    results = tuple(builder.number(one) for one in outputs)
    return Network(
        tuple(builder.layers[place] for place in range(len(owners))),
        tuple(builder.calls),
        number,
        tuple(one.shape for one in inputs),
        results,
        tuple(builder.types[one] for one in results),
        (tuple(inputs), tuple(outputs)),
        tuple(_ids(one, drawn, [paths[places[id(user.layer)]] for user in drawn]) for one in inputs),
        batch_size,
    )


def _fixed_batch(inputs: Sequence[Input]) -> int | None:
    """Return the samples of every batch, if an input says so.

    Raises:
        ModelError: two inputs say different numbers.
    """
    sizes = sorted({one.batch_size for one in inputs if one.batch_size is not None})
    if len(sizes) > 1:
        raise ModelError(f"inputs: got batch_size {' and '.join(map(str, sizes))}, expected one for all.")
    return sizes[0] if sizes else None


def _ids(given: Input, drawn: Sequence[Connection], paths: Sequence[str]) -> Ids | None:
    """Return what an input may hold, by the layer with the fewest ids; None if nobody reads it as ids."""
    known = [
        Ids(one.layer.vocabulary, path)
        for one, path in zip(drawn, paths, strict=True)
        if one.layer.vocabulary is not None and given in one.operands
    ]
    return min(known, key=lambda one: one.below, default=None)


def _check_inputs(inputs: Sequence[Input], symbols: Sequence[Symbol]) -> None:
    known = {id(one) for one in inputs}
    if len(known) < len(inputs):
        raise ModelError("inputs: the same Input is given twice; expected each one once.")
    names = [one.name for one in inputs if one.name is not None]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ModelError(f"inputs: the name {name!r} is given twice; data go by names, give another.")
    for one in symbols:
        if isinstance(one, Input) and id(one) not in known:
            raise ModelError(
                f"inputs: the outputs need tz.Input({one.shape}), which is not among the inputs; add it."
            )
    read = {id(one) for one in symbols}
    for one in inputs:
        if id(one) not in read:
            raise ModelError(f"inputs: no output needs tz.Input({one.shape}); leave it out, or use it.")


def _check_outputs(outputs: Sequence[Symbol]) -> None:
    known: set[int] = set()
    for one in outputs:
        if id(one) in known:
            giver = call_of(one)
            what = (
                f"tz.Input({giver.shape})"
                if isinstance(giver, Input)
                else f"what {giver.layer.base_name!r} gives"
            )
            raise ModelError(f"outputs: {what} is given twice; expected each one once.")
        known.add(id(one))


@dataclass(slots=True)
class _Placing:
    """Layers placed so far, with the types of all values and of their masks."""

    dtype: DType
    inputs: list[Input]
    batch_size: int | None
    layers: dict[int, PlacedLayer] = field(default_factory=dict)
    calls: list[LayerCall] = field(default_factory=list)
    types: list[TensorType] = field(default_factory=list)
    masks: list[TensorType | None] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.inputs:
            self.numbers[id(one)] = len(self.types)
            self.types.append(TensorType((self.batch_size or TRIAL_BATCH, *one.shape), self.dtype))
            self.masks.append(None)

    def number(self, symbol: Symbol) -> int:
        """Return the number of a value."""
        return self.numbers[id(call_of(symbol))] + (symbol.position if isinstance(symbol, Result) else 0)

    def add(self, one: Connection, place: int, path: str) -> None:
        """Place one use of a layer."""
        operands = tuple(self.number(operand) for operand in one.operands)
        types = tuple(self._type(one.layer, operand) for operand in operands)
        masks = tuple(self.masks[operand] for operand in operands)
        again = place in self.layers
        try:
            weights = self.layers[place].weights if again else _weights_of(one, types, self.batch_size)
            results, own_masks = _tried(path, one, weights, types, masks, self.dtype)
        except TizaError as error:
            shared = f"; {self._first_use(place)}" if again else ""
            shapes = ", ".join(str(type_.shape[1:]) for type_ in types)
            raise ModelError(
                f"layer {path!r} ({type(one.layer).__name__}) does not fit behind "
                f"{' and '.join(self._name(operand) for operand in operands)}, "
                f"whose samples have shape {shapes}{shared}: {error}"
            ) from None
        if not again:
            self.layers[place] = PlacedLayer(path, one.layer, weights, results[0], one.scopes)
        number = sum(call.place == place for call in self.calls)
        first = len(self.types)
        given = tuple(range(first, first + len(results)))
        self.calls.append(LayerCall(place, operands, one.joined, number, given))
        self.numbers[id(one)] = first
        self.types += results
        self.masks += own_masks

    def _first_use(self, place: int) -> str:
        """Return what the weights of a layer that is used again were made for."""
        first = next(call for call in self.calls if call.place == place)
        shapes = ", ".join(str(self.types[operand].shape[1:]) for operand in first.operands)
        return f"it is used a second time, and its weights were made for samples of shape {shapes}"

    def _type(self, layer: Layer, operand: int) -> TensorType:
        """Return the type that a layer reads a value as: the data's own are ids to those who read ids."""
        known = self.types[operand]
        return (
            known if layer.vocabulary is None or operand >= len(self.inputs) else known.with_dtype(INTEGERS)
        )

    def _name(self, operand: int) -> str:
        if operand < len(self.inputs):
            return f"the input {self.inputs[operand].shape}"
        giver = next(call for call in self.calls if operand in call.results)
        layer = self.layers[giver.place]
        return f"layer {layer.path!r} ({type(layer.layer).__name__})"


def checked_sample_shape(shape: Shape) -> Shape:
    """Return the shape of one sample.

    Raises:
        ModelError: it is not made of whole numbers of at least 1.
    """
    sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in sizes):
        raise ModelError(f"sample shape: got {shape!r}, expected whole numbers of at least 1, as (784,).")
    return sizes


def part_names(parts: Sequence[Layer | Scope]) -> list[str]:
    """Return a name for every part: `dense`, `dense_1`, ... as Keras numbers them within a model.

    Raises:
        ModelError: two layers were given the same name.
    """
    taken: set[str] = set()
    for name in (part.given_name for part in parts if not isinstance(part, Scope) and part.given_name):
        if name in taken:
            raise ModelError(f"layers: the name {name!r} is given twice; names are paths, give another.")
        if set(name) & set(".[]"):
            raise ModelError(f"layers: got the name {name!r}, expected one without '.', '[' and ']'.")
        if not name.isprintable():
            raise ModelError(f"layers: got the name {name!r}, expected one of characters that can be seen.")
        taken.add(name)
    names = []
    for part in parts:
        given = None if isinstance(part, Scope) else part.given_name
        base = part.name if isinstance(part, Scope) else part.base_name
        name, number = base, 0
        while name in taken and not given:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names.append(name)
    return names


def connection_paths(owners: Sequence[Connection]) -> list[str]:
    """Return the path of each layer: its name within its model, behind the names of the models around it."""
    levels: dict[tuple[int, ...], list[Layer | Scope]] = {}
    for one in owners:
        inside: tuple[int, ...] = ()
        for scope in one.scopes:
            level = levels.setdefault(inside, [])
            if scope not in level:
                level.append(scope)
            inside = (*inside, id(scope))
        levels.setdefault(inside, []).append(one.layer)
    names = {
        (level, id(part)): name
        for level, parts in levels.items()
        for part, name in zip(parts, part_names(parts), strict=True)
    }
    return [_path_of(one, names) for one in owners]


def _path_of(one: Connection, names: Mapping[tuple[tuple[int, ...], int], str]) -> str:
    inside: tuple[int, ...] = ()
    path = []
    for part in (*one.scopes, one.layer):
        path.append(names[inside, id(part)])
        inside = (*inside, id(part))
    return ".".join(path)


def _weights_of(one: Connection, types: tuple[TensorType, ...], batch_size: int | None) -> tuple[Weight, ...]:
    """Return the weights that a layer needs, those that do not train marked."""
    if one.layer.keeps_state and batch_size is None:
        raise ModelError(
            "it is stateful, so that every batch has the same number of samples; say it with "
            "tz.Input(shape, batch_size=...)."
        )
    weights = one.layer.weights(types if one.joined else types[0])  # type: ignore[arg-type]  # layers that join take several
    known = [weight.name for weight in weights]
    named = () if isinstance(one.layer.trainable, bool) else one.layer.trainable
    unknown = [name for name in named if name not in known]
    if unknown:
        raise ModelError(f"trainable: got the name {unknown[0]!r}, expected some of {', '.join(known)}.")
    return tuple(
        replace(weight, trainable=weight.trainable and one.layer.trains(weight.name)) for weight in weights
    )


def _tried(
    path: str,
    one: Connection,
    weights: tuple[Weight, ...],
    types: tuple[TensorType, ...],
    masks: tuple[TensorType | None, ...],
    dtype: DType,
) -> tuple[list[TensorType], list[TensorType | None]]:
    """Return the types of what a layer gives and of their masks, after checking them."""
    seeds = {
        weight.name: Tensor(input_node(weight.name, TensorType(tuple(weight.shape), dtype)))
        for weight in weights
    }
    operands = tuple(Tensor(input_node("x", type_)) for type_ in types)
    known = tuple(None if type_ is None else Tensor(input_node("mask", type_)) for type_ in masks)
    with layer_scope(path):
        results, own_masks = _call(path, one.layer, operands, one.joined, Context(seeds, masks=known))
    for result in results:
        if not isinstance(result, Tensor):
            raise ModelError(f"its call returned {result!r}, expected a traced value.")
        if not result.shape or result.shape[0] != types[0].shape[0]:
            raise ShapeError(f"it returns shape {result.shape}, expected the batch as first axis.")
        if result.dtype != dtype:
            raise ModelError(f"it returns {result.dtype}, expected {dtype}; convert with .astype(...).")
    if len(results) != one.layer.results:
        raise ModelError(f"its call returned {len(results)} values, expected {one.layer.results}.")
    return [result.type for result in results], [None if mask is None else mask.type for mask in own_masks]


def _call(
    path: str, layer: Layer, operands: tuple[Tensor, ...], joined: bool, context: Context
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Return what a layer gives, and the masks of that."""
    inputs = operands if joined else operands[0]
    given = layer.call(inputs, context)  # type: ignore[arg-type]  # layers that join take several
    results = list(given) if isinstance(given, tuple) else [given]
    masks = layer.compute_masks(inputs, context)
    for result in results:
        if isinstance(result, Tensor) and result.shape[:1] != operands[0].shape[:1]:
            raise ShapeError(
                f"layer {path!r}: its call made {result.shape} of shape {operands[0].shape}, expected the "
                "batch to stay the first axis; a layer computes each sample by itself."
            )
    for mask in masks:
        if mask is not None and mask.dtype != BOOLEAN:
            raise ModelError(f"layer {path!r}: a mask is {mask.dtype}, expected bool.")
    return results, [*masks, *[None] * (len(results) - len(masks))]


def weight_provenance(path: str, weight: Weight) -> Provenance:
    """Return the provenance of the graph input that holds a weight."""
    layer, _, name = path.rpartition(".")
    return Provenance(layer=layer, role=weight.role, name=name)
