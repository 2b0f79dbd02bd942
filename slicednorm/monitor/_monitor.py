"""One look at latents, and a history of looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm import stats
from slicednorm.distances import get_distance
from slicednorm.monitor._options import LookOptions, SlicedOptions
from slicednorm.stats._calibration.budget import fewest_resamples, most_resamples
from slicednorm.stats._calibration.memory import in_memory, judged_in_memory
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._calibration.way import Way, check_method
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.prepare import check_shape
from slicednorm.stats._hypotests.registry import Shape, SlicedTest, sliced_laws
from slicednorm.stats._hypotests.sliced import SlicedTestResult
from slicednorm.stats._null.sliced import sliced_ranking
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, MethodUsed, Null, Progress

if TYPE_CHECKING:
    import pandas as pd


def _scalar_names(test: str, prefix: str) -> tuple[str, str, str]:
    """Return what the statistic, the worst slice's distance and the p-value are called in a log."""
    return f"{prefix}{test}", f"{prefix}{test}_worst", f"{prefix}{test}_pvalue"


@dataclass(frozen=True, repr=False)
class LatentRecord(Result):
    """What one look at latents found.

    Attributes
    ----------
    test, title : str
        The name of the statistic, and its name in words.
    epoch : int or None
        Epoch of the look, as it was given.
    statistic : float
        Distance to the null, aggregated over the slices.
    pvalue : float or None
        P-value, None if none was asked for.
    worst : float
        The distance of the least normal slice; the columns are slices too, where they are no more than the others.
    worst_column : int
        Position of the column that weighs most in the direction of that slice.
    worst_weight : float
        Its weight there, which is 1 where the slice is the column itself.
    method : {"sequential", "cached", "monte carlo", "asymptotic"} or None
        How the p-value was found, as in `slicednorm.stats.SlicedTestResult`.
    n_resamples, law_n : int or None
        Number of null replicates, and number of their rows, as in `slicednorm.stats.SlicedTestResult`.
    n, dim : int
        Shape of the sample that was tested.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    direction : ndarray of shape (D,), dtype=float64
        The direction of the least normal slice, in the standardised space; its largest weight is positive.
    """

    test: str
    title: str
    epoch: int | None
    statistic: float
    pvalue: float | None
    worst: float
    worst_column: int
    worst_weight: float
    method: MethodUsed | None
    n_resamples: int | None
    law_n: int | None
    n: int
    dim: int
    null: Null
    direction: NDArray[np.float64] = field(compare=False)

    @property
    def name(self) -> str:
        """The name of the statistic."""
        return self.test

    def to_frame(self) -> pd.DataFrame:
        """Return the record as a DataFrame of one row, whose index is the name of the statistic.

        Returns
        -------
        pandas.DataFrame
            The record, a row under the name of the statistic.
        """
        return super().to_frame().set_index("test")

    def scalars(self, prefix: str = "latents/") -> dict[str, float]:
        """Return what a logger takes: the statistic, its p-value if there is one, and the worst slice's distance.

        Parameters
        ----------
        prefix : str, default: "latents/"
            What the names begin with.

        Returns
        -------
        dict of str to float
            The values by name.

        Examples
        --------
        >>> import numpy as np
        >>> z = np.random.default_rng(0).standard_normal((200, 3))
        >>> sorted(check_latents(z, n_slices=16, n_resamples=99).scalars())
        ['latents/cvm', 'latents/cvm_pvalue', 'latents/cvm_worst']
        """
        values = (self.statistic, self.worst, self.pvalue)
        named = zip(_scalar_names(self.test, prefix), values, strict=True)
        return {name: value for name, value in named if value is not None}


def _law_size(way: Way | None) -> int:
    """Return how many replicates a null distribution must have at the least."""
    return most_resamples(way) if way is not None and way.method == "cached" else fewest_resamples()


def _tested_by_a_law(
    sample: Sample, statistic: str, way: Way, rng: RNG, options: SlicedOptions
) -> tuple[SlicedTestResult, Calibration]:
    """Return the test of a sample without a p-value, and what the null distribution of its shape says of it."""
    result = stats.sliced_test(sample, statistic, method=None, rng=rng, **options)
    check_statistics(np.asarray([result.statistic]), (result.test,), sample.rows)
    kind: Any = options.get("directions") or "iid"
    shape = Shape(result.n, result.dim, result.null, result.aggregate, result.n_slices, kind, sample.dtype)
    judged = judged_in_memory(
        sliced_laws([SlicedTest(get_distance(result.name))], shape),
        _law_size(way),
        result.statistic,
        sliced_ranking(sample.dtype),
        workers=options.get("workers", 1),
        progress=options.get("progress"),
    )
    return result, judged


