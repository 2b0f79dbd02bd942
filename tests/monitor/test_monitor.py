"""Looks at latents: they are the sliced test's, with the same directions every time and a law that is kept."""

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.monitor import LatentMonitor, check_latents
from slicednorm.monitor._record import PARTS
from slicednorm.stats._calibration import cached_or_computed, memory


@pytest.fixture
def short(monkeypatch, limits):
    """Laws of 99 replicates, and none in memory."""
    limits(least_law=99, full_law=99)
    monkeypatch.setattr(memory, "_held", {})


FAST = {"n_slices": 16, "n_resamples": 39}


def latents(seed=0, n=80, dim=3):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def test_a_look_is_the_sliced_test():
    z = latents()
    record = check_latents(z, "ks", null="composite", epoch=7, **FAST)
    result = stats.sliced_test(z, "ks", null="composite", rng=0, **FAST)
    assert (record.statistic, record.pvalue, record.epoch) == (result.statistic, result.pvalue, 7)
    worst = np.argmax(result.slice_statistics)
    assert record.worst == result.slice_statistics[worst]  # a column of it is not as far
    np.testing.assert_allclose(np.abs(record.direction), np.abs(result.directions[worst]), rtol=1e-6)
    assert record.direction[record.worst_column] == record.worst_weight > 0


def test_all_looks_have_the_same_directions():
    monitor = LatentMonitor(**FAST)
    records = [monitor(latents()) for _ in range(2)]
    assert records[0] != records[1]  # by their epochs
    assert records[0].statistic == records[1].statistic
    assert [record.epoch for record in monitor.history] == [1, 2]


def test_scalars_for_a_logger():
    record = check_latents(latents(), **FAST)
    assert record.scalars("val_") == {
        "val_cvm": record.statistic,
        "val_cvm_worst": record.worst,
        "val_cvm_pvalue": record.pvalue,
        **{f"val_cvm_{part}": getattr(record, part) for part in PARTS},
    }
    without = check_latents(latents(), "ks", n_slices=4, method=None)
    assert set(without.scalars()) == {"latents/ks", "latents/ks_worst"}


@pytest.mark.parametrize(("statistic", "options"), [("cvm", {}), ("ks", {}), ("w2", {"aggregate": "max"})])
def test_the_names_are_known_before_the_first_look(statistic, options):
    monitor = LatentMonitor(statistic, n_slices=4, n_resamples=19, **options)
    assert monitor.scalar_names() == tuple(monitor(latents()).scalars())


def test_the_parts_add_up_and_say_which_moment_is_off():
    record = check_latents(1.3 * latents(n=400), n_slices=64)
    parts = {part: getattr(record, part) for part in PARTS}
    assert sum(parts.values()) == pytest.approx(record.statistic)
    assert max(parts, key=parts.get) == "scale"
    assert record.method == "analytic"


def test_rows_beyond_the_most_are_left_out():
    z = latents()
    record = check_latents(z, max_rows=30, **FAST)
    assert record.n == 30
    assert record.statistic == check_latents(z[:30], **FAST).statistic
    with pytest.raises(ValueError, match="max_rows"):
        check_latents(z, max_rows=1, **FAST)


def test_tensors_of_any_dtype_with_a_gradient():
    torch = pytest.importorskip("torch", reason="torch is an extra")
    z = torch.from_numpy(latents()).bfloat16().requires_grad_()
    record = check_latents(z, max_rows=50, **FAST)
    assert record.statistic == check_latents(z[:50].detach().float().numpy(), **FAST).statistic


def test_a_history_becomes_a_frame_and_a_picture():
    monitor = LatentMonitor(**FAST)
    assert monitor.to_frame().empty
    for epoch in (1, 2, 5):
        monitor(latents(epoch), epoch=epoch)
    frame = monitor.to_frame()
    assert list(frame["epoch"]) == [1, 2, 5]
    assert list(frame["pvalue"]) == [record.pvalue for record in monitor.history]
    pytest.importorskip("seaborn")
    from matplotlib.figure import Figure

    from slicednorm import plots

    # Axes of its own: the current ones may be another test's.
    np.testing.assert_array_equal(plots.history(frame, ax=Figure().subplots()).lines[0].get_xdata(), [1, 2, 5])


@pytest.mark.parametrize("cache", ["kept", "off"])
def test_a_law_that_is_prepared_serves_every_epoch(tmp_path, monkeypatch, short, cache):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path) if cache == "kept" else "off")
    monitor = LatentMonitor("cvm", n_slices=8, null="composite", max_rows=60)
    monitor.prepare(100, 3, n_resamples=99, workers=1)
    monkeypatch.setattr(
        "slicednorm.stats._calibration.cached_or_computed.monte_carlo",
        lambda *args, **more: pytest.fail("computed a law"),
    )
    records = [monitor(latents(seed, n=100)) for seed in range(3)]
    assert [record.method for record in records] == ["cached"] * 3
    assert {record.n_resamples for record in records} == {99}


