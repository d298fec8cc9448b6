"""What a layer is: a description of its weights, and a call that reads them and emits ops."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from tiza.errors import ModelError, NameNotFoundError, ShapeError
from tiza.graph.primitive import unknown_name
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import Shape, TensorType
from tiza.nn.checks import shape_text
from tiza.nn.connection import Symbol, checked_symbols, connect, results_of
from tiza.nn.initializers import Initializer
from tiza.nn.known_arguments import check_arguments
from tiza.nn.regularizers import Regularizer
from tiza.ops.random import Key


@dataclass(frozen=True, slots=True)
class Weight:
    """An array that a layer keeps.

    Attributes:
        name: name within the layer, such as `kernel`.
        shape: its shape.
        initializer: its first values.
        role: `PARAMETER`, or `STATE` for what training updates without a gradient.
        trainable: whether the optimiser changes it.
        regularizer: a penalty on it, added to the loss.
    """

    name: str
    shape: Shape
    initializer: Initializer
    role: Role = Role.PARAMETER
    trainable: bool = True
    regularizer: Regularizer | None = None


@dataclass(slots=True)
class Context:
    """What a layer's call may read, and where it leaves the new values of its state.

    Attributes:
        weights: the layer's own weights by name.
        training: whether the call is part of a training step; fixed while tracing.
        key: random key of this layer in this step, if it may draw.
        updates: new values of state, by name.
        masks: which steps of each input count, `(batch, time)`, boolean; None where all do.
    """

    weights: Mapping[str, Tensor]
    training: bool = False
    key: Key | None = None
    updates: dict[str, Tensor] = field(default_factory=dict)
    masks: tuple[Tensor | None, ...] = ()

    @property
    def mask(self) -> Tensor | None:
        """Which steps of the first input count; None if all do."""
        return self.masks[0] if self.masks else None

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.weights:
            raise NameNotFoundError(unknown_name("weight", name, self.weights))
        return self.weights[name]

    def update(self, name: str, value: Tensor) -> None:
        """Leave `value` as the new value of the state called `name`."""
        if value.type != self[name].type:
            raise ModelError(f"update of {name!r}: got {value.type!r}, expected {self[name].type!r}.")
        self.updates[name] = mark(value, Role.UPDATE, "new", of=self[name].node.provenance)


@dataclass(frozen=True, slots=True)
class LayerExample:
    """Arguments that a layer accepts, and the samples it is then tried on.

    Attributes:
        arguments: arguments of the layer's constructor.
        sample_shapes: shape of one sample; several for a layer that joins inputs.
        masked: whether some steps of the first input do not count.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    sample_shapes: tuple[Shape, ...] = ((6,),)
    masked: bool = False


