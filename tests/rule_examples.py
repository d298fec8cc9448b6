"""Arguments to try update rules with: those that a rule states itself, and those that every rule takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import OPTIMIZERS

SHARED_EXAMPLES: tuple[dict[str, Any], ...] = (
    {},
    {"learning_rate": 0.3},
    {"weight_decay": 0.1},
    {"clipvalue": 0.5},
    {"clipnorm": 0.7},
    {"global_clipnorm": 0.7, "weight_decay": 0.01},
)
"""Arguments that every rule takes."""


def rule_examples(rule: type[Optimizer]) -> tuple[Mapping[str, Any], ...]:
    """Return arguments to try a rule with: what every rule takes, and what it states itself."""
    return (*SHARED_EXAMPLES, *rule.examples)


def _case(name: str, arguments: Mapping[str, Any]) -> Any:
    return pytest.param(OPTIMIZERS[name], arguments, id=f"{name}-{','.join(arguments) or 'defaults'}")


def _cases(examples: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[Any]:
    return [_case(name, arguments) for name, listed in examples.items() for arguments in listed]


ALL_CASES = _cases({name: rule_examples(rule) for name, rule in OPTIMIZERS.items()})
OWN_CASES = [
    *_cases({name: ({}, *rule.examples) for name, rule in OPTIMIZERS.items()}),
    *_cases({"adam": SHARED_EXAMPLES[1:]}),
]
"""What every rule takes is tried with one of them: it is the same code for all."""
