"""Notes on the order of the rows: whether they are sorted, and whether rows near each other are alike.

The statistic takes columns and their absolute values, standardised, and the autocorrelations of each at a few lags. The
squares of these are summed for each (Box and Pierce, J. Am. Stat. Assoc. 65, 1970; each over its own number of pairs),
and the largest sum and the sum of all are turned into probabilities by their limits, for the columns and for the
absolute values. The smallest of these four probabilities is ranked among those of the same rows in random orders, which
are as likely as theirs if the rows are independent and alike, whatever their distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.concerns.note import DataNote, columns_in_words
from slicednorm.stats._sample.concerns.repeats import hashes
from slicednorm.stats._sample.concerns.values import spread_over
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._streams import order_stream

Array: TypeAlias = NDArray[np.float64]

# How many values are looked at, of at most so many columns, and rows in so many stretches of neighbours.
_MOST_VALUES, _MOST_COLUMNS, _MOST_ROWS, _STRETCHES = 1 << 16, 64, 1 << 12, 8

_LEAST_ROWS, _LAGS = 20, 5

# The number of random orders: dependence is noted if none of them is as far, that is for at most one in 400 samples of
# independent rows. They are only drawn if the limits say that a statistic may be far.
_ORDERS, _HOPEFUL = 399, 0.02

# A column is sorted if in a random order it would be less often than this.
_BY_CHANCE = 1e-6

# Below this part of the largest value a standard deviation is rounding.
_VARIES = 1e-12


@dataclass(frozen=True)
class _Series:
    """Standardised series (t, p), in stretches of equal length: columns, the first ``levels`` of them, and sizes.

    ``owners`` are the places of the columns that they are of, −1 for the size of whole rows.
    """

    values: Array
    owners: NDArray[np.intp]
    levels: int
    length: int

    def products(self, order: NDArray[np.intp] | None = None) -> Array:
        """Return √pairs times the autocorrelations (lags, p), of the rows in another order."""
        values = self.values if order is None else self.values[order]
        stretches = values.reshape(-1, self.length, values.shape[1])
        return np.stack(
            [
                np.einsum("ctp,ctp->p", stretches[:, lag:], stretches[:, :-lag])
                / math.sqrt(len(stretches) * (self.length - lag))
                for lag in range(1, _LAGS + 1)
            ]
        )

    def smallest(self, products: Array) -> Array:
        """Return the probabilities of the largest sum and of the sum of all, of levels and of absolute values (4,)."""
        from scipy import special

        squares = np.sum(products * products, axis=0)
        found = []
        for part in (squares[: self.levels], squares[self.levels :]):
            found.append(min(1.0, len(part) * float(special.chdtrc(_LAGS, part.max()))))
            found.append(float(special.chdtrc(_LAGS * len(part), part.sum())))
        return np.asarray(found)


def standardised(values: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return the columns that vary, standardised, and which they are."""
    with np.errstate(all="ignore"):
        unit = np.maximum(np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
        scaled = values / unit
        centred = scaled - scaled.mean(axis=0)
        sd = np.sqrt(np.mean(centred * centred, axis=0))
    varying = np.flatnonzero(sd > _VARIES)
    return centred[:, varying] / sd[varying], varying


def _series(values: Array, length: int) -> _Series | None:
    """Return the series of rows (t, columns); None if no column varies."""
    levels, of_levels = standardised(values)
    if not of_levels.size:
        return None
    sizes = np.abs(levels)
    owners = of_levels
    if of_levels.size > 1:
        sizes = np.concatenate([sizes, np.sqrt(np.mean(levels * levels, axis=1, keepdims=True))], axis=1)
        owners = np.append(of_levels, -1)
    sizes, of_sizes = standardised(sizes)
    if not of_sizes.size:  # two values, either as far from the mean
        sizes, owners, of_sizes = levels, of_levels, np.arange(of_levels.size)
    return _Series(
        np.concatenate([levels, sizes], axis=1), np.append(of_levels, owners[of_sizes]), of_levels.size, length
    )


def _stretches(n: int, most: int) -> tuple[NDArray[np.intp], int]:
    """Return positions of rows, and how many neighbours there are in each stretch."""
    if n <= most:
        return np.arange(n), n
    length = most // _STRETCHES
    starts = np.arange(_STRETCHES) * (n - length) // (_STRETCHES - 1)
    return np.add.outer(starts, np.arange(length)).ravel(), length


def _is_sorted(column: Array) -> bool:
    """Return whether a column ascends or descends, and would hardly do so by chance: 2 Π counts!/n!."""
    with np.errstate(over="ignore"):  # the sign is what counts
        steps = np.diff(column)
    if not ((steps >= 0.0).all() or (steps <= 0.0).all()):
        return False
    _, counts = np.unique(column, return_counts=True)
    chance = math.log(2.0) + sum(math.lgamma(count + 1.0) for count in counts.tolist()) - math.lgamma(len(column) + 1.0)
    return chance < math.log(_BY_CHANCE)


def _without_repeats(values: Array) -> Array:
    """Return rows without those that repeat one before."""
    _, first = np.unique(hashes(values), return_index=True)
    return values[np.sort(first)]


def _dependence(series: _Series, root: np.random.SeedSequence) -> int | None:
    """Return which of the four statistics shows that the order is not a random one, None if none does."""
    own = series.smallest(series.products())
    if own.min() > _HOPEFUL:
        return None
    rng = np.random.default_rng(order_stream(root))
    for _ in range(_ORDERS):
        if series.smallest(series.products(rng.permutation(len(series.values)))).min() <= own.min():
            return None
    return int(np.argmin(own))


def notes_on_order(
    rows: Rows, names: Sequence[str] | None, root: np.random.SeedSequence, *, repeats: bool
) -> list[DataNote]:
    """Return a note if the rows are sorted, or rows near each other are alike.

    Parameters
    ----------
    rows : Rows
        The sample.
    names : sequence of str or None
        Names of the columns.
    root : numpy.random.SeedSequence
        The seed of the random orders.
    repeats : bool
        Whether rows repeat: then only the first of each is looked at.
    """
    if rows.n < _LEAST_ROWS:
        return []
    columns = spread_over(rows.dim, _MOST_COLUMNS)
    positions, length = _stretches(rows.n, min(_MOST_ROWS, _MOST_VALUES // len(columns)))
    values = rows.at(positions, None if len(columns) == rows.dim else columns).astype(np.float64)
    in_order = [int(column) for column, one in zip(columns, values.T, strict=True) if _is_sorted(one)]
    if in_order:
        where = columns_in_words(in_order[:1], names, rows.dim).replace("the only column", "value")
        return [
            DataNote(
                "sorted rows",
                f"The rows are sorted by {where}. That is no fault, but so their order cannot show whether rows depend "
                "on each other, and the tests take it that they do not.",
                tuple(in_order),
            )
        ]
    if repeats:
        values = _without_repeats(values)
        length = len(values) if length == rows.n else length
        values = values[: len(values) // length * length]
        if len(values) < _LEAST_ROWS:
            return []
    series = _series(values, length)
    which = None if series is None else _dependence(series, root)
    if series is None or which is None:
        return []
    return [_note(series, columns, which, names, rows.dim)]


def _note(series: _Series, columns: NDArray[np.intp], which: int, names: Sequence[str] | None, dim: int) -> DataNote:
    """Return the note, with the autocorrelation that is farthest from 0."""
    of_levels = which < 2
    first, end = (0, series.levels) if of_levels else (series.levels, None)
    products = series.products()[:, first:end]
    before, place = np.unravel_index(int(np.argmax(np.abs(products))), products.shape)
    lag = int(before) + 1
    pairs = len(series.values) // series.length * (series.length - lag)
    correlation = float(products[before, place]) / math.sqrt(pairs)
    owner = int(series.owners[first + int(place)])
    one = None if owner < 0 else int(columns[owner])
    where = "the rows' sizes" if one is None else columns_in_words([one], names, dim)
    if of_levels:
        said = "Rows near each other are alike" if correlation > 0.0 else "Rows near each other differ too much"
        figure = f"in {where} rows {lag} apart have the correlation {correlation:.2f}"
    else:
        said = "Rows far from the centre come in runs" if correlation > 0.0 else "Rows far from the centre alternate"
        of = where if one is None else f"the absolute values of {where}"
        figure = f"rows {lag} apart have the correlation {correlation:.2f} in {of}"
    return DataNote(
        "serial dependence",
        f"{said}: {figure}, and none of {_ORDERS} random orders of the rows shows as much. The tests take rows as "
        "independent, so their p-values do not hold here: test what a model of the order leaves over, or one row of "
        "each group.",
        () if one is None else (one,),
        {"autocorrelation": correlation, "lag": float(lag), "pvalue": 1.0 / (_ORDERS + 1)},
    )
