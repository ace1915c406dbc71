import torch

from experiments.study.plan import Condition
from experiments.study.slices import acquire
from monai_blurvae.mri import acceleration

X = torch.randn(1, 1, 32, 24, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
SEED = (0, "sub-01", 0.5)


def test_full_sampling_without_noise_keeps_the_norm_and_gives_the_slice_back():
    y, encoding = acquire(X, Condition("uniform", 8, None, 1), 4, *SEED)
    assert y.shape == (1, 8, 32, 24)
    torch.testing.assert_close(y.norm(), X.norm())
    torch.testing.assert_close(encoding.adjoint(y), X)


def test_noise_lies_30_db_below_the_rms_of_all_of_k_space():
    y, encoding = acquire(X, Condition("uniform", 8, None, 2), 4, *SEED)
    noisy, _ = acquire(X, Condition("uniform", 8, 30, 2), 4, *SEED)
    sampled = encoding.mask.expand_as(y.real) > 0
    noise = (noisy - y)[sampled]
    rms = X.norm() / (8 * 32 * 24) ** 0.5
    decibel = 20 * torch.log10(rms / noise.abs().square().mean().sqrt())
    # an rms of n complex values is off by 1 / (2 sqrt(n)) of itself; five times that, in dB
    assert abs(decibel - 30) < 8.7 * 5 / 2 / len(noise) ** 0.5
    assert not (noisy - y)[~sampled].any()


def test_the_mask_is_the_same_for_every_number_of_coils_and_noise_and_another_for_another_slice():
    masks = [
        acquire(X, Condition("variable_density", coils, noise, 4), 4, *SEED)[1].mask
        for coils in (1, 8)
        for noise in (None, 30)
    ]
    assert all(torch.equal(mask, masks[0]) for mask in masks)
    assert acceleration(masks[0]) == 4
    other = acquire(X, Condition("variable_density", 1, None, 4), 4, 0, "sub-02", 0.5)[1].mask
    assert not torch.equal(other, masks[0])
