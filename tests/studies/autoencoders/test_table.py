"""Run folders put side by side; every run here is written by hand."""

import json
import math

import numpy as np
import pytest
from slicednorm_studies.autoencoders import paper
from slicednorm_studies.autoencoders.errors import StudyError
from slicednorm_studies.autoencoders.records import find_runs
from slicednorm_studies.autoencoders.settings import DATA, MODELS, SLICED_MODELS
from slicednorm_studies.autoencoders.table import MODEL_TITLES, comparable, remarks, summarise, to_markdown


def row(epoch, value=1.0, **changed):
    """Return a row of metrics whose reconstruction error is ``value`` and whose other measures follow from it."""
    values = {
        "epoch": epoch,
        "loss": None,
        "mardia_skewness": 10 * value,
        "mardia_expected_skewness": 1.056,
        "mardia_normalized_kurtosis": -value,
        "reconstruction_error": value,
        "sliced_wasserstein": value / 100,
        "pvalues": {"ks": 0.5, "cvm": value / 100},
    }
    return values | changed


def write_run(folder, values=(1.0, 2.0, 3.0), *, model="scwae", data="mnist", seed=0, fid=None, finished=True, **more):
    """Write a run whose reconstruction errors are ``values``; ``more`` are further settings."""
    folder.mkdir(parents=True)
    settings = {"model": model, "data": data, "seed": seed, "epochs": len(values), **more}
    (folder / "run.json").write_text(json.dumps({"settings": settings, "versions": {"slicednorm": "0.1.0"}}))
    lines = [json.dumps(row(epoch, value)) + "\n" for epoch, value in enumerate(values, start=1)]
    (folder / "metrics.jsonl").write_text("".join(lines))
    if fid is not None:
        (folder / "evaluation.json").write_text(json.dumps({"epoch": len(values), "fid": fid}))
    if finished:
        (folder / "model.safetensors").touch()
    return folder


def fid(value, n_fake=1000, n_real=2000):
    return {"value": value, "n_fake": n_fake, "n_real": n_real}


def measured(runs, measure, last=5):
    frame = summarise(runs, last)
    return frame[frame["measure"] == measure].set_index(["data", "model"])


def cells(markdown):
    """Return the rows of a Markdown table by data and measure, each as a mapping from its columns."""
    lines = [line.strip("|").split("|") for line in markdown.splitlines() if line.startswith("|")]
    header = [cell.strip() for cell in lines[0]]
    found, data = {}, None
    for line in lines[2:]:
        named = dict(zip(header, (cell.strip() for cell in line), strict=True))
        data = named.pop("data") or data
        found[data, named.pop("measure")] = named
    return found


# file: its content, what the message must say.
BAD = {
    "no json": ("run.json", b"{", ["run.json: is no JSON"]),
    "bytes": ("run.json", b"\xff\xfe\xfa", ["run.json: is no JSON"]),
    "deep": ("run.json", b"[" * 100_000, ["run.json: is no JSON"]),
    "a list": ("run.json", b"[]", ["run.json: is no JSON object"]),
    "no settings": ("run.json", b"{}", ["run.json: holds no settings"]),
    "settings no object": ("run.json", b'{"settings": 3}', ["settings is 3, not an object"]),
    "unknown model": ("run.json", b'{"settings": {"model": "gan"}}', ["run.json: ", "unknown model 'gan'"]),
    "unknown data": ("run.json", b'{"settings": {"data": "../x"}}', ["run.json: ", "unknown data set '../x'"]),
    "unhashable": ("run.json", b'{"settings": {"data": {}}}', ["run.json: "]),
    "type": ("run.json", b'{"settings": {"seed": "x"}}', ["run.json: "]),
    "unknown setting": ("run.json", b'{"settings": {"colour": 1}}', ["run.json: ", "colour"]),
    "versions": ("run.json", b'{"settings": {}, "versions": []}', ["run.json: versions is [], not an object"]),
    "rubbish within": ("metrics.jsonl", b'{"epoch":\n' + json.dumps(row(2)).encode(), ["metrics.jsonl: line 1: "]),
    "rubbish at the end": (
        "metrics.jsonl",
        json.dumps(row(1)).encode() + b"\nrubbish\n",
        ["metrics.jsonl: line 2: is no JSON"],
    ),
    "a number": ("metrics.jsonl", b"3\n", ["metrics.jsonl: line 1: is no JSON object"]),
    "a measure is missing": ("metrics.jsonl", b'{"epoch": 1}\n', ["line 1: mardia_skewness is 'missing'"]),
    "a measure is text": (
        "metrics.jsonl",
        json.dumps(row(1, reconstruction_error="low")).encode() + b"\n",
        ["line 1: reconstruction_error is 'low', not a number"],
    ),
    "epoch": ("metrics.jsonl", b'{"epoch": 0}\n', ["line 1: epoch is 0, not a whole number from 1"]),
    "epoch a flag": ("metrics.jsonl", b'{"epoch": true}\n', ["line 1: epoch is True"]),
    "order": (
        "metrics.jsonl",
        "".join(json.dumps(row(epoch)) + "\n" for epoch in (1, 2, 2)).encode(),
        ["line 3: epoch is 2, not greater than 2"],
    ),
    "pvalues": ("metrics.jsonl", json.dumps(row(1, pvalues=[])).encode() + b"\n", ["line 1: pvalues is []"]),
    "evaluation": ("evaluation.json", b"nul", ["evaluation.json: is no JSON"]),
    "fid": ("evaluation.json", b'{"epoch": 1, "fid": {"value": 3}}', ["evaluation.json: n_fake is 'missing'"]),
}


