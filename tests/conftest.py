"""What holds for every test."""

import os

from .browser import visit  # noqa: F401 (a fixture)

# No test reads or writes the user's own cache; set here, before anything runs, so that it holds for doctests and
# for the processes that tests start as well.
os.environ["SLICEDNORM_CACHE"] = "off"