def _least_normal(
    sample: Sample, result: SlicedTestResult, options: Mapping[str, Any]
) -> tuple[float, NDArray[np.float64]]:
    """Return the largest distance among the slices and the columns, and its direction.

    A latent that is off alone shows in its column, and hardly in directions that are drawn at random.
    """
    values, directions = result.slice_statistics, result.directions
    if 1 < result.dim <= result.n_slices:
        given = {name: options[name] for name in ("null", "workers", "mean", "cov") if name in options}
        columns = stats.sliced_test(
            sample, result.test, directions=np.eye(result.dim), method=None, rng=result.seed, **given
        )
        values = np.concatenate([values, columns.slice_statistics])
        directions = np.concatenate([directions, columns.directions])
    worst = int(np.argmax(values))
    return float(values[worst]), directions[worst].astype(np.float64)


def _check_max_rows(max_rows: int | None) -> None:
    if max_rows is not None and max_rows < 2:
        raise ValueError(f"max_rows must be at least 2, got {max_rows}")


def check_latents(
    latents: ArrayLike,
    statistic: str = "cvm",
    *,
    epoch: int | None = None,
    max_rows: int | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = 0,
    **options: Unpack[SlicedOptions],
) -> LatentRecord:
    """Test latents against the prior, and say along which slice they are least normal.

    It is `slicednorm.stats.sliced_test` with the defaults of a training loop: the same directions at every look, so
    that statistics can be compared, and the null distribution of the shape, which is cached, and held in memory. Only
    the first look at a shape computes it, unless `LatentMonitor.prepare` or ``slicednorm calibrate`` did; the others
    take as long as the statistic.

    Parameters
    ----------
    latents : array_like or torch.Tensor of shape (n, D)
        Latents, on any device and of any floating-point dtype; no gradient flows.
    statistic : str, default: "cvm"
        Name of the statistic, as for `slicednorm.stats.sliced_test`.
    epoch : int, optional
        Number to remember the look by.
    max_rows : int, optional
        How many rows to take at most, the first ones; None for all. Up to 2,000 rows each number of them has a null
        distribution of its own; beyond, one serves all (except for ``"cw"``).
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        ``"auto"``: by the null distribution of the shape, with 9,999 replicates or more if they are there;
        ``"cached"``: with 99,999. The others as for `slicednorm.stats.sliced_test`; None computes the statistic alone.
    n_resamples : int, optional
        Number of null replicates of the latents' own shape at every look. With a number, ``"auto"`` means
        ``"monte carlo"``.
    rng : int, numpy.random.Generator, numpy.random.SeedSequence or None, default: 0
        The seed of the directions. None draws fresh ones at every look.
    **options
        Other options of `slicednorm.stats.sliced_test`.

    Returns
    -------
    LatentRecord
        What was found.

    Raises
    ------
    ValueError
        As `slicednorm.stats.sliced_test`, and if ``max_rows`` is less than 2.
    TypeError
        As `slicednorm.stats.sliced_test`.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.random.default_rng(0).standard_normal((500, 4))
    >>> z[:, 2] *= 1.5
    >>> record = check_latents(z, epoch=1, n_slices=64, n_resamples=99)
    >>> record.pvalue, record.worst_column
    (0.01, 2)
    """
    _check_max_rows(max_rows)
    if max_rows is not None:
        latents = cast(NDArray[Any], latents)[:max_rows]
    way = check_method(method, n_resamples)
    sample = as_sample(latents, nan_policy=options.pop("nan_policy", "raise"))
    by_a_law = way is not None and way.method in ("auto", "cached")
    if way is not None and by_a_law and isinstance(options.get("directions"), str | None):
        result, judged = _tested_by_a_law(sample, statistic, way, rng, options)
    else:
        result = stats.sliced_test(sample, statistic, method=method, n_resamples=n_resamples, rng=rng, **options)
        judged = result.calibration
    worst, direction = _least_normal(sample, result, options)
    heaviest = int(np.argmax(np.abs(direction)))
    direction *= np.sign(direction[heaviest])
    return LatentRecord(
        test=result.test,
        title=result.title,
        epoch=epoch,
        statistic=result.statistic,
        pvalue=judged.pvalue,
        worst=worst,
        worst_column=heaviest,
        worst_weight=float(direction[heaviest]),
        method=judged.method,
        n_resamples=judged.n_resamples,
        law_n=judged.law_n,
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
    statistic : str, default: "cvm"
        Name of the statistic, as for `check_latents`.
    max_rows : int, optional
        How many rows to take at most, as for `check_latents`.
    **options
        Other options of `check_latents`. All are tried on a few rows, so that what is wrong with them is said before
        the training and not after its first epoch.

    Attributes
    ----------
    statistic : str
        The name of the statistic.
    history : list of LatentRecord
        The records so far.

    Raises
    ------
    ValueError
        As `check_latents`.
    TypeError
        As `check_latents`.

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

    def __init__(self, statistic: str = "cvm", *, max_rows: int | None = None, **options: Unpack[LookOptions]) -> None:
        self.statistic = get_distance(statistic).name
        self._options: dict[str, Any] = {"statistic": statistic, "max_rows": max_rows, **options}
        self.history: list[LatentRecord] = []
        self._way = check_method(options.get("method", "auto"), options.get("n_resamples"))
        _check_max_rows(max_rows)
        # What only fits the latents' own number of columns is left out, and a generator must not be drawn from.
        fitting: dict[str, Any] = {
            name: value for name, value in options.items() if name not in ("mean", "cov", "progress")
        }
        if not isinstance(fitting.get("directions"), str):
            fitting.pop("directions", None)
        if isinstance(fitting.get("rng"), np.random.Generator):
            fitting.pop("rng")
        rows = np.random.default_rng(0).standard_normal((8, 2), dtype=np.float32)
        check_latents(rows, self.statistic, **{**fitting, "method": None, "n_resamples": None})

    def __call__(self, latents: ArrayLike, *, epoch: int | None = None) -> LatentRecord:
        """Look at the latents of an epoch.

        Parameters
        ----------
        latents : array_like or torch.Tensor of shape (n, D)
            Latents of the epoch, as for `check_latents`.
        epoch : int, optional
            Number of the epoch; by default they are counted from 1.

        Returns
        -------
        LatentRecord
            What was found; it is in the history from then on.
        """
        number = len(self.history) + 1 if epoch is None else epoch
        record = check_latents(latents, epoch=number, **self._options)
        self.history.append(record)
        return record

    def prepare(
        self,
        n: int,
        dim: int,
        *,
        dtype: str = "float32",
        n_resamples: int | None = None,
        workers: int = -1,
        progress: Progress | None = None,
    ) -> None:
        """Compute the null distribution of latents of a shape ahead, so that no epoch waits for it, and cache it.

        Parameters
        ----------
        n, dim : int
            The shape of the validation latents.
        dtype : {"float32", "float64"}, default: "float32"
            ``"float32"``, in which narrower ones are computed as well, or ``"float64"``.
        n_resamples : int, optional
            How many replicates; by default as many as the looks take.
        workers : int, default: -1
            Number of threads, as for `slicednorm.stats.prepare`.
        progress : callable, optional
            Called as ``progress(done, total)``, as for `slicednorm.stats.prepare`.

        Raises
        ------
        ValueError
            As `slicednorm.stats.prepare`.
        TypeError
            As `slicednorm.stats.prepare`.
        """
        given: dict[str, Any] = {"null": "standard", "aggregate": "mean", "n_slices": N_SLICES, "directions": "iid"}
        given.update({name: self._options[name] for name in given if self._options.get(name) is not None})
        if not isinstance(given["directions"], str):
            raise ValueError(
                "null distributions are over fresh directions, and these are given: there is none to prepare"
            )
        count = _law_size(self._way) if n_resamples is None else n_resamples
        check_shape(n, dim, dtype=dtype, count=count, **given)
        most = self._options["max_rows"]
        directions: Any = given["directions"]
        shape = Shape(
            int(n if most is None else min(n, most)),
            int(dim),
            given["null"],
            given["aggregate"],
            int(given["n_slices"]),
            directions,
            np.dtype(dtype),
        )
        laws = sliced_laws([SlicedTest(get_distance(self.statistic))], shape)
        in_memory(laws, count, workers=workers, progress=progress)

    def scalar_names(self, prefix: str = "latents/") -> tuple[str, ...]:
        """Return the names under which a record's scalars are logged.

        Parameters
        ----------
        prefix : str, default: "latents/"
            What the names begin with.

        Returns
        -------
        tuple of str
            The names.

        Examples
        --------
        >>> LatentMonitor("ks").scalar_names()
        ('latents/ks', 'latents/ks_worst', 'latents/ks_pvalue')
        """
        names = _scalar_names(self.statistic, prefix)
        return names[:2] if self._way is None else names

    def to_frame(self) -> pd.DataFrame:
        """Return the history as a DataFrame, a row a look; ``slicednorm.plots.history`` draws it.

        Returns
        -------
        pandas.DataFrame
            The records, a row each.
        """
        import pandas as pd

        rows = [record.to_frame().reset_index() for record in self.history]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["test", "epoch", "pvalue"])
