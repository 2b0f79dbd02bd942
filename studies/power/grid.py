"""The cells of the study, which of them are already done, and their table."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from slicednorm.stats._types import Null

from .alternatives import (
    ALTERNATIVES,
    AS_THEY_ARE,
    LOCATION_SCALE,
    NORMAL,
    REPORTED,
    ROTATED,
    Alternative,
    half,
    standardised,
)
from .evaluation import COMBINED, Array, Columns, columns_for, rejections, statistics

CELL = ["null", "n", "dim", "alternative"]
COLUMNS = [*CELL, "test", "null_samples", "samples", "rejections", "power", "low", "high"]

# Samples that are drawn from one stream and evaluated together: few enough that all cores have some.
_CHUNK = 25


@dataclass(frozen=True)
class Size:
    """How many samples are drawn: of the null for the critical values, of an alternative, and of the normal law."""

    null_samples: int
    samples: int
    normal_samples: int

    def of(self, alternative: Alternative) -> int:
        """Return how many samples of a law are tested."""
        return self.normal_samples if alternative is NORMAL else self.samples

    def shared(self, share: float) -> Size:
        """Return a share of all these numbers, rounded up to whole numbers of at least 19 null samples."""
        null, samples, normal = (
            int(np.ceil(share * count)) for count in (self.null_samples, self.samples, self.normal_samples)
        )
        return Size(max(19, null), samples, normal)


@dataclass(frozen=True)
class Setting:
    """A shape of samples, a null, and what is drawn.

    Attributes
    ----------
    n, dim : int
        The shape.
    share : float
        Which part of the samples is drawn.
    null : {"composite", "standard"}
        The null hypothesis.
    laws : tuple of Alternative
        What is drawn, as far as it `fits` the shape.
    """

    n: int
    dim: int
    share: float = 1.0
    null: Null = "composite"
    laws: tuple[Alternative, ...] = ALTERNATIVES

    @property
    def head(self) -> str:
        """The shape in words."""
        return f"{self.n} × {self.dim}"

    @property
    def drawn(self) -> tuple[Alternative, ...]:
        """The alternatives that fit the shape."""
        return tuple(law for law in self.laws if law.fits(self.n, self.dim))

    @property
    def columns(self) -> Columns:
        """What is computed of each sample."""
        return columns_for(self.n, self.dim, self.null)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table that belong to the shape and the null."""
        return table[(table["null"] == self.null) & (table["n"] == self.n) & (table["dim"] == self.dim)]


HEADLINE = (Setting(50, 2), Setting(50, 5), Setting(100, 10))
# Nothing is chosen by these, and they take longer: the other half of the alternatives, rotated, and fewer samples.
_REPORTED = tuple(law for law in ROTATED if half(law) == REPORTED)
FURTHER = (
    Setting(100, 2, 0.25, laws=_REPORTED),
    Setting(200, 5, 0.25, laws=_REPORTED),
    Setting(200, 20, 0.1, laws=_REPORTED),
    Setting(500, 20, 0.05, laws=_REPORTED),
    Setting(500, 50, 0.025, laws=_REPORTED),
    Setting(2000, 10, 0.025, laws=_REPORTED),
)
SHAPE_ALONE = tuple(standardised(law) for law in AS_THEY_ARE if half(law) == REPORTED and law.fixed)
STANDARD = tuple(
    replace(setting, share=0.2, null="standard", laws=(*SHAPE_ALONE, *LOCATION_SCALE)) for setting in HEADLINE
)
SETTINGS = (*HEADLINE, *FURTHER, *STANDARD)


def _chunk(alternative: Alternative, purpose: str, setting: Setting, chunk: int, count: int) -> Array:
    key = zlib.crc32(f"{purpose} {setting.null} {alternative.name}".encode())
    rng = np.random.default_rng([key, setting.n, setting.dim, chunk])
    return statistics(alternative.draw(rng, (count, setting.n, setting.dim)), setting.null)


