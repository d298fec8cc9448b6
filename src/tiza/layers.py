"""Layers for Keras' line `from tiza.layers import ...`: those of `tiza.nn.layers`."""

from tiza.nn.layers import *  # noqa: F403
