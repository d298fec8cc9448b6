"""Fitting the network of a recipe to the samples of its job."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import click

from tiza.cli.jobs import Job, Samples
from tiza.cli.networks import targets_for
from tiza.cli.recipes import Recipe
from tiza.data.unscaled import UnscaledFeaturesWarning
from tiza.errors import DataError
from tiza.language import translate
from tiza.models.sequential import Sequential
from tiza.training.callbacks.callback import Callback


def check_balance(job: Job, recipe: Recipe) -> None:
    """Check that there are classes to balance.

    Raises:
        DataError: there are none.
    """
    if recipe.balance and not job.class_names:
        raise DataError(translate("balance: got a target that is a number, expected classes; leave it out."))


def fit_job(model: Sequential, job: Job, recipe: Recipe, callbacks: Sequence[Callback], verbose: int) -> bool:
    """Train; return whether that came to its end. What was learned before Ctrl-C is kept.

    Raises:
        KeyboardInterrupt: no epoch was done.
    """
    loss, units = model.objective.losses[0], model.network.output.shape[-1]

    def data(samples: Samples) -> tuple[Any, Any]:
        return samples.x, targets_for(loss, units, samples.y)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnscaledFeaturesWarning)  # it has been told, with names
            model.fit(
                *data(job.training),
                recipe.batch_size,
                recipe.epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=None if job.validation is None else data(job.validation),
                class_weight="balanced" if recipe.balance else None,
            )
    except KeyboardInterrupt:
        if model.history is None or not model.history.epoch:
            told = translate("Interrupted before the first epoch was done: nothing was learned or written.")
            click.echo("\n" + told, err=True)
            raise
        told = translate("Interrupted; epochs that are done: {count}.", count=len(model.history.epoch))
        click.echo("\n" + told, err=True)
        for one in callbacks:  # the best weights are taken, files are closed
            one.on_train_end({})
        return False
    return True
