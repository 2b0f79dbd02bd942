"""Sliced and classical tests of multivariate normality on NumPy arrays."""
