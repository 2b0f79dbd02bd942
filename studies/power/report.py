"""The study's page, from its table."""

from __future__ import annotations

import platform

import numpy as np
import pandas as pd

from slicednorm import __version__

from .alternatives import AS_THEY_ARE, CHOSEN, LOCATION_SCALE, REPORTED, ROTATED
from .evaluation import LEVEL
from .grid import FURTHER, HEADLINE, SETTINGS, SHAPE_ALONE, STANDARD, Size
from .tables import (
    LOSS,
    ahead_of_before,
    averages,
    behind_searches,
    by_alternative,
    by_kind,
    lead,
    leads,
    losses,
    side_by_side,
    sizes,
    title,
)

_GROUPS = (("rotated", ROTATED), ("as they are", AS_THEY_ARE))


def _ahead(table: pd.DataFrame) -> str:
    """Return in words how far the omnibus is ahead of the best single test."""
    parts = []
    for words, laws in _GROUPS:
        found = [(setting.head, *lead(table, setting, laws)) for setting in HEADLINE]
        leading = ", ".join(f"{ahead:.1f} at {head} ({title(best, HEADLINE)})" for head, ahead, best in found)
        parts.append(f"{leading} for alternatives {'that are rotated' if laws is ROTATED else words}")
    before = [
        f"{', '.join(f'{ahead_of_before(table, setting, laws):.1f} at {setting.head}' for setting in HEADLINE)} "
        f"({words})"
        for words, laws in _GROUPS
    ]
    return (
        f"In points, the omnibus is ahead of the best single test by {'; and by '.join(parts)}. It is ahead of the "
        f"omnibus of 0.1.0, on the same samples, by {'; and by '.join(before)}. That took the smallest p-value of the "
        "Cramer-Wold distance, the largest of 256 sliced 2-Wasserstein distances, Mardia's measures, and Doornik and "
        "Hansen's test."
    )


def _opening(size: Size) -> list[str]:
    dependent = sum(law.dependent for law in AS_THEY_ARE)
    isotropic = sum(law.isotropic for law in AS_THEY_ARE)
    return [
        "# Power",
        "",
        f"How often each test rejects, at the 5% level and under the composite null, in per cent of {size.samples:,} "
        f"samples of each of {len(AS_THEY_ARE)} alternatives, {dependent} of which have heavy-tailed coordinates or "
        "coordinates that depend on each other in a way that is not normal. Each comes twice: *as it is*, and "
        "*rotated*, every sample by a random orthogonal matrix of its own, so that its columns are mixed; "
        f"{isotropic} are the same in all directions, and count in both. Critical values come from "
        f"{size.null_samples:,} samples of N(0, I) a shape; the sliced tests have 256 directions, which all samples "
        "have in common.",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. Repeat with `python "
        "-m slicednorm_studies.power --out docs/results` (or `make power`); what is in [power.csv](power.csv), which "
        "also has Wilson's intervals at 95%, is not computed again.",
        "",
    ]


def _main_tables(table: pd.DataFrame) -> list[str]:
    return [
        "## Averages over the alternatives",
        "",
        *averages(table, HEADLINE, _GROUPS),
        "",
        _ahead(table),
        "",
        "![Power by rotated alternative: the omnibus among the single tests](power.png)",
        "",
        "Rotated alternatives. Black: the omnibus, with Wilson's interval at 95%. Grey: from the least to the most "
        "powerful of all single tests, some of which are marked. Dashed: the level.",
        "",
        "## Two halves",
        "",
        "The weights of the omnibus were chosen for their power on one half of the alternatives; the other half had no "
        "say. (Its members were chosen before that, by other samples of 42 alternatives, some of which are on either "
        f"half.) Every second one, in an order by kind, is *{CHOSEN}*, its neighbour *{REPORTED}*; a rotated "
        "alternative is on the half of the one that is rotated. "
        "How far the omnibus is ahead of the best single test, and then of the omnibus of 0.1.0, in points:",
        "",
        *leads(table, HEADLINE, _GROUPS),
        "",
        "## By kind",
        "",
        "Averages over rotated alternatives of a kind, with the single test that is best for the kind.",
        "",
        *by_kind(table, HEADLINE, ROTATED),
        "",
    ]


