"""Pure functions of tensors: the method's formulas, each once, for any number of spatial dimensions."""

from monai_blurvae.functional.blur import blur_error, circular_blur, spectral_blur_error, valid_blur_error
from monai_blurvae.functional.blur_estimation import (
    least_squares_kernel,
    ring_basis,
    ring_gain,
    ring_sums,
    taper_spectrum,
)
from monai_blurvae.functional.circulant import (
    circulant_filter,
    exact_half_log_determinant,
    spectral_weighted_error,
    whitened_error,
)
from monai_blurvae.functional.colour import luma_chroma
from monai_blurvae.functional.covariance_spectrum import log_eigenvalues, mean_power, radial_basis
from monai_blurvae.functional.dtype import at_least_float32
from monai_blurvae.functional.feature_distance import feature_distance
from monai_blurvae.functional.focal_frequency import focal_frequency_error, focal_weights
from monai_blurvae.functional.fourier import (
    ImageSpectrum,
    KernelSpectrum,
    Weights,
    check_odd,
    full_spectrum_sum,
    half_spectrum,
    multiplicity,
    squared_modulus,
    transfer_function,
)
from monai_blurvae.functional.gaussian import kl_divergence, kl_per_unit, reparameterize
from monai_blurvae.functional.kernels import delta_kernel, gaussian_kernel
from monai_blurvae.functional.levels import byte_levels
from monai_blurvae.functional.likelihood import bits_per_dimension, negative_log_likelihood, optimal_scale
from monai_blurvae.functional.mmd import median_distance, squared_mmd
from monai_blurvae.functional.rings import fourier_ring_correlation, radial_power, ring_frequencies
from monai_blurvae.functional.robust import log_partition, robust_error, robust_negative_log_likelihood
from monai_blurvae.functional.spectrum import frequency_radius, high_frequency_power, log_spectrum, taper
from monai_blurvae.functional.watson import WatsonWeights, watson_distance
from monai_blurvae.functional.wiener import (
    POWER_FLOOR,
    check_determinant,
    half_log_determinant,
    weighted_error,
    wiener_power,
)

__all__ = [
    "POWER_FLOOR",
    "ImageSpectrum",
    "KernelSpectrum",
    "WatsonWeights",
    "Weights",
    "at_least_float32",
    "bits_per_dimension",
    "blur_error",
    "byte_levels",
    "check_determinant",
    "check_odd",
    "circulant_filter",
    "circular_blur",
    "delta_kernel",
    "exact_half_log_determinant",
    "feature_distance",
    "focal_frequency_error",
    "focal_weights",
    "fourier_ring_correlation",
    "frequency_radius",
    "full_spectrum_sum",
    "gaussian_kernel",
    "half_log_determinant",
    "half_spectrum",
    "high_frequency_power",
    "kl_divergence",
    "kl_per_unit",
    "least_squares_kernel",
    "log_eigenvalues",
    "log_partition",
    "log_spectrum",
    "luma_chroma",
    "mean_power",
    "median_distance",
    "multiplicity",
    "negative_log_likelihood",
    "optimal_scale",
    "radial_basis",
    "radial_power",
    "reparameterize",
    "ring_basis",
    "ring_frequencies",
    "ring_gain",
    "ring_sums",
    "robust_error",
    "robust_negative_log_likelihood",
    "spectral_blur_error",
    "spectral_weighted_error",
    "squared_mmd",
    "squared_modulus",
    "taper",
    "taper_spectrum",
    "transfer_function",
    "valid_blur_error",
    "watson_distance",
    "weighted_error",
    "whitened_error",
    "wiener_power",
]
