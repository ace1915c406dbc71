"""MAP reconstruction of an image together with the latents of its patches."""

from collections.abc import Sequence

import torch
from torch import Tensor

from monai_blurvae.functional import reparameterize
from monai_blurvae.losses import ScaledLikelihood
from monai_blurvae.mri.data_term import DataTerm
from monai_blurvae.mri.encoding import CartesianEncoding
from monai_blurvae.mri.reconstruction import Progress, Reconstruction, Watch
from monai_blurvae.priors.conditional import GaussianConditional
from monai_blurvae.priors.patch_field import PatchField
from monai_blurvae.priors.solvers.patch_solver import PatchSolver, require_positive
from monai_blurvae.priors.vae_prior import VAEPrior

FINAL_STEPS = 3
"""How many times the conjugate gradient steps of an iteration the last image takes."""


class JointMAP(PatchSolver):
    """Minimise 1/2 ||E x - y||^2 / sigma^2 - log p(x, z) over x and z.

    For given z the image is the mean of a Gaussian, found by conjugate gradients; z then takes a step of Adam
    down the gradient of -log p(x, z) at that image, which is the gradient of the problem with x eliminated
    (envelope theorem). The encoder only says where z starts: an encoder explains aliasing as if it were
    anatomy, and following the bound it gives leads away from the image, while z that is found through the
    decoder cannot.

    Slices are covered by overlapping patches, pixels counting once on average (exactly so where the stride
    divides the slice). The phase is that of the low-pass filtered SENSE image, from which the imaginary part
    may deviate by `phase_precision`.

    Args:
        prior: prior of patches, with the energy "elbo" of a Gaussian likelihood.
        weight: sigma^2, variance of the real and of the imaginary part of the noise, in the network's units;
            positive. Without noise, small enough that the data decide. Where `noise_std` is given, it is the
            least that sigma^2 becomes.
        iterations: steps of z.
        learning_rate: of Adam, falling by a cosine to a twentieth.
        cg_iterations: steps of conjugate gradients for the image in each.
        stride: step of the grid of patches, (rows, columns); None: half a patch.
        padding: "wrap" or "reflect", what patches over the border see.
        phase_precision: precision of the part of the image that is not in phase, in network units; 0: the
            phase is free.
        phase_width: standard deviation of the low-pass filter, in samples of k-space.
        percentile: of the magnitudes with signal, that which is 1 to the network.
        chunk: patches that pass through the network at once.
        tolerance: relative change of the objective at which it has converged; 0: never.

    Raises:
        ValueError: If the prior's likelihood is not Gaussian, or the weight, the learning rate, a number of
            steps or the chunk is not positive.

    References:
        Tezcan et al., MR Image Reconstruction Using Deep Density Priors, IEEE TMI 38, 2019.
        Bora et al., Compressed Sensing using Generative Models, ICML 2017.
    """

    def __init__(
        self,
        prior: VAEPrior,
        weight: float = 3e-4,
        iterations: int = 12,
        learning_rate: float = 0.2,
        cg_iterations: int = 20,
        stride: Sequence[int] | None = None,
        padding: str = "wrap",
        phase_precision: float = 1e4,
        phase_width: float = 8.0,
        percentile: float = 99.5,
        chunk: int = 256,
        tolerance: float = 0.0,
    ) -> None:
        if not isinstance(prior, VAEPrior) or not prior.is_log_prob:
            raise ValueError(
                f'`prior` must be a VAEPrior with the energy "elbo", got {type(prior).__name__}'
                f"{' with another' if isinstance(prior, VAEPrior) else ''}"
            )
        if not isinstance(prior.loss, ScaledLikelihood) or prior.loss.exponent != 2:
            raise ValueError(
                f"`prior` must have a Gaussian likelihood, got {type(prior.loss).__name__}: "
                "given the latents, the image would not be the mean of a Gaussian"
            )
        super().__init__(
            prior,
            weight,
            iterations,
            cg_iterations,
            stride,
            padding,
            phase_precision,
            phase_width,
            percentile,
            chunk,
            tolerance,
        )
        require_positive(learning_rate=learning_rate)
        self.learning_rate = learning_rate

    def reconstruct(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        start: Tensor | None = None,
        mask: Tensor | None = None,
        watch: Watch | None = None,
        noise_std: float | Tensor | None = None,
    ) -> Reconstruction:
        """Reconstruct images.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            start: complex images to start from, (B, 1, H, W), which intensity and phase are taken from; that
                of SENSE if None.
            mask: where the prior holds, (1, 1, H, W) of 0 and 1; None: everywhere.
            watch: called at every iteration with the batch as it stands.
            noise_std: sqrt(E|n|^2) of each coil's noise, in the units of k-space, one number or (B,), which
                sigma^2 is taken from; None: it is `weight`.

        Returns:
            The images, with the latents of all their patches and sigma^2. Ctrl-C ends it with the last
            iterate.

        Raises:
            ValueError: If k-space is smaller than a patch, the noise negative or not finite, or the start
                real or of another shape.
        """
        field, data, v = self.begin(y, encoding, start, mask, noise_std)
        z = self._encode(field.patches(v))[0].requires_grad_()
        optimizer = torch.optim.Adam([z], self.learning_rate, betas=(0.9, 0.99))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, self.iterations, self.learning_rate / 20
        )
        progress = Progress(self.iterations, self.tolerance, watch)
        try:
            for _ in progress:
                v = image_given(self._conditional(z), field, data, v, self.cg_iterations)
                optimizer.zero_grad()
                energies = self._descend(field.patches(v), z)
                progress.report(float(data.energy(v) + field.energy(v, energies)), v / field.slope)
                optimizer.step()
                schedule.step()
            v = image_given(self._conditional(z), field, data, v, FINAL_STEPS * self.cg_iterations)
        except KeyboardInterrupt:
            progress.interrupt()
        latents = z.detach().view(len(v), -1, z.shape[1])
        image, sigma2 = v / field.slope, data.weight.flatten()
        return Reconstruction(image, progress.objective, latents, progress.stopped, sigma2)

    def posterior_samples(
        self,
        y: Tensor,
        encoding: CartesianEncoding,
        reconstruction: Reconstruction,
        n: int,
        seed: int = 0,
        mask: Tensor | None = None,
        noise_std: float | Tensor | None = None,
    ) -> Tensor:
        """Draw images around a reconstruction: z from q(z | x), then x from the Gaussian p(x | z, y).

        x is drawn by perturbing the problem that its mean solves: noise of covariance A on its right-hand
        side, A its matrix, gives a draw from Normal(mean, A^-1) by conjugate gradients. The noise of the data
        has the variance sigma^2; phase and intensity range are the reconstruction's.

        Args:
            y: complex k-space, (B, coils, H, W).
            encoding: E.
            reconstruction: what `reconstruct` made of them.
            n: number of draws, positive.
            seed: seed of the draws.
            mask: that of `reconstruct`.
            noise_std: noise of another level than the reconstruction's; None: that.

        Returns:
            Complex images, (n, B, 1, H, W), in the units of k-space.

        Raises:
            ValueError: If `n` is not positive or the k-space does not fit the encoding.

        References:
            Papandreou, Yuille, Gaussian sampling by local perturbations, NIPS 2010.
        """
        if n < 1:
            raise ValueError(f"`n` must be positive, got {n}")
        encoding.check_kspace(y)
        image = reconstruction.image
        field = self.field(image, mask)
        known = reconstruction.weight if noise_std is None else None
        weight = field.noise_variance(noise_std, self.weight) if known is None else known.view(-1, 1, 1, 1)
        data = DataTerm(y, encoding, field.slope, weight)
        generator = torch.Generator().manual_seed(seed)
        v = image * field.slope
        mu, log_var = self._encode(field.patches(v))
        draws = []
        for _ in range(n):
            noise = torch.randn(mu.shape, generator=generator).to(mu)
            conditional = self._conditional(reparameterize(mu, log_var, noise))
            white = torch.view_as_complex(torch.randn(*y.shape, 2, generator=generator).to(mu))
            perturbation = encoding.adjoint(white) / weight.sqrt() + field.draw(conditional, generator)
            draw = image_given(conditional, field, data, v, FINAL_STEPS * self.cg_iterations, perturbation)
            draws.append(draw / field.slope)
        return torch.stack(draws)

    @torch.no_grad()
    def _encode(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        codes = [self.prior.network.encode(part) for part in torch.split(patches, self.chunk)]
        return torch.cat([mu for mu, _ in codes]), torch.cat([log_var for _, log_var in codes])

    def _conditional(self, z: Tensor) -> GaussianConditional:
        parts = torch.split(z.detach(), self.chunk)
        return GaussianConditional.cat([self.prior.conditional(part) for part in parts])

    @torch.enable_grad()
    def _descend(self, patches: Tensor, z: Tensor) -> Tensor:
        # leave the gradient of the energies in z.grad, with the graph of one chunk at a time
        energies = []
        chunks = zip(torch.split(patches, self.chunk), torch.split(z, self.chunk), strict=True)
        for part, latents in chunks:
            energy = self.prior.joint_energy(part, latents)
            torch.autograd.backward(energy.sum(), inputs=[z])
            energies.append(energy.detach())
        return torch.cat(energies)


def image_given(
    conditional: GaussianConditional,
    field: PatchField,
    data: DataTerm,
    v: Tensor,
    steps: int,
    perturbation: Tensor | float = 0.0,
) -> Tensor:
    """Find the most probable slices given the latents of their patches and the data.

    Args:
        conditional: p(x | z) of the patches.
        field: how it is one of slices.
        data: what was measured.
        v: where to start, complex (B, 1, H, W).
        steps: the most steps of conjugate gradients.
        perturbation: noise whose covariance is the posterior's precision makes a draw of the result.

    Returns:
        Slices, complex (B, 1, H, W).
    """
    information = field.information(conditional) + perturbation
    return data.minimise_with(lambda u: field.precision(u, conditional), information, v, steps)
