"""The FID is the textbook's, from the network it says, and nothing of a file is trusted before its hash matched."""

import hashlib
import io
import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from slicednorm_studies.autoencoders.errors import StudyError

pytest.importorskip("torchmetrics", reason="torchmetrics is an extra")
pytest.importorskip("torch_fidelity", reason="torch-fidelity is an extra")
import torch
from slicednorm_studies.autoencoders import fid as module
from slicednorm_studies.autoencoders.fid import Fid, fid, load_inception
from torch import nn
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

REAL = os.environ.get("SLICEDNORM_INCEPTION")


class Network(nn.Module):
    """A network as `fid` takes it, with 8 features; it counts the images it is shown."""

    num_features = 8
    device = torch.device("cpu")

    def __init__(self, weights="test 0123"):
        super().__init__()
        self.weights = weights
        self.seen = 0
        draws = torch.Generator().manual_seed(0)
        self.matrix = torch.randn(3 * 4 * 4, self.num_features, generator=draws, dtype=torch.float64)

    def forward(self, images):
        self.seen += len(images)
        return (images.double().flatten(1) / 255) @ self.matrix


def pictures(count, seed, low=0, size=4):
    draws = torch.Generator().manual_seed(seed)
    return torch.randint(low, 256, (count, 3, size, size), generator=draws, dtype=torch.uint8)


def textbook(x, y):
    """Heusel et al.'s formula, the trace of the root taken from a symmetric matrix."""
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(s)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ t @ root).clip(0)).sum()
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * cross


class TestFid:
    @pytest.mark.parametrize(("n_real", "n_fake"), [(200, 100), (5, 300)])
    def test_is_the_textbooks(self, tmp_path, n_real, n_fake):
        network, real, fake = Network(), pictures(n_real, 1), pictures(n_fake, 2, low=60)
        expected = textbook(network(real).numpy(), network(fake).numpy())
        found = fid(network, real, fake, batch_size=33, cache=tmp_path)
        assert found == Fid(pytest.approx(expected, rel=1e-6), n_real, n_fake, "test 0123")

    def test_generated_images_may_come_in_batches(self, tmp_path):
        real, fake = pictures(50, 1), pictures(40, 2, low=60)
        whole = fid(Network(), real, fake, cache=tmp_path)
        parts = fid(Network(), real, (fake[start : start + 7] for start in range(0, 40, 7)), cache=tmp_path)
        assert parts.value == pytest.approx(whole.value, rel=1e-12)
        assert parts.n_fake == 40

    @pytest.mark.parametrize("as_batches", [False, True])
    def test_progress(self, tmp_path, as_batches):
        real, fake = pictures(5, 1), pictures(3, 2)
        for kept in (False, True):
            calls = []
            fid(
                Network(),
                real,
                iter(fake.split(2)) if as_batches else fake,
                batch_size=2,
                cache=tmp_path,
                progress=lambda *call, calls=calls: calls.append(call),
            )
            done = [2, 3] if kept else [2, 4, 5, 7, 8]
            assert calls == [(count, None if as_batches else done[-1]) for count in done]

    @pytest.mark.parametrize(("n_real", "n_fake", "which"), [(1, 5, "real"), (5, 1, "generated"), (0, 5, "real")])
    def test_too_few_images_are_told_before_any_work(self, tmp_path, n_real, n_fake, which):
        network = Network()
        with pytest.raises(StudyError, match=f"at least 2 {which} images, got"):
            fid(network, pictures(n_real, 1), pictures(n_fake, 2), cache=tmp_path)
        assert network.seen == 0

    @pytest.mark.parametrize("batches", [[], [pictures(1, 2)]])
    def test_too_few_images_in_batches(self, tmp_path, batches):
        with pytest.raises(StudyError, match="at least 2 generated images"):
            fid(Network(), pictures(5, 1), iter(batches), cache=tmp_path)


