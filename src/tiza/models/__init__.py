"""Models: the face of Tiza for those who train networks."""
