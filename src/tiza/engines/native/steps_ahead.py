"""Steps ahead: while a product computes, places in long sequences that others touch next are asked for."""

from __future__ import annotations

import math

import llvmlite.ir as ir

from tiza.engines.native.code import I8, I64, POINTER, index
from tiza.engines.native.fetching import row_bytes
from tiza.engines.native.kernels import Kernel, widest
from tiza.engines.native.lines import LINE, Purpose, TurnCount, ask_for
from tiza.engines.native.target import Target
from tiza.engines.native.tiling import Tile, tile_of

MOST_TURNS = 64
"""Most turns of a product's innermost loop between two lines."""


class Asking:
    """Writes the asking for lines into a kernel's innermost loop.

    The kernel's job is one address for each value of `soon`, all of rows as the kernel's first loop has.
    """

    def __init__(
        self,
        builder: ir.IRBuilder,
        kernel: Kernel,
        target: Target,
        job: ir.Value,
        part: tuple[ir.Value, ir.Value],
    ) -> None:
        self._builder = builder
        first, until = part
        sizes = [row_bytes(node) for node, _ in kernel.in_loop.soon]
        least = min(sizes)
        tile = tile_of(kernel, target)
        assert tile is not None
        self._shift = _turns_a_line(kernel, target, tile, least).bit_length() - 1
        self._lines = builder.udiv(builder.mul(builder.sub(until, first), index(least)), index(LINE))
        self._at_once = [-(-size // least) for size in sizes]
        self._places = []
        for number, size in enumerate(sizes):
            word = builder.load(builder.gep(job, [index(number)], source_etype=I64), typ=I64)
            own = builder.add(word, builder.mul(first, index(size)))
            self._places.append(builder.inttoptr(own, POINTER))
        self._turns = TurnCount(builder, index(0))

    def begin(self, turns: ir.Value) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first one."""
        return self._turns.begin(turns)

    def fetch(self, number: ir.Value) -> None:
        """Write that, every so many turns, a line of each value is asked for."""
        builder = self._builder
        line = builder.lshr(number, index(self._shift))
        due = builder.icmp_signed("==", builder.shl(line, index(self._shift)), number)
        due = builder.and_(due, builder.icmp_signed("<", line, self._lines))
        with builder.if_then(due):
            for place, count in zip(self._places, self._at_once, strict=True):
                begin = builder.mul(line, index(LINE * count))
                for one in range(count):
                    at = builder.add(begin, index(LINE * one))
                    ask_for(builder, builder.gep(place, [at], source_etype=I8), Purpose.READ_LATER)

    def finish(self) -> None:
        """Write nothing: what was not asked for comes when it is read."""


def _turns_a_line(kernel: Kernel, target: Target, tile: Tile, row_bytes: int) -> int:
    """Return after how many turns a line is due, so that all are asked for: a power of two."""
    rows, columns = kernel.usual_shape
    lanes = target.vector_bytes // widest(kernel)
    blocks = -(-rows // tile.rows) * -(-columns // (tile.vectors * lanes))
    turns = blocks * math.prod(kernel.usual_reduced)
    most = turns * LINE // max(rows * row_bytes, 1)
    return 1 << (min(max(most, 1), MOST_TURNS).bit_length() - 1)
