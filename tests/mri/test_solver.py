import pytest
import torch

from monai_blurvae.mri.solver import PATIENCE, Progress


def run(progress, values):
    """Report these objectives until it ends; the numbers of its iterations."""
    numbers = []
    for number in progress:
        progress.report(values[number], None)
        numbers.append(number)
    return numbers


def test_without_a_tolerance_it_takes_all_iterations():
    progress = Progress(5)
    assert run(progress, [1.0] * 5) == [0, 1, 2, 3, 4]
    assert progress.stopped == "iterations"
    assert progress.objective == [1.0] * 5


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        # 100 to 10 is a change; 10 to 9.95 and what follows are less than one percent
        ([100.0, 10.0, 9.95, 9.9, 9.88], 2),
        ([10.0, 10.0, 10.0, 5.0, 5.0, 5.0, 5.0], 4),  # one change begins the wait anew
        ([-10.0 - 0.01 * n for n in range(20)], 1),  # negative ones converge by their size
    ],
)
def test_it_ends_when_the_objective_has_stood_still_for_long_enough(values, changes):
    progress = Progress(20, tolerance=0.01)
    assert len(run(progress, [*values, *[0.0] * 20])) == changes + PATIENCE
    assert progress.stopped == "converged"


def test_who_watches_sees_every_iteration_with_its_objective():
    seen = []
    progress = Progress(3, watch=lambda *what: seen.append(what))
    images = torch.zeros(3, 1, 1, 2, 2)
    for number in progress:
        progress.report(10.0 - number, images[number])
    assert [what[:2] for what in seen] == [(0, 10.0), (1, 9.0), (2, 8.0)]
    assert all(what[2].data_ptr() == image.data_ptr() for what, image in zip(seen, images, strict=True))


def test_an_interruption_is_noted():
    progress = Progress(3)
    progress.interrupt()
    assert progress.stopped == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"iterations": 0}, "`iterations` must be an integer of at least 1, got 0"),
        ({"iterations": 3, "tolerance": -1e-3}, "`tolerance` must be a number of at least 0, got -0.001"),
        ({"iterations": 3, "tolerance": float("nan")}, "`tolerance` must be a number of at least 0, got nan"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Progress(**arguments)
