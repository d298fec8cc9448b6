"""Convolution: one kernel on every patch, as one contraction over a view of windows.

With the patches standing as a view, the gradients come by themselves: that of the kernel is a contraction
of the same windows, that of the input adds up what each patch gives back (`overlap_add`).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

from tiza.errors import ShapeError
from tiza.graph.tensor import Tensor, TensorLike, as_tensors, operation
from tiza.ops.contraction import contract
from tiza.ops.layout import reshape, windows
from tiza.ops.padding import padded, padding_widths

PER_AXIS = int | Sequence[int]
POSITIONS = "pq"
"""Labels of where a window stands."""

PLACES = "ij"
"""Labels of the places in a window."""


def each_axis(name: str, value: PER_AXIS, count: int) -> tuple[int, ...]:
    """Return one number for each of `count` axes; one alone counts for all.

    Raises:
        ShapeError: there are more or fewer, or one is below 1.
    """
    given = tuple(map(index, value)) if isinstance(value, Sequence) else (index(value),) * count
    if len(given) != count or min(given) < 1:
        raise ShapeError(f"{name}: got {value!r}, expected {count} whole numbers of at least 1, or one.")
    return given


def positions_of(x: Tensor, kernel: Tensor) -> int:
    """Return how many axes a kernel slides along.

    Raises:
        ShapeError: x and the kernel do not have 3 axes each, or 4.
    """
    if x.ndim != kernel.ndim or x.ndim not in (3, 4):
        raise ShapeError(
            f"got x of shape {x.shape} and a kernel of shape {kernel.shape}, expected (batch, steps, "
            "channels) and (window, channels, filters), or (batch, height, width, channels) and (height, "
            "width, channels, filters)."
        )
    return x.ndim - 2


def patches(
    x: Tensor, sizes: Sequence[int], strides: Sequence[int], padding: str, dilations: Sequence[int]
) -> Tensor:
    """Return every window of x, `(batch, *positions, channels, *places)`."""
    widths = padding_widths(padding, x.shape[1:-1], sizes, strides, dilations)
    return windows(padded(x, widths), range(1, x.ndim - 1), sizes, strides, dilations)


@operation
def convolution(
    x: TensorLike,
    kernel: TensorLike,
    strides: PER_AXIS = 1,
    padding: str = "valid",
    dilations: PER_AXIS = 1,
    groups: int = 1,
) -> Tensor:
    """Return a kernel's product with every patch: y[b,p,q,o] = sum x[b, p s + i d, q s + j d, c] k[i,j,c,o].

    The sum goes over i, j and c; the kernel is not mirrored, as everywhere in neural networks.

    Shapes: x `(batch, height, width, channels)`, kernel `(height, width, channels / groups, filters)`,
    result `(batch, positions, positions, filters)`; with one axis, x `(batch, steps, channels)`.

    Args:
        x: the signals or images, channels last.
        kernel: the filters.
        strides: from one patch to the next, one number or one an axis.
        padding: `valid`, `same` (zeros around, so that stride 1 keeps the size) or `causal` (zeros before).
        dilations: from one place of a patch to the next.
        groups: parts of the channels that have filters of their own.

    Raises:
        ShapeError: the shapes do not fit.
        NameNotFoundError: there is no such padding.

    Example:
        >>> import tiza as tz
        >>> steps = tz.ops.reshape([1.0, 2.0, 4.0, 8.0], (1, 4, 1))
        >>> difference = tz.ops.reshape([-1.0, 1.0], (2, 1, 1))
        >>> tz.evaluate(tz.ops.convolution(steps, difference)).ravel()
        array([1., 2., 4.])
    """
    value, filters = as_tensors((x, kernel))
    axes = positions_of(value, filters)
    channels, count = value.shape[-1], filters.shape[-1]
    if groups < 1 or filters.shape[-2] * groups != channels or count % groups:
        raise ShapeError(
            f"convolution: got {channels} channels, a kernel of shape {filters.shape} and groups={groups}, "
            f"expected {filters.shape[-2]} x groups channels and filters that groups divides."
        )
    steps, gaps = each_axis("strides", strides, axes), each_axis("dilations", dilations, axes)
    seen = patches(value, filters.shape[:axes], steps, padding, gaps)
    at, place = POSITIONS[:axes], PLACES[:axes]
    if groups == 1:
        return contract(filters, seen, f"{place}co", f"b{at}c{place}", f"b{at}o")
    positions, sizes = seen.shape[: axes + 1], filters.shape[:axes]
    own = (channels // groups, groups, count // groups)
    grouped = reshape(seen, (*positions, groups, channels // groups, *sizes))
    result = contract(reshape(filters, (*sizes, *own)), grouped, f"{place}cgo", f"b{at}gc{place}", f"b{at}go")
    return reshape(result, (*positions, count))


@operation
def depthwise_convolution(
    x: TensorLike,
    kernel: TensorLike,
    strides: PER_AXIS = 1,
    padding: str = "valid",
    dilations: PER_AXIS = 1,
) -> Tensor:
    """Return each channel's product with kernels of its own: y[b,p,q,c,m] = sum x[b, ..., c] k[i,j,c,m].

    Shapes: x `(batch, height, width, channels)`, kernel `(height, width, channels, multiplier)`, result
    `(batch, positions, positions, channels * multiplier)`.

    Raises:
        ShapeError: the shapes do not fit.
        NameNotFoundError: there is no such padding.
    """
    value, filters = as_tensors((x, kernel))
    axes = positions_of(value, filters)
    steps, gaps = each_axis("strides", strides, axes), each_axis("dilations", dilations, axes)
    seen = patches(value, filters.shape[:axes], steps, padding, gaps)
    at, place = POSITIONS[:axes], PLACES[:axes]
    result = contract(filters, seen, f"{place}cm", f"b{at}c{place}", f"b{at}cm")
    return reshape(result, (*result.shape[:-2], -1))
