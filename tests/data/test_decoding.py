import pytest

from monai_blurvae.data.decoding import each


def test_every_job_is_done_in_order_under_a_bar(capsys):
    assert list(each(str, range(5), "Counting")) == ["0", "1", "2", "3", "4"]
    assert "Counting: 100%" in capsys.readouterr().err


def test_jobs_for_one_process_start_no_other():
    assert list(each(lambda job: -job, [1, 2], "Counting", processes=8, at_a_time=2)) == [-1, -2]


@pytest.mark.slow
def test_several_processes_give_the_same_in_the_same_order():
    assert list(each(str, range(9), "Counting", processes=2, at_a_time=2)) == list(map(str, range(9)))
