"""The sentence on the page about data is what its code prints."""

import re
from pathlib import Path

import numpy as np
import pytest

from slicednorm import stats

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the pages are not beside the tests")
def test_the_sentence_is_what_the_code_prints(capsys):
    text = PAGE.read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "paper.sentence" in block]
    exec(code, {"np": np, "stats": stats})
    quoted = re.search(r'The sentence is: "(.*?)" With', text, re.DOTALL)[1]
    assert capsys.readouterr().out.startswith(" ".join(quoted.split()) + "\n")
