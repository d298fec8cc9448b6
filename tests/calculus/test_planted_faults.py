"""The checks of primitives find faults that are planted in copies of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from primitive_checks import (
    case_name,
    cases,
    check_access,
    check_derivative,
    check_formula,
    check_type,
    exemption,
    has_access,
    has_formula,
)
from tiza.engines.reference import array_rules
from tiza.graph.access import AccessRule, Axis, Index, Literal, Lookup, Position, Read
from tiza.graph.node import Node
from tiza.graph.primitive import Elementwise, Example, Linear, Linearized, Primitive
from tiza.graph.tensor_type import BOOLEAN, TensorType, TupleType

ALL = list(cases())
CHECKED = [one for one in ALL if not exemption(*one)]


def with_derivative(kind: type) -> list[tuple[Primitive, Example]]:
    return [one for one in CHECKED if isinstance(one[0].derivative, kind)]


def wrong_partials(derivative: Elementwise, fault: Callable[[Any], Any]) -> list[Elementwise]:
    """Return copies of a derivative, each with a fault in one partial."""
    found = []
    for at, partial in enumerate(derivative.partials):
        if partial is not None:
            wrong = [*derivative.partials]
            wrong[at] = lambda *operands, right=partial: fault(right(*operands))
            found.append(Elementwise(tuple(wrong)))
    return found


@pytest.mark.parametrize(("primitive", "example"), with_derivative(Elementwise), ids=case_name)
def test_a_partial_off_by_a_thousandth(primitive: Primitive, example: Example) -> None:
    for wrong in wrong_partials(primitive.derivative, lambda right: right + 0.001):
        with pytest.raises(AssertionError):
            check_derivative(replace(primitive, derivative=wrong), example)


@pytest.mark.parametrize(("primitive", "example"), with_derivative(Elementwise), ids=case_name)
def test_a_partial_with_the_other_sign(primitive: Primitive, example: Example) -> None:
    for wrong in wrong_partials(primitive.derivative, lambda right: -right):
        if wrong.partials[0] is not None and is_zero(primitive):
            continue
        with pytest.raises(AssertionError):
            check_derivative(replace(primitive, derivative=wrong), example)


def is_zero(primitive: Primitive) -> bool:
    """Return whether the derivative of a primitive of one operand is zero everywhere."""
    (partial, *others) = primitive.derivative.partials
    try:
        return not others and partial(None, None) == 0.0
    except (TypeError, AttributeError):
        return False


@pytest.mark.parametrize(("primitive", "example"), with_derivative(Linear), ids=case_name)
def test_a_wrong_transpose(primitive: Primitive, example: Example) -> None:
    right = primitive.derivative

    def transpose(cotangent: Any, node: Node, position: int) -> Any:
        return right.transpose(cotangent, node, position) * 1.001

    wrong = replace(right, transpose=transpose)
    with pytest.raises(AssertionError):
        check_derivative(replace(primitive, derivative=wrong), example)


@pytest.mark.parametrize(("primitive", "example"), with_derivative(Linearized), ids=case_name)
def test_a_wrong_tangent(primitive: Primitive, example: Example) -> None:
    right = primitive.derivative
    wrong = Linearized(lambda node, tangents: right.tangent(node, tangents) * 1.001)
    with pytest.raises(AssertionError):
        check_derivative(replace(primitive, derivative=wrong), example)


def shifted(read: Read, places: int) -> Read:
    """Return a read whose first index is too large."""
    first, *others = read.indices
    if isinstance(first, Lookup):
        return Read((axis_beside(first), *others), read.equal)
    wrong = replace(first, constant=first.constant + places * first.divisor, modulus=0)
    return Read((wrong, *others), read.equal)


def axis_beside(lookup: Lookup) -> Index:
    return Index((), 0) if lookup.indices else Index((), 1)


def wrong_rule(rule: AccessRule) -> AccessRule | None:
    """Return another rule; None where there is nothing to get wrong."""
    if isinstance(rule.body, Literal):
        return None
    if isinstance(rule.body, Position):
        return replace(rule, body=Position((rule.body.axis + 1) % len(rule.axes)))
    if rule.reads[0].indices:
        # one place beside, a maximum may well be the same
        places = 1000 if "max" in rule.reduction else 1
        return replace(rule, reads=(shifted(rule.reads[0], places), *rule.reads[1:]))
    return None


@pytest.mark.parametrize(
    ("primitive", "example"),
    [one for one in ALL if has_access(one[0]) and not one[0].is_elementwise],
    ids=case_name,
)
def test_a_wrong_access_rule(primitive: Primitive, example: Example) -> None:
    right = primitive.access
    types = tuple(operand.type for operand in example.operands)
    made = right(types, example.attributes, primitive.infer(types, example.attributes))
    if wrong_rule(made) is None:
        assert not any(read.indices for read in made.reads)
        return
    with pytest.raises(AssertionError):
        check_access(replace(primitive, access=lambda *arguments: wrong_rule(right(*arguments))), example)


@pytest.mark.parametrize(
    ("primitive", "example"),
    [one for one in ALL if has_access(one[0]) and not one[0].is_elementwise],
    ids=case_name,
)
def test_an_access_rule_with_another_shape(primitive: Primitive, example: Example) -> None:
    def longer(*arguments: Any) -> AccessRule:
        rule = primitive.access(*arguments)
        return replace(rule, axes=(Axis(7), *rule.axes))

    with pytest.raises(AssertionError):
        check_access(replace(primitive, access=longer), example)


@pytest.mark.parametrize(("primitive", "example"), ALL, ids=case_name)
def test_a_wrong_type_rule(primitive: Primitive, example: Example) -> None:
    def infer(*arguments: Any) -> Any:
        right = primitive.infer(*arguments)
        if isinstance(right, TupleType):
            return TupleType(tuple(wrong_type(one) for one in right.items))
        return wrong_type(right)

    with pytest.raises(
        (AssertionError, ValueError, IndexError)
    ):  # the engine itself may stumble over the shape
        check_type(replace(primitive, infer=infer), example)


def wrong_type(right: TensorType) -> TensorType:
    return right.with_shape((*right.shape, 1))


@pytest.mark.parametrize(
    ("primitive", "example"), [one for one in ALL if one[0].name in array_rules.ARRAY_RULES], ids=case_name
)
def test_a_wrong_reference_rule(
    primitive: Primitive, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = array_rules.ARRAY_RULES[primitive.name]

    def rule(xp: Any, node: Node) -> Callable[..., Any]:
        function = right(xp, node)

        def wrong(*operands: Any) -> Any:
            value = function(*operands)
            return (
                ~value if value.dtype == BOOLEAN else (value + np.ones((), value.dtype)).astype(value.dtype)
            )

        return wrong

    monkeypatch.setitem(array_rules.ARRAY_RULES, primitive.name, rule)
    with pytest.raises(AssertionError):
        (check_formula if has_formula(primitive) else check_access)(primitive, example)
