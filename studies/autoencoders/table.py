"""Runs put side by side: the layout of the paper's Table 1, with the paper's values beside.

Runs are averaged over their seeds alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from . import paper
from .errors import StudyError
from .records import METRICS, PVALUE, TEST_ROWS, RunRecord
from .settings import DATA, MODELS, differences

_FID = "fid"

# The rows of the table, in the paper's order and words where it has them.
_ROWS = {
    "mardia_skewness": "skewness",
    "mardia_expected_skewness": "skewness, expected under N(0, I)",
    "mardia_normalized_kurtosis": "kurtosis (normalized)",
    "reconstruction_error": "reconstruction error",
    _FID: "FID",
    PVALUE: "p-value (cvm), last epoch",
}

MODEL_TITLES = {model: "SCvMAE" if model == "scvmae" else model.upper() for model in MODELS}
_DATA_ORDER = list(dict.fromkeys([*paper.TABLE_1, *DATA]))

_NONE = "-"


def comparable(runs: Iterable[RunRecord]) -> dict[tuple[str, str], list[RunRecord]]:
    """Return the runs that have metrics by data and model, in the order of the table, each list by seed.

    Raises
    ------
    StudyError
        If two runs of one model on one data set have one seed, or differ in more than the seed.
    """
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    for run in sorted(
        (run for run in runs if run.epochs),
        key=lambda run: (_DATA_ORDER.index(run.settings.data), MODELS.index(run.settings.model), run.settings.seed),
    ):
        groups.setdefault(run.label, []).append(run)
    for group in groups.values():
        for one, other in pairwise(group):
            if one.settings.seed == other.settings.seed:
                raise StudyError(
                    f"{other.path}: has the model, the data and the seed of {one.path}; leave one of the two out"
                )
            if differing := differences(one.settings, replace(other.settings, seed=one.settings.seed)):
                raise StudyError(
                    f"{other.path}: differs from {one.path} in more than the seed ({'; '.join(differing)}): their mean "
                    "would mean nothing; leave one of the two out"
                )
        for one, other in pairwise(run for run in group if run.fid is not None):
            if _images(one) != _images(other):
                raise StudyError(
                    f"{other.path}: its FID is of {_images(other)} images, that of {one.path} of {_images(one)}; "
                    "evaluate both with the same numbers"
                )
    return groups


def _images(run: RunRecord) -> str:
    """Return how many images a run's FID is of, on which its upward bias depends."""
    return "" if run.fid is None else f"{run.fid.n_fake:,} generated against {run.fid.n_real:,} real"


def remarks(runs: Sequence[RunRecord]) -> list[str]:
    """Return what a reader of the table must know of runs that are not whole, a line each."""
    lines = [f"{run.path}: left out, no epoch has metrics yet" for run in runs if not run.epochs]
    longest: dict[tuple[str, str], int] = {}
    for run in runs:
        longest[run.label] = max(run.epochs, longest.get(run.label, 0))
    short = []
    for run in runs:
        goal = longest[run.label]
        if not run.finished:
            goal = max(goal, run.settings.epochs or 0)
        if 0 < run.epochs < goal:
            short.append(f"{run.path} ({run.epochs} of {goal} epochs)")
    if short:
        lines.append(f"shown, but trained for fewer epochs than planned or than others: {', '.join(short)}")
    for run in runs:
        if run.recorded_fid is not None and run.fid is None:
            lines.append(
                f"{run.path}: its FID is left out (it is of epoch {run.recorded_fid.epoch}, the run has {run.epochs}); "
                "evaluate it again"
            )
    return lines


def _run_values(run: RunRecord, last: int) -> dict[str, float]:
    """Return a run's value of each measure that it has."""
    means = run.metrics[list(METRICS)].tail(last).mean(skipna=False)
    values = {str(name): float(value) for name, value in means.items()}
    if not math.isnan(pvalue := float(run.metrics[PVALUE].iloc[-1])):
        values[PVALUE] = pvalue
    if run.fid is not None:
        values[_FID] = run.fid.value
    return values


def summarise(runs: Iterable[RunRecord], last: int = 5) -> pd.DataFrame:
    """Return mean and spread over the seeds for each data set, model and measure.

    Parameters
    ----------
    runs : iterable of RunRecord
        Runs, as `find_runs` returns them; those without metrics are left out.
    last : int, default: 5
        A run's value is the mean over this number of epochs, the last with metrics; p-values and FID are those of the
        last epoch.

    Returns
    -------
    DataFrame
        In long form, with the columns data, model, measure, mean, sd (divisor n - 1; NaN for one seed), min, max,
        n_seeds, paper (NaN where the paper has no value), epochs (of the shortest run) and last. A mean is NaN where a
        value that went into it was not finite.

    Raises
    ------
    StudyError
        If the runs of a model on a data set may not be averaged.
    """
    rows = []
    for (data, model), group in comparable(runs).items():
        collected = [_run_values(run, last) for run in group]
        for measure in (*METRICS, _FID, PVALUE):
            values = np.array([found[measure] for found in collected if measure in found])
            if not values.size:
                continue
            rows.append(
                {
                    "data": data,
                    "model": model,
                    "measure": measure,
                    "mean": values.mean(),
                    "sd": values.std(ddof=1) if values.size > 1 else math.nan,
                    "min": values.min(),
                    "max": values.max(),
                    "n_seeds": values.size,
                    "paper": paper.reported(data, measure, model),
                    "epochs": min(run.epochs for run in group),
                    "last": last if measure in METRICS else 1,
                }
            )
    columns = ["data", "model", "measure", "mean", "sd", "min", "max", "n_seeds", "paper", "epochs", "last"]
    return pd.DataFrame(rows, columns=columns).astype({"paper": float})


