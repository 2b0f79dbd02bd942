"""The groups of a file: each tested by itself, and all of them less their means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._hypotests.by_group import POOLED

from .. import readers
from ..terminal.errors import InputError
from .findings import Findings, Report
from .request import Request
from .run import examine_sample
from .sample import label, naming, read_parameter, read_table, sample_of, without_dependent
from .treated import residuals
from .verdicts import judged_together


@dataclass(frozen=True)
class OfGroup:
    """What the tests of a group found; ``found`` is None where it could not be tested, and ``note`` says why."""

    group: str
    n: int
    found: Findings | None
    note: str = ""

    @property
    def report(self) -> Report | None:
        """What there is to report of its tests."""
        return None if self.found is None else self.found.report


@dataclass(frozen=True)
class GroupReport:
    """Everything there is to report of the groups of a file.

    Attributes
    ----------
    file, label : str
        The file, and what messages call it.
    by : str
        The column that names the groups.
    alpha : float
        The level.
    groups : tuple of OfGroup
        The groups, in the order of their names; p-values are adjusted over all of them and all of their tests.
    pooled : OfGroup or None
        All rows less the means of their groups, None under the standard null; p-values are adjusted over its tests.
    notes : tuple of str
        What is to be said of the file.
    """

    file: str
    label: str
    by: str
    alpha: float
    groups: tuple[OfGroup, ...]
    pooled: OfGroup | None
    notes: tuple[str, ...]

    @property
    def all(self) -> tuple[OfGroup, ...]:
        """The groups, and all rows less their means."""
        return self.groups if self.pooled is None else (*self.groups, self.pooled)

    @property
    def rejects(self) -> bool:
        """Whether any test rejects."""
        return any(one.report is not None and one.report.rejects for one in self.all)


# A column of more values than this, with fewer rows for each on average, names no groups: numbers are measurements or
# count something, and of words each is a name of its own.
_MOST, _LEAST_ROWS, _LEAST_ROWS_OF_WORDS = 20, 5, 2


def _check_groups(names: Sequence[str], n: int, request: Request, table: readers.Table) -> None:
    """Raise an InputError where a column has nearly as many values as there are rows."""
    try:
        for name in names:
            float(name)
        least = _LEAST_ROWS
    except ValueError:
        least = _LEAST_ROWS_OF_WORDS
    if len(names) > _MOST and n < least * len(names):
        left = n - len(names) > table.width and request.null == "composite"
        within = "; --within takes them as groups that share a covariance" if left else ""
        raise InputError(
            f"{label(request.path)}: the column {table.by!r} makes {len(names):,} groups of {n:,} rows, too small to "
            f"be tested one by one; name a column of fewer values{within}"
        )


def _in_order(names: set[str]) -> list[str]:
    """Return names in order, numbers by their value."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def _judged(some: Sequence[OfGroup]) -> tuple[OfGroup, ...]:
    """Return groups judged together."""
    reports = iter(judged_together([one.found.report for one in some if one.found is not None]))
    return tuple(
        one if one.found is None else replace(one, found=replace(one.found, report=next(reports))) for one in some
    )


def examine_groups(request: Request, by: str) -> GroupReport:
    """Read the sample that a request names, and test each of its groups.

    Raises
    ------
    InputError
        If the file cannot be read, has no groups, or no group allows the tests.
    """
    table = read_table(request.path, group=by, **request.reading)
    labels = table.groups
    assert labels is not None
    inside = np.flatnonzero(labels != None)  # noqa: E711  # element by element
    names = _in_order({str(one) for one in labels if one is not None})
    if not names:
        raise InputError(f"{label(request.path)}: no row has a group: the column {table.by!r} is empty")
    _check_groups(names, len(inside), request, table)
    request = replace(request, mardia=False)
    # What is missing is an error, or left out, as for one sample.
    with naming(request.path, table):
        whole = replace(table if len(inside) == len(labels) else table.some(inside), groups=None)
        if request.drop_dependent:
            left = without_dependent(whole, request)
            table = replace(table, take=left.take, columns=left.columns, names=left.names, notes=left.notes)
            whole = left
        dim = sample_of(whole, request.nan_policy).dim
        mean, of_mean = read_parameter("mean", request.mean, dim, request.decimal)
        cov, of_cov = read_parameter("cov", request.cov, dim, request.decimal)

    def examined(group: str, rows: NDArray[np.intp], groups: NDArray[Any] | None) -> OfGroup:
        # Rows keep what they are called in the file.
        part = replace(table.some(rows), groups=groups)
        try:
            with naming(request.path, part):
                if request.drop_dependent:
                    # What varies over all groups may be constant in one.
                    part = without_dependent(replace(part, notes=()), request)
                sample = sample_of(part, request.nan_policy, **request.treatment)
                found = examine_sample(
                    sample,
                    request,
                    columns=part.columns,
                    names=part.names,
                    target={"mean": mean, "cov": cov},
                    notes=part.notes if request.drop_dependent else (),
                    residuals=residuals(sample, request, groups),
                )
        except (InputError, stats.SampleError) as error:
            return OfGroup(group, len(rows), None, str(error).removeprefix(f"{label(request.path)}: "))
        return OfGroup(group, sample.n, replace(found, table=part))

    some = [examined(name, np.flatnonzero(labels == name), None) for name in names]
    pooled = None
    residual = request.null == "composite" and request.method in (None, "auto", "sequential", "monte carlo")
    # Residuals of values in steps are in no steps, and each group has powers of its own.
    if residual and len(names) > 1 and request.rounding is None and request.transform is None:
        pooled = examined(POOLED, inside, labels[inside])
    if not any(one.report is not None for one in some) and (pooled is None or pooled.report is None):
        raise InputError(f"{label(request.path)}: no group can be tested; {some[0].group}: {some[0].note}")
    notes = [*table.notes, *of_mean, *of_cov]
    if len(names) == 1:
        notes.append(readers.Note(f"All rows with a group are in one, {names[0]!r}: nothing is compared.", "groups"))
    without = len(labels) - len(inside)
    if without:
        text = f"{without:,} row{'s' if without > 1 else ''} without a group left out."
        notes.append(readers.Note(text, "groups"))
    return GroupReport(
        file=request.path,
        label=label(request.path),
        by=table.by or by,
        alpha=request.alpha,
        groups=_judged(some),
        pooled=None if pooled is None else _judged([pooled])[0],
        notes=tuple(notes),
    )
