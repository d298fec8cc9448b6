"""Graph to graph: forward and reverse mode, the passes of scan, simplification; derivatives four ways."""
