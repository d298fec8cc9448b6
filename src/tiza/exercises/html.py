"""Exercises as one HTML page that loads nothing and prints on A4, each beginning a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tiza.blackboard.html import STYLE, document
from tiza.blackboard.mathml import MathMl
from tiza.exercises.blocks import (
    Block,
    Code,
    Facts,
    Fields,
    Heading,
    Lines,
    Paragraph,
    Picture,
    Sheet,
    Table,
    Values,
)
from tiza.exercises.diagram import network_svg
from tiza.exercises.exercise import Exercise
from tiza.exercises.sheets import sheet_of, title_of
from tiza.language import current_language

_STYLE = """\
@page { size: A4; margin: 14mm; }
.tiza.exercise { max-width: 48rem; }
.tiza.exercise + .tiza.exercise { border-top: 2px solid var(--line); margin-top: 2rem; padding-top: 1.5rem; }
.tiza.exercise h2 { display: block; font-size: 1.05rem; margin: 1.2rem 0 .4rem; }
.tiza.exercise h3 { font-size: 1rem; font-weight: 600; margin: .9rem 0 .2rem; }
.tiza.exercise p { margin: .5rem 0; }
.tiza .soft { color: var(--soft); }
.tiza .network { display: block; margin: 1rem auto; max-width: 100%; height: auto; }
.tiza .network line { stroke: var(--soft); stroke-width: 1; }
.tiza .network circle { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
.tiza .network text { fill: var(--ink); font-size: 15px; text-anchor: middle; dominant-baseline: central; }
.tiza .network .small { font-size: 12px; }
.tiza .network .weight { font-size: 13px; stroke: var(--paper); stroke-width: 5px; paint-order: stroke;
  fill: var(--accent); }
.tiza .scroll { overflow-x: auto; margin: .6rem 0; }
.tiza table { border-collapse: collapse; }
.tiza th, .tiza td { border: 1px solid var(--line); padding: .25rem .7rem; text-align: left; }
.tiza th { color: var(--soft); font-weight: 500; }
.tiza tr { break-inside: avoid; }
.tiza .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr));
  gap: .35rem 1.5rem; margin: .6rem 0; }
.tiza .field { display: flex; align-items: end; gap: .4rem; min-height: 2.1rem; break-inside: avoid; }
.tiza .field .room { flex: 1; border-bottom: 1px solid var(--soft); height: 1.6rem; }
.tiza .fields.few { grid-template-columns: 2fr 1fr; }
.tiza .fields.filled { align-items: center; }
.tiza.exercise pre { background: none; border: 1px solid var(--line); border-radius: .25rem;
  padding: .4rem .7rem; }
@media (max-width: 40rem) { .tiza th, .tiza td { padding: .2rem .4rem; } }
@media print { .tiza.exercise { font-size: 10pt; line-height: 1.4; }
  .tiza .network { max-height: 30mm; margin: .5rem auto; }
  .tiza.exercise dl { margin: 0 0 .5rem; gap: 0 1rem; }
  .tiza th, .tiza td { padding: .1rem .5rem; } .tiza.exercise h2 { margin: .7rem 0 .2rem; }
  .tiza .fields { grid-template-columns: repeat(4, 1fr); } .tiza .fields.filled { gap: .1rem 1rem; }
  .tiza .fields.few { grid-template-columns: 2fr 1fr; }
  .tiza .fields { gap: .1rem 1rem; } .tiza .field { min-height: 8mm; } .tiza .field .room { height: 5mm; }
  .tiza.exercise + .tiza.exercise { border: 0; margin: 0; padding: 0; break-before: page; }
  .tiza h2, .tiza h3 { break-after: avoid; } .tiza .scroll { overflow: visible; }
  .tiza details { display: none; } }
"""


_FEW = 2
"""Fields that share a line, the first one the wider."""


def exercises_html(exercises: Sequence[Exercise], teacher: bool = False) -> str:
    """Return exercises as a whole HTML document.

    Args:
        exercises: the variants.
        teacher: with answers, solution and common mistakes.
    """
    parts = [f"<style>\n{STYLE}{_STYLE}</style>"]
    for one in exercises:
        markup = MathMl(one.problem.names.notation.decimal_sign, f"v{one.variant}-line-")
        parts.append(_article(sheet_of(one, markup, teacher), markup.prefix))
    return document(title_of(exercises), "\n".join(parts))


def _article(blocks: Sheet, prefix: str) -> str:
    inner = "\n".join(_block(one, prefix) for one in blocks)
    return f'<article class="tiza exercise" lang="{current_language()}">\n{inner}\n</article>'


def _block(block: Block, prefix: str) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{text}</h{level}>"
        case Paragraph(text, soft):
            return f'<p class="soft">{text}</p>' if soft else f"<p>{text}</p>"
        case Facts(rows):
            return f"<dl>{''.join(f'<dt>{term}</dt><dd>{told}</dd>' for term, told in rows)}</dl>"
        case Table(head, rows):
            return _table(head, rows)
        case Fields(names):
            kind = "fields few" if len(names) <= _FEW else "fields"
            return f'<div class="{kind}">{"".join(map(_field, names))}</div>'
        case Values(equations):
            return f'<div class="fields filled">{"".join(f"<span>{one}</span>" for one in equations)}</div>'
        case Lines(rows):
            return f"<ol>{''.join(_line(number, equation, prefix) for number, equation in rows)}</ol>"
        case Code(text, title):
            shown = f"<pre>{escape(text.rstrip())}</pre>"
            return f"<details><summary>{title}</summary>{shown}</details>" if title else shown
        case Picture():
            return network_svg(block)


def _line(number: int, equation: str, prefix: str) -> str:
    return (
        f'<li id="{prefix}{number}"><span class="number">[{number}]</span>'
        f'<div class="formula">{equation}</div></li>'
    )


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{one}</th>' for one in head)
    lines = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{one}</td>" for one in others)}</tr>'
        for first, *others in rows
    )
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'


def _field(name: str) -> str:
    return f'<div class="field"><span>{name}</span><span class="room"></span></div>'
