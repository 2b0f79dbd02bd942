"""Sorting with order against NumPy's own, and work that is spread over threads."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is an extra")

from slicednorm._runtime import threads
from slicednorm.torch._sliced.order import sort_with_order

KINDS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "far": lambda rng, shape: 1e30 * rng.standard_cauchy(shape),
    "tiny": lambda rng, shape: 1e-40 * rng.standard_normal(shape),
    "ties": lambda rng, shape: np.round(rng.standard_normal(shape), 1),
    "zeros": lambda rng, shape: np.where(rng.random(shape) < 0.5, 0.0, -0.0),
    "infinite": lambda rng, shape: np.where(rng.random(shape) < 0.1, np.inf, -np.inf) * rng.integers(0, 2, shape),
}


@pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 2), (3, 511), (2, 513), (5, 1025), (1, 3000), (4, 70_001)])
def test_it_sorts_and_says_where_things_were(kind, dtype, shape):
    y = np.nan_to_num(KINDS[kind](np.random.default_rng(0), shape), nan=0.0, posinf=np.inf, neginf=-np.inf).astype(
        dtype
    )
    kept = y.copy()
    found, order = sort_with_order(y)
    np.testing.assert_array_equal(y, kept)
    np.testing.assert_array_equal(found, np.sort(y, axis=-1))
    np.testing.assert_array_equal(found, y.ravel()[order])
    np.testing.assert_array_equal(np.sort(order, axis=-1), np.arange(y.size).reshape(shape))


def test_threads_do_all_parts_and_pass_errors_on():
    done = np.zeros(100, dtype=int)

    def work(part):
        done[part] += 1
        if part.start == 40:
            raise ValueError("part 40")

    parts = [slice(start, start + 10) for start in range(0, 100, 10)]
    with pytest.raises(ValueError, match="part 40"):
        threads.run(work, parts, 3)
    threads.run(lambda part: None, parts, 3)
    assert done.max() == 1


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
def test_a_forked_process_has_threads_of_its_own():
    # The parent's threads are not in the child: work given to them would never end.
    code = """if True:
        import os
        from slicednorm._runtime import threads
        parts = [slice(i, i + 1) for i in range(8)]
        threads.run(lambda part: None, parts, 2)
        child = os.fork()
        if child == 0:
            threads.run(lambda part: None, parts, 2)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)
