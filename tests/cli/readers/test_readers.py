"""Every format gives the same answer, and none of them unpickles or reads more than it must."""

import json
import pickle
import struct

import numpy as np
import pytest
from slicednorm_cli.readers import ReaderError, read
from slicednorm_cli.readers.columns import Selection


def write_npz(x):
    np.savez("x.npz", latents=x)
    return "x.npz"


def write_compressed(x):
    np.savez_compressed("x.npz", latents=x)
    return "x.npz"


def write_csv(x, name="x.csv", delimiter=",", header=""):
    rows = [delimiter.join(map(repr, row)) for row in x.tolist()]
    with open(name, "w") as file:
        file.write("\n".join([header, *rows] if header else rows) + "\n")
    return name


def write_tsv(x):
    return write_csv(x, "x.tsv", "\t", "a\tb\tc")


def write_parquet(x):
    pa = pytest.importorskip("pyarrow", reason="writes parquet files")
    pq = pytest.importorskip("pyarrow.parquet", reason="writes parquet files")
    pq.write_table(pa.table(dict(zip("abc", x.T.copy(), strict=True))), "x.parquet", row_group_size=7)
    return "x.parquet"


def write_safetensors(x):
    library = pytest.importorskip("safetensors.numpy", reason="writes safetensors files")
    library.save_file({"latents": x}, "x.safetensors")
    return "x.safetensors"


def write_pt(x):
    torch = pytest.importorskip("torch", reason="writes .pt files")
    torch.save(torch.from_numpy(x), "x.pt")
    return "x.pt"


def write_pt_dict(x):
    torch = pytest.importorskip("torch", reason="writes .pt files")
    torch.save({"latents": torch.from_numpy(x).requires_grad_(), "epoch": 3}, "x.pt")
    return "x.pt"


@pytest.mark.parametrize(
    "write",
    [
        write_npz,
        write_compressed,
        write_csv,
        write_tsv,
        write_parquet,
        write_safetensors,
        write_pt,
        write_pt_dict,
    ],
)
def test_same_json_as_npy(test_json, x, write):
    np.save("x.npy", x)
    expected, found = test_json("x.npy"), test_json(write(x))
    for result in (expected, found):
        del result["file"], result["names"]
    assert found == expected


def test_suffix_in_capitals(x):
    np.save("x.npy", x)
    with open("x.npy", "rb") as old, open("y.NPY", "wb") as new:
        new.write(old.read())
    np.testing.assert_array_equal(read("y.NPY").array, x)


def columns(text):
    return Selection.parse(text)


class TestNpy:
    def test_stays_on_disk(self, x):
        np.save("x.npy", x)
        table = read("x.npy", selection=columns("2,0"))
        assert isinstance(table.array, np.memmap)
        assert table.array.shape == (40, 3)
        assert table.take.tolist() == [2, 0]
        assert table.columns == (2, 0)

    @pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "<i8", "u1", "?"])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_dtypes_and_orders(self, x, dtype, order):
        stored = np.asarray(10 * x, dtype=dtype, order=order)
        np.save("x.npy", stored)
        table = read("x.npy")
        assert table.array.dtype == stored.dtype
        np.testing.assert_array_equal(table.array, stored)

    def test_version_2(self, x):
        with open("x.npy", "wb") as file:
            np.lib.format.write_array(file, x, version=(2, 0))
        np.testing.assert_array_equal(read("x.npy").array, x)

    def test_one_dimension(self, test_json, x):
        np.save("x.npy", x[:, 0])
        assert (test_json("x.npy")["dim"], test_json("x.npy", "--columns", "0")["dim"]) == (1, 1)

    @pytest.mark.parametrize("dtype", ["i4", "f2"])
    def test_narrow_numbers_are_tested(self, test_json, x, dtype):
        np.save("x.npy", (3 * x).astype(dtype))
        np.save("wide.npy", (3 * x).astype(dtype).astype("f8"))
        narrow, wide = test_json("x.npy"), test_json("wide.npy")
        assert narrow["tests"][0]["statistic"] == pytest.approx(wide["tests"][0]["statistic"], rel=1e-4)


class _Trap:
    """What a malicious pickle does when it is loaded."""

    def __reduce__(self):
        return (exec, ("open('sprung', 'w').close()",))


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv", "x.parquet", "x.safetensors", "x.pt"])
def test_nothing_is_unpickled(folder, save, name):
    save(name, pickle.dumps(_Trap()))
    with pytest.raises(ReaderError):
        read(name)
    assert not (folder / "sprung").exists()


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_no_object_is_unpickled(folder, name):
    trap = np.asarray([[_Trap(), _Trap()]], dtype=object)
    if name == "x.npy":
        np.save(name, trap, allow_pickle=True)
    else:
        np.savez(name, a=trap)
    with pytest.raises(ReaderError, match="never unpickled"):
        read(name)
    assert not (folder / "sprung").exists()