class TestPaper:
    def test_every_value_has_a_column_and_a_row(self):
        for data, measures in paper.TABLE_1.items():
            assert data in DATA
            assert {"mardia_skewness", "mardia_normalized_kurtosis", "reconstruction_error"} <= set(measures)
            assert all(tuple(values) == SLICED_MODELS for values in measures.values())
        assert "fid" not in paper.TABLE_1["mnist"]

    def test_corners_of_the_printed_table(self):
        assert paper.reported("mnist", "mardia_skewness", "swae") == 35.86
        assert paper.reported("celeba", "fid", "scfwae") == 61.16
        assert paper.reported("mnist", "fid", "swae") is None
        assert paper.reported("mnist", "mardia_skewness", "vae") is None
        assert paper.reported("digits", "mardia_skewness", "swae") is None

    def test_everything_that_can_be_trained_has_a_title(self):
        titles = {"MNIST", "Fashion-MNIST", "CIFAR-10", "CelebA", "digits"}
        assert {defaults.title for defaults in DATA.values()} == titles
        assert tuple(MODEL_TITLES) == MODELS
        assert [MODEL_TITLES[model] for model in ("scvmae", "scfwae", "wae-mmd")] == ["SCvMAE", "SCFWAE", "WAE-MMD"]


class TestFindRuns:
    def test_at_any_depth_and_once(self, tmp_path):
        write_run(tmp_path / "a", seed=0)
        write_run(tmp_path / "deep" / "er" / "b", seed=1)
        found = find_runs([tmp_path, tmp_path / "a", tmp_path / "deep" / ".." / "a"])
        assert sorted(run.settings.seed for run in found) == [0, 1]

    def test_a_run_inside_a_run_is_part_of_it(self, tmp_path):
        write_run(tmp_path / "a")
        write_run(tmp_path / "a" / "checkpoints" / "old", seed=1)
        assert [run.path for run in find_runs([tmp_path])] == [tmp_path / "a"]

    def test_what_is_read(self, tmp_path):
        folder = write_run(tmp_path / "a", (3.0, 2.0), fid=fid(130.5), latent_dim=7)
        (run,) = find_runs([folder])
        assert (run.settings.model, run.settings.latent_dim, run.epochs, run.finished) == ("scwae", 7, 2, True)
        assert run.versions == {"slicednorm": "0.1.0"}
        assert run.metrics["reconstruction_error"].tolist() == [3.0, 2.0]
        assert run.metrics["pvalue_cvm"].tolist() == [0.03, 0.02]
        assert (run.fid.value, run.fid.n_fake, run.fid.n_real) == (130.5, 1000, 2000)

    def test_the_row_that_a_kill_cut_is_left_out(self, tmp_path):
        folder = write_run(tmp_path / "a", (3.0, 2.0))
        metrics = folder / "metrics.jsonl"
        whole = metrics.read_bytes()
        for cut in (1, 20, len(json.dumps(row(3)))):
            metrics.write_bytes(whole + json.dumps(row(3)).encode()[:cut])
            (run,) = find_runs([folder])
            assert run.epochs == 2

    def test_an_epoch_that_was_not_evaluated_is_left_out(self, tmp_path):
        folder = write_run(tmp_path / "a", (3.0, 2.0))
        with open(folder / "metrics.jsonl", "a") as file:
            file.write('{"epoch": 3, "step": 36, "loss": 1.0}\n')
        (run,) = find_runs([folder])
        assert run.metrics["epoch"].tolist() == [1, 2]

    def test_no_metrics_yet(self, tmp_path):
        folder = write_run(tmp_path / "a")
        for content in (None, b"", b'{"epo'):
            (folder / "metrics.jsonl").unlink(missing_ok=True)
            if content is not None:
                (folder / "metrics.jsonl").write_bytes(content)
            runs = find_runs([folder])
            assert [run.epochs for run in runs] == [0]
            assert not comparable(runs)
            assert summarise(runs).empty
            assert remarks(runs) == [f"{folder}: left out, no epoch has metrics yet"]

    @pytest.mark.parametrize("case", BAD)
    def test_a_bad_file_is_named(self, tmp_path, case):
        name, content, wanted = BAD[case]
        folder = write_run(tmp_path / "a")
        (folder / name).write_bytes(content)
        with pytest.raises(StudyError) as error:
            find_runs([tmp_path])
        message = str(error.value)
        assert message.startswith(str(folder / name))
        assert message.count(str(folder / name)) == 1
        assert "\n" not in message
        for text in wanted:
            assert text in message

    def test_no_runs(self, tmp_path):
        with pytest.raises(StudyError, match="no such folder"):
            find_runs([tmp_path / "none"])
        with pytest.raises(StudyError, match="holds no run"):
            find_runs([tmp_path])
        (tmp_path / "run.json").touch()
        with pytest.raises(StudyError, match="is not a folder"):
            find_runs([tmp_path / "run.json"])


