"""The notes of a JSON."""


def texts(found):
    """Return the notes as sentences."""
    return [note["text"] for note in found["notes"]]


def kinds(found):
    """Return what the notes are about."""
    return [note["kind"] for note in found["notes"]]
