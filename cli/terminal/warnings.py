"""What the cache has to say, as lines of the command."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from slicednorm import stats

from .errors import InputError

_NOT_KEPT = "the null distribution could not be cached"


@contextmanager
def cache_lines(*, must_keep: bool = False) -> Iterator[None]:
    """Print each warning of the cache once, as a line on stderr; where laws must be kept, it is an error not to."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", stats.CacheWarning)
        if must_keep:
            warnings.filterwarnings("error", message=_NOT_KEPT, category=stats.CacheWarning)
        others = warnings.showwarning

        def show(message: Any, category: Any, *rest: Any) -> None:
            if not issubclass(category, stats.CacheWarning):
                others(message, category, *rest)
            elif str(message) not in said:
                said.add(str(message))
                click.echo(f"slicednorm: {message}", err=True)

        warnings.showwarning = show  # type: ignore[assignment]  # it takes all that the original does
        try:
            yield
        except stats.CacheWarning as warning:
            raise InputError(str(warning)) from None
