"""The callback in real trainings with Lightning."""

import json
import warnings
from datetime import timedelta

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pl = pytest.importorskip("lightning.pytorch", reason="lightning is an extra")

from slicednorm.monitor import LatentMonitor, check_latents  # noqa: E402
from slicednorm.monitor.lightning import LatentCallback  # noqa: E402

# Lightning's own, about loggers, workers and what it will do otherwise some day.
pytestmark = pytest.mark.filterwarnings("ignore")

FAST = {"n_slices": 8, "n_resamples": 19}
ROWS = 50


class Model(pl.LightningModule):
    """Its latents are the data, shifted by a parameter."""

    def __init__(self, returns="mapping"):
        super().__init__()
        self.shift = torch.nn.Parameter(torch.ones(3))
        self.returns = returns

    def training_step(self, batch):
        return (batch[0] + self.shift).square().mean()

    def validation_step(self, batch):
        z = batch[0] + self.shift
        return {"z": z, "loss": z.sum()} if self.returns == "mapping" else z.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)


def data(batch_size=16):
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((ROWS, 3)).astype(np.float32))
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=batch_size)


def trainer(callbacks, tmp_path, epochs=3, package=pl, **more):
    return package.Trainer(
        max_epochs=epochs,
        callbacks=callbacks,
        accelerator="cpu",
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **more,
    )


@pytest.mark.parametrize("latents", ["z", lambda module, output, batch: batch[0] + module.shift])
def test_every_epoch_is_logged_and_the_sanity_check_is_not(tmp_path, latents):
    callback, model = LatentCallback(latents, **FAST), Model()
    running = trainer(callback, tmp_path)
    running.fit(model, data(), data())
    history = callback.monitor.history
    assert [record.epoch for record in history] == [1, 2, 3]
    assert {record.n for record in history} == {ROWS}
    last = history[-1]
    assert running.callback_metrics["latents/cvm"] == pytest.approx(last.statistic)
    assert running.callback_metrics["latents/cvm_pvalue"] == pytest.approx(last.pvalue)
    z = torch.cat([batch[0] for batch in data()]) + model.shift.detach()
    assert last.statistic == pytest.approx(check_latents(z, **FAST).statistic)
    assert history[0].statistic > last.statistic  # the shift is trained away


def test_fewer_rows_and_fewer_epochs(tmp_path):
    callback = LatentCallback("z", max_rows=20, every=2, prefix="val/", **FAST)
    running = trainer(callback, tmp_path, epochs=5)
    running.fit(Model(), data(), data())
    assert [(record.epoch, record.n) for record in callback.monitor.history] == [(2, 20), (4, 20)]
    assert "val/cvm" in running.callback_metrics


@pytest.mark.parametrize(
    ("latents", "returns", "words"),
    [
        ("latent", "mapping", "'latent'.*got a mapping with 'z', 'loss'"),
        ("z", "number", "got Tensor"),
        (lambda module, output, batch: output["loss"], "mapping", "shape"),
    ],
)
def test_latents_that_are_not_there(tmp_path, latents, returns, words):
    running = trainer(LatentCallback(latents, **FAST), tmp_path, num_sanity_val_steps=0)
    with pytest.raises(ValueError, match=words):
        running.fit(Model(returns), data(), data())


def test_options_that_make_no_sense():
    with pytest.raises(TypeError, match="latents"):
        LatentCallback(3)
    with pytest.raises(ValueError, match="every"):
        LatentCallback("z", every=0)
    with pytest.raises(TypeError, match="max_rows"):
        LatentCallback("z", max_rows=None)


