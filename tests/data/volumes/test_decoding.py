import pytest

from monai_blurvae.data.volumes.decoding import each, written_whole


def test_every_job_is_done_in_order_under_a_bar(capsys):
    assert list(each(str, range(5), "Counting")) == ["0", "1", "2", "3", "4"]
    assert "Counting: 100%" in capsys.readouterr().err


def test_jobs_for_one_process_start_no_other():
    assert list(each(lambda job: -job, [1, 2], "Counting", processes=8, at_a_time=2)) == [-1, -2]


@pytest.mark.slow
def test_several_processes_give_the_same_in_the_same_order():
    assert list(each(str, range(9), "Counting", processes=2, at_a_time=2)) == list(map(str, range(9)))


def test_a_file_appears_once_it_is_whole(tmp_path):
    file = tmp_path / "deep" / "a.txt"
    with written_whole(file) as temporary:
        temporary.write_text("whole")
        assert not file.exists()
    assert file.read_text() == "whole"
    assert list(file.parent.iterdir()) == [file]


def test_a_failure_leaves_what_was_there(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("before")
    with pytest.raises(OSError, match="full"), written_whole(file) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise OSError("full")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
