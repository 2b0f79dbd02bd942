"""The training, on digits: what is learnt, and that a run ends the same however often it is stopped."""

import json
import math
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torchvision", reason="torchvision is part of the extra train")
torch = pytest.importorskip("torch")

from slicednorm_studies.autoencoders import checks, loop, training  # noqa: E402
from slicednorm_studies.autoencoders.errors import StudyError  # noqa: E402
from slicednorm_studies.autoencoders.evaluation import load_model  # noqa: E402
from slicednorm_studies.autoencoders.run_folder import RunFolder  # noqa: E402
from slicednorm_studies.autoencoders.settings import MODELS, Settings  # noqa: E402
from slicednorm_studies.autoencoders.tensors import read_tensors, write_tensors  # noqa: E402

from slicednorm.directions import random_directions  # noqa: E402
from slicednorm.distances import DISTANCES  # noqa: E402
from slicednorm.stats import mardia, sliced_statistic, sliced_test  # noqa: E402

pytestmark = pytest.mark.slow

PLACE = training.Place(threads=1)
SHORT = Settings(
    model="scwae", data="digits", epochs=3, n_resamples=9, test_rows=60, test_slices=8, pictures_every=0, n_slices=10
)


def train(settings, folder, *, resume=False):
    """Train, and return what was said."""
    said = []
    training.train(settings.resolved(), Path(folder), PLACE, resume=resume, say=said.append)
    return said


def weights(folder):
    return read_tensors(RunFolder(Path(folder)).weights_file)[0]


def metrics(folder):
    """Return the rows of the metrics, without what a clock says."""
    rows = RunFolder(Path(folder)).metrics()
    return [
        {name: value for name, value in row.items() if name not in ("seconds", "images_per_second")} for row in rows
    ]


def assert_same_run(one, other):
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert metrics(one) == metrics(other)


# --- What is learnt ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Every model, trained for a few seconds."""
    folder = tmp_path_factory.mktemp("models")
    settings = replace(SHORT, epochs=15, n_slices=50, evaluate_every=10)
    for name in MODELS:
        # With weight 1 the VAE gives up on images as small as these, and draws their mean.
        weight = 0.05 if name == "vae" else None
        train(replace(settings, model=name, penalty_weight=weight), folder / name)
    return {name: load_model(folder / name, say=pytest.fail) for name in MODELS}


@pytest.fixture(scope="module")
def latents(models):
    return {name: model.encode("test").latents for name, model in models.items()}


@pytest.mark.parametrize("name", [name for name in MODELS if name != "ae"])
def test_a_penalty_brings_the_latents_nearer_to_normal(latents, name):
    """By every statistic, along directions that the training has not seen."""
    directions = random_directions(100, latents["ae"].shape[1], rng=5)
    prior = np.random.default_rng(6).standard_normal(latents["ae"].shape)
    for statistic, distance in DISTANCES.items():
        options = {"prior": prior} if distance.needs_prior else {}
        near, far = (
            sliced_statistic(latents[model], statistic, directions=directions, **options) for model in (name, "ae")
        )
        assert near < far / 2, statistic


@pytest.mark.parametrize("name", MODELS)
def test_the_images_are_learnt_too(models, name):
    """Far better than the best single picture, which is the mean image."""
    model = models[name]
    x = model.images.test.double() / 255.0
    constant = float((x - (model.images.train.double() / 255.0).mean(0)).square().sum(dim=(1, 2, 3)).mean())
    assert model.encode("test").reconstruction_error < 0.6 * constant


def test_the_reconstruction_error_is_the_squared_error_summed_over_pixels(models):
    model = models["scwae"]
    with torch.inference_mode():
        x = model.images.test.double() / 255.0
        made = model.network(x.float())[1].double()
    expected = float((made - x).square().sum() / len(x))
    assert model.encode("test").reconstruction_error == pytest.approx(expected, rel=1e-5)
    assert RunFolder(model.run.path).metrics()[-1]["reconstruction_error"] == pytest.approx(expected, rel=1e-5)


