"""Distances as quadratic forms in Hermite sums: what their null distributions are computed from."""
