"""The summary of a model: layers, shapes, and parameter counts written as products."""

from __future__ import annotations

from tiza.language import translate
from tiza.nn.layer import Weight
from tiza.nn.network import Network, PlacedLayer


def count_as_products(weights: tuple[Weight, ...]) -> str:
    """Return the number of parameters as a sum of products of sizes.

    Example:
        >>> from tiza.nn.initializers import Zeros
        >>> count_as_products((Weight("kernel", (784, 30), Zeros()), Weight("bias", (30,), Zeros())))
        '784x30 + 30'
    """
    return " + ".join("x".join(map(str, weight.shape)) or "1" for weight in weights) or "0"


def _size(layer: PlacedLayer) -> int:
    total = 0
    for weight in layer.weights:
        size = 1
        for length in weight.shape:
            size *= length
        total += size
    return total


def format_summary(name: str, network: Network) -> str:
    """Return the summary as text, one line an input or a layer."""
    header = (translate("Layer"), translate("Kind"), translate("Output"), translate("Parameters"))
    inputs = zip(network.input_names, network.sample_shapes, strict=True)
    rows = [(name, "Input", _shape(shape), "0") for name, shape in inputs]
    for one in network.layers:
        count = count_as_products(one.weights)
        total = f"{count} = {_size(one)}" if _size(one) else "0"
        rows.append((one.path, type(one.layer).__name__, _shape(one.outputs.shape[1:]), total))
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    head = "  ".join(cell.ljust(width) for cell, width in zip(header, widths, strict=True)).rstrip()
    rule = "-" * max(map(len, (head, *lines)))
    everything = sum(_size(one) for one in network.layers)
    total_line = translate("Total: {count} parameters, {dtype}", count=everything, dtype=network.dtype)
    return "\n".join([name, rule, head, rule, *lines, rule, total_line])


def _shape(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