class TestSummarise:
    def test_mean_of_the_last_epochs_then_over_seeds(self, tmp_path):
        write_run(tmp_path / "a", (9.0, 1.0, 3.0), seed=0)
        write_run(tmp_path / "b", (9.0, 5.0, 7.0), seed=1)
        found = measured(find_runs([tmp_path]), "reconstruction_error", last=2).loc["mnist", "scwae"]
        assert found["mean"] == pytest.approx(4.0)  # of 2 and 6
        assert found["sd"] == pytest.approx(math.sqrt(8.0))
        assert (found["n_seeds"], found["epochs"], found["last"], found["paper"]) == (2, 3, 2, 5.35)
        assert (found["min"], found["max"]) == (2.0, 6.0)

    def test_fewer_epochs_than_asked_for(self, tmp_path):
        write_run(tmp_path / "a", (1.0, 3.0))
        found = measured(find_runs([tmp_path]), "reconstruction_error", last=50).loc["mnist", "scwae"]
        assert found["mean"] == pytest.approx(2.0)
        assert math.isnan(found["sd"])

    def test_pvalue_and_fid_are_of_the_last_epoch(self, tmp_path):
        write_run(tmp_path / "a", (1.0, 2.0, 3.0), fid=fid(100.0), seed=0)
        write_run(tmp_path / "b", (1.0, 2.0, 7.0), fid=fid(104.0), seed=1)
        runs = find_runs([tmp_path])
        pvalue = measured(runs, "pvalue_cvm").loc["mnist", "scwae"]
        assert (pvalue["min"], pvalue["max"], pvalue["last"]) == (0.03, 0.07, 1)
        assert measured(runs, "fid").loc["mnist", "scwae"]["mean"] == 102.0

    def test_what_is_not_finite_is_not_averaged_away(self, tmp_path):
        write_run(tmp_path / "a", seed=0)
        folder = write_run(tmp_path / "b", seed=1)
        rows = [row(1), row(2, reconstruction_error=None), row(3, mardia_skewness=10**400)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in rows))
        runs = find_runs([tmp_path])
        assert math.isnan(measured(runs, "reconstruction_error").loc["mnist", "scwae"]["mean"])
        assert math.isnan(measured(runs, "mardia_skewness").loc["mnist", "scwae"]["mean"])
        assert np.isfinite(measured(runs, "sliced_wasserstein").loc["mnist", "scwae"]["mean"])
        assert cells(to_markdown(runs))["MNIST", "skewness"]["SCWAE"] == "not finite"

    def test_order_of_the_paper_then_the_rest(self, tmp_path):
        for index, (data, model) in enumerate(
            [("digits", "swae"), ("celeba", "cwae"), ("celeba", "scfwae"), ("mnist", "vae"), ("mnist", "swae")]
        ):
            write_run(tmp_path / str(index), data=data, model=model)
        labels = list(comparable(find_runs([tmp_path])))
        assert labels == [
            ("mnist", "swae"),
            ("mnist", "vae"),
            ("celeba", "scfwae"),
            ("celeba", "cwae"),
            ("digits", "swae"),
        ]