class TestKeys:
    def test_npz(self, x):
        np.savez("x.npz", a=x, b=2 * x)
        np.testing.assert_array_equal(read("x.npz", key="b").array, 2 * x)

    def test_safetensors(self, x):
        library = pytest.importorskip("safetensors.numpy", reason="writes safetensors files")
        library.save_file({"a": x, "b": 2 * x}, "x.safetensors")
        table = read("x.safetensors", key="b")
        assert isinstance(table.array, np.memmap)
        np.testing.assert_array_equal(table.array, 2 * x)


class TestSafetensors:
    def test_bfloat16(self, x):
        bits = x.astype("<f4").view("<u4") >> 16
        header = json.dumps({"z": {"dtype": "BF16", "shape": [40, 3], "data_offsets": [0, 240]}}).encode()
        with open("x.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header + bits.astype("<u2").tobytes())
        array = read("x.safetensors").array
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, (bits << 16).view("<f4"))

    @pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "?"])
    def test_dtypes(self, x, dtype):
        library = pytest.importorskip("safetensors.numpy", reason="writes safetensors files")
        stored = (10 * x).astype(dtype)
        library.save_file({"a": stored}, "x.safetensors")
        table = read("x.safetensors")
        assert table.array.dtype == stored.dtype
        np.testing.assert_array_equal(table.array, stored)

    def test_no_elements(self):
        library = pytest.importorskip("safetensors.numpy", reason="writes safetensors files")
        library.save_file({"a": np.zeros((0, 3))}, "x.safetensors")
        assert read("x.safetensors").array.shape == (0, 3)


class TestPt:
    def test_bfloat16(self, x):
        torch = pytest.importorskip("torch", reason="writes .pt files")
        tensor = torch.from_numpy(x).bfloat16()
        torch.save(tensor, "x.pt")
        np.testing.assert_array_equal(read("x.pt").array, tensor.float().numpy())

    def test_key(self, x):
        torch = pytest.importorskip("torch", reason="writes .pt files")
        torch.save({"a": torch.from_numpy(x), "b": torch.from_numpy(2 * x)}, "x.pt")
        np.testing.assert_array_equal(read("x.pt", key="b").array, 2 * x)
        with pytest.raises(ReaderError, match="--key: a, b"):
            read("x.pt")

    def test_neither_tensor_nor_dict(self, x):
        torch = pytest.importorskip("torch", reason="writes .pt files")
        torch.save([1, 2], "x.pt")
        with pytest.raises(ReaderError, match="list"):
            read("x.pt")

    def test_sparse(self):
        torch = pytest.importorskip("torch", reason="writes .pt files")
        torch.save(torch.eye(3).to_sparse(), "x.pt")
        with pytest.raises(ReaderError, match="to_dense"):
            read("x.pt")

    def test_truncated(self, x, save):
        torch = pytest.importorskip("torch", reason="writes .pt files")
        torch.save(torch.from_numpy(x), "x.pt")
        with open("x.pt", "rb") as file:
            content = file.read()
        save("x.pt", content[:-200])
        with pytest.raises(ReaderError, match=r"not a \.pt file"):
            read("x.pt")


class TestParquet:
    def test_kinds_of_numbers(self):
        pa = pytest.importorskip("pyarrow", reason="writes parquet files")
        pq = pytest.importorskip("pyarrow.parquet", reason="writes parquet files")
        table = pa.table(
            {
                "name": ["u", "v", "w"],
                "half": pa.array(np.asarray([0.5, 1.0, 2.0], "f2")),
                "whole": pa.array([1, None, 3], pa.int64()),
                "flag": pa.array([True, False, None]),
                "gap": pa.array([0.25, None, float("nan")], pa.float32()),
            }
        )
        pq.write_table(table, "x.parquet")
        found = read("x.parquet", selection=columns("gap,half,whole,flag"))
        nan = np.nan
        np.testing.assert_array_equal(found.array, [[0.25, 0.5, 1, 1], [nan, 1, nan, 0], [nan, 2, 3, nan]])
        assert found.array.dtype == np.float64
        assert found.names == ("gap", "half", "whole", "flag")
        assert found.columns == (4, 1, 2, 3)

    def test_float32_stays(self, x):
        pa = pytest.importorskip("pyarrow", reason="writes parquet files")
        pq = pytest.importorskip("pyarrow.parquet", reason="writes parquet files")
        pq.write_table(pa.table({"a": x[:, 0].astype("f4"), "b": x[:, 1].astype("f4")}), "x.parquet")
        found = read("x.parquet")
        assert found.array.dtype == np.float32
        np.testing.assert_array_equal(found.array, x[:, :2].astype("f4"))


