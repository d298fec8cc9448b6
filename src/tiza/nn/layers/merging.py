"""Layers that join several inputs into one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from functools import reduce
from typing import ClassVar

from tiza.errors import ShapeError
from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, constant, mark
from tiza.graph.tensor_type import Shape
from tiza.nn.checks import whole_number
from tiza.nn.layer import Context, Layer, LayerExample, snake_case
from tiza.nn.layers.axes import MOST_AXES, feature_axes
from tiza.ops.elementwise import bitwise_or, maximum, minimum, where
from tiza.ops.layout import broadcast_to, concatenate, expand_dims, reshape
from tiza.ops.reduction import any as any_of

_TWO = LayerExample({}, ((2, 3), (2, 3)))
_THREE = LayerExample({}, ((6,), (6,), (6,)))
_BROADCAST = LayerExample({}, ((2, 3), (3,)))


class Merging(Layer):
    """A layer that takes a list of inputs."""

    fewest: ClassVar[int] = 1
    """How many inputs it needs."""

    def __init__(self, name: str | None = None, trainable: bool | Collection[str] = True) -> None:
        self.name = name
        self.trainable = trainable

    def call(self, inputs: Tensor | Sequence[Tensor], context: Context) -> Tensor:
        """Return the inputs joined, `(batch, ...)`."""
        owner = type(self).__name__
        if isinstance(inputs, Tensor) or len(inputs) < self.fewest:
            got = "one input" if isinstance(inputs, Tensor) else f"{len(inputs)}"
            raise ShapeError(
                f"{owner}: got {got}, expected a list of at least {self.fewest}, as in {owner}()([a, b])."
            )
        return mark(self.merge_masked(inputs, context.masks), Role.ACTIVATION, note=snake_case(owner))

    @abstractmethod
    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the inputs joined."""

    def merge_masked(self, inputs: Sequence[Tensor], masks: Sequence[Tensor | None]) -> Tensor:
        """Return the inputs joined, where masks may say which steps count; most layers join all."""
        return self.merge(inputs)

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return where any of the inputs counts, if all have masks."""
        found = _present(context.masks)
        return (reduce(bitwise_or, found),) if len(found) == len(context.masks) > 0 else ()


class _Elementwise(Merging):
    """Joined element by element; inputs with fewer axes are repeated along those they lack."""

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the inputs joined element by element."""
        _check_batch(type(self).__name__, [one.shape for one in inputs])
        rank = max(one.ndim for one in inputs)
        # as Keras: the axes that are lacking stand behind the batch
        filled = [_with_rank(one, rank) for one in inputs]
        return self.merge_equal(filled)

    @abstractmethod
    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return inputs of one rank joined."""


def _present(masks: Sequence[Tensor | None]) -> list[Tensor]:
    return [one for one in masks if one is not None]


class _Extreme(_Elementwise):
    """The larger or the smaller of two inputs; one that is masked does not count, as in Keras."""

    @abstractmethod
    def of_two(self, one: Tensor, other: Tensor) -> Tensor:
        """Return one of two inputs, element by element."""

    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return one of the inputs, element by element."""
        return reduce(self.of_two, inputs)

    def merge_masked(self, inputs: Sequence[Tensor], masks: Sequence[Tensor | None]) -> Tensor:
        """Return one of the inputs that count, element by element."""
        if not _present(masks):
            return self.merge(inputs)
        found, counted = inputs[0], masks[0]
        for one, mask in zip(inputs[1:], masks[1:], strict=True):
            other = one if mask is None else where(_spread(mask, one), one, found)
            own = found if counted is None else where(_spread(counted, found), found, other)
            counted = None if mask is None or counted is None else counted | mask
            found = self.merge([own, other])
        return found


def _spread(mask: Tensor, like: Tensor) -> Tensor:
    return broadcast_to(expand_dims(mask, -1), like.shape)


def _check_batch(owner: str, shapes: Sequence[Shape]) -> None:
    if len({shape[:1] for shape in shapes}) > 1:
        raise ShapeError(f"{owner}: got inputs of shapes {', '.join(map(str, shapes))}, expected one batch.")


def _with_rank(x: Tensor, rank: int) -> Tensor:
    if x.ndim == rank:
        return x
    return reshape(x, (x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]))