# Printing.


def _number(value: float) -> str:
    if math.isnan(value):
        return "not finite"
    return f"{value:.2f}" if abs(value) < 1e6 else f"{value:.3g}"


def _cell(row: Mapping[Any, Any], n_seeds: int) -> str:
    """Return a measured value, with the number of seeds where that differs from the model's other values."""
    measure = row["measure"]
    if measure == PVALUE:
        ends = dict.fromkeys(f"{row[end]:.3g}" for end in ("min", "max"))
        text = " to ".join(ends)
    elif measure == "mardia_expected_skewness" or math.isnan(row["sd"]):
        text = _number(row["mean"])  # equal for every seed
    else:
        text = f"{_number(row['mean'])} ± {_number(row['sd'])}"
    return text if row["n_seeds"] == n_seeds else f"{text} (n = {row['n_seeds']})"


def _paper_cell(data: str, measure: str, model: str) -> str:
    value = paper.reported(data, measure, model)
    return _NONE if value is None else f"{value:.2f}"


def _grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows, the first of them the header, as a Markdown table that reads as plain text too."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return lines


def _table(groups: Mapping[tuple[str, str], Sequence[RunRecord]], summary: pd.DataFrame) -> list[str]:
    models = [model for model in MODELS if any(model == found for _, found in groups)]
    measured = {(row["data"], row["measure"], row["model"]): row for row in summary.to_dict("records")}
    rows = [["data", "measure", *(MODEL_TITLES[model] for model in models)]]
    for data in dict.fromkeys(data for data, _ in groups):
        title = DATA[data].title
        for measure, name in _ROWS.items():
            cells = [
                _cell(measured[data, measure, model], len(groups[data, model]))
                if (data, measure, model) in measured
                else _NONE
                for model in models
            ]
            papers = [_paper_cell(data, measure, model) for model in models]
            for label, line in ((name, cells), (f"{name}, paper", papers)):
                # A row of the paper's is kept empty where nothing was measured, so that the gap is seen.
                if set(line) != {_NONE} or (line is cells and measure in paper.TABLE_1.get(data, {})):
                    rows.append([title, label, *line])
                    title = ""
    return _grid(rows)


def _span(numbers: Iterable[int]) -> str:
    ordered = sorted(set(numbers))
    return " to ".join(f"{number:,}" for number in dict.fromkeys((ordered[0], ordered[-1])))


def _by_text(models: Mapping[str, str]) -> str:
    """Return texts about models, each once, with the models that it holds for unless it holds for all of them."""
    together: dict[str, list[str]] = {}
    for model, text in models.items():
        together.setdefault(text, []).append(MODEL_TITLES[model])
    if len(together) == 1:
        return next(iter(together))
    return "; ".join(f"{text} ({', '.join(titles)})" for text, titles in together.items())


def _tested_rows(run: RunRecord) -> int:
    """Return how many latents a run's p-values are of: there may be fewer test images than were asked for."""
    count = run.metrics[TEST_ROWS].iloc[-1]
    return run.settings.test_rows if math.isnan(count) else int(count)


def _notes(groups: Mapping[tuple[str, str], Sequence[RunRecord]], last: int) -> list[str]:
    """Return what the numbers of the table are, as the lines under it."""
    window = "the last epoch" if last == 1 else f"the last {last} epochs"
    if any(len(run.metrics) < last for group in groups.values() for run in group):
        window += ", or as many as there are,"
    notes = [
        f"Each run's value is its mean over {window} with metrics; shown is the mean ± the standard deviation (divisor "
        f"n - 1) over the seeds. Paper: {paper.SOURCE}."
    ]
    tested = [run for group in groups.values() for run in group if not math.isnan(run.metrics[PVALUE].iloc[-1])]
    if tested:
        notes.append(
            f"p-value: of the last epoch alone, from the smallest to the largest of the seeds; of "
            f"{_span(_tested_rows(run) for run in tested)} test latents, by "
            f"{_span(run.settings.n_resamples for run in tested)} replicates."
        )
    for data in dict.fromkeys(data for data, _ in groups):
        lengths, images = {}, {}
        for (found, model), group in groups.items():
            if found != data:
                continue
            seeds = ", ".join(str(run.settings.seed) for run in group)
            epochs = _span(run.epochs for run in group)
            lengths[model] = f"epochs {epochs}, {'seed' if len(group) == 1 else 'seeds'} {seeds}"
            for run in group:
                if run.fid is not None:
                    images[model] = _images(run)
        notes.append(f"{DATA[data].title}: {_by_text(lengths)}.")
        if images:
            beside = f"; the paper's: {paper.FID_SAMPLES:,} generated" if _FID in paper.TABLE_1.get(data, {}) else ""
            notes.append(f"FID of {DATA[data].title}: {_by_text(images)}{beside}.")
    versions: dict[str, dict[str, None]] = {}
    for group in groups.values():
        for run in group:
            for name, version in run.versions.items():
                versions.setdefault(name, {})[version] = None
    if versions:
        texts = [f"{name} {' and '.join(found)}" for name, found in versions.items()]
        notes.append(f"Versions: {', '.join(texts)}.")
    return [f"- {note}" for note in notes]


def to_markdown(runs: Iterable[RunRecord], last: int = 5) -> str:
    """Return the table of the runs as Markdown, the paper's values below the measured ones, and notes under it.

    The arguments and the errors are those of `summarise`.
    """
    groups = comparable(runs)
    summary = summarise([run for group in groups.values() for run in group], last)
    return "\n".join([*_table(groups, summary), "", *_notes(groups, last)])
