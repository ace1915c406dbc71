"""MAP reconstruction of an image together with the latents of its patches."""

import torch
from torch import Tensor
from typing_extensions import override

from monai_blurvae.checks import check_integer, check_positive
from monai_blurvae.functional import reparameterize
from monai_blurvae.losses import GaussianLikelihood
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.solver import PosteriorSolver, Progress, Reconstruction
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.slice_model import SliceModel, SliceSettings
from monai_blurvae.priors.solvers.patch_solver import DataTerm, PatchSolver
from monai_blurvae.priors.vae_prior import VAEPrior

FINAL_STEPS = 3
"""The last image takes this many times the conjugate gradient steps of an iteration."""


class JointMAP(PatchSolver, PosteriorSolver):
    """Minimise 1/2 ||E x - y||^2 / sigma^2 - log p(x, z) over x and z.

    For given z the image is the mean of a Gaussian, found by conjugate gradients. Then z takes a step of Adam
    along the gradient of -log p(x, z) at that image, which is the gradient of the problem with x eliminated
    (envelope theorem). The encoder gives only the first z. It explains aliasing as if it were anatomy, so the
    ELBO would pull the image towards aliasing. -log p(x, z) needs only the decoder, which does not.

    Overlapping patches cover the slices. Every pixel counts once on average, and exactly once if the stride
    divides the slice. The phase is that of the low-pass filtered start; `phase_precision` says how far the
    image may deviate from it.

    Args:
        prior: prior of patches, with the energy "elbo" of a Gaussian likelihood.
        settings, weight, tolerance: as for `PatchSolver`.
        iterations: steps of z.
        learning_rate: learning rate of Adam, positive; it falls by a cosine to a twentieth.
        cg_iterations: steps of conjugate gradients for the image in each iteration, positive.

    Raises:
        ValueError: If the prior's likelihood is not Gaussian, or a number that must be positive is not.

    References:
        Tezcan et al., MR Image Reconstruction Using Deep Density Priors, IEEE TMI 38, 2019.
        Bora et al., Compressed Sensing using Generative Models, ICML 2017.
    """

    channels = (1, 2)

    def __init__(
        self,
        prior: VAEPrior,
        settings: SliceSettings | None = None,
        weight: float = 3e-4,
        iterations: int = 12,
        learning_rate: float = 0.2,
        cg_iterations: int = 20,
        tolerance: float = 0.0,
    ) -> None:
        if not isinstance(prior, VAEPrior) or not prior.is_log_prob:
            raise ValueError(
                f'`prior` must be a VAEPrior with the energy "elbo", got {type(prior).__name__}'
                f"{' with another' if isinstance(prior, VAEPrior) else ''}"
            )
        if not isinstance(prior.loss, GaussianLikelihood):
            raise ValueError(
                f"`prior` must have a Gaussian likelihood, got {type(prior.loss).__name__}: "
                "given the latents, the image would not be the mean of a Gaussian"
            )
        super().__init__(prior, settings, weight, iterations, tolerance)
        check_positive(learning_rate=learning_rate)
        check_integer(1, cg_iterations=cg_iterations)
        self.learning_rate = learning_rate
        self.cg_iterations = cg_iterations

    @override
    def _solve(
        self, model: SliceModel, data: DataTerm, v: Tensor, progress: Progress
    ) -> tuple[Tensor, Tensor | None]:
        z = self._encode(model.patches(v))[0].requires_grad_()
        optimizer = torch.optim.Adam([z], self.learning_rate, betas=(0.9, 0.99))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, self.iterations, self.learning_rate / 20
        )
        try:
            for _ in progress:
                v = image_given(self._conditional(z), model, data, v, self.cg_iterations)
                optimizer.zero_grad()
                energies = self._descend(model.patches(v), z)
                progress.report(float(data.energy(v) + model.energy(v, energies)), v / model.slope)
                optimizer.step()
                schedule.step()
            v = image_given(self._conditional(z), model, data, v, FINAL_STEPS * self.cg_iterations)
        except KeyboardInterrupt:
            progress.interrupt()
        return v, z.detach().reshape(len(v), -1, *z.shape[1:])

    @override
    def posterior_samples(
        self, y: Tensor, encoding: CartesianEncoding, reconstruction: Reconstruction, n: int, seed: int = 0
    ) -> Tensor:
        # z has the mean that the reconstruction found and the variance of q(z | x) at its patches. For x,
        # noise of covariance A is added to b in the problem A x = b of the mean; the solution is a draw
        # from Normal(mean, A^-1) (Papandreou, Yuille, Gaussian sampling by local perturbations, NIPS 2010)
        check_integer(1, n=n)
        encoding.check_kspace(y)
        image, latents, start, weight = (
            getattr(reconstruction, name) for name in ("image", "latents", "start", "weight")
        )
        if latents is None or start is None or weight is None:
            raise ValueError(
                "`reconstruction` must be a result of JointMAP, got one without latents or start"
            )
        model = self.model(start, reconstruction.mask)
        weight = weight.view(-1, 1, 1, 1)
        data = DataTerm(y, encoding, model.slope, weight)
        generator = torch.Generator().manual_seed(seed)
        v = image * model.slope
        mu = latents.flatten(0, 1)
        _, log_var = self._encode(model.patches(v))
        draws = []
        for _ in range(n):
            noise = torch.randn(mu.shape, generator=generator).to(mu)
            conditional = self._conditional(reparameterize(mu, log_var, noise))
            white = torch.view_as_complex(torch.randn(*y.shape, 2, generator=generator).to(mu))
            perturbation = encoding.adjoint(white) / weight.sqrt() + model.draw(conditional, generator)
            draw = image_given(conditional, model, data, v, FINAL_STEPS * self.cg_iterations, perturbation)
            draws.append(draw / model.slope)
        return torch.stack(draws)

    @torch.no_grad()
    def _encode(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        codes = [self.prior.network.encode(part) for part in torch.split(patches, self.settings.chunk)]
        return torch.cat([mu for mu, _ in codes]), torch.cat([log_var for _, log_var in codes])

    def _conditional(self, z: Tensor) -> GaussianConditional:
        parts = torch.split(z.detach(), self.settings.chunk)
        return GaussianConditional.cat([self.prior.conditional(part) for part in parts])

    @torch.enable_grad()
    def _descend(self, patches: Tensor, z: Tensor) -> Tensor:
        # leave the gradient of the energies in z.grad, with the graph of one chunk at a time
        energies = []
        chunk = self.settings.chunk
        for part, latents in zip(torch.split(patches, chunk), torch.split(z, chunk), strict=True):
            energy = self.prior.joint_energy(part, latents)
            torch.autograd.backward(energy.sum(), inputs=[z])
            energies.append(energy.detach())
        return torch.cat(energies)


def image_given(
    conditional: GaussianConditional,
    model: SliceModel,
    data: DataTerm,
    v: Tensor,
    steps: int,
    perturbation: Tensor | float = 0.0,
) -> Tensor:
    """Find the mean of the slices given latents and data; noise on the right-hand side makes a draw."""
    information = model.information(conditional) + perturbation
    return data.minimise_with(lambda u: model.precision(u, conditional), information, v, steps)
