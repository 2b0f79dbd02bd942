"""``slicednorm train``, ``encode`` and ``evaluate``: the whole way on digits, and what they refuse."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torchvision", reason="torchvision is part of the extra train")
torch = pytest.importorskip("torch")

from slicednorm.stats import mardia, sliced_test  # noqa: E402

pytestmark = pytest.mark.slow

TRAIN = ("train", "--data", "digits", "--device", "cpu", "--threads", "1", "--resamples", "9", "--pictures-every", "0")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of three epochs."""
    from click.testing import CliRunner
    from slicednorm_cli.main import main

    folder = tmp_path_factory.mktemp("trained") / "run"
    result = CliRunner().invoke(main, [*TRAIN, "--model", "scwae", "--epochs", "3", "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def refused(invoke):
    """Run a command that refuses what it is given, and return its one line."""

    def run(*args):
        result = invoke(*args)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1, result.stderr
        return result.stderr

    return run


# --- The way ----------------------------------------------------------------------------------------------


def test_train_encode_test(trained, invoke, test_json):
    encoded = invoke("encode", trained, "-o", "latents.npy")
    assert encoded.exit_code == 0
    assert encoded.stdout == "latents.npy: 360 latents of 8 dimensions (test, epoch 3)\n"
    z = np.load("latents.npy", allow_pickle=False)
    assert (z.shape, z.dtype) == ((360, 8), np.float32)
    said = test_json("latents.npy", "--stat", "cvm")
    assert said["n"] == 360
    assert said["tests"][0]["statistic"] == pytest.approx(
        sliced_test(z, "cvm", n_slices=4, n_resamples=19, rng=1).statistic
    )
    train = invoke("encode", trained, "--split", "train", "-o", "train.npy")
    assert "1,437 latents of 8 dimensions (train, epoch 3)" in train.stdout


def test_evaluate(trained, invoke):
    result = invoke("evaluate", trained, "--slices", "16", "--resamples", "19", "--json", "found.json")
    assert result.exit_code == 0
    found = json.loads(Path("found.json").read_text())
    assert found == json.loads((trained / "evaluation.json").read_text())
    invoke("encode", trained, "-o", "latents.npy")
    z = np.load("latents.npy")
    tests = {test["test"]: test for test in found["tests"]}
    assert set(tests) == {"ks", "cvm", "w2", "cw", "sw", "ad", "ep", "mardia_skewness", "mardia_kurtosis"}
    assert tests["mardia_skewness"]["statistic"] == pytest.approx(mardia(z).skewness)
    assert tests["mardia_skewness"]["expected"] == pytest.approx(mardia(z).expected_skewness)
    expected = sliced_test(z, "w2", n_slices=16, n_resamples=19, rng=0)
    assert (tests["w2"]["statistic"], tests["w2"]["pvalue"]) == (expected.statistic, expected.pvalue)
    last = json.loads((trained / "metrics.jsonl").read_text().splitlines()[-1])
    assert found["reconstruction_error"] == pytest.approx(last["reconstruction_error"], rel=1e-6)
    assert found["fid"] is None
    assert f"rec. error  {found['reconstruction_error']:.4f}" in result.stdout
    assert "model       scwae, trained on digits for 3 epochs" in result.stdout
    drawn = {path.name for path in (trained / "pictures").glob("evaluation-*")}
    assert drawn == {f"evaluation-{name}.png" for name in ("samples", "reconstructions", "interpolations")}


def test_json_on_stdout_is_alone_there(trained, invoke):
    result = invoke("evaluate", trained, "--slices", "4", "--resamples", "9", "--json", "-")
    assert json.loads(result.stdout)["model"] == "scwae"
    assert "Mardia" in result.stderr


def test_several_models_and_seeds_resume_and_table(invoke, tmp_path):
    options = (*TRAIN, "--model", "scwae,ae", "--seeds", "2", "--epochs", "1", "--out", "grid")
    assert invoke(*options).exit_code == 0
    names = {f"digits-{model}-s{seed}" for model in ("scwae", "ae") for seed in (0, 1)}
    assert {path.name for path in Path("grid").iterdir()} == names
    for path in (Path("grid") / "digits-ae-s1").rglob("*"):
        if path.is_file():
            path.unlink()
    (Path("grid") / "digits-ae-s1" / "checkpoints").rmdir()
    (Path("grid") / "digits-ae-s1" / "pictures").rmdir()
    again = invoke(*options, "--resume")
    assert again.exit_code == 0
    assert again.stdout.count("is finished (1 epochs)") == 3
    assert again.stdout.count("epoch 1/1") == 1
    table = invoke("table", "grid")
    assert table.exit_code == 0
    assert "SCWAE" in table.stdout
    assert "±" in table.stdout


def test_an_unfinished_run_can_be_looked_at(trained, invoke, tmp_path):
    import shutil

    shutil.copytree(trained, tmp_path / "unfinished")
    (tmp_path / "unfinished" / "model.safetensors").unlink()
    result = invoke("encode", "unfinished", "-o", "latents.npy")
    assert result.exit_code == 0
    assert "the training is not finished; taking step-000000036.safetensors (after 3 epochs)" in result.stderr


def test_options_are_the_settings(trained):
    said = json.loads((trained / "run.json").read_text())
    assert said["settings"]["n_resamples"] == 9
    assert said["settings"]["pictures_every"] == 0
    assert said["threads"] == 1


# --- What is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "gan"), "unknown model 'gan'; the models are swae, sksae, scwae"),
        (("--data", "imagenet"), "unknown data set 'imagenet'; the data sets are mnist"),
        (("--lr", "-1"), "--lr must be greater than 0"),
        (("--epochs", "0"), "--epochs must be at least 1"),
        (("--batch-size", "1"), "--batch-size must be at least 2"),
        (("--data", "mnist", "--data-dir", "nowhere"), "nowhere: is not a folder that can be read"),
        (("--data", "celeba"), "celeba is not in"),
        (("--seed", str(2**64)), "--seed must be at most"),
        (("--threads", "100000"), "100000 is not in the range"),
        (("--seeds", "99999999999"), "99999999999 is not in the range"),
        (("--latent-dim", "999999999"), "out of memory: "),
    ],
)
def test_train_refuses(refused, monkeypatch, tmp_path, options, message):
    monkeypatch.delenv("SLICEDNORM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert message in refused(*TRAIN, "--out", "run", *options)
    assert not Path("run").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda(refused, trained):
    assert "no cuda device here" in refused("train", "--data", "digits", "--device", "cuda", "--out", "run")
    assert "no cuda device here" in refused("encode", trained, "--device", "cuda", "-o", "x.npy")
    assert not Path("run").exists()


def test_a_folder_that_is_taken(refused, trained):
    assert "holds a finished run of these settings; train it for more --epochs with --resume" in refused(
        *TRAIN, "--model", "scwae", "--epochs", "3", "--out", trained
    )
    assert "holds a different run (--model scwae there, swae here)" in refused(
        *TRAIN, "--model", "swae", "--epochs", "3", "--out", trained, "--resume"
    )


@pytest.mark.parametrize("command", ["encode", "evaluate"])
def test_no_run(refused, command, tmp_path):
    more = ("-o", "x.npy") if command == "encode" else ()
    assert "no such folder" in refused(command, "nowhere", *more)
    (tmp_path / "empty").mkdir()
    assert "holds no run" in refused(command, "empty", *more)
    assert not Path("x.npy").exists()


def test_damaged_weights(refused, trained, tmp_path):
    import shutil

    shutil.copytree(trained, tmp_path / "damaged")
    weights = tmp_path / "damaged" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "model.safetensors: cut short or damaged" in refused("encode", "damaged", "-o", "x.npy")


def test_weights_of_another_architecture(refused, invoke, trained):
    invoke(*TRAIN, "--model", "scwae", "--latent-dim", "3", "--epochs", "1", "--out", "other")
    content = (trained / "model.safetensors").read_bytes()
    (Path("other") / "model.safetensors").write_bytes(content)
    assert "holds the weights of another architecture" in refused("evaluate", "other")


def test_an_inception_file_with_a_wrong_hash(refused, trained, save):
    pytest.importorskip("torchmetrics", reason="torchmetrics is part of the extra train")
    save("weights.pth", b"cos\nsystem\n(S'touch pwned'\ntR.")
    message = refused("evaluate", trained, "--fid-samples", "10", "--inception", "weights.pth")
    assert "weights.pth: is neither of the two files of weights that are known" in message
    assert not Path("pwned").exists()


def test_encode_wants_an_npy(refused, trained):
    assert "name such a file" in refused("encode", trained, "-o", "latents.csv")


# --- Processes --------------------------------------------------------------------------------------------


def start(*args, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "slicednorm", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_says_how_to_go_on(tmp_path, number, status):
    process = start(*TRAIN, "--model", "ae", "--epochs", "10000", "--out", "run", cwd=tmp_path)
    assert "epoch     1/10000" in process.stdout.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors
    assert len(errors.splitlines()) == 1
    assert "and saved; go on with: slicednorm train" in errors
    assert errors.rstrip().endswith("--out run --resume")
    assert list((tmp_path / "run" / "checkpoints").glob("step-*.safetensors"))


MISSING = """
import sys
sys.modules["torchvision"] = None
from slicednorm_cli.main import main
main()
"""

FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from slicednorm_cli.main import main
main()
"""


def run_script(script, folder, *args):
    """Run a script that calls the command, and return the one line that it refuses with."""
    command = [sys.executable, "-c", script, *TRAIN, "--model", "ae", "--epochs", "2", "--out", "run", *args]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def test_the_extra_is_missing(tmp_path):
    assert "training needs torchvision; pip install 'slicednorm[train]'" in run_script(MISSING, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_full_disk(tmp_path):
    """No file may be larger than 100 kB here, so that no checkpoint can be written whole."""
    message = run_script(FULL_DISK, tmp_path)
    assert "run: cannot be written (File too large); what was saved before is whole" in message
    assert not list((tmp_path / "run").rglob("*.safetensors"))
    assert not list((tmp_path / "run").rglob(".slicednorm-*"))
