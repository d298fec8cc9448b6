"""Findings and changes as sentences, in the current language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiza.blackboard.decimals import exact, number_text, significant
from tiza.diagnosis.findings import Change, Finding
from tiza.language import translatable, translate

DIGITS = 3
"""Significant digits of a measured number."""

SENTENCES: Mapping[str, str] = {
    "large_inputs": translatable(
        "The inputs are not scaled: {count} of {features} features are much larger than 1 "
        "(feature {feature}: root mean square {size}), so that one step suits none of the weights."
    ),
    "small_inputs": translatable(
        "The inputs are not scaled: {count} of {features} features are much smaller than the "
        "others (feature {feature}: root mean square {size}), so that they are hardly learned."
    ),
    "unreachable_targets": translatable(
        "{layers} can never give the targets: they go from {lowest} to {highest}, but {activation} gives "
        "numbers from {low} to {high}."
    ),
    "softmax_of_one": translatable(
        "{layers} has a softmax of a single unit, which is 1 whatever comes in: nothing can be learned."
    ),
    "loss_not_for_softmax": translatable(
        "The loss does not fit: behind the softmax of {layers}, {loss} hardly corrects outputs that are "
        "sure and wrong; {instead} is made for it (now the loss is {ratio} times that of a constant "
        "prediction)."
    ),
    "same_units": translatable(
        "All {units} units of {layers} get and give the same numbers, so that every step changes them alike: "
        "together they are worth one unit."
    ),
    "dead_units": translatable(
        "{dead} of {units} units of {layer} are dead: the slope of {activation} is 0 on every sample, so "
        "that nothing comes back through them."
    ),
    "rate_too_high": translatable(
        "The learning rate {rate} is too high: a step takes the loss from {loss} to {whole} (half a step: "
        "{half}, twice the step: {double}), and {factor} of it would be best; update / weight is {ratio}."
    ),
    "rate_too_low": translatable(
        "The learning rate {rate} is too low: update / weight is {ratio}; a step takes the loss from {loss} "
        "to {whole} (half a step: {half}, twice the step: {double}), {factor} steps at once to {best}."
    ),
    "flat_and_wrong": translatable(
        "{flat} of {outputs} outputs of {layers} are wrong and on the flat part of the sigmoid (mean slope "
        "{slope}): with {loss} the gradient has that slope as a factor and hardly moves them."
    ),
    "saturated_units": translatable(
        "{saturated} of {units} units of {layer} are saturated: on most samples {activation} is flat there "
        "(mean slope {slope}), so that hardly anything comes back through them."
    ),
    "vanishing_gradients": translatable(
        "The gradient dies away: over {layers_passed} layers, of the δ of {last} only {ratio} reaches "
        "{first} (each layer multiplies it by its weights and by its slope f′)."
    ),
    "exploding_gradients": translatable(
        "The gradient grows too much: the δ of {first} is {ratio} times that of {last} (each layer "
        "multiplies it by its weights and by its slope f′)."
    ),
    "rare_class": translatable(
        "Class {class} has {count} of {rows} samples, and {recognized} of them are recognized: always "
        "guessing the other classes already gives a low loss."
    ),
    "equal_outputs": translatable(
        "{layers} gives nearly the same for all samples: deviation {spread}, that of the targets is "
        "{target_spread}."
    ),
    "plateau": translatable("The loss stands still: {from} to {to} in the last {epochs} epochs."),
    "no_better_than_constant": translatable(
        "Nothing was learned: the loss is {loss}, and the same answer for all samples reaches {constant}."
    ),
}
"""What each kind of finding says."""

OF_ONE: Mapping[str, tuple[str, str]] = {
    "large_inputs": (
        "count",
        translatable(
            "The inputs are not scaled: {count} of {features} features is much larger than 1 (feature "
            "{feature}: root mean square {size}), so that one step suits none of the weights."
        ),
    ),
    "small_inputs": (
        "count",
        translatable(
            "The inputs are not scaled: {count} of {features} features is much smaller than the others "
            "(feature {feature}: root mean square {size}), so that it is hardly learned."
        ),
    ),
    "dead_units": (
        "units",
        translatable(
            "The only unit of {layer} is dead: the slope of {activation} is 0 on every sample, so that "
            "nothing comes back through it."
        ),
    ),
    "saturated_units": (
        "saturated",
        translatable(
            "{saturated} of {units} units of {layer} is saturated: on most samples {activation} is flat "
            "there (mean slope {slope}), so that hardly anything comes back through it."
        ),
    ),
    "flat_and_wrong": (
        "flat",
        translatable(
            "{flat} of {outputs} outputs of {layers} is wrong and on the flat part of the sigmoid (mean "
            "slope {slope}): with {loss} the gradient has that slope as a factor and hardly moves it."
        ),
    ),
    "vanishing_gradients": (
        "layers_passed",
        translatable(
            "The gradient dies away: over a single layer, of the δ of {last} only {ratio} reaches {first} "
            "(a layer multiplies it by its weights and by its slope f′)."
        ),
    ),
}
"""What is said instead where a number is 1: by kind, that number's name and the sentence."""

CHANGES: Mapping[str, str] = {
    "standardize": translatable("scale the inputs: x = tz.data.Standardizer().fit(x).transform(x)"),
    "learning_rate": translatable("take the learning rate {value}"),
    "optimizer": translatable("take the optimizer {value}"),
    "loss": translatable("take the loss {value}"),
    "activation": translatable("take the activation {value} in {layers}"),
    "initializer": translatable("start the weights with {value}, and the biases from 0"),
    "class_weight": translatable('let every class count the same: fit(..., class_weight="balanced")'),
}
"""What each kind of change says, as it stands behind a colon."""


def short(value: float | None) -> str:
    """Return a measured number as it is printed.

    Example:
        >>> short(0.00012345), short(None)
        ('0.000123', '∞')
    """
    return "∞" if value is None else number_text(significant(exact(value), DIGITS))


def sentence(finding: Finding) -> str:
    """Return what a finding says.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("en"):
        ...     sentence(Finding("plateau", numbers={"epochs": 20.0, "from": 0.5, "to": 0.5}))
        'The loss stands still: 0.5 to 0.5 in the last 20 epochs.'
    """
    numbers = {name: short(value) for name, value in finding.numbers.items()}
    fields = {**numbers, **finding.words, "layers": ", ".join(finding.layers)}
    told = translate(_template(finding), **fields)
    if "input" in finding.words:
        told += " " + translate("It is about the input {input}.", **fields)
    return told


def _template(finding: Finding) -> str:
    counted, of_one = OF_ONE.get(finding.kind, ("", ""))
    return of_one if finding.numbers.get(counted) == 1 else SENTENCES[finding.kind]


def advice(changes: Sequence[Change]) -> str:
    """Return what to change, as it stands behind a colon.

    Example:
        >>> from tiza.language import use_language
        >>> with use_language("en"):
        ...     advice((Change("optimizer", "adam"),))
        'take the optimizer adam.'
    """
    if not changes:
        return translate("look at the data: do the inputs tell the targets? If so, take a larger network.")
    return "; ".join(map(_advice, changes)) + "."


def _advice(change: Change) -> str:
    value = change.value if isinstance(change.value, str) else short(change.value)
    return translate(CHANGES[change.kind], value=value, layers=", ".join(change.layers))
