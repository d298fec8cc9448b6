"""A diagnosis and a trial as text, in the current language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tiza.blackboard.loss_words import loss_words
from tiza.diagnosis.evidence import Moment
from tiza.diagnosis.layers import LayerMeasures
from tiza.diagnosis.plot import plot_lines
from tiza.diagnosis.wording import advice, sentence, short
from tiza.language import translate, translate_plural

if TYPE_CHECKING:
    from tiza.diagnosis.diagnosis import Diagnosis
    from tiza.diagnosis.trial import Curve, Trial

NOTHING = "–"
_STEPS = (0.5, 1.0, 2.0)
_SHOWN_EPOCHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """Return what is wrong and what to change, then the numbers."""
    return "\n".join(one.rstrip() for one in _diagnosis_lines(diagnosis))


def _diagnosis_lines(diagnosis: Diagnosis) -> Iterator[str]:
    yield from _headline(diagnosis)
    for number, one in enumerate(diagnosis.findings, 1):
        yield f"{number}. {sentence(one)}"
        if one.later:
            yield "   " + translate("It showed only after training: it may be an effect of something else.")
        yield "   " + translate("To try: {advice}", advice=advice(one.changes))
    yield ""
    yield from _layer_lines(diagnosis.now)
    yield ""
    yield from _step_lines(diagnosis.now)
    if diagnosis.now.layers.left_out:
        names = ", ".join(diagnosis.now.layers.left_out)
        yield translate(
            "Left out: {names}. What they give has no name, or one for each step; explain(...) of a weight "
            "shows the gradient step by step.",
            names=names,
        )


def _headline(diagnosis: Diagnosis) -> Iterator[str]:
    results = diagnosis.now.results
    constant = results.constant_loss
    told = translate("Loss on {rows} rows: {loss}.", rows=diagnosis.rows, loss=short(results.loss))
    if constant is not None:
        told += " " + translate(
            "The same answer for all samples reaches {constant}.", constant=short(constant)
        )
    yield told
    if not diagnosis.findings:
        yield translate("Nothing is wrong, as far as these numbers tell.")
        return
    count = len(diagnosis.findings)
    yield translate_plural("{count} likely cause:", "{count} likely causes, the most likely first:", count)


def _layer_lines(moment: Moment) -> Iterator[str]:
    """Yield a table of the layers: signals forward, gradients backward."""
    heads = [
        [translate("layer"), "f"],
        [
            translate("mean a"),
            translate("deviation"),
            "|δ|",
            "=",
            translate("|δ| behind"),
            translate("· weights"),
            translate("· slope f′"),
            translate("dead"),
            translate("saturated"),
        ],
    ]
    rows = [[*heads[0], *heads[1]], *(_layer_cells(one) for one in moment.layers.layers)]
    yield from _aligned(rows, len(heads[0]))
    yield translate("|δ|: size of the derivative of the loss with respect to z, over all samples and units.")


def _layer_cells(one: LayerMeasures) -> list[str]:
    closes = None not in (one.delta_after, one.weight_factor, one.slope_factor)
    product = [one.delta_after, one.weight_factor, one.slope_factor] if closes else [None] * 3
    return [
        one.name,
        one.activation or NOTHING,
        short(one.mean),
        short(one.deviation),
        short(one.delta),
        "=" if closes else "",
        *(NOTHING if value is None else short(value) for value in product),
        f"{one.dead}/{one.units}",
        f"{one.saturated}/{one.units}",
    ]


def _step_lines(moment: Moment) -> Iterator[str]:
    step = moment.step
    losses = {one.factor: one.loss for one in step.along}
    half, whole, double = (short(losses[factor]) for factor in _STEPS)
    yield translate(
        "One step with rate {rate}, from {rows} rows: loss {loss} → {whole} (half a step: {half}, twice: "
        "{double}).",
        rate=short(step.learning_rate),
        rows=step.rows,
        loss=short(step.loss),
        whole=whole,
        half=half,
        double=double,
    )
    rows = [
        [translate("weight"), translate("|weight|"), translate("|gradient|"), translate("update / weight")]
    ]
    for one in step.weights:
        ratio = NOTHING if one.ratio is None else short(one.ratio)
        rows.append([one.path, short(one.weight), short(one.gradient), ratio])
    yield from _aligned(rows, 1)


def _aligned(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Yield rows as columns: the first `left` to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            text.ljust(width) if at < left else text.rjust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells)


def trial_text(trial: Trial) -> str:
    """Return two curves, and whether the change helped."""
    return "\n".join(one.rstrip() for one in _trial_lines(trial))


def _trial_lines(trial: Trial) -> Iterator[str]:
    yield translate("Tried: {advice}", advice=advice(trial.changes))
    yield translate(
        "Both from the same start (seed {seed}), {epochs} epochs in batches of {batch}; {loss} on {rows} "
        "rows:",
        seed=trial.seed,
        epochs=trial.epochs,
        batch=trial.batch_size,
        loss=", ".join(map(loss_words, trial.measured)),
        rows=trial.rows,
    )
    yield from plot_lines(trial.before.losses, trial.after.losses)
    shown = sorted({0, trial.epochs, *(one for one in _SHOWN_EPOCHS if one < trial.epochs)})
    names = (translate("as it was"), translate("changed"))
    rows = [[translate("epoch"), *map(str, shown)]]
    for name, mark, curve in zip(names, ("×", "●"), (trial.before, trial.after), strict=True):
        rows.append([f"{mark} {name}", *(_at(curve, epoch) for epoch in shown)])
    yield from _aligned(rows, 1)
    for name, curve in zip(names, (trial.before, trial.after), strict=True):
        if curve.ended:
            yield translate("{name}: training ended early: {error}", name=name, error=curve.ended)
    yield _verdict(trial)


def _at(curve: Curve, epoch: int) -> str:
    return short(curve.losses[epoch]) if epoch < len(curve.losses) else NOTHING


def _verdict(trial: Trial) -> str:
    before, after = (
        short(None if one.losses[-1] is None else one.final) for one in (trial.before, trial.after)
    )
    if trial.helped:
        return translate(
            "It helped: the loss ends at {after} instead of {before}. (One training each, with one seed.)",
            after=after,
            before=before,
        )
    return translate(
        "It did not help: the loss ends at {after}, without the change at {before}. (One training each, with "
        "one seed.)",
        after=after,
        before=before,
    )
