"""Initializers for Keras' line `from tiza.initializers import ...`: those of `tiza.nn.initializers`."""

from tiza.nn.initializers import *  # noqa: F403
