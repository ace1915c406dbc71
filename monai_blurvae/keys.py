"""The names under which engines hand tensors to metrics and handlers."""

from enum import StrEnum


class Keys(StrEnum):
    """Keys of `engine.state.output`."""

    IMAGE = "image"
    """Input x, (B, ch, *size) in [-1, 1]."""
    RECONSTRUCTION = "pred"
    """Decoder mean at mu (evaluation) or at the sampled z (training)."""
    SAMPLED = "pred_z"
    """Decoder mean at the sampled z (evaluation only)."""
    MU = "mu"
    """Posterior mean, (B, latent)."""
    LOG_VAR = "log_var"
    """Posterior log variance, (B, latent)."""
    Z = "z"
    """Latent sampled from the posterior, (B, latent)."""
    KERNEL = "kernel"
    """Kernel network's output at z, (B, *kernel); None without a kernel network."""
    SAMPLES = "samples"
    """Decoder mean at latents from the prior, as many as the batch has images."""
    LOSS = "loss"
    """Minimised objective, nats per image, batch mean."""
    NLL = "reconstruction"
    """Reconstruction term, nats per image where it is a likelihood, batch mean."""
    KL = "kl"
    """KL divergence of posterior to prior, nats per image, batch mean."""
    KERNEL_ERROR = "kernel_error"
    """Blur error (equation 12) that the kernel network minimises, batch mean."""
    SCALE = "scale"
    """Scale s of the likelihood in this batch."""