def draw(alternative: Alternative, purpose: str, setting: Setting, count: int, jobs: int) -> Array:
    """Return the statistics of ``count`` samples of a law; every chunk of them has a seed of its own."""
    setting = replace(setting, laws=())  # the processes need not know of the others
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    chunks = Parallel(n_jobs=jobs)(
        delayed(_chunk)(alternative, purpose, setting, index, size) for index, size in enumerate(sizes)
    )
    return np.concatenate(list(chunks))


def kept_statistics(
    alternative: Alternative, purpose: str, setting: Setting, count: int, jobs: int, work: Path
) -> Array:
    """Return the statistics of samples of a law, from the folder ``work`` if they are there.

    So the tests that are made of several of them can be changed without drawing anew.
    """
    path = work / f"{purpose}-{alternative.name}-{setting.null}-{setting.n}x{setting.dim}-{count}.npz"
    names = setting.columns.names
    if not path.exists():
        part = path.with_suffix(".part.npz")
        values = draw(alternative, purpose, setting, count, jobs)
        np.savez(part, allow_pickle=False, names=np.asarray(names), values=values)
        part.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        # The first ones are computed again, so that statistics of an older version are not taken for those of today.
        first = _chunk(alternative, purpose, setting, 0, min(_CHUNK, count))
        if tuple(kept["names"]) != names or not np.allclose(kept["values"][: len(first)], first, rtol=1e-9, atol=1e-12):
            raise SystemExit(f"{path} has other tests than this study: remove it, and the table made with it")
        return np.asarray(kept["values"])


def _rows(alternative: Alternative, setting: Setting, found: Array, null: Array) -> pd.DataFrame:
    from statsmodels.stats.proportion import proportion_confint

    counts = pd.Series(rejections(found, null, setting.columns))
    low, high = proportion_confint(counts, len(found), alpha=0.05, method="wilson")
    return pd.DataFrame(
        {
            "null": setting.null,
            "n": setting.n,
            "dim": setting.dim,
            "alternative": alternative.name,
            "test": counts.index,
            "null_samples": len(null),
            "samples": len(found),
            "rejections": counts.to_numpy(),
            "power": (counts / len(found)).to_numpy().round(5),
            "low": np.asarray(low).round(5),
            "high": np.asarray(high).round(5),
        }
    )[COLUMNS]


def _kept(path: Path, size: Size) -> pd.DataFrame:
    """Return the rows of a table that belong to cells that are whole and of this size."""
    if not path.exists() or list((table := pd.read_csv(path)).columns) != COLUMNS:
        return pd.DataFrame(columns=COLUMNS)
    kept = []
    for setting in SETTINGS:
        part, ours = setting.of(table), size.shared(setting.share)
        tests = {*setting.columns.names, *COMBINED}
        for law in (NORMAL, *setting.drawn):
            cell = part[part["alternative"] == law.name]
            of_size = (cell["null_samples"] == ours.null_samples) & (cell["samples"] == ours.of(law))
            cell = cell[of_size & cell["test"].isin(tests)]
            if cell["test"].nunique() == len(tests):
                kept.append(cell)
    return pd.concat(kept, ignore_index=True) if kept else table.iloc[:0]


def run(path: Path, size: Size, jobs: int, work: Path, report: Callable[[str], None]) -> pd.DataFrame:
    """Return the table of all cells, written to ``path`` as each is finished; those that are in it are kept."""
    table = _kept(path, size)
    for setting in SETTINGS:
        ours, done = size.shared(setting.share), set(setting.of(table)["alternative"])
        missing = [law for law in (NORMAL, *setting.drawn) if law.name not in done]
        if not missing:
            continue
        report(f"{setting.head}, {setting.null} null: critical values")
        null = kept_statistics(NORMAL, "null", setting, ours.null_samples, jobs, work)
        for law in missing:
            report(f"{setting.head}, {setting.null} null: {law.name}")
            rows = _rows(law, setting, kept_statistics(law, "power", setting, ours.of(law), jobs, work), null)
            table = pd.concat([table, rows], ignore_index=True) if len(table) else rows
            part = path.with_suffix(".part.csv")
            table.to_csv(part, index=False)
            part.replace(path)
    return table
