"""The folder of a run: what lies where, and who may write there.

run.json              settings, versions, device and command
metrics.jsonl         a row an epoch
model.safetensors     the weights, once the training is finished
checkpoints/          where it stands meanwhile
pictures/             samples, reconstructions and latents
evaluation.json       what `slicednorm evaluate` found
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from slicednorm import __version__
from slicednorm._runtime.files import UNFINISHED, replacing

from .errors import StudyError
from .settings import Settings, differences, from_json

_LIBRARIES = ("torch", "torchvision", "numpy", "scipy")


def _finite(value: Any) -> Any:
    """Return a value with null where JSON has no number."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(path: Path) -> bytes | None:
    """Return what a file holds, None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror or error}); check it") from None


def _object(content: bytes, where: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", error)
        raise StudyError(f"{where}: is no JSON ({reason}); restore it from a copy") from None
    if not isinstance(value, dict):
        raise StudyError(f"{where}: is no JSON object; restore it from a copy")
    return value


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
        """Whether the training has come to its end."""
        return self.weights_file.exists()

    def description(self) -> dict[str, Any]:
        """Return what run.json says.

        Raises
        ------
        StudyError
            If the folder holds no run, or its run.json cannot be read.
        """
        if not self.path.is_dir():
            reason = "is a file" if self.path.exists() else "no such folder"
            raise StudyError(f"{self.path}: {reason}; name the folder of a run of slicednorm train")
        if (content := _read(self.settings_file)) is None:
            raise StudyError(f"{self.path}: holds no run (there is no run.json in it)")
        description = _object(content, str(self.settings_file))
        if "settings" not in description:
            raise StudyError(f"{self.settings_file}: holds no settings, so that it is not the record of a run")
        return description

    def threads(self) -> int | None:
        """Return by how many threads the run was trained; None if that is not known."""
        count = self.description().get("threads")
        return count if isinstance(count, int) and count > 0 else None

    def data_dir(self) -> Path | None:
        """Return the folder that its images were looked for in; None if none was named, or it is gone."""
        name = self.description().get("data_dir")
        return Path(name) if isinstance(name, str) and Path(name).is_dir() else None

    def commands(self) -> list[str]:
        """Return the commands that have trained the run."""
        held = self.description().get("commands")
        return [str(command) for command in held] if isinstance(held, list) else []

    def settings(self) -> Settings:
        """Return the settings of the run that is in the folder."""
        values = self.description()["settings"]
        if not isinstance(values, dict):
            raise StudyError(f"{self.settings_file}: settings is {values!r:.40}, not an object")
        held = from_json(values, str(self.settings_file))
        try:
            return held.resolved()
        except (StudyError, TypeError) as error:
            raise StudyError(f"{self.settings_file}: its settings are not those of a run ({error})") from None

    def claim(self, settings: Settings, *, resume: bool) -> bool:
        """Make the folder this run's own; return whether there is a run to continue.

        Raises
        ------
        StudyError
            If the folder holds something else, or a run without ``resume`` being asked for.
        """
        if self.path.exists() and not self.path.is_dir():
            raise StudyError(f"{self.path}: is a file; name a folder with --out")
        # What a killed process was writing has no name that counts, and may be as large as a checkpoint.
        for leftover in self.path.rglob(f"{UNFINISHED}*"):
            leftover.unlink(missing_ok=True)
        if not self.path.exists() or not any(self.path.iterdir()):
            return False
        if not self.settings_file.exists():
            raise StudyError(f"{self.path}: is not empty and holds no run; name another folder with --out")
        old = self.settings()
        if changed := differences(old, settings):
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
        return True

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
            path.write_text(json.dumps(_finite(value), indent=2, allow_nan=False) + "\n", encoding="utf-8")

    def metrics(self) -> list[dict[str, Any]]:
        """Return the rows of the metrics; a last line that is cut short is left out."""
        lines = (_read(self.metrics_file) or b"").split(b"\n")
        # What follows the last newline is not whole: the process was killed while it wrote.
        return [_object(line, f"{self.metrics_file}: line {number}") for number, line in enumerate(lines[:-1], 1)]

    def evaluation(self) -> dict[str, Any] | None:
        """Return what evaluation.json says, None if there is none."""
        content = _read(self.evaluation_file)
        return None if content is None else _object(content, str(self.evaluation_file))

    def keep_metrics(self, epoch: int) -> None:
        """Drop the rows after an epoch, which are made again, and a line that was cut short."""
        rows = [row for row in self.metrics() if row.get("epoch", 0) <= epoch]
        with replacing(self.metrics_file) as path:
            path.write_text("".join(self._lines(rows)), encoding="utf-8")

    def add_metrics(self, row: dict[str, Any]) -> None:
        """Append a row of metrics."""
        with open(self.metrics_file, "a", encoding="utf-8") as file:
            file.writelines(self._lines([row]))

    @staticmethod
    def _lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
        return (json.dumps(_finite(row), allow_nan=False) + "\n" for row in rows)
