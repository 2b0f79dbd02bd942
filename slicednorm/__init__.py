"""Sliced normality tests with honest p-values, and the same statistics as differentiable losses."""

from slicednorm._version import __version__

__all__ = ["__version__"]
