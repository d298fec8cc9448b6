"""Metrics for Keras' line `from tiza.metrics import ...`: those of `tiza.nn.metrics`."""

from tiza.nn.metrics import *  # noqa: F403
