"""Whether N(0, I) is rejected for location and scale alone, by data that nobody would take for latents.

The parts of a statistic cannot tell: of a normal sample far from N(0, I) the sums of every order are large. So the
sample is tested once more with both left open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slicednorm.stats._hypotests.sliced.sliced import sliced_test
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.concerns.values import looked_at
from slicednorm.stats._streams import RNG

# A column is no latent if its mean lies so many of its own, and of the prior's, standard deviations from 0, or if its
# standard deviation is so many times that of the prior or less than the inverse.
_FAR, _WIDE = 2.0, 4.0

# Which part of the columns is no latent, if the sample is none.
_MOST_COLUMNS = 0.5

# Along so many directions the sample is tested once more.
_SLICES = 256


@dataclass(frozen=True)
class LocationScale:
    """How far the columns are from mean 0 and standard deviation 1, and the p-value with both left open.

    Of a large sample the moments are those of the part that `data_notes` looks at.

    Attributes
    ----------
    farthest : float
        The largest distance of a mean from 0, in standard deviations of its column.
    narrowest, widest : float
        The smallest and the largest standard deviation.
    pvalue : float
        The p-value of `sliced_test` by "cvm" under the composite null.
    """

    farthest: float
    narrowest: float
    widest: float
    pvalue: float


def location_or_scale(sample: Sample, *, level: float, rng: RNG = None, workers: int = 1) -> LocationScale | None:
    """Return what is off where location and scale are all that N(0, I) is rejected for, else None.

    None as well for a sample that could be latents, and one that cannot be tested under the composite null.

    Examples
    --------
    >>> import numpy as np
    >>> from slicednorm.stats import as_sample
    >>> x = np.random.default_rng(7).standard_normal((200, 2))
    >>> location_or_scale(as_sample(x + 0.5), level=0.05, rng=0) is None
    True
    >>> location_or_scale(as_sample(10.0 * x + 170.0), level=0.05, rng=0).farthest > 10.0
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = looked_at(sample.rows).values.astype(np.float64)
        centre, sd = np.abs(values.mean(axis=0)), values.std(axis=0)
        off = ((centre > _FAR) & (centre > _FAR * sd)) | (sd > _WIDE) | (sd < 1.0 / _WIDE)
    if not (np.isfinite(sd).all() and sd.min() > 0.0 and off.mean() >= _MOST_COLUMNS):
        return None
    try:
        again = sliced_test(sample, "cvm", null="composite", n_slices=_SLICES, rng=rng, workers=workers)
    except ValueError:
        return None
    if again.pvalue <= level:
        return None
    return LocationScale(float((centre / sd).max()), float(sd.min()), float(sd.max()), again.pvalue)
