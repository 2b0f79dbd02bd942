"""A visit sees what is wrong with a page."""

PAGE = """<!doctype html><meta name="viewport" content="width=device-width"><body style="margin: 0">
<div style="width: 800px">wide</div>
<img src="http://127.0.0.1:1/far.png"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<script>
if (matchMedia("(prefers-color-scheme: dark)").matches) console.error("dark");
throw Error("uncaught");
</script>"""


def test_a_visit_sees_width_errors_scheme_and_requests(visit, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    narrow = visit(page, 390, "dark", picture=tmp_path / "page.png")
    assert (narrow.scroll_width, narrow.inner_width) == (800, 390)
    assert narrow.requests[0] == page.as_uri()
    assert narrow.requests_elsewhere == ("http://127.0.0.1:1/far.png",)
    assert {"dark", "uncaught"} <= set(narrow.console_errors)
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    wide = visit(page, 1280, "light")
    assert wide.scroll_width == 1280
    assert "dark" not in wide.console_errors
