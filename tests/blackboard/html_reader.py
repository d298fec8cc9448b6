"""Reads a page for the browser: refuses what is not valid, and knows its tags, links, names and words."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
"""Tags that are not closed."""
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2, "msubsup": 3, "msqrt": 1}
"""How many parts a tag of MathML has."""
MATHML = {"mrow", "mi", "mn", "mo", "mtext", *PARTS}
WITHIN = {"mn": {"a", "span"}, "mi": set(), "mo": set(), "mtext": set(), "p": {"math", "span", "a", "wbr"}}
"""Tags that may stand in a tag, where these are few."""
AROUND = {"li": "ol", "dt": "dl", "dd": "dl", "summary": "details", "math": ""}


class Page(HTMLParser):
    """Reads a page: tags that are open, links, names, text; refuses what is not valid."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.parts: list[int] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.words = ""
        self.style = ""
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        around = self.open[-1] if self.open else ""
        assert tag in WITHIN.get(around, {tag}), (around, tag)
        assert AROUND.get(tag, "") in ("", around), (around, tag)
        assert "math" not in self.open or tag in MATHML or around == "mn", tag
        if self.parts:
            self.parts[-1] += 1
        if tag not in VOID:
            self.open.append(tag)
            self.parts.append(0)
        assert len(dict(attrs)) == len(attrs)
        for name, value in attrs:
            assert name not in ("src", "onclick", "onload", "style"), name
            if name == "href":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag
        count = self.parts.pop()
        assert count == PARTS.get(tag, count), (tag, count)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        inside = "math" in self.open and self.open[-1] not in ("mi", "mn", "mo", "mtext", "a", "span")
        assert not (inside and data.strip()), data
        self.words += data
