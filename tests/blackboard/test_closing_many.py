"""200 networks x every kind of target: each printed line, worked out again from the printed text, closes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from blackboard.page_reader import Reader
from blackboard.random_networks import Case, random_network, targets
from blackboard.signal_networks import signal_network, signal_targets
from blackboard.varied_networks import varied_network, varied_targets
from figures import record_figure
from tiza.language import use_language

QUICK = range(2)
ALL = range(200)


KINDS = {
    "random": (random_network, targets),
    "varied": (varied_network, varied_targets),
    "image and sequence": (signal_network, signal_targets),
}


def closed(
    seed: int,
    language: str,
    network: Callable[[int], Case] = random_network,
    asked: Callable[[Case], Iterator[tuple[str, bool]]] = targets,
) -> tuple[int, int, int]:
    """Return how many pages, lines and independent checks a network has; every line is asserted to close."""
    case = network(seed)
    pages = lines = checks = 0
    for target, update in asked(case):
        with use_language(language):
            page = str(case.model.explain(case.x, case.y, target, update=update))
        assert "✗" not in page, page
        assert "nan" not in page.lower()
        reader = Reader()
        reader.read(page)
        assert reader.lines or is_given(target, page), page
        pages, lines, checks = pages + 1, lines + reader.lines, checks + page.count("✓")
    return pages, lines, checks


def is_given(target: str, page: str) -> bool:
    """Whether a number is not worked out: an average that is kept, or a weight without a derivative."""
    kept = ".moving_" in target and not target.startswith("new ")
    return kept or bool(re.search(r"is not trained|no se entrena|no path leads|ningún camino", page))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", QUICK)
@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_every_kind_of_page_closes(kind: str, seed: int) -> None:
    assert closed(seed, "en", *KINDS[kind])[1] > 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_networks(kind: str) -> None:
    counted = [closed(seed, "es" if seed % 4 < 2 else "en", *KINDS[kind]) for seed in ALL]
    pages, lines, checks = (sum(column) for column in zip(*counted, strict=True))
    record_figure(
        f"Pages of 200 {kind} networks: lines recomputed in decimal from the printed text",
        promised="all close",
        measured=f"{lines} of {lines}",
        note=f"{pages} pages; {checks} difference quotients agree",
    )
