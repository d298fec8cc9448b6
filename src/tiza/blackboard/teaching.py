"""What a teacher would say beside a line, from what the line is made of."""

from __future__ import annotations

from collections.abc import Iterator

from tiza.blackboard.expressions import Element, Product, Reference, Sum, number, references
from tiza.blackboard.steps import Definition, Remark
from tiza.graph.provenance import Role


def lessons_of(definition: Definition) -> Iterator[Remark]:
    """Yield what can be learned from a line."""
    known = definition.element.node.provenance
    if known.role is not Role.GRADIENT or known.of is None:
        return
    if known.of.role is Role.PARAMETER:
        yield from _shared(definition)
    if definition.shortened:
        return
    if known.of.role is Role.ACTIVATION:
        slopes = [one for one in references(definition.expression) if _is_slope(one)]
        if len(slopes) == 1 and not isinstance(definition.expression, Sum):
            yield Remark("one_path")
        elif len(slopes) > 1:
            of_one_layer = len({one.node for one in slopes}) == 1
            yield Remark("paths" if of_one_layer else "ways", number(len(slopes)))
    elif known.of.role is Role.PARAMETER:
        yield from _of_weight(definition)


def _of_weight(definition: Definition) -> Iterator[Remark]:
    """Yield what changes for another weight of the same unit: the input alone."""
    match definition.expression:
        case Product((Reference(first), Reference(second))) if _is_slope(first) != _is_slope(second):
            given = second if _is_slope(first) else first
            yield Remark("only_input", Reference(given))


def _shared(definition: Definition) -> Iterator[Remark]:
    """Yield where a weight works several times for one sample: at positions, or at steps."""
    slopes = [one for one in references(definition.expression) if _is_slope(one)]
    if len({one.node.provenance.time for one in slopes}) > 1:
        yield Remark("steps")
    elif len({one.index[1:] for one in slopes}) > 1:
        yield Remark("positions")


def _is_slope(element: Element) -> bool:
    return element.node.provenance.role is Role.GRADIENT
