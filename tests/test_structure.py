"""The way of the data shows in the imports: each folder of stats stands on those before it, and nothing goes round."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"slicednorm": "slicednorm", "slicednorm_cli": "cli", "slicednorm_studies": "studies"}

# From the ground up; what a folder imports stands before it.
FLOORS = (
    "_types",
    "_limits",
    "_arguments",
    "_results",
    "_streams",
    "_distributions",
    "_sample",
    "_slices",
    "_calibration",
    "_null",
    "_hypotests",
    "_deviation",
    "_bands",
)

pytestmark = pytest.mark.skipif(not (ROOT / "slicednorm").exists(), reason="the sources are not beside the tests")


def modules_of(package: str) -> dict[str, Path]:
    folder = ROOT / FOLDERS[package]
    found = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


def imports_of(module: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that a module imports, those within functions and for types alone included."""
    found = set()
    base = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = base[: len(base) - node.level + 1] if node.level else []
            source = ".".join([*start, *([node.module] if node.module else [])])
            found |= {f"{source}.{a.name}" if f"{source}.{a.name}" in known else source for a in node.names}
    return {name for name in found if name in known and name != module}


@pytest.mark.parametrize("package", FOLDERS)
def test_no_imports_go_round(package):
    known = modules_of(package)
    graph = {module: imports_of(module, path, known) for module, path in known.items()}
    # A package that imports its own modules is where their names are gathered, and stands above them.
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_each_folder_of_stats_stands_on_those_before_it():
    known = modules_of("slicednorm")
    inside = {name: path for name, path in known.items() if name.startswith("slicednorm.stats.")}
    arrows = set()
    for module, path in inside.items():
        for other in imports_of(module, path, known):
            if other == "slicednorm.stats":
                pytest.fail(f"{module} imports slicednorm.stats, which stands above it")
            if other.startswith("slicednorm.stats."):
                arrows.add((module.split(".")[2], other.split(".")[2]))
    nodes = {name.split(".")[2] for name in inside}
    assert nodes == set(FLOORS)
    assert len(nodes) + 1 < 15  # with __init__.py
    upward = [(one, other) for one, other in arrows if FLOORS.index(other) > FLOORS.index(one)]
    assert not upward


def test_the_library_needs_neither_the_commands_nor_the_studies():
    for module, path in modules_of("slicednorm").items():
        if module != "slicednorm.__main__":  # `python -m slicednorm`
            text = path.read_text(encoding="utf-8")
            assert not [f for f in FOLDERS if f != "slicednorm" and (f"import {f}" in text or f"from {f}" in text)], (
                path
            )


def test_modules_are_short():
    long = {}
    for module, path in modules_of("slicednorm").items():
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > 350:
            long[module] = count
    assert not long
