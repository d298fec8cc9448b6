"""A diagnosis: what was measured, what is likely wrong, and what to change."""

from __future__ import annotations

from dataclasses import InitVar, dataclass

from tiza.diagnosis.case import Case
from tiza.diagnosis.causes import findings_of
from tiza.diagnosis.evidence import Moment, gather
from tiza.diagnosis.findings import Finding
from tiza.diagnosis.report import diagnosis_text
from tiza.diagnosis.trial import Trial, try_changes
from tiza.errors import ModelError
from tiza.nn.checks import whole_number

EPOCHS, FEWEST_EPOCHS = 30, 10
"""Epochs of a trial of a network that has not been trained, and of one that has."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a network does not learn.

    Attributes:
        rows: samples that were looked at.
        is_trained: whether it has taken a step.
        findings: what is likely wrong, the most likely first; empty if nothing is.
        now: the network as it is.
        start: the network before its first step; None if it has taken none.
    """

    rows: int
    is_trained: bool
    findings: tuple[Finding, ...]
    now: Moment
    start: Moment | None
    case: InitVar[Case]

    def __post_init__(self, case: Case) -> None:
        # no field: what a case holds is too large to be a part of a record
        object.__setattr__(self, "_case", case)

    def __str__(self) -> str:
        """Return the diagnosis as text, in the current language."""
        return diagnosis_text(self)

    def tried(self, epochs: int | None = None, batch_size: int | None = None, finding: int = 0) -> Trial:
        """Return a training with a finding's changes beside one without, from the same start.

        The model stays as it is. Where it has been trained, both start from the first weights of its seed.

        Args:
            epochs: passes over the data; if None, as many as it was last trained for, but at least 10, or 30
                if it was not.
            batch_size: samples a step; that of the diagnosis if None.
            finding: number of the finding whose changes are tried, from 0.

        Raises:
            ModelError: there is no such finding, it has no change to try, or a number is out of its range.
        """
        case: Case = self._case  # type: ignore[attr-defined]  # beside the fields: it is no part of the finding
        at = whole_number("finding", finding, 0)
        if at >= len(self.findings):
            raise ModelError(f"finding: got {at}, but there are {len(self.findings)}; nothing can be tried.")
        changes = self.findings[at].changes
        if not changes:
            raise ModelError(f"finding: {self.findings[at].kind!r} has no change that can be tried.")
        usual = max(len(case.losses), FEWEST_EPOCHS) if case.losses else EPOCHS
        count = usual if epochs is None else whole_number("epochs", epochs)
        size = case.batch_size if batch_size is None else whole_number("batch_size", batch_size)
        return try_changes(case, changes, count, size)


def diagnose(case: Case) -> Diagnosis:
    """Return the diagnosis of a case."""
    evidence = gather(case)
    return Diagnosis(
        evidence.rows.samples,
        case.is_trained,
        findings_of(evidence),
        evidence.now,
        evidence.start,
        case,
    )
