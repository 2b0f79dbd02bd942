"""Looks at latents: they are the sliced test's, with the same directions every time and a law that is kept."""

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.monitor import LatentMonitor, check_latents
from slicednorm.stats import _laws

FAST = {"n_slices": 16, "n_resamples": 39}


def latents(seed=0, n=80, dim=3):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def test_a_look_is_the_sliced_test():
    z = latents()
    record = check_latents(z, "ks", null="composite", epoch=7, **FAST)
    result = stats.sliced_test(z, "ks", null="composite", rng=0, **FAST)
    assert (record.statistic, record.pvalue, record.epoch) == (result.statistic, result.pvalue, 7)
    worst = np.argmax(result.slice_statistics)
    assert record.worst == result.slice_statistics[worst]
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
    }
    assert set(check_latents(latents(), n_slices=4, n_resamples=None).scalars()) == {"latents/cvm", "latents/cvm_worst"}


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
    from slicednorm import plots

    np.testing.assert_array_equal(plots.history(frame).lines[0].get_xdata(), [1, 2, 5])


def test_a_law_that_is_prepared_serves_every_epoch(tmp_path, monkeypatch):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
    monkeypatch.setattr(_laws, "LEAST", 99)
    monitor = LatentMonitor("cvm", n_slices=8, null="composite", max_rows=60)
    monitor.prepare(100, 3, n_resamples=99, workers=1)
    monkeypatch.setattr("slicednorm.stats._laws.monte_carlo", lambda *args, **more: pytest.fail("computed a law"))
    records = [monitor(latents(seed, n=100)) for seed in range(3)]
    assert [record.method for record in records] == ["cached"] * 3
    assert {record.n_resamples for record in records} == {99}