def test_the_metrics_are_those_of_the_latents(models, latents):
    row = RunFolder(models["sksae"].run.path).metrics()[-1]
    z = latents["sksae"]
    assert row["epoch"] == 15
    assert row["mardia_skewness"] == pytest.approx(mardia(z).skewness, rel=1e-6)
    assert row["mardia_normalized_kurtosis"] == pytest.approx(mardia(z).normalized_kurtosis, rel=1e-6)
    # By hand: squared distances of sorted projections to those of normal samples.
    rng = np.random.default_rng(0)
    values = []
    for _ in range(40):
        v = rng.standard_normal(z.shape[1])
        v /= np.linalg.norm(v)
        values.append(np.mean((np.sort(z @ v) - np.sort(rng.standard_normal(len(z)))) ** 2))
    assert row["sliced_wasserstein"] == pytest.approx(np.mean(values), rel=0.3)
    assert set(row["pvalues"]) == set(DISTANCES)
    assert sliced_test(z, "ks", n_slices=50, n_resamples=99, rng=1).pvalue <= 0.05


def test_a_vae_draws_its_latents(models):
    model = models["vae"]
    first, again = model.encode("test").latents, model.encode("test").latents
    assert np.array_equal(first, again)
    with torch.inference_mode():
        mean = model.network.encode(model.images.test.float() / 255.0, torch.zeros(len(first), 8)).z.numpy()
    assert np.std(first - mean) > 0.1


# --- Going on ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scwae", "swae", "vae", "wae-mmd"])
def test_a_run_that_is_stopped_in_the_middle_of_an_epoch_ends_with_the_same_bits(tmp_path, monkeypatch, name):
    settings = replace(SHORT, model=name)
    train(settings, tmp_path / "whole")
    real = loop.squared_error
    for stop in (5, 7, 14):  # steps after which the signal comes, of 12 an epoch
        steps = iter(range(1, 100))

        def error(reconstruction, x, steps=steps, stop=stop):
            if next(steps) == stop:
                signal.raise_signal(signal.SIGINT)
            return real(reconstruction, x)

        monkeypatch.setattr(loop, "squared_error", error)
        with pytest.raises(training.TrainingStopped, match="and saved") as caught:
            train(settings, tmp_path / "stopped", resume=True)
        assert caught.value.signal == signal.SIGINT
    monkeypatch.setattr(loop, "squared_error", real)
    torch.manual_seed(99)  # nobody's business
    said = train(settings, tmp_path / "stopped", resume=True)
    assert said[0].startswith("going on from step-000000026.safetensors: epoch 3, batch 3")
    assert_same_run(tmp_path / "whole", tmp_path / "stopped")


def test_a_run_may_be_made_longer(tmp_path):
    train(SHORT, tmp_path / "long")
    train(replace(SHORT, epochs=2), tmp_path / "short")
    said = train(SHORT, tmp_path / "short", resume=True)
    assert "epoch 3, batch 1" in said[0]
    assert_same_run(tmp_path / "long", tmp_path / "short")


def test_what_a_killed_process_left_is_no_hindrance(tmp_path):
    """A row of metrics whose checkpoint was not written, half a row, and a file that has no name yet."""
    train(SHORT, tmp_path / "whole")
    train(replace(SHORT, epochs=2), tmp_path / "killed")
    folder = RunFolder(tmp_path / "killed")
    with open(folder.metrics_file, "a") as file:
        file.write(json.dumps({"epoch": 3, "step": 36}) + '\n{"epoch": 4, "st')
    (folder.path / ".slicednorm-abc.json").write_text("{")
    (folder.checkpoints / ".slicednorm-abc.safetensors").write_bytes(b"half")
    train(SHORT, folder.path, resume=True)
    assert_same_run(tmp_path / "whole", folder.path)
    assert not list(folder.path.rglob(".slicednorm-*"))


def test_a_folder_of_leftovers_alone_is_empty(tmp_path):
    (tmp_path / ".slicednorm-abc.json").write_text("{")
    train(replace(SHORT, epochs=1), tmp_path)
    assert (tmp_path / "model.safetensors").exists()


def test_a_damaged_checkpoint_is_passed_over(tmp_path):
    train(SHORT, tmp_path / "whole")
    train(replace(SHORT, epochs=2), tmp_path / "damaged")
    newest = max((tmp_path / "damaged" / "checkpoints").iterdir())
    newest.write_bytes(newest.read_bytes()[:-10])
    said = train(SHORT, tmp_path / "damaged", resume=True)
    assert newest.name in said[0]
    assert "cut short or damaged" in said[0]
    assert "going on from the one before" in said[0]
    assert_same_run(tmp_path / "whole", tmp_path / "damaged")


def test_a_checkpoint_with_a_flipped_bit_is_passed_over(tmp_path):
    train(replace(SHORT, epochs=2), tmp_path)
    newest = max((tmp_path / "checkpoints").iterdir())
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    assert "does not match its digest" in train(SHORT, tmp_path, resume=True)[0]


