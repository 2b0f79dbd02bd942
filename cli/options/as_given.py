"""A command that remembers what was given, word by word, so that it can be given again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import click

_KEY = "slicednorm as given"


class AsGiven(click.Command):
    """A command that remembers its options as they were written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse words, and remember them before anything is made of them."""
        ctx.meta[_KEY] = self.make_parser(ctx).parse_args(args=list(args))[0]
        return super().parse_args(ctx, args)


def command_again(ctx: click.Context, *, instead: Mapping[str, str | bool | None]) -> str:
    """Return the words that run a command again.

    ``instead`` has the values of parameters that do not stay as they were given: None leaves one out, and True gives a
    flag.
    """
    given: Mapping[str, Any] = {**ctx.meta[_KEY], **instead}
    options: list[str] = []
    arguments: list[str] = []
    for param in ctx.command.params:
        value = given.get(param.name or "")
        if value is None or value is False:
            continue
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if isinstance(param, click.Argument):
            arguments += values
        elif param.is_flag:  # type: ignore[attr-defined]  # of an option
            options.append(param.opts[-1])
        else:
            for each in values:
                options += [param.opts[-1], str(each)]
    # A path that begins with a dash would be read as an option.
    end = ["--"] if any(path.startswith("-") and path != "-" for path in arguments) else []
    before = [] if end else arguments
    return shlex.join(["slicednorm", ctx.info_name or "", *before, *options, *end, *(arguments if end else [])])
