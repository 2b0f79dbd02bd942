"""Options that several commands have, and the checks of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import click

from .of_a_file import parsed_selection
from .test_names import DEFAULT, Names, resolve

Method: TypeAlias = Literal["auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"]

_LARGEST = 2**31 - 1

# More directions than anyone needs; far beyond, not even their own array fits in memory.
_MOST_SLICES = 1_000_000


def _count(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    if value is not None and value > _MOST_SLICES:
        raise click.BadParameter(f"{value:,} is more than {_MOST_SLICES:,}.")
    return value


def _jobs(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value == 0 or value < -1:
        raise click.BadParameter(f"{value} is neither a number of cores from 1 nor -1 for all of them.")
    return value


def _level(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if math.isnan(value):  # slips through every comparison
        raise click.BadParameter("nan is not in the range 0<x<1.")
    return value


def _tests(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> Names:
    return resolve(value) if value else resolve(DEFAULT, by_default=True)


def stat_option() -> Callable[[Any], Any]:
    """Return the option of the tests; its value is `Names`."""
    return click.option(
        "--stat",
        "tests",
        metavar="NAME",
        multiple=True,
        callback=_tests,
        help="A sliced statistic: ks, cvm, w2, cw, sw, ad, ep (or the paper's model: sksae, scvmae, scfwae, scwae, "
        "swae); a classical test: hz (Henze-Zirkler), bhep, energy, royston, dh (Doornik-Hansen), cramer-wold; "
        "more of them: hv (Henze-Visagie), deh and dehu (Doerr-Ebner-Henze), vg (Villasenor-Gonzalez), hjg "
        "(Henze-Jimenez-Gamero), fattorini; mardia; pursuit, which searches for the least normal direction; or "
        "omnibus, which combines several and is recommended for data. Or a group: sliced, classical, overview, all "
        "(without the more), more. May be given several times.  [default: cvm and ks]",
    )


def null_option() -> Callable[[Any], Any]:
    """Return the option of the null hypothesis."""
    return click.option(
        "--null",
        type=click.Choice(["standard", "composite"]),
        default="standard",
        show_default=True,
        help="What is tested: X ~ N(0, I), or X ~ N(mu, Sigma) with both unknown.",
    )


def directions_option(default: str | None = None) -> Callable[[Any], Any]:
    """Return the option of the kind of directions."""
    return click.option(
        "--directions",
        type=click.Choice(["iid", "orthogonal"]),
        default=default,
        show_default=default is not None,
        help="Directions independent on the sphere, or in orthogonal blocks."
        + ("" if default else "  [default: orthogonal; iid with replicates]"),
    )


def aggregate_option() -> Callable[[Any], Any]:
    """Return the option of the aggregate."""
    return click.option(
        "--aggregate",
        type=click.Choice(["mean", "max"]),
        default="mean",
        show_default=True,
        help="How the distances of the slices become one statistic.",
    )


class _Resamples(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click only
    """A number of replicates."""

    name = "replicates"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        word = str(value).strip().lower()
        if word in ("auto", "cached"):
            self.fail(f"{value!r} is a method, not a number; use --method {word}.", param, ctx)
        try:
            count = int(word)
        except ValueError:
            self.fail(f"{value!r} is not a number of replicates.", param, ctx)
        if not 1 <= count <= _LARGEST:
            self.fail(f"{count} is not in the range x>=1 (and at most {_LARGEST}).", param, ctx)
        return count


class _Method(click.Choice):  # type: ignore[type-arg]  # generic in newer versions of click only
    """A way to a p-value; its words may be joined by a hyphen."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        word = super().convert(str(value).lower().replace(" ", "-"), param, ctx)
        return str(word).replace("-", " ")


def method_option() -> Callable[[Any], Any]:
    """Return the option of how p-values are found."""
    return click.option(
        "--method",
        type=_Method(["auto", "analytic", "sequential", "cached", "monte-carlo", "asymptotic"]),
        default="auto",
        show_default=True,
        help="How p-values are found. auto: by a formula where there is one, which is for the mean of every sliced "
        "statistic but ks, else by as many replicates as it takes. analytic: by the formula. cached: by a "
        "cached null distribution of the shape, which is computed if it is not there. monte-carlo: by --resamples "
        "replicates. asymptotic: by limiting distributions, where they are known to hold.",
    )


def slices_option(default: int | None = None) -> Callable[[Any], Any]:
    """Return the option of the number of directions."""
    return click.option(
        "--slices",
        metavar="K",
        type=click.IntRange(1),
        callback=_count,
        default=default,
        show_default=default is not None,
        help="Number of directions to project on."
        + ("" if default else "  [default: what suits the sample, up to 16,384; 256 with replicates]"),
    )


def resamples_option(default: int | None = None) -> Callable[[Any], Any]:
    """Return the option of the number of replicates."""
    return click.option(
        "--resamples",
        metavar="M",
        type=_Resamples(),
        default=default,
        show_default=default is not None,
        help="Number of null replicates; the smallest possible p-value is 1/(M + 1).",
    )


def method_goes_with(method: str | None, resamples: int | None) -> None:
    """Raise a UsageError if a number of replicates is given to a method that takes none."""
    if resamples is not None and method not in ("auto", "monte carlo"):
        raise click.UsageError(f"--method {method} takes no number of replicates; leave out --resamples")


def jobs_option() -> Callable[[Any], Any]:
    """Return the option of the number of cores."""
    return click.option(
        "--jobs",
        metavar="J",
        type=int,
        default=-1,
        callback=_jobs,
        help="Cores to use; the answer does not depend on it.  [default: all]",
    )


