import torch

from monai_blurvae.inference import ClassicalSolver
from monai_blurvae.mri import CartesianEncoding, cg_sense
from tests.inference.scans.scan import SIZE, coil_maps, kspace


def test_the_function_gets_its_settings():
    encoding = CartesianEncoding(torch.ones(SIZE), coil_maps())
    found = ClassicalSolver(cg_sense, weight=0.5, iterations=3).reconstruct(kspace(), encoding)
    assert torch.equal(found.image, cg_sense(kspace(), encoding, 0.5, iterations=3))
    assert found[1:4] == ([], None, "iterations")
    assert found.weight.tolist() == [0.5]
