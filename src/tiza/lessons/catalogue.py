"""Every lesson, and how one is found by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tiza.errors import NameNotFoundError
from tiza.graph.primitive import unknown_name
from tiza.lessons import (
    advanced_methods,
    backpropagation,
    class_4,
    convolution,
    network_design,
    numerical_calculus,
    recurrence,
)
from tiza.lessons.lesson import Lesson

_COURSES = (
    advanced_methods,
    recurrence,
    network_design,
    class_4,
    backpropagation,
    numerical_calculus,
    convolution,
)

LESSONS: Mapping[str, Lesson] = MappingProxyType(
    {lesson.name: lesson for course in _COURSES for lesson in course.LESSONS}
)
"""Lesson by name, in the order of the courses."""


def find_lesson(name: str) -> Lesson:
    """Return a lesson by its name.

    Raises:
        NameNotFoundError: there is no such lesson; near names are listed.

    Example:
        >>> find_lesson("tanh-2-2-1").network.sizes
        (2, 2, 1)
        >>> find_lesson("tanh")
        Traceback (most recent call last):
        tiza.errors.NameNotFoundError: lesson: unknown name 'tanh'; did you mean 'tanh-2-2-1'?
    """
    known = name.strip().lower() if isinstance(name, str) else name
    if known not in LESSONS:
        having = tuple(one for one in LESSONS if known and str(known) in one)
        raise NameNotFoundError(unknown_name("lesson", str(name), having or LESSONS))
    return LESSONS[known]
