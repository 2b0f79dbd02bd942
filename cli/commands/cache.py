"""``slicednorm cache``: what is cached, and removing it."""

from __future__ import annotations

import click


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def _counted(number: int) -> str:
    return f"{number} null distribution{'' if number == 1 else 's'}"


@click.command(context_settings={"max_content_width": 100})
@click.option("--clear", is_flag=True, help="Remove every cached null distribution.")
def cache(clear: bool) -> None:
    """Show the null distributions in the cache, or remove them.

    They are computed again when they are needed. SLICEDNORM_CACHE names the cache folder, by default the user's own;
    'off' caches nothing.

    Exit status: 0, or 2 if a file cannot be removed.
    """
    from slicednorm import stats

    from ..terminal.errors import InputError

    folder = stats.cache_folder()
    if folder is None:
        click.echo(f"nothing is cached: {stats.CACHE_ENVIRONMENT} is 'off'")
        return
    name = click.format_filename(str(folder))
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{name}: is a file, not a folder; let {stats.CACHE_ENVIRONMENT} name a folder")
    if clear:
        try:
            removed = stats.clear_cache()
        except OSError as error:
            raise InputError(f"{name}: a file cannot be removed ({error.strerror or error})") from None
        click.echo(f"{_counted(removed)} removed from {name}")
        return
    entries = list(stats.cache_entries())
    for entry in entries:
        if entry.key is None:
            click.echo(f"{entry.path.name}: damaged, and not used; --clear removes it with the others")
            continue
        key = dict(entry.key)
        head = f"{key.pop('statistic')}, n = {key.pop('n'):,}, D = {key.pop('dim'):,}, {key.pop('null')} null"
        rest = ", ".join(f"{field} {value}" for field, value in key.items())
        click.echo(f"{head}, {rest}: {entry.n_resamples:,} replicates, {_size(entry.size)}")
    whole = sum(entry.key is not None for entry in entries)
    damaged = f" and {len(entries) - whole} damaged" if whole < len(entries) else ""
    total = sum(entry.size for entry in entries)
    click.echo(f"{_counted(whole)}{damaged}, {_size(total)}, in {name}")
