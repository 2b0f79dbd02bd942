"""What cannot be a loss: one line that says what came, and what was wanted."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402

Z = torch.zeros(6, 3)
V = torch.eye(3)


@pytest.mark.parametrize(
    ("z", "error", "message"),
    [
        (torch.zeros(1, 3), ValueError, r"at least 2 rows .* got shape \(1, 3\)"),
        (torch.zeros(0, 3), ValueError, r"got shape \(0, 3\)"),
        (torch.zeros(6, 0), ValueError, r"got shape \(6, 0\)"),
        (torch.zeros(0, 6, 3), ValueError, r"got shape \(0, 6, 3\)"),
        (torch.zeros(6), ValueError, r"\(\.\.\., n, D\), got \(6,\)"),
        (torch.zeros(6, 3, dtype=torch.int64), TypeError, r"dtype torch\.int64"),
        (torch.zeros(6, 3, dtype=torch.bool), TypeError, r"dtype torch\.bool"),
        (torch.zeros(6, 3, dtype=torch.complex64), TypeError, r"dtype torch\.complex64"),
        ([[0.0, 0.0, 0.0]] * 6, TypeError, r"must be a torch tensor, got list; convert it with torch\.as_tensor"),
        (torch.zeros(6, 3).to_sparse(), TypeError, r"dense tensor, got layout torch\.sparse_coo"),
    ],
)
def test_latents(z, error, message):
    with pytest.raises(error, match=message):
        sliced_distance(z, "cvm", directions=V)
    with pytest.raises(error, match=message):
        SlicedNormalityLoss("cvm")(z)


@pytest.mark.parametrize(
    ("directions", "error", "message"),
    [
        (torch.eye(4), ValueError, r"must have shape \(k, 3\) for z of shape \(6, 3\), got \(4, 4\)"),
        (torch.zeros(3), ValueError, r"got \(3,\)"),
        (torch.zeros(0, 3), ValueError, r"got \(0, 3\)"),
        (1.002 * torch.eye(3), ValueError, r"rows of length 1, row 0 has 1\.002"),
        (torch.full((1, 3), 0.5774).bfloat16() * 1.01, ValueError, r"divide by the lengths, in float32"),
        (torch.full((2, 3), torch.nan), ValueError, r"rows of length 1, row 0 has nan"),
        (torch.eye(3, dtype=torch.int64), TypeError, r"directions .* dtype torch\.int64"),
        ([[1.0, 0.0, 0.0]], TypeError, r"directions must be a torch tensor, got list"),
        (torch.eye(3, device="meta"), ValueError, r"on the device of z, cpu, got meta"),
    ],
)
@pytest.mark.parametrize("fused", [True, False])
def test_directions(directions, error, message, fused):
    with pytest.raises(error, match=message):
        sliced_distance(Z, "cvm", directions=directions, fused=fused)


def test_directions_of_nearly_unit_length_are_taken():
    assert torch.isfinite(sliced_distance(Z, "cvm", directions=1.0009 * V))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "kss"}, r"unknown statistic 'kss'; known: ks, cvm"),
        ({"aggregate": "sum"}, r"aggregate must be 'mean' or 'max', got 'sum'"),
        ({"statistic": "ks", "unbiased": True}, r"'ks' has no unbiased form; those that have one: 'cvm', 'cw', 'ep'"),
        ({"statistic": "cw", "unbiased": True, "aggregate": "max"}, r"unbiased=True goes with aggregate='mean'"),
        ({"statistic": "cw", "t_max": 3.0}, r"belong to statistic 'ep', got 'cw'"),
        ({"statistic": "ep", "t_max": 0.0}, r"t_max must be positive and finite, got 0\.0"),
        ({"statistic": "ep", "n_points": 1}, r"n_points must be at least 2, got 1"),
        ({"statistic": "ep", "n_points": 17.5}, r"n_points must be a whole number or None, got 17\.5"),
        ({"statistic": "ep", "t_max": "3"}, r"t_max must be a number or None, got '3'"),
        ({"unbiased": "no"}, r"unbiased must be True or False, got 'no'"),
        ({"check_finite": 1}, r"check_finite must be True or False, got 1"),
    ],
)
def test_options(options, message):
    options = {"statistic": "cvm", **options}
    with pytest.raises((ValueError, TypeError), match=message):
        SlicedNormalityLoss(**options)
    with pytest.raises((ValueError, TypeError), match=message):
        sliced_distance(Z, directions=V, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"log": True, "unbiased": True}, ValueError, r"log does not go with unbiased"),
        ({"scale": "2"}, ValueError, r"scale must be '1' or 'n', got '2'"),
        ({"n_slices": 0}, ValueError, r"n_slices must be at least 1, got 0"),
        ({"n_slices": 2.5}, TypeError, r"n_slices must be a whole number, got 2\.5"),
        ({"log": "yes"}, TypeError, r"log must be True or False, got 'yes'"),
        ({"seed": 2**63}, ValueError, r"seed must fit into 64 bits with a sign, got 9223372036854775808"),
        ({"seed": "a"}, TypeError, r"seed must be a whole number or None, got 'a'"),
        ({"process_group": "gloo"}, TypeError, r"process_group must be a torch\.distributed process group"),
        ({"statistic": 3}, TypeError, r"a statistic is named by a string, got int"),
    ],
)
def test_options_of_modules(options, error, message):
    with pytest.raises(error, match=message):
        SlicedNormalityLoss(**options)


def test_whole_numbers_of_other_kinds_are_taken():
    loss = SlicedNormalityLoss("cvm", np.int64(12), seed=np.int32(3))
    assert loss(Z) == SlicedNormalityLoss("cvm", 12, seed=3)(Z)


def test_what_the_fused_form_has_no_gradient_for():
    directions = V.clone().requires_grad_()
    with pytest.raises(ValueError, match=r"only the plain form .* gives directions or prior a gradient"):
        sliced_distance(Z, "cvm", directions=directions, fused=True)
    with pytest.raises(TypeError, match=r"fused must be True or False, got 'x'"):
        sliced_distance(Z, "cvm", directions=V, fused="x")


def test_the_prior_sample():
    with pytest.raises(ValueError, match=r"'sw' compares with a sample of the prior"):
        sliced_distance(Z, "sw", directions=V)
    with pytest.raises(ValueError, match=r"'cvm' takes no prior"):
        sliced_distance(Z, "cvm", directions=V, prior=Z)
    with pytest.raises(ValueError, match=r"shape of z, \(6, 3\), got \(5, 3\)"):
        sliced_distance(Z, "sw", directions=V, prior=Z[:5])
    with pytest.raises(TypeError, match=r"prior .* dtype torch\.int64"):
        sliced_distance(Z, "sw", directions=V, prior=Z.long())


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("name", ["ks", "cvm", "w2", "cw", "ad", "ep"])
def test_values_that_are_not_finite(name, bad):
    z = torch.randn(6, 3)
    z[4, 1] = bad
    for check in (
        lambda: sliced_distance(z, name, directions=V, check_finite=True),
        lambda: sliced_distance(z, name, directions=V, check_finite=True, fused=False),
        lambda: SlicedNormalityLoss(name, check_finite=True)(z),
    ):
        with pytest.raises(ValueError, match=r"z of shape .*\(?.*6, 3\).* 1 values that are not finite, .*4, 1\)"):
            check()
    # Unchecked they give a loss that says so itself, quietly.
    loss = sliced_distance(z.requires_grad_(), name, directions=V)
    loss.backward()
    assert not torch.isfinite(loss) or name in ("ks", "cvm", "cw", "ep")


def test_a_loss_of_a_group_that_another_process_made():
    loss = SlicedNormalityLoss("cw")
    loss._group = "elsewhere"  # as it comes out of a pickle
    with pytest.raises(RuntimeError, match="process group 'elsewhere' is not known in this process"):
        loss(Z)


def test_without_torch_the_import_says_what_to_install():
    code = "import sys; sys.modules['torch'] = None\nimport slicednorm.torch"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'slicednorm[torch]'" in result.stderr.splitlines()[-1]
