"""Run the benchmarks and write one page of them."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import scipy

from slicednorm import __version__

PARTS = {
    "statistics": ("Statistics", []),
    "calibrated": ("Calibrated test", ["ks", "cvm"]),
    "startup": ("Start-up", []),
    "large_file": ("A large file", []),
    "losses": ("Losses", []),
    "training": ("Training", []),
}


def processor() -> str:
    """Return the name of the processor, if the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    named = {key.strip(): value.strip() for key, value in fields.items()}
    flags = named.get("flags", "").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    family = f"family {named.get('cpu family', '?')}, model {named.get('model', '?')}"
    return f"{named.get('model name', platform.machine())} ({family}, {vectors})"


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="Run this part only (repeatable).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def main(only: tuple[str, ...], out: Path | None) -> None:
    """Run the benchmarks and print them as Markdown."""
    page = [
        "# Benchmarks",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"Python {platform.python_version()}, {processor()}. Repeat with `python -m slicednorm_studies.benchmarks` "
        "(or `make benchmarks`) on an otherwise idle machine: the ratios depend on the processor, since sorting does.",
        "",
    ]
    for part in only or PARTS:
        title, arguments = PARTS[part]
        click.echo(title, err=True)
        command = [sys.executable, "-m", f"slicednorm_studies.benchmarks.{part}", *arguments]
        result = subprocess.run(command, check=True, capture_output=True, text=True)
        page += [f"## {title}", "", result.stdout.rstrip(), ""]
    text = "\n".join(page)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
