import numpy as np
import torch
from monai.data import MetaTensor

from monai_blurvae.inference import slice_positions


def test_an_axial_volumes_positions_are_its_heights():
    affine = torch.diag(torch.tensor([-1.0, -1.0, 2.5, 1.0]))
    affine[2, 3] = -20
    positions = slice_positions(MetaTensor(torch.zeros(1, 6, 4, 3), affine=affine))
    np.testing.assert_allclose(positions, [-20, -17.5, -15])


def test_a_rotation_of_the_scanner_keeps_the_positions():
    # the axis turns with the volume: distances along it stay
    angle = 0.3
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = [3, 4, 5]
    volume = torch.zeros(1, 6, 4, 3)
    straight = slice_positions(MetaTensor(volume, affine=torch.tensor(affine)))
    turned = slice_positions(MetaTensor(volume, affine=torch.tensor(rotation @ affine)))
    np.testing.assert_allclose(straight, [5, 7, 9])
    np.testing.assert_allclose(turned, straight)
