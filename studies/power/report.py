"""The study's page and figure, from its table."""

from __future__ import annotations

import platform
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pandas as pd

from slicednorm import __version__

from .alternatives import ALTERNATIVES, NORMAL
from .evaluation import LEVEL, NAMES, OMNIBUS, SINGLE
from .grid import SHAPES, Size

TITLES = {member.name: member.title for member in SINGLE} | {OMNIBUS: "omnibus"}


def _powers(table: pd.DataFrame, shape: tuple[int, int]) -> pd.DataFrame:
    """Return the power in per cent of one shape, by alternative (rows) and test (columns)."""
    part = table[(table["n"] == shape[0]) & (table["dim"] == shape[1])]
    wide = part.pivot(index="alternative", columns="test", values="power")
    return 100.0 * wide.loc[[law.name for law in ALTERNATIVES], [*NAMES, OMNIBUS]]


def lead(powers: pd.DataFrame) -> tuple[float, str]:
    """Return by how much the omnibus is ahead of the single test that is best on average, and the name of that."""
    means = powers.mean()
    best = str(means[list(NAMES)].idxmax())
    return float(means[OMNIBUS] - means[best]), best


def _row(entries: list[str]) -> str:
    return "| " + " | ".join(entries) + " |"


def _heads() -> list[str]:
    return [f"{n} × {dim}" for n, dim in SHAPES]


def _averages(by_shape: list[pd.DataFrame]) -> list[str]:
    means = pd.concat([powers.mean() for powers in by_shape], axis=1)
    means = means.loc[means.mean(axis=1).sort_values(ascending=False).index]
    lines = [_row(["test", *_heads()]), _row(["---"] * (1 + len(SHAPES)))]
    for test, values in means.iterrows():
        entries = [TITLES[str(test)], *(f"{value:.1f}" for value in values)]
        lines.append(_row([f"**{entry}**" if test == OMNIBUS else entry for entry in entries]))
    return lines


def _sizes(table: pd.DataFrame, size: Size) -> list[str]:
    from scipy.stats import binom

    normal = table[table["alternative"] == NORMAL.name].set_index(["n", "dim", "test"])["rejections"]
    # Both the rejections and the critical value, by a rank among the null samples, are random.
    spread = np.sqrt(LEVEL * (1.0 - LEVEL) * (1.0 / size.normal_samples + 1.0 / size.null_samples))
    low, high = (bound / size.normal_samples for bound in binom.interval(0.999, size.normal_samples, LEVEL))
    omnibus = [normal[(*shape, OMNIBUS)] / size.normal_samples for shape in SHAPES]
    everything = normal / size.normal_samples
    inside = "within it" if all(low <= rate <= high for rate in omnibus) else "**not all within it**"
    rates = ", ".join(f"{100 * rate:.2f}%" for rate in omnibus)
    by_null = np.sqrt(LEVEL * (1 - LEVEL) / size.null_samples)
    return [
        f"Of {size.normal_samples:,} normal samples the omnibus rejects {rates} at the three shapes; the binomial "
        f"interval of level 99.9% is {100 * low:.2f} to {100 * high:.2f}%: {inside}. All tests together reject between "
        f"{100 * everything.min():.2f} and {100 * everything.max():.2f}%. The standard deviation of such a rate is "
        f"{100 * spread:.2f} points, of which {100 * by_null:.2f} come from the {size.null_samples:,} null samples "
        "that gave the critical values.",
        "",
        "The same holds for the test that is used: with M replicates the p-value is valid on the average over "
        "replicates, but given those of one seed the rate at 5% has a standard deviation of √(.05 · .95/M), which is "
        "0.7 points for M = 999 and 0.2 for M = 9,999.",
    ]


def _by_alternative(powers: pd.DataFrame) -> list[str]:
    lines = [
        _row(["alternative", "omnibus", "best single test", "its power", "difference", "median of single tests"]),
        _row(["---"] * 6),
    ]
    for law in ALTERNATIVES:
        values = powers.loc[law.name]
        single = values[list(NAMES)]
        best = str(single.idxmax())
        alone = np.count_nonzero(single == single.max()) == 1
        lines.append(
            _row(
                [
                    law.title,
                    f"{values[OMNIBUS]:.1f}",
                    TITLES[best] if alone else "several",
                    f"{single[best]:.1f}",
                    f"{values[OMNIBUS] - single[best]:+.1f}",
                    f"{single.median():.1f}",
                ]
            )
        )
    return lines


def _losses(by_shape: list[pd.DataFrame]) -> list[str]:
    laws = {law.name: law for law in ALTERNATIVES}
    lines = []
    worst: list[tuple[float, str]] = []
    for head, powers in zip(_heads(), by_shape, strict=True):
        single = powers[list(NAMES)]
        gaps = powers[OMNIBUS] - single.max(axis=1)
        name = str(gaps.idxmin())
        there = powers.loc[name]
        best = str(there[list(NAMES)].idxmax())
        worst.append((float(gaps[name]), name))
        lines.append(
            f"- {head}: {laws[name].title}, {there[OMNIBUS]:.1f}% against {there[best]:.1f}% by "
            f"{TITLES[best]} ({gaps[name]:+.1f} points). What a test can see: {laws[name].note}."
        )
    gap, name = min(worst)
    return [
        f"It loses most to a single test, {-gap:.1f} points, for the alternative “{laws[name].title}”. At "
        "each shape it loses most for:",
        "",
        *lines,
        "",
        "A single test that is made for an alternative spends its whole level on it. The omnibus rejects where one of "
        "its five members has a p-value so small that the smallest of five is rarely that small: that is what it pays "
        "for being made for more than one alternative. It also loses where the best test is not a member.",
    ]


