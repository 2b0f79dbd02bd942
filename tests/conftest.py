"""What holds for every test."""

import os
from contextlib import ExitStack

import pytest

from .browser import visit  # noqa: F401 (a fixture)

# No test reads or writes the user's own cache; set here, before anything runs, so that it holds for doctests and
# for the processes that tests start as well.
os.environ["SLICEDNORM_CACHE"] = "off"


@pytest.fixture
def limits():
    """Return what has other limits hold until the test is over: ``limits(tile_rows=3)``."""
    from slicednorm.stats import _limits

    with ExitStack() as until_the_end:
        yield lambda **changes: until_the_end.enter_context(_limits.limits(**changes))
