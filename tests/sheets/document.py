"""The causes in docs/checking.md, from the checker's table; `python tests/sheets/document.py` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tiza.language import translate, use_language
from tiza.sheets.mistakes import RULES, Mistake, Rank
from tiza.sheets.wording import WORDING

DOCUMENT = Path(__file__).parents[2] / "docs" / "checking.md"
START = "<!-- causes: written by tests/sheets/document.py -->\n"
END = "<!-- end of causes -->"
_RANKS = {Rank.TYPICAL: "typical", Rank.POSSIBLE: "possible"}
_SHOWN = {"site": "δ1", "unit": "w1", "before": "a1", "after": "h1"}


def document() -> str:
    """Return the page with its table as it should be."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.index(START) + len(START), text.index(END)
    with use_language("en"):
        return text[:before] + "\n".join(causes_table()) + "\n" + text[after:]


def causes_table() -> Iterator[str]:
    """Yield the rows: what it is called, how likely it is, and what the student is asked."""
    ranks = {mistake: _RANKS.get(rank, "slip of the pen") for mistake, rank, _ in RULES}
    ranks[Mistake.MISCALCULATED] = "typical"
    yield "| cause | | the question to the student |"
    yield "|---|---|---|"
    for mistake, wording in WORDING.items():
        question = translate(wording.question, **_SHOWN)
        yield f"| {translate(wording.name)} | {ranks.get(mistake, 'slip of the pen')} | {question} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
