"""All that is measured of a case: its features, layers, step and results, now and where it started."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tiza.blackboard.setting import setting_of
from tiza.data.unscaled import UnscaledFeatures, unscaled_features
from tiza.diagnosis.case import Case, spread_rows
from tiza.diagnosis.layers import LayersMeasured, measure_layers
from tiza.diagnosis.results import Results, measure_results
from tiza.diagnosis.steps import StepMeasures, measure_step
from tiza.diagnosis.thresholds import limit
from tiza.training.state import State
from tiza.training.trainer import Data


@dataclass(frozen=True, slots=True)
class Moment:
    """A network at one moment.

    Attributes:
        layers: what each layer does.
        step: what one step of the optimizer does.
        results: what comes out.
    """

    layers: LayersMeasured
    step: StepMeasures
    results: Results


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """All that findings are made from.

    Attributes:
        case: what is diagnosed.
        rows: the rows that are looked at.
        features: features of unsuitable size, of each input.
        now: the network as it is.
        start: the network before its first step; None if it is still there.
    """

    case: Case
    rows: Data
    features: tuple[UnscaledFeatures, ...]
    now: Moment
    start: Moment | None

    @property
    def first(self) -> Moment:
        """The network before its first step."""
        return self.start or self.now

    def has_learned(self, how: str) -> bool:
        """Whether training has brought the loss below a limit times the constant prediction's."""
        ratio = self.now.results.ratio
        return self.case.is_trained and ratio is not None and ratio < limit(how)


def gather(case: Case) -> Evidence:
    """Return the evidence of a case."""
    rows = spread_rows(case.data, int(limit("rows")))
    with np.errstate(all="ignore"):
        return Evidence(
            case,
            rows,
            tuple(unscaled_features(one) for one in rows.features),
            _moment(case, case.state, rows),
            _moment(case, case.start(), rows) if case.is_trained else None,
        )


def _moment(case: Case, state: State, rows: Data) -> Moment:
    looking = setting_of(case.trainer, state, rows, case.learning_rate)
    batch = spread_rows(case.data, case.batch_size)
    stepping = setting_of(case.trainer, state, batch, case.learning_rate)
    step = measure_step(case.trainer.entries, stepping, looking, case.learning_rate)
    return Moment(
        measure_layers(looking),
        replace(step, rows=batch.samples),
        measure_results(case.trainer.objective, state, rows),
    )
