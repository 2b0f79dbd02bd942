"""Every bad file ends in status 2 and one line on stderr: the file, what is wrong, what to do."""

import io
import json
import os
import pickle
import struct
import sys
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_cli.main import main

from slicednorm import stats
from tests.cli.refusals import X, check, npy


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def safetensors(header, data=b""):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def with_at(array, value, *where):
    array = array.copy()
    for place in where:
        array[place] = value
    return array


def npy_header(text):
    text = text.ljust(118 - 1) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin1")


def zip_of(name, content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


PICKLE = pickle.dumps({"x": [1, 2, 3]})
HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
COMPOSITE = ("--null", "composite")
# name of the file: its content, options, what the message must say.
FILES = {
    "missing file": ("x.npy", None, (), ["no such file", "check the path"]),
    "empty npy": ("x.npy", b"", (), ["is empty", "write it again"]),
    "empty npz": ("x.npz", b"", (), ["is empty"]),
    "empty csv": ("x.csv", b"", (), ["is empty"]),
    "empty parquet": ("x.parquet", b"", (), ["is empty"]),
    "empty safetensors": ("x.safetensors", b"", (), ["is empty"]),
    "empty pt": ("x.pt", b"", (), ["is empty"]),
    "blank csv": ("x.csv", b"\n\n", (), ["is empty", "no rows"]),
    "unknown suffix": (
        "x.doc",
        b"1,2\n",
        (),
        ["'.doc'", ".npy, .npz, .csv, .tsv, .txt, .dat, .xlsx, .parquet", ".safetensors, .pt"],
    ),
    "no suffix": ("latents", b"1,2\n", (), ["no suffix", ".npy"]),
    "truncated npy": ("x.npy", npy(X)[:-100], (), ["truncated", "100 of the 960 bytes", "write it again"]),
    "npy cut in its header": ("x.npy", npy(X)[:40], (), ["header is damaged", "numpy.save"]),
    "npy cut in its mark": ("x.npy", npy(X)[:4], (), ["not a valid .npy file", "numpy.save"]),
    "npy header of junk": ("x.npy", npy_header("{'descr': <<"), (), ["header is damaged", "numpy.save"]),
    "npy header without shape": ("x.npy", npy_header("{'descr': '<f8'}"), (), ["header is damaged"]),
    "npy of negative shape": ("x.npy", npy_header(HEADER % "(-4, 2)"), (), ["(-4, 2)", "numpy.save"]),
    "npy of absurd shape": ("x.npy", npy_header(HEADER % f"({10**30}, 0)"), (), ["shape", "numpy.save"]),
    "npy of the future": ("x.npy", b"\x93NUMPY\x07\x00" + bytes(100), (), ["version 7.0", "numpy.save"]),
    "objects in npy": (
        "x.npy",
        npy(X.astype(object)),
        (),
        ["Python objects", "never unpickled", "astype(float)"],
    ),
    "objects in npz": ("x.npz", npz(a=X.astype(object)), (), ["Python objects", "never unpickled"]),
    "pickle as npy": ("x.npy", PICKLE, (), ["not a valid .npy file", "nothing is unpickled"]),
    "pickle as npz": ("x.npz", PICKLE, (), ["not a valid .npz file", "nothing is unpickled"]),
    "pickle as csv": ("x.csv", PICKLE, (), ["not text", "UTF-8"]),
    "pickle as parquet": ("x.parquet", PICKLE, (), ["not a valid .parquet file"]),
    "pickle as safetensors": ("x.safetensors", PICKLE, (), ["not a valid .safetensors file"]),
    "strings in npy": ("x.npy", npy(X.astype(str)), (), ["not real numbers"]),
    "records in npy": ("x.npy", npy(np.zeros(5, "f4,f8")), (), ["not real numbers"]),
    "0-d": ("x.npy", npy(np.float64(1)), (), ["0 dimensions", "rows by columns"]),
    "3-d": ("x.npy", npy(np.zeros((3, 4, 5))), (), ["(3, 4, 5)", "rows by columns"]),
    "one row": ("x.npy", npy(X[:1]), (), ["(1, 3)", "at least 2"]),
    "no rows": ("x.npy", npy(X[:0]), (), ["(0, 3)", "at least 2"]),
    "no columns": ("x.npy", npy(X[:, :0]), (), ["(40, 0)", "no columns"]),
    "NaN": (
        "x.npy",
        npy(with_at(X, np.nan, (3, 1), (5, 0))),
        (),
        ["2 NaN", "row 3, column 1", "omit"],
    ),
    "inf": (
        "x.npy",
        npy(with_at(X, np.inf, (7, 2))),
        ("--nan-policy", "omit"),
        ["1 infinite", "row 7, column 2"],
    ),
    "NaN everywhere": ("x.npy", npy(X * np.nan), ("--nan-policy", "omit"), ["0 row(s) without NaN"]),
    "complex": ("x.npy", npy(X + 1j), (), ["complex", "columns of their own"]),
    "several arrays": ("x.npz", npz(a=X, b=X), (), ["2 arrays", "--key: a, b"]),
    "wrong key": ("x.npz", npz(a=X, b=X), ("--key", "c"), ["'c'", "a, b"]),
    "wrong key of one": ("x.npz", npz(a=X), ("--key", "c"), ["'c'", ": a"]),
    "key of npy": ("x.npy", npy(X), ("--key", "a"), ["takes no --key", "leave it out"]),
    "key of csv": ("x.csv", b"1,2\n3,4\n", ("--key", "a"), ["takes no --key"]),
    "npz without arrays": ("x.npz", zip_of("a.txt", "hello"), (), ["no arrays"]),
    "npz with a damaged array": ("x.npz", zip_of("a.npy", "hello"), (), ["'a'", "damaged"]),
    "truncated npz": ("x.npz", npz(a=X)[:-60], (), ["not a valid .npz file"]),
    "junk before a zip": ("x.npz", b"junk" + npz(a=X), (), ["not a valid .npz file"]),
    "wrong checksum": (
        "x.npz",
        npz(a=X).replace(X.tobytes()[:8], bytes(8)),
        (),
        ["not a valid .npz file", "CRC"],
    ),
    "string in csv": (
        "x.csv",
        b"a,b\n1,2\n3,oops\n",
        (),
        ["line 3", "column 1 ('b')", "'oops'", "--columns"],
    ),
    "string without header": ("x.csv", b"1,2\n3,4\n5,oops\n", (), ["line 3", "column 1:", "'oops'"]),
    "underscore in csv": ("x.csv", b"a,b\n1,2\n3,1_000\n", (), ["line 3", "'1_000'"]),
    "decimal comma": ("x.csv", b"a;b\n1,5;2\n", (), ["line 2", "column 0 ('a')", "'1,5'"]),
    "row too short": ("x.csv", b"a,b\n1,2\n3\n4,5\n", (), ["line 3", "1 cell(s)", "line 1 has 2"]),
    "row too long": ("x.csv", b"\n1,2\n1,2\n3,4,5\n", (), ["line 4", "3 cell(s)", "line 2 has 2"]),
    "open quote": ("x.csv", b'a,b\n1,"2\n' + 200_000 * b"3,4\n", (), ["not valid CSV"]),
    "header alone": ("x.csv", b"a,b\n", (), ["0 row(s)"]),
    "UTF-16 without its mark": ("x.csv", "a,b\n1,2\n".encode("utf-16-le"), (), ["UTF-8"]),
    "inf in csv": ("x.csv", b"a,b\n1,2\n3,inf\n", (), ["1 infinite", "row 1, column 1"]),
    "missing cell": ("x.csv", b"a,b\n1,2\n,4\n5,NA\n", (), ["2 NaN", "row 1, column 0", "omit"]),
    "unknown name": ("x.csv", b"a,b\n1,2\n3,4\n", ("--columns", "a,c"), ["'c'", "a, b"]),
    "ambiguous name": ("x.csv", b"a,a\n1,2\n3,4\n", ("--columns", "a"), ["several", "0, 1"]),
    "name in npy": ("x.npy", npy(X), ("--columns", "a"), ["'a'", "0 to 2"]),
    "position too large": ("x.npy", npy(X), ("--columns", "0,3"), ["'3'", "0 to 2"]),
    "range too large": ("x.npy", npy(X), ("--columns", "0:4"), ["'0:4'", "0 to 2"]),
    "negative position": ("x.npy", npy(X), ("--columns", "-1"), ["'-1'", "0 to 2"]),
    "empty range": ("x.npy", npy(X), ("--columns", "2:2"), ["none of the 3"]),
    "column twice": ("x.npy", npy(X), ("--columns", "0:2,1"), ["column 1", "twice"]),
    "safetensors of junk": ("x.safetensors", bytes(range(200)), (), ["not a valid .safetensors file"]),
    "truncated safetensors": (
        "x.safetensors",
        safetensors({"a": {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 32]}}, bytes(31)),
        (),
        ["not a valid .safetensors file"],
    ),
    "no tensors": ("x.safetensors", safetensors({}), (), ["no tensors"]),
    "8-bit floats": (
        "x.safetensors",
        safetensors({"a": {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}}, bytes(4)),
        (),
        ["F8_E4M3", "F32"],
    ),
    "several tensors": (
        "x.safetensors",
        safetensors(
            {
                "mu": {"dtype": "U8", "shape": [2, 2], "data_offsets": [0, 4]},
                "z": {"dtype": "U8", "shape": [2, 2], "data_offsets": [4, 8]},
            },
            bytes(8),
        ),
        (),
        ["2 tensors", "--key: mu, z"],
    ),
    "junk parquet": ("x.parquet", b"PAR1" + bytes(100) + b"PAR1", (), ["not a valid .parquet file"]),
    "few rows, composite": ("x.npy", npy(X[:4]), COMPOSITE, ["(4, 3)", "D + 1", "fewer columns"]),
    "constant column, composite": (
        "x.npy",
        npy(with_at(X, 2.0, np.s_[:, 1])),
        COMPOSITE,
        ["column 1", "constant"],
    ),
    "dependent columns, composite": ("x.npy", npy(X[:, [0, 1, 1]]), COMPOSITE, ["singular"]),
}


