import torch

from monai_blurvae.functional import feature_distance


def test_the_distance_of_two_directions_is_twice_one_minus_their_cosine():
    one, other = torch.rand(2, 3, 6, 4, 5, dtype=torch.float64)
    cosine = torch.nn.functional.cosine_similarity(one, other, dim=1).flatten(1).mean(dim=1)
    given = feature_distance(one, other, torch.ones(6).double())
    torch.testing.assert_close(given, 2 - 2 * cosine, rtol=1e-6, atol=0)


def test_lengths_do_not_matter():
    one, other = torch.rand(2, 3, 6, 4, 5, dtype=torch.float64) + 0.1
    weights = torch.rand(6).double()
    torch.testing.assert_close(
        feature_distance(5 * one, other, weights), feature_distance(one, other, weights), rtol=1e-6, atol=0
    )


def test_channels_without_weight_count_for_nothing_but_the_length():
    one, other = torch.rand(2, 1, 2, 1, dtype=torch.float64)
    given = feature_distance(one, other, torch.tensor([1.0, 0.0]).double())
    torch.testing.assert_close(
        given, (one[0, 0] / one[0].norm() - other[0, 0] / other[0].norm()).square(), rtol=1e-6, atol=0
    )


def test_features_that_are_all_zero_have_a_finite_gradient():
    zero, other = torch.zeros(1, 3, 2, 2, requires_grad=True), torch.rand(1, 3, 2, 2)
    (gradient,) = torch.autograd.grad(feature_distance(zero, other, torch.ones(3)).sum(), zero)
    assert gradient.isfinite().all()


def test_it_passes_gradcheck():
    one, other = (f.requires_grad_() for f in torch.rand(2, 1, 3, 2, 2, dtype=torch.float64) + 0.1)
    assert torch.autograd.gradcheck(lambda a, b: feature_distance(a, b, torch.ones(3).double()), (one, other))
