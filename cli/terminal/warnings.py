"""What the cache has to say, as lines of the command."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from slicednorm import stats
from slicednorm.stats._calibration.cache import CannotCacheWarning

from .errors import InputError


@contextmanager
def cache_lines(*, must_cache: bool = False) -> Iterator[None]:
    """Print each warning of the cache once, as a line on stderr; with ``must_cache`` one of them is an error."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", stats.CacheWarning)
        if must_cache:
            warnings.simplefilter("error", CannotCacheWarning)
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
