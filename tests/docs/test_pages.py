"""The code on the pages runs."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from slicednorm.distances import DISTANCES
from slicednorm.stats._hypotests.classical import CLASSICAL, MORE

ROOT = Path(__file__).parents[2]


def run_blocks(page, *, only=""):
    """Run the page's blocks of Python that hold ``only``, one after another, and return what they define."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = [block for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if only in block]
    assert blocks
    namespace = {}
    for block in blocks:
        exec(compile(block, page, "exec"), namespace)
    return namespace


def last_cells(page):
    """Return the last cell of every row of the page's tables by its first, a name in code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([\w-]+)` \|.*\| ([^|]+) \|$", text, re.MULTILINE))


def test_pages_say_what_the_statistics_notice():
    """The words are those that `normality_table` has."""
    readme, method = last_cells("README.md"), last_cells("docs/method.md")
    assert {name: readme[name] for name in DISTANCES} == {name: d.sensitive_to for name, d in DISTANCES.items()}
    classical = CLASSICAL | MORE
    assert {name: method[name] for name in classical} == {name: t.sensitive_to for name, t in classical.items()}


@pytest.mark.slow
def test_data_as_people_have_it():
    found = run_blocks("docs/data.md")
    assert found["sample"].design.rank == 11
    assert found["table"].index[found["table"]["outlier"]].tolist() == [17]


def test_losses():
    pytest.importorskip("torch", reason="torch is an extra")
    found = run_blocks("docs/losses.md")
    z = found["encoder"](found["x"])
    assert found["cost"](x=found["x"], z=z, y=found["x"], penalty=found["penalty"], ranks=2, n=512) > 0


def test_the_training_loop_of_the_readme():
    torch = pytest.importorskip("torch", reason="torch is an extra")
    assert torch.isfinite(run_blocks("README.md", only="slicednorm.torch")["loss"])


def test_training(tmp_path, monkeypatch):
    pytest.importorskip("torchvision", reason="torchvision is part of the extra train")
    from slicednorm_studies.autoencoders.settings import Settings
    from slicednorm_studies.autoencoders.training import Place, train

    settings = Settings("ae", "digits", epochs=1).resolved()
    train(settings, tmp_path / "runs" / "first", Place(), resume=False, say=print)
    monkeypatch.chdir(tmp_path)
    assert run_blocks("docs/training.md")["encoded"].latents.shape == (360, 8)


def test_monitoring(capsys):
    assert len(run_blocks("docs/monitoring.md")["monitor"].history) == 3
    assert "'latents/cvm_pvalue'" in capsys.readouterr().out


@pytest.mark.slow
def test_pictures(monkeypatch):
    pytest.importorskip("seaborn", reason="seaborn is an extra")
    monkeypatch.chdir(ROOT)
    assert run_blocks("docs/pictures.md")["test"].pvalue == 0.005


@pytest.mark.slow
def test_the_first_five_minutes(tmp_path, monkeypatch):
    """The code gives the p-values that stand beside it, and the commands print what the page shows, but for digits."""
    pytest.importorskip("torch", reason="torch is an extra")
    from click.testing import CliRunner
    from slicednorm_cli.main import main

    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    found = run_blocks("docs/start.md")
    assert (found["before"], found["after"]) == (0.005, 1.0)
    assert found["result"].pvalue == pytest.approx(3.9e-142, rel=0.2)

    text = (ROOT / "docs/start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^(?: {4}.*\n|\n(?= {4}))+", text, re.MULTILINE)
    shown = [dedent(block).strip() for block in blocks]
    commands = [block for block in shown if block.startswith("slicednorm ")]
    assert len(commands) == 2
    for command in commands:
        answer = shown[shown.index(command) + 1]
        printed = CliRunner().invoke(main, command.split()[1:]).stdout
        assert without_digits(answer) in without_digits(printed)


def without_digits(text):
    """Return a text with every number written as #, and every space as one."""
    return " ".join(re.sub(r"[-+]?\d[\d.e-]*", "#", text).split())