def test_a_checkpoint_holds_the_history(tmp_path):
    callback = LatentCallback("z", **FAST)
    running = trainer(callback, tmp_path, epochs=2)
    running.fit(Model(), data(), data())
    running.save_checkpoint(tmp_path / "two.ckpt")
    again = LatentCallback("z", **FAST)
    trainer(again, tmp_path, epochs=3).fit(Model(), data(), data(), ckpt_path=tmp_path / "two.ckpt")
    assert [record.epoch for record in again.monitor.history] == [1, 2, 3]
    assert again.monitor.history[:2] == callback.monitor.history
    np.testing.assert_array_equal(again.monitor.history[0].direction, callback.monitor.history[0].direction)


def test_two_callbacks_in_one_training(tmp_path):
    """Their histories are told apart in a checkpoint."""
    callbacks = [LatentCallback("z", statistic, **FAST) for statistic in ("cvm", "ks")]
    running = trainer(callbacks, tmp_path, epochs=1)
    running.fit(Model(), data(), data())
    running.save_checkpoint(tmp_path / "one.ckpt")
    again = [LatentCallback("z", statistic, **FAST) for statistic in ("ks", "cvm")]
    trainer(again, tmp_path, epochs=1).fit(Model(), data(), data(), ckpt_path=tmp_path / "one.ckpt")
    assert [callback.monitor.history[0].test for callback in again] == ["ks", "cvm"]


class TwoLoaders(Model):
    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        return {"z": batch[0] + dataloader_idx}


@pytest.mark.parametrize("index", [0, 1])
def test_of_two_loaders_one_is_watched(tmp_path, index):
    callback = LatentCallback("z", dataloader_idx=index, **FAST)
    trainer(callback, tmp_path).validate(TwoLoaders(), [data(), data()], verbose=False)
    (record,) = callback.monitor.history
    assert (record.n, record.statistic) == (ROWS, check_latents(rows() + index, **FAST).statistic)


def test_a_loader_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="validation loader 2 gave no latents"):
        trainer(LatentCallback("z", dataloader_idx=2, **FAST), tmp_path).validate(TwoLoaders(), [data(), data()])


class Reuses(Model):
    """Returns views of one buffer, as a compiled graph may."""

    def validation_step(self, batch):
        if not hasattr(self, "buffer"):
            self.buffer = torch.empty(16, 6)
        self.buffer[: len(batch[0]), :3] = batch[0]
        return {"z": self.buffer[: len(batch[0]), :3]}


def test_latents_are_copied(tmp_path):
    callback = LatentCallback("z", **FAST)
    trainer(callback, tmp_path).validate(Reuses(), data(), verbose=False)
    assert callback.monitor.history[0].statistic == check_latents(rows(), **FAST).statistic
    assert callback._parts == []


class Diverges(Model):
    def validation_step(self, batch):
        return {"z": batch[0] + (torch.nan if self.current_epoch == 1 else 0.0)}


def test_latents_that_cannot_be_tested_do_not_end_a_training(tmp_path):
    callback, seen = LatentCallback("z", **FAST), []
    running = trainer(callback, tmp_path, num_sanity_val_steps=0)
    model = Diverges()
    model.on_train_epoch_end = lambda: seen.append(dict(running.callback_metrics))
    with pytest.warns(RuntimeWarning, match="epoch 2: the latents are not tested, and NaN is logged: .*NaN"):
        running.fit(model, data(), data())
    assert [record.epoch for record in callback.monitor.history] == [1, 3]
    assert [{name for name, value in metrics.items() if value.isnan()} for metrics in seen] == [
        set(),
        set(callback.monitor.scalar_names()),
        set(),
    ]


def test_the_trainer_of_the_older_name(tmp_path):
    """`lightning` brings both names, and their classes differ."""
    older = pytest.importorskip("pytorch_lightning", reason="there is only the newer name")

    class Older(older.LightningModule):
        def validation_step(self, batch):
            return {"z": batch[0]}

    callback = LatentCallback("z", **FAST)
    trainer([callback], tmp_path, package=older).validate(Older(), data(), verbose=False)
    assert callback.monitor.history[0].n == ROWS


