"""Opens a built page in Chromium and tells what it loaded, whether it fits the window and what it complained about.

Tests take the fixture ``visit``, which skips where Playwright or Chromium is missing. Nothing is downloaded: the
browser is that of the system.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# In the order in which they are tried.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Visit:
    """What a page did in a window of some width, under one of the two colour schemes.

    Attributes
    ----------
    scroll_width, inner_width : the width of the document and of the window, in CSS pixels
    console_errors : the errors on the console and those that no script caught
    requests : the URLs that were asked for, the page's own first
    """

    scroll_width: int
    inner_width: int
    console_errors: tuple[str, ...]
    requests: tuple[str, ...]

    @property
    def requests_elsewhere(self) -> tuple[str, ...]:
        """The requests for anything but a file or what the page itself holds."""
        return tuple(url for url in self.requests if not url.startswith(("file:", "data:", "blob:")))


# Of a module and not of the session: Playwright's event loop runs as long as this lives, and asyncio lets no other run.
@pytest.fixture(scope="module")
def visit() -> Iterator[Callable[..., Visit]]:
    """Return ``visit(path, width, scheme, *, picture=None)``, scheme "light" or "dark"; picture is a PNG to write."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is part of the dependency group test")
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        pytest.skip("there is no Chromium on the PATH")
    with playwright.sync_playwright() as started:
        # Without a sandbox, which root in a container cannot have; the pages are our own.
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def function(path: Path, width: int, scheme: str, *, picture: Path | None = None) -> Visit:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            errors: list[str] = []
            requests: list[str] = []
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("request", lambda request: requests.append(request.url))
            try:
                page.goto(Path(path).resolve().as_uri(), wait_until="load")
                document, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
                if picture is not None:
                    page.screenshot(path=picture)
            finally:
                page.close()
            return Visit(document, window, tuple(errors), tuple(requests))

        yield function
        browser.close()
