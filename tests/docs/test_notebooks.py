"""The notebooks run as they are, and hold the outputs of a run."""

import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="notebooks need nbformat")
pytest.importorskip("nbclient", reason="notebooks need nbclient")
pytest.importorskip("ipykernel", reason="notebooks need ipykernel")
pytest.importorskip("seaborn", reason="seaborn is an extra")

from slicednorm_studies.notebooks import executed  # noqa: E402

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
NEEDS = {"from_test_to_loss.ipynb": ("torch", "sklearn")}


def outputs(notebook):
    """Return the kinds of the outputs of every cell of code, and all text in them."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = [[sorted(output.get("data", {output.output_type: ""})) for output in cell.outputs] for cell in cells]
    return kinds, "\n".join(str(output) for cell in cells for output in cell.outputs)


def test_there_are_some():
    assert len(NAMES) == 4


@pytest.mark.parametrize("name", NAMES)
def test_the_outputs_are_there_and_name_no_machine(name):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    nbformat.validate(notebook)
    kinds, text = outputs(notebook)
    assert any("image/png" in kind for cell in kinds for kind in cell)
    assert not re.search(r"/(home|root|tmp|work|Users)/|Traceback|Warning", text)
    assert (FOLDER / name).stat().st_size < 600_000


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_run_gives_outputs_of_the_same_kinds(name, monkeypatch):
    for package in NEEDS.get(name, ()):
        pytest.importorskip(package, reason=f"{package} is an extra")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = executed(FOLDER / name)  # an exception in a cell is one here
    assert outputs(notebook)[0] == outputs(nbformat.read(FOLDER / name, as_version=4))[0]
