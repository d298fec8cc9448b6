"""Judgements as data for other programs: nested dictionaries of JSON values."""

from __future__ import annotations

import math
from typing import Any

from tiza.sheets.folder import ClassReport
from tiza.sheets.judgement import Judgement
from tiza.sheets.judging import JudgedLine, Verdict


def judgement_record(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as JSON values."""
    first = judgement.first_wrong
    return {
        "network": judgement.network,
        "student": judgement.student,
        "learning_rate": judgement.learning_rate,
        "lines": [_line(one, judgement) for one in judgement.lines],
        "first_wrong": None if first is None else first.line.number,
        "unreadable": [
            {"line": one.number, "column": one.column, "text": one.text, "reason": one.reason}
            for one in judgement.unreadable
        ],
        "unknown": [
            {"line": one.line.number, "name": one.line.name, "near": list(one.near)}
            for one in judgement.unknown
        ],
        "blank": judgement.blank,
        "right": judgement.count(Verdict.RIGHT),
        "mistakes": judgement.count(Verdict.WRONG),
        "carried": judgement.count(Verdict.CARRIED, Verdict.SAME_MISTAKE),
    }


def _line(one: JudgedLine, judgement: Judgement) -> dict[str, Any]:
    return {
        "line": one.line.number,
        "name": one.line.name,
        "quantity": judgement.naming.shown(one.element),
        "written": one.line.value.text,
        "verdict": one.verdict.value,
        "remark": one.remark.value,
        "expected": _finite(one.expected),
        "corrected": _finite(one.corrected),
        "exact": _finite(one.exact),
        "tolerance": _finite(one.tolerance),
        "causes": [cause.mistake.value for cause in one.causes.likely],
        "possible_causes": [cause.mistake.value for cause in one.causes.possible],
        "formula_gives": None if one.otherwise is None else _finite(one.otherwise.value),
        "repeats": None if one.repeats is None else one.repeats.number,
        "decided_by": None if one.decided_by is None else one.decided_by.number,
    }


def class_record(report: ClassReport) -> dict[str, Any]:
    """Return the report on a class as JSON values."""
    return {
        "students": [
            {
                "file": row.file,
                "student": row.student,
                "problem": row.problem,
                "judgement": None if row.judgement is None else judgement_record(row.judgement),
            }
            for row in report.rows
        ],
        "most_missed": [{"mistake": one.value, "students": count} for one, count in report.most_missed()],
        "first_missed": [{"quantity": one, "students": count} for one, count in report.first_missed()],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
