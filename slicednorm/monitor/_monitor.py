"""One look at latents, and a history of looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._results import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class LatentRecord(Result):
    """What one look at latents found.

    Attributes
    ----------
    test, title : the name of the statistic, and its name in words.
    epoch : as it was given.
    statistic : its distance to the null, aggregated over the slices.
    pvalue : None if none was asked for.
    worst : the distance of the least normal slice.
    worst_column, worst_weight : the column that weighs most in the direction of that slice, and its weight there.
    method, n_resamples, law_n : as in `slicednorm.stats.SlicedTestResult`.
    n, dim, null : of the sample that was tested.
    direction : (D,) the direction of the least normal slice, in the standardised space; its largest weight is positive.
    """

    test: str
    title: str
    epoch: int | None
    statistic: float
    pvalue: float | None
    worst: float
    worst_column: int
    worst_weight: float
    method: str | None
    n_resamples: int | None
    law_n: int | None
    n: int
    dim: int
    null: str
    direction: NDArray[np.float64] = field(compare=False)

    def scalars(self, prefix: str = "latents/") -> dict[str, float]:
        """Return what a logger takes: the statistic, its p-value if there is one, and the worst slice's distance.

        Examples
        --------
        >>> import numpy as np
        >>> z = np.random.default_rng(0).standard_normal((200, 3))
        >>> sorted(check_latents(z, n_slices=16, n_resamples=99).scalars())
        ['latents/cvm', 'latents/cvm_pvalue', 'latents/cvm_worst']
        """
        found = {f"{prefix}{self.test}": self.statistic, f"{prefix}{self.test}_worst": self.worst}
        if self.pvalue is not None:
            found[f"{prefix}{self.test}_pvalue"] = self.pvalue
        return found


def check_latents(
    latents: Any,
    statistic: str = "cvm",
    *,
    epoch: int | None = None,
    max_rows: int | None = None,
    n_resamples: Any = "auto",
    rng: Any = 0,
    **options: Any,
) -> LatentRecord:
    """Test latents against the prior, and say along which slice they are least normal.

    It is `slicednorm.stats.sliced_test` with the defaults of a training loop: the same directions at every look, so
    that statistics can be compared, and the null law that is kept. Only the first look at a shape computes a law,
    unless `LatentMonitor.prepare` or ``slicednorm calibrate`` did; the others take as long as the statistic.

    Parameters
    ----------
    latents : (n, D) array or tensor, on any device and of any floating-point dtype; no gradient flows.
    statistic : its name, as for `slicednorm.stats.sliced_test`.
    epoch : what to remember the look by.
    max_rows : how many rows to take at most, the first ones; None for all. A law is for one number of rows up to 2,000;
        beyond, one law serves all (but for ``"cw"``).
    n_resamples, rng, **options : of `slicednorm.stats.sliced_test`.

    Returns
    -------
    LatentRecord

    Raises
    ------
    ValueError, TypeError
        As `slicednorm.stats.sliced_test`, and if ``max_rows`` is less than 2.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.random.default_rng(0).standard_normal((500, 4))
    >>> z[:, 2] *= 1.5
    >>> record = check_latents(z, epoch=1, n_slices=64, n_resamples=99)
    >>> record.pvalue, record.worst_column
    (0.01, 2)
    """
    if max_rows is not None:
        if max_rows < 2:
            raise ValueError(f"max_rows must be at least 2, got {max_rows}")
        latents = latents[:max_rows]
    result = stats.sliced_test(latents, statistic, n_resamples=n_resamples, rng=rng, **options)
    worst = int(np.argmax(result.slice_statistics))
    direction = result.directions[worst].astype(np.float64)
    heaviest = int(np.argmax(np.abs(direction)))
    direction *= np.sign(direction[heaviest])
    return LatentRecord(
        test=result.test,
        title=result.title,
        epoch=epoch,
        statistic=result.statistic,
        pvalue=result.pvalue,
        worst=float(result.slice_statistics[worst]),
        worst_column=heaviest,
        worst_weight=float(direction[heaviest]),
        method=result.method,
        n_resamples=result.n_resamples,
        law_n=result.law_n,
        n=result.n,
        dim=result.dim,
        null=result.null,
        direction=direction,
    )


class LatentMonitor:
    """Looks at latents by the same test at every epoch, and remembers what it saw.

    Each p-value is valid for its own epoch. Of many epochs some fall below the level by chance, so that a training that
    stops at the first p-value above, or below, some level has not tested at it.

    Parameters
    ----------
    statistic, max_rows, **options : of `check_latents`.

    Attributes
    ----------
    history : the records so far, a list.

    Examples
    --------
    >>> import numpy as np
    >>> monitor = LatentMonitor("cvm", n_slices=16, n_resamples=99)
    >>> for epoch in (1, 2):
    ...     z = np.random.default_rng(epoch).standard_normal((200, 3)) * (3 - epoch)
    ...     record = monitor(z, epoch=epoch)
    >>> monitor.to_frame()[["epoch", "n", "dim"]]
       epoch    n  dim
    0      1  200    3
    1      2  200    3
    """

    def __init__(self, statistic: str = "cvm", *, max_rows: int | None = None, **options: Any) -> None:
        self._options = {"statistic": statistic, "max_rows": max_rows, **options}
        self.history: list[LatentRecord] = []

    def __call__(self, latents: Any, *, epoch: int | None = None) -> LatentRecord:
        """Look at the latents (n, D) of an epoch, counted from 1 where none is given."""
        number = len(self.history) + 1 if epoch is None else epoch
        record = check_latents(latents, epoch=number, **self._options)
        self.history.append(record)
        return record

    def prepare(self, n: int, dim: int, *, dtype: str = "float32", n_resamples: int = 9_999, workers: int = -1) -> None:
        """Compute the null law of latents of a shape ahead, and keep it, so that no epoch has to wait for it.

        Parameters
        ----------
        n, dim : the shape of the validation latents.
        dtype : ``"float32"``, in which narrower ones are computed as well, or ``"float64"``.
        n_resamples, workers : of `slicednorm.stats.prepare`.

        Raises
        ------
        ValueError, TypeError
            As `slicednorm.stats.prepare`.
        """
        shaping = ("null", "aggregate", "n_slices", "directions")
        taken = {name: self._options[name] for name in shaping if name in self._options}
        most = self._options["max_rows"]
        rows = n if most is None else min(n, most)
        stats.prepare(
            rows, dim, [self._options["statistic"]], dtype=dtype, n_resamples=n_resamples, workers=workers, **taken
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the history as a DataFrame, a row a look; ``slicednorm.plots.history`` draws it."""
        import pandas as pd

        rows = [record.to_frame().reset_index() for record in self.history]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["test", "epoch", "pvalue"])
