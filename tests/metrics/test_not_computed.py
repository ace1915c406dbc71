import sys

import pytest

from monai_blurvae.metrics import NotComputed, Unavailable
from monai_blurvae.metrics.not_computed import from_pretrained


def test_a_measure_without_a_number_gives_its_reason_whatever_it_sees(output, measure):
    assert measure(Unavailable("no weights"), output) == NotComputed("no weights")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A file where weights lie."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "net.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    return path


def test_the_measure_is_made_from_the_file_where_there_is_one(weights):
    made = []
    from_pretrained(weights.name, lambda path: made.append(path) or Unavailable(""))
    assert made == [weights]


def test_a_missing_package_is_named_with_the_extra_that_holds_it(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)

    def build(_):
        import torch_fidelity  # noqa: F401

    reason = from_pretrained(weights.name, build).compute().reason
    assert "extra `perceptual`" in reason
    assert "torch_fidelity" in reason