def page(table: pd.DataFrame, size: Size) -> str:
    """Return the page as Markdown."""
    by_shape = [_powers(table, shape) for shape in SHAPES]
    dependent = sum(law.dependent for law in ALTERNATIVES)
    leads = [lead(powers) for powers in by_shape]
    lines = [
        "# Power",
        "",
        f"How often each test rejects, at the {LEVEL:.0%} level and under the composite null, in per cent of "
        f"{size.samples:,} samples of each of {len(ALTERNATIVES)} alternatives, {dependent} of which have heavy-tailed "
        "coordinates or coordinates that depend on each other in a way that is not normal. Critical values come from "
        f"{size.null_samples:,} samples of N(0, I) a shape; the sliced tests have 256 directions, which all "
        "samples have in common.",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. Repeat with `python "
        "-m slicednorm_studies.power --out docs/results` (or `make power`); what is in [power.csv](power.csv), which "
        "also has Wilson's intervals at 95%, is not computed again.",
        "",
        "## Averages over the alternatives",
        "",
        *_averages(by_shape),
        "",
        "The omnibus is ahead of the best single test by "
        + ", ".join(
            f"{ahead:.1f} points at {head} ({TITLES[best]})"
            for head, (ahead, best) in zip(_heads(), leads, strict=True)
        )
        + ".",
        "",
        "![Power by alternative: the omnibus among the single tests](power.png)",
        "",
        "Black: the omnibus, with Wilson's interval at 95%. Grey: from the least to the most powerful of all single "
        "tests, four of which are marked. Dashed: the level.",
        "",
        "## Its size",
        "",
        *_sizes(table, size),
        "",
        "## Where it loses",
        "",
        *_losses(by_shape),
        "",
        "## What to make of it",
        "",
        "An average depends on what it is taken over. Coordinates that are independent and not normal favour tests "
        "that look at the columns, Doornik and Hansen's and Royston's, as long as columns are not mixed: turned by a "
        "rotation the same alternatives hide from them. Heavy and light tails in every direction favour Mardia's "
        "kurtosis. The members were chosen by such averages over other samples of these alternatives, by how much the "
        "omnibus is ahead on random subsets of them, and with the columns mixed as well as not. Royston's critical "
        "values are those of uncorrelated columns.",
        "",
    ]
    for head, powers in zip(_heads(), by_shape, strict=True):
        lines += [f"## {head}", "", *_by_alternative(powers), ""]
    return "\n".join(lines)


# Tests that the figure names, with markers that are told apart without colour.
_SHOWN = {"mardia_kurtosis": "^", "doornik_hansen": "s", "bhep": "D", "energy": "v"}


def figure(table: pd.DataFrame, path: Path) -> None:
    """Draw the power of the omnibus among the single tests, by alternative, a panel a shape."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn as sns
    from matplotlib import pyplot as plt

    sns.set_theme(style="whitegrid", font_scale=0.9)
    colours = dict(zip(_SHOWN, sns.color_palette("colorblind", len(_SHOWN)), strict=True))
    by_shape = [_powers(table, shape) for shape in SHAPES]
    order = reduce(add, (powers[OMNIBUS] for powers in by_shape)).sort_values().index
    titles = {law.name: law.title for law in ALTERNATIVES}
    places = np.arange(len(order))
    drawn, axes = plt.subplots(1, len(SHAPES), figsize=(13.0, 8.0), sharey=True)
    for axis, shape, powers in zip(axes, SHAPES, by_shape, strict=True):
        powers = powers.loc[order]
        single = powers[list(NAMES)]
        axis.hlines(
            places, single.min(axis=1), single.max(axis=1), color="0.82", linewidth=7, label="range of the single tests"
        )
        for test, marker in _SHOWN.items():
            sns.scatterplot(
                x=powers[test].to_numpy(),
                y=places,
                marker=marker,
                s=38,
                facecolor="none",
                edgecolor=colours[test],
                linewidth=1.4,
                ax=axis,
                label=TITLES[test],
                legend=False,
                zorder=3,
            )
        part = table[(table["n"] == shape[0]) & (table["dim"] == shape[1]) & (table["test"] == OMNIBUS)]
        part = part.set_index("alternative").loc[order]
        centre = 100.0 * part["power"].to_numpy()
        reach = np.abs(100.0 * part[["low", "high"]].to_numpy().T - centre)
        axis.errorbar(
            centre, places, xerr=reach, fmt="o", color="black", markersize=5.5, capsize=0, label="omnibus", zorder=4
        )
        axis.set(xlim=(-2, 102), xlabel="power, %", title=f"n = {shape[0]}, D = {shape[1]}", ylabel="")
        axis.axvline(100 * LEVEL, color="0.4", linewidth=0.8, linestyle="--")
        axis.grid(axis="y", visible=False)
        axis.set_ylim(-0.7, len(order) - 0.3)
    axes[0].set_yticks(places, [titles[name] for name in order])
    handles, labels = axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    drawn.tight_layout(rect=(0, 0.035, 1, 1))
    drawn.savefig(path, dpi=110)
    plt.close(drawn)
