"""Notes on what may be all that a test rejects: one row, or location and scale."""

import numpy as np
import pytest

from tests.cli.notes import texts


def kinds(found):
    return {note["kind"] for note in found["notes"]}


def test_one_row(test_json):
    x = np.random.default_rng(5).standard_normal((40, 2))
    x[17] = [9.0, -9.0]
    np.save("x.npy", x)
    options = ("--null", "composite", "--stat", "hz")
    found = test_json("x.npy", *options, "--resamples", "99")
    assert any("Row 17 (from 0) lies far from all others" in text for text in texts(found))
    found = test_json("x.npy", *options, "--resamples", "99", "--outliers")
    (note,) = [note for note in found["notes"] if note["kind"] == "outlier"]
    assert note["text"].endswith("So the verdict hangs on this row.")
    x[18] = [-9.0, 9.0]
    np.save("x.npy", x)
    assert "outlier" not in kinds(test_json("x.npy", *options, "--resamples", "99"))


@pytest.mark.parametrize(
    ("change", "noted"),
    [
        (lambda x: 170.0 + 10.0 * x, True),
        (lambda x: x + 0.7, False),  # latents may lie there
        (lambda x: np.exp(x) + 10.0, False),  # its shape is rejected as well
    ],
)
def test_location_and_scale(test_json, change, noted):
    np.save("x.npy", change(np.random.default_rng(2).standard_normal((150, 2))))
    options = ("--stat", "cvm", "--resamples", "99")
    found = test_json("x.npy", *options)
    assert found["tests"][0]["reject"]
    assert ("location-scale" in kinds(found)) is noted
    assert "location-scale" not in kinds(test_json("x.npy", *options, "--null", "composite"))