@pytest.mark.parametrize(("name", "content", "options", "parts"), FILES.values(), ids=FILES)
def test_file(invoke, save, name, content, options, parts):
    if content is not None:
        save(name, content)
    check(invoke("test", name, *options), name, parts)


def test_directory(invoke, folder):
    (folder / "x.npy").mkdir()
    check(invoke("test", "x.npy"), "x.npy", ["is a directory", "name a file"])


def test_unreadable(invoke, save, monkeypatch):
    save("x.npy", npy(X))
    os.chmod("x.npy", 0)
    if os.access("x.npy", os.R_OK):  # the superuser may read everything
        monkeypatch.setattr("builtins.open", _denied(open))
    check(invoke("test", "x.npy"), "x.npy", ["permission denied", "change its permissions"])


def _denied(real_open):
    def denied(file, *args, **kwargs):
        if file == "x.npy":
            raise PermissionError(13, "Permission denied", file)
        return real_open(file, *args, **kwargs)

    return denied


def test_stdin_is_named(invoke):
    check(invoke("test", "-", stdin=""), "standard input", ["is empty"])
    check(invoke("test", "-", stdin="1,2\n3,x\n"), "standard input", ["line 2", "'x'"])


def test_column_is_called_as_in_the_file(invoke, save):
    # The position is the file's, not that among the columns in use.
    save("x.csv", "id,a,b\n" + "".join(f"n{i},{i * i},{i}\n" for i in range(9)) + "n9,oops,9\n")
    check(invoke("test", "x.csv", "--columns", "b,a"), "x.csv", ["line 11", "column 1 ('a')", "'oops'"])


