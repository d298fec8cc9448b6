"""Signatures: all that a program's code depends on, as text.

Every field of every kernel counts, except what the code reads when it runs: numbers of rows, and numbers
handed over with tasks. Buffers count by their position and kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from tiza.engines.native.expression import Number
from tiza.engines.native.fetching import RowsAhead, row_bytes
from tiza.engines.native.kernels import Kernel, Loop, Schedule, kernel_buffers, size_in_bytes, widest
from tiza.engines.native.phases import overwrites
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import is_handed, numbers_of
from tiza.engines.native.tiling import tile_of
from tiza.engines.native.transposition import transposed_load
from tiza.graph.node import CONSTANT, INPUT, Node
from tiza.graph.primitive import Primitive
from tiza.graph.tensor_type import Shape, TensorType


def signature(plan: Schedule, target: Target, ahead: RowsAhead | None) -> str:
    """Return a text that two programs share only if their code is the same."""
    return _Text(target, plan.shared, ahead).of_program(plan)


class _Text:
    """A text that grows: lines name what they are made of by number."""

    def __init__(self, target: Target, shared: bool, ahead: RowsAhead | None) -> None:
        self._target = target
        self._shared = shared
        self._ahead = ahead
        self._lines: list[str] = []
        self._count = 0
        self._nodes: dict[int, str] = {}
        self._records: dict[int, str] = {}
        self._numbers: list[Number] = []

    def of_program(self, plan: Schedule) -> str:
        """Return the text of a whole program."""
        self._add(plan.layout, self._shared, [row_bytes(node) for node in plan.gathered])
        if not self._shared:
            self._add([node.tensor_type.shape for node in plan.gathered])
        self._schedule(plan)
        self._add("results", plan.results)
        self._add("copied", plan.copied, [size_in_bytes(new) for new, _ in plan.copied])
        if self._ahead is not None:
            self._add("ahead", self._ahead.node, self._ahead.row_bytes)
        return "\n".join(self._lines)

    def _schedule(self, plan: Schedule) -> None:
        self._add("stored", plan.stored)
        self._add("overwritten", list(plan.overwritten.items()))
        for phase in plan.phases:
            self._add("phase")
            for kernel in phase:
                if isinstance(kernel, Loop):
                    self._loop(kernel)
                else:
                    self._kernel(kernel, overwrites(kernel, plan.overwritten))

    def _loop(self, loop: Loop) -> None:
        parts, body = loop.parts, loop.parts.body
        nodes = [*loop.node.inputs, *body.inputs, *body.outputs, *loop.items.values()]
        self._add("loop", parts.length, parts.reverse, parts.carries, parts.sequences, loop.sharing)
        self._add(nodes, [size_in_bytes(node) for node in nodes], loop.items, loop.pairs)
        self._schedule(loop.body)

    def _kernel(self, kernel: Kernel, over: bool) -> None:
        self._numbers = numbers_of(kernel) if self._shared else []
        self._records = {}
        lanes = self._target.vector_bytes // widest(kernel)
        fetches = self._ahead is not None and self._ahead.kernel is kernel
        self._add(
            "kernel",
            kernel.usual_shape,
            kernel.usual_reduced,
            kernel.reduction,
            kernel.portion,
            kernel.group,
            [node for node in kernel_buffers(kernel) if node in kernel.in_loop.far],
            kernel.in_loop.soon,
            kernel.in_loop.first_terms,
            over,
            fetches,
        )
        self._add(self._written_sizes(kernel, over), transposed_load(kernel, lanes) is not None)
        self._add(
            kernel.reductions,
            kernel.beside,
            kernel.body,
            kernel.values,
            [(node, kernel.place(node)) for node in kernel.stores],
        )

    def _written_sizes(self, kernel: Kernel, over: bool) -> tuple[Shape, ...]:
        """Return sizes that stand in the code though they may be a number of rows."""
        if not self._shared:
            return kernel.shape, kernel.reduced
        tile = tile_of(kernel, self._target)
        fixed = tile is not None and (
            kernel.group > 0 or len(kernel.shape) == 1 or (tile.row_axis == 0 and over)
        )
        return (kernel.shape,) if fixed else ()

    def _add(self, *values: Any) -> None:
        self._lines.append(" ".join([self._of(value) for value in values]))

    def _of(self, value: Any) -> str:
        if isinstance(value, Node):
            return self._named(value, self._nodes, _kind_of)
        if isinstance(value, Number) and self._shared and is_handed(value):
            return f"number{self._numbers.index(value)}{value.dtype}"
        if is_dataclass(value) and not isinstance(value, type | Primitive | TensorType):
            return self._named(value, self._records, self._record)
        if isinstance(value, list | tuple):
            return f"[{self._all(value)}]"
        if isinstance(value, Mapping):
            return f"[{self._all(list(value.items()))}]"
        if isinstance(value, np.ndarray):
            return f"{value.dtype}{value.shape}{value.tobytes().hex()}"
        return repr(value)

    def _all(self, values: Iterable[Any]) -> str:
        return ",".join([self._of(one) for one in values])

    def _named(self, value: object, names: dict[int, str], describe: Callable[[Any], str]) -> str:
        """Return the name of an object, which is described when it is met first."""
        if id(value) not in names:
            description = describe(value)
            self._count += 1
            names[id(value)] = f"#{self._count}"
            self._lines.append(f"{names[id(value)]} {description}")
        return names[id(value)]

    def _record(self, value: Any) -> str:
        return f"{type(value).__name__}({self._all([getattr(value, one.name) for one in fields(value)])})"


def _kind_of(node: Node) -> str:
    known = {INPUT: "input", CONSTANT: "constant"}
    dtype = node.type.dtype if isinstance(node.type, TensorType) else "tuple"
    return f"{known.get(node.primitive, 'computed')} {dtype}"
