"""A report in Chromium: it fits the window, complains of nothing and asks for nothing, in light and dark."""

import numpy as np
import pytest

pytest.importorskip("seaborn")
pytest.importorskip("jinja2")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_of_two_samples(invoke, visit, tmp_path, width, scheme):
    rng = np.random.default_rng(0)
    header = ",".join(f"a_column_with_a_long_name_{index}" for index in range(12))
    long = "skewed_and_with_a_name_that_no_phone_has_room_for.csv"
    np.savetxt(long, rng.exponential(size=(80, 12)), header=header, delimiter=",", comments="")
    np.save("normal.npy", rng.standard_normal((60, 12)))
    tests = ["--stat", "sliced", "--stat", "hz", "--null", "composite"]
    quick = ["--slices", "4", "--resamples", "39", "--seed", "0"]
    result = invoke("report", long, "normal.npy", "-o", "page.html", *tests, *quick)
    assert result.exit_code == 0, result.output
    seen = visit(tmp_path / "page.html", width, scheme, picture=tmp_path / "page.png")
    assert seen.scroll_width <= seen.inner_width
    assert seen.console_errors == ()
    assert seen.requests_elsewhere == ()
    assert (tmp_path / "page.png").stat().st_size > 10_000
