"""What a program is made of, as text: kernels, what each computes, memory, arithmetic and traffic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tiza.engines.native.expression import computations_of
from tiza.engines.native.kernels import Kernel, Loop, Schedule, Sharing, kernel_buffers, size_in_bytes
from tiza.engines.native.phases import ALONE, grain, overwrites
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target
from tiza.graph.node import CONSTANT, INPUT, Node


@dataclass(frozen=True, slots=True)
class KernelReport:
    """One kernel.

    Attributes:
        shape: sizes of its parallel loops.
        reduced: sizes of the loops that are summed over.
        computes: the values computed at each point, in order, those of one name once with their number; what
            stands in one kernel is fused.
        operations: multiplications and additions of its reduction, and what follows at each point.
        bytes: size of the buffers it reads and writes.
        shared: whether threads share it.
        phase: threads wait for one another after all kernels of a phase.
    """

    shape: tuple[int, ...]
    reduced: tuple[int, ...]
    computes: tuple[str, ...]
    operations: int
    bytes: int
    shared: bool
    phase: int


@dataclass(frozen=True, slots=True)
class ProgramReport:
    """A program as its kernels.

    Attributes:
        kernels: in the order they run.
        arena: bytes of memory between kernels.
        state: bytes of inputs that keep their size from step to step.
    """

    kernels: tuple[KernelReport, ...]
    arena: int
    state: int

    @property
    def operations(self) -> int:
        """Arithmetic of one run."""
        return sum(kernel.operations for kernel in self.kernels)

    @property
    def bytes(self) -> int:
        """Bytes read and written in one run."""
        return sum(kernel.bytes for kernel in self.kernels)

    def __str__(self) -> str:
        rows = [("phase", "loops", "operations", "bytes", "threads", "computes")]
        for kernel in self.kernels:
            loops = "x".join(map(str, kernel.shape)) or "1"
            if kernel.reduced:
                loops += f" (sum over {'x'.join(map(str, kernel.reduced))})"
            threads = "all" if kernel.shared else "one"
            computes = ", ".join(kernel.computes)
            figures = (f"{kernel.operations:,}", f"{kernel.bytes:,}")
            rows.append((str(kernel.phase), loops, *figures, threads, computes))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [
            "  ".join([row[0].rjust(widths[0]), row[1].ljust(widths[1])])
            + "  "
            + "  ".join([row[2].rjust(widths[2]), row[3].rjust(widths[3]), row[4].ljust(widths[4]), row[5]])
            for row in rows
        ]
        count = len(self.kernels)
        total = (
            f"{count} kernel{'' if count == 1 else 's'}, {self.operations:,} operations and "
            f"{self.bytes:,} bytes a run, {self.arena:,} bytes between kernels"
        )
        return "\n".join([*(line.rstrip() for line in lines), total])


def program_report(program: NativeProgram) -> ProgramReport:
    """Return what `program` is made of."""
    kernels = tuple(_reports(program.schedule, program.target, program.schedule.shared))
    state = sum(size_in_bytes(node) for node in program.graph.inputs)
    return ProgramReport(kernels, program.arena_bytes, state)


def _reports(plan: Schedule, target: Target, several: bool) -> Iterator[KernelReport]:
    for number, phase in enumerate(plan.phases):
        for kernel in phase:
            if isinstance(kernel, Loop):
                yield from _loop_reports(kernel, target, several, number)
            else:
                cut = grain(kernel, target, overwrites(kernel, plan.overwritten)) != ALONE
                shared = several and cut
                yield _kernel_report(kernel, shared, number)


def _loop_reports(loop: Loop, target: Target, several: bool, phase: int) -> Iterator[KernelReport]:
    """Yield the kernels of a loop's body, their work multiplied by the number of steps."""
    for one in _reports(loop.body, target, several and loop.sharing is not Sharing.ALONE):
        computes = tuple(f"{name} (each of {loop.parts.length} steps)" for name in one.computes)
        operations, traffic = one.operations * loop.parts.length, one.bytes * loop.parts.length
        yield replace(one, computes=computes, operations=operations, bytes=traffic, phase=phase)


def _kernel_report(kernel: Kernel, shared: bool, phase: int) -> KernelReport:
    points = math.prod(kernel.shape)
    names = [_name(node) for node in (*kernel.reductions, kernel.beside) if node is not None]
    names += [_name(node) for node, _ in kernel.values]
    counts = Counter(names)
    names = [f"{name} ({count})" if count > 1 else name for name, count in counts.items()]
    operations = points * sum(computations_of(expression) for _, expression in kernel.values)
    if kernel.head is not None:
        operations += 2 * points * math.prod(kernel.reduced)
    traffic = sum(size_in_bytes(node) for node in kernel_buffers(kernel))
    return KernelReport(kernel.shape, kernel.reduced, tuple(names), operations, traffic, shared, phase)


def _name(node: Node) -> str:
    assert node.primitive not in (INPUT, CONSTANT)
    label = node.provenance.label
    return f"{node.primitive.name} {label}" if label else node.primitive.name