def rows(start=0, stop=ROWS):
    return np.random.default_rng(0).standard_normal((ROWS, 3)).astype(np.float32)[start:stop]


class Ranks(Model):
    """Unequal rows on two ranks, NaN in the second's if asked for."""

    def __init__(self, broken=False):
        super().__init__()
        self.broken = broken

    def val_dataloader(self):
        part = torch.from_numpy(rows(*((0, 18), (18, ROWS))[self.global_rank]))
        if self.broken and self.global_rank == 1:
            part[0] = torch.nan
        return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(part), batch_size=9)

    def validation_step(self, batch):
        return {"z": batch[0]}


class Telling(LatentCallback):
    """Writes down what each rank logged and remembers, and which warnings Lightning had."""

    def __init__(self, folder, **options):
        super().__init__("z", **options)
        self.folder = folder

    def on_validation_epoch_end(self, trainer, pl_module):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            super().on_validation_epoch_end(trainer, pl_module)
        text = " ".join(str(warning.message) for warning in caught)
        (self.folder / f"{trainer.global_rank}.warned").write_text(text)

    def on_validation_end(self, trainer, pl_module):
        told = {name: float(value) for name, value in trainer.callback_metrics.items()}
        told["history"] = [[record.n, record.statistic] for record in self.monitor.history]
        (self.folder / f"{trainer.global_rank}.json").write_text(json.dumps(told))


def run_two(callback, tmp_path, model):
    # A rank that waits for one that failed waits a minute, and not half an hour.
    strategy = pl.strategies.DDPStrategy(start_method="fork", timeout=timedelta(minutes=1))
    running = trainer(callback, tmp_path, strategy=strategy, devices=2, use_distributed_sampler=False)
    running.validate(model, verbose=False)
    return [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize(("max_rows", "parts"), [(1000, [(0, 50)]), (21, [(0, 10), (18, 29)]), (3, [(0, 1), (18, 20)])])
def test_processes_with_unequal_rows(tmp_path, max_rows, parts):
    expected = check_latents(np.concatenate([rows(*part) for part in parts]), **FAST)
    for told in run_two(Telling(tmp_path, max_rows=max_rows, **FAST), tmp_path, Ranks()):
        assert told["history"] == [[expected.n, expected.statistic]]
        assert told["latents/cvm"] == pytest.approx(expected.statistic, rel=1e-6)
        assert told["latents/cvm_pvalue"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert [(tmp_path / f"{rank}.warned").read_text() for rank in range(2)] == ["", ""]


def test_processes_with_latents_that_cannot_be_tested(tmp_path):
    for told in run_two(Telling(tmp_path, **FAST), tmp_path, Ranks(broken=True)):
        assert told.pop("history") == []
        assert set(told) == set(LatentMonitor(**FAST).scalar_names())
        assert all(np.isnan(value) for value in told.values())
    warned = [(tmp_path / f"{rank}.warned").read_text() for rank in range(2)]
    assert "the latents are not tested" in warned[0]
    assert warned[1] == ""


def test_no_process_waits_for_one_that_failed(tmp_path, monkeypatch):
    callback = Telling(tmp_path, **FAST)
    monkeypatch.setitem(callback.monitor._options, "n_resamples", "none")
    with pytest.raises(Exception, match="n_resamples must be"):
        run_two(callback, tmp_path, Ranks())


def test_two_processes_see_the_rows_of_both(tmp_path):
    alone, both = LatentCallback("z", **FAST), LatentCallback("z", **FAST)
    (by_one,) = trainer(alone, tmp_path).validate(Model(), data())
    (by_two,) = trainer(both, tmp_path, strategy="ddp_fork", devices=2).validate(Model(), data())
    assert alone.monitor.history[0].n == ROWS
    assert by_two["latents/cvm"] == pytest.approx(by_one["latents/cvm"], rel=1e-5)
    assert by_two["latents/cvm_pvalue"] == by_one["latents/cvm_pvalue"]
