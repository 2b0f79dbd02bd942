"""What run.json says of a run, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import checks
from .errors import StudyError
from .settings import Settings, from_json


@dataclass(frozen=True)
class Description:
    """What run.json says of a run.

    Attributes
    ----------
    settings : Settings
        Settings of the run.
    versions : mapping of str to str
        The versions of the libraries that it was trained with.
    threads : int or None
        How many threads it was trained by; None if that is not known.
    data_dir : pathlib.Path or None
        The folder that was named for its images; None if none was.
    commands : tuple of str
        The commands that have trained it.
    """

    settings: Settings
    versions: Mapping[str, str]
    threads: int | None
    data_dir: Path | None
    commands: tuple[str, ...]

    @property
    def found_data_dir(self) -> Path | None:
        """The folder of its images; None if none was named, or it is gone."""
        return self.data_dir if self.data_dir is not None and self.data_dir.is_dir() else None


def _settings(values: Mapping[str, Any], where: str) -> Settings:
    """Return the settings of a run, or raise if they are none."""
    held = from_json(checks.mapping(values, "settings", where), where)
    try:
        return held.resolved()
    except (StudyError, TypeError) as error:
        raise StudyError(f"{where}: its settings are not those of a run ({error})") from None


def read_description(file: Path) -> Description | None:
    """Return what a run.json says, None if there is no such file.

    Threads, folder and commands, which a training only takes over from an earlier one, are left out if they are not
    what they should be.

    Raises
    ------
    StudyError
        If the file cannot be read, or its settings or versions are not those of a run.
    """
    if (content := checks.read(file)) is None:
        return None
    where = str(file)
    values = checks.parsed(content, where)
    if "settings" not in values:
        raise StudyError(f"{where}: holds no settings, so that it is not the record of a run")
    threads, data_dir, commands = (values.get(name) for name in ("threads", "data_dir", "commands"))
    return Description(
        settings=_settings(values, where),
        versions={name: str(version) for name, version in checks.mapping(values, "versions", where).items()},
        threads=threads if isinstance(threads, int) and threads > 0 else None,
        data_dir=Path(data_dir) if isinstance(data_dir, str) else None,
        commands=tuple(map(str, commands)) if isinstance(commands, list) else (),
    )
