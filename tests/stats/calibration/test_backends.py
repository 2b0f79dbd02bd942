"""Replicates on the engines that joblib knows: the same bits wherever they are computed."""

import warnings

import joblib
import numpy as np
import pytest

from slicednorm.stats import energy, mardia, omnibus_test, pursuit_test, sliced_tests

X = np.random.default_rng(3).standard_normal((60, 3)).astype(np.float32)


def everything(workers):
    sliced = sliced_tests(X, ("cvm", "sw", "cw"), null="composite", n_slices=8, n_resamples=600, rng=1, workers=workers)
    sequential = sliced_tests(X, ("ks",), n_slices=8, method="auto", rng=2, workers=workers)
    others = [
        energy(X, n_resamples=600, rng=3, workers=workers),
        omnibus_test(X, n_slices=8, n_resamples=600, rng=4, workers=workers),
        pursuit_test(X, n_slices=8, n_resamples=300, rng=6, workers=workers),
    ]
    laws = [result.null_distribution for result in (*sliced, *sequential, *others)]
    moments = mardia(X, n_resamples=600, rng=5, workers=workers)
    return [*laws, moments.null_skewness, moments.null_kurtosis]


def assert_same(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def wanted():
    return everything(1)


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_backends_of_joblib(backend, wanted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking a process that has threads
        with joblib.parallel_config(backend=backend):
            assert_same(everything(2), wanted)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning")
def test_a_dask_cluster(wanted, tmp_path):
    distributed = pytest.importorskip("distributed", reason="dask is no dependency")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster) as client, joblib.parallel_config(backend="dask"):
        assert_same(everything(-1), wanted)
        # It was the cluster that did it.
        tasks = client.run(lambda dask_worker: len(dask_worker.state.tasks) + dask_worker.state.executed_count)
        assert sum(tasks.values()) > 0
