"""The callback in real trainings with Lightning."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pl = pytest.importorskip("lightning.pytorch", reason="lightning is an extra")

from slicednorm.monitor import check_latents  # noqa: E402
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


def trainer(callback, tmp_path, epochs=3, **more):
    return pl.Trainer(
        max_epochs=epochs,
        callbacks=[callback],
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


def test_two_processes_see_the_rows_of_both(tmp_path):
    alone, both = LatentCallback("z", **FAST), LatentCallback("z", **FAST)
    (by_one,) = trainer(alone, tmp_path).validate(Model(), data())
    (by_two,) = trainer(both, tmp_path, strategy="ddp_fork", devices=2).validate(Model(), data())
    assert alone.monitor.history[0].n == ROWS
    assert by_two["latents/cvm"] == pytest.approx(by_one["latents/cvm"], rel=1e-5)
    assert by_two["latents/cvm_pvalue"] == by_one["latents/cvm_pvalue"]
