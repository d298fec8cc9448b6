"""Every rule and schedule can be explained: each line works out, and the answer is what training does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import tiza as tz
from blackboard.page_reader import Reader, numbered_lines
from rule_examples import OWN_CASES
from schedule_examples import CASES as SCHEDULE_CASES
from schedule_examples import made
from tiza.language import use_language
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.schedules.schedule import LearningRateSchedule

X, Y = [0.5, -2.0, 1.5], [0.25]
TARGET, NEW = "dense.kernel[1,0]", "dense.kernel′[1,0]"


def explained(rule: Optimizer) -> str:
    """Return the page of a third step, after checking its answer."""
    layers = [tz.layers.Dense(2, "tanh"), tz.layers.Dense(1)]
    model = tz.Sequential([tz.Input((3,)), *layers], seed=4)
    model.compile(rule, "mse")
    for _ in range(2):
        model.fit([X], [Y], verbose=0)
    with use_language("en"):
        page = str(model.explain(X, Y, TARGET, update=True))
    assert "✗" not in page, page
    assert "nan" not in page.lower()
    reader = Reader()
    reader.read(page)
    model.fit([X], [Y], verbose=0)
    assert float(reader.numbers[NEW]) == pytest.approx(float(model.get_weights()[0][1, 0]), rel=2e-4)
    return page


@pytest.mark.parametrize(("rule", "arguments"), OWN_CASES)
def test_a_rule(rule: type[Optimizer], arguments: Mapping[str, Any]) -> None:
    page = explained(rule(**arguments))
    made_rule = rule(**arguments)
    for slot in made_rule.kept_slots():
        assert f"dense.kernel.{slot.name}" in page


@pytest.mark.parametrize(("kind", "arguments"), SCHEDULE_CASES)
def test_a_schedule(kind: type[LearningRateSchedule], arguments: Mapping[str, Any]) -> None:
    page = explained(tz.optimizers.SGD(made(kind, arguments)))
    assert any(line.startswith("η = ") for line in numbered_lines(page))


def test_the_terms_of_a_step_have_names() -> None:
    page = explained(tz.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01, global_clipnorm=0.001))
    lines = {line.partition(" = ")[0]: line for line in numbered_lines(page)}
    for name in ("gradient_norm", "dense.kernel.clipped[1,0]", "dense.kernel.velocity′[1,0]"):
        assert name in lines
    decayed = lines["dense.kernel.decayed[1,0]"]
    assert "dense.kernel[1,0] − 0.01·dense.kernel[1,0]·η" in decayed
