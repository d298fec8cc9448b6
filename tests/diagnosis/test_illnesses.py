"""Networks that are ill in one way are found ill in that way; healthy ones are not accused; changes help."""

from __future__ import annotations

import pytest

from diagnosis_cases import HEALTHY, ILL, Patient, trained
from figures import record_figure
from tiza.diagnosis.diagnosis import Diagnosis

pytestmark = pytest.mark.filterwarnings("ignore::tiza.data.unscaled.UnscaledFeaturesWarning")
QUICK = (
    "relu_with_a_bias_far_below: dead_units",
    "a_rate_a_hundred_times_too_high: rate_too_high",
    "inputs_to_a_thousand: large_inputs",
    "all_weights_zero: same_units",
    "sigmoid_for_targets_of_minus_one: unreachable_targets",
    "one_in_a_hundred: rare_class",
)
QUICK_HEALTHY = ("tanh_and_sgd", "codes", "residual")
ENGINES = ("native", "reference")


def diagnosed(patient: Patient) -> Diagnosis:
    return patient.model.diagnose(patient.x, patient.y)


def first_kinds(found: Diagnosis) -> list[str]:
    return [one.kind for one in found.findings[:2]]


def check_ill(name: str, engine: str) -> Diagnosis:
    """Check that the illness is among the first two findings, and the first if it shows before training."""
    kind = name.partition(": ")[2]
    fresh = diagnosed(ILL[name](engine))
    if fresh.findings:
        assert fresh.findings[0].kind == kind
    after = diagnosed(trained(ILL[name], engine))
    assert kind in first_kinds(after)
    return after


@pytest.mark.parametrize("name", QUICK)
def test_the_illness_is_found(name: str) -> None:
    check_ill(name, "native")


@pytest.mark.parametrize("name", QUICK_HEALTHY)
def test_a_healthy_network_is_not_accused(name: str) -> None:
    patient = trained(HEALTHY[name], "native")
    assert diagnosed(patient).findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_illness_is_found_and_its_change_helps(engine: str) -> None:
    first, helped = 0, []
    for name in ILL:
        found = check_ill(name, engine)
        first += found.findings[0].kind == name.partition(": ")[2]
        trial = found.tried(epochs=ILL[name](engine).epochs)
        if trial.helped:
            helped.append(name)
    record_figure(
        f"Diagnosis: ill networks, {engine} engine",
        promised="the illness among the first two findings; most first changes lower the final loss",
        measured=f"{len(ILL)} of {len(ILL)} found, {first} as the first; {len(helped)} changes helped",
    )
    assert len(helped) >= 0.8 * len(ILL)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_no_healthy_network_is_accused(engine: str) -> None:
    accused = {
        name: [one.kind for one in findings]
        for name, make in HEALTHY.items()
        for patient in (make(engine), trained(make, engine))
        if (findings := diagnosed(patient).findings)
    }
    assert not accused
    record_figure(
        f"Diagnosis: healthy networks, {engine} engine",
        promised="none is accused, before or after training; 10 or more",
        measured=f"0 of {len(HEALTHY)} accused",
    )
