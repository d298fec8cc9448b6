"""The exceptions of Tiza: each names the argument, what was received, what was expected and the remedy."""

from __future__ import annotations


class TizaError(Exception):
    """Base of every error that Tiza raises on purpose."""


class ShapeError(TizaError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(TizaError, TypeError):
    """A dtype that the operation does not take."""


class AttributeNameError(TizaError, TypeError):
    """An attribute that the primitive does not have, or one that is missing."""


class TraceError(TizaError, TypeError):
    """A traced value used where a number is needed, or outside its trace."""


class VerificationError(TizaError, ValueError):
    """A graph whose nodes contradict their primitives."""


class DerivativeError(TizaError, TypeError):
    """A derivative that does not exist or was asked for in the wrong way."""


class EvaluationError(TizaError, ValueError):
    """Inputs that a graph cannot be evaluated with."""


class ExpressionError(TizaError, ValueError):
    """Text that is not a formula Tiza can read."""


class DataError(TizaError, ValueError):
    """Data that a model cannot be trained on or evaluated with."""


class ModelError(TizaError, ValueError):
    """A model whose parts do not fit together."""


class NotBuiltError(ModelError):
    """A model that was asked for its weights before its shapes are known."""


class NameNotFoundError(TizaError, KeyError):
    """A name that is not registered; the nearest ones are suggested."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NonFiniteError(TizaError, ArithmeticError):
    """Training met a value that is not finite."""


class MissingExtraError(TizaError, ImportError):
    """A package that an optional part of Tiza needs is not installed."""
