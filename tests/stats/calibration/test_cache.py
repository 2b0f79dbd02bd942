"""Files of kept laws: found again, damaged, interrupted, and what can go wrong with the folder."""

import errno
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

from slicednorm.stats import sliced_test
from slicednorm.stats._calibration import cache

KEY = {"statistic": "cvm", "n": 10}
LAW = np.random.default_rng(1).standard_normal(1000)
X = np.random.default_rng(5).standard_normal((40, 3))


def test_what_is_kept_is_found_again(folder):
    assert cache.load(KEY) is None
    assert cache.store(KEY, LAW)
    np.testing.assert_array_equal(cache.load(KEY), LAW)
    (entry,) = cache.entries()
    assert (entry.key, entry.n_resamples) == (KEY, 1000)
    assert entry.size == os.path.getsize(entry.path)
    assert cache.clear() == 1
    assert cache.load(KEY) is None


def test_a_law_is_that_of_its_whole_key_and_of_this_version(folder, monkeypatch):
    cache.store(KEY, LAW)
    for other in ({**KEY, "n": 11}, {**KEY, "statistic": "ks"}, {**KEY, "more": 1}):
        assert cache.load(other) is None
        assert cache.entropy(other) != cache.entropy(KEY)
    monkeypatch.setattr(cache, "__version__", "0.0")
    assert cache.load(KEY) is None


def test_the_shorter_of_two_laws_does_not_replace_the_longer(folder):
    cache.store(KEY, LAW)
    cache.store(KEY, LAW[:10])
    assert len(cache.load(KEY)) == 1000


def test_nothing_is_kept_if_that_is_not_wanted(monkeypatch, tmp_path):
    monkeypatch.setenv("SLICEDNORM_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not cache.store(KEY, LAW)
    assert cache.load(KEY) is None
    assert list(cache.entries()) == []
    assert cache.clear() == 0


def test_the_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("SLICEDNORM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform.startswith("linux"):
        assert cache.cache_folder() == tmp_path / "slicednorm" / "laws"


def _flip(data):
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


def _other(data):
    header, _, body = data.partition(b"\n")
    return json.dumps({**json.loads(header), "identity": "another"}).encode() + b"\n" + body


@pytest.mark.parametrize(
    "damage",
    [
        _flip,
        _other,
        lambda data: data[:-8],
        lambda data: data[:50],
        lambda data: b"",
        lambda data: pickle.dumps([1.0, 2.0]),
        lambda data: b"\x00" * len(data),
        lambda data: b"[]\n" + data,
        lambda data: b"{}\n" + data,
        lambda data: data + b"\x00" * 8,
        lambda data: b"\xff\xfe" + data,
    ],
)
def test_a_damaged_law_is_computed_anew_and_said_to_be(folder, short, damage):
    wanted = sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)
    (path,) = folder.glob("*.law")
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.warns(cache.CacheWarning, match="damaged"):
        found = sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)
    assert found.pvalue == wanted.pvalue
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_is_a_warning(short, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "file" / "laws"))
    with pytest.warns(cache.CacheWarning, match="could not be cached"):
        found = sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)
    monkeypatch.setenv("SLICEDNORM_CACHE", "off")
    assert found.pvalue == sliced_test(X, "cvm", method="cached", n_slices=8, rng=0).pvalue


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_a_warning(folder, short):
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.warns(cache.CacheWarning, match="could not be cached"):
        sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)


def test_a_full_disk_is_a_warning_and_leaves_nothing_behind(folder, short, monkeypatch):
    wanted = sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)
    cache.clear()

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.warns(cache.CacheWarning, match="No space left"):
        found = sliced_test(X, "cvm", method="cached", n_slices=8, rng=0)
    assert found.pvalue == wanted.pvalue
    assert list(folder.iterdir()) == []


def test_a_law_that_is_a_folder_is_a_warning(folder):
    cache._path(folder, KEY).mkdir(parents=True)
    with pytest.warns(cache.CacheWarning, match="cannot be read"):
        assert cache.load(KEY) is None
    with pytest.warns(cache.CacheWarning, match="could not be cached"):
        assert not cache.store(KEY, LAW)


_WRITER = """
import numpy as np
from slicednorm.stats._calibration import cache as _cache
law = np.arange(300_000.0)
print("ready", flush=True)
for count in range(1, 10**9):
    _cache.store({"statistic": "x", "n": count % 3}, law)
    for path in _cache.cache_folder().glob("*.law"):
        path.unlink(missing_ok=True) if count % 7 == 0 else None
"""


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_whole_laws(folder):
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", _WRITER], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing is damaged
            for count in range(3):
                law = cache.load({"statistic": "x", "n": count})
                assert law is None or np.array_equal(law, np.arange(300_000.0))
    cache.clear()
    assert list(folder.iterdir()) == []
