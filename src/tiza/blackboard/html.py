"""A worked solution as an HTML page that loads nothing.

Formulas are MathML, parts fold, numbers lead to where they come from; light and dark, for a desk and a phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from tiza.blackboard.mathml import MathMl
from tiza.blackboard.sentences import THROUGH_TIME, Sentences
from tiza.blackboard.steps import Page, Section, Step, ThroughTime
from tiza.language import current_language, translatable

_LIGHT = (
    "--ink: #1b1f24; --paper: #fdfdfb; --soft: #565b66; --line: #d9dbd6; --accent: #0a5c50; --mark: #fff3bf;"
)
_DARK = (
    "--ink: #e9ece6; --paper: #17221e; --soft: #a9b9b1; --line: #33443d; --accent: #8fd8c2; --mark: #453d15;"
)
STYLE = f"""\
.tiza {{ {_LIGHT} color-scheme: light dark; color: var(--ink); background: var(--paper);
  font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: anywhere; }}
@media screen and (prefers-color-scheme: dark) {{ .tiza {{ {_DARK} }} }}
.tiza :is(h1, p, dd) {{ overflow-x: auto; overflow-y: hidden; padding-block: .1rem; }}
.tiza h1 {{ font-size: 1.25rem; margin: 0 0 .25rem; }}
.tiza .answer {{ font-size: 1.15rem; margin: 0 0 1rem; }}
.tiza dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1rem; }}
.tiza dt {{ color: var(--soft); }}
.tiza dd {{ margin: 0; }}
.tiza details {{ border-top: 1px solid var(--line); margin-top: .5rem; }}
.tiza summary {{ cursor: pointer; padding: .35rem 0; }}
.tiza h2 {{ display: inline; font-size: 1rem; margin: 0; }}
.tiza ol {{ list-style: none; margin: 0; padding: 0; }}
.tiza li {{ display: grid; grid-template-columns: 2.75rem minmax(0, 1fr); align-items: baseline;
  padding: .3rem 0; border-radius: .25rem; }}
.tiza li:target {{ background: var(--mark); outline: .2rem solid var(--mark); scroll-margin: 4rem; }}
.tiza .number {{ color: var(--soft); font-variant-numeric: tabular-nums; }}
.tiza .formula, .tiza .check {{ overflow-x: auto; overflow-y: hidden; padding: .1rem 0 .1rem 1.5rem;
  text-indent: -1.5rem; }}
.tiza .remark, .tiza .check {{ color: var(--soft); }}
.tiza .check {{ margin: .3rem 0 .6rem 2.75rem; }}
.tiza a {{ color: var(--accent); text-decoration: underline dotted; text-underline-offset: .2em; }}
.tiza a:focus-visible, .tiza summary:focus-visible {{ outline: 2px solid var(--accent); }}
.tiza .blank {{ text-decoration: underline; text-underline-offset: .1em; }}
.tiza pre {{ overflow-x: auto; font-size: .85rem; line-height: 1.4; }}
.tiza .wide {{ overflow-x: auto; }}
.tiza :is(th, .through-time) math {{ math-style: normal; }}
.tiza table {{ border-collapse: collapse; margin: .3rem 0 .6rem; }}
.tiza :is(th, td) {{ text-align: right; white-space: nowrap; padding: .2rem .9rem .2rem 0; }}
.tiza th {{ color: var(--soft); font-weight: normal; border-bottom: 1px solid var(--line); }}
.tiza math {{ font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", "STIX Math", math;
  font-size: 1.08em; text-indent: 0; overflow-wrap: normal; }}
.tiza .side {{ display: inline-block; text-indent: 0; margin-right: .2rem; line-height: 1.8; }}
.tiza .side math {{ math-style: normal; padding-block: .15rem; }}
.tiza math :is(a, .blank) {{ font-family: "STIX Two Text", Cambria, "Times New Roman", serif; }}
.tiza mn {{ line-height: 1; }}
.tiza .closed {{ white-space: nowrap; }}
@media (max-width: 40rem) {{ .tiza {{ padding: .75rem; }}
  .tiza dl {{ grid-template-columns: minmax(0, 1fr); gap: 0; }} .tiza dd {{ margin-bottom: .4rem; }}
  .tiza .check {{ margin-left: 0; }} .tiza .side math {{ padding-block: .3rem; }}
  .tiza :is(th, td) {{ padding-right: .5rem; }} }}
