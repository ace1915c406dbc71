import torch

from monai_blurvae.data.volumes.corruption import onto_brain


def test_intensities_are_clipped_and_what_is_no_brain_is_background():
    unit = torch.tensor([[-0.5, 0.0, 0.25, 1.0, 1.5, 0.7]])
    brain = torch.tensor([[True, True, True, True, True, False]])
    assert onto_brain(unit, brain).tolist() == [[-1, -1, -0.5, 1, 1, -1]]
