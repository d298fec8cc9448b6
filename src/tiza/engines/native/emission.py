"""Emission: a kernel as an LLVM function over its buffers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import llvmlite.ir as ir
import numpy as np

from tiza.engines.native.affine import Affine, Counter, Element, Quotient, depends_on
from tiza.engines.native.arithmetic import EMITTERS, convert, random_word
from tiza.engines.native.code import (
    I1,
    I64,
    POINTER,
    first_lanes,
    index,
    is_zero,
    load,
    loop,
    memory_type,
    narrowed,
    number,
    register_type,
    splat,
    store,
    whole_steps,
)
from tiza.engines.native.contractions import write_tiles
from tiza.engines.native.expression import (
    Choose,
    Compute,
    Condition,
    Count,
    Expression,
    Load,
    Made,
    Number,
    every_part,
    is_regular,
)
from tiza.engines.native.fetching import Fetcher, RowsAhead
from tiza.engines.native.kernel_writer import Fetching
from tiza.engines.native.kernels import Kernel, kernel_buffers, size_in_bytes, widest
from tiza.engines.native.lines import Purpose, ask_for
from tiza.engines.native.point import Point
from tiza.engines.native.ranges import extent, write_part, write_range
from tiza.engines.native.steps_ahead import Asking
from tiza.engines.native.target import Target
from tiza.engines.native.tasks import Handed, Word, read_word
from tiza.engines.native.tiling import FAR, tile_of
from tiza.engines.native.transposition import transposed_load, write_transposition
from tiza.graph.node import Node
from tiza.graph.tensor_type import DType

WRITTEN_OUT = 9
"""Terms up to which a reduction is written out, without a loop."""

MANY_PLACES = 16
"""Places in memory that a point is written to, from which on they are too many to be brought unasked."""

FEW_TERMS = 4
"""Terms of a sum that are added one by one sooner than as a vector whose lanes are then added."""


class KernelWriter:
    """Writes one kernel into an LLVM function."""

    def __init__(
        self,
        module: ir.Module,
        name: str,
        kernel: Kernel,
        target: Target,
        overwrites: bool,
        shared: bool,
        ahead: RowsAhead | None,
    ) -> None:
        self.kernel = kernel
        self.target = target
        self.overwrites = overwrites
        self.shared = shared and not kernel.group
        self.lanes = target.vector_bytes // widest(kernel)
        self.buffers = kernel_buffers(kernel)
        kind = ir.FunctionType(ir.VoidType(), [POINTER] * (len(self.buffers) + 2))
        self.function = ir.Function(module, kind, name)
        self.function.linkage = "internal"
        self.pointer = dict(zip(self.buffers, self.function.args, strict=False))
        job, task = self.function.args[-2:]
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.first, self.until = index(0), index(kernel.shared_length)
        self._terms = index(kernel.reduced[0] if kernel.reduced else 0)
        self._quotients: dict[Quotient, ir.Value] = {}
        self._ahead: dict[Affine, tuple[ir.Value, int]] = {}
        self._handed: Handed | None = None
        if shared:
            words = (read_word(self.builder, task, place) for place in Word)
            self.first, self.until, terms = words
            if kernel.reduced[:1] == (kernel.samples.count,) or kernel.in_loop.first_terms is not None:
                self._terms = terms
            self._handed = Handed(self.builder, task, kernel, self.lanes)
        self.fetcher: Fetching | None = None
        if ahead is not None:
            self.fetcher = Fetcher(self.builder, ahead, job)
        elif kernel.in_loop.soon:
            self.fetcher = Asking(self.builder, kernel, target, job, (self.first, self.until))

    def terms(self, depth: int) -> ir.Value:
        """Return the length of a loop of the reduction."""
        return index(self.kernel.reduced[depth]) if depth else self._terms

    def write(self) -> ir.Function:
        """Write the kernel and return its function."""
        tile = tile_of(self.kernel, self.target)
        if tile is not None:
            write_tiles(self, tile)
            if self.fetcher is not None:
                self.fetcher.finish()
            self.builder.ret_void()
            return self.function
        copied = transposed_load(self.kernel, self.lanes)
        if copied is not None:
            self._transpose(copied)
            return self.function
        shape = self.kernel.shape
        axis = len(shape) - 1
        vector = bool(shape) and shape[axis] > 1 and self._neighbours(axis, self._everything())
        vector = vector and self.kernel.stores_neighbours
        lanes = self.lanes if vector else 1
        self._outer([], len(shape) - 1 if shape else 0, lambda outer: self._innermost(outer, axis, lanes))
        self.builder.ret_void()
        return self.function

    def _transpose(self, copied: Load) -> None:
        origin, target = self.pointer[copied.buffer], self.pointer[self.kernel.stores[0]]
        rows = extent(self, 0)
        write_transposition(self.builder, copied, origin, target, self.kernel.shape, self.lanes, rows)
        self.builder.ret_void()

    def _everything(self) -> list[Expression]:
        expressions = [expression for _, expression in self.kernel.values]
        return expressions + ([self.kernel.body] if self.kernel.body is not None else [])

    def _neighbours(self, axis: int, expressions: Sequence[Expression]) -> bool:
        """Return whether neighbours along a loop read neighbours in memory, so that vectors serve."""
        return all(is_regular(one, axis) for one in expressions)

    def _outer(self, counters: list[ir.Value], depth: int, inner: Callable[[list[ir.Value]], None]) -> None:
        if len(counters) == depth:
            inner(counters)
            return

        def body(counter: ir.Value, _carried: list[ir.Value]) -> list[ir.Value]:
            self._outer([*counters, counter], depth, inner)
            return []

        start, stop = extent(self, len(counters))
        loop(self.builder, start, stop, 1, [], body)

    def _innermost(self, outer: list[ir.Value], axis: int, lanes: int) -> None:
        if not self.kernel.shape:
            self._point(Point([], 1, -1))
            return

        self._keep_ahead(outer, axis)

        def block(counter: ir.Value) -> None:
            self._point(Point([*outer, counter], lanes, axis))

        def rest(counter: ir.Value, left: ir.Value) -> None:
            self._point(Point([*outer, counter], lanes, axis, first_lanes(self.builder, left, lanes)))

        if axis == 0 and self.shared:
            write_part(self, lanes, block, rest)
        else:
            write_range(self, axis, lanes, block, lambda counter, left: rest(counter, index(left)))
        self._ahead.clear()

    def _keep_ahead(self, outer: list[ir.Value], axis: int) -> None:
        """Compute before the innermost loop what places in memory add up to but for its counter."""
        start = Point([*outer, index(0)], 1, -1)
        inner = range(len(self.kernel.shape), len(self.kernel.shape) + len(self.kernel.reduced))
        for one in every_part(self._everything()):
            value = one.place if isinstance(one, Load) else one.value if isinstance(one, Count) else None
            if value is None or value.stride(axis) is None or any(depends_on(value, each) for each in inner):
                continue
            if not any(isinstance(symbol, Element) for symbol, _ in value.terms):
                self._ahead[value] = self.place(value, start), axis

    def _point(self, point: Point) -> None:
        """Write everything that is computed at one point, or at some neighbouring ones."""
        kernel = self.kernel
        if kernel.reduction == "argmax":
            largest, place = self._argmax(point)
            made = zip((kernel.head, kernel.largest), (place, largest), strict=True)
            point.made.update({node: value for node, value in made if node is not None})
        elif kernel.head is not None:
            point.made[kernel.head] = self._reduce(point)
        self._ask_for_places(point)
        self.finish([point])

    def _ask_for_places(self, point: Point) -> None:
        """Ask for the places that a point is written to before it is computed, if they are many and far."""
        kernel = self.kernel
        if len(kernel.stores) < MANY_PLACES:
            return
        for place in map(kernel.place, kernel.stores):
            if size_in_bytes(place.buffer) >= FAR:
                self.prefetch(place.buffer, self.place(place.at, point), Purpose.CHANGE_SOON)

    def finish(self, points: Sequence[Point]) -> None:
        """Write what follows the reduction at some points: the kernel's values, then all stores.

        A load that is near a store just made would wait for it.
        """
        for point in points:
            for node, expression in self.kernel.values:
                point.made[node] = self.value(expression, point)
        for point in points:
            for node in self.kernel.stores:
                self._store(node, point)

    def keep_quotients(self, counters: Mapping[int, ir.Value]) -> None:
        """Compute the quotients of some loops' counters before what they are read in."""
        count = len(self.kernel.shape) + len(self.kernel.reduced)
        others = [axis for axis in range(count) if axis not in counters]
        point = Point([counters.get(axis, index(0)) for axis in range(count)], 1, -1)
        self._quotients = {}
        for one in every_part(self._everything()):
            for symbol, _ in one.place.terms if isinstance(one, Load) else ():
                alone = Affine(((symbol, 1),))
                if isinstance(symbol, Quotient) and not any(depends_on(alone, axis) for axis in others):
                    self._quotients[symbol] = self._symbol(symbol, point)

    def kept(self, point: Point) -> ir.Value:
        """Return what a sum has come to before, from memory."""
        assert self.kernel.head is not None
        dtype = self.kernel.head.tensor_type.dtype
        place = self.kernel.place(self.kernel.head)
        address = self._address(place.buffer, self.place(place.at, point), dtype)
        return load(self.builder, address, dtype, point.lanes, point.mask)

    def go_to_sum(self, number: ir.Value) -> None:
        """Let what is kept be in the place of another of the sums that the kernel makes."""
        kernel = self.kernel
        assert kernel.head is not None
        sums = kernel.place(kernel.head).buffer
        place = self.builder.mul(number, index(math.prod(kernel.shape)))
        self.pointer[sums] = self.builder.gep(
            self.function.args[self.buffers.index(sums)],
            [place],
            source_etype=memory_type(sums.tensor_type.dtype, 1),
        )

    def keep(self, point: Point) -> None:
        """Write what a sum has come to so far into memory."""
        assert self.kernel.head is not None
        self._store(self.kernel.head, point)

    def column_sum(self, point: Point) -> ir.Value:
        """Return what the sum beside a product has come to before, from memory."""
        node, address = self._place_beside(point)
        return load(self.builder, address, node.tensor_type.dtype, point.lanes, point.mask)

    def keep_column_sum(self, point: Point, total: ir.Value) -> None:
        """Write what the sum beside a product has come to so far into memory."""
        node, address = self._place_beside(point)
        store(self.builder, total, address, node.tensor_type.dtype, point.lanes, point.mask)

    def _place_beside(self, point: Point) -> tuple[Node, ir.Value]:
        node = self.kernel.beside
        assert node is not None
        return node, self._address(node, point.counters[point.axis], node.tensor_type.dtype)

    def _store(self, node: Node, point: Point) -> None:
        dtype = node.tensor_type.dtype
        place = self.kernel.place(node)
        address = self._address(place.buffer, self.place(place.at, point), dtype)
        store(self.builder, point.made[node], address, dtype, point.lanes, point.mask)

    def prefetch(self, buffer: Node, place: ir.Value, purpose: Purpose) -> None:
        """Ask for an element of a buffer."""
        ask_for(self.builder, self._address(buffer, place, buffer.tensor_type.dtype), purpose)

    def _address(self, node: Node, place: ir.Value, dtype: DType) -> ir.Value:
        return self.builder.gep(self.pointer[node], [place], source_etype=memory_type(dtype, 1))

    def _reduce(self, point: Point) -> ir.Value:
        """Write the loops of the reduction at a point and return what they make."""
        kernel = self.kernel
        assert kernel.body is not None
        assert kernel.head is not None
        dtype = kernel.head.tensor_type.dtype
        axis = len(kernel.shape) + len(kernel.reduced) - 1
        across = point.lanes == 1 and kernel.usual_reduced[-1] > FEW_TERMS and is_regular(kernel.body, axis)
        lanes = self.lanes if across else point.lanes
        start = number(_neutral(kernel.reduction, dtype), dtype, lanes)
        total = self._reduction_loops(point, list(point.counters), start, dtype, lanes if across else 0)
        if not across:
            return total
        return self._fold(total, dtype, lanes)

    def _term(self, at: Point) -> ir.Value:
        """Return what the reduction takes in at a point."""
        assert self.kernel.body is not None  # only a kernel with a reduction comes here
        return self.value(self.kernel.body, at)

    def _reduction_loops(
        self, point: Point, counters: list[ir.Value], total: ir.Value, dtype: DType, across: int
    ) -> ir.Value:
        depth = len(counters) - len(self.kernel.shape)
        size = self.terms(depth)
        last = depth == len(self.kernel.reduced) - 1
        if not across and self._is_short():
            for place in range(self.kernel.reduced[depth]):
                inner = [*counters, index(place)]
                if last:
                    value = self._term(Point(inner, point.lanes, point.axis, point.mask))
                    total = self._combine(total, value, dtype)
                else:
                    total = self._reduction_loops(point, inner, total, dtype, across)
            return total

        def body(counter: ir.Value, carried: list[ir.Value], mask: ir.Value | None = None) -> list[ir.Value]:
            inner = [*counters, counter]
            if not last:
                return [self._reduction_loops(point, inner, carried[0], dtype, across)]
            lanes, axis = (across, len(inner) - 1) if across else (point.lanes, point.axis)
            at = Point(inner, lanes, axis, mask if across else point.mask)
            value = self._term(at)
            if across and mask is not None:
                value = self.builder.select(
                    mask, value, number(_neutral(self.kernel.reduction, dtype), dtype, lanes)
                )
            return [self._combine(carried[0], value, dtype)]

        step = across if across and last else 1
        whole, left = whole_steps(self.builder, size, step)
        (total,) = loop(self.builder, index(0), whole, step, [total], body)
        if step > 1 and not is_zero(left):
            mask = first_lanes(self.builder, left, step)
            # one turn, or none
            (total,) = loop(
                self.builder, whole, size, step, [total], lambda place, carried: body(place, carried, mask)
            )
        return total

    def _is_short(self) -> bool:
        """Return whether a reduction is written out, term by term."""
        sizes = self.kernel.reduced
        known = all(isinstance(self.terms(depth), ir.Constant) for depth in range(len(sizes)))
        return known and math.prod(sizes) <= WRITTEN_OUT

    def _combine(self, total: ir.Value, value: ir.Value, dtype: DType) -> ir.Value:
        whether = dtype == np.dtype(np.bool_)
        name = "maximum" if self.kernel.reduction != "sum" else "bitwise_or" if whether else "add"
        return EMITTERS[name](self.builder, (total, value), dtype)

    def _fold(self, total: ir.Value, dtype: DType, lanes: int) -> ir.Value:
        """Return the lanes of `total` combined, halves with halves."""
        while lanes > 1:
            lanes //= 2
            halves = []
            for first in (0, lanes):
                order = ir.Constant(ir.VectorType(ir.IntType(32), lanes), list(range(first, first + lanes)))
                halves.append(
                    self.builder.shuffle_vector(total, ir.Constant(total.type, ir.Undefined), order)
                )
            total = self._combine(halves[0], halves[1], dtype)
        return self.builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    def _argmax(self, point: Point) -> list[ir.Value]:
        """Return the largest value and its first position; the first NaN counts as largest, as in NumPy."""
        kernel = self.kernel
        assert kernel.body is not None
        dtype = kernel.body.dtype
        lanes = point.lanes
        first = Point([*point.counters, index(0)], lanes, point.axis, point.mask)
        places = register_type(np.dtype("int32"), lanes)
        zero = ir.Constant(places, None if lanes > 1 else 0)

        def body(counter: ir.Value, carried: list[ir.Value]) -> list[ir.Value]:
            largest, at = carried
            value = self._term(Point([*point.counters, counter], lanes, point.axis, point.mask))
            if dtype.kind == "f":
                more = self.builder.fcmp_unordered(">", value, largest)
                more = self.builder.and_(more, self.builder.fcmp_ordered("ord", largest, largest))
            else:
                more = EMITTERS["less"](self.builder, (largest, value), dtype)
            place = splat(self.builder, narrowed(self.builder, counter), lanes)
            return [self.builder.select(more, value, largest), self.builder.select(more, place, at)]

        carried = [self.value(kernel.body, first), zero]
        if not self._is_short():
            return loop(self.builder, index(1), self.terms(0), 1, carried, body)
        for place in range(1, kernel.reduced[0]):
            carried = body(index(place), carried)
        return carried

    def value(self, expression: Expression, point: Point) -> ir.Value:
        """Return the value of an expression at a point."""
        known = point.known.get(id(expression))
        if known is None:
            known = point.known[id(expression)] = self._value(expression, point)
        return known

    def _value(self, expression: Expression, point: Point) -> ir.Value:
        if isinstance(expression, Number):
            handed = self._handed.value(expression, point.lanes) if self._handed is not None else None
            return handed or number(expression.value, expression.dtype, point.lanes)
        if isinstance(expression, Made):
            return point.made[expression.node]
        if isinstance(expression, Load):
            return self._load(expression, point)
        if isinstance(expression, Compute):
            return self._compute(expression, point)
        if isinstance(expression, Count):
            return self._count(expression, point)
        return self._choose(expression, point)

    def _compute(self, expression: Compute, point: Point) -> ir.Value:
        name = expression.primitive.name
        values = [self.value(one, point) for one in expression.operands]
        if name == "cast":
            return convert(
                self.builder, values[0], expression.operands[0].dtype, expression.dtype, point.lanes
            )
        if name == "random_bits":
            return random_word(self.builder, values, dict(expression.attributes)["word"], point.lanes)
        return EMITTERS[name](self.builder, values, expression.operands[-1].dtype)

    def _count(self, expression: Count, point: Point) -> ir.Value:
        base = splat(self.builder, self.place(expression.value, point), point.lanes)
        stride = expression.value.stride(point.axis)
        if point.lanes > 1 and stride:
            steps = ir.Constant(base.type, [lane * stride for lane in range(point.lanes)])
            base = self.builder.add(base, steps)
        return convert(self.builder, base, np.dtype("int64"), expression.dtype, point.lanes)

    def _choose(self, expression: Choose, point: Point) -> ir.Value:
        holds = splat(self.builder, self._all(expression.conditions, point), point.lanes)
        first, second = self.value(expression.first, point), self.value(expression.second, point)
        return self.builder.select(holds, first, second)

    def _all(self, conditions: Sequence[Condition], point: Point) -> ir.Value:
        """Return whether all conditions hold, the same for all lanes."""
        holds = ir.Constant(I1, 1)
        for one in conditions:
            holds = self.builder.and_(holds, self._condition(one, point))
        return holds

    def _condition(self, condition: Condition, point: Point) -> ir.Value:
        value = self.place(condition.value, point)
        if condition.kind == "inside":
            # one unsigned comparison refuses negative places too
            return self.builder.icmp_unsigned("<", value, index(condition.limit))
        if condition.kind == "whole":
            return self.builder.icmp_signed("==", self.builder.srem(value, index(condition.limit)), index(0))
        return self.builder.icmp_signed("==", value, self.place(condition.other, point))

    def _load(self, expression: Load, point: Point) -> ir.Value:
        place = self.place(expression.place, point)
        if expression.conditions:
            # a place that is not to be read is replaced by one that can be
            other = self._first_place(expression.buffer)
            place = self.builder.select(self._all(expression.conditions, point), place, other)
        address = self._address(expression.buffer, place, expression.dtype)
        if point.lanes == 1 or not expression.place.stride(point.axis):
            return splat(self.builder, load(self.builder, address, expression.dtype, 1), point.lanes)
        mask = point.mask
        if expression.conditions:
            mask = mask or ir.Constant(ir.VectorType(I1, point.lanes), [1] * point.lanes)
            mask = self.builder.and_(
                mask, splat(self.builder, self._all(expression.conditions, point), point.lanes)
            )
        return load(self.builder, address, expression.dtype, point.lanes, mask)

    def _first_place(self, buffer: Node) -> ir.Value:
        """Return a place that can be read: of what has a row for each sample, only those of this part may."""
        shape = buffer.tensor_type.shape
        if shape[:1] == (self.kernel.shared_length,) == (self.kernel.samples.count,):
            return self.builder.mul(self.first, index(buffer.tensor_type.size // shape[0]))
        return index(0)

    def place(self, value: Affine, point: Point) -> ir.Value:
        """Return an index at a point (at the first of neighbouring ones)."""
        if value in self._ahead:
            total, axis = self._ahead[value]
            stride = value.stride(axis)
            term = self.builder.mul(point.counters[axis], index(stride or 0))
            return self.builder.add(total, term) if stride else total
        total = index(value.constant)
        for symbol, factor in value.terms:
            term = self._symbol(symbol, point)
            total = self.builder.add(total, self.builder.mul(term, index(factor)) if factor != 1 else term)
        return total

    def _symbol(self, symbol: Counter | Quotient | Element, point: Point) -> ir.Value:
        if isinstance(symbol, Counter):
            return point.counters[symbol.axis]
        if isinstance(symbol, Quotient) and symbol in self._quotients:
            return self._quotients[symbol]
        if isinstance(symbol, Element):
            # an index made at this very point is one for all lanes only if there is one lane
            alone = Point(point.counters, 1, -1, made=point.made if point.lanes == 1 else {})
            return self.builder.sext(self.value(symbol.expression, alone), I64)
        value = self.place(symbol.value, point)
        if symbol.divisor != 1:
            value = self.builder.sdiv(value, index(symbol.divisor))
        return self.builder.srem(value, index(symbol.modulus)) if symbol.modulus else value


def _neutral(reduction: str, dtype: DType) -> float | int:
    """Return the value that a reduction starts from."""
    if reduction == "sum":
        return 0
    return -np.inf if dtype.kind == "f" else int(np.iinfo(str(dtype)).min)
