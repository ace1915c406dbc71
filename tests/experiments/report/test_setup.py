from pathlib import Path

import pytest
import yaml

from experiments.report.differences import differences
from experiments.report.protocol import PROTOCOLS, is_shortened, protocol_note
from experiments.report.read_runs import read_runs
from experiments.report.setup import Length, setups
from monai_blurvae.data.images.sources import VALIDATION
from monai_blurvae.data.split import held_out_of

CONFIGS = Path(__file__).parents[3] / "configs"
TRAINING = {"CelebA64": 202_599, "CelebA-HQ256": 30_000}
"""Images of the data sets as distributed, of which 20 % test."""


def full(file):
    """What a run by an overlay comes to on its whole data set."""
    overlay = yaml.safe_load((CONFIGS / file).read_text())
    name, size, batch = overlay["dataset_name"], overlay["image_size"], overlay["batch_size"]
    batches = overlay["batches_per_epoch"]
    if name != "HCP64":
        images = 50_000
        if name in TRAINING:
            images = TRAINING[name] - len(held_out_of(TRAINING[name], 0.2, 0))
        images -= len(held_out_of(images, VALIDATION, 0))
        batches = -(-images // batch)
    steps = overlay["epochs"] * batches
    return Length(name, overlay["network_name"], f"{size}x{size}", overlay["epochs"], steps, batch)


HCP = full("hcp64.yaml")
CELEBA = full("celeba64.yaml")
FULL = [CELEBA, full("celebahq256.yaml"), HCP, full("cifar10.yaml")]


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
        *((length, False) for length in FULL),
        *((length._replace(steps=length.steps * 9 // 10), True) for length in FULL),
        *((length._replace(epochs=length.epochs - 1), True) for length in FULL),
        (HCP._replace(size="32x32"), True),
        (HCP._replace(network="narrow"), True),
        (HCP._replace(network="architecture 2"), True),
        (CELEBA._replace(network="architecture 2"), False),
        (Length("flowers", "architecture 1", "64x64", 1, 1, 1), None),
    ],
)
def test_what_is_less_than_the_papers_protocol_counts_as_shortened(length, shortened):
    assert is_shortened(length) is shortened


def test_a_caption_names_both_protocols_where_training_was_shortened():
    note = protocol_note(HCP._replace(epochs=10, steps=6400, size="32x32", network="narrow"))
    assert "6400 steps of 32 images (10 epochs), 32x32, network: narrow" in note
    assert (
        "Shortened or reduced against configs/hcp64.yaml (HCP64, 400 epochs of 20,480 images, 64x64, "
        "architecture 1; the paper prints no full length)." in note
    )
    short = protocol_note(CELEBA._replace(steps=100))
    assert "against the paper's protocol (CelebA64, 100 epochs of 152,000 images, 64x64" in short


def test_the_full_steps_of_celeba_are_those_that_its_split_leaves():
    assert (CELEBA.steps, CELEBA.batch_size) == (240_600, 64)  # 100 passes over 153,975 images
    assert {length.counterpart for length in FULL} == set(PROTOCOLS)


def test_a_setting_that_differs_between_methods_is_told(runs):
    runs.add("a", beta=1)
    runs.add("b", beta=2)
    runs.change("a", "config.json", learning_rate=0.1)
    runs.change("b", "config.json", learning_rate=0.2)
    (setup,) = setups(read_runs([runs.folder])[0])
    assert differences(setup) == ["Methods differ in `learning_rate`: 0.1, 0.2."]


def test_steps_are_those_that_the_run_recorded_or_epochs_times_batches(runs):
    runs.add("a")
    runs.add("b", labels={"training_steps": 123})
    assert {setup.length.steps for setup in setups(read_runs([runs.folder])[0])} == {20, 123}


def test_an_epoch_of_unknown_length_is_told_in_epochs(runs):
    runs.add("a")
    runs.change("a", "config.json", batches_per_epoch=None)
    (setup,) = setups(read_runs([runs.folder])[0])
    assert "2 epochs of 8 images" in setup.length.title


def test_processes_that_train_together_make_larger_steps(runs):
    runs.add("a")
    runs.change("a", "environment.json", world_size=2)
    (setup,) = setups(read_runs([runs.folder])[0])
    assert (setup.length.steps, setup.length.batch_size) == (20, 16)