@pytest.mark.usefixtures("short")
def test_the_first_look_computes_the_law_and_no_other_does(monkeypatch):
    """Also where nothing is kept, and whatever the sample: a normal one takes few replicates of its own."""
    computed, whole = [], cached_or_computed.monte_carlo
    monkeypatch.setattr(
        cached_or_computed, "monte_carlo", lambda *args, **more: computed.append(1) or whole(*args, **more)
    )
    records = [check_latents(scale * latents(), n_slices=8) for scale in (1.0, 3.0, 1.0)]
    assert len(computed) == 10  # the parts in which one law is computed
    assert [record.method for record in records] == ["cached"] * 3
    assert records[0].pvalue == records[2].pvalue > records[1].pvalue == 0.01
    check_latents(latents(n=81), n_slices=8)
    assert len(computed) == 20


@pytest.mark.usefixtures("short")
def test_beyond_2000_rows_one_law_serves_all(monkeypatch):
    sizes = [check_latents(latents(n=n, dim=2), "ks", n_slices=2).law_n for n in (2001, 2500)]
    assert sizes == [1000, 1000]
    assert len(memory._held) == 1
    for n in (2001, 2500):
        check_latents(latents(n=n, dim=2), "cw", n_slices=1, aggregate="max")
    assert len(memory._held) == 3  # the bandwidth of cw is that of n


@pytest.mark.parametrize("statistic", ["w2", "cw", "sw"])
@pytest.mark.parametrize("options", [{}, {"aggregate": "max", "null": "composite", "directions": "orthogonal"}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_law_in_memory_is_the_tests_own(tmp_path, monkeypatch, short, statistic, options, dtype):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
    z = latents(n=2100 if statistic == "w2" else 40).astype(dtype)
    record = check_latents(z, statistic, n_slices=4, method="cached", **options)
    result = stats.sliced_test(z, statistic, n_slices=4, method="cached", rng=0, **options)
    assert result.method == record.method == "cached"
    assert (record.statistic, record.pvalue, record.law_n) == (result.statistic, result.pvalue, result.law_n)


def test_laws_in_memory_are_few(monkeypatch, short):
    monkeypatch.setattr(memory, "_MOST", 2)
    for n in (20, 21, 22):
        check_latents(latents(n=n), n_slices=2)
    assert [dict(key)["n"] for key in memory._held] == [21, 22]


def test_directions_of_ones_own_have_no_law():
    record = check_latents(latents(), directions=np.eye(3))
    assert record.method == "sequential"
    with pytest.raises(ValueError, match="none to prepare"):
        LatentMonitor(directions=np.eye(3)).prepare(80, 3)


@pytest.mark.parametrize("statistic", ["cvm", "sw"])
@pytest.mark.parametrize("null", ["standard", "composite"])
def test_a_latent_that_is_off_alone_is_found(statistic, null):
    """Among 40 columns no random direction has much of it."""
    z = latents(n=400, dim=40)
    z[:, 17] = np.sign(z[:, 17])
    record = check_latents(z, statistic, null=null, n_slices=64, method=None)
    assert (record.worst_column, record.worst_weight) == (17, 1.0)
    np.testing.assert_array_equal(record.direction, np.eye(40)[17])


def test_a_column_of_more_columns_than_slices_is_not_looked_at():
    z = latents(n=400, dim=40)
    z[:, 17] = np.sign(z[:, 17])
    assert check_latents(z, n_slices=39, method=None).worst_weight < 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"statistic": "cvmm"}, "cvmm"),
        ({"n_slices": 0}, "n_slices"),
        ({"n_resamples": "all"}, "n_resamples"),
        ({"method": "asymptotic"}, "no limiting distribution"),
        ({"n_resamples": 0}, "n_resamples"),
        ({"null": "normal"}, "null"),
        ({"aggregate": "median"}, "aggregate"),
        ({"rng": -1}, "rng"),
        ({"n_slice": 8}, "n_slice"),
        ({"max_rows": 1}, "max_rows"),
    ],
)
def test_what_is_wrong_with_the_options_is_said_before_the_training(options, words):
    with pytest.raises((ValueError, TypeError), match=words):
        LatentMonitor(**options)


@pytest.mark.parametrize(
    "options",
    [{"mean": np.zeros(3), "cov": np.eye(3)}, {"directions": np.eye(3)}, {"max_rows": 3, "null": "composite"}],
)
def test_options_that_only_fit_the_latents_are_taken(options):
    LatentMonitor(**options)


def test_the_trial_of_the_options_draws_nothing():
    monitor = LatentMonitor(rng=np.random.default_rng(3), **FAST)
    assert monitor(latents()).statistic == check_latents(latents(), rng=np.random.default_rng(3), **FAST).statistic


def test_what_does_not_fit_is_said_before_a_law_is_computed(monkeypatch):
    monkeypatch.setattr(
        "slicednorm.stats._calibration.cached_or_computed.monte_carlo",
        lambda *args, **more: pytest.fail("computed a law"),
    )
    z = latents()
    z[3, 1] = np.nan
    with pytest.raises(stats.SampleError, match="row 3, column 1"):
        check_latents(z)
    with pytest.raises(stats.SampleError, match=r"w2 of x of shape .* overflows float32: the largest value, 1e\+25"):
        check_latents(np.where(np.isnan(z), 1e25, z).astype(np.float32), "w2")
    monitor = LatentMonitor(null="composite")
    for n, dim, more, words in ((4, 3, {}, "D \\+ 1"), (80, 0, {}, "dim"), (80, 3, {"dtype": "bfloat16"}, "dtype")):
        with pytest.raises(ValueError, match=words):
            monitor.prepare(n, dim, **more)
