"""Model files: what a model is, as text and arrays, and back without running anything that the file names."""
