"""Two and three processes with batches of unequal size against one process that holds it all."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402
from slicednorm.torch._sliced.processes import Facts, Ranks  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402

pytestmark = pytest.mark.slow

if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
    pytest.skip("this build of torch has no gloo", allow_module_level=True)

SCRIPT = Path(__file__).with_name("_ranks.py")
FACTS = Facts(rows=45, batches=1, dim=6, n_slices=16, settings=7, directions=0.5, reach=1.0)
SPLITS = {2: [(0, 37), (37, 90)], 3: [(0, 20), (20, 21), (21, 90)]}


def start(command):
    # One core each, and no look at what else the machine has.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_ranks(folder: Path, world: int, cases: list[dict]) -> list[dict]:
    for case in cases:
        case["rows"] = SPLITS[world]
    (folder / "cases.json").write_text(json.dumps(cases))
    rest = [str(folder / "store"), str(folder / "cases.json"), str(folder / "result")]
    processes = [start([sys.executable, str(SCRIPT), str(rank), str(world), *rest]) for rank in range(world)]
    for process in processes:
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output
    return [torch.load(folder / f"result.{rank}", weights_only=True) for rank in range(world)]


def make_data(folder: Path, name: str, *, dtype, shape, shift=0.0, scale=1.0, k=16):
    generator = torch.Generator().manual_seed(5)
    z = scale * torch.randn(*shape, dtype=dtype, generator=generator) + shift
    prior = torch.randn(*shape, dtype=dtype, generator=generator)
    directions = torch.nn.functional.normalize(torch.randn(k, shape[-1], dtype=dtype, generator=generator), dim=1)
    torch.save({"z": z, "prior": prior, "directions": directions}, folder / name)
    return str(folder / name)


def function_cases(folder):
    shapes = {
        "float64": {"dtype": torch.float64, "shape": (90, 6)},
        "float32": {"dtype": torch.float32, "shape": (90, 6)},
        "few-directions": {"dtype": torch.float64, "shape": (90, 6), "k": 4},
        "batches": {"dtype": torch.float64, "shape": (3, 90, 6)},
        "far": {"dtype": torch.float64, "shape": (90, 6), "shift": 60.0, "scale": 40.0},
        "one-direction": {"dtype": torch.float64, "shape": (90, 6), "k": 1},
    }
    cases = []
    for label, shape in shapes.items():
        data = make_data(folder, label, **shape)
        for statistic, distance in DISTANCES.items():
            options = [{}, {"aggregate": "max"}]
            if label == "float64":
                options += [{"unbiased": True}] if "unbiased" in distance.options else []
                options += [{"t_max": 3.0, "n_points": 17}] if "t_max" in distance.options else []
            for number, option in enumerate(options):
                name = f"{label}/{statistic}/{number}"
                case = {"kind": "function", "name": name, "data": data, "statistic": statistic, "options": option}
                cases.append(case)
    return cases


def module_cases(folder):
    data = make_data(folder, "module", dtype=torch.float64, shape=(90, 6))
    return [
        {
            "kind": "module",
            "name": f"module/{statistic}/{seed}",
            "data": data,
            "statistic": statistic,
            "seed": seed,
            "options": options,
        }
        for statistic, options in [("sw", {}), ("ep", {"scale": "n"}), ("cw", {"log": True}), ("ks", {"scale": "n"})]
        for seed in (7, None)
    ]


def expected(case, seed):
    data = torch.load(case["data"], weights_only=True)
    z = data["z"].clone().requires_grad_()
    if case["kind"] == "function":
        prior = data["prior"] if case["statistic"] == "sw" else None
        loss = sliced_distance(z, case["statistic"], directions=data["directions"], prior=prior, **case["options"])
    else:
        module = SlicedNormalityLoss(case["statistic"], 16, seed=seed, **case["options"])
        if case["kind"] == "module":
            with torch.no_grad():
                module(z)
        loss = module(z)
    loss.backward()
    return loss.detach(), z.grad


FAULTS = {"seed": "same seed", "statistic": "ranks must agree on statistic", "nan": "refused|not finite"}


def compiled_cases(folder):
    data = make_data(folder, "compiled", dtype=torch.float64, shape=(90, 6))
    return [
        {"kind": "compiled", "name": f"compiled/{name}", "data": data, "statistic": name, "options": {}}
        for name in ("cw", "cvm")
    ]


def step_cases(folder):
    data = make_data(folder, "step", dtype=torch.float64, shape=(90, 6))
    return [
        {"kind": "step", "name": f"step/{name}", "data": data, "statistic": name, "seed": 4}
        for name in ("cw", "w2", "sw")
    ]


def fault_cases(folder):
    data = make_data(folder, "bad", dtype=torch.float64, shape=(90, 6))
    return [{"kind": "fault", "name": name, "data": data} for name in FAULTS]


CASES = {
    "function": function_cases,
    "module": module_cases,
    "compiled": compiled_cases,
    "step": step_cases,
    "fault": fault_cases,
}


@pytest.fixture(scope="module")
def two_ranks(tmp_path_factory):
    """Cases of every kind and what two ranks found: starting the processes takes longer than all of them."""
    folder = tmp_path_factory.mktemp("two_ranks")
    cases = {kind: make(folder) for kind, make in CASES.items()}
    return cases, run_ranks(folder, 2, [case for some in cases.values() for case in some])


@pytest.mark.parametrize("kind", ["function", "module"])
def test_two_ranks_together_are_one_process(two_ranks, kind):
    cases, results = two_ranks
    for case in cases[kind]:
        compare(case, results)


def test_three_ranks_together_are_one_process(tmp_path):
    cases = function_cases(tmp_path) + module_cases(tmp_path)
    results = run_ranks(tmp_path, 3, cases)
    for case in cases:
        compare(case, results)


def compare(case, results):
    name = case["name"]
    seeds = {int(result[f"{name}/seed"]) for result in results if f"{name}/seed" in result}
    assert len(seeds) <= 1, name
    loss, gradient = expected(case, seeds.pop() if seeds else None)
    bound = 1e-6 if loss.dtype == torch.float32 else 1e-12
    for result in results:
        assert result[f"{name}/loss"].dtype == loss.dtype
        assert result[f"{name}/loss"].item() == pytest.approx(loss.item(), rel=bound), name
    together = torch.cat([result[f"{name}/gradient"] for result in results], dim=-2)
    assert together.dtype == gradient.dtype
    assert float((together - gradient).abs().max() / gradient.abs().max()) < bound, name


def test_a_compiled_loss_shares_its_seed_and_the_batch(two_ranks):
    cases, results = two_ranks
    for case in cases["compiled"]:
        compare(case, results)


def test_a_step_on_two_ranks_is_a_step_of_one_process(two_ranks):
    cases, results = two_ranks
    for case in cases["step"]:
        x = torch.load(case["data"], weights_only=True)["z"]
        ours = runpy.run_path(str(SCRIPT))
        model = ours["Both"](ours["autoencoder"](x.dtype))
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        z, y = model(x)
        penalty = SlicedNormalityLoss(case["statistic"], 16, seed=4, log=True)
        (ours["reconstruction_error"](x, y) + penalty(z)).backward()
        optimiser.step()
        for result in results:
            for i, weight in enumerate(model.parameters()):
                torch.testing.assert_close(
                    result[f"{case['name']}/weights/{i}"], weight.detach(), rtol=1e-12, atol=1e-13
                )


@pytest.mark.parametrize(
    ("fact", "error", "message"),
    [
        ({"dim": 5}, ValueError, r"rank 0 has \(batches, D, k\) = \(1, 6, 16\), rank 1 \(1, 5, 16\)"),
        ({"settings": 8}, ValueError, "ranks must agree on statistic, options, dtype"),
        ({"directions": 0.6}, ValueError, "directions: those of rank 1 differ .* the same seed"),
        ({"rows": -1}, RuntimeError, "rank 1 refused its part"),
    ],
)
def test_ranks_that_disagree_are_told_so(fact, error, message):
    # All is compared before anything is exchanged that would hang or mix up rows.
    with pytest.raises(error, match=message):
        Ranks.of_facts(None, 0, [FACTS, FACTS._replace(**fact)])


def test_one_row_is_too_few():
    with pytest.raises(ValueError, match="at least 2 rows over all ranks, got 1"):
        Ranks.of_facts(None, 0, [FACTS._replace(rows=1)])


def test_ranks_that_differ_all_raise(two_ranks):
    _, results = two_ranks
    for result in results:
        for name, message in FAULTS.items():
            assert re.search(message, result[f"{name}/message"])
