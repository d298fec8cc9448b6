"""Placeholder."""
def explain(*a, **k): raise RuntimeError
