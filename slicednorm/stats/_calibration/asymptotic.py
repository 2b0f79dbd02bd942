"""Where the limiting distributions hold: from how many rows on, by the number of columns.

A limiting distribution holds where it rejects between 4% and 6% of normal samples at the 5% level, and at the 1% level
within a factor of 1.5 up to twice the standard error, at every shape that was measured. (Doornik and Hansen's may
reject 1.8% at 1%: as it is about 1.4% for any shape of 30 to 600 rows, there would be no range left.) The figures are
in docs/results/limits.md; `make limits` measures them again, and fails where they do not support what is written here.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left

from slicednorm.stats._types import Null

# The numbers of columns that were measured, and for each of them the least number of rows, by test. Where they end, no
# limiting distribution is known to hold: Henze and Zirkler's rejects nearly all small samples of many columns, and
# hardly any larger ones.
_COLUMNS = (1, 2, 3, 4, 5, 8, 10, 15, 20, 25, 50, 90)
_FROM: dict[tuple[str, Null, str], tuple[int, ...]] = {
    ("henze_zirkler", "composite", ""): (10, 25, 20, 20, 20, 25, 50, 100, 100),
    ("doornik_hansen", "composite", ""): (8, 8, 8, 8, 8, 8, 8, 30, 30, 60, 60, 150),
    # Columns with a kurtosis above 3 are tested in another form, as in R's MVN, which turns 5% into 6% to 17%.
    ("royston", "composite", ""): (2_000,),
    ("mardia_skewness", "composite", "exact"): (8, 60, 200, 300, 300, 400, 1_000, 1_000),
    ("mardia_skewness", "composite", "asymptotic"): (40, 40, 50, 50, 80, 100, 150, 300, 1_000),
    ("mardia_skewness", "standard", ""): (80, 200, 300, 400, 600, 1_500, 2_000, 2_000),
    # The 1% level is what takes rows here: the kurtosis of one column has a long tail. At 5% eight rows would be
    # enough.
    ("mardia_kurtosis", "composite", "exact"): (300, 150, 100, 60, 60, 16, 16, 20, 25, 30, 60, 100),
    ("mardia_kurtosis", "composite", "asymptotic"): (300, 400, 300, 600, 300, 300, 400, 1_000),
    ("mardia_kurtosis", "standard", ""): (150, 100, 60, 50, 40, 16, 16, 20, 25, 30, 60, 100),
}

# Henze and Zirkler's β grows with n: no more rows than were measured. Royston's polynomials end.
_UP_TO = {"henze_zirkler": 5_000, "royston": 5_000}


def law_holds(name: str, n: int, dim: int, null: Null, moments: str = "exact") -> bool:
    """Return whether the limiting distribution of a test holds for samples of a shape.

    Parameters
    ----------
    name : str
        Name of the statistic: ``"henze_zirkler"``, ``"doornik_hansen"``, ``"royston"``, ``"mardia_skewness"`` or
        ``"mardia_kurtosis"``.
    n, dim : int
        The shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis; False if there is no limiting distribution under it.
    moments : {"exact", "asymptotic"}, default: "exact"
        Moments of Mardia's tests under the composite null, ``"exact"`` or ``"asymptotic"``.

    Examples
    --------
    >>> law_holds("henze_zirkler", 150, 4, "composite"), law_holds("henze_zirkler", 30, 25, "composite")
    (True, False)
    """
    of_mardia = name.startswith("mardia_")
    rows = _FROM.get((name, null, moments if of_mardia and null == "composite" else ""), ())
    at = bisect_left(_COLUMNS, dim)
    if dim < 1 or at >= len(rows) or n <= dim + 1 or n > _UP_TO.get(name, n):
        return False
    # Between two numbers of columns that were measured, the larger of the two numbers of rows is required.
    return n >= (rows[at] if _COLUMNS[at] == dim else max(rows[at - 1 : at + 1]))


class SizeWarning(UserWarning):
    """A p-value by a limiting distribution that is not known to hold was asked for; replicates would be exact."""


def warn_of_size(function: str, n: int, dim: int, *, stacklevel: int) -> None:
    """Warn that a limiting distribution was asked for that is not known to hold for samples of a shape.

    ``stacklevel`` is how many calls up the user's own line is.
    """
    warnings.warn(
        f"{function}: its limiting distribution is not known to hold for samples of shape ({n}, {dim}), and may reject "
        "far more or fewer normal ones than the level says; n_resamples=999 gives exact p-values",
        SizeWarning,
        stacklevel=stacklevel,
    )
