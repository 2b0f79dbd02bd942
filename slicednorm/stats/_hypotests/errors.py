"""Why a test that was named does not run."""

from __future__ import annotations

from slicednorm.stats._types import Null


class ExpensiveError(ValueError):
    """A test that was named takes too long, and no number of replicates was given.

    Attributes
    ----------
    name : str
        Name of the test.
    takes : str
        How long the fewest replicates would take, in words.
    """

    def __init__(self, name: str, takes: str) -> None:
        super().__init__(f"{name}: {takes}; give a number for n_resamples to run it anyway")
        self.name, self.takes = name, takes


class NotCachedError(ValueError):
    """A test was asked to take a cached null distribution, but has another one for every sample.

    Attributes
    ----------
    name : str
        Name of the test.
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has another null distribution for every sample, and none to cache; take another method"
        )
        self.name = name


class NoLimitError(ValueError):
    """A test that was named is to take a limiting distribution, and has none.

    Attributes
    ----------
    name : str
        Name of the test.
    """

    def __init__(self, name: str, null: Null) -> None:
        super().__init__(f"{name} has no limiting distribution under null={null!r}; leave out method='asymptotic'")
        self.name = name
