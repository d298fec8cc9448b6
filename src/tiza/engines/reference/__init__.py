"""The reference engine: NumPy, the definition of every primitive."""
