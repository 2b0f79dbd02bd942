"""The settings: the paper's where nothing is said, and one line where something wrong is."""

from dataclasses import fields, replace

import pytest
from slicednorm_studies.autoencoders.errors import StudyError
from slicednorm_studies.autoencoders.settings import DATA, MODELS, Settings, differences, from_json


@pytest.mark.parametrize(
    ("data", "epochs", "latent_dim"), [("mnist", 500, 20), ("cifar10", 500, 64), ("celeba", 55, 64)]
)
def test_the_paper_is_the_default(data, epochs, latent_dim):
    settings = Settings(data=data).resolved()
    assert (settings.epochs, settings.latent_dim) == (epochs, latent_dim)
    assert (settings.batch_size, settings.n_slices, settings.learning_rate) == (128, 50, 1e-3)
    assert settings.penalty_weight == 1.0


def test_only_wae_mmd_is_weighted():
    weights = {(m, d): Settings(model=m, data=d).resolved().penalty_weight for m in MODELS for d in DATA}
    assert {m for (m, _), weight in weights.items() if weight != 1.0} == {"wae-mmd"}


def test_what_is_chosen_stays():
    chosen = Settings(data="digits", epochs=3, latent_dim=2, penalty_weight=0.5)
    assert chosen.resolved() == chosen
    assert chosen.resolved().resolved() == chosen


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"model": "gan"},
            r"unknown model 'gan'; the models are swae, sksae, scwae, scvmae, scfwae, ae, vae",
        ),
        ({"data": "imagenet"}, r"unknown data set 'imagenet'; the data sets are mnist, fashion-mnist, cifar10, celeba"),
        ({"epochs": 0}, "--epochs must be at least 1, got 0"),
        ({"batch_size": 1}, "--batch-size must be at least 2, got 1"),
        ({"learning_rate": 0.0}, "--lr must be greater than 0, got 0.0"),
        ({"learning_rate": float("nan")}, "--lr must be finite, got nan"),
        ({"penalty_weight": -1.0}, "--penalty-weight must be at least 0.0, got -1.0"),
        ({"seed": 2**63}, "--seed must be at most"),
        ({"n_slices": 2**31}, "--slices must be at most"),
        ({"epochs": "three"}, "--epochs must be a whole number, got 'three'"),
        ({"epochs": True}, "--epochs must be a whole number, got True"),
        ({"amp": 1}, "--amp must be true or false, got 1"),
    ],
)
def test_wrong_settings(changed, message):
    with pytest.raises(StudyError, match=message):
        Settings(**changed).resolved()


def test_every_setting_says_what_it_is():
    assert all(len(item.metadata["help"]) > 20 for item in fields(Settings))


def test_what_may_change_when_a_run_goes_on():
    old = Settings().resolved()
    assert not differences(old, replace(old, epochs=501, pictures_every=0, tensorboard=True, checkpoint_minutes=1.0))
    found = differences(old, replace(old, amp=True, n_slices=10))
    assert found == ["--slices 50 there, 10 here", "--amp False there, True here"]


def test_settings_of_another_version():
    with pytest.raises(StudyError, match=r"run.json: holds settings that this version does not know: momentum"):
        from_json({"model": "ae", "momentum": 0.9}, "run.json")
