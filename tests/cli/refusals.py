"""What every refusal looks like: status 2 and one line on stderr, with the file in it."""

import io

import numpy as np

X = np.random.default_rng(0).standard_normal((40, 3))


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def check(result, name, parts):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("slicednorm")
    assert "Traceback" not in result.stderr
    for part in (f": {name}: ", *parts):
        assert part in result.stderr
