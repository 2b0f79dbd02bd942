"""What the JSON files of a run say: a value of another kind than it should be is an error that names file and value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import StudyError


def wrong(where: str, name: str, value: object, wanted: str) -> StudyError:
    """Return the error of a value that is not what it should be."""
    return StudyError(f"{where}: {name} is {value!r:.40}, not {wanted}; restore it, or leave this run out")


def read(path: Path) -> bytes | None:
    """Return what a file holds, None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror or error}); check it") from None


def parsed(content: bytes, where: str) -> dict[str, Any]:
    """Return the JSON object that a text holds."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", error)
        raise StudyError(f"{where}: is no JSON ({reason}); restore it from a copy") from None
    if not isinstance(value, dict):
        raise StudyError(f"{where}: is no JSON object; restore it from a copy")
    return value


def number(values: Mapping[str, Any], name: str, where: str) -> float:
    """Return a value as a float; null stands for what is not finite."""
    value = values.get(name, "missing")
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(where, name, value, "a number")
    try:
        return float(value) if math.isfinite(value) else math.nan
    except OverflowError:  # an integer beyond the doubles
        return math.nan


def whole_number(values: Mapping[str, Any], name: str, where: str, least: int = 1) -> int:
    """Return a value that is a whole number, at least ``least``."""
    value = values.get(name, "missing")
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise wrong(where, name, value, f"a whole number from {least}")
    return value


def mapping(values: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    """Return a value that is an object; an empty one if there is no such value."""
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise wrong(where, name, value, "an object")
    return value
