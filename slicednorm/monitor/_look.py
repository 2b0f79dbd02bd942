"""One look at latents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm import stats
from slicednorm.distances import get_distance
from slicednorm.monitor._options import SlicedOptions
from slicednorm.monitor._record import LatentRecord
from slicednorm.stats._calibration.analytic import analytic_holds
from slicednorm.stats._calibration.budget import fewest_resamples, most_resamples
from slicednorm.stats._calibration.memory import judged_in_memory
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.registry import Shape, sliced_laws
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._null.sliced import sliced_ranking
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method


def law_size(way: Way | None) -> int:
    """Return how many replicates a null distribution must have at least."""
    return most_resamples(way) if way is not None and way.method == "cached" else fewest_resamples()


def _tested_by_a_law(
    sample: Sample, statistic: str, way: Way, rng: RNG, options: SlicedOptions
) -> tuple[SlicedTestResult, Calibration]:
    """Return the test of a sample without a p-value, and its p-value by the null distribution of the shape."""
    result = stats.sliced_test(sample, statistic, method=None, rng=rng, **options)
    check_statistics(np.asarray([result.statistic]), (result.test,), sample.rows)
    kind: Any = options.get("directions") or "iid"
    shape = Shape(result.n, result.dim, result.hypothesis, result.aggregate, result.n_slices, kind, sample.dtype)
    judged = judged_in_memory(
        sliced_laws([result.name], shape),
        law_size(way),
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

    A single latent that deviates shows in its column, but hardly in directions that are drawn at random.
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


def check_max_rows(max_rows: int | None) -> None:
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

    It is `slicednorm.stats.sliced_test` with the defaults of a training loop: one set of directions for all looks, so
    that statistics can be compared, and 256 of them. Where the null distribution is a formula, a look takes only as
    long as the statistic. Else it is that of the shape by replicates, which is cached on disk and in memory: the first
    look computes it, unless `LatentMonitor.prepare` or ``slicednorm calibrate`` has done so.

    Parameters
    ----------
    latents : array_like or torch.Tensor of shape (n, D)
        Latents, on any device and of any floating-point dtype; no gradient flows.
    statistic : str, default: "cvm"
        Name of the statistic, as for `slicednorm.stats.sliced_test`.
    epoch : int, optional
        Number of the epoch, for the record.
    max_rows : int, optional
        Number of rows to test at most, the first ones; None for all. Up to 2,000 rows, each number of rows has a null
        distribution of its own; beyond, one serves all (except for ``"cw"``).
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"auto"``: by a formula where there is one, else by the null distribution of the
        shape, with at least 9,999 replicates.
        ``"cached"``: by that with 99,999. The others as for `slicednorm.stats.sliced_test`; None computes the statistic
        alone.
    n_resamples : int, optional
        Number of null replicates of the latents' own shape at every look. With a number, ``"auto"`` means
        ``"monte carlo"``.
    rng : int, numpy.random.Generator, numpy.random.SeedSequence or None, default: 0
        Seed of the directions. None draws fresh directions at every look.
    **options
        Other options of `slicednorm.stats.sliced_test`.

    Returns
    -------
    LatentRecord
        The statistic, its p-value, and the least normal slice.

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
    check_max_rows(max_rows)
    if max_rows is not None:
        latents = cast(NDArray[Any], latents)[:max_rows]
    way = check_method(method, n_resamples)
    sample = as_sample(latents, nan_policy=options.pop("nan_policy", "raise"))
    # One set of directions for all looks, and few enough that a look costs nothing.
    options.setdefault("n_slices", N_SLICES)
    options.setdefault("directions", "iid")
    shape = sample.n, sample.dim, options.get("null", "standard"), options.get("aggregate", "mean")
    formula = way == Way("auto") and analytic_holds(get_distance(statistic), *shape)
    by_a_law = way is not None and way.method in ("auto", "cached") and not formula
    if way is not None and by_a_law and isinstance(options.get("directions"), str | None):
        result, judged = _tested_by_a_law(sample, statistic, way, rng, options)
    else:
        result = stats.sliced_test(sample, statistic, method=method, n_resamples=n_resamples, rng=rng, **options)
        judged = result.calibration
    worst, direction = _least_normal(sample, result, options)
    heaviest = int(np.argmax(np.abs(direction)))
    direction *= np.sign(direction[heaviest])
    parts = {}
    if result.components is not None:
        parts = {name: part.share * result.statistic for name, part in result.components.items()}
    return LatentRecord(
        **parts,
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
        null=result.hypothesis,
        direction=direction,
    )
