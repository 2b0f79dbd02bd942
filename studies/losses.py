"""What the losses do: at which scale they are smallest, and where a latent ends that descends them.

python -m slicednorm_studies.losses --out docs/results/losses.md
"""

from __future__ import annotations

import platform
from pathlib import Path

import click
import numpy as np

from slicednorm import __version__
from slicednorm.distances import DISTANCES

BATCHES = {16: 20_000, 64: 5_000, 256: 1_000}
SCALES = np.linspace(0.85, 1.1, 26)
ROWS, DIM, SLICES, STEPS, RATE = 1024, 16, 64, 300, 0.05


def best_scale(statistic: str, n: int, unbiased: bool) -> float:
    """Return the s at which the mean distance of N(0, s²) batches of n to N(0, 1) is smallest."""
    distance = DISTANCES[statistic]
    rng = np.random.default_rng(0)
    y = np.sort(rng.standard_normal((BATCHES[n], n)))
    prior = np.sort(rng.standard_normal(y.shape))
    options = {"unbiased": True} if unbiased else {}
    arguments = (prior,) if distance.needs_prior else ()
    means = [float(distance.value(scale * y, *arguments, **options).mean()) for scale in SCALES]
    fine = np.linspace(SCALES[0], SCALES[-1], 2501)
    return float(fine[np.polyval(np.polyfit(SCALES, means, 4), fine).argmin()])


def scale_rows() -> list[str]:
    """Return a table of the scales at which the losses are smallest."""
    rows = ["| loss | " + " | ".join(f"n = {n}" for n in BATCHES) + " |", "| --- |" + " --- |" * len(BATCHES)]
    for statistic, distance in DISTANCES.items():
        for unbiased in (False, True) if "unbiased" in distance.options else (False,):
            name = f"{statistic}, unbiased" if unbiased else statistic
            cells = [f"{best_scale(statistic, n, unbiased):.3f}" for n in BATCHES]
            rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return rows


def descend(statistic: str) -> str:
    """Return a row on a latent that starts in a cube and follows one loss alone."""
    import torch

    from slicednorm.stats import sliced_test
    from slicednorm.torch import SlicedNormalityLoss

    torch.manual_seed(0)
    z = torch.rand(ROWS, DIM).mul(2.0).sub(1.0).requires_grad_()
    loss = SlicedNormalityLoss(statistic, SLICES, seed=1)
    optimiser = torch.optim.Adam([z], lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    before = sliced_test(z, statistic, n_resamples=199, rng=5)
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss(z).backward()
        optimiser.step()
        schedule.step()
    after = sliced_test(z, statistic, n_resamples=199, rng=5)
    null = float(np.mean(after.calibration.null_distribution))
    return (
        f"| {statistic} | {before.statistic:.3g} | {before.pvalue:g} | {after.statistic:.3g} | {after.pvalue:g} | "
        f"{null:.3g} |"
    )


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def main(out: Path | None) -> None:
    """Run the study and print it as Markdown."""
    import torch

    page = [
        "# What the losses do",
        "",
        f"slicednorm {__version__}, torch {torch.__version__}, numpy {np.__version__}, Python "
        f"{platform.python_version()}, on the CPU. Repeat with `python -m slicednorm_studies.losses` (or "
        "`make losses`).",
        "",
        "## The scale at which a loss is smallest",
        "",
        "The loss of batches of n rows N(0, s²), in the mean over "
        + ", ".join(f"{count:,} (n = {n})" for n, count in BATCHES.items())
        + " batches, is smallest at this s. It should be 1; a loss that is smallest at less makes latents too narrow.",
        "",
        *scale_rows(),
        "",
        "## A latent that descends one loss alone",
        "",
        f"{ROWS:,} rows in {DIM} dimensions start uniform in a cube and follow one loss: {SLICES} fresh directions a "
        f"step, {STEPS} steps of Adam, learning rate {RATE} falling to 0 as a cosine. Then the matching test, with 256 "
        "directions that are not those of the training, and 199 replicates (0.005 is the smallest p-value possible). A "
        "latent that was fitted is nearer to normal than a normal sample: its p-value is 1, its distance less than the "
        "mean under the null.",
        "",
        "| loss | distance before | p before | distance after | p after | mean under the null |",
        "| --- | --- | --- | --- | --- | --- |",
        *[descend(statistic) for statistic in DISTANCES],
        "",
    ]
    text = "\n".join(page)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
