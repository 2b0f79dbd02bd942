"""What a design rules out: null distributions that are those of independent rows."""

from __future__ import annotations

from slicednorm.stats._calibration.analytic import NoFormulaError
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._types import Null


def has_formulas(sample: Sample) -> bool:
    """Return whether null distributions as formulas, which are those of independent rows, hold for a sample."""
    return sample.design is None or sample.design.is_like_a_constant(sample.dim)


def check_design(name: str, sample: Sample, null: Null, way: Way | None) -> None:
    """Raise a ValueError unless a sample's design goes with a null, and with how the p-value is found."""
    if sample.design is None:
        return
    if null != "composite":
        raise ValueError(
            "design and groups leave coefficients open that a known mean does not have: they go with null='composite'"
        )
    if way is not None and way.method == "analytic" and not has_formulas(sample):
        raise NoFormulaError(
            f"{name}: the formulas are those of independent rows, and this design takes too many degrees of freedom, "
            "or fits single rows too well, for them to hold"
        )
    if way is not None and way.method in ("cached", "asymptotic"):
        raise ValueError(
            f"{name}: with a design or groups there is no null distribution by method={way.method!r}; use 'auto', or a "
            "number for n_resamples"
        )
