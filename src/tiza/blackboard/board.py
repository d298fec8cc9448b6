"""The blackboard: a worked solution that shows itself as text, Markdown or a page for the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from tiza.blackboard.html import document, page_fragment, page_title
from tiza.blackboard.markdown import page_markdown, table_markdown
from tiza.blackboard.steps import Page
from tiza.blackboard.text import page_text
from tiza.errors import ModelError
from tiza.language import use_language
from tiza.nn.checks import whole_number


@dataclass(frozen=True, repr=False)
class Blackboard:
    """Where a number comes from, line by line.

    `str()` gives it as text, `to_markdown()` with formulas in LaTeX, `to_html()` as one page that needs no
    network; a notebook shows it by itself. `page` has the records.

    Attributes:
        page: the worked solution, apart from language and format.
        language: the language it is shown in; None is the one in force when it is shown.
        hidden: numbers of the lines whose results are left to be filled in.
        tables: tables below the lines, each a heading and its text; see `with_table`.

    Example:
        >>> import tiza as tz
        >>> layer = tz.layers.Dense(1, use_bias=False, kernel_initializer="ones")
        >>> model = tz.Sequential([tz.Input((1,)), layer])
        >>> model.compile("sgd", "quadratic")
        >>> board = model.explain([2.0], [1.0], "dense.z[0]", language="en")
        >>> print(board.with_blanks())
        What is dense.z[0]?    dense.z[0] = ____
        ...
         [1] dense.z[0] = x[0]·dense.kernel[0,0] = 2·1 = ____
        >>> board.hint(0) == board.with_blanks()
        True
    """

    page: Page
    language: str | None = None
    hidden: frozenset[int] = frozenset()
    tables: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "".join((self._shown(page_text), *(f"\n\n{heading}\n{text}" for heading, text in self.tables)))

    def __repr__(self) -> str:
        return str(self)

    def to_markdown(self) -> str:
        """Return it as Markdown with formulas in LaTeX, as GitHub and notebooks show them."""
        return "".join((self._shown(page_markdown), *(table_markdown(*one) for one in self.tables)))

    def to_html(self) -> str:
        """Return it as one HTML page with formulas in MathML; it loads nothing."""

        def whole(page: Page, hidden: frozenset[int]) -> str:
            return document(page_title(page), page_fragment(page, hidden, tables=self.tables))

        return self._shown(whole)

    def save(self, path: str | Path) -> Path:
        """Write it to a file: `.html`, `.md` or `.txt`.

        Raises:
            ModelError: the name has another ending.
            OSError: the file cannot be written.
        """
        path = Path(path)
        shown = {".html": self.to_html, ".md": self.to_markdown, ".txt": self.__str__}.get(path.suffix)
        if shown is None:
            raise ModelError(f"path: got {str(path)!r}, expected a name that ends in .html, .md or .txt.")
        path.write_text(f"{shown().rstrip()}\n", encoding="utf-8")
        return path

    def with_blanks(self, lines: Iterable[int] | None = None) -> Blackboard:
        """Return it with the results of some lines, or of all, left to be filled in, and without its tables.

        Args:
            lines: numbers of the lines; None is all.

        Raises:
            ModelError: there is no such line.
        """
        known = [one.number for one in self.page.steps]
        hidden = frozenset(known if lines is None else lines)
        wrong = sorted(hidden.difference(known))
        if wrong:
            raise ModelError(f"lines: got {wrong[0]}, expected numbers from 1 to {len(known)}.")
        return replace(self, hidden=hidden, tables=() if hidden else self.tables)

    def hint(self, lines: int = 1) -> Blackboard:
        """Return it with the results of the first `lines` lines, the others left to be filled in.

        Args:
            lines: how many lines are shown, from 0 on.
        """
        shown = whole_number("lines", lines, 0)
        return self.with_blanks(one.number for one in self.page.steps[shown:])

    def with_table(self, heading: str, text: str) -> Blackboard:
        """Return it with a table below the lines, in columns of a font of one width."""
        return replace(self, tables=(*self.tables, (heading, text)))

    def in_language(self, language: str | None) -> Blackboard:
        """Return it in `"en"` or `"es"`; None is the language in force when it is shown."""
        return replace(self, language=language)

    def _shown(self, show: Callable[[Page, frozenset[int]], str]) -> str:
        with use_language(self.language) if self.language else nullcontext():
            return show(self.page, self.hidden)

    # what notebooks ask for

    def _repr_html_(self) -> str:
        def fragment(page: Page, hidden: frozenset[int]) -> str:
            own = f"line-{crc32(page_text(page, hidden).encode()):08x}-"
            return page_fragment(page, hidden, own, self.tables)

        return self._shown(fragment)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()
