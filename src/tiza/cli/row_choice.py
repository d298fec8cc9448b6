"""Which rows are learned from, which are watched while learning, and which are measured at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.cli.recipes import Recipe
from tiza.data.splitting import train_test_split
from tiza.errors import DataError
from tiza.language import translate

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class RowChoice:
    """Numbers of rows, no row in two parts.

    Attributes:
        training: rows that are learned from.
        validation: rows that are watched while learning.
        test: rows that are measured at the end.
    """

    training: Array
    validation: Array
    test: Array

    @classmethod
    def of(cls, rows: int, classes: Sequence[str] | None, recipe: Recipe) -> RowChoice:
        """Return a choice by the recipe's shares and seed, with the classes in proportion where that can be.

        Raises:
            DataError: no row would be left to learn from.

        Example:
            >>> chosen = RowChoice.of(10, None, Recipe(test=0.2, validation=0.1))
            >>> len(chosen.training), len(chosen.validation), len(chosen.test)
            (7, 1, 2)
        """
        held = math.ceil(recipe.test * rows), math.ceil(recipe.validation * rows)
        _check_enough(rows, sum(held), recipe)
        rest, test = _parted(np.arange(rows), classes, held[0], recipe.seed)
        training, validation = _parted(rest, classes, held[1], recipe.seed)
        return cls(training, validation, test)

    def learning_first(self, is_new: Callable[[Array, Array], Array]) -> RowChoice:
        """Return the choice with those rows moved to training that hold what no training row holds.

        Args:
            is_new: (training rows, other rows) -> which of the others hold something new.
        """
        moved = [is_new(self.training, part) if len(part) else part == -1 for part in self.held_out]
        validation, test = (part[~where] for part, where in zip(self.held_out, moved, strict=True))
        more = [part[where] for part, where in zip(self.held_out, moved, strict=True)]
        return RowChoice(np.concatenate([self.training, *more]), validation, test)

    @property
    def held_out(self) -> tuple[Array, Array]:
        """The rows that are not learned from: validation, test."""
        return self.validation, self.test


def _check_enough(rows: int, held: int, recipe: Recipe) -> None:
    """Check that rows are left to learn from."""
    if held >= rows:
        raise DataError(
            translate(
                "{data}: got too few rows ({rows}) to keep {validation:g} of them for validation and "
                "{test:g} for the test, and to learn from others; give more rows, or "
                "--validation 0 --test 0.",
                data=recipe.data,
                rows=rows,
                validation=recipe.validation,
                test=recipe.test,
            )
        )


def _parted(rows: Array, classes: Sequence[str] | None, held: int, seed: int) -> tuple[Array, Array]:
    """Return rows that stay, and `held` of them."""
    if not held:
        return rows, rows[:0]
    own = None if classes is None else [classes[row] for row in rows]
    stay, out = train_test_split(
        rows, test_size=held, random_state=seed, stratify=own if _can_stratify(own, held) else None
    )
    return stay, out


def _can_stratify(classes: Sequence[str] | None, held: int) -> bool:
    """Whether each part can hold every class."""
    if classes is None:
        return False
    _, counts = np.unique(np.array(classes), return_counts=True)
    return bool(counts.min() >= 2) and min(held, len(classes) - held) >= len(counts)
