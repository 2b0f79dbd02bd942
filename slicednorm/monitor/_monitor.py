"""A history of looks at latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.distances import get_distance
from slicednorm.monitor._look import check_latents, check_max_rows, law_size
from slicednorm.monitor._options import LookOptions
from slicednorm.monitor._record import LatentRecord, scalar_names
from slicednorm.stats._calibration.analytic import analytic_holds
from slicednorm.stats._calibration.memory import in_memory
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.prepare import check_shape
from slicednorm.stats._hypotests.registry import Shape, sliced_laws
from slicednorm.stats._hypotests.sliced.components import has_parts
from slicednorm.stats._hypotests.sliced.run import check_sliced_method
from slicednorm.stats._types import Progress

if TYPE_CHECKING:
    import pandas as pd


class LatentMonitor:
    """Tests latents in the same way at every epoch, and remembers the results.

    Each p-value is valid for its own epoch. Among many epochs some p-values fall below the level by chance: a training
    that stops at the first p-value above, or below, a level has not tested at that level.

    Parameters
    ----------
    statistic : str, default: "cvm"
        Name of the statistic, as for `check_latents`.
    max_rows : int, optional
        Number of rows to test at most, as for `check_latents`.
    **options
        Other options of `check_latents`. All options are tried on a few rows, so that a wrong one is an error before
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
        check_sliced_method(self._way)
        check_max_rows(max_rows)
        # Options that only fit the latents' own number of columns are left out, and no generator may be drawn from.
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
        """Test the latents of an epoch.

        Parameters
        ----------
        latents : array_like or torch.Tensor of shape (n, D)
            Latents of the epoch, as for `check_latents`.
        epoch : int, optional
            Number of the epoch; by default they are counted from 1.

        Returns
        -------
        LatentRecord
            The result, which is in the history from then on.
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
        """Compute and cache the null distribution of latents of a shape, so that no epoch waits for it.

        Parameters
        ----------
        n, dim : int
            The shape of the validation latents.
        dtype : {"float32", "float64"}, default: "float32"
            The precision of the latents; narrower ones are computed in ``"float32"``.
        n_resamples : int, optional
            Number of replicates; by default as many as the tests of the monitor need.
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
                "null distributions are over fresh directions, and here directions are given: there is none to prepare"
            )
        count = law_size(self._way) if n_resamples is None else n_resamples
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
        formula = shape.n, shape.dim, shape.null, shape.aggregate
        if self._way == Way("auto") and n_resamples is None and analytic_holds(get_distance(self.statistic), *formula):
            return  # it takes no longer than a look
        laws = sliced_laws([self.statistic], shape)
        in_memory(laws, count, workers=workers, progress=progress)

    def scalar_names(self, prefix: str = "latents/") -> tuple[str, ...]:
        """Return the names under which a record's scalars are logged.

        Parameters
        ----------
        prefix : str, default: "latents/"
            The beginning of the names.

        Returns
        -------
        tuple of str
            The names.

        Examples
        --------
        >>> LatentMonitor("ks").scalar_names()
        ('latents/ks', 'latents/ks_worst', 'latents/ks_pvalue')
        """
        names = scalar_names(self.statistic, prefix)
        parts = has_parts(get_distance(self.statistic)) and self._options.get("aggregate", "mean") == "mean"
        return (*names[:2], *(names[2:3] if self._way is not None else ()), *(names[3:] if parts else ()))

    def to_frame(self) -> pd.DataFrame:
        """Return the history as a DataFrame; ``slicednorm.plots.history`` draws it.

        Returns
        -------
        pandas.DataFrame
            The records, a row for each.
        """
        import pandas as pd

        rows = [record.to_frame().reset_index() for record in self.history]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["test", "epoch", "pvalue"])