def test_no_whole_checkpoint_is_an_error_and_nothing_is_lost(tmp_path):
    train(replace(SHORT, epochs=2), tmp_path)
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(b"")
    before = (tmp_path / "metrics.jsonl").read_bytes()
    with pytest.raises(StudyError, match="none of its 2 checkpoints is whole"):
        train(SHORT, tmp_path, resume=True)
    assert (tmp_path / "metrics.jsonl").read_bytes() == before
    assert (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("changed", "said"), [({"latent_dim": 5}, "--latent-dim 5 there, 8 here"), ({"seed": 3}, "--seed 3")]
)
def test_files_of_another_run(tmp_path, changed, said):
    train(replace(SHORT, epochs=1), tmp_path / "one")
    train(replace(SHORT, epochs=1, **changed), tmp_path / "other")
    for path in ("checkpoints/step-000000012.safetensors", "model.safetensors"):
        (tmp_path / "one" / path).write_bytes((tmp_path / "other" / path).read_bytes())
        with pytest.raises(StudyError, match=rf"{path}: belongs to a different run \({said}"):
            train(SHORT, tmp_path / "one", resume=True)
    with pytest.raises(StudyError, match=r"model\.safetensors: "):
        load_model(tmp_path / "one", say=pytest.fail)


def test_weights_of_another_architecture(tmp_path):
    """As a version with other networks may have left them."""
    train(replace(SHORT, epochs=1), tmp_path)
    file = RunFolder(tmp_path).weights_file
    tensors, said = read_tensors(file)
    write_tensors(file, {**tensors, "head.weight": torch.zeros(5, 128)}, said)
    with pytest.raises(StudyError, match=r"another architecture \(head.weight has shape \(5, 128\)"):
        load_model(tmp_path, say=pytest.fail)


def test_a_trained_run_without_checkpoints_is_not_begun_anew(tmp_path):
    train(SHORT, tmp_path)
    for path in (tmp_path / "checkpoints").iterdir():
        path.unlink()
    before = contents(tmp_path)
    with pytest.raises(StudyError, match="there is no checkpoint to go on from; restore"):
        train(replace(SHORT, epochs=4), tmp_path, resume=True)
    assert contents(tmp_path) == before


def test_rows_that_are_missing_are_told(tmp_path):
    train(SHORT, tmp_path)
    (tmp_path / "metrics.jsonl").unlink()
    assert any(
        "rows of earlier epochs are missing" in line for line in train(replace(SHORT, epochs=4), tmp_path, resume=True)
    )


def test_equal_runs_have_equal_files(tmp_path):
    for name in ("one", "two"):
        train(replace(SHORT, epochs=1), tmp_path / name)
    for path in ("checkpoints/step-000000012.safetensors", "model.safetensors"):
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


@pytest.mark.parametrize(("key", "value"), [("threads", "many"), ("commands", 5), ("data_dir", 3)])
def test_a_record_that_was_edited(tmp_path, key, value):
    train(SHORT, tmp_path)
    file = tmp_path / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    train(replace(SHORT, epochs=4), tmp_path, resume=True)


def test_a_row_of_metrics_that_was_edited(tmp_path):
    train(SHORT, tmp_path)
    file = tmp_path / "metrics.jsonl"
    file.write_text(file.read_text().replace('"epoch": 2', '"epoch": "two"'))
    with pytest.raises(StudyError, match=r"metrics\.jsonl: line 2: epoch is 'two', not a whole number from 1"):
        train(replace(SHORT, epochs=4), tmp_path, resume=True)


def test_what_the_folder_says_is_read_once(tmp_path, monkeypatch):
    train(replace(SHORT, epochs=1), tmp_path)
    read, paths = checks.read, []
    monkeypatch.setattr(checks, "read", lambda path: (paths.append(path.name), read(path))[1])
    train(replace(SHORT, epochs=2), tmp_path, resume=True)
    assert sorted(paths) == ["metrics.jsonl", "run.json"]
    paths.clear()
    load_model(tmp_path, say=pytest.fail)
    assert paths == ["run.json"]


# --- The folder -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    train(SHORT, folder)
    return folder


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_finished_run_is_left_alone(finished):
    before = contents(finished)
    assert train(SHORT, finished, resume=True) == [f"{finished}: is finished (3 epochs)"]
    assert contents(finished) == before


