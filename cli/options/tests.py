"""The tests that the command line knows by name."""

from __future__ import annotations

from dataclasses import dataclass

import click

ALL = "all"
DEFAULT = ("cvm", "ks")
OMNIBUS = "omnibus"


@dataclass(frozen=True)
class Names:
    """Names of tests, each once, in the order in which they were asked for, and which of them are of what kind."""

    all: tuple[str, ...]
    sliced: tuple[str, ...]
    classical: tuple[str, ...]

    def check(self, null: str) -> None:
        """Raise a UsageError if one of them does not test that null."""
        from slicednorm.stats import CLASSICAL

        for name in self.classical:
            if null == "standard" and CLASSICAL[name].instead is not None:
                raise click.UsageError(f"--stat {name} tests N(mu, Sigma), both unknown; it goes with --null composite")

    @property
    def omnibus(self) -> bool:
        """Whether the combined test is among them."""
        return OMNIBUS in self.all


def resolve(names: tuple[str, ...]) -> Names:
    """Return names as the library has them; models stand for their statistics, and 'all' for every sliced one.

    Raises
    ------
    click.BadParameter
        If a name is unknown; the message lists those there are.
    """
    from slicednorm.distances import DISTANCES, get_distance
    from slicednorm.stats import CLASSICAL

    found: dict[str, None] = {}
    for name in names:
        key = name.lower()
        if key == ALL:
            found.update(dict.fromkeys(DISTANCES))
        elif key in CLASSICAL or key == OMNIBUS:
            found[key] = None
        else:
            try:
                found[get_distance(name).name] = None
            except ValueError as error:
                more = ", ".join([*CLASSICAL, OMNIBUS])
                raise click.BadParameter(f"{error}; or {more}; or {ALL}") from None
    return Names(tuple(found), tuple(n for n in found if n in DISTANCES), tuple(n for n in found if n in CLASSICAL))