def mean_option() -> Callable[[Any], Any]:
    """Return the option of a known mean."""
    return click.option(
        "--mean", metavar="FILE", type=click.Path(), help="Mean of a known target, with the standard null."
    )


def cov_option() -> Callable[[Any], Any]:
    """Return the option of a known covariance."""
    return click.option(
        "--cov",
        metavar="FILE",
        type=click.Path(),
        help="Covariance (or variances) of a known target, with the standard null.",
    )


def design_option() -> Callable[[Any], Any]:
    """Return the option of the regressors whose coefficients are unknown."""
    return click.option(
        "--design",
        metavar="FILE",
        type=click.Path(),
        help="Regressors of the sample, a row for each of its rows: its residuals are tested, with --null composite. "
        "The sample may hold responses or residuals; the constant need not be among the regressors.",
    )


def residuals_of_option() -> Callable[[Any], Any]:
    """Return the option of responses whose regressors are other columns of the same file."""
    return click.option(
        "--residuals-of",
        metavar="A,B,...",
        callback=parsed_selection,
        help="Responses among the columns of PATH: their residuals of a regression on all other columns, or on those "
        "of --columns, are tested, with --null composite.",
    )


def within_option() -> Callable[[Any], Any]:
    """Return the option of the column of groups that have means of their own."""
    return click.option(
        "--within",
        metavar="COLUMN",
        help="Column of PATH that names the group of each row: rows less the means of their groups are tested, with "
        "--null composite.",
    )


def _steps(ctx: click.Context, param: click.Parameter, value: str | None) -> str | float | tuple[float, ...] | None:
    """Return ``"auto"``, one step, or a step for each column."""
    if value is None or value == "auto":
        return value
    try:
        steps = tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{value!r}: use auto, a step such as 0.1, or one for each column with commas between, 0 for none"
        ) from None
    return steps[0] if len(steps) == 1 else steps


def rounding_option() -> Callable[[Any], Any]:
    """Return the option of the steps to which values were rounded."""
    return click.option(
        "--rounding",
        metavar="auto|STEPS",
        callback=_steps,
        help="Test whether the values are normal ones that were rounded, with --null composite: to the steps that they "
        "show (auto), to one step (0.1), or to one for each column (0.1,1,0).",
    )


def transform_option() -> Callable[[Any], Any]:
    """Return the option of a power transformation."""
    return click.option(
        "--transform",
        type=click.Choice(["yeo-johnson", "box-cox"]),
        help="Test the columns after power transformations of the largest likelihood, with --null composite. Every "
        "null replicate is transformed by powers of its own, so that p-values hold.",
    )


def transformations_option() -> Callable[[Any], Any]:
    """Return the option that asks which transformation would do."""
    return click.option(
        "--transformations",
        is_flag=True,
        help="Also say whether a power transformation of the columns would make the sample normal, with --null "
        "composite.",
    )


def drop_dependent_option() -> Callable[[Any], Any]:
    """Return the option that leaves out columns without which the covariance has full rank."""
    return click.option(
        "--drop-dependent",
        is_flag=True,
        help="Leave out columns that are constant or that other columns determine (a sum, a multiple, a copy), say "
        "which, and test the rest; with --null composite.",
    )


def treatment_goes_with(
    *,
    null: str,
    design: str | None,
    residuals_of: object,
    within: str | None,
    rounding: object,
    transform: str | None,
    transformations: bool,
    drop_dependent: bool,
    **others: Any,
) -> None:
    """Raise a UsageError if what is done to the rows does not go with the null, or not together."""
    done = [
        option
        for option, value in (
            ("--design", design),
            ("--residuals-of", residuals_of),
            ("--within", within),
            ("--rounding", rounding),
            ("--transform", transform),
            ("--transformations", transformations or None),
        )
        if value is not None
    ]
    if done and null != "composite":
        raise click.UsageError(f"{done[0]} leaves mean and covariance open; it goes with --null composite")
    if drop_dependent and null != "composite":
        raise click.UsageError("--drop-dependent makes the covariance one of full rank; it goes with --null composite")
    if len(done) > 1 and done not in (["--design", "--within"], ["--residuals-of", "--within"]):
        raise click.UsageError(
            f"{done[-1]} does not go with {done[0]}: each changes what the other would see; leave one of them out"
        )


def target_goes_with(*, null: str, mean: str | None, cov: str | None, **others: Any) -> None:
    """Raise a UsageError if a known target is named under the composite null."""
    for option, path in (("mean", mean), ("cov", cov)):
        if path and null == "composite":
            raise click.UsageError(f"--{option} names a known target; it goes with --null standard")


def seed_option() -> Callable[[Any], Any]:
    """Return the option of the seed."""
    return click.option(
        "--seed",
        metavar="S",
        type=click.IntRange(0),
        help="Seed of directions and replicates. The same seed gives the same answer, except that by --method auto "
        "tests other than the sliced ones may depend on what is cached.  [default: fresh, and printed]",
    )


def alpha_option() -> Callable[[Any], Any]:
    """Return the option of the level."""
    return click.option(
        "--alpha",
        metavar="A",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.05,
        show_default=True,
        callback=_level,
        help="Level of the verdicts: of all tests together, by p-values adjusted by Holm's method.",
    )


def nan_policy_option() -> Callable[[Any], Any]:
    """Return the option of what to do about missing values."""
    return click.option(
        "--nan-policy",
        type=click.Choice(["raise", "omit"]),
        default="raise",
        show_default=True,
        help="Refuse missing values (NaN, empty cells), or leave out their rows.",
    )
