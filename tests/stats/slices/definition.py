"""What the statistics of slices are by their definition."""

import numpy as np

from slicednorm.distances import get_distance


def plain(x, name, directions, prior=None):
    """The definition: project, sort, compare, slice by slice."""
    distance = get_distance(name)
    rows = [np.sort(x @ v) for v in directions]
    priors = [np.sort(prior @ v) for v in directions] if distance.needs_prior else None
    return np.asarray(
        [distance.value(y, priors[j]) if priors else distance.value(y) for j, y in enumerate(rows)],
        dtype=float,
    )
