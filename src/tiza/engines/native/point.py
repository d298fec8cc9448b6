"""The place in a kernel's loops for which code is being written."""

from __future__ import annotations

from dataclasses import dataclass, field

import llvmlite.ir as ir

from tiza.graph.node import Node


@dataclass(slots=True)
class Point:
    """The place in the loops for which code is being written.

    Attributes:
        counters: value of each loop's counter.
        lanes: how many neighbouring points are computed at once.
        axis: the loop whose neighbours those are.
        mask: which lanes are inside the loop; None for all.
        made: values of the kernel's own nodes at this point.
    """

    counters: list[ir.Value]
    lanes: int
    axis: int
    mask: ir.Value | None = None
    made: dict[Node, ir.Value] = field(default_factory=dict)
    known: dict[int, ir.Value] = field(default_factory=dict)
