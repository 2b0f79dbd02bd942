"""Bands that hold for all ranks at once: for slices, and for distances from the centre."""
