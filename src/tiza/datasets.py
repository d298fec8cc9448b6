"""Data sets for Keras' line `from tiza.datasets import ...`: those of `tiza.data.datasets`."""

from tiza.data.datasets import *  # noqa: F403
