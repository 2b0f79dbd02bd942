"""``slicednorm cite``."""

import pytest

from slicednorm import paper


@pytest.mark.parametrize("style", ["bibtex", "text", "cff"])
def test_the_command_prints_it(invoke, style):
    result = invoke("cite", "--format", style)
    assert (result.exit_code, result.stdout) == (0, paper.citation(style) + "\n")
