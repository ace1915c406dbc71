import pytest

from monai_blurvae.workflow import exit_if_interrupted


def test_an_interrupted_command_ends_with_the_code_of_the_signal(capsys):
    with pytest.raises(SystemExit) as ended:
        exit_if_interrupted(True)
    assert ended.value.code == 130
    assert "Interrupted" in capsys.readouterr().err


def test_another_goes_on():
    exit_if_interrupted(False)
