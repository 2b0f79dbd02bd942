"""Bands that hold for all ranks at once: of slices, and of distances from the centre."""
