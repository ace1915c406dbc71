import csv
import html
import io
import re

import pytest
from PIL import Image

from experiments.report import write_report
from experiments.report.__main__ import main
from experiments.report.paper import OURS
from experiments.report.png import LIMIT
from tests.experiments.report.conftest import NOT_A_LIKELIHOOD, Runs, add_pictures


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of L2 with three seeds, Wiener blur and SSIM with one, and a run that was stopped."""
    folder = tmp_path_factory.mktemp("report")
    runs = Runs(folder / "runs")
    for beta, kl in ((1, 10), (0.1, 40)):
        for seed in range(3):
            add_pictures(runs.add(f"l2-{beta}-{seed}", "L2", beta, seed, kl, psnr=20 + seed, ssim=0.4))
        add_pictures(runs.add(f"ours-{beta}", OURS, beta, 0, kl, psnr={"mean": 24, "std": 1.5}, ssim=0.6))
        add_pictures(runs.add(f"ssim-{beta}", "SSIM", beta, 0, kl * 5, bits_per_dimension=NOT_A_LIKELIHOOD))
    runs.add("stopped & <gone>", finished=False)
    write_report([runs.folder], folder / "out")
    return folder / "out"


def test_the_first_paragraph_is_the_statement(report):
    second = report.joinpath("report.md").read_text().split("\n\n")[1]
    assert "Wiener blur ranks where the paper has it in" in second


def test_the_page_refers_to_nothing_outside_it(report):
    page = report.joinpath("index.html").read_text()
    sources = re.findall(r"(?:src|href|url)\s*[=(]\s*['\"]?([^'\")\s>]+)", page)
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"https?://|<script|<link|@import", page)


def test_names_are_escaped_in_the_page(report):
    page = report.joinpath("index.html").read_text()
    assert "stopped &amp; &lt;gone&gt;" in page
    assert "<gone>" not in page


def test_every_image_that_markdown_shows_is_there_and_small(report):
    names = re.findall(r"!\[.*?\]\((.*?)\)", report.joinpath("report.md").read_text())
    assert len(names) == 4
    for name in names:
        content = report.joinpath(name).read_bytes()
        assert len(content) <= LIMIT
        Image.open(io.BytesIO(content)).verify()


def test_seeds_std_and_the_best_are_shown_beside_the_paper(report):
    text = report.joinpath("report.md").read_text()
    # L2: 20, 21, 22 dB; the half-width of their t-interval is 4.303 / sqrt(3) = 2.48.
    assert "| 3 seeds | 21.00 [2.48] |" in text
    assert "1 seed: no interval | **24.00 ± 1.50** |" in text
    assert "| *the paper, table 3* |  |  | *18.09 ± 5.70* | *0.431 ± 0.170* |" in text


def test_what_was_not_computed_is_a_footnote_not_a_number(report):
    text = report.joinpath("report.md").read_text()
    assert "not computed: not a likelihood" in text


def test_a_sweep_that_does_not_reach_the_common_kl_says_so(report):
    # L2 and Wiener blur span 10 to 40 nats, SSIM 50 to 200: 20 nats is outside of the latter.
    assert "Every measure at 20.0 nats" in report.joinpath("report.md").read_text()
    assert "outside 50.0–200.0 nats" in report.joinpath("report.md").read_text()


def test_every_caption_says_that_runs_are_shortened(report):
    captions = re.findall(
        r"<p class='caption'>(.*?)</p>", html.unescape(report.joinpath("index.html").read_text()), re.DOTALL
    )
    measured = [caption for caption in captions if "Bold" in caption]
    assert len(measured) == 5
    assert all(
        "Shortened or reduced against configs/hcp64.yaml (HCP64, 400 epochs" in item for item in measured
    )


def test_sharpness_is_defined_in_the_captions_of_its_tables(report):
    text = report.joinpath("report.md").read_text()
    assert text.count("Sharpness is the power above 0.25 cycles per pixel over the data's") == 2


def test_the_network_behind_its_label_is_told(runs, tmp_path):
    runs.add("a")
    runs.change("a", "config.json", features=[16, 32], latent_size=64, hidden_size=None)
    write_report([runs.folder], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "* Network architecture 1: features 16, 32; latent size 64; hidden size None.\n" in text


def test_unfinished_runs_are_listed_with_a_command(report):
    text = report.joinpath("report.md").read_text()
    assert re.search(r"stopped & <gone> \| did not finish .* `python -m monai.bundle run training", text)


def test_csv_files_hold_full_precision(report):
    with report.joinpath("tables", "chosen_beta.csv").open() as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    assert float(rows["L2"]["psnr_half_width"]) == pytest.approx(2.484138)
    assert float(rows["L2"]["paper_psnr"]) == 18.09
    assert rows["SSIM"]["bits_per_dimension_note"] == "not computed: not a likelihood"
    with report.joinpath("tables", "runs.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 10


def test_a_folder_with_files_is_refused_and_overwritten_only_when_asked(runs, tmp_path):
    runs.add("a")
    mine, old = tmp_path / "out" / "notes.txt", tmp_path / "out" / "report.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    old.write_text("old")
    with pytest.raises(ValueError, match=r"`output` must be a new or empty folder, got .*--overwrite"):
        write_report([runs.folder], mine.parent)
    assert old.read_text() == "old"
    write_report([runs.folder], mine.parent, overwrite=True)
    assert old.read_text() != "old"
    assert mine.read_text() == "mine"


def test_a_file_in_the_folders_place_is_refused(runs, tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(ValueError, match="`output` must be a folder, got the file"):
        write_report([runs.folder], tmp_path / "out", overwrite=True)


def test_runs_that_are_all_unfinished_still_make_a_report(runs, tmp_path):
    runs.add("a", finished=False)
    write_report([runs.folder], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "Nothing can be said of the paper's ordering" in text
    assert "did not finish" in text


def test_the_command_line_says_where_the_report_lies(runs, tmp_path, capsys):
    runs.add("a")
    main([str(runs.folder), "-o", str(tmp_path / "out")])
    assert "index.html" in capsys.readouterr().out


def test_the_command_line_turns_refusals_into_a_message(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "-o", str(tmp_path / "out")])
    assert "`RUNS` must hold folders of runs" in capsys.readouterr().err
