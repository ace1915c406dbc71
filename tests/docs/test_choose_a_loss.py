import re
from pathlib import Path

import pytest
import torch

from monai_blurvae.losses import L1Loss, L1MeanLoss, L2Loss, make_loss
from tests.pages import run_python_blocks

PAGE = Path(__file__).parents[2] / "docs" / "choose_a_loss.md"
NAMED = re.compile(r"^\| [^|]*\(`(\w+)`(?:, blur `(\w+)`)?\) \|(.*)\|$", re.MULTILINE)


def test_the_blocks_run_and_print_what_the_page_says(capsys):
    names = run_python_blocks(PAGE)
    said = re.findall(r"^print\(.*\)  # ([^:\n]*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(said) > 10
    assert capsys.readouterr().out.splitlines() == said
    assert names["channel_rates"].shape == (3,)
    torch.testing.assert_close(names["channel_rates"].sum() * 16 * 16, names["rate"])


def test_the_table_says_what_the_losses_need():
    rows = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    kinds = [
        make_loss({"name": name, **({"blur": blur} if blur else {})})
        for name, blur, _ in rows
        if name != "adversarial_weight"
    ]
    assert len(kinds) == 8
    for loss, (_, _, cells) in zip(kinds, rows, strict=False):
        _, needs, likelihood, *_ = cells.split("|")
        assert ("latent" in needs) is loss.needs_latent
        assert ("second network" in needs) is loss.needs_kernel_net
        assert ("warm-up" in needs) is loss.needs_warmup
        assert likelihood.strip().startswith("yes") is loss.is_likelihood


@pytest.mark.parametrize("shape", [(1, 1, 64, 64), (1, 3, 16, 16), (1, 1, 8, 8, 8)])
def test_beta_and_kl_weight_give_the_same_direction(shape):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    x_hat = (x + 0.1 * torch.randn(shape, generator=generator, dtype=torch.float64)).requires_grad_()
    rate = x_hat.square().sum()  # stands for the KL divergence
    kl_weight = 1e-3

    mean_l1 = L1MeanLoss()(x_hat, x)
    beta = kl_weight * x.numel() / mean_l1.detach()
    likelihood = torch.autograd.grad(L1Loss()(x_hat, x) + beta * rate, x_hat, retain_graph=True)[0]
    monai = torch.autograd.grad(mean_l1 + kl_weight * rate, x_hat, retain_graph=True)[0]
    torch.testing.assert_close(likelihood * mean_l1 / x.numel(), monai)

    mean_l2 = (x - x_hat).square().mean()
    beta = kl_weight * x.numel() / (2 * mean_l2.detach())
    likelihood = torch.autograd.grad(L2Loss()(x_hat, x) + beta * rate, x_hat, retain_graph=True)[0]
    monai = torch.autograd.grad(mean_l2 + kl_weight * rate, x_hat)[0]
    torch.testing.assert_close(likelihood * 2 * mean_l2 / x.numel(), monai)


def test_a_decibel_costs_what_the_page_says():
    x, error = torch.zeros(1, 1, 64, 64).double(), torch.randn(1, 1, 64, 64).double()
    decibel = 10 ** (-1 / 20)
    for loss in (L1Loss(), L2Loss()):
        saved = loss(error, x) - loss(decibel * error, x)
        torch.testing.assert_close(saved.item(), 64 * 64 * 0.1151, rtol=1e-3, atol=0)