class TestComparable:
    def test_settings_that_differ(self, tmp_path):
        write_run(tmp_path / "a", seed=0, latent_dim=20)
        write_run(tmp_path / "b", seed=1, latent_dim=20)
        write_run(tmp_path / "c", seed=2, latent_dim=64)
        runs = find_runs([tmp_path])
        for use in (summarise, to_markdown):
            with pytest.raises(StudyError) as error:
                use(runs)
            message = str(error.value)
            assert message.startswith(f"{tmp_path / 'c'}: differs from {tmp_path / 'b'} in more than the seed")
            assert "--latent-dim 20 there, 64 here" in message

    def test_the_same_seed_twice(self, tmp_path):
        write_run(tmp_path / "a", seed=3)
        write_run(tmp_path / "b", seed=3)
        with pytest.raises(StudyError, match="the seed of"):
            summarise(find_runs([tmp_path]))

    def test_other_models_and_data_may_differ(self, tmp_path):
        write_run(tmp_path / "a", model="swae", latent_dim=20)
        write_run(tmp_path / "b", model="scwae", latent_dim=64)
        write_run(tmp_path / "c", model="swae", data="digits", latent_dim=8)
        assert len(comparable(find_runs([tmp_path]))) == 3

    def test_a_run_without_metrics_is_in_nobodys_way(self, tmp_path):
        write_run(tmp_path / "a", latent_dim=20)
        write_run(tmp_path / "b", (), latent_dim=64, epochs=3)
        assert len(comparable(find_runs([tmp_path]))) == 1

    def test_fids_of_other_numbers_of_images(self, tmp_path):
        write_run(tmp_path / "a", fid=fid(100.0, n_fake=1000), seed=0)
        write_run(tmp_path / "b", seed=1)
        write_run(tmp_path / "c", fid=fid(90.0, n_fake=10_000), seed=2)
        with pytest.raises(StudyError) as error:
            summarise(find_runs([tmp_path]))
        assert "10,000 generated against 2,000 real" in str(error.value)
        assert str(tmp_path / "a") in str(error.value)


class TestRemarks:
    def test_none(self, tmp_path):
        write_run(tmp_path / "a", fid=fid(100.0))
        assert remarks(find_runs([tmp_path])) == []

    def test_short_ones_are_shown_all_the_same(self, tmp_path):
        write_run(tmp_path / "a", (1.0,) * 4, seed=0)
        write_run(tmp_path / "b", (3.0,) * 2, seed=1)
        write_run(tmp_path / "c", (1.0,) * 2, seed=0, model="vae", epochs=9, finished=False)
        runs = find_runs([tmp_path])
        (line,) = remarks(runs)
        assert line.endswith(f"{tmp_path / 'b'} (2 of 4 epochs), {tmp_path / 'c'} (2 of 9 epochs)")
        found = measured(runs, "reconstruction_error").loc["mnist", "scwae"]
        assert (found["mean"], found["n_seeds"], found["epochs"]) == (2.0, 2, 2)
        assert "epochs 2 to 4, seeds 0, 1 (SCWAE); epochs 2, seed 0 (VAE)" in to_markdown(runs)

    def test_metrics_that_are_not_of_every_epoch(self, tmp_path):
        folder = write_run(tmp_path / "a", epochs=10)
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row(epoch)) + "\n" for epoch in (4, 8)))
        runs = find_runs([tmp_path])
        assert remarks(runs) == []  # it is finished
        assert "epochs 8, seed 0" in to_markdown(runs)

    def test_an_fid_of_an_earlier_epoch_is_left_out(self, tmp_path):
        folder = write_run(tmp_path / "a", fid=fid(100.0))
        with (folder / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(row(4)) + "\n")
        runs = find_runs([tmp_path])
        (line,) = remarks(runs)
        assert "its FID is left out (it is of epoch 3, the run has 4)" in line
        assert measured(runs, "fid").empty


