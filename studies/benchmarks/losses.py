"""The losses, forward and backward, against plain autograd, POT and SIGReg as published: time and memory."""

from __future__ import annotations

import math
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .__main__ import processor

MISSING = [name for name in ("torch", "ot") if find_spec(name) is None]
if not MISSING:
    import torch

    from slicednorm.torch.functional import sliced_distance

    ot = import_module("ot")  # It has no types.

if TYPE_CHECKING:
    from torch import Tensor

    Loss = Callable[[Tensor], Tensor]

THREADS = 2
# Every cell is timed at least three times, then up to this number of rounds or of seconds.
ROUNDS, SECONDS = 100, 4.0
# Plain forms that need more are left out.
LIMIT, PAIRS = 6e9, 2**27
SIGREG: dict[str, Any] = {"t_max": 3.0, "n_points": 17}
# "sigreg" is ep by SIGReg's own rule; both have one peer.
STATISTICS = ("ks", "cvm", "w2", "ad", "cw", "ep", "sigreg", "sw")
SORTED = ("w2", "cvm", "ks", "ad")

Shape = tuple[int, int, int]
TINY: Shape = (128, 16, 16)
TIMED: tuple[Shape, ...] = (*product((256, 4096, 65536), (64, 512), (64, 1024)), (1024, 64, 64))
WEIGHED: tuple[Shape, ...] = ((4096, 512, 1024), *product((65536,), (64, 512), (64, 1024)))
MANY_SLICES, MEGABYTES = (65536, 64, 4096), 600
BOUNDS: tuple[tuple[Shape, tuple[str, ...], float], ...] = (
    ((4096, 64, 1024), SORTED, 3.0),
    ((65536, 64, 128), SORTED, 5.0),
    ((1024, 64, 64), ("cw",), 3.0),
    ((4096, 512, 1024), ("ep", "sigreg"), 5.0),
)


@dataclass(frozen=True)
class Case:
    """A loss of one shape."""

    statistic: str
    n: int
    dim: int
    slices: int
    device: str


def plain_ks(y: Tensor) -> Tensor:
    """Return the mean over columns of the Kolmogorov-Smirnov distance of sorted y (n, k)."""
    n = len(y)
    u, i = torch.special.ndtr(y), torch.arange(1, n + 1, device=y.device)[:, None]
    return torch.maximum(i / n - u, u - (i - 1) / n).amax(0).mean()


def plain_cvm(y: Tensor) -> Tensor:
    """Return the mean over columns of the Cramér-von Mises distance of sorted y (n, k)."""
    n = len(y)
    i = torch.arange(1, n + 1, device=y.device)[:, None]
    return ((torch.special.ndtr(y) - (2 * i - 1) / (2 * n)) ** 2).mean() + 1 / (12 * n**2)


@cache
def normal_shares(n: int, device: str) -> tuple[Tensor, float]:
    """Return (m_i) as a column, the means of n equal shares of N(0, 1), and 1 − (1/n) Σ m_i²."""
    quantiles = torch.special.ndtri(torch.arange(n + 1, dtype=torch.float64) / n)
    means = -n * torch.diff(torch.exp(-0.5 * quantiles**2)) / math.sqrt(2 * math.pi)
    return means[:, None].float().to(device), 1 - float((means**2).mean())


def plain_w2(y: Tensor) -> Tensor:
    """Return the mean over columns of the squared 2-Wasserstein distance of sorted y (n, k)."""
    # A careful user would keep the constants from step to step.
    means, floor = normal_shares(len(y), str(y.device))
    return ((y - means) ** 2).mean() + floor


def plain_ad(y: Tensor) -> Tensor:
    """Return the mean over columns of the Anderson-Darling distance of sorted y (n, k)."""
    n = len(y)
    i = torch.arange(1, n + 1, device=y.device)[:, None]
    logs = torch.special.log_ndtr(y) + torch.special.log_ndtr(-y.flip(0))
    return -1 - ((2 * i - 1) / n * logs).mean()