def _losses(table: pd.DataFrame) -> list[str]:
    lines = [
        "## Where it loses",
        "",
        "A single test that is made for an alternative spends its whole level on it. The omnibus shares its level "
        "among its members: that is what it pays for being made for more than one alternative. It also loses where "
        f"the best test is not a member. Alternatives for which it loses more than {LOSS:g} points to some single "
        "test:",
        "",
    ]
    for setting in HEADLINE:
        lines += [*losses(table, setting), ""]
    laws = {law.name: law.title for setting in HEADLINE for law in setting.drawn}
    behind = [(setting.head, *behind_searches(table, setting)) for setting in HEADLINE]
    most = ", ".join(
        f"{gap:.1f} points at {head} ({laws[law]}, {title(search, HEADLINE)})" for head, gap, law, search in behind
    )
    return [*lines, f"Behind the best of the four searches, each as a test by itself, it is at most: {most}.", ""]


def _other_settings(table: pd.DataFrame, size: Size) -> list[str]:
    counts = {setting: size.shared(setting.share) for setting in (*FURTHER, *STANDARD)}
    further = ", ".join(f"{counts[setting].samples:,} at {setting.head}" for setting in FURTHER)
    standard = counts[STANDARD[0]]
    return [
        "## Further shapes",
        "",
        f"Averages over the rotated alternatives of the half *{REPORTED}*, by fewer samples: {further}. Latents are "
        "left out where a sample would have more than half of their rows, or more columns. A dash: not computed, since "
        "it takes too long.",
        "",
        *averages(table, FURTHER, (("", FURTHER[0].laws),)),
        "",
        "## The standard null",
        "",
        f"The same under the standard null, N(0, I), by {standard.samples:,} samples an alternative and "
        f"{standard.null_samples:,} for the critical values. *Shape*: alternatives of the half *{REPORTED}*, as they "
        "are, standardised by their own mean and covariance, so that the shape alone deviates; those whose samples "
        "have no covariance in common are left out. *Location and scale*: normal samples of another mean or "
        "covariance.",
        "",
        *averages(table, STANDARD, (("shape,", SHAPE_ALONE), ("location and scale,", LOCATION_SCALE))),
        "",
        *side_by_side(table, STANDARD, (*SHAPE_ALONE, *LOCATION_SCALE)),
        "",
    ]


def _sizes(table: pd.DataFrame, size: Size) -> list[str]:
    # Both the rejections and the critical value, by a rank among the null samples, are random.
    spread = np.sqrt(LEVEL * (1.0 - LEVEL) * (1.0 / size.normal_samples + 1.0 / size.null_samples))
    by_null = np.sqrt(LEVEL * (1 - LEVEL) / size.null_samples)
    return [
        "## Its size",
        "",
        "How many per cent of normal samples the omnibus rejects, and from the least to the most of all tests.",
        "",
        *sizes(table, SETTINGS, size),
        "",
        f"With {size.normal_samples:,} samples the standard deviation of such a rate is {100 * spread:.2f} points, of "
        f"which {100 * by_null:.2f} come from the {size.null_samples:,} null samples that gave the critical values.",
        "",
        "The same holds for the test that is used: with M replicates the p-value is valid on the average over "
        "replicates, but given those of one seed the rate at 5% has a standard deviation of √(.05 · .95/M), which is "
        "0.7 points for M = 999 and 0.2 for M = 9,999.",
        "",
    ]


def page(table: pd.DataFrame, size: Size) -> str:
    """Return the page in Markdown."""
    lines = [
        *_opening(size),
        *_main_tables(table),
        *_losses(table),
        *_other_settings(table, size),
        *_sizes(table, size),
        "## What to make of it",
        "",
        "An average depends on what it is taken over. Coordinates that are independent and not normal favour tests "
        "that look at the columns, Doornik and Hansen's and Royston's, as long as columns are not mixed: turned by a "
        "rotation the same alternatives hide from them. Heavy and light tails in every direction favour Mardia's "
        "kurtosis. Clusters and factors make the covariance long in some directions, which raw columns show, and "
        "standardised ones do not: Royston's test, alone in not standardising columns together, sees more there than "
        "the other single tests. Its critical values are those of uncorrelated columns; of normal samples with the "
        "covariances of clusters, factors and copulas it rejected between 0.4 and 6.6%.",
        "",
    ]
    for setting in HEADLINE:
        for words, laws in _GROUPS:
            lines += [f"## {setting.head}, {words}", "", *by_alternative(table, setting, laws), ""]
    return "\n".join(lines)
