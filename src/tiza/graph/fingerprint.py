"""Fingerprints: one text for all graphs of the same content, for caches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tiza.graph.graph import Graph


def fingerprint(graph: Graph) -> str:
    """Return a SHA-256 of what `graph` computes; names and provenance do not count.

    Example:
        >>> import tiza as tz
        >>> one, other = (tz.trace(lambda x: x + 1.0, 0.0) for _ in range(2))
        >>> fingerprint(one) == fingerprint(other)
        True
    """
    digest = hashlib.sha256()
    numbers = {node: position for position, node in enumerate(graph.inputs)}
    for node in graph.inputs:
        digest.update(f"input {node.type!r}\n".encode())
    for node in graph.nodes:
        if node not in numbers:
            numbers[node] = len(numbers)
            operands = [numbers[one] for one in node.inputs]
            digest.update(f"{node.primitive.name} {operands} {node.type!r}\n".encode())
            digest.update(attribute_bytes(node.attributes))
    digest.update(repr([numbers[node] for node in graph.outputs]).encode())
    return digest.hexdigest()


def attribute_bytes(attributes: Mapping[str, Any]) -> bytes:
    """Return bytes that differ whenever attributes do."""
    parts = []
    for name, value in attributes.items():
        parts.append(name.encode())
        if isinstance(value, np.ndarray):
            parts.append(f"{value.dtype}{value.shape}".encode() + value.tobytes())
        elif isinstance(value, Graph):
            parts.append(fingerprint(value).encode())
        else:
            parts.append(repr(value).encode())
    return b"\0".join(parts) + b"\1"
