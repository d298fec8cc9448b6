"""Optimizers: from a parameter and its gradient to the new parameter; they emit ops and nothing else."""
