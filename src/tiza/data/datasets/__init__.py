"""Data sets that ship inside the package, so that no network is needed to load them."""

from tiza.data.datasets import mnist

__all__ = ["mnist"]