class Layer(ABC):
    """A function of inputs and weights.

    A layer of your own says which weights it needs and emits ops:

    Example:
        >>> import tiza as tz
        >>> class Scale(tz.layers.Layer):
        ...     def weights(self, inputs):
        ...         return (tz.layers.Weight("factor", inputs.shape[1:], tz.initializers.Ones()),)
        ...
        ...     def call(self, inputs, context):
        ...         return inputs * context["factor"]
        >>> model = tz.Sequential([tz.Input((3,)), Scale()])
        >>> model.predict([[1.0, 2.0, 3.0]])
        array([[1., 2., 3.]], dtype=float32)
    """

    _name: str | None = None
    _path: str | None = None
    _trainable: bool | Collection[str] = True

    examples: ClassVar[tuple[LayerExample, ...]] = ()
    """What the layer is tested with; there it is compared with Keras' layer of the same name."""

    supports_masking: ClassVar[bool] = False
    """Whether the mask of its first input is that of what it gives; else that has none."""

    def __new__(cls, *_: object, **given: object) -> Self:
        """Return a layer that is not set up yet; arguments that it does not have are refused by name."""
        check_arguments(cls, given)
        return super().__new__(cls)

    def __call__(self, inputs: Symbol | Sequence[Symbol], *, mask: object = None) -> Any:
        """Return what the layer gives for an input or for what other layers give: a network is drawn.

        Args:
            inputs: the input; several for a layer that joins them.
            mask: which steps of it count, `(time,)` a sample: 0 for those that do not; a list for several
                inputs. None keeps the mask that it has.

        Returns:
            A symbol, which other layers are called on; a list of them, if the layer gives several values.

        Raises:
            ModelError: `inputs` or `mask` is neither, such as an array.
        """
        return results_of(connect(self, masked(type(self).__name__, inputs, mask)))

    @property
    def results(self) -> int:
        """How many values the layer gives."""
        return 1

    @property
    def keeps_state(self) -> bool:
        """Whether it begins a batch with what the batch before left, so that all have the same size."""
        return False

    @property
    def vocabulary(self) -> int | None:
        """How many ids there are, if its inputs are ids, whole numbers from 0 on; None if quantities."""
        return None

    @property
    def name(self) -> str | None:
        """The name that was given, or the one that a model gave it; None if it is in no model yet.

        A layer in several models has the name of the one that was built or compiled last. Setting it gives
        a name to the models that are built or compiled from then on.

        Raises:
            ModelError: what is set is no text.

        Example:
            >>> import tiza as tz
            >>> model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(4), tz.layers.Dense(1, name="last")])
            >>> [layer.name for layer in model.layers]
            ['dense', 'last']
        """
        return self._name or self._path

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None and not (isinstance(name, str) and name):
            raise ModelError(f"{type(self).__name__}: got name={name!r}, expected a text.")
        self._name = name

    @property
    def given_name(self) -> str | None:
        """The name that was given; None if models name the layer."""
        return self._name

    def placed_at(self, path: str) -> None:
        """Note the path that a model has placed the layer at, such as `dense_1`."""
        self._path = path

    @property
    def trainable(self) -> bool | Collection[str]:
        """Whether the optimizer changes its weights; a collection names those that it changes.

        In a model that is compiled already, a change counts from its next `compile` on, as in Keras.

        Raises:
            ModelError: what is set is neither True, False nor a collection of names.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool | Collection[str]) -> None:
        names = isinstance(trainable, Collection) and not isinstance(trainable, str)
        if not isinstance(trainable, bool) and not (names and all(isinstance(one, str) for one in trainable)):
            raise ModelError(
                f"{type(self).__name__}: got trainable={trainable!r}, expected True, False, or a list of "
                "names of weights, such as ['bias']."
            )
        self._trainable = trainable

    def trains(self, weight: str) -> bool:
        """Return whether the optimizer changes the weight of this name."""
        return self.trainable if isinstance(self.trainable, bool) else weight in self.trainable

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return the weights the layer needs for inputs of this type, of shape `(batch, ...)`."""
        return ()

    @abstractmethod
    def call(self, inputs: Tensor, context: Context) -> Tensor | tuple[Tensor, ...]:
        """Return the layer's output, of shape `(batch, ...)`; several, if it has several `results`."""

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return which steps of each result count; None where all do, as for those that are left out."""
        return (context.mask,) if self.supports_masking else ()

    @property
    def base_name(self) -> str:
        """The name that a network numbers: the given one, or the class in snake case, as Keras writes it."""
        return self.given_name or snake_case(type(self).__name__)


def snake_case(name: str) -> str:
    """Return the name of a class in snake case.

    Example:
        >>> snake_case("BatchNormalization"), snake_case("LSTM")
        ('batch_normalization', 'lstm')
    """
    words_apart = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words_apart).lower()


class Function(Layer):
    """A plain function of traced values as a layer without weights."""

    def __init__(self, function: Callable[[Tensor], Tensor], name: str | None = None) -> None:
        self.function = function
        self.name = name

    @property
    def base_name(self) -> str:
        """The given name, or the function's own."""
        own = getattr(self.function, "__name__", "")
        return self.given_name or (own if own.isidentifier() else "function")

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the function's value."""
        return self.function(inputs)


class Masked(Layer):
    """What a layer reads that is called with `mask=`: its first input, with the second as its mask.

    Args:
        reader: class of the layer that reads it, for errors.
        name: name of the layer.
        trainable: as in every layer; there are no weights.
    """

    def __init__(
        self,
        reader: str = "layer",
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.reader = reader
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor | Sequence[Tensor], context: Context) -> Tensor:
        """Return the first input."""
        value, _ = inputs
        return value

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return where the second input is not 0."""
        value, given = inputs
        checked = checked_mask(self.reader, given, value.shape[:2])
        return (None if checked is None else checked != 0.0,)


def masked(reader: str, inputs: Any, mask: object) -> Any:
    """Return inputs that have a mask each; without one, the inputs themselves.

    Raises:
        ModelError: inputs or masks are no symbols, or there is another number of masks.
    """
    if mask is None:
        return inputs
    if isinstance(inputs, list | tuple):
        masks = list(mask) if isinstance(mask, list | tuple) else [mask]
        if len(masks) != len(inputs):
            raise ModelError(
                f"{reader}: mask: got {len(masks)} for {len(inputs)} inputs, expected a list with one for "
                "each, None for inputs whose steps all count."
            )
        return [masked(reader, one, known) for one, known in zip(inputs, masks, strict=True)]
    checked_symbols(reader, inputs)
    (counted,) = checked_symbols(f"{reader}: mask", [mask])
    return connect(Masked(reader), [inputs, counted])


def checked_mask(owner: str, mask: Tensor | None, shape: Shape) -> Tensor | None:
    """Return a mask that has one entry a step.

    Raises:
        ShapeError: it has another shape.
    """
    if mask is None or mask.shape == shape:
        return mask
    raise ShapeError(
        f"{owner}: got a mask of shape {shape_text(mask.shape)}, expected {shape_text(shape)}: True for each "
        "step that counts."
    )


def as_layer(part: object) -> Layer:
    """Return `part` as a layer.

    Raises:
        ModelError: it is neither a layer nor a function.
    """
    if isinstance(part, Layer):
        return part
    if callable(part) and not isinstance(part, type):
        return Function(part)
    raise ModelError(
        f"layers: got {part!r}, expected a layer such as Dense(10), or a function of traced values."
    )
