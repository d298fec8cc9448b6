"""Layers along positions: arguments that hold for each axis, and the inputs that they need, channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from tiza.errors import ModelError, ShapeError
from tiza.graph.tensor_type import Shape
from tiza.nn.checks import whole_number
from tiza.nn.registry import find, is_text
from tiza.ops.padding import extent, padding_widths

PerAxis: TypeAlias = int | Sequence[int]
"""One whole number for all axes, or one for each."""

_USUAL_CHANNELS = (1, 3, 4)
"""Channels that pictures have."""
AXES: dict[int, tuple[str, ...]] = {1: ("steps",), 2: ("height", "width")}
"""Names of the axes between batch and channels, by their number."""


def per_axis(owner: str, name: str, value: PerAxis, count: int, low: int = 1) -> tuple[int, ...]:
    """Return one whole number for each axis; one alone counts for all.

    Raises:
        ModelError: there are more or fewer, or one is no whole number from `low` on.

    Example:
        >>> per_axis("Conv2D", "kernel_size", 3, 2)
        (3, 3)
    """
    if not isinstance(value, Sequence) or is_text(value):
        return (whole_number(f"{owner}: {name}", value, low),) * count
    if len(value) != count:
        raise ModelError(
            f"{owner}: got {name}={value!r}, expected a whole number or {count} of them, one for each of "
            f"{', '.join(AXES[count])}."
        )
    return tuple(whole_number(f"{owner}: {name}", one, low) for one in value)


def checked_padding(owner: str, padding: str, known: Sequence[str]) -> str:
    """Return a padding in small letters.

    Raises:
        ModelError: it is no text.
        NameNotFoundError: it is none of those known.
    """
    word = padding.lower() if is_text(padding) else padding
    return find(f"{owner}: padding", word, {one: one for one in known})


def channels_last(owner: str, data_format: str | None) -> str | None:
    """Return the order of axes, which is Tiza's only one.

    Raises:
        ModelError: it is another.
    """
    if data_format not in (None, "channels_last"):
        raise ModelError(
            f"{owner}: got data_format={data_format!r}, expected 'channels_last': the channels are the last "
            "axis in Tiza. Move them there: np.moveaxis(x, 1, -1)."
        )
    return data_format


def check_not_both(owner: str, strides: Sequence[int], dilation_rate: Sequence[int]) -> None:
    """Check that a window does not both step and stretch, as Keras does.

    Raises:
        ModelError: it does.
    """
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ModelError(
            f"{owner}: got strides={tuple(strides)} and dilation_rate={tuple(dilation_rate)}, expected 1 for "
            "one of them."
        )


def check_positions(owner: str, inputs: Shape, count: int) -> None:
    """Check that inputs have `count` axes between batch and channels.

    Raises:
        ShapeError: they have more or fewer; what adds a lacking one is told.
    """
    if len(inputs) == count + 2:
        return
    names = ", ".join((*AXES[count], "channels"))
    sample = inputs[1:]
    message = f"{owner}: got samples of shape {sample}, expected ({names}), channels last"
    if len(sample) == count:
        one = (*sample, 1)
        message += (
            f"; for one channel add the axis: x[..., None] and tz.Input({one}), or tz.layers.Reshape({one}) "
            "before"
        )
    elif len(sample) < count:
        message += f"; put tz.layers.Reshape(({names})) with these sizes before"
    raise ShapeError(f"{message}.")


def check_fit(
    owner: str,
    name: str,
    inputs: Shape,
    sizes: Sequence[int],
    padding: str = "valid",
    dilation_rate: Sequence[int] | None = None,
) -> None:
    """Check that a window of `sizes` fits into the padded inputs.

    Args:
        owner: the layer's class.
        name: the argument that has the sizes.
        inputs: `(batch, *positions, channels)`.
        sizes: of the window.
        padding: the layer's padding.
        dilation_rate: from one place of the window to the next.

    Raises:
        ShapeError: it does not; the axis is named.
    """
    gaps = tuple(dilation_rate or (1,) * len(sizes))
    known = inputs[1:-1]
    widths = padding_widths(padding, known, sizes, (1,) * len(sizes), gaps)
    rows = zip(AXES[len(sizes)], known, sizes, gaps, widths, strict=True)
    for axis, size, window, gap, (before, after) in rows:
        reach = extent(window, gap)
        if reach > size + before + after:
            over = f" (over {reach} places, since dilation_rate is {gap})" if gap > 1 else ""
            raise ShapeError(
                f"{owner}: got {name}={tuple(sizes)} for samples of shape {inputs[1:]}: a window of {window} "
                f"along {axis}{over} does not fit into {size}; {_remedy(inputs)}"
            )


def _remedy(inputs: Shape) -> str:
    """Return what helps where a window does not fit; few rows of many channels are channels first."""
    if len(inputs) == 4 and inputs[1] in _USUAL_CHANNELS and inputs[1] < min(inputs[2:]):
        return "the channels are the last axis: move them there with np.moveaxis(x, 1, -1)."
    return "expected a smaller one, a larger input, or padding='same'."