def pairwise_cw(y: Tensor) -> Tensor:
    """Return the mean over columns of the Cramer-Wold distance of y (n, k), from all pairs of rows."""
    gamma = (4 / (3 * len(y))) ** 0.4

    def mean_density(squares: Tensor, variance: float) -> Tensor:
        return torch.exp(-squares / (2 * variance)).mean() / math.sqrt(2 * math.pi * variance)

    pairs = mean_density((y[:, None] - y[None]) ** 2, 2 * gamma)
    return pairs + 1 / math.sqrt(2 * math.pi * (2 + 2 * gamma)) - 2 * mean_density(y**2, 1 + 2 * gamma)


def published_sigreg(z: Tensor, a: Tensor) -> Tensor:
    """Return the SIGReg loss of LeJEPA (arXiv 2511.08544) along the columns of a."""
    t = torch.linspace(0, SIGREG["t_max"], SIGREG["n_points"], device=z.device)
    normal = torch.exp(-0.5 * t**2)
    x_t = (z @ a)[..., None] * t
    error = (x_t.cos().mean(0) - normal) ** 2 + x_t.sin().mean(0) ** 2
    return 2 * len(z) * torch.trapezoid(error * normal, t).mean()


def peer_loss(statistic: str, directions: Tensor, prior: Tensor) -> Loss:
    """Return the peer of a statistic."""
    a = directions.T.contiguous()
    if statistic == "sw":
        return lambda z: ot.sliced_wasserstein_distance(z, prior, projections=a, p=2) ** 2
    if statistic in ("ep", "sigreg"):
        return lambda z: published_sigreg(z, a)
    if statistic == "cw":
        return lambda z: pairwise_cw(z @ a)
    plain = {"ks": plain_ks, "cvm": plain_cvm, "w2": plain_w2, "ad": plain_ad}[statistic]
    return lambda z: plain(torch.sort(z @ a, dim=0).values)


def our_loss(statistic: str, directions: Tensor, prior: Tensor) -> Loss:
    """Return our loss, of the scale of its peer."""
    options: dict[str, Any] = {"directions": directions}
    if statistic == "sw":
        options["prior"] = prior
    if statistic == "sigreg":
        options |= SIGREG
    if statistic in ("ep", "sigreg"):
        return lambda z: len(z) * sliced_distance(z, "ep", **options)
    return lambda z: sliced_distance(z, statistic, **options)


def prepared(case: Case) -> tuple[Tensor, dict[str, Loss]]:
    """Return a latent and the two losses of it, "ours" and "peer"."""
    torch.manual_seed(0)
    z = torch.randn(case.n, case.dim, device=case.device, requires_grad=True)
    prior = torch.randn(z.shape if case.statistic == "sw" else 0, device=case.device)
    directions = torch.nn.functional.normalize(torch.randn(case.slices, case.dim, device=case.device))
    arguments = case.statistic, directions, prior
    return z, {"ours": our_loss(*arguments), "peer": peer_loss(*arguments)}


def lacking(case: Case) -> str | None:
    """Return what stands in a table in place of a peer that is left out, None if it is run."""
    if case.statistic == "cw":
        return "–" if case.n**2 * case.slices > PAIRS else None
    # Peak numbers of (n, k) float32 arrays, as measured.
    arrays = {"sw": 41, "ep": 102, "sigreg": 102}.get(case.statistic, 14)
    return f"> {LIMIT / 1e9:.0f} GB" if 4 * arrays * case.n * case.slices > LIMIT else None


def step(loss: Loss, z: Tensor) -> float:
    """Go forward and backward, wait for the end, and return the loss."""
    value = loss(z)
    torch.autograd.grad(value, z)
    return value.item()


