"""Every primitive's derivatives, in both modes and to higher orders, against differences."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from primitive_checks import (
    EXEMPT_REASONS,
    case_name,
    cases,
    check_derivative,
    exemption,
    graph_of,
    is_exempt_rightly,
)
from tiza.graph.access import Apply
from tiza.graph.primitive import Elementwise, Example, Primitive, access_rule, primitives

ALL = list(cases())
CHECKED = [one for one in ALL if not exemption(*one)]


def is_arithmetic(primitive: Primitive, example: Example) -> bool:
    """Return whether a primitive computes: elementwise, or a body of its own (contraction)."""
    if primitive.access is None:
        return False
    return isinstance(access_rule(graph_of(primitive, example).outputs[0]).body, Apply)


@pytest.mark.parametrize(("primitive", "example"), CHECKED, ids=case_name)
@pytest.mark.parametrize("order", [1, 2])
def test_derivative(primitive: Primitive, example: Example, order: int) -> None:
    check_derivative(primitive, example, order)


@pytest.mark.parametrize(
    ("primitive", "example"), [one for one in CHECKED if is_arithmetic(*one)], ids=case_name
)
def test_third_derivative(primitive: Primitive, example: Example) -> None:
    check_derivative(primitive, example, 3)


@pytest.mark.parametrize(("primitive", "example"), [one for one in ALL if exemption(*one)], ids=case_name)
def test_exemption_is_allowed(
    primitive: Primitive, example: Example, record_property: Callable[[str, object], None]
) -> None:
    reason = exemption(primitive, example)
    record_property("no derivative", (EXEMPT_REASONS[reason], primitive.name))
    assert is_exempt_rightly(primitive, reason)


def test_every_elementwise_primitive_with_partials_is_checked() -> None:
    checked = {primitive for primitive, _ in CHECKED}
    assert all(one in checked for one in primitives() if isinstance(one.derivative, Elementwise))
