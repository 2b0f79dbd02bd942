"""What the command costs before it does anything, against an empty Python."""

from __future__ import annotations

import statistics as summary
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Return the wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print a Markdown table of start-up times."""
    console = str(Path(sys.executable).with_name("slicednorm"))
    with tempfile.TemporaryDirectory() as folder:
        x = np.random.default_rng(0).standard_normal((500, 5))
        array, text = Path(folder, "x.npy"), Path(folder, "x.csv")
        np.save(array, x)
        np.savetxt(text, x, delimiter=",")
        one = ["--stat", "ks", "--resamples", "199"]
        commands = {
            "python -c pass": ([sys.executable, "-c", "pass"], None),
            "slicednorm --help": ([console, "--help"], 0.15),
            "slicednorm test x.npy --stat ks --resamples 199": ([console, "test", str(array), *one], 1.0),
            "slicednorm test x.csv --stat ks --resamples 199": ([console, "test", str(text), *one], 1.0),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, (command, _) in commands.items():
                times[name].append(seconds(command))
    base = summary.median(times["python -c pass"])
    sys.stdout.write(
        f"Wall times, medians of {ROUNDS} interleaved runs; the files are 500 × 5.\n\n"
        "| command | time (s) | over `python -c pass` (s) | bound (s) |\n| --- | --- | --- | --- |\n"
    )
    for name, (_, bound) in commands.items():
        median = summary.median(times[name])
        sys.stdout.write(f"| `{name}` | {median:.3f} | {median - base:.3f} | {bound or '–'} |\n")


if __name__ == "__main__":
    main()
