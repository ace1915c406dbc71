"""Every row of the paper's tables and every figure has its command, and every command trains."""

import re
from importlib.util import find_spec

import pytest
from monai.bundle import ConfigParser, create_workflow

from experiments.report.paper import paper_rows
from tests.bundle.conftest import TINY, read_json
from tests.bundle.experiments import PAGE, commands_of_the_page, write_workspace

COMMANDS = commands_of_the_page()
SECOND = {"architecture 1": "", "architecture 2": " second architecture"}
"""How the tables say which network it is."""
ROWS = {row: command for command in COMMANDS for row in command.rows}
SHORT = {
    **TINY,
    "batches_per_epoch": 1,
    "batch_size": 2,
    "cache_in_memory": True,
    "cache_processes": 0,
    "test_at_end": False,
    "train::handlers": [],
}
"""A tiny network, two iterations (one with identity covariance), and neither validation nor pictures."""


def name_of(row):
    return row.table, row.dataset + SECOND[row.network], row.setting


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return write_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def start(workspace, other_weights, monkeypatch):
    """Make the workflow of a command, as typed in the workspace, but for what is short."""
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("MONAI_BLURVAE_CACHE", str(workspace / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(other_weights))

    def make(command):
        known = ConfigParser.load_config_files(command.files)
        short = {name: value for name, value in SHORT.items() if name.partition("::")[0] in known}
        settings = {**short, **command.overrides, "run_name": command.name}
        return create_workflow(config_file=command.files, run_id="training", logging_file=False, **settings)

    return make


@pytest.mark.parametrize("row", paper_rows(), ids=lambda row: " ".join(name_of(row)))
def test_a_row_has_one_command_whose_labels_are_those_the_report_looks_for(row, start):
    assert sum(name_of(row) in command.rows for command in COMMANDS) == 1
    resolve = start(ROWS[name_of(row)]).parser.get_parsed_content
    assert (resolve("dataset_name"), resolve("network_name")) == (row.dataset, row.network)
    method = resolve("method_name")
    assert row.made_by([method]) == method


def test_the_page_names_the_papers_rows_of_tables_1_to_6_and_no_others():
    assert set(ROWS) == {name_of(row) for row in paper_rows()}
    assert {table for table, _, _ in ROWS} == set("123456")


def test_every_figure_from_the_second_on_is_made_of_runs_that_have_a_command():
    figures = {}
    for figure, runs in re.findall(r"^\| (\d[^|]*) \| ([^|]*) \|", PAGE.read_text(), re.M):
        dataset, _, table = re.match(r"([\w-]+)(, table )(\d)", runs).groups()
        figures.update(dict.fromkeys(re.findall(r"\d", figure), (table, dataset)))
    assert set(figures) == set("23456789")
    assert set(figures.values()) <= {row[:2] for row in ROWS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_trains_two_iterations_with_the_settings_of_its_files(command, start, workspace):
    if command.files[-1].endswith("loss_vgg.yaml") and find_spec("lpips") is None:
        pytest.skip("the extra `perceptual` is not installed")
    workflow = start(command)
    workflow.run()
    assert workflow.parser.get_parsed_content("train::trainer").state.iteration == 2
    used = ConfigParser(read_json(workspace / "bundle" / "runs" / command.name / "config.json"))
    expected = ConfigParser(ConfigParser.load_config_files(command.files))
    for file in command.files[1:]:
        for name in set(ConfigParser.load_config_file(file)) - {*SHORT, *command.overrides}:
            assert used[name] == expected[name], name
