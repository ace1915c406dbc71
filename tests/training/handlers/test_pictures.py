import pytest
import torch

from monai_blurvae.keys import Keys
from monai_blurvae.training.handlers.pictures import FirstImages


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
