"""A file of 5,000,000 rows through the command, and the memory it takes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS, DIM, SLICES, GIGABYTES = 5_000_000, 16, 32, 1.5


def main() -> None:
    """Print one line of Markdown."""
    console = str(Path(sys.executable).with_name("slicednorm"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "large.npy")
        out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(ROWS, DIM))
        rng = np.random.default_rng(0)
        for start in range(0, ROWS, 100_000):
            out[start : start + 100_000] = rng.standard_normal((100_000, DIM), dtype=np.float32)
        del out
        size = path.stat().st_size
        start_time = time.perf_counter()
        command = [
            console,
            "test",
            str(path),
            "--slices",
            str(SLICES),
            "--no-pvalue",
            "--seed",
            "0",
            "--stat",
            "all",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        elapsed = time.perf_counter() - start_time
    # The largest child that was waited for: the command alone.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    sys.stdout.write(
        f"`slicednorm test large.npy --slices {SLICES} --no-pvalue --stat sliced`, {ROWS:,} × {DIM} float32 "
        f"({size / 1e6:.0f} MB, memory-mapped): {elapsed:.0f} s, peak resident memory {peak:.2f} GB, of which the "
        f"pages of the mapped file are a part (bound {GIGABYTES} GB).\n"
    )


if __name__ == "__main__":
    main()
