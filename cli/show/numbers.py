"""Numbers as they are shown, with the digits that they are known to."""

from __future__ import annotations

import math

from slicednorm.paper._numbers import number_text
from slicednorm.stats._calibration.tail import FARTHEST_TAIL

from ..testing.findings import Report, Row

# A statistic, to four digits.
number = number_text

# From here down a p-value is shown as a power of ten.
_SMALL = 1e-4


def very_small(value: float) -> str:
    """Return what is shown of a p-value by a formula that underflows; nothing of others."""
    return "< 1e-300" if value == 0.0 else ""


def pvalue(row: Row, alpha: float) -> str:
    """Return a p-value with its error, to the digit that the error leaves, one more near the level."""
    if row.pvalue is None:
        return "-"
    if row.at_floor:
        return f"{row.pvalue:.3g} *"
    error = row.pvalue_error
    if row.pvalue == 0.0:
        return very_small(row.pvalue)
    if not error:
        return f"{row.pvalue:.3g}"
    digits = max(0, -math.floor(math.log10(error)))
    digits += round(row.pvalue, digits) == round(alpha, digits)
    if row.pvalue < _SMALL and error > 0.5 * row.pvalue:
        return f"about {row.pvalue:.0e}"
    if digits > 6 or row.pvalue < _SMALL:
        return f"{row.pvalue:.1e} ± {error:.0e}"
    return f"{row.pvalue:.{digits}f} ± {error:.{digits}f}"


def _tail(row: Row) -> str:
    """Return an extrapolated p-value, or that it is too small to be extrapolated to."""
    assert row.result.tail_pvalue is not None
    assert row.result.n_resamples is not None
    below = row.result.tail_pvalue <= 1.001 * FARTHEST_TAIL / (row.result.n_resamples + 1)
    return f"{'below' if below else 'about'} {row.result.tail_pvalue:.1g}"


def floors(report: Report) -> list[str]:
    """Return what is to be known of the p-values that are marked as the smallest possible."""
    rows = [row for row in (*report.tests, *report.beside) if row.at_floor]
    if not rows:
        return []
    counts = " and ".join(f"M = {count:,}" for count in sorted({row.result.n_resamples or 0 for row in rows}))
    note = f"* the smallest p-value possible at {counts}: no replicate lies as far."
    tails: dict[str, list[str]] = {}
    for row in rows:
        if row.result.tail_pvalue is not None:
            tails.setdefault(_tail(row), []).append(row.test)
    if tails:
        shown = ", ".join(f"{value} ({', '.join(names)})" for value, names in tails.items())
        note += f" Extrapolated from the tail of the replicates it would be {shown}."
    return [note]