@pytest.mark.parametrize(
    ("settings", "resume", "message"),
    [
        (SHORT, False, "holds a finished run of these settings; train it for more --epochs with --resume"),
        (replace(SHORT, model="swae"), True, r"holds a different run \(--model scwae there, swae here\)"),
        (
            replace(SHORT, learning_rate=0.01, seed=3),
            False,
            "--lr 0.001 there, 0.01 here; --seed 0 there, 3 here",
        ),
        (replace(SHORT, epochs=2), True, "is trained for 3 epochs already, not 2"),
    ],
)
def test_a_folder_that_is_taken(finished, settings, resume, message):
    before = contents(finished)
    with pytest.raises(StudyError, match=message):
        train(settings, finished, resume=resume)
    assert contents(finished) == before


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(StudyError, match="is not empty and holds no run"):
        train(SHORT, tmp_path, resume=True)
    with pytest.raises(StudyError, match="is a file; name a folder"):
        train(SHORT, tmp_path / "thesis.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_the_folder_says(finished):
    said = json.loads((finished / "run.json").read_text())
    assert said["settings"]["n_slices"] == 10
    assert said["settings"]["latent_dim"] == 8  # the default of the data is written out
    assert said["device"] == "cpu"
    assert torch.__version__.startswith(said["versions"]["torch"])
    assert [row["epoch"] for row in RunFolder(finished).metrics()] == [1, 2, 3]
    pictures = {path.name for path in (finished / "pictures").iterdir()}
    assert pictures == {"final-samples.png", "final-reconstructions.png", "final-latents.png"}
    assert not list(finished.rglob(".slicednorm-*"))


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    real = loop.squared_error
    steps = iter(range(1, 100))
    monkeypatch.setattr(loop, "squared_error", lambda *args: real(*args) * (math.nan if next(steps) == 18 else 1.0))
    with pytest.raises(
        training.DivergedError, match=r"not finite any more in epoch 2.*the last good checkpoint is .*step-000000012"
    ):
        train(SHORT, tmp_path)
    assert not (tmp_path / "model.safetensors").exists()
    assert [row["epoch"] for row in metrics(tmp_path)] == [1]
    monkeypatch.setattr(loop, "squared_error", real)
    train(SHORT, tmp_path, resume=True)  # and it can be continued from there


def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    """The last step of an epoch may spoil them though every loss before was finite."""
    with pytest.raises(training.DivergedError, match="there is no checkpoint yet"):
        train(replace(SHORT, learning_rate=1e38, n_slices=2), tmp_path)
    assert not (tmp_path / "checkpoints").exists()


def test_a_rest_too_small_to_be_judged_joins_the_batch_before():
    assert loop.batch_bounds(1437, 128)[-1] == (1408, 1437)
    assert loop.batch_bounds(129, 128) == [(0, 129)]
    assert loop.batch_bounds(5, 128) == [(0, 5)]
    assert loop.batch_bounds(5, 2) == [(0, 2), (2, 5)]


def test_every_image_is_seen_once_an_epoch_in_an_order_of_its_own():
    orders = [loop.epoch_order(50, seed, epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert all(sorted(order.tolist()) == list(range(50)) for order in orders)
    assert len({tuple(order.tolist()) for order in orders}) == 3


def test_tensorboard_is_missed_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(StudyError, match="pip install tensorboard"):
        train(replace(SHORT, tensorboard=True), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_damaged_final_weights_are_made_anew(tmp_path):
    train(SHORT, tmp_path)
    whole = weights(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"half")
    said = train(SHORT, tmp_path, resume=True)
    assert "model.safetensors: cut short or damaged" in said[0]
    assert all(torch.equal(value, whole[name]) for name, value in weights(tmp_path).items())


def test_the_record_keeps_the_commands(tmp_path):
    for epochs, command in ((1, "first"), (2, "second"), (3, "third")):
        place = replace(PLACE, command=command)
        training.train(replace(SHORT, epochs=epochs).resolved(), tmp_path, place, resume=True, say=lambda text: None)
    said = json.loads((tmp_path / "run.json").read_text())
    assert said["commands"] == ["first", "second", "third"]


def test_bfloat16_trains_too(tmp_path):
    train(replace(SHORT, amp=True, epochs=8, evaluate_every=8), tmp_path)
    row = metrics(tmp_path)[-1]
    assert row["reconstruction_error"] < 5.0
    assert weights(tmp_path)["head.weight"].dtype == torch.float32
    latents = load_model(tmp_path, device="cpu", say=pytest.fail).encode("test").latents
    assert len(np.unique(latents)) > 0.99 * latents.size  # not rounded to bfloat16