class Add(_Elementwise):
    """The sum of the inputs: a = x1 + x2 + ..., as in a residual connection.

    Example:
        >>> import tiza as tz
        >>> layer, context = tz.layers.Add(), tz.layers.Context({})
        >>> tz.evaluate(layer.call((tz.ops.constant([[1.0]]), tz.ops.constant([[2.0]])), context))
        array([[3.]])
    """

    examples = (_TWO, _THREE, _BROADCAST)

    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the sum."""
        return reduce(lambda one, other: one + other, inputs)


class Subtract(_Elementwise):
    """The difference of two inputs: a = x1 - x2.

    Raises:
        ShapeError: there are not two.
    """

    fewest = 2
    examples = (_TWO, _BROADCAST)

    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the difference."""
        if len(inputs) != 2:
            raise ShapeError(f"Subtract: got {len(inputs)} inputs, expected 2.")
        return inputs[0] - inputs[1]


class Multiply(_Elementwise):
    """The product of the inputs, element by element: a = x1 x2 ..., as in a gate."""

    examples = (_TWO, _THREE, _BROADCAST)

    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the product."""
        return reduce(lambda one, other: one * other, inputs)


class Average(_Elementwise):
    """The mean of the inputs: a = (x1 + x2 + ... + xn) / n."""

    examples = (_TWO, _THREE, _BROADCAST)

    def merge_equal(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the mean."""
        return reduce(lambda one, other: one + other, inputs) / float(len(inputs))


class Maximum(_Extreme):
    """The largest of the inputs, element by element: a = max(x1, x2, ...)."""

    examples = (_TWO, _THREE, _BROADCAST)

    def of_two(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the larger."""
        return maximum(one, other)


class Minimum(_Extreme):
    """The smallest of the inputs, element by element: a = min(x1, x2, ...)."""

    examples = (_TWO, _THREE, _BROADCAST)

    def of_two(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the smaller."""
        return minimum(one, other)


class Concatenate(Merging):
    """The inputs one behind another along `axis`: a = [x1, x2, ...].

    Raises:
        ShapeError: the other sizes differ.
        ModelError: `axis` is that of the batch, or none.

    Example:
        >>> import tiza as tz
        >>> layer, context = tz.layers.Concatenate(), tz.layers.Context({})
        >>> tz.evaluate(layer.call((tz.ops.constant([[1.0]]), tz.ops.constant([[2.0, 3.0]])), context))
        array([[1., 2., 3.]])
    """

    examples = (
        LayerExample({}, ((2, 3), (2, 1))),
        LayerExample({"axis": 1}, ((2, 3), (1, 3), (4, 3))),
        _THREE,
    )

    def __init__(
        self, axis: int = -1, name: str | None = None, trainable: bool | Collection[str] = True
    ) -> None:
        super().__init__(name, trainable)
        self.axis = whole_number("Concatenate: axis", axis, -MOST_AXES)

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the inputs one behind another."""
        shapes = [one.shape for one in inputs]
        _check_batch("Concatenate", shapes)
        (axis,) = feature_axes("Concatenate", self.axis, inputs[0].ndim)
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len({len(shape) for shape in shapes}) > 1 or len(others) > 1:
            raise ShapeError(
                f"Concatenate: got inputs of shapes {', '.join(map(str, shapes))}, expected the same sizes "
                f"but for axis {axis}."
            )
        return concatenate(inputs, axis)

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return the masks joined along time, or where any counts; without a mask, all steps do."""
        if not _present(context.masks):
            return ()
        parts = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        masks = [_of_steps(mask, part) for mask, part in zip(context.masks, parts, strict=True)]
        axes = max(one.ndim for one in _present(masks))
        spread = [_over_axes(mask, part.shape[:axes]) for mask, part in zip(masks, parts, strict=True)]
        (axis,) = feature_axes("Concatenate", self.axis, parts[0].ndim)
        return (concatenate(spread, axis) if axis < axes else reduce(bitwise_or, spread),)


def _of_steps(mask: Tensor | None, part: Tensor) -> Tensor | None:
    """Return a mask without the axis of features: ids have none, and all of a sample's are joined."""
    return any_of(mask, -1) if mask is not None and mask.ndim == part.ndim else mask


def _over_axes(mask: Tensor | None, shape: Shape) -> Tensor:
    """Return a mask over all axes of `shape`; without a mask, all counts."""
    if mask is None:
        return broadcast_to(constant(True), shape)
    return broadcast_to(reshape(mask, (*mask.shape, *(1,) * (len(shape) - mask.ndim))), shape)
