"""Numbers as papers print them."""

from __future__ import annotations

# From here down a p-value is only said to be small.
LEAST = 0.001

# What three digits must not round a p-value to, since it is read as a verdict.
_LEVEL = 0.05


def number_text(value: float) -> str:
    """Return a statistic to four digits.

    Examples
    --------
    >>> number_text(0.0173612), number_text(-24.40), number_text(1234.5)
    ('0.01736', '-24.40', '1234')
    """
    return f"{value:#.4g}".removesuffix(".")


def pvalue_text(pvalue: float) -> str:
    """Return a p-value to three digits, without the zero before the point, or with a sign that says where it lies.

    A fourth digit is there where three would show 0.05, and the p-value is another.

    Examples
    --------
    >>> [pvalue_text(p) for p in (1e-9, 0.0432, 0.04978, 0.99971, 1.0)]
    ['< .001', '.043', '.0498', '> .999', '1']
    """
    if pvalue < LEAST:
        return f"< {LEAST:.3f}".replace("0.", ".")
    if pvalue == 1.0:
        return "1"
    if pvalue > 1.0 - 0.5 * LEAST:
        return "> .999"
    digits = 4 if pvalue != _LEVEL and f"{pvalue:.3f}" == f"{_LEVEL:.3f}" else 3
    return f"{pvalue:.{digits}f}".removeprefix("0")


def error_text(error: float) -> str:
    """Return the standard error of a p-value to three digits, without the zero before the point.

    Examples
    --------
    >>> error_text(0.0499), error_text(1e-5)
    ('.050', '< .001')
    """
    return pvalue_text(error) if error < LEAST else f"{error:.3f}".removeprefix("0")
