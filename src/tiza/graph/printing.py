"""Graphs as text: a line a node, with its name, operands, attributes, type and provenance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tiza.graph.node import CONSTANT, INPUT, Node


def node_names(nodes: Iterable[Node]) -> dict[Node, str]:
    """Return a name for every node: inputs keep theirs, the others are numbered."""
    names: dict[Node, str] = {}
    number = 0
    for node in nodes:
        if node.primitive is INPUT:
            names[node] = node.attributes["name"]
        elif node not in names:
            number += 1
            names[node] = f"%{number}"
    return names


def format_attribute(value: object) -> str:
    """Return an attribute as short text."""
    if isinstance(value, np.ndarray):
        text = np.array2string(value, threshold=6, edgeitems=2, separator=", ", formatter={"all": _number})
        return " ".join(text.split())
    if hasattr(value, "nodes"):
        return f"<graph of {len(value.nodes)} nodes>"
    return str(value)


def _number(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def format_node(node: Node, names: dict[Node, str]) -> tuple[str, str, str]:
    """Return the three columns of a node's line: computation, type, provenance."""
    words = [node.primitive.name, *(names.get(one, "?") for one in node.inputs)]
    if node.primitive is CONSTANT:
        words.append(format_attribute(node.attributes["value"]))
    elif node.primitive is not INPUT:
        words.extend(f"{key}={format_attribute(value)}" for key, value in node.attributes.items())
    return f"{names.get(node, '?')} = {' '.join(words)}", repr(node.type), node.provenance.label


def format_nodes(nodes: Iterable[Node], names: dict[Node, str]) -> list[str]:
    """Return one aligned line a node."""
    rows = [format_node(node, names) for node in nodes]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [f"{a:<{widths[0]}}    {b:<{widths[1]}}    {c}".rstrip() for a, b, c in rows]


def format_computation(inputs: Sequence[Node], outputs: Sequence[Node], nodes: Sequence[Node]) -> str:
    """Return a whole graph as text, inputs that are not used first.

    Example:
        >>> import tiza as tz
        >>> print(tz.trace(lambda x: x + x, 1.0))
        x = input        float64[]
        %1 = add x x     float64[]
        return %1
    """
    used = set(nodes)
    listed = [*(node for node in inputs if node not in used), *nodes]
    names = node_names(listed)
    return "\n".join([*format_nodes(listed, names), "return " + " ".join(names[node] for node in outputs)])
