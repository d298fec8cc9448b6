"""What a student asks for, read: `dense_1.kernel[3,2]`, `dense.delta[0]`, `loss`."""

from __future__ import annotations

import re

from tiza.blackboard.expressions import Element
from tiza.blackboard.names import Names, has_samples, normal_name
from tiza.errors import NameNotFoundError, ShapeError
from tiza.graph.node import Node
from tiza.graph.primitive import unknown_name

_TARGET = re.compile(r"(?P<name>[^\[\]]+?)\s*(?:\[(?P<index>[^\[\]]*)\])?(?P<prime>[′']?)\s*")


def parse_target(text: str, names: Names) -> Element:
    """Return the number that `text` asks for.

    Raises:
        NameNotFoundError: there is no such quantity; near names are listed.
        ShapeError: the index is missing, is not of whole numbers, or is out of range; the shape is told.
    """
    match = _TARGET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise NameNotFoundError(
            f"target: got {text!r}, expected a name and an index, such as 'dense.kernel[0,2]' or 'loss'."
        )
    name = normal_name(match["name"] + match["prime"])
    if name not in names.nodes:
        raise NameNotFoundError(unknown_name("target", name, names.nodes))
    return Element(names.nodes[name], _index(text, names.nodes[name], match["index"], names))


def _index(text: str, node: Node, written: str | None, names: Names) -> tuple[int, ...]:
    """Return the index that is asked for; that of the only sample, or the only element, may be left out."""
    shape = node.tensor_type.shape
    shown = names.shown_index(node, shape)
    parts = [one.strip() for one in written.split(",")] if written and written.strip() else []
    if not parts and node.tensor_type.size == 1:
        return (0,) * len(shape)
    if not all(re.fullmatch(r"\d+", one) for one in parts):
        raise ShapeError(f"target: got {text!r}, expected whole numbers from 0; {_told(node, names)}.")
    index = tuple(map(int, parts))
    if len(index) == len(shown) < len(shape):
        index = (0, *index)
    if len(index) != len(shape):
        raise ShapeError(f"target: got {text!r} with {len(parts)} indices; {_told(node, names)}.")
    if not all(at < size for at, size in zip(index, shape, strict=True)):
        raise ShapeError(f"target: {text!r} is out of range; {_told(node, names)}.")
    return index


def _told(node: Node, names: Names) -> str:
    """Return the shape of a quantity, and an index that it has."""
    shape = names.shown_index(node, node.tensor_type.shape)
    last = ",".join(str(size - 1) for size in shape)
    first = ",".join("0" for _ in shape)
    samples = ", the sample first" if has_samples(node, names.rows) and names.rows > 1 else ""
    name = next(spoken for spoken, one in names.nodes.items() if one is node)
    if not shape:
        return f"{name} is one number, without an index"
    return f"{name} has shape {shape}{samples}: write {name}[{first}] to {name}[{last}]"
