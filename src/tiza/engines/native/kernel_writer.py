"""What the writer of a kernel offers to those that write its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import llvmlite.ir as ir

from tiza.engines.native.affine import Affine
from tiza.engines.native.expression import Expression
from tiza.engines.native.kernels import Kernel
from tiza.engines.native.lines import Purpose
from tiza.engines.native.point import Point
from tiza.engines.native.target import Target
from tiza.graph.node import Node


class Fetching(Protocol):
    """What brings or asks for what is read later, line by line, while a kernel computes."""

    def begin(self, turns: ir.Value) -> ir.Value:
        """Write the start of a loop of so many turns; return the number of its first line."""

    def fetch(self, number: ir.Value) -> None:
        """Write the bringing of a line, if there is one of this number."""

    def finish(self) -> None:
        """Write the end of the kernel: the lines that its loops were too short for."""


class Writer(Protocol):
    """The writer of a kernel."""

    kernel: Kernel
    target: Target
    builder: ir.IRBuilder
    lanes: int
    overwrites: bool
    shared: bool

    @property
    def fetcher(self) -> Fetching | None:
        """What brings or asks for what is read later, if anything does."""

    first: ir.Value
    until: ir.Value

    def terms(self, depth: int) -> ir.Value:
        """Return the length of a loop of the reduction."""

    def value(self, expression: Expression, point: Point) -> ir.Value:
        """Return the value of an expression at a point."""

    def place(self, value: Affine, point: Point) -> ir.Value:
        """Return an index at a point."""

    def finish(self, points: Sequence[Point]) -> None:
        """Write what follows the reduction at some points."""

    def keep_quotients(self, counters: Mapping[int, ir.Value]) -> None:
        """Compute the quotients of some loops' counters before what they are read in."""

    def kept(self, point: Point) -> ir.Value:
        """Return what a sum has come to before, from memory."""

    def keep(self, point: Point) -> None:
        """Write what a sum has come to so far into memory."""

    def go_to_sum(self, number: ir.Value) -> None:
        """Let what is kept be in the place of another of the sums that the kernel makes."""

    def column_sum(self, point: Point) -> ir.Value:
        """Return what the sum beside the product has come to before, from memory."""

    def keep_column_sum(self, point: Point, total: ir.Value) -> None:
        """Write what the sum beside the product has come to so far into memory."""

    def prefetch(self, buffer: Node, place: ir.Value, purpose: Purpose) -> None:
        """Ask for an element of a buffer."""
