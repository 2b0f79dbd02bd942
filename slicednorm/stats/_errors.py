"""What can be wrong with a sample, told apart from errors of programming.

The command line prints these as one line beside the file's name; in Python they are the ValueError and
TypeError that scipy would raise.
"""


class SampleError(ValueError):
    """The values or the shape of a sample do not allow the test.

    ``column`` is the position, among the columns in use, of the one that is to blame, None if no single one is.
    """

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.column = column


class SampleTypeError(TypeError):
    """The type of a sample's values does not allow the test."""
