"""How results are shown, a line for each field and arrays by their shape, and how they become rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from slicednorm.stats._arguments import spelled

if TYPE_CHECKING:
    import pandas as pd

# The columns of a table of tests, whose rows are named after the tests.
TEST_COLUMNS = ("title", "statistic", "pvalue", "pvalue_stderr", "n_resamples", "method", "null", "sensitive_to")


class Words(str):
    """Words that are shown as they are, without quotes."""


def _show(value: Any) -> str:
    if isinstance(value, Words):
        return str(value)
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} array of shape {value.shape}>"
    if isinstance(value, float):
        return f"{value:.6g}"
    return spelled(value)


def result_repr(result: Any) -> str:
    """Return a readable ``repr`` of a result dataclass, in the manner of scipy's results."""
    shown = result._shown()
    width = max(len(name) for name, _ in shown)
    lines = [f"    {name:>{width}}: {_show(value)}" for name, value in shown]
    return "\n".join([f"{type(result).__name__}", *lines])


def _cell(value: Any) -> str:
    """Return a value as HTML: results as tables of their own, the items of a tuple one below the other."""
    if isinstance(value, Result):
        return value._repr_html_()
    if isinstance(value, tuple):
        return "<br>".join(_cell(item) for item in value)
    return escape(value if isinstance(value, str) else _show(value))


def _scalars(result: Any) -> dict[str, Any]:
    """Return the fields that fit into a cell; fields of a result in a field are named after both."""
    found: dict[str, Any] = {}
    for name, value in result._values():
        if isinstance(value, Result):
            found.update({f"{name}_{part}": item for part, item in _scalars(value).items()})
        elif not isinstance(value, (np.ndarray, tuple)):
            found[name] = np.nan if value is None else value
    return found


def frame_of_tests(tests: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table with a row for each test and the columns `TEST_COLUMNS`, missing values as NaN.

    Parameters
    ----------
    tests : iterable of mapping
        For each test its columns by name, and its ``name``, which becomes the index.
    """
    import pandas as pd

    rows = []
    for test in tests:
        # The ``null`` of a result is a distribution; that of a table is the hypothesis.
        found = {**test, "null": test.get("hypothesis", test.get("null"))}
        rows.append({"test": test["name"], **{column: found.get(column) for column in TEST_COLUMNS}})
    frame = pd.DataFrame(rows, columns=["test", *TEST_COLUMNS]).set_index("test")
    numbers = dict.fromkeys(("statistic", "pvalue", "pvalue_stderr"), "float64")
    return frame.astype({**numbers, "n_resamples": "Int64"})  # whole numbers stay whole although one may be missing


class Result:
    """What all results can do; every result is a dataclass as well."""

    def _values(self) -> list[tuple[str, Any]]:
        """Return the names and values of what the result has, in order."""
        return [(field.name, getattr(self, field.name)) for field in fields(cast(Any, self))]

    def _shown(self) -> list[tuple[str, Any]]:
        """Return the names and values that are shown."""
        hidden = {field.name for field in fields(cast(Any, self)) if not field.repr}
        return [(name, value) for name, value in self._values() if name not in hidden]

    def __repr__(self) -> str:
        return result_repr(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a small table in the notebook's own colours."""
        rows = "".join(
            f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>'
            f'<td style="text-align: left">{_cell(value)}</td></tr>'
            for name, value in self._shown()
        )
        caption = (
            f'<caption style="caption-side: top; text-align: left; color: inherit">{type(self).__name__}</caption>'
        )
        return f"<table>{caption}<tbody>{rows}</tbody></table>"

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a DataFrame of one row: its numbers and words, and NaN for None.

        Returns
        -------
        pandas.DataFrame
            The result, a row.
        """
        import pandas as pd

        return pd.DataFrame([_scalars(self)])


@dataclass(frozen=True, repr=False, kw_only=True)
class NamedResult(Result):
    """A result about one test, with the test's ``name`` and its name in words, ``title``."""

    name: str
    title: str

    @property
    def test(self) -> str:
        """The name of the test."""
        return self.name

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a DataFrame of one row: its numbers and words, and NaN for None.

        The index is the name of the test, so that results stack well under ``pandas.concat``.

        Returns
        -------
        pandas.DataFrame
            The result, a row under the name of the test.

        Examples
        --------
        >>> import numpy as np
        >>> from slicednorm.stats import sliced_test
        >>> x = np.random.default_rng(7).standard_normal((100, 3))
        >>> sliced_test(x, "ks", n_resamples=99, rng=1).to_frame()[["n", "dim", "hypothesis", "n_resamples"]]
                n  dim hypothesis  n_resamples
        test
        ks    100    3   standard           99
        """
        return super().to_frame().set_index("name").rename_axis("test")
