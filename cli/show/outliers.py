"""Rows that stand out, in words."""

from __future__ import annotations

from ..testing.findings import Report, StandingOut

# How many rows are named.
_NAMED = 8


def standing_out(report: Report, found: StandingOut) -> str:
    """Return which rows stand out, and what the tests say without them."""
    if not found.names:
        return (
            f"No row lies farther out than the farthest of {report.n:,} normal rows may, at level {report.alpha:g} "
            f"({found.n_tried:,} rows were tried)."
        )
    named = ", ".join(found.names[:_NAMED])
    more = f" and {len(found.names) - _NAMED} more" if len(found.names) > _NAMED else ""
    one = len(found.names) == 1
    counted = " (from 0)" if found.counted else ""
    said = f"Row{'' if one else 's'} {named}{more}{counted} stand{'s' if one else ''} out"
    if one:
        (square,), (chance,) = found.squared_distances, found.pvalues
        said += (
            f" (squared distance {square:.1f}; the farthest of {report.n:,} normal rows is as far with probability "
            f"{chance:.2g})"
        )
    if len(found.names) == found.n_tried > 1:
        said += f", and there may be more: no more than {found.n_tried:,} rows were tried"
    tests = [row for row in found.without if row.pvalue is not None]
    if not tests:
        return f"{said}."
    answers = ", ".join(f"{row.test} p = {row.pvalue:.2g}" for row in tests)
    said += f". Without {'it' if one else 'them'}: {answers}."
    if decides(report):
        said += f" So the verdict hangs on {'this row' if one else 'these rows'}."
    return said


def decides(report: Report) -> bool:
    """Return whether the verdict hangs on the rows that stand out."""
    found = report.outliers
    tests = [] if found is None else [row for row in found.without if row.pvalue is not None]
    return bool(tests) and report.rejects and not any(row.reject for row in tests)