def check_agreement(device: str) -> None:
    """Raise unless every loss has the value of its peer, up to what SIGReg's rule leaves out of the integral."""
    for statistic in STATISTICS:
        z, losses = prepared(Case(statistic, *TINY, device))
        ours, peer = (step(loss, z) for loss in losses.values())
        if not math.isclose(ours, peer, rel_tol=0.02):
            raise RuntimeError(f"{statistic} on {device}: {ours} is not the {peer} of its peer")


@cache
def seconds(case: Case) -> tuple[float, float | None]:
    """Return the best times of ours and of its peer (None if left out), taken in turn."""
    z, losses = prepared(case)
    if lacking(case):
        del losses["peer"]
    times: dict[str, list[float]] = {whose: [] for whose in losses}
    begin = time.perf_counter()
    while (done := len(times["ours"])) < 3 or (done < ROUNDS and time.perf_counter() - begin < SECONDS):
        for whose, loss in losses.items():
            if case.device == "cuda":
                torch.cuda.synchronize()
            start = time.perf_counter()
            step(loss, z)
            times[whose].append(time.perf_counter() - start)
    return min(times["ours"]), min(times["peer"]) if "peer" in times else None


def memory(device: str, *, peak: bool) -> int:
    """Return the bytes in use on a device, or the most there were since this was last asked without ``peak``."""
    if device == "cuda":
        if peak:
            return int(torch.cuda.max_memory_allocated())
        torch.cuda.reset_peak_memory_stats()
        return int(torch.cuda.memory_allocated())
    try:
        if not peak:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        # No /proc: the peak so far, which is in bytes on macOS alone.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    # Not ru_maxrss, in which Linux counts the process that started this one.
    field = "VmHWM:" if peak else "VmRSS:"
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def extra_bytes_here(case: Case, whose: str) -> int:
    """Return by how much memory grows at most in one step, after a small one that loads all that is loaded once."""
    torch.set_num_threads(THREADS)
    for shape in (replace(case, n=256, dim=16, slices=16), case):
        z, losses = prepared(shape)
        before = memory(case.device, peak=False)
        step(losses[whose], z)
    return memory(case.device, peak=True) - before


def extra_bytes(case: Case, whose: str) -> int:
    """Return the extra bytes of a step, taken in a process of its own; on a GPU torch counts the memory here."""
    if case.device == "cuda":
        return extra_bytes_here(case, whose)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(extra_bytes_here, case, whose).result()


@cache
def bandwidth() -> float:
    """Return the bytes per second, read and written, of a copy of 2 GiB within the GPU."""
    source = torch.zeros(2**29, device="cuda")
    target, times = torch.empty_like(source), []
    for _ in range(10):
        torch.cuda.synchronize()
        start = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return 2 * source.nbytes / min(times)


def share_of_bandwidth(case: Case, time_taken: float) -> float:
    """Return which share of the bandwidth it takes to move z, its gradient and, written and read, the projections."""
    return 8 * case.n * (case.dim + case.slices) / time_taken / bandwidth()


def number(value: float) -> str:
    """Return the text of a positive number, to three digits where it is below 100."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def compared(ours: float, peer: float | None, instead: str | None) -> str:
    """Return the text of one cell: ours, the peer's and their ratio."""
    if peer is None:
        return f"{number(ours)} / {instead}"
    return f"{number(ours)} / {number(peer)} ({peer / ours:.1f}×)" if ours > 0 else f"0 / {number(peer)}"


def time_cell(case: Case) -> str:
    """Return the times of a case in ms."""
    ours, peer = seconds(case)
    text = compared(1e3 * ours, None if peer is None else 1e3 * peer, lacking(case))
    return f"{text}, {share_of_bandwidth(case, ours):.0%}" if case.device == "cuda" else text


def memory_cell(case: Case) -> str:
    """Return the extra memory of a case in MB."""
    instead = lacking(case)
    peer = None if instead else extra_bytes(case, "peer") / 1e6
    return compared(extra_bytes(case, "ours") / 1e6, peer, instead)


