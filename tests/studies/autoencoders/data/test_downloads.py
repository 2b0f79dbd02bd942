"""What is missing is downloaded into the cache folder, whole or not at all."""

import http.server
import socket
import threading

import pytest
from slicednorm_studies.autoencoders.data import load_images

from ._files import IDX, Site, contents, expected_bytes, loaded_bytes, packed, refusal, write_mnist

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
from slicednorm_studies.autoencoders.data import published
from torchvision.datasets import MNIST
from torchvision.datasets.utils import download_url


def test_a_download_goes_to_the_cache_once(data, cache, mnist, monkeypatch, capsys):
    site = Site({f"http://first.example/{name}.gz": packed(content) for name, content in mnist.items()})
    monkeypatch.setattr(published, "download_url", site)
    for _ in range(2):
        assert loaded_bytes(load_images("mnist", data)) == expected_bytes(mnist)
    assert site.asked == list(site.files)
    assert sorted(path.name for path in contents(cache)) == sorted(f"{name}.gz" for name in IDX)
    assert contents(data) == {}
    output = capsys.readouterr()
    assert output.out == ""
    assert "http://first.example/train-images-idx3-ubyte.gz" in output.err


def test_only_what_is_missing_is_downloaded_from_a_mirror_that_has_it(cache, mnist, monkeypatch):
    missing = "t10k-images-idx3-ubyte.gz"
    (write_mnist(cache, mnist, ".gz") / missing).unlink()
    site = Site({f"http://second.example/{missing}": packed(mnist[missing.removesuffix(".gz")])})
    monkeypatch.setattr(published, "download_url", site)
    assert loaded_bytes(load_images("mnist")) == expected_bytes(mnist)
    assert site.asked == [f"http://first.example/{missing}", f"http://second.example/{missing}"]


@pytest.fixture
def real_download(monkeypatch):
    """Torchvision's own download, for servers on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(published, "download_url", download_url)


@pytest.fixture
def server(mnist, real_download, monkeypatch):
    """Files served on this machine by path, and where."""
    files: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(files[self.path])))
            self.end_headers()
            self.wfile.write(files[self.path])

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{served.server_port}/"])
        yield files
        served.shutdown()
        thread.join()


def test_a_download_by_torchvision(mnist, server, capsys):
    server.update({f"/{name}.gz": packed(content) for name, content in mnist.items()})
    assert loaded_bytes(load_images("mnist")) == expected_bytes(mnist)
    assert capsys.readouterr().out == ""


def test_a_corrupted_download_is_not_kept(mnist, server, cache):
    server.update({f"/{name}.gz": packed(content) for name, content in mnist.items()})
    server["/train-labels-idx1-ubyte.gz"] = packed(b"a page that says that the file has moved")
    message = refusal("mnist")
    assert "corrupted" in message
    assert str(cache) in message
    assert [path.name for path in contents(cache)] == ["train-images-idx3-ubyte.gz"]


def test_a_silent_server_is_not_waited_for(mnist, real_download, monkeypatch):
    monkeypatch.setattr(published, "_SILENCE", 0.1)
    before = socket.getdefaulttimeout()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        assert "timed out" in refusal("mnist")
    assert socket.getdefaulttimeout() == before


def test_a_cache_that_cannot_be_written_is_named(cache, mnist, monkeypatch):
    cache.parent.parent.mkdir()
    cache.parent.touch()
    monkeypatch.setattr(published, "download_url", Site({}))
    assert str(cache) in refusal("mnist")
