"""Mardia's skewness and kurtosis."""
