"""Null distributions as formulas: sums of weighted χ² variables, what they are for slices, and their probabilities."""
