"""A network: layers with their paths, the weights they need, and the order in which they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tiza.errors import ModelError, ShapeError, TizaError
from tiza.graph.node import input_node
from tiza.graph.provenance import Provenance, layer_scope
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import FLOAT_DTYPES, DType, Shape, TensorType, as_dtype
from tiza.nn.connection import Connection, Input, Scope, Symbol, connect, in_order
from tiza.nn.layer import Context, Layer, Weight, as_layer
from tiza.nn.layer_order import layers_in_order
from tiza.ops.elementwise import cast
from tiza.ops.random import Key

TRIAL_BATCH = 3
"""Samples that layers are tried with when they are placed: more than one, so that a lost batch is noticed."""


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with its path and its weights.

    Attributes:
        path: its path, such as `dense_1`, or `encoder.dense` in a model within the model.
        layer: the layer.
        weights: the weights it needs.
        outputs: type of what it gives first (with a batch of TRIAL_BATCH).
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
    """

    place: int
    operands: tuple[int, ...]
    joined: bool
    number: int


@dataclass(frozen=True, slots=True)
class Network:
    """Layers and the order in which they are called, with shapes known.

    Attributes:
        layers: the layers, placed.
        calls: their uses, in an order in which they can run.
        dtype: dtype of weights and computation.
        sample_shapes: shape of one sample of each input.
        results: numbers of the values that are given out.
        outputs: their types for a batch of TRIAL_BATCH.
        drawing: inputs and outputs that it was drawn with.
    """

    layers: tuple[PlacedLayer, ...]
    calls: tuple[LayerCall, ...]
    dtype: DType
    sample_shapes: tuple[Shape, ...]
    results: tuple[int, ...]
    outputs: tuple[TensorType, ...]
    drawing: tuple[tuple[Input, ...], tuple[Symbol, ...]]

    @property
    def output_names(self) -> tuple[str, ...]:
        """Name of each output: the path of the layer that gives it."""
        names: list[str] = []
        for number, one in enumerate(self.results):
            call = one - len(self.sample_shapes)
            name = self.layers[self.calls[call].place].path if call >= 0 else f"input_{one}"
            names.append(name if name not in names else f"{name}_output_{number}")
        return tuple(names)

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
        (output, *_), updates = self.call_all((inputs,), values, training, key)
        return output, updates

    def call_all(
        self,
        inputs: Sequence[Tensor],
        values: Mapping[str, Tensor],
        training: bool = False,
        key: Key | None = None,
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """Return the outputs, and the new values of the state that layers updated, by path.

        Args:
            inputs: each `(batch, *sample_shape)`; integers and booleans become the network's dtype.
            values: weights by path.
            training: whether this is part of a training step.
            key: random key of the step.
        """
        updates: dict[str, Tensor] = {}
        found = [one if one.dtype == self.dtype else cast(one, self.dtype) for one in inputs]
        for call in self.calls:
            layer = self.layers[call.place]
            paths = {weight.name: f"{layer.path}.{weight.name}" for weight in layer.weights}
            # a layer that is called again goes on from the state that it has left
            own = {name: updates.get(path, values[path]) for name, path in paths.items()}
            context = Context(own, training, _key_of(key, layer.path, call.number))
            operands = tuple(found[one] for one in call.operands)
            with layer_scope(layer.path, call.number):
                found.append(_call(layer.path, layer.layer, operands, call.joined, context))
            updates.update({paths[name]: value for name, value in context.updates.items()})
        return tuple(found[one] for one in self.results), updates


def _key_of(key: Key | None, path: str, number: int) -> Key | None:
    """Return the key of a call; that of a layer's only call has no number."""
    if key is None:
        return None
    own = key.fold_in_text(path)
    return own.fold_in(number) if number else own


def build_network(
    parts: Sequence[Layer | Callable[[Tensor], Tensor]], sample_shape: Shape, dtype: object
) -> Network:
    """Return the layers placed behind one another for samples of `sample_shape`.

    Raises:
        ModelError: two layers do not fit; both are named.
    """
    first = Input(checked_sample_shape(sample_shape))
    last: Symbol = first
    for part in parts:
        last = connect(as_layer(part), last)
    return network_of((first,), (last,), dtype)


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
    builder = _Placing(number, list(inputs))
    for one in drawn:
        place = places[id(one.layer)]
        builder.add(one, place, paths[place])
    results = tuple(builder.numbers[id(one)] for one in outputs)
    return Network(
        tuple(builder.layers[place] for place in range(len(owners))),
        tuple(builder.calls),
        number,
        tuple(one.shape for one in inputs),
        results,
        tuple(builder.types[one] for one in results),
        (tuple(inputs), tuple(outputs)),
    )


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
            what = (
                f"tz.Input({one.shape})" if isinstance(one, Input) else f"what {one.layer.base_name!r} gives"
            )
            raise ModelError(f"outputs: {what} is given twice; expected each one once.")
        known.add(id(one))


@dataclass(slots=True)
class _Placing:
    """Layers placed so far, with the types of all values."""

    dtype: DType
    inputs: list[Input]
    layers: dict[int, PlacedLayer] = field(default_factory=dict)
    calls: list[LayerCall] = field(default_factory=list)
    types: list[TensorType] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.inputs:
            self.numbers[id(one)] = len(self.types)
            self.types.append(TensorType((TRIAL_BATCH, *one.shape), self.dtype))

    def add(self, one: Connection, place: int, path: str) -> None:
        """Place one use of a layer."""
        operands = tuple(self.numbers[id(operand)] for operand in one.operands)
        types = tuple(self.types[operand] for operand in operands)
        again = place in self.layers
        try:
            weights = self.layers[place].weights if again else _weights_of(one, types)
            result = _tried(path, one, weights, types)
        except TizaError as error:
            shapes = ", ".join(str(type_.shape[1:]) for type_ in types)
            raise ModelError(
                f"layer {path!r} ({type(one.layer).__name__}) does not fit behind "
                f"{' and '.join(self._name(operand) for operand in operands)}, "
                f"whose samples have shape {shapes}: {error}"
            ) from None
        if not again:
            self.layers[place] = PlacedLayer(path, one.layer, weights, result, one.scopes)
        number = sum(call.place == place for call in self.calls)
        self.calls.append(LayerCall(place, operands, one.joined, number))
        self.numbers[id(one)] = len(self.types)
        self.types.append(result)

    def _name(self, operand: int) -> str:
        if operand < len(self.inputs):
            return f"the input {self.inputs[operand].shape}"
        layer = self.layers[self.calls[operand - len(self.inputs)].place]
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


def _weights_of(one: Connection, types: tuple[TensorType, ...]) -> tuple[Weight, ...]:
    """Return the weights that a layer needs, those that do not train marked."""
    weights = one.layer.weights(types if one.joined else types[0])  # type: ignore[arg-type]
    known = [weight.name for weight in weights]
    named = () if isinstance(one.layer.trainable, bool) else one.layer.trainable
    unknown = [name for name in named if name not in known]
    if unknown:
        raise ModelError(f"trainable: got the name {unknown[0]!r}, expected some of {', '.join(known)}.")
    return tuple(
        replace(weight, trainable=weight.trainable and one.layer.trains(weight.name)) for weight in weights
    )


def _tried(
    path: str, one: Connection, weights: tuple[Weight, ...], types: tuple[TensorType, ...]
) -> TensorType:
    """Return the type of what a layer gives, after checking it."""
    seeds = {
        weight.name: Tensor(input_node(weight.name, TensorType(tuple(weight.shape), types[0].dtype)))
        for weight in weights
    }
    operands = tuple(Tensor(input_node("x", type_)) for type_ in types)
    with layer_scope(path):
        result = _call(path, one.layer, operands, one.joined, Context(seeds))
    if not isinstance(result, Tensor):
        raise ModelError(f"its call returned {result!r}, expected a traced value.")
    if not result.shape or result.shape[0] != types[0].shape[0]:
        raise ShapeError(f"it returns shape {result.shape}, expected the batch as first axis.")
    if result.dtype != types[0].dtype:
        raise ModelError(f"it returns {result.dtype}, expected {types[0].dtype}; convert with .astype(...).")
    return result.type


def _call(path: str, layer: Layer, operands: tuple[Tensor, ...], joined: bool, context: Context) -> Tensor:
    result = layer.call(operands if joined else operands[0], context)  # type: ignore[arg-type]
    if isinstance(result, Tensor) and result.shape[:1] != operands[0].shape[:1]:
        raise ShapeError(
            f"layer {path!r}: its call made {result.shape} of shape {operands[0].shape}, expected the batch "
            "to stay the first axis; a layer computes each sample by itself."
        )
    return result


def weight_provenance(path: str, weight: Weight) -> Provenance:
    """Return the provenance of the graph input that holds a weight."""
    layer, _, _ = path.rpartition(".")
    return Provenance(layer=layer, role=weight.role, name=weight.name)
