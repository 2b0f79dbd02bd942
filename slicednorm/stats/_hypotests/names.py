"""From what users call tests (aliases, models of the paper, groups) to the names of the tests."""

from __future__ import annotations

from collections.abc import Sequence

from slicednorm.distances import get_distance
from slicednorm.stats._hypotests.registry import TESTS, Group
from slicednorm.stats._types import Null

# The tests of R's MVN, with the nulls that they are for, and those that find most beside them.
_OVERVIEW = ("cvm", "w2", "mardia", "henze_zirkler", "royston", "doornik_hansen", "energy", "omnibus")
_COMPOSITE_ALONE = ("royston", "doornik_hansen")

# What each group of tests is made of, but for the overview.
_MADE_OF: dict[str, tuple[Group, ...]] = {
    "sliced": ("sliced",),
    "classical": ("classical",),
    "all": ("sliced", "classical", "mardia", "combined"),
    "more": ("more",),
}
GROUPS = ("overview", *_MADE_OF)


def members_of(group: str, null: Null) -> tuple[str, ...]:
    """Return the tests of a group; the overview has those that are defined for the null."""
    if group == "overview":
        return tuple(name for name in _OVERVIEW if null == "composite" or name not in _COMPOSITE_ALONE)
    return tuple(name for name, test in TESTS.items() if test.group in _MADE_OF[group])


def name_of_test(name: str) -> str:
    """Return the name of a test from its name, an alias or a model of the paper.

    Hyphens stand for underscores, and capitals for small letters.

    Raises
    ------
    ValueError
        If there is no such test; the message lists all tests.

    Examples
    --------
    >>> name_of_test("hz"), name_of_test("Cramer-Wold"), name_of_test("scwae")
    ('henze_zirkler', 'cramer_wold', 'cw')
    """
    if not isinstance(name, str):
        return get_distance(name).name  # which says what is wrong
    key = name.lower().replace("-", "_")
    known = {test.alias.replace("-", "_"): test.name for test in TESTS.values()}
    known.update({heading.name: test.name for test in TESTS.values() for heading in test.headings})
    known.update({test.name: test.name for test in TESTS.values()})
    if key in known:
        return known[key]
    try:
        return get_distance(name).name
    except ValueError as error:
        from difflib import get_close_matches

        near = get_close_matches(key, [*known, *GROUPS], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        others = ", ".join(test.name for test in TESTS.values() if test.group != "sliced")
        raise ValueError(f"{error}; or {others}; or a group: {', '.join(GROUPS)}{hint}") from None


def asked_for(tests: str | Sequence[str], null: Null) -> dict[str, bool]:
    """Return the names of the tests asked for, in order and without repetition, and whether each was named.

    A test that came with a group was not named.

    Raises
    ------
    ValueError
        If no test is asked for, or one is unknown.
    TypeError
        If ``tests`` is not a name or a sequence of names.
    """
    names = [tests] if isinstance(tests, str) else tests
    if not isinstance(names, Sequence):
        raise TypeError(f"tests is a name or a sequence of names, got {type(tests).__name__}")
    if not names:
        raise ValueError("tests is empty; name at least one")
    found: dict[str, bool] = {}
    for name in names:
        key = name.lower() if isinstance(name, str) else name
        if key in GROUPS:
            for member in members_of(key, null):
                found.setdefault(member, False)
        else:
            found[name_of_test(name)] = True
    return found
