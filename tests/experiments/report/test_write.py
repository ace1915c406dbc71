import csv
import io
import re
import subprocess
import sys

import pytest
from PIL import Image

from experiments.report import write_report
from experiments.report.__main__ import main
from experiments.report.figures import LIMIT
from experiments.report.paper import OURS
from tests.experiments.report.conftest import NOT_A_LIKELIHOOD, Runs, add_pictures


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of L2 with three seeds, Wiener blur and SSIM with one, and a run that was stopped."""
    folder = tmp_path_factory.mktemp("report")
    runs = Runs(folder / "runs")
    for beta, kl in ((1, 10), (0.1, 40)):
        for seed in range(3):
            add_pictures(runs.add(f"l2-{beta}-{seed}", "L2", beta, seed, kl, psnr=20 + seed, ssim=0.4))
        add_pictures(
            runs.add(
                f"ours-{beta}",
                OURS,
                beta,
                0,
                kl,
                psnr={"mean": 24, "std": 1.5},
                ssim=0.6,
                bits_per_dimension=6.0,
            )
        )
        add_pictures(runs.add(f"ssim-{beta}", "SSIM", beta, 0, kl * 5, bits_per_dimension=NOT_A_LIKELIHOOD))
    runs.add("stopped & <gone>", finished=False)
    write_report([runs.folder], folder / "out")
    return folder / "out"


def test_the_verdict_comes_first(report):
    lines = report.joinpath("report.md").read_text().splitlines()
    assert lines[2] == "### Each method against L2 at equal KL"
    reference, ours = lines[8:10]
    assert reference.startswith("| HCP64 | L2 |  | 20.0 | 3 | 21.00 | ")
    assert ours.startswith(f"|  | {OURS} | **undecided** | 20.0 | 1 | 24.00 (+4.00) | ")  # one seed
    assert not lines[10]
    page = report.joinpath("index.html").read_text()
    assert page.index("Each method against L2") < page.index("<h2 ")


def test_the_contents_link_every_part(report):
    page = report.joinpath("index.html").read_text(encoding="utf-8")
    links = re.findall(r'<li><a href="#([^"]+)">(.*?)</a>', page)
    assert links == re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', page)
    assert len(links) == 2


def test_the_page_refers_to_nothing_outside_it(report):
    page = report.joinpath("index.html").read_text()
    sources = re.findall(r"(?:src|href|url)\s*[=(]\s*['\"]?([^'\")\s>]+)", page)
    assert sources
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not re.search(r"https?://|<script|<link|@import", page)


def test_names_are_escaped_in_the_page(report):
    page = report.joinpath("index.html").read_text()
    assert "stopped &amp; &lt;gone&gt;" in page
    assert "<gone>" not in page


def test_names_are_escaped_in_markdown_as_in_the_page(runs, tmp_path):
    evil = "<script>a|b</script>\n# [x](http://y) `z`"
    for beta in (1.0, 0.1):
        runs.add(f"a{beta}", evil, beta, labels={"dataset_name": evil}, kl=20 / beta)
    runs.add("c <script>", finished=False)
    write_report([runs.folder], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "\\<script\\>a" in text
    assert not re.search(r"(?<!\\)<script", re.sub("`+[^`]*`+", "", text))
    assert "](http" not in text
    assert not re.search(r"^# \[x\]", text, re.MULTILINE)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script" not in page
    assert "http://y)" in page
    assert set(re.findall('href="(.)', page)) == {"#"}


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
    assert "| 3 | 21.00 [2.48] |" in text
    assert "| 1 | **24.00 ± 1.50** |" in text
    assert "| *the paper, table 3* |  |  | *18.09 ± 5.70* | *0.431 ± 0.170* |" in text


def test_what_one_method_lacks_is_a_footnote_and_what_all_lack_is_left_out(report):
    text = report.joinpath("report.md").read_text()
    assert re.search("[¹²³] not computed: not a likelihood", text)
    header = next(line for line in text.splitlines() if line.startswith("| method | beta | seeds | PSNR"))
    assert "LPIPS" not in header
    assert "Not computed: LPIPS;" in text


def test_a_sweep_that_does_not_reach_the_common_kl_is_named(report):
    # L2 and Wiener blur span 10 to 40 nats, SSIM 50 to 200: 20 nats is outside of the latter.
    text = report.joinpath("report.md").read_text()
    assert "Common KL: 20.0 nats" in text
    assert "Not at this KL: SSIM (50.0–200.0 nats)." in text


def test_numbers_are_aligned_on_the_right(report):
    assert "| --- | ---: | ---: | ---: | ---: |" in report.joinpath("report.md").read_text()
    cells = re.findall(r'<td style="text-align:right">(.*?)</td>', report.joinpath("index.html").read_text())
    assert any("20.0" in cell for cell in cells)
    assert not any("L2" in cell for cell in cells)


def test_the_network_behind_its_label_and_a_setting_that_differs_between_methods_are_told(runs, tmp_path):
    for name, rate in (("L1", 0.1), ("L2", 0.2)):
        runs.add(name, name)
        settings = {"features": [16, 32], "latent_size": 64, "hidden_size": None, "learning_rate": rate}
        runs.change(name, "config.json", **settings)
    write_report([runs.folder], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "Methods differ in `learning_rate`: 0.1; 0.2." in text
    assert "* Network architecture 1: features 16, 32; latent size 64; hidden size None.\n" in text


def test_unfinished_runs_are_listed_with_a_command(report):
    text = report.joinpath("report.md").read_text()
    assert re.search(
        r"stopped \\& \\<gone\\> \| did not finish .* `python -m monai.bundle run training", text
    )


def test_csv_files_hold_full_precision(report):
    with report.joinpath("tables", "chosen_beta.csv").open() as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    assert float(rows["L2"]["psnr_half_width"]) == pytest.approx(2.484138)
    assert float(rows["L2"]["paper_psnr"]) == 18.09
    assert rows["SSIM"]["bits_per_dimension_note"] == "not a likelihood"
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
    assert "No method has the KL of a run of L2." in text
    assert "did not finish" in text


def test_the_command_line_says_where_the_report_lies(runs, tmp_path, capsys):
    runs.add("a")
    main([str(runs.folder), "-o", str(tmp_path / "out")])
    assert "index.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [((), "`RUNS` must hold folders of runs"), (("--to", "l2"), "`--to` must be one of L2, got 'l2'")],
)
def test_the_command_line_turns_refusals_into_a_message(runs, tmp_path, capsys, more, message):
    if more:
        runs.add("a")
    with pytest.raises(SystemExit):
        main([str(tmp_path), "-o", str(tmp_path / "out"), *more])
    assert message in capsys.readouterr().err


def test_the_report_starts_without_torch():
    code = (
        "import sys, experiments.report.__main__; sys.exit(any(name in sys.modules for name in "
        "('torch', 'monai')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
