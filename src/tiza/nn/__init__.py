"""Layers, activations, losses, initializers and metrics: they emit ops and nothing else."""