@media print {{ .tiza {{ max-width: none; padding: 0; background: none; }}
  .tiza a {{ color: inherit; text-decoration: none; }}
  .tiza li, .tiza .check {{ break-inside: avoid; }} .tiza summary {{ break-after: avoid; }}
  .tiza .formula, .tiza .check {{ overflow: visible; }} }}
"""
"""How a board looks, wherever it stands."""
_PAGE_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; background: #fdfdfb; }
@media screen and (prefers-color-scheme: dark) { body { background: #17221e; } }
"""
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


def page_title(page: Page) -> str:
    """Return the page's title as text."""
    return f"Tiza: {page.names.element(page.asked)}"


def document(title: str, body: str) -> str:
    """Return a whole HTML document around a fragment that has its own styles.

    Args:
        title: text of the title.
        body: HTML.
    """
    return (
        f'<!doctype html>\n<html lang="{current_language()}">\n<head>\n<meta charset="utf-8">\n{_VIEWPORT}\n'
        f"<title>{escape(title)}</title>\n<style>\n{_PAGE_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def page_fragment(
    page: Page,
    hidden: frozenset[int] = frozenset(),
    prefix: str = "line-",
    tables: tuple[tuple[str, str], ...] = (),
) -> str:
    """Return the page as a part of an HTML document, with its styles.

    Args:
        page: the worked solution.
        hidden: numbers of the lines whose results are left to be filled in.
        prefix: begins the names of the lines, so that two pages can stand in one document.
        tables: headings and texts of tables below the lines.
    """
    sentences = Sentences(page, MathMl(page.names.notation.decimal_sign, prefix), hidden)
    parts = "\n".join((*_parts(sentences, prefix), *(_table(*one) for one in tables)))
    return (
        f'<style>\n{STYLE}</style>\n<article class="tiza" lang="{current_language()}">\n{parts}\n</article>'
    )


def _parts(sentences: Sentences, prefix: str) -> Iterator[str]:
    page, markup = sentences.page, sentences.markup
    question, answer = sentences.headline()
    yield f'<h1>{question}</h1>\n<p class="answer">{answer}</p>'
    yield "<dl>"
    yield _told(markup.sentence(translatable("Data")), " &#8195;".join(sentences.data()))
    if path := sentences.path():
        yield _told(markup.sentence(translatable("Path")), path)
    yield "</dl>"
    yield from (f'<p class="remark">{one}</p>' for one in sentences.before_the_lines())
    for at, (section, steps) in enumerate(groupby(page.steps, lambda one: one.definition.section), 1):
        yield f"<details open><summary><h2>{at}. {sentences.heading(section)}</h2></summary>\n<ol>"
        yield from (_step(step, sentences, prefix) for step in steps)
        yield "</ol>"
        if section is Section.BACKWARD and page.check and not sentences.hidden:
            yield f'<p class="check">{sentences.quotient(page.check)}</p>'
        yield "</details>"
    if page.through_time and not sentences.hidden:
        yield _through_time(sentences, page.through_time)
    yield from (f"<p>{one}</p>" for one in sentences.closing())


def _through_time(sentences: Sentences, table: ThroughTime) -> str:
    head, rows = sentences.through_time(table)
    cells = "".join(f"<th>{one}</th>" for one in head)
    lines = "\n".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in rows)
    told = "\n".join(f'<p class="through-time">{one}</p>' for one in sentences.through_time_told(table))
    heading = sentences.markup.sentence(THROUGH_TIME)
    return (
        f"<details open><summary><h2>{heading}</h2></summary>\n"
        f'<div class="wide"><table>\n<tr>{cells}</tr>\n{lines}\n</table></div>\n{told}</details>'
    )


def _told(term: str, description: str) -> str:
    return f"<dt>{term}</dt><dd>{description}</dd>"


def _step(step: Step, sentences: Sentences, prefix: str) -> str:
    equation = sentences.markup.equation(sentences.sides(step))
    remarks = "; ".join(sentences.remarks(step))
    told = f' <span class="remark">({remarks})</span>' if remarks else ""
    return (
        f'<li id="{prefix}{step.number}"><span class="number">[{step.number}]</span>'
        f'<div class="formula">{equation}{told}</div></li>'
    )


def _table(heading: str, text: str) -> str:
    """Return a table of plain text, its columns as they are."""
    return f"<details open><summary><h2>{escape(heading)}</h2></summary>\n<pre>{escape(text)}</pre></details>"
