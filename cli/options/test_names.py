"""The tests that the command line knows by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click

DEFAULT = ("cvm", "ks")

# What ``--stat all`` meant before it was every test; the line goes with the release after next.
_ALL_IS_EVERY_TEST = (
    "--stat all is every test but those of --stat more; --stat sliced is every sliced statistic, as 'all' was before."
)


# The default is for latents and their prior.
_RECOMMENDED = (
    "No test was named, so these are the two for latents. For data --stat omnibus is recommended: it sees more kinds "
    "of departures."
)


@dataclass(frozen=True)
class Names:
    """Names of tests, each once, in the order in which they were asked for.

    Attributes
    ----------
    named : dict of str to bool
        Each test, and whether it was named; one that came with a group was not.
    given : tuple of str
        What was given on the command line.
    by_default : bool
        Whether nothing was given, and these are those of such a line.
    """

    named: dict[str, bool]
    given: tuple[str, ...]
    by_default: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """The names."""
        return tuple(self.named)

    @property
    def sliced(self) -> bool:
        """Whether a sliced test is among them."""
        from slicednorm.stats._hypotests.registry import TESTS

        return any(TESTS[name].group == "sliced" for name in self.named)

    @property
    def explained(self) -> bool:
        """Whether one is among them whose rejection can be explained along a direction."""
        from slicednorm.stats._hypotests.registry import TESTS

        return any(TESTS[name].group in ("sliced", "combined") for name in self.named)

    def notes(self, null: str) -> tuple[str, ...]:
        """Return what is to be said of the names."""
        if self.by_default and null == "composite":
            return (_RECOMMENDED,)
        return (_ALL_IS_EVERY_TEST,) if "all" in self.given else ()

    def wanted(self, method: str | None) -> dict[str, Literal["named", "group", "beside"]]:
        """Return why each test is there; nobody named ks who asks for p-values by a formula and no test."""
        if self.by_default and method == "analytic":
            return dict.fromkeys(self.named, "group")
        return {name: "named" if named else "group" for name, named in self.named.items()}

    def check(self, null: str, method: str | None = "auto") -> None:
        """Raise a UsageError if one that was named does not test that null, or has no p-value by that method."""
        from slicednorm.stats._hypotests.registry import TESTS

        for name, named in self.named.items():
            test = TESTS[name]
            if named and null == "standard" and test.instead is not None:
                raise click.UsageError(
                    f"--stat {test.alias} tests N(mu, Sigma), both unknown; it goes with --null composite"
                )
            if not named or test.group != "combined":
                continue
            if method is None:
                raise click.UsageError(f"--stat {name} is made of p-values; leave out --no-pvalue")
            if method in ("sequential", "asymptotic", "analytic"):
                raise click.UsageError(
                    f"--stat {name} ranks a fixed number of replicates against each other; leave out --method {method}"
                )


def resolve(names: tuple[str, ...], *, by_default: bool = False) -> Names:
    """Return the tests of names as the library has them; aliases, models and groups stand for theirs.

    Raises
    ------
    click.BadParameter
        If a name is unknown; the message lists those there are.
    """
    from slicednorm.stats._hypotests.names import asked_for

    try:
        # The groups of the command line are the same for both nulls; what is not defined is left out with a line.
        return Names(asked_for(names, "composite"), tuple(name.lower() for name in names), by_default)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
