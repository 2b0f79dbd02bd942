"""A sentence for the user, with a word that tells scripts what it is about."""

from __future__ import annotations


class Note(str):
    """A sentence, and its kind.

    Attributes
    ----------
    kind : str
        What it is about: "index", "columns-left-out", "missing-codes" and so on.
    """

    kind: str

    def __new__(cls, text: str, kind: str) -> Note:
        """Return a sentence of a kind."""
        note = super().__new__(cls, text)
        note.kind = kind
        return note

    def of(self, label: str) -> Note:
        """Return the same note with what it is a note on in front."""
        return Note(f"{label}: {self}", self.kind)
