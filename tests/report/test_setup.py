import pytest

from monai_blurvae.report.differences import differences
from monai_blurvae.report.protocol import is_shortened, protocol_note
from monai_blurvae.report.read_runs import read_runs
from monai_blurvae.report.setup import Length, setups

HCP = Length("HCP64", "architecture 1", "64x64", 400, 256_000, 32)


def test_runs_of_another_length_data_set_or_network_are_not_compared(runs):
    runs.add("a")
    runs.add("b", labels={"dataset_name": "CIFAR10"})
    runs.add("c", labels={"network_name": "narrow"})
    runs.add("d")
    runs.change("d", "config.json", epochs=3)
    runs.add("e", method="L1")
    assert sorted(len(setup.runs) for setup in setups(read_runs([runs.folder])[0])) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("length", "shortened"),
    [
        (HCP, False),
        (HCP._replace(epochs=399), True),
        (HCP._replace(size="32x32"), True),
        (HCP._replace(network="narrow"), True),
        (HCP._replace(network="architecture 2"), True),
        (Length("CelebA64", "architecture 2", "64x64", 100, 500_000, 32), False),
        (
            Length("CelebA64", "architecture 1", "64x64", 100, 4999, 32),
            True,
        ),  # epochs of fewer than 160,000
        (Length("CIFAR10", "architecture 1", "32x32", 1, 1, 1), False),  # epochs not printed
        (Length("flowers", "architecture 1", "64x64", 1, 1, 1), None),
    ],
)
def test_what_is_less_than_the_papers_protocol_counts_as_shortened(length, shortened):
    assert is_shortened(length) is shortened


def test_a_caption_names_both_protocols_where_training_was_shortened():
    note = protocol_note(HCP._replace(epochs=10, steps=6400, size="32x32", network="narrow"))
    assert "6400 steps of 32 images (10 epochs), 32x32, network: narrow" in note
    assert (
        "Shortened or reduced against the paper's protocol (HCP64, 400 epochs, 64x64, architecture 1)" in note
    )


def test_a_setting_that_differs_within_a_method_is_told(runs):
    runs.add("a", beta=1)
    runs.add("b", beta=2)
    runs.change("a", "config.json", learning_rate=0.1)
    runs.change("b", "config.json", learning_rate=0.2)
    (setup,) = setups(read_runs([runs.folder])[0])
    assert differences(setup) == ["L2: its runs differ in `learning_rate`: 0.1, 0.2."]


def test_steps_are_those_that_the_run_recorded_or_epochs_times_batches(runs):
    runs.add("a")
    runs.add("b", labels={"training_steps": 123})
    assert {setup.length.steps for setup in setups(read_runs([runs.folder])[0])} == {20, 123}


def test_an_epoch_of_unknown_length_is_told_in_epochs(runs):
    runs.add("a")
    runs.change("a", "config.json", batches_per_epoch=None)
    (setup,) = setups(read_runs([runs.folder])[0])
    assert "2 epochs of 8 images" in setup.length.title
