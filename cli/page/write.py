"""From requests to a page: tests, what is shown beside them, and the text, with what is said on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ..show import groups as show_groups
from ..show.words import conclusion
from ..testing.groups import examine_groups
from ..testing.request import Request
from .groups import page_of_groups, shown_groups
from .page import page
from .samples import shown_together


def about_samples(
    requests: Sequence[Request], command: str, *, data_dir: str | None, device: str
) -> tuple[str, list[str]]:
    """Return a page about one sample or two, and what to say of each."""
    subjects = shown_together(requests, data_dir=data_dir, device=device)
    return page(subjects, command), [f"{subject.label}: {conclusion(subject.report)}" for subject in subjects]


def about_groups(request: Request, by: str, command: str) -> tuple[str, list[str]]:
    """Return a page about the groups of a file, and what to say of them."""
    found = examine_groups(request, by)
    said = f"{found.label}: {show_groups.conclusions(found)}"
    return page_of_groups(shown_groups(found, request), command), [said]