@pytest.mark.parametrize(
    ("name", "content", "called"),
    [("x.csv", b"u,v,w\n1,2,3\n4,5,7\n", "column 2 ('w')"), ("x.npy", npy(X), "column 2")],
)
def test_column_of_a_sample_error_is_called_as_in_the_file(invoke, save, monkeypatch, name, content, called):
    def as_sample(x, **options):
        raise stats.SampleError("x of shape (2, 1) is odd", columns=[0])

    monkeypatch.setattr(stats, "as_sample", as_sample)
    save(name, content)
    check(invoke("test", name, "--columns", "2"), name, ["is odd", called])


class TestParquet:
    @pytest.fixture
    def table(self):
        pa = pytest.importorskip("pyarrow", reason="writes parquet files")
        pq = pytest.importorskip("pyarrow.parquet", reason="writes parquet files")
        pq.write_table(pa.table({"name": ["u", "v", "w"], "a": [1.0, 2.0, 4.0]}), "x.parquet")

    @pytest.mark.usefixtures("table")
    def test_strings(self, invoke):
        check(
            invoke("test", "x.parquet", "--columns", "a,name"),
            "x.parquet",
            ["column 'name'", "string", "--columns"],
        )

    @pytest.mark.usefixtures("table")
    def test_unknown_column(self, invoke):
        check(invoke("test", "x.parquet", "--columns", "b"), "x.parquet", ["'b'", "name, a"])

    @pytest.mark.usefixtures("table")
    def test_fewer_rows_than_announced(self, invoke, monkeypatch):
        pq = pytest.importorskip("pyarrow.parquet", reason="reads parquet files")
        monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda file, columns: iter(()))
        check(invoke("test", "x.parquet", "--columns", "a"), "x.parquet", ["0 rows where 3"])

    @pytest.mark.usefixtures("table")
    def test_truncated(self, invoke, folder, save):
        save("x.parquet", (folder / "x.parquet").read_bytes()[:-20])
        check(invoke("test", "x.parquet"), "x.parquet", ["not a valid .parquet file"])


