"""What lies beside a model's weights is read and written alike: a scale network, a learned prior."""

from functools import partial
from typing import NamedTuple

import pytest
import torch

from monai_blurvae.workflow import read_latent_prior, read_pixel_scale
from tests.workflow import test_latent_prior, test_pixel_scale

CONTENTS = [b"", b"no weights", {"other": torch.zeros(2)}]


class Kind(NamedTuple):
    file: str
    fit_beside: object
    read: object
    other: dict
    """Settings under which another network is fitted."""
    damaged: list
    """Contents of a file that holds no such network."""


KINDS = [
    Kind("pixel_scale.pt", test_pixel_scale.fit_beside, read_pixel_scale, {"seed": 1}, CONTENTS),
    Kind(
        "latent_prior.pt",
        test_latent_prior.fit_beside,
        read_latent_prior,
        {"layers": 1},
        [*CONTENTS, {"scale_tril": torch.eye(1)}],
    ),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.file)


@each_kind
def test_nothing_is_written_over_unless_asked_for(tmp_path, kind):
    write = partial(kind.fit_beside, tmp_path)
    path = write()
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=r"exists .* --overwrite True"):
        write(**kind.other)
    assert path.read_bytes() == before
    write(**kind.other, overwrite=True)
    assert path.read_bytes() != before


@each_kind
def test_where_there_is_none_none_is_read(tmp_path, kind):
    assert kind.read(tmp_path / "model.pt") is None


@each_kind
def test_one_of_other_weights_is_not_used(tmp_path, kind):
    kind.fit_beside(tmp_path)
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    state["scale"] += 0.1
    torch.save(state, tmp_path / "model.pt")
    with pytest.warns(UserWarning, match=rf"{kind.file} was fitted to other weights"):
        assert kind.read(tmp_path / "model.pt") is None


@pytest.mark.parametrize(("kind", "content"), [(kind, content) for kind in KINDS for content in kind.damaged])
def test_a_file_that_holds_no_such_network_is_named(tmp_path, kind, content):
    path = tmp_path / kind.file
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ValueError, match=kind.file):
        kind.read(tmp_path / "model.pt")
