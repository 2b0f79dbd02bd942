"""Errors about a sample, as distinct from errors of programming.

The command line prints them as one line, with the name of the file; in Python they are the ValueError and the
TypeError that scipy would raise.
"""

from collections.abc import Sequence


class SampleError(ValueError):
    """The values or the shape of a sample do not allow the test.

    Parameters
    ----------
    message : str
        What is wrong.
    columns : sequence of int, default: ()
        Positions, among the columns in use, of the columns to blame; empty if none in particular is.
    rows : sequence of int, default: ()
        Numbers of the rows to blame, from 0, in the sample as it was given; empty if none in particular is.
    """

    def __init__(self, message: str, columns: Sequence[int] = (), rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.columns = tuple(columns)
        self.rows = tuple(rows)


class SampleTypeError(TypeError):
    """The type of a sample's values does not allow the test."""