class TestTarget:
    @pytest.fixture(autouse=True)
    def sample(self, save):
        save("x.npy", npy(X))

    @pytest.mark.parametrize(
        ("option", "array", "parts"),
        [
            ("--mean", np.zeros(4), ["mean", "(4,)", "D = 3"]),
            ("--mean", np.zeros((2, 3)), ["mean", "(2, 3)", "D = 3"]),
            ("--mean", np.asarray(["a", "b", "c"]), ["not real numbers"]),
            ("--mean", np.asarray([0.0, np.nan, 0.0]), ["finite"]),
            ("--cov", np.eye(2), ["cov", "(2, 2)", "D = 3"]),
            ("--cov", np.ones((3, 3)), ["positive definite"]),
            ("--cov", np.arange(9.0).reshape(3, 3), ["symmetric"]),
            ("--cov", np.eye(3) * 1j, ["not real numbers"]),
        ],
    )
    def test_unusable(self, invoke, save, option, array, parts):
        save("target.npy", npy(array))
        check(invoke("test", "x.npy", option, "target.npy"), "target.npy", parts)

    def test_missing(self, invoke):
        check(invoke("test", "x.npy", "--mean", "mu.csv"), "mu.csv", ["no such file"])


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("x.parquet", "pyarrow", "io"), ("x.safetensors", "safetensors", "io"), ("x.pt", "torch", "torch")],
)
def test_extra_missing(invoke, save, monkeypatch, name, module, extra):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    save(name, b"anything")
    check(invoke("test", name), name, [module, f"pip install 'slicednorm[{extra}]'"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;b\n1,5;2\n2,5;3\n", "'1,5' is not a number; write decimal points, not commas"),
        ("1,2\n3,4,\n5,6\n", "line 2 has 3 cell(s) where line 1 has 2; look there for a comma too many or too few"),
        ("1\t2\n3\n", "look there for a tab too many or too few"),
    ],
)
def test_slips_of_delimiters_are_named(tmp_path, text, message):
    path = tmp_path / "slip.csv"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["test", str(path)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
