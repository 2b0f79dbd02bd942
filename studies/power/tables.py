"""The tables of the study's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from slicednorm.stats._hypotests.pursuit.statistics import contrast_members

from .alternatives import HALVES, NORMAL, Alternative, half
from .evaluation import BEFORE, COMBINED, LEVEL, OMNIBUS, PURSUIT, SINGLE
from .grid import Setting, Size

# Where the omnibus loses more than this many points, the page says so.
LOSS = 10.0


def title(test: str, settings: Iterable[Setting]) -> str:
    """Return a test in words."""
    known = COMBINED | {one.name: one.title for one in SINGLE}
    if test in known:
        return known[test]
    return next(one.title for setting in settings for one in setting.columns.members if one.name == test)


def row(entries: Iterable[str]) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(entries) + " |"


def header(entries: Sequence[str]) -> list[str]:
    """Return the head of a table."""
    return [row(entries), row(["---"] * len(entries))]


def powers(table: pd.DataFrame, setting: Setting, laws: Sequence[Alternative] | None = None) -> pd.DataFrame:
    """Return the power in per cent, by alternative (rows) and test (columns), of those that fit the shape."""
    drawn = setting.drawn if laws is None else replace(setting, laws=tuple(laws)).drawn
    wide = setting.of(table).pivot(index="alternative", columns="test", values="power")
    return 100.0 * wide.loc[[law.name for law in drawn], [*setting.columns.names, *COMBINED]]


def single_names(setting: Setting) -> list[str]:
    """Return the names of the single tests that are computed."""
    return [test.name for test in setting.columns.single]


def lead(table: pd.DataFrame, setting: Setting, laws: Sequence[Alternative]) -> tuple[float, str]:
    """Return by how much the omnibus is ahead of the single test that is best on average, and the name of that."""
    means = powers(table, setting, laws).mean()
    best = str(means[single_names(setting)].idxmax())
    return float(means[OMNIBUS] - means[best]), best


def averages(
    table: pd.DataFrame, settings: Sequence[Setting], groups: Sequence[tuple[str, Sequence[Alternative]]]
) -> list[str]:
    """Return the table of average powers, by test (rows), group of alternatives and shape (columns).

    What is not computed has a dash.
    """
    means = pd.concat([powers(table, setting, laws).mean() for _, laws in groups for setting in settings], axis=1)
    order = means.assign(partly=means.isna().any(axis=1), mean=means.mean(axis=1))
    means = means.loc[order.sort_values(["partly", "mean"], ascending=[True, False]).index]
    heads = [f"{words} {setting.head}".strip() for words, _ in groups for setting in settings]
    single = {one.name for one in SINGLE} | {*COMBINED}
    lines = header(["test", *heads])
    for test, values in means.iterrows():
        words = title(str(test), settings) + ("" if test in single else " (a member by itself)")
        entries = [words, *("–" if np.isnan(value) else f"{value:.1f}" for value in values)]
        lines.append(row(f"**{entry}**" if test == OMNIBUS else entry for entry in entries))
    return lines


def ahead_of_before(table: pd.DataFrame, setting: Setting, laws: Sequence[Alternative]) -> float:
    """Return by how much the omnibus is ahead of that of 0.1.0, on average."""
    means = powers(table, setting, laws).mean()
    return float(means[OMNIBUS] - means[BEFORE])


def behind_searches(table: pd.DataFrame, setting: Setting) -> tuple[float, str, str]:
    """Return by how much the omnibus is behind the best search at most, for which alternative, and which search."""
    found = powers(table, setting)
    searches = found[[member.name for member in contrast_members()]]
    gaps = found[OMNIBUS] - searches.max(axis=1)
    law = str(gaps.idxmin())
    return float(gaps.min()), law, str(searches.loc[law].idxmax())


def leads(
    table: pd.DataFrame, settings: Sequence[Setting], groups: Sequence[tuple[str, Sequence[Alternative]]]
) -> list[str]:
    """Return the table of how far the omnibus is ahead of the best single test, for all and for each half."""
    lines = header(["alternatives", *(setting.head for setting in settings)])
    for words, laws in groups:
        for which, some in (("all", laws), *((each, [law for law in laws if half(law) == each]) for each in HALVES)):
            found = [lead(table, setting, some) for setting in settings]
            before = [ahead_of_before(table, setting, some) for setting in settings]
            entries = (f"{ahead:+.1f} ({title(best, settings)})" for ahead, best in found)
            cells = [f"{entry}, {more:+.1f}" for entry, more in zip(entries, before, strict=True)]
            lines.append(row([f"{words}, {which}", *cells]))
    return lines


def by_kind(table: pd.DataFrame, settings: Sequence[Setting], laws: Sequence[Alternative]) -> list[str]:
    """Return the table of average powers by kind of alternative: the omnibus, and the single test that is best."""
    kinds: dict[str, list[Alternative]] = {}
    for law in laws:
        kinds.setdefault(law.kind, []).append(law)
    heads = [entry for setting in settings for entry in (f"omnibus, {setting.head}", "best single test")]
    lines = header(["kind", *heads])
    for kind, some in kinds.items():
        entries = [f"{kind} ({len(some)})"]
        for setting in settings:
            means = powers(table, setting, some).mean()
            best = str(means[single_names(setting)].idxmax())
            entries += [f"{means[OMNIBUS]:.1f}", f"{means[best]:.1f} ({title(best, settings)})"]
        lines.append(row(entries))
    return lines


def _best(found: pd.DataFrame, name: str, setting: Setting) -> tuple[str, float, float]:
    """Return the most powerful single test of an alternative in words, its power, and that of the omnibus."""
    single = found[single_names(setting)].T[name]
    alone = np.count_nonzero(single == single.max()) == 1
    words = title(str(single.idxmax()), [setting]) if alone else "several"
    return words, float(single.max()), float(found[OMNIBUS][name])


def by_alternative(table: pd.DataFrame, setting: Setting, laws: Sequence[Alternative]) -> list[str]:
    """Return the table of one shape, an alternative a row."""
    lines = header(
        [
            "alternative",
            "half",
            "omnibus",
            "pursuit",
            "omnibus of 0.1.0",
            "best single test",
            "its power",
            "difference",
            "median of single tests",
        ]
    )
    found = powers(table, setting, laws)
    medians = found[single_names(setting)].median(axis=1)
    for law in laws:
        if law.name in found.index:
            best, power, ours = _best(found, law.name, setting)
            numbers = f"{power:.1f}", f"{ours - power:+.1f}", f"{medians[law.name]:.1f}"
            others = (f"{found[test][law.name]:.1f}" for test in (PURSUIT, BEFORE))
            lines.append(row([law.title, half(law), f"{ours:.1f}", *others, best, *numbers]))
    return lines


def side_by_side(table: pd.DataFrame, settings: Sequence[Setting], laws: Sequence[Alternative]) -> list[str]:
    """Return the table of several shapes, an alternative a row: the omnibus, and the best single test."""
    lines = header(["alternative", *(f"{setting.head}: omnibus (best single test)" for setting in settings)])
    found = [powers(table, setting, laws) for setting in settings]
    for law in laws:
        entries = [law.title]
        for setting, part in zip(settings, found, strict=True):
            if law.name not in part.index:
                entries.append("–")
                continue
            best, power, ours = _best(part, law.name, setting)
            entries.append(f"{ours:.1f} ({power:.1f}, {best})")
        lines.append(row(entries))
    return lines


def losses(table: pd.DataFrame, setting: Setting) -> list[str]:
    """Return where the omnibus loses more than `LOSS` points to a single test, the largest loss first."""
    found = powers(table, setting)
    lines = []
    for law in setting.drawn:
        best, power, ours = _best(found, law.name, setting)
        if round(ours - power, 6) < -LOSS:
            entries = [law.title, f"{ours:.1f}", best, f"{power:.1f}", f"{ours - power:+.1f}", law.note]
            lines.append((ours - power, row(entries)))
    if not lines:
        return [f"At {setting.head} it loses more than {LOSS:g} points nowhere."]
    return [
        f"At {setting.head}, for {len(lines)} of {len(found)} alternatives:",
        "",
        *header(["alternative", "omnibus", "best single test", "its power", "difference", "what a test can see"]),
        *(line for _, line in sorted(lines)),
    ]


def sizes(table: pd.DataFrame, settings: Sequence[Setting], size: Size) -> list[str]:
    """Return the table of the sizes, in per cent, with the binomial interval of level 99.9% around the level."""
    from scipy.stats import binom

    lines = header(
        ["null", "shape", "samples", "null samples", "omnibus", "binomial interval, 99.9%", "within it", "all tests"]
    )
    for setting in settings:
        ours = size.shared(setting.share)
        normal = setting.of(table)
        part = normal[normal["alternative"] == NORMAL.name].set_index("test")["rejections"]
        low, high = binom.interval(0.999, ours.normal_samples, LEVEL)
        rates = 100.0 * part / ours.normal_samples
        lines.append(
            row(
                [
                    setting.null,
                    setting.head,
                    f"{ours.normal_samples:,}",
                    f"{ours.null_samples:,}",
                    f"{rates[OMNIBUS]:.2f}",
                    f"{100 * low / ours.normal_samples:.2f} to {100 * high / ours.normal_samples:.2f}",
                    "yes" if low <= part[OMNIBUS] <= high else "**no**",
                    f"{rates.min():.2f} to {rates.max():.2f}",
                ]
            )
        )
    return lines