class TestKeptStatistics:
    """Those of the real images, which are the same for every model."""

    real, fake = pictures(60, 1), pictures(50, 2, low=60)

    def run(self, cache, network=None, real=None):
        network = network or Network()
        before = network.seen
        found = fid(network, self.real if real is None else real, self.fake, cache=cache)
        return found, network.seen - before - len(self.fake)

    def test_are_used_again(self, tmp_path):
        first, computed = self.run(tmp_path)
        assert computed == 60
        again, computed = self.run(tmp_path)
        assert computed == 0
        assert again == first

    def test_are_in_the_users_cache_folder(self, tmp_path, monkeypatch):
        monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "caches" / name)
        self.run(None)
        assert [file.suffix for file in (tmp_path / "caches/slicednorm/fid").iterdir()] == [".safetensors"]
        assert self.run(None)[1] == 0

    def test_belong_to_one_network_and_one_set_of_images(self, tmp_path):
        self.run(tmp_path)
        changed = self.real.clone()
        changed[-1, -1, -1, -1] ^= 1
        assert self.run(tmp_path, real=changed)[1] == 60
        assert self.run(tmp_path, network=Network("test 4567"))[1] == 60
        on_another_kind_of_device = Network()
        on_another_kind_of_device.device = torch.device("meta")
        assert self.run(tmp_path, network=on_another_kind_of_device)[1] == 60

    @pytest.mark.parametrize("damage", ["emptied", "cut", "changed", "replaced"])
    def test_are_computed_anew_and_mended_when_damaged(self, tmp_path, damage):
        sound, _ = self.run(tmp_path)
        (file,) = tmp_path.iterdir()
        data = bytearray(file.read_bytes())
        if damage == "changed":
            data[-20] ^= 1
        file.write_bytes({"emptied": b"", "cut": data[:-9], "changed": data, "replaced": pickle.dumps({})}[damage])
        assert self.run(tmp_path) == (sound, 60)
        assert self.run(tmp_path) == (sound, 0)

    def test_where_they_cannot_be_kept_the_figure_is_the_same(self, tmp_path):
        sound, _ = self.run(tmp_path / "cache")
        (tmp_path / "file").touch()
        assert self.run(tmp_path / "file") == (sound, 60)

    def test_outlast_an_interruption_among_the_generated_images(self, tmp_path):
        def interrupted():
            yield self.fake
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fid(Network(), self.real, interrupted(), cache=tmp_path)
        assert self.run(tmp_path)[1] == 0


class Bomb:
    """Its pickle makes a file when it is loaded."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def one_line(caught):
    text = str(caught.value)
    assert "\n" not in text
    return text


class TestRefusedFiles:
    def test_missing(self, tmp_path):
        with pytest.raises(StudyError, match=r"none\.pth: .* cannot be read \(No such file.*\); correct --inception"):
            load_inception(tmp_path / "none.pth")

    def test_folder(self, tmp_path):
        with pytest.raises(StudyError, match=r"cannot be read \(Is a directory\)"):
            load_inception(tmp_path)

    def test_another_file(self, tmp_path):
        file = tmp_path / "weights.pth"
        file.write_bytes(b"something else")
        with pytest.raises(StudyError) as caught:
            load_inception(file)
        for told in (
            str(file),
            hashlib.sha256(b"something else").hexdigest()[:16],
            "6726825d0af5f729",
            "7ff4a85c3a6378f0",
        ):
            assert told in one_line(caught)

    @pytest.mark.parametrize("form", ["torch", "plain"])
    def test_what_would_run_code_is_never_unpickled(self, tmp_path, form):
        mark = tmp_path / "mark"
        file = tmp_path / "weights-inception-2015-12-05-6726825d.pth"
        if form == "torch":
            torch.save({"fc.weight": Bomb(mark)}, file)
        else:
            file.write_bytes(pickle.dumps(Bomb(mark)))
        with pytest.raises(StudyError, match="neither of the two"):
            load_inception(file)
        assert not mark.exists()
        torch.load(file, weights_only=False) if form == "torch" else pickle.loads(file.read_bytes())
        assert mark.exists()  # it would have


@pytest.fixture(scope="module")
def plain():
    """Torch-fidelity's own network with weights drawn at random, but those of its normalisations 1, as published."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)
        network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], nothing)
    draws = torch.Generator().manual_seed(0)
    for block in network.modules():
        if isinstance(block, BasicConv2d):
            nn.init.kaiming_normal_(block.conv.weight, nonlinearity="relu", generator=draws)
            block.bn.running_var.uniform_(0.8, 1.25, generator=draws)
            for values in (block.bn.running_mean, block.bn.bias):
                values.normal_(0, 0.1, generator=draws)
    return network