class TestDelimited:
    @pytest.mark.parametrize(
        "text",
        [
            "1,2\n3,4\n",
            "1,2\n3,4",
            "1,2\r\n3,4\r\n",
            "1,2\r3,4\r",
            "\n1,2\n\n  \n3,4\n\n",
            "1;2\n3;4\n",
            "1\t2\n3\t4\n",
            " 1 , 2\n3,4.0\n",
            '"1","2"\n"3",4\n',
            "1e0,+2\n.3e1,4.\n",
            "\ufeff1,2\n3,4\n",
        ],
    )
    def test_ways_to_write_numbers(self, save, text):
        table = read(save("x.csv", text))
        assert table.names is None
        np.testing.assert_array_equal(table.array, [[1, 2], [3, 4]])

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("a,b\n1,2\n3,4\n", ("a", "b")),
            ("\ufeffa,b\n1,2\n3,4\n", ("a", "b")),
            ('"a, first","b ""two"""\n1,2\n3,4\n', ("a, first", 'b "two"')),
            ('"a\nx",b\n1,2\n3,4\n', ("a\nx", "b")),
            (",b\n1,2\n3,4\n", ("", "b")),
            ("2019,total\n1,2\n3,4\n", ("2019", "total")),
            ("0,1\n1.0,2.0\n3.0,4.0\n", ("0", "1")),  # pandas' names of a frame without any
        ],
    )
    def test_header(self, save, text, names):
        table = read(save("x.csv", text))
        assert table.names == names
        np.testing.assert_array_equal(table.array, [[1, 2], [3, 4]])

    @pytest.mark.parametrize("text", ["0,1\n2,3\n", "0,1\n", "5,6\n1.5,2.5\n", "0,2\n1.5,2.5\n", ",1\n1.5,2.5\n"])
    def test_no_header(self, save, text):
        table = read(save("x.csv", text))
        assert table.names is None
        assert len(table.array) == text.count("\n")

    def test_index_without_a_name(self, save):
        table = read(save("x.csv", ",0,1\nr0,1.5,2.5\nr1,3.5,4.5\n"), selection=columns("1:"))
        assert table.names == ("0", "1")
        np.testing.assert_array_equal(table.array, [[1.5, 2.5], [3.5, 4.5]])

    def test_words_all_the_way_down_are_no_header(self, save):
        table = read(save("x.csv", "u,1.5,2\nv,3,4\n"), selection=columns("1:"))
        assert table.names is None
        np.testing.assert_array_equal(table.array, [[1.5, 2], [3, 4]])

    @pytest.mark.parametrize("cell", ["", " ", '""', "NA", "n/a", "NaN", "nan", "null", "None", "<NA>"])
    def test_missing(self, save, cell):
        table = read(save("x.csv", f"a,b\n1,{cell}\n3,4\n"))
        np.testing.assert_array_equal(table.array, [[1, np.nan], [3, 4]])

    def test_strings_in_other_columns(self, save):
        table = read(save("x.csv", 'id,a,note\n"n,1",1,\nn_2,2,"x\ny"\n'), selection=columns("a"))
        np.testing.assert_array_equal(table.array, [[1], [2]])
        assert (table.names, table.columns) == (("a",), (1,))

    def test_line_numbers_count_breaks_inside_quotes(self, save):
        save("x.csv", '\n\na,note\n1,"x\ny"\noops,z\n')
        with pytest.raises(ReaderError, match="line 6, column 0"):
            read("x.csv", selection=columns("a"))

    def test_tsv_splits_at_tabs_alone(self, save):
        table = read(save("x.tsv", "a,b,c\tb\n1\t2\n"))
        assert table.names == ("a,b,c", "b")


class TestColumns:
    CSV = "id,a,b,c\nx,1,2,3\ny,4,5,6\n"

    @pytest.mark.parametrize(
        ("text", "positions"),
        [
            ("a", (1,)),
            ("c,a", (3, 1)),
            ("1", (1,)),
            ("1:3", (1, 2)),
            ("1:", (1, 2, 3)),
            ("a,2:", (1, 2, 3)),
            (" a , c ", (1, 3)),
        ],
    )
    def test_names_positions_ranges(self, save, text, positions):
        table = read(save("x.csv", self.CSV), selection=columns(text))
        assert table.columns == positions
        np.testing.assert_array_equal(table.array[0], positions)

    def test_range_from_the_start(self):
        assert columns(":2").positions(4, None) == (0, 1)

    def test_name_before_position(self):
        assert columns("1").positions(2, ("1", "0")) == (0,)

    def test_name_with_a_comma(self):
        assert columns('"a,b",c').positions(2, ("c", "a,b")) == (1, 0)

    def test_selected_columns_are_what_is_tested(self, test_json, x):
        np.save("x.npy", x)
        np.save("y.npy", x[:, [2, 0]])
        chosen, expected = test_json("x.npy", "--columns", "2,0"), test_json("y.npy")
        assert chosen["columns"] == [2, 0]
        assert chosen["dim"] == 2
        assert chosen["tests"] == expected["tests"]