def row(cells: Iterable[str]) -> None:
    """Print one row of a table at once: the next may take minutes."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def heading(*columns: str) -> None:
    """Print the head of a table."""
    row(columns)
    row(["---"] * len(columns))


def grid(device: str, shapes: Sequence[Shape], statistics: Sequence[str], cell: Callable[[Case], str]) -> None:
    """Print a table with a row for every shape and a column for every statistic."""
    heading("n", "D", "k", *statistics)
    for shape in shapes:
        row([*(f"{size:,}" for size in shape), *(cell(Case(name, *shape, device)) for name in statistics)])


def many_slices(device: str) -> None:
    """Print what ours takes with very many slices."""
    n, dim, slices = MANY_SLICES
    sys.stdout.write(f"\nMemory at n = {n:,}, D = {dim}, k = {slices:,}, ours:\n\n")
    heading("statistic", "extra memory (MB)", "bound (MB)")
    for name in STATISTICS:
        row([name, number(extra_bytes(Case(name, *MANY_SLICES, device), "ours") / 1e6), str(MEGABYTES)])


def bounds(device: str) -> None:
    """Print the ratios that have a bound."""
    sys.stdout.write("\nRatios that have a bound:\n\n")
    heading("n, D, k", "statistic", "ours (ms)", "peer (ms)", "ratio", "bound")
    for shape, names, bound in BOUNDS:
        for name in names:
            ours, peer = seconds(Case(name, *shape, device))
            times = (number(1e3 * ours), number(1e3 * peer), f"{peer / ours:.1f}") if peer else ("–",) * 3
            row([", ".join(f"{size:,}" for size in shape), name, *times, f"{bound:g}"])


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--device", "devices", multiple=True, type=click.Choice(["cpu", "cuda"]), help="Where [default: all].")
@click.option("--quick", is_flag=True, help="One small cell alone, to see that it runs.")
def main(devices: tuple[str, ...], quick: bool) -> None:
    """Print Markdown tables of times and memory."""
    if MISSING:
        sys.stdout.write(f"Left out: torch and POT are needed, and {' and '.join(MISSING)} cannot be imported.\n")
        return
    torch.set_num_threads(THREADS)
    sys.stdout.write(
        f"Forward and backward by z, float32, fixed directions; torch {torch.__version__}, POT {version('POT')}. Peers "
        "are, of ks, cvm, w2 and ad, `torch.sort(z @ A, dim=0)` and the formula under autograd; of cw, all pairs of "
        "rows; of ep (the whole integral) and sigreg (ep with `t_max=3, n_points=17`), the SIGReg loss as published; "
        f"of sw, POT's `sliced_wasserstein_distance`. Those that need more than {LIMIT / 1e9:.0f} GB are not run, nor "
        f"are pairs beyond n²k = 2^{math.log2(PAIRS):.0f} (–).\n"
    )
    for device in devices or ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        check_agreement(device)
        where = torch.cuda.get_device_name() if device == "cuda" else f"{processor()}, {THREADS} threads"
        sys.stdout.write(f"\n### {where}\n\nTimes in ms, ours / peer's (peer over ours), each the best of its rounds")
        if device == "cuda":
            sys.stdout.write(
                f", and the share reached of the {bandwidth() / 1e9:,.0f} GB/s of a copy, for reading z, writing its "
                "gradient, and writing and reading the projections once"
            )
        sys.stdout.write(":\n\n")
        grid(device, (TINY,) if quick else TIMED, STATISTICS, time_cell)
        how = "allocated" if device == "cuda" else "resident, each in a process of its own"
        sys.stdout.write(f"\nPeak extra memory in MB, {how}, ours / peer's (peer over ours):\n\n")
        grid(device, (TINY,) if quick else WEIGHED, ("w2",) if quick else STATISTICS, memory_cell)
        if not quick:
            many_slices(device)
            bounds(device)


if __name__ == "__main__":
    main()
