"""What was done to the rows of a sample before it was tested, or what could be, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats

from ..readers.note import Note
from .request import Request
from .sample import label

# How many columns a line names.
_NAMED = 6


def residuals(sample: stats.Sample, request: Request, groups: NDArray[Any] | None) -> str | None:
    """Return of what the rows of a sample are residuals, None if they are rows as they are."""
    if sample.design is None:
        return None
    parts = []
    if request.design is not None:
        parts.append(f"of a regression on {label(request.design)}")
    if request.residuals_of is not None:
        others = "the other columns" if request.selection is None else f"the columns {request.selection}"
        parts.append(f"of a regression on {others}")
    if groups is not None:
        parts.append(f"from the means of {len(set(groups.tolist()) - {None})} groups")
    return f"{' and '.join(parts)}: {sample.design.freedom:,} of {sample.n:,} degrees of freedom are left"


def rounding(sample: stats.Sample, names: Sequence[str] | None) -> str | None:
    """Return to which steps the null rounds the columns, None if it rounds none."""
    if sample.rounding is None:
        return None
    steps = sample.rounding.steps
    by_step: dict[float, list[str]] = {}
    for index in np.flatnonzero(steps).tolist():
        by_step.setdefault(float(steps[index]), []).append(str(index) if names is None else names[index])
    if len(by_step) == 1 and np.all(steps > 0.0):
        return f"to steps of {next(iter(by_step)):.6g}; normal values that were rounded so are the null"
    said = [f"{', '.join(names)} to steps of {step:.6g}" for step, names in by_step.items()]
    return f"{'; '.join(said)}; normal values that were rounded so are the null"


def without_rounding(sample: stats.Sample, request: Request) -> tuple[Note, ...]:
    """Return a note where rounding was asked for and the null rounds nothing."""
    if request.rounding is None or sample.rounding is not None:
        return ()
    why = "no column comes in steps that a test could see" if request.rounding == "auto" else "it names no step"
    return (Note(f"--rounding changes nothing here: {why}.", "rounding"),)


def transform(sample: stats.Sample, names: Sequence[str] | None) -> str | None:
    """Return by which powers the columns were transformed, None if they were not."""
    if sample.transform is None:
        return None
    powers = [f"{index if names is None else names[index]} {p:.3g}" for index, p in enumerate(sample.transform.powers)]
    more = f" and {len(powers) - _NAMED} more" if len(powers) > _NAMED else ""
    return f"{sample.transform.name} by the powers {', '.join(powers[:_NAMED])}{more}"


def transformations(sample: stats.Sample, request: Request, names: Sequence[str] | None) -> tuple[Note, ...]:
    """Return a note on whether a power transformation would make the sample normal, if that was asked."""
    if not request.transformations or sample.treatment is not None:
        return ()  # residuals of groups are not transformed
    table = stats.transformations(
        sample,
        next(iter(request.tests.wanted(request.method)), "energy"),
        names=names,
        level=request.alpha,
        n_resamples=request.n_resamples,
        rng=request.seed,
        workers=request.jobs,
    )
    return (Note(table.attrs["sentence"], "transformations"),)
