"""One-dimensional distances to the standard normal distribution, one file for each statistic.

Each is written once for every array library (NumPy and torch run the same lines): a value, its gradient with respect to
the sample in closed form, its names and its source. Samples lie along the last axis.
"""

from __future__ import annotations

from slicednorm.distances import ad, cvm, cw, ep, ks, sw, w2
from slicednorm.distances._distance import Distance

__all__ = ["DISTANCES", "Distance", "get_distance"]

DISTANCES: dict[str, Distance] = {module.DISTANCE.name: module.DISTANCE for module in (ks, cvm, w2, cw, sw, ad, ep)}
_ALIASES = {distance.model: name for name, distance in DISTANCES.items() if distance.model}


def get_distance(name: str) -> Distance:
    """Return a distance by its name, or by the name of a model of the paper.

    Parameters
    ----------
    name : str
        Name of a statistic, such as ``"cvm"``, or of a model, such as ``"scvmae"``, in capital or small letters.

    Returns
    -------
    Distance
        The distance.

    Raises
    ------
    ValueError
        If there is no such distance; the message lists the known ones.

    Examples
    --------
    >>> get_distance("scwae").name
    'cw'
    """
    if not isinstance(name, str):
        raise TypeError(f"a statistic is named by a string, got {type(name).__name__}")
    key = name.lower()
    key = _ALIASES.get(key, key)
    if key not in DISTANCES:
        known = ", ".join(DISTANCES)
        models = ", ".join(_ALIASES)
        raise ValueError(f"unknown statistic {str(name)!r}; known: {known} (or by model: {models})")
    return DISTANCES[key]
