"""No package is forgotten in pyproject.toml, and an installed wheel holds what it has to, and no more."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import slicednorm

ROOT = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = set(SETUPTOOLS["packages"])
DATA = {"slicednorm/py.typed", "slicednorm/paper/CITATION.cff", "slicednorm_cli/page/page.html"}

DISTRIBUTION = metadata.distribution("slicednorm")
FILES = {str(file).replace("\\", "/") for file in DISTRIBUTION.files or []}

# `make dist` runs the tests in a folder without the sources; elsewhere what is installed is most often a link to them.
SOURCES = (ROOT / "slicednorm").exists()
of_sources = pytest.mark.skipif(not SOURCES, reason="the sources are not beside the tests")
of_wheel = pytest.mark.skipif(SOURCES, reason="the sources are beside the tests; `make dist` tests the wheel")


@of_sources
def test_every_package_on_disk_is_listed():
    folders = {"slicednorm": "slicednorm"} | SETUPTOOLS["package-dir"]
    found = set()
    for package, folder in folders.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join((package, *init.parent.relative_to(ROOT / folder).parts)))
    assert found == PACKAGES


@of_sources
def test_every_folder_of_modules_is_a_package():
    """A folder whose `__init__.py` was forgotten works in a clone and is not in the wheel."""
    for folder in ("slicednorm", *SETUPTOOLS["package-dir"].values()):
        modules = (ROOT / folder).rglob("*.py")
        assert not [str(module) for module in modules if not (module.parent / "__init__.py").exists()]


@pytest.mark.parametrize(
    ("page", "pattern"), [("CITATION.cff", r"^version: (.+)$"), ("CHANGELOG.md", r"^## \[(\d.+?)\]")]
)
def test_pages_name_this_version(page, pattern):
    found = re.search(pattern, (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert found[1] == slicednorm.__version__


@of_wheel
class TestWheel:
    def test_it_is_what_is_imported(self):
        """The sources do not stand before it on the path."""
        assert Path(slicednorm.__file__).samefile(Path(DISTRIBUTION.locate_file("slicednorm/__init__.py")))

    def test_it_claims_no_other_name(self):
        """Not `cli`, `studies` or `tests`, which would be everybody's."""
        tops = {file.split("/")[0] for file in FILES if not file.startswith("..")}
        assert tops == {
            "slicednorm",
            "slicednorm_cli",
            "slicednorm_studies",
            f"slicednorm-{DISTRIBUTION.version}.dist-info",
        }

    def test_it_holds_every_package_and_its_data(self):
        wanted = {package.replace(".", "/") + "/__init__.py" for package in PACKAGES} | DATA
        assert not wanted - FILES

    def test_it_brings_the_licence_and_the_command(self):
        assert any(file.endswith("licenses/LICENSE") for file in FILES)
        (command,) = metadata.entry_points(group="console_scripts", name="slicednorm")
        assert command.value == "slicednorm_cli.main:main"
        assert DISTRIBUTION.version == slicednorm.__version__
