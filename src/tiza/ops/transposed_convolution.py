"""Transposed convolution: each place spreads a kernel over the places it belongs to, and they add up."""

from __future__ import annotations

from collections.abc import Sequence

from tiza.errors import NameNotFoundError
from tiza.graph.primitive import unknown_name
from tiza.graph.tensor import Tensor, TensorLike, apply, as_tensors, operation
from tiza.ops.contraction import contract
from tiza.ops.convolution import PER_AXIS, PLACES, POSITIONS, each_axis, positions_of
from tiza.ops.layout import OVERLAP_ADD, slice_axis
from tiza.ops.padding import extent

PADDINGS = ("valid", "same")


def kept_range(
    padding: str, size: int, window: int, stride: int, dilation: int, output_padding: int | None
) -> tuple[int, int, int]:
    """Return how long an axis is when all is added up, and where what is kept of it begins and stops.

    Without `output_padding`, `valid` keeps everything, at least `size * stride`, and `same` exactly
    `size * stride`; with it, they keep (size - 1) stride + extent, or 1 or 0 for an odd or even extent,
    and `output_padding` more. This is Keras' rule.

    Raises:
        NameNotFoundError: there is no such padding.

    Example:
        >>> kept_range("same", size=4, window=3, stride=2, dilation=1, output_padding=None)
        (9, 0, 8)
    """
    if padding not in PADDINGS:
        raise NameNotFoundError(unknown_name("padding", padding, PADDINGS))
    reach = extent(window, dilation)
    full = (size - 1) * stride + reach
    if padding == "valid":
        more = max(stride - reach, 0) if output_padding is None else output_padding
        return full + more, 0, full + more
    around = stride + reach - 2 if output_padding is None else reach + reach % 2 - 2 + output_padding
    before = min(around - around // 2, reach - 1)
    start = reach - 1 - before
    stop = full - (reach - 1) + (around - before)
    return max(full, stop), start, stop


@operation
def transposed_convolution(
    x: TensorLike,
    kernel: TensorLike,
    strides: PER_AXIS = 1,
    padding: str = "valid",
    output_padding: PER_AXIS | None = None,
    dilations: PER_AXIS = 1,
) -> Tensor:
    """Return what a convolution's way back gives: y[b, p s + i d, q s + j d, o] += x[b,p,q,c] k[i,j,o,c].

    Shapes: x `(batch, height, width, channels)`, kernel `(height, width, filters, channels)`, result
    `(batch, height, width, filters)`, about `strides` times as large; with one axis likewise.

    Args:
        x: the signals or images, channels last.
        kernel: the filters.
        strides: from the patch of one place to that of the next.
        padding: `valid` keeps every place that a kernel reaches, `same` strides times as many as there were.
        output_padding: places more than the fewest that this can mean, one number or one an axis.
        dilations: from one place of a patch to the next.

    Raises:
        ShapeError: the shapes do not fit.
        NameNotFoundError: there is no such padding.

    Example:
        >>> import tiza as tz
        >>> steps, kernel = tz.ops.reshape([1.0, 10.0], (1, 2, 1)), tz.ops.reshape([1.0, 2.0], (2, 1, 1))
        >>> tz.evaluate(tz.ops.transposed_convolution(steps, kernel)).ravel()
        array([ 1., 12., 20.])
    """
    value, filters = as_tensors((x, kernel))
    axes = positions_of(value, filters)
    at, place = POSITIONS[:axes], PLACES[:axes]
    steps, gaps = each_axis("strides", strides, axes), each_axis("dilations", dilations, axes)
    more = _each_more(output_padding, axes)
    sizes = filters.shape[:axes]
    ranges = [
        kept_range(padding, *one) for one in zip(value.shape[1:-1], sizes, steps, gaps, more, strict=True)
    ]
    spread = contract(filters, value, f"{place}oc", f"b{at}c", f"b{at}o{place}")
    result = apply(
        OVERLAP_ADD,
        (spread,),
        axes=tuple(range(1, axes + 1)),
        sizes=sizes,
        strides=steps,
        dilations=gaps,
        lengths=tuple(length for length, _, _ in ranges),
    )
    for axis, (_, start, stop) in enumerate(ranges, start=1):
        result = slice_axis(result, axis, start, stop)
    return result


def _each_more(output_padding: PER_AXIS | None, count: int) -> Sequence[int | None]:
    if output_padding is None or isinstance(output_padding, int):
        return (output_padding,) * count
    return tuple(output_padding)
