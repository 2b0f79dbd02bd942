"""The page itself: what there is to say, laid out by a template."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from slicednorm import __version__

from ..show.numbers import floors, number, pvalue
from ..show.words import conclusion, facts, notes
from ..testing.findings import Row
from .pictures import pictures
from .shown_results import Shown
from .words import comparison, size_sentence, verdict


def _row(row: Row, alpha: float) -> dict[str, Any]:
    value, title, name = row.statistic, row.title, row.test
    expected = row.expected
    if row.normalized is not None:
        value, title = row.normalized, f"{row.title} - D(D+2)"
        expected = None if expected is None else expected - (row.statistic - row.normalized)
    if expected is not None:
        title += f", expected {number(expected)}"
    return {
        "title": title[:1].upper() + title[1:],
        "name": "" if row.expected is not None else name,
        "statistic": number(value),
        "pvalue": pvalue(row, alpha),
        "holm": "" if row.holm is None else f"{row.holm:.3g}",
        "reject": bool(row.reject),
        "verdict": {None: "-", True: "reject", False: "not rejected"}[row.reject],
    }


def _sample(subject: Shown) -> dict[str, Any]:
    report = subject.findings.report
    answer, why = verdict(report)
    known = [*subject.about.items(), *facts(report)]
    known.append(("bands", f"{subject.n_bands} replicates, by {subject.test.title}"))
    return {
        "label": report.label,
        "answer": answer,
        "why": why,
        "rejected": report.rejects,
        "rejected_by_slices": subject.rejects,
        "direction": subject.direction.sentence,
        "size": size_sentence(subject),
        "holm": report.tests[0].holm is not None,
        "alpha": f"{report.alpha:g}",
        "rows": [_row(row, report.alpha) for row in (*report.tests, *report.beside)],
        "notes": [*floors(report), *notes(report)],
        "conclusion": conclusion(report),
        "facts": known,
    }


def _title(labels: Sequence[str]) -> str:
    """Return the question, by the files' names without their folders where these tell them apart."""
    short = [os.path.basename(label.rstrip("/")) or label for label in labels]
    shown = short if len(set(short)) == len(short) else labels
    return f"Is {shown[0]} normal?" if len(shown) == 1 else f"Are {' and '.join(shown)} normal?"


def page(subjects: Sequence[Shown], command: str) -> str:
    """Return a report of samples as HTML, with the command that makes it again."""
    import numpy as np
    import scipy

    labels = [subject.label for subject in subjects]
    samples = [_sample(subject) for subject in subjects]
    shown = [{**vars(picture), "label": picture.label} for picture in pictures(subjects)]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(
        title=_title(labels),
        samples=samples,
        comparison=comparison(*subjects) if len(subjects) == 2 else "",
        holm=any(sample["holm"] for sample in samples),
        pictures=shown,
        command=command,
        version=__version__,
        versions=[("Python", platform.python_version()), ("NumPy", np.__version__), ("SciPy", scipy.__version__)],
    )
