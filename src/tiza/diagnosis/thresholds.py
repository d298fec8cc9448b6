"""Where a number begins to count as an illness: one table, each limit with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit.

    Attributes:
        value: the limit.
        reason: why it lies there, or where it comes from.
    """

    value: float
    reason: str


THRESHOLDS: dict[str, Threshold] = {
    "rows": Threshold(
        1000, "rows that are looked at, spread evenly, as for unscaled features; a share is known to 3 %"
    ),
    "small_share": Threshold(
        0.1, "share of the features that must be small; at the border of pictures a few always are"
    ),
    "dead_share": Threshold(
        0.8, "half of the units of a healthy ReLU layer are off on one sample, few on all; a fifth is left"
    ),
    "flat_slope": Threshold(
        0.05,
        "share of the slope at 0 below which a unit passes on next to nothing: beyond z = ±4.4 for sigmoid",
    ),
    "flat_samples": Threshold(0.9, "share of the samples on which a unit must be flat to count as saturated"),
    "saturated_share": Threshold(
        0.5, "share of a layer's units; trained networks have some saturated ones, which decide clearly"
    ),
    "wrong_and_flat": Threshold(
        0.2,
        "share of outputs that are wrong by more than a half and flat: the quadratic cost cannot move them",
    ),
    "least_gradient": Threshold(
        1e-2,
        "first layer's delta / last layer's; Glorot and Bengio (2010) keep it near 1, healthy nets above 0.1",
    ),
    "most_gradient": Threshold(1e2, "the same ratio from above; deep healthy networks stay below 10"),
    "update_ratio": Threshold(
        1e-3, "update / weight, which 'should be somewhere around 1e-3' (Stanford's course CS231n)"
    ),
    "slow_update": Threshold(
        1e-4, "a tenth of the usual update / weight: ten thousand steps for a change of the weights' own size"
    ),
    "slow_factor": Threshold(100.0, "the loss still falls when the step is taken so many times as large"),
    "worth_falling": Threshold(
        0.005, "share of the loss that a larger step must take away to be worth naming"
    ),
    "rise": Threshold(
        0.2, "part of the loss, and of the constant prediction's, by which a step that is too large raises it"
    ),
    "learned": Threshold(
        0.5,
        "loss / constant prediction's loss below which the first steps are no longer held against the rate",
    ),
    "learned_well": Threshold(
        0.1, "the same ratio below which a loss that does not fit is not held against it"
    ),
    "no_better": Threshold(0.98, "loss / constant prediction's loss above which nothing was learned"),
    "outputs_spread": Threshold(
        0.01, "deviation of the outputs over samples / that of the targets: the inputs make no difference"
    ),
    "rare_class": Threshold(
        0.05, "share of the samples of a class, times half the classes, that counts as rare"
    ),
    "recall": Threshold(
        0.5, "part of the rare class that is recognized: below, the frequent ones are guessed"
    ),
    "plateau": Threshold(0.01, "change of the loss over the last half of the epochs, as a share of it"),
    "plateau_epochs": Threshold(10, "fewer epochs show no plateau"),
    "same_units": Threshold(1e-5, "relative difference below which units are the same: rounding of float32"),
    "helped": Threshold(0.01, "share of the loss by which a change must lower it to be said to help"),
}
"""All limits, by name."""


def limit(name: str) -> float:
    """Return a limit.

    Example:
        >>> limit("update_ratio")
        0.001
    """
    return THRESHOLDS[name].value
