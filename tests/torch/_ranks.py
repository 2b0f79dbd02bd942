"""A script for one rank of a gloo group, run by test_distributed: python _ranks.py RANK WORLD STORE CASES RESULT."""

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

from slicednorm.torch import SlicedNormalityLoss
from slicednorm.torch.functional import sliced_distance


def main(rank: int, world: int, store: str, cases: str, result: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
    found = {}
    for case in json.loads(Path(cases).read_text()):
        data = torch.load(case["data"], weights_only=True)
        z = data["z"][..., slice(*case["rows"][rank]), :].clone().requires_grad_()
        group = dist.group.WORLD
        if case["kind"] == "function":
            prior = data["prior"][..., slice(*case["rows"][rank]), :] if case["statistic"] == "sw" else None
            loss = sliced_distance(
                z,
                case["statistic"],
                directions=data["directions"],
                prior=prior,
                process_group=group,
                **case["options"],
            )
        else:
            if case["seed"] is None:
                torch.manual_seed(1000 + rank)  # ranks disagree until they share a seed
            module = SlicedNormalityLoss(
                case["statistic"], 16, seed=case["seed"], process_group=group, **case["options"]
            )
            with torch.no_grad():
                module(z)
            loss = module(z)
            found[case["name"] + "/seed"] = module.seed
        loss.backward()
        found[case["name"] + "/loss"] = loss.detach()
        found[case["name"] + "/gradient"] = z.grad
    torch.save(found, f"{result}.{rank}")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
