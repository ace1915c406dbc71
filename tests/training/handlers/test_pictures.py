import numpy as np
import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers.pictures import FirstImages, append_epoch


def test_the_first_images_are_kept_whatever_the_batches_and_anew_every_epoch(engine_of):
    images = torch.arange(7.0).view(7, 1, 1, 1)
    engine, first = engine_of(), FirstImages(4)
    first.attach(engine)
    for order in (images, images.flip(0)):
        engine.run([{Keys.IMAGE: batch} for batch in order.split([3, 3, 1])])
        torch.testing.assert_close(first.images(), order[:4])


def test_no_image_is_refused():
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        FirstImages(0)


@pytest.mark.parametrize(
    "content", [b"", b"PK cut", {"epochs": np.array([{}], dtype=object)}, {"epochs": np.ones(1)}]
)
def test_a_damaged_history_is_named_with_the_way_out(tmp_path, content):
    path = tmp_path / "kernels.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises(ValueError, match=r"kernels\.npz must hold the history of .*: remove it, and a new"):
        append_epoch(path, 2, {"kernels": np.ones(3)})
