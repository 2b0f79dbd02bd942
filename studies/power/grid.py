"""The cells of the study, which of them are already done, and their table."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from .alternatives import ALTERNATIVES, NORMAL, Alternative
from .evaluation import NAMES, OMNIBUS, Array, rejections, statistics

SHAPES = ((50, 2), (50, 5), (100, 10))
COLUMNS = ["n", "dim", "alternative", "test", "null_samples", "samples", "rejections", "power", "low", "high"]

# Samples that are drawn from one stream and evaluated together.
_CHUNK = 50


@dataclass(frozen=True)
class Size:
    """How many samples are drawn: of the null for the critical values, of an alternative, and of the normal law."""

    null_samples: int
    samples: int
    normal_samples: int

    def of(self, alternative: Alternative) -> int:
        """Return how many samples of a law are tested."""
        return self.normal_samples if alternative is NORMAL else self.samples


def _chunk(alternative: Alternative, purpose: str, shape: tuple[int, int], chunk: int, count: int) -> Array:
    key = zlib.crc32(f"{purpose} {alternative.name}".encode())
    rng = np.random.default_rng([key, *shape, chunk])
    return statistics(alternative.draw(rng, (count, *shape)))


def draw(alternative: Alternative, purpose: str, shape: tuple[int, int], count: int, jobs: int) -> Array:
    """Return the statistics of ``count`` samples of a law; every chunk of them has a seed of its own."""
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    chunks = Parallel(n_jobs=jobs)(
        delayed(_chunk)(alternative, purpose, shape, index, size) for index, size in enumerate(sizes)
    )
    return np.concatenate(list(chunks))


def null_statistics(shape: tuple[int, int], count: int, jobs: int, work: Path) -> Array:
    """Return the statistics of null samples of a shape, from the folder ``work`` if they are there."""
    path = work / f"null-{shape[0]}x{shape[1]}-{count}.npz"
    if not path.exists():
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, names=np.asarray(NAMES), values=draw(NORMAL, "null", shape, count, jobs))
        part.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        if tuple(kept["names"]) != NAMES:
            raise SystemExit(f"{path} has other tests than this study: remove it")
        return np.asarray(kept["values"])


def _rows(alternative: Alternative, shape: tuple[int, int], found: Array, null: Array) -> pd.DataFrame:
    from statsmodels.stats.proportion import proportion_confint

    counts = pd.Series(rejections(found, null, shape))
    low, high = proportion_confint(counts, len(found), alpha=0.05, method="wilson")
    return pd.DataFrame(
        {
            "n": shape[0],
            "dim": shape[1],
            "alternative": alternative.name,
            "test": counts.index,
            "null_samples": len(null),
            "samples": len(found),
            "rejections": counts.to_numpy(),
            "power": (counts / len(found)).to_numpy(),
            "low": np.asarray(low).round(5),
            "high": np.asarray(high).round(5),
        }
    )[COLUMNS]


def _kept(path: Path, size: Size) -> pd.DataFrame:
    """Return the rows of a table that belong to cells that are whole and of this size."""
    if not path.exists():
        return pd.DataFrame(columns=COLUMNS)
    table = pd.read_csv(path)
    wanted = {law.name: size.of(law) for law in (NORMAL, *ALTERNATIVES)}
    fits = (table["null_samples"] == size.null_samples) & (table["samples"] == table["alternative"].map(wanted))
    table = table[fits & table["test"].isin([*NAMES, OMNIBUS])]
    tests = table.groupby(["n", "dim", "alternative"])["test"].transform("nunique")
    return table[tests == len(NAMES) + 1]


def run(path: Path, size: Size, jobs: int, work: Path, report: Callable[[str], None]) -> pd.DataFrame:
    """Return the table of all cells, written to ``path`` as each is finished; those that are in it are kept."""
    table = _kept(path, size)
    for shape in SHAPES:
        null = None
        for law in (NORMAL, *ALTERNATIVES):
            done = (table["n"] == shape[0]) & (table["dim"] == shape[1]) & (table["alternative"] == law.name)
            if done.any():
                continue
            if null is None:
                report(f"{shape[0]} x {shape[1]}: critical values")
                null = null_statistics(shape, size.null_samples, jobs, work)
            report(f"{shape[0]} x {shape[1]}: {law.name}")
            found = draw(law, "power", shape, size.of(law), jobs)
            rows = _rows(law, shape, found, null)
            table = pd.concat([table, rows], ignore_index=True) if len(table) else rows
            part = path.with_suffix(".part.csv")
            table.to_csv(part, index=False)
            part.replace(path)
    return table
