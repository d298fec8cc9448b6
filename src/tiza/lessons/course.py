"""The five courses: what they are called and how they write."""

from __future__ import annotations

from dataclasses import dataclass

from tiza.language import translatable


@dataclass(frozen=True)
class Course:
    """A course.

    Attributes:
        number: its number among the five.
        title: its name, to be translated.
        notation: name of the notation that it writes in.
        loss: its letter for what is made small.
    """

    number: str
    title: str
    notation: str
    loss: str


ADVANCED_METHODS = Course("000", translatable("Advanced methods of data science"), "metodos-avanzados", "E")
NETWORK_DESIGN = Course("001", translatable("Design of neural networks"), "diseno-de-redes", "E")
CLASS_4 = Course("002", translatable("Neural networks, class 4: digits and derivatives"), "clase-4", "C")
BACKPROPAGATION = Course(
    "003", translatable("Backpropagation and activation functions"), "retropropagacion", "C"
)
NUMERICAL_CALCULUS = Course(
    "004", translatable("Introduction to numerical calculus and data science"), "calculo-numerico", "L"
)

COURSES = (ADVANCED_METHODS, NETWORK_DESIGN, CLASS_4, BACKPROPAGATION, NUMERICAL_CALCULUS)
