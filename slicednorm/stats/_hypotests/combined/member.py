"""One of the statistics that are judged together, and its part of the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._calibration.significance import SignificanceResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Member:
    """One of the statistics.

    Attributes
    ----------
    name, title : str
        Name, and name in words.
    key : str
        Its name in the cache.
    weight, weight_below : float
        Its weight where it is large, and where it is small; 0 if small values do not speak against the null.
    ranking : Ranking
        How its values are ranked, and which are ties.
    """

    name: str
    title: str
    key: str = ""
    weight: float = 1.0
    weight_below: float = 0.0
    ranking: Ranking = field(default_factory=Ranking)


@dataclass(frozen=True)
class MemberResult:
    """What one of several statistics that are judged together says: its value, and its own p-value.

    Attributes
    ----------
    name, title : str
        Name, and name in words.
    statistic : float
        Its value.
    pvalue : float
        Its own p-value, not adjusted for the others.
    """

    name: str
    title: str
    statistic: float
    pvalue: float


def in_a_sentence(title: str) -> str:
    """Return a member's name in words as a sentence has it: the search for a gap, but Mardia's skewness."""
    return title if title[0].isupper() else f"the {title}"


@dataclass(frozen=True, repr=False, kw_only=True)
class CombinedTestResult(SignificanceResult):
    """The result of a test that judges several statistics together.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The weighted harmonic mean of the p-values of the members, small where it speaks against the null.
    pvalue : float
        P-value (1 + #{T* ≤ T}) / (M + 1).
    driver : str
        The name of the member with the smallest p-value.
    members : tuple of MemberResult
        What each member says by itself.
    """

    driver: str
    members: tuple[MemberResult, ...]

    def members_frame(self) -> pd.DataFrame:
        """Return what each member says by itself as a DataFrame: title, statistic and p-value, a row for each member.

        Returns
        -------
        pandas.DataFrame
            The members, a row for each under its name.

        Examples
        --------
        >>> import numpy as np
        >>> from slicednorm.stats import omnibus_test
        >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
        >>> result = omnibus_test(x, null="composite", n_resamples=199, rng=0)
        >>> result.members_frame()[["statistic", "pvalue"]].round(3)
                         statistic  pvalue
        name
        cramer_wold          0.005   0.015
        mardia_skewness      2.570   0.005
        mardia_kurtosis     20.542   0.010
        w2_search            0.097   0.010
        ad_search            0.025   0.070
        peak                 0.771   0.010
        gap                 -0.704   1.000
        columns              4.567   0.005
        """
        import pandas as pd

        return pd.DataFrame([asdict(member) for member in self.members]).set_index("name")
