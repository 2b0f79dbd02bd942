"""Whether a power transformation would make a sample normal, and which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._arguments import check_share, check_workers
from slicednorm.stats._calibration.method import check_method
from slicednorm.stats._hypotests.battery import run_battery
from slicednorm.stats._hypotests.names import asked_for
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._sample.called import checked_names
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.power_transform import PowerTransform, Transform
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import Method, NanPolicy

if TYPE_CHECKING:
    import pandas as pd

# The sample as it is.
NONE = "none"

_TITLES: dict[str, str] = {"yeo-johnson": "Yeo and Johnson's transformation", "box-cox": "Box and Cox's transformation"}
_BY: dict[float, str] = {0.0: "its logarithm", 0.5: "its square root", -1.0: "its reciprocal", 2.0: "its square"}

# How many columns a sentence names.
_NAMED = 6


def _in_words(fitted: PowerTransform, names: Sequence[Any]) -> str:
    """Return what a transformation does to the columns."""
    said = []
    for name, power, simple in zip(names, fitted.powers.tolist(), fitted.simple, strict=True):
        if simple == 1.0:
            said.append(f"{name} as it is")
        elif simple is not None and fitted.name == "box-cox":
            said.append(f"{name} by {_BY[simple]}")
        else:
            said.append(f"{name} by the power {power:.2g}")
    more = f", and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more


def transformations(
    x: ArrayLike | Sample,
    test: str = "energy",
    *,
    names: Sequence[str] | None = None,
    level: float = 0.05,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    nan_policy: NanPolicy = "raise",
) -> pd.DataFrame:
    r"""Test a sample as it is, and after the power transformations that make it most nearly normal.

    .. math::

        x \mapsto (x^\lambda - 1)/\lambda \quad (\text{Box and Cox}), \qquad
        \operatorname{sign}(x)\,((1 + |x|)^{\lambda'} - 1)/\lambda' \quad (\text{Yeo and Johnson}),

    with :math:`\lambda' = \lambda` for :math:`x \ge 0` and :math:`2 - \lambda` below, each column by the power of the
    largest likelihood. P-values are those of ``transform=``: the fit is repeated in every null replicate.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`. The columns of a DataFrame are called by their names.
    test : str, default: "energy"
        Name of a test, as for `normality_table`.
    names : sequence of str, optional
        Names of the columns.
    level : float, default: 0.05
        The level of the sentence.
    method : {"auto", "sequential", "monte carlo"} or None, default: "auto"
        How p-values are found, as for `sliced_test`.
    n_resamples : int, optional
        Number M of null replicates, as for `sliced_test`.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `sliced_test`.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    pandas.DataFrame
        A row for ``"none"``, ``"yeo-johnson"`` and ``"box-cox"``: ``statistic`` and ``pvalue`` of the test, the power
        of each column under its name, and a ``note`` where a transformation cannot be taken. ``attrs`` has a
        ``sentence`` that says which would do, and the ``seed`` if it is an int. For a sentence a power counts as that
        of a logarithm, a square root and so on if that lies in the 95% interval of its likelihood.

    Raises
    ------
    ValueError
        As `sliced_test`; if x is a Sample with something done to it already.
    TypeError
        As `sliced_test`.

    References
    ----------
    Box and Cox, "An analysis of transformations", J. R. Stat. Soc. B 26 (1964). Yeo and Johnson, "A new family of power
    transformations to improve normality or symmetry", Biometrika 87 (2000).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.exp(np.random.default_rng(7).standard_normal((80, 2)))
    >>> table = transformations(x, names=["a", "b"], rng=0)
    >>> print(table.attrs["sentence"])
    Box and Cox's transformation would do: ... a by its logarithm, b by its logarithm.
    """
    import pandas as pd

    way = check_method(method, n_resamples)
    check_workers(workers)
    check_share("level", level)
    asked = asked_for(test, "composite")
    sample = as_sample(x, nan_policy=nan_policy)
    if sample.treatment is not None:
        raise ValueError("x is a Sample with a design, groups, rounding or a transformation; pass the rows as they are")
    known = checked_names(names, sample.rows.called, sample.dim)
    called = [f"column {number}" for number in range(sample.dim)] if known is None else list(known)
    options = Options("composite", rng, workers)
    rows: dict[str, dict[str, Any]] = {}
    fits: dict[str, PowerTransform] = {}
    for name in (NONE, *get_args(Transform)):
        one = sample
        try:
            if name != NONE:
                one = sample.transformed(name)
            entries = run_battery(one, dict.fromkeys(asked, "named"), options, way)
        except SampleError as error:
            if name == NONE:
                raise
            rows[name] = {"statistic": np.nan, "pvalue": np.nan, "note": str(error)}
            continue
        result = min(
            (result for entry in entries for result in entry.results),
            key=lambda result: result.pvalue if result.has_pvalue else np.inf,
        )
        rows[name] = {
            "statistic": result.statistic,
            "pvalue": result.pvalue if result.has_pvalue else np.nan,
            "note": "",
        }
        if one.transform is not None:
            fits[name] = one.transform
            rows[name] |= dict(zip(called, one.transform.powers.tolist(), strict=True))
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame = frame.reindex(columns=["statistic", "pvalue", *called, "note"]).rename_axis("transform")
    seed = replay_seed(options.root)
    frame.attrs = {
        "n": sample.n,
        "dim": sample.dim,
        "sentence": _sentence({name: float(row["pvalue"]) for name, row in rows.items()}, fits, test, level, called),
        **({"seed": seed} if isinstance(seed, int) else {}),
    }
    return frame


def _sentence(
    pvalues: dict[str, float], fits: dict[str, PowerTransform], test: str, level: float, names: Sequence[Any]
) -> str:
    """Return which transformation would do."""
    plain = pvalues[NONE]
    if np.isnan(plain):
        return "Without p-values nothing is said of what would do."
    if plain > level:
        return f"No transformation is called for: {test} does not reject the sample as it is (p = {plain:.2g})."
    best = max(fits, key=lambda name: pvalues[name], default=None)
    if best is None:
        return f"Neither transformation can be taken; {test} rejects the sample as it is (p = {plain:.2g})."
    if all(power == 1.0 for power in fits[best].simple):
        return (
            f"No power transformation is called for: {test} rejects the sample as it is (p = {plain:.2g}), and none of "
            "the powers is told from 1."
        )
    if not pvalues[best] > level:
        return (
            f"No power transformation of single columns makes the sample normal: {test} still rejects by "
            f"{_TITLES[best]} (p = {pvalues[best]:.2g}; {plain:.2g} as it is)."
        )
    return (
        f"{_TITLES[best]} would do: p = {pvalues[best]:.2g} by {test}, {plain:.2g} as it is. It takes "
        f"{_in_words(fits[best], names)}."
    )