class TestMarkdown:
    def test_values_with_the_papers_below(self, tmp_path):
        write_run(tmp_path / "a", (3.0,), model="swae", seed=0)
        write_run(tmp_path / "b", (5.0,), model="swae", seed=1)
        write_run(tmp_path / "c", (4.0,), model="vae", seed=0)
        text = to_markdown(find_runs([tmp_path]), last=1)
        found = cells(text)
        assert list(found) == [
            ("MNIST", measure)
            for measure in (
                "skewness",
                "skewness, paper",
                "skewness, expected under N(0, I)",
                "kurtosis (normalized)",
                "kurtosis (normalized), paper",
                "reconstruction error",
                "reconstruction error, paper",
                "p-value (cvm), last epoch",
            )
        ]
        assert found["MNIST", "reconstruction error"] == {"SWAE": "4.00 ± 1.41", "VAE": "4.00"}
        assert found["MNIST", "reconstruction error, paper"] == {"SWAE": "5.37", "VAE": "-"}
        assert found["MNIST", "kurtosis (normalized)"]["SWAE"] == "-4.00 ± 1.41"
        assert found["MNIST", "skewness, expected under N(0, I)"] == {"SWAE": "1.06", "VAE": "1.06"}
        assert found["MNIST", "p-value (cvm), last epoch"] == {"SWAE": "0.03 to 0.05", "VAE": "0.04"}
        assert "mean over the last epoch " in text
        assert "- MNIST: epochs 1, seeds 0, 1 (SWAE); epochs 1, seed 0 (VAE)." in text
        assert "- Versions: slicednorm 0.1.0." in text
        assert "of 1,000 test latents, by 99 replicates" in text

    def test_lines_are_of_one_width(self, tmp_path):
        write_run(tmp_path / "a", model="swae", fid=fid(130.0), data="cifar10")
        write_run(tmp_path / "b", model="cwae")
        table = [line for line in to_markdown(find_runs([tmp_path])).splitlines() if line.startswith("|")]
        assert len({len(line) for line in table}) == 1

    def test_fid_where_the_paper_has_it_and_where_there_is_one(self, tmp_path):
        write_run(tmp_path / "a", data="cifar10", fid=fid(150.0), seed=0)
        write_run(tmp_path / "b", data="cifar10", seed=1)
        write_run(tmp_path / "c", data="celeba")
        write_run(tmp_path / "d", data="digits")
        write_run(tmp_path / "e", data="fashion-mnist", fid=fid(20.0))
        text = to_markdown(find_runs([tmp_path]))
        found = cells(text)
        assert found["CIFAR-10", "FID"]["SCWAE"] == "150.00 (n = 1)"
        assert found["CIFAR-10", "FID, paper"]["SCWAE"] == "131.48"
        assert found["CelebA", "FID"]["SCWAE"] == "-"
        assert found["CelebA", "FID, paper"]["SCWAE"] == "62.09"
        assert ("digits", "FID") not in found
        assert ("Fashion-MNIST", "FID, paper") not in found
        assert "FID of CIFAR-10: 1,000 generated against 2,000 real; the paper's: 10,000 generated." in text
        assert "FID of Fashion-MNIST: 1,000 generated against 2,000 real." in text

    def test_no_pvalues(self, tmp_path):
        folder = write_run(tmp_path / "a")
        (folder / "metrics.jsonl").write_text(json.dumps(row(1, pvalues={})) + "\n")
        assert "p-value" not in to_markdown(find_runs([tmp_path]))

    def test_large_numbers(self, tmp_path):
        write_run(tmp_path / "a", (1.0, 123456.7), model="ae")
        found = cells(to_markdown(find_runs([tmp_path]), last=1))
        assert found["MNIST", "reconstruction error"]["AE"] == "123456.70"
        assert found["MNIST", "skewness"]["AE"] == "1.23e+06"
