"""A page of docs/results: its title, what was measured on, and its lines."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

import click
import numpy as np

from slicednorm import __version__


def write_page(out: Path | None, title: str, target: str, lines: Iterable[str]) -> None:
    """Write a page that ``make target`` measures into a file, or to stdout."""
    machine = f"slicednorm {__version__}, NumPy {np.__version__}, {platform.machine()}, {os.cpu_count()} cores"
    text = "\n".join([f"# {title}", "", f"Measured by `make {target}` ({machine}).", "", *lines]).rstrip() + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
