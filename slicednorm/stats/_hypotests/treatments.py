"""What a treatment of the rows rules out: null distributions that are those of independent normal rows."""

from __future__ import annotations

from slicednorm.stats._calibration.analytic import NoFormulaError
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._types import Null


def has_formulas(sample: Sample) -> bool:
    """Return whether null distributions as formulas, which are those of independent normal rows, hold for a sample."""
    if sample.treatment is None:
        return True
    return sample.design is not None and sample.design.is_like_a_constant(sample.dim)


def check_treatment(name: str, sample: Sample, null: Null, way: Way | None) -> None:
    """Raise a ValueError unless what was done to a sample goes with a null, and with how the p-value is found."""
    if sample.treatment is None:
        return
    of_design = sample.design is not None
    what = "a design or groups" if of_design else "rounding" if sample.rounding is not None else "a transformation"
    if null != "composite":
        raise ValueError(
            "design and groups leave coefficients open that a known mean does not have: they go with null='composite'"
            if of_design
            else f"{what} goes with null='composite', whose mean and covariance are unknown"
        )
    if way is not None and way.method == "analytic" and not has_formulas(sample):
        raise NoFormulaError(
            f"{name}: the formulas are those of independent rows, and this design takes too many degrees of freedom, "
            "or fits single rows too well, for them to hold"
            if of_design
            else f"{name}: the formulas are those of normal rows without {what}"
        )
    if way is not None and way.method in ("cached", "asymptotic"):
        raise ValueError(
            f"{name}: with {what} there is no null distribution by method={way.method!r}; use 'auto', or a number for "
            "n_resamples"
        )
