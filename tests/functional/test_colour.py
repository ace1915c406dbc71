import numpy as np
import torch
from skimage.color import rgb2ycbcr

from monai_blurvae.functional import luma_chroma


def test_it_is_scikit_images_conversion_without_the_head_room_of_television():
    image = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    wanted = torch.from_numpy(rgb2ycbcr(image.movedim(1, -1).numpy())).movedim(-1, 1)
    low, range_ = (
        np.array([16, 128, 128]),
        np.array([219, 224, 224]),
    )  # 8-bit video levels of 0 (chroma: of none)
    wanted = (wanted - torch.from_numpy(low).reshape(3, 1, 1)) / torch.from_numpy(range_).reshape(3, 1, 1)
    wanted[:, 1:] += 0.5
    # JPEG prints its coefficients with four digits
    torch.testing.assert_close(luma_chroma(image), wanted, rtol=0, atol=2e-4)


def test_grey_has_its_own_luma_and_no_chroma():
    grey = torch.rand(2, 1, 4, dtype=torch.float64).expand(2, 3, 4)
    Y, Cb, Cr = luma_chroma(grey).unbind(dim=1)
    torch.testing.assert_close(Y, grey[:, 0])
    torch.testing.assert_close(torch.stack([Cb, Cr]), torch.full((2, 2, 4), 0.5, dtype=torch.float64))
