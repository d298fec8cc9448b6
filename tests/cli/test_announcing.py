"""Announcements of tables in the reader's language: every sentence, word for word."""

from __future__ import annotations

import string

import pytest

from tiza.cli.announcing import MESSAGES, worded
from tiza.data.tables import SENTENCES, Announcement
from tiza.language import use_language

SAMPLES = {"column": "area", "mean": 1.5, "deviation": 2.0, "value": 3.0}


def values_of(sentence: str) -> dict[str, str | int | float]:
    names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name]
    return {name: SAMPLES.get(name, 4) for name in names}


def test_the_catalogue_finds_every_sentence() -> None:
    assert list(MESSAGES) == list(SENTENCES.values())


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_kind_is_worded(kind: str) -> None:
    made = Announcement(kind, values_of(SENTENCES[kind]))
    with use_language("en"):
        assert worded(made) == str(made)
    with use_language("es"):
        assert worded(made) != str(made)
        assert worded(made).startswith("area: ")
