"""The folder of a run: its files, and which training may write to it.

run.json              settings, versions, device and command
metrics.jsonl         a row an epoch
model.safetensors     the weights, once the training is finished
checkpoints/          where it stands meanwhile
pictures/             samples, reconstructions and latents
evaluation.json       what `slicednorm evaluate` found
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from slicednorm import __version__
from slicednorm._runtime.files import UNFINISHED, json_value, replacing

from . import checks
from .description import Description, read_description
from .errors import StudyError
from .settings import Settings, differences

_LIBRARIES = ("torch", "torchvision", "numpy", "scipy")


class RunFolder:
    """A folder that holds one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.settings_file = path / "run.json"
        self.metrics_file = path / "metrics.jsonl"
        self.weights_file = path / "model.safetensors"
        self.evaluation_file = path / "evaluation.json"
        self.checkpoints = path / "checkpoints"
        self.pictures = path / "pictures"

    @property
    def finished(self) -> bool:
        """Whether the training is finished."""
        return self.weights_file.exists()

    def description(self) -> Description:
        """Return what run.json says; it is read at each call.

        Raises
        ------
        StudyError
            If the folder holds no run, or its run.json cannot be read or is not that of a run.
        """
        if not self.path.is_dir():
            reason = "is a file" if self.path.exists() else "no such folder"
            raise StudyError(f"{self.path}: {reason}; name the folder of a run of slicednorm train")
        if (description := read_description(self.settings_file)) is None:
            raise StudyError(f"{self.path}: holds no run (there is no run.json in it)")
        return description

    def claim(self, settings: Settings, *, resume: bool) -> Description | None:
        """Make the folder this run's own; return what it says of the run to continue, None if it is empty.

        Raises
        ------
        StudyError
            If the folder holds something else, or it holds a run and ``resume`` is not set.
        """
        if self.path.exists() and not self.path.is_dir():
            raise StudyError(f"{self.path}: is a file; name a folder with --out")
        # A killed process leaves unfinished files, which may be as large as a checkpoint.
        for leftover in self.path.rglob(f"{UNFINISHED}*"):
            leftover.unlink(missing_ok=True)
        if not self.path.exists() or not any(self.path.iterdir()):
            return None
        if not self.settings_file.exists():
            raise StudyError(f"{self.path}: is not empty and holds no run; name another folder with --out")
        old = self.description()
        if changed := differences(old.settings, settings):
            raise StudyError(
                f"{self.path}: holds a different run ({'; '.join(changed)}); name another folder with --out"
            )
        if not resume:
            state, remedy = "an unfinished run", "continue it with --resume"
            if self.finished:
                state, remedy = "a finished run", "train it for more --epochs with --resume"
            raise StudyError(
                f"{self.path}: holds {state} of these settings; {remedy}, or name another folder with --out"
            )
        return old

    def describe(self, settings: Settings, **more: Any) -> None:
        """Write run.json."""
        versions = {"slicednorm": __version__, "python": platform.python_version()}
        versions |= {name: version(name) for name in _LIBRARIES}
        value = {"settings": asdict(settings), "versions": versions, "machine": platform.machine(), **more}
        self.path.mkdir(parents=True, exist_ok=True)
        self._write(self.settings_file, value)

    def write_evaluation(self, value: dict[str, Any]) -> None:
        """Write evaluation.json."""
        self._write(self.evaluation_file, value)

    @staticmethod
    def _write(file: Path, value: dict[str, Any]) -> None:
        with replacing(file) as path:
            path.write_text(json.dumps(json_value(value), indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def metrics(self) -> list[dict[str, Any]]:
        """Return the rows of the metrics; a last line that is cut short is left out."""
        lines = (checks.read(self.metrics_file) or b"").split(b"\n")
        # What follows the last newline is not whole: the process was killed while it wrote.
        return [checks.parsed(line, self.metrics_line(number)) for number, line in enumerate(lines[:-1], 1)]

    def metrics_line(self, number: int) -> str:
        """Return what messages call a line of the metrics, the first of which is 1."""
        return f"{self.metrics_file}: line {number}"

    def evaluation(self) -> dict[str, Any] | None:
        """Return what evaluation.json says, None if there is none."""
        content = checks.read(self.evaluation_file)
        return None if content is None else checks.parsed(content, str(self.evaluation_file))

    def keep_metrics(self, rows: Iterable[dict[str, Any]], epoch: int) -> None:
        """Write the metrics anew, of ``rows`` those up to an epoch: the ones after it are made again."""
        kept = [
            row
            for number, row in enumerate(rows, start=1)
            if checks.whole_number(row, "epoch", self.metrics_line(number)) <= epoch
        ]
        with replacing(self.metrics_file) as path:
            path.write_text("".join(self._lines(kept)), encoding="utf-8")

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append a row of metrics."""
        with open(self.metrics_file, "a", encoding="utf-8") as file:
            file.writelines(self._lines([row]))

    @staticmethod
    def _lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
        return (json.dumps(json_value(row), allow_nan=False) + "\n" for row in rows)
