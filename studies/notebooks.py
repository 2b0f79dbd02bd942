"""Run the notebooks of the documentation and write their outputs into them.

python -m slicednorm_studies.notebooks docs/notebooks/*.ipynb
"""

from __future__ import annotations

from pathlib import Path

import click
import nbformat
from nbclient import NotebookClient

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def executed(path: Path) -> nbformat.NotebookNode:
    """Return a notebook with the outputs of all its cells, and without traces of when and where they were run."""
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(path.parent)}}
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", coalesce_streams=True, record_timing=False, resources=place
    ).execute()
    notebook.metadata = {"kernelspec": _KERNEL}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
    return notebook


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(paths: tuple[Path, ...]) -> None:
    """Run notebooks in place."""
    for path in paths:
        notebook = executed(path)
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        click.echo(path)


if __name__ == "__main__":
    main()