@pytest.fixture(scope="module")
def pth(plain, tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(plain.state_dict(), file)
    return file


class Layer(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.weight, self.beta = nn.Parameter(block.conv.weight, False), nn.Parameter(block.bn.bias, False)
        self.register_buffer("mean", block.bn.running_mean)
        self.register_buffer("var", block.bn.running_var)

    def forward(self, x):
        return x


@pytest.fixture(scope="module")
def torchscript(plain, tmp_path_factory):
    layers = [Layer(block) for block in plain.modules() if isinstance(block, BasicConv2d)]
    file = tmp_path_factory.mktemp("weights") / "weights.pt"
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(nn.Sequential(*layers)).save(str(file))
    return file


def accept(monkeypatch, name, file):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setattr(module, name, digest)
    return digest[:16]


def assert_same_features(network, plain):
    images = pictures(2, 3, size=32)
    with torch.no_grad():
        expected = plain(images)[0].double()
        found = network(images)
    assert found.shape == (2, 2048)
    assert found.dtype == torch.float64
    assert (expected[0] - expected[1]).abs().max() > 1e-2 * expected.abs().max()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


class TestNetwork:
    def test_from_torch_fidelitys_file(self, monkeypatch, plain, pth):
        digits = accept(monkeypatch, "_PTH", pth)
        network = load_inception(str(pth))
        assert network.weights == f"torch-fidelity {digits}"
        assert_same_features(network, plain)
        grey = pictures(2, 4, size=9)[:, :1]
        assert torch.equal(network(grey), network(grey.repeat(1, 3, 1, 1)))

    def test_from_the_torchscript(self, monkeypatch, plain, torchscript):
        digits = accept(monkeypatch, "_TORCHSCRIPT", torchscript)
        network = load_inception(torchscript)
        assert network.weights == f"TorchScript {digits}"
        assert_same_features(network, plain)

    def test_cut_short(self, tmp_path, monkeypatch, pth):
        accept(monkeypatch, "_PTH", pth)
        (tmp_path / "cut.pth").write_bytes(pth.read_bytes()[:-1])
        with pytest.raises(StudyError, match="neither of the two"):
            load_inception(tmp_path / "cut.pth")


class TestDownload:
    @pytest.fixture(autouse=True)
    def hub(self, tmp_path, monkeypatch):
        monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
        return tmp_path / "hub/checkpoints"

    def test_no_network(self, monkeypatch, hub):
        monkeypatch.setattr(module, "URL_INCEPTION_V3", "http://127.0.0.1:9/weights.pth")
        for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        with pytest.raises(
            StudyError, match=r"could not be fetched \(.*refused.*\); .* with --inception PATH"
        ) as caught:
            load_inception(None)
        one_line(caught)
        assert list(hub.iterdir()) == []

    def test_nowhere_to_put_it(self, monkeypatch, tmp_path):
        (tmp_path / "hub").touch()
        with pytest.raises(StudyError, match=r"could not be fetched \(.*\); .* with --inception PATH"):
            load_inception(None)

    def test_what_arrives_is_checked(self, tmp_path, monkeypatch, hub):
        mark = tmp_path / "mark"
        torch.save(Bomb(mark), tmp_path / "weights.pth")
        monkeypatch.setattr(module, "URL_INCEPTION_V3", (tmp_path / "weights.pth").as_uri())
        with pytest.raises(StudyError, match=r"could not be fetched \(invalid hash value"):
            load_inception(None)
        assert not mark.exists()
        assert list(hub.iterdir()) == []

    def test_is_made_once_and_again_only_for_a_damaged_file(self, tmp_path, monkeypatch, hub, pth):
        accept(monkeypatch, "_PTH", pth)
        source = tmp_path / "weights.pth"
        source.symlink_to(pth)
        monkeypatch.setattr(module, "URL_INCEPTION_V3", source.as_uri())
        hub.mkdir(parents=True)
        (hub / "weights.pth").write_bytes(b"damaged")
        load_inception(None)
        source.unlink()
        assert load_inception(None).weights.startswith("torch-fidelity")


@pytest.fixture(scope="module")
def network():
    return load_inception(REAL)


@pytest.mark.skipif(REAL is None, reason="SLICEDNORM_INCEPTION names no file of the network's weights")
class TestRealWeights:
    def test_a_set_is_at_no_distance_from_itself_and_far_from_noise(self, tmp_path, network):
        ramps = torch.linspace(0, 255, 32).expand(12, 3, 32, 32) * torch.linspace(0.2, 1, 12).reshape(12, 1, 1, 1)
        smooth = ramps.to(torch.uint8)
        assert abs(fid(network, smooth, smooth, cache=tmp_path).value) < 1e-2
        assert fid(network, smooth, pictures(12, 1, size=32), cache=tmp_path).value > 100

    def test_the_torchscript_gives_the_same_features_by_its_own_program(self, network):
        if not network.weights.startswith("TorchScript"):
            pytest.skip("SLICEDNORM_INCEPTION is not the TorchScript file")
        images = pictures(2, 3, size=299)  # no resizing, which the program leaves to others
        with warnings.catch_warnings(action="ignore"):
            program = torch.jit.load(REAL).eval()
        with torch.no_grad():
            expected = program((images.float() - 128) / 128).double()
            torch.testing.assert_close(network(images), expected, rtol=0, atol=1e-4 * float(expected.abs().max()))
