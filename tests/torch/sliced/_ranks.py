"""A script for one rank of a gloo group, run by test_over_ranks: python _ranks.py RANK WORLD STORE CASES RESULT."""

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from slicednorm.torch import SlicedNormalityLoss
from slicednorm.torch.functional import sliced_distance


def autoencoder(dtype):
    torch.manual_seed(3)
    return torch.nn.ModuleDict({"encoder": torch.nn.Linear(6, 4), "decoder": torch.nn.Linear(4, 6)}).to(dtype)


class Both(torch.nn.Module):
    """Latents and reconstructions in one forward, as DistributedDataParallel wants."""

    def __init__(self, parts):
        super().__init__()
        self.parts = parts

    def forward(self, x):
        z = self.parts["encoder"](x)
        return z, self.parts["decoder"](z)


def reconstruction_error(x, y):
    return ((x - y) ** 2).sum(-1).mean()


def run_function(case, data, mine, group, found):
    z = data["z"][..., mine, :].clone().requires_grad_()
    prior = data["prior"][..., mine, :] if case["statistic"] == "sw" else None
    directions = data["directions"]
    loss = sliced_distance(
        z, case["statistic"], directions=directions, prior=prior, process_group=group, **case["options"]
    )
    loss.backward()
    found.update({"loss": loss.detach(), "gradient": z.grad})


def run_module(case, data, mine, group, found):
    z = data["z"][..., mine, :].clone().requires_grad_()
    if case["seed"] is None:
        torch.manual_seed(1000 + dist.get_rank())  # ranks disagree until they share a seed
    module = SlicedNormalityLoss(case["statistic"], 16, seed=case["seed"], process_group=group, **case["options"])
    with torch.no_grad():
        module(z)
    loss = module(z)
    loss.backward()
    found.update({"loss": loss.detach(), "gradient": z.grad, "seed": module.seed})


def run_compiled(case, data, mine, group, found):
    z = data["z"][..., mine, :].clone().requires_grad_()
    module = SlicedNormalityLoss(case["statistic"], 16, seed=None, process_group=group)
    loss = torch.compile(module, fullgraph=True, backend="aot_eager")(z)
    loss.backward()
    found.update({"loss": loss.detach(), "gradient": z.grad, "seed": module.seed})


def run_step(case, data, mine, group, found):
    x = data["z"][mine]
    model = torch.nn.parallel.DistributedDataParallel(Both(autoencoder(x.dtype)), process_group=group)
    penalty = SlicedNormalityLoss(case["statistic"], 16, seed=case["seed"], process_group=group, log=True)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    ranks, n = dist.get_world_size(), len(data["z"])
    z, y = model(x)
    # Gradients are averaged over the ranks afterwards: what each adds must count as its share of the whole batch.
    loss = reconstruction_error(x, y) * len(x) * ranks / n + penalty(z) * ranks
    loss.backward()
    optimiser.step()
    found.update({f"weights/{i}": p.detach() for i, p in enumerate(model.parameters())})


def run_fault(case, data, mine, group, found):
    rank = dist.get_rank()
    z = data["z"][mine].clone()
    options = {"statistic": "cw", "seed": 1, "check_finite": True}
    if case["name"] == "seed":
        options["seed"] = rank
    if case["name"] == "statistic":
        options["statistic"] = ("cw", "ep")[rank]
    if case["name"] == "nan" and rank == 1:
        z[3, 2] = torch.nan
    try:
        SlicedNormalityLoss(**options, process_group=group)(z)
    except (ValueError, RuntimeError) as error:
        found["message"] = str(error)


def main(rank: int, world: int, store: str, cases: str, result: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
    found = {}
    for case in json.loads(Path(cases).read_text()):
        data = torch.load(case["data"], weights_only=True)
        results = {}
        run = {
            "function": run_function,
            "module": run_module,
            "compiled": run_compiled,
            "step": run_step,
            "fault": run_fault,
        }
        run[case["kind"]](case, data, slice(*case["rows"][rank]), dist.group.WORLD, results)
        found.update({f"{case['name']}/{key}": value for key, value in results.items()})
    torch.save(found, f"{result}.{rank}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
