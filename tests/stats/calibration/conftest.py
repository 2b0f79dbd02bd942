"""A cache of the test's own."""

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "laws"))
    return tmp_path / "laws"


@pytest.fixture
def short(limits):
    """Laws of 199 replicates, of which 99 will do."""
    limits(full_law=199, least_law=99)
