"""The one error of this package that is meant for its user."""

from __future__ import annotations


class StudyError(Exception):
    """What cannot be done, where, and what to do about it, in one line; the command line prints it and exits with 2."""
