"""Run folders as records, to be put side by side.

None of their files is trusted. A last row of metrics that is cut short is left out; anything else that is wrong is an
error that names the file and the line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .checks import mapping, number, whole_number, wrong
from .errors import StudyError
from .run_folder import RunFolder
from .settings import Settings

# What a row of metrics.jsonl holds where the epoch was evaluated.
METRICS = (
    "mardia_skewness",
    "mardia_expected_skewness",
    "mardia_normalized_kurtosis",
    "reconstruction_error",
    "sliced_wasserstein",
)
PVALUE = "pvalue_cvm"
TEST_ROWS = "test_rows"


@dataclass(frozen=True)
class FidRecord:
    """A Fréchet Inception Distance of ``evaluation.json``: after which epoch, and of how many images."""

    epoch: int
    value: float
    n_fake: int
    n_real: int


@dataclass(frozen=True, eq=False)
class RunRecord:
    """What a run folder holds.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    settings : Settings
        Settings of the run.
    versions : mapping of str to str
        Versions of what it was trained with.
    metrics : pandas.DataFrame
        A row an evaluated epoch, with the columns epoch, those of `METRICS`, pvalue_cvm and test_rows; NaN where a
        value was not finite.
    recorded_fid : FidRecord or None
        FID of its last evaluation, None where there is none.
    finished : bool
        Whether it holds its final weights.
    """

    path: Path
    settings: Settings
    versions: Mapping[str, str]
    metrics: pd.DataFrame
    recorded_fid: FidRecord | None
    finished: bool

    @property
    def epochs(self) -> int:
        """The last epoch that has metrics, 0 before there is one."""
        return 0 if self.metrics.empty else int(self.metrics["epoch"].iloc[-1])

    @property
    def fid(self) -> FidRecord | None:
        """Its FID; None if there is none, or the run was trained further since."""
        fid = self.recorded_fid
        return None if fid is None or fid.epoch < self.epochs else fid

    @property
    def label(self) -> tuple[str, str]:
        """Its data and its model: the place of its column."""
        return self.settings.data, self.settings.model


def _metrics(folder: RunFolder) -> pd.DataFrame:
    rows: list[dict[str, float]] = []
    before = 0
    for line, values in enumerate(folder.metrics(), start=1):
        where = folder.metrics_line(line)
        epoch = whole_number(values, "epoch", where)
        if epoch <= before:
            raise wrong(where, "epoch", epoch, f"greater than {before}, that of the line before")
        before = epoch
        if METRICS[0] not in values and "step" in values:
            continue  # an epoch after which nothing was evaluated
        row: dict[str, float] = {"epoch": epoch, **{name: number(values, name, where) for name in METRICS}}
        row[PVALUE] = number({"cvm": None, **mapping(values, "pvalues", where)}, "cvm", where)
        row[TEST_ROWS] = number({TEST_ROWS: None, **values}, TEST_ROWS, where)
        rows.append(row)
    return pd.DataFrame(rows, columns=["epoch", *METRICS, PVALUE, TEST_ROWS])


def _fid(folder: RunFolder) -> FidRecord | None:
    where = str(folder.evaluation_file)
    evaluation = folder.evaluation() or {}
    if evaluation.get("fid") is None:
        return None
    fid = mapping(evaluation, "fid", where)
    return FidRecord(
        epoch=whole_number(evaluation, "epoch", where),
        value=number(fid, "value", where),
        n_fake=whole_number(fid, "n_fake", where),
        n_real=whole_number(fid, "n_real", where),
    )


def _record(path: Path) -> RunRecord:
    folder = RunFolder(path)
    said = folder.description()
    return RunRecord(
        path=path,
        settings=said.settings,
        versions=said.versions,
        metrics=_metrics(folder),
        recorded_fid=_fid(folder),
        finished=folder.finished,
    )


def _run_folders(path: Path) -> list[Path]:
    if not path.is_dir():
        reason = "is not a folder" if path.exists() else "no such folder"
        raise StudyError(f"{path}: {reason}; give run folders, or folders that hold some")
    found = []
    for folder, inner, files in os.walk(path):
        if "run.json" in files:
            found.append(Path(folder))
            inner.clear()  # its checkpoints and pictures are no runs
    if not found:
        raise StudyError(f"{path}: holds no run (no run.json in it or below); make one with `slicednorm train`")
    return sorted(found)


def find_runs(paths: Iterable[str | os.PathLike[str]]) -> list[RunRecord]:
    """Return the runs in folders: each is a run folder itself, or holds some at any depth.

    A run that is named twice is returned once. Those without metrics yet are among them.

    Raises
    ------
    StudyError
        If a folder holds no run, or a file of a run is damaged.
    """
    folders = {os.path.realpath(folder): folder for path in paths for folder in _run_folders(Path(path))}
    return [_record(folder) for folder in folders.values()]
